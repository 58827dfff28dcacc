"""`python -m graphsvc` is the command `graphsvc`."""

from graphsvc.cli import main

main(prog_name="graphsvc")
