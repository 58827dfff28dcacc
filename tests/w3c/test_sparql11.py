"""The W3C's SPARQL 1.1 tests, each over HTTP against a running service, for each kind of store."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from graphsvc.conformance import REPORT
from graphsvc.tokens import TokenFile
from tests.conftest import ROOT, running
from tests.servers import oxigraph_server
from tests.w3c.checks import check
from tests.w3c.endpoint import Endpoint
from tests.w3c.listed import LISTED
from tests.w3c.manifest import Case, read_suite

SUITE = ROOT.parent / "shared" / "w3c" / "sparql11"
CASES = read_suite(SUITE) if SUITE.is_dir() else []
STORES = ("disk", "memory", "remote")
absent = pytest.mark.skipif(
    not CASES, reason="no shared/ folder beside the project: the W3C's tests are not run"
)


@pytest.fixture(scope="module", params=STORES)
def endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A service with the default graph that the tests have: none of the named ones is in it."""
    project = tmp_path_factory.mktemp("suite")
    (project / "data").mkdir()
    (project / "data" / "empty.ttl").write_text("")
    file = TokenFile(project / "tokens.json")
    secret = file.new("suite", ["write"])
    with ExitStack() as stack:
        settings = {"GRAPHSVC_TOKENS": str(file.path), "GRAPHSVC_DEFAULT_GRAPH": "unnamed"}
        if request.param == "disk":
            settings["GRAPHSVC_STORE"] = f"disk:{project / 'db'}"
        if request.param == "remote":
            elsewhere = stack.enter_context(oxigraph_server(project))
            settings["GRAPHSVC_STORE"] = f"remote:{elsewhere}/query"
            settings["GRAPHSVC_REMOTE_ENGINE"] = "oxigraph"
            settings["GRAPHSVC_REMOTE_UPDATE"] = f"{elsewhere}/update"
            settings["GRAPHSVC_REMOTE_GRAPH_STORE"] = f"{elsewhere}/store"
        url = stack.enter_context(running(project, **settings))
        yield stack.enter_context(closing(Endpoint(url, secret)))


def marked(case: Case) -> object:
    reason = LISTED.get(case.id)
    marks = [pytest.mark.xfail(reason=reason, strict=True, raises=AssertionError)] if reason else []
    return pytest.param(case, id=case.id, marks=marks)


@absent
@pytest.mark.parametrize("case", [marked(case) for case in CASES])
def test_the_w3c_test_passes(case: Case, endpoint: Endpoint) -> None:
    check(case, endpoint)


@absent
def test_the_published_report_has_every_test_with_every_store() -> None:
    with REPORT.open(newline="") as file:
        said = {(row["test"], row["store"]): row["reason"] for row in csv.DictReader(file)}
    assert said == {(case.iri, store): LISTED.get(case.id, "") for case in CASES for store in STORES}


def test_every_listed_test_is_in_the_suite() -> None:
    if CASES:
        assert set(LISTED) <= {case.id for case in CASES}


def test_the_folder_of_the_report_is_part_of_the_package() -> None:
    assert Path(ROOT, "graphsvc", "conformance", "results.csv") == REPORT
