"""Rows are counted in what the engine writes, wherever it is cut into chunks, whatever is in the values."""

from __future__ import annotations

import io

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphsvc.errors import ResultTooLarge
from graphsvc.formats import RESULTS_FORMATS, Format
from graphsvc.store.output_cap import OutputCap

TEXTS = st.text(st.sampled_from('ab"\\\n\r\t<>,{}[]&;\u00e9'), max_size=12)


def serialised(texts: list[str | None], result: Format) -> bytes:
    """The answer with one row for each text; none is an unbound variable."""
    store = ox.Store()
    values = " ".join("(UNDEF 1)" if text is None else f"({ox.Literal(text)} 1)" for text in texts)
    found = store.query(f"SELECT * {{ VALUES (?text ?one) {{ {values} }} }}")
    assert isinstance(found, ox.QuerySolutions)
    wanted = ox.QueryResultsFormat.from_media_type(result.media_type)
    assert wanted is not None
    content = found.serialize(format=wanted)
    assert content is not None
    return content


@pytest.mark.parametrize("result", RESULTS_FORMATS, ids=lambda one: one.name)
@given(texts=st.lists(st.none() | TEXTS, max_size=6), size=st.integers(1, 40))
@settings(max_examples=60)
def test_every_row_is_counted_and_nothing_else(result: Format, texts: list[str | None], size: int) -> None:
    content = serialised(texts, result)
    for rows in {len(texts), len(texts) - 1} - {0, -1}:
        out = io.BytesIO()
        capped = OutputCap(rows=rows).file(out, result)
        chunks = [content[start : start + size] for start in range(0, len(content), size)]
        if rows == len(texts):
            capped.writelines(chunks)
            assert out.getvalue() == content
        else:
            with pytest.raises(ResultTooLarge):
                capped.writelines(chunks)


@pytest.mark.parametrize("result", RESULTS_FORMATS, ids=lambda one: one.name)
def test_without_a_cap_nothing_is_counted(result: Format) -> None:
    out = io.BytesIO()
    assert OutputCap().file(out, result) is out
