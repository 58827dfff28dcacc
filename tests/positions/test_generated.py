"""Documents made at random: the position of each triple is where its object's words are."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from graphsvc.positions import find, regions
from graphsvc.rdf import Literal
from tests.positions.reading import BASE, line_of, texts_of, triples_of

gaps = st.sampled_from([" ", "\n", "\r\n", "\r", "\t", ' # "a comment" . ; [ <\n', "\n#\n", "  "])
names = st.sampled_from(
    ["e:a", "e:b.c", "e:é", "<#x>", "<http://e/ö>", "_:n", "_:n.m", "e:x%20y", "e:p\\,q", ":"]
)
verbs = st.sampled_from(["a", "e:p", "<http://e/q>", ":q", "e:true"])
words = st.text(st.sampled_from("abé🂡 .,;#<>[]'@^"), max_size=6)
literals = st.one_of(
    words.map(lambda text: f'"{text}"'),
    words.map(lambda text: f'"""{text}\n\r\n{text}"""'),
    words.filter(lambda text: "'" not in text).map(lambda text: f"'''{text}\"\"\\'\\n'''"),
    words.map(lambda text: f'"{text}\\n\\"\\u00e9"@en-GB'),
    words.map(lambda text: f'"{text}"^^e:d'),
    st.sampled_from(["1", "-1.5", "+1e3", "true", "false", ".5", "1.E3"]),
)


@st.composite
def objects(draw: st.DrawFn, depth: int = 3) -> str:
    kind = draw(st.integers(0, 3 if depth else 1))
    if kind < 2:
        return draw(names if kind else literals)
    gap = draw(gaps)
    if kind == 2:
        inside = draw(st.lists(objects(depth - 1), max_size=3))
        return f"({gap}{gap.join(inside)}{draw(gaps)})"
    return f"[{gap}{draw(properties(depth - 1)) if draw(st.booleans()) else ''}{gap}]"


@st.composite
def properties(draw: st.DrawFn, depth: int = 3) -> str:
    parts = [
        f"{draw(verbs)}{draw(gaps)}{f'{draw(gaps)},'.join(draw(st.lists(objects(depth), min_size=1, max_size=3)))}"
        for _ in range(draw(st.integers(1, 3)))
    ]
    return f"{draw(gaps)};{draw(gaps)}".join(parts) + draw(st.sampled_from(["", " ;", ";;\n"]))


@st.composite
def statements(draw: st.DrawFn) -> str:
    subject = draw(st.one_of(names, objects().filter(lambda text: text[0] in "([")))
    return f"{subject}{draw(gaps)}{draw(properties())}{draw(gaps)}.{draw(gaps)}"


HEAD = "@prefix e: <http://e/> . PREFIX : <http://f/>\n"
documents = st.lists(statements(), max_size=6).map(lambda parts: HEAD + "".join(parts))


@settings(max_examples=150, deadline=None)
@given(documents)
def test_every_triple_of_a_turtle_document_has_a_position_with_its_words(text: str) -> None:
    content = text.encode()
    found = texts_of(content, "ttl")
    assert found.keys() == set(triples_of(content, "ttl"))
    for triple, texts in found.items():
        if isinstance(triple[2], Literal) and "\\" not in texts[2]:
            assert triple[2].value in texts[2]


@settings(max_examples=60, deadline=None)
@given(documents)
def test_a_position_names_the_line_on_which_the_object_begins(text: str) -> None:
    content = text.encode()
    triples = triples_of(content, "ttl")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for triple, place in find(content, "ttl", BASE, triples, triples).items():
        line, column = line_of(content, "ttl", triple, 2)
        start, end = place.parts[2]
        first = content[start:end].decode().replace("\r", "\n").split("\n")[0]
        assert lines[line - 1][column - 1 :].startswith(first)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["", "e:g", "GRAPH _:g", "[]"]), statements()), max_size=4))
def test_every_triple_of_a_trig_document_has_a_position(parts: list[tuple[str, str]]) -> None:
    content = (HEAD + " ".join(f"{name} {{ {text} }} {text}" for name, text in parts)).encode()
    assert texts_of(content, "trig").keys() == set(triples_of(content, "trig"))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["ttl", "trig", "nq", "rdf", "jsonld", "n3"]))
def test_what_is_no_document_is_harmless(content: bytes, syntax: str) -> None:
    assert find(content, syntax, None, [], []) == {}
    triples = triples_of(b"<http://e/a> <http://e/p> 1 .", "ttl")
    found = find(content, syntax, None, triples, triples)
    regions(content, [place.parts[0] for place in found.values()])
