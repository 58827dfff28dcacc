"""Documents made to hurt: deep, long, odd. They cost what their length costs, and no call stack."""

from __future__ import annotations

import pytest

from graphsvc.positions import find, regions
from tests.positions.reading import BASE, triples_of

N = 20_000
HEAD = b"PREFIX e: <http://e/> "
XML = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">'
DOCUMENTS = {
    "property lists in one another": ("ttl", HEAD + b"e:a e:p " + b"[ e:p " * N + b"1" + b"]" * N + b" ."),
    "lists in one another": ("ttl", HEAD + b"e:a e:p " + b"( " * N + b"1" + b")" * N + b" ."),
    "a line of 10 MB": ("ttl", HEAD + b'e:a e:p "' + b"x" * 10_000_000 + b'" .'),
    "a literal of many lines": ("ttl", HEAD + b'e:a e:p """' + b'x\n"' * N + b'z""" .'),
    "a literal of quotes": ("ttl", HEAD + b"e:a e:p '''" + b"''x" * N + b"''' ."),
    "a literal of escapes": ("nt", b'<http://e/a> <http://e/p> "' + rb"\n\u00e9" * N + b'" .'),
    "comments with quotes": ("ttl", HEAD + b'# "a <\n' * N + b"e:a e:p 1 ."),
    "carriage returns": ("ttl", HEAD + b'# "a <\r' * N + b"e:a e:p 1 ."),
    "blanks": ("ttl", HEAD + b" \n" * N + b"e:a e:p 1 ."),
    "semicolons": ("ttl", HEAD + b"e:a e:p 1 " + b";" * N + b" ."),
    "dots in a name": ("ttl", HEAD + b"e:a e:p e:a" + b"." * N + b"b ."),
    "dots in a label": ("ttl", HEAD + b"e:a e:p _:a" + b"." * N + b"b ."),
    "digits": ("ttl", HEAD + b"e:a e:p " + b"1" * N + b" ."),
    "a list": ("ttl", HEAD + b"e:a e:p (" + b' "x"' * N + b") ."),
    "prefixes declared anew": (
        "trig",
        b"".join(b"PREFIX e: <http://e/%d/> e:a e:p %d .\n" % (each, each) for each in range(2_000)),
    ),
    "bases set anew": ("ttl", b"@base <http://e/> ." + b"@base <a/> . <b> <p> <c> .\n" * 2_000),
    "elements in one another": ("rdf", XML + b"<e:T><e:p>" * 500 + b"</e:p></e:T>" * 500 + b"</rdf:RDF>"),
    "a collection": (
        "rdf",
        XML + b'<e:T><e:p rdf:parseType="Collection">' + b"<e:T/>" * N + b"</e:p></e:T></rdf:RDF>",
    ),
    "attributes": (
        "rdf",
        XML + b"<e:T " + b" ".join(b'e:a%d="x"' % each for each in range(2_000)) + b"/></rdf:RDF>",
    ),
    "an XML literal": (
        "rdf",
        XML + b'<e:T><e:p rdf:parseType="Literal">' + b"<b>" * N + b"</b>" * N + b"</e:p></e:T></rdf:RDF>",
    ),
    "objects in one another": (
        "jsonld",
        b'{"@id":"http://e/a","http://e/p":' * 200 + b'{"@id":"http://e/b"}' + b"}" * 200,
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_triple_is_found_all_the_same(name: str) -> None:
    syntax, content = DOCUMENTS[name]
    triples = triples_of(content, syntax)
    found = find(content, syntax, BASE, triples, triples)
    assert found.keys() == set(triples)
    assert triples
    for region in regions(content, {part for place in found.values() for part in place.parts}).values():
        assert len(region.text) <= 160


def test_entities_that_grow_end_the_search_and_nothing_else() -> None:
    entities = b"".join(
        b'<!ENTITY a%d "%s">' % (each, (b"&a%d;" % (each - 1) if each else b"aaaaaaaaaa") * 10)
        for each in range(5)
    )
    body = b"<e:T><e:p>" + b"&a4;" * 20 + b"</e:p></e:T></rdf:RDF>"
    content = b"<!DOCTYPE a [" + entities + b"]>" + XML + body
    triples = triples_of(content, "rdf")
    assert len(find(content, "rdf", BASE, triples, triples)) < len(triples)


@pytest.mark.parametrize("syntax", ["ttl", "rdf"])
def test_another_document_gets_no_position_for_what_is_not_in_it(syntax: str) -> None:
    mine = triples_of(b'<http://e/a> <http://e/p> "1", "2" .', "ttl")
    other = b'<http://e/a> <http://e/p> "1" . <http://e/a> <http://e/p> "3" . <http://e/a> <http://e/p> "2" .'
    found = find(other, syntax, BASE, mine, mine)
    assert found.keys() <= {mine[0]}


def test_a_byte_order_mark_is_stepped_over() -> None:
    content = b"\xef\xbb\xbf" + XML + b'<e:T rdf:about="http://e/a"/></rdf:RDF>'
    triples = triples_of(content, "rdf")
    [place] = find(content, "rdf", BASE, triples, triples).values()
    assert content[place.parts[0][0] :].startswith(b"<e:T")
