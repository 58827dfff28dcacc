"""Writes the EARL report to the file named, and the table to standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from graphsvc.conformance import earl, outcomes, summary
from graphsvc.formats import TURTLE
from graphsvc.rdf import write_document
from graphsvc.vocab import PREFIXES

found = outcomes()
document = write_document(earl(found, "http://localhost/conformance"), TURTLE, PREFIXES)
Path(sys.argv[1]).write_bytes(document)
stores = sorted({one.store for one in found})
sys.stdout.write("".join(f"{name:<22}" for name in ("group", *stores)) + "\n")
for group, counted in summary(found).items():
    cells = [f"{passed} of {of}" for passed, of in (counted[store] for store in stores)]
    sys.stdout.write("".join(f"{cell:<22}" for cell in (group, *cells)) + "\n")
