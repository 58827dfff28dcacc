"""The contract as a table: what each engine does as the contract says, and what it does in another way.

`python -m tests.store.engine_table` prints it; `docs/engines.md` has it, and a test compares the two.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.store.deviations import Deviation, deviations

# How the adapters are called in the table, by the parameter of the tests.
ENGINES = {"memory": "memory", "disk": "disk", "oxigraph": "Oxigraph", "virtuoso": "Virtuoso 7"}
FILES = ("test_store_contract.py", "test_remote.py", "test_engines.py")
# Where a file tries other servers alone.
REMOTE = frozenset({"test_remote.py"})
HEAD = """# The store contract, engine by engine

The same tests are run against each engine; a mark says that it passed them. `Virtuoso 7` is Debian's
virtuoso-opensource-7, `Oxigraph` is `oxigraph serve`. Numbers lead to the notes below.
"""


def contract() -> Iterator[tuple[str, str]]:
    """Each test that engines are tried with: its file and its name."""
    for file in FILES:
        tree = ast.parse(Path(__file__).with_name(file).read_text(encoding="utf-8"))
        for node in tree.body:
            named = isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            if named and any(each.arg == "store" for each in node.args.args):
                yield file, node.name


def table() -> str:
    """The whole document."""
    numbers: dict[Deviation, int] = {}
    lines = [HEAD, f"| what is tried | {' | '.join(ENGINES.values())} |", "| --- |" + " --- |" * len(ENGINES)]
    for file, name in contract():
        cells = [_cell(file, name, engine, numbers) for engine in ENGINES]
        lines.append(f"| {name.removeprefix('test_').replace('_', ' ')} | {' | '.join(cells)} |")
    lines += ["", "## Where an engine differs", ""]
    for deviation, number in numbers.items():
        lines.append(f"{number}. {ENGINES[deviation.engine]}: {deviation.differs} {deviation.why}")
    return "\n".join(lines) + "\n"


def _cell(file: str, name: str, engine: str, numbers: dict[Deviation, int]) -> str:
    if file in REMOTE and engine in ("memory", "disk"):
        return "–"
    found = [each for each in deviations() if each.engine == engine and each.test.partition("[")[0] == name]
    if not found:
        return "✓"
    marks = ", ".join(str(numbers.setdefault(each, len(numbers) + 1)) for each in found)
    partly = all("[" in each.test for each in found)
    return f"✓, but {marks}" if partly else f"differs: {marks}"


if __name__ == "__main__":
    sys.stdout.write(table())
