"""Virtuoso on loopback: a configuration of its own, and the graph loaded by its bulk loader."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.field.engines import Engine

GRAPH = "urn:x:bench"
# What Virtuoso's own sample says for a machine with some 4 GB to spare, and no limit on rows or on time.
# https://docs.openlinksw.com/virtuoso/rdfperfgeneral/
_CONFIGURATION = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql_port}
DisableUnixSocket = 1
CheckpointInterval = 0
MaxClientConnections = 40
NumberOfBuffers = 340000
MaxDirtyBuffers = 250000
DirsAllowed = {allowed}
ThreadsPerQuery = 2
AsyncQueueMaxThreads = 4
MaxQueryMem = 1G
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerRoot = {folder}
ServerThreads = 20
MaxKeepAlives = 20
KeepAliveTimeout = 60
[SPARQL]
ResultSetMaxRows = 100000000
MaxQueryCostEstimationTime = 0
MaxQueryExecutionTime = 0
DefaultQuery = select * {{ ?s ?p ?o }} limit 1
"""


def command(engine: Engine) -> list[str]:
    """Write the configuration for the engine's ports, and say how it is started."""
    from bench.field.engines import free_port

    engine.environment["VIRTUOSO_SQL_PORT"] = str(free_port())
    (engine.folder / "virtuoso.ini").write_text(
        _CONFIGURATION.format(
            folder=engine.folder,
            port=engine.port,
            sql_port=engine.environment["VIRTUOSO_SQL_PORT"],
            allowed=engine.graph.file.parent,
        ),
        encoding="ascii",
    )
    return ["virtuoso-t", "+foreground", "+configfile", str(engine.folder / "virtuoso.ini")]


def load_graph(engine: Engine) -> None:
    """Load the graph at the first start, and let everybody update; seconds are kept as `load`."""
    from bench.field.engines import run

    done = engine.folder / "loaded"
    if done.exists():
        return
    folder = engine.graph.file.parent
    begun = time.perf_counter()
    statements = (
        f"ld_dir('{folder}', '{engine.graph.file.name}', '{GRAPH}'); rdf_loader_run(); checkpoint; "
        'grant SPARQL_UPDATE to "SPARQL";'
    )
    program = Path(shutil.which("isql-vt") or "isql-vt")
    run([program, f"127.0.0.1:{engine.environment['VIRTUOSO_SQL_PORT']}", "dba", "dba", f"EXEC={statements}"])
    engine.seconds["load"] = time.perf_counter() - begun
    done.touch()
