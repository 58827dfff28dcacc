"""Random graphs, and random queries about them that columns can answer."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

EX = "http://example.org/"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_WORDS = (
    "Straße",
    "strasse",
    "İstanbul",
    "istanbul",
    "ΣΟΦΟΣ",
    "σοφος",
    "Kelvin \u212a",
    "long \u017f",
    "a\\nb",
    'q\\"q',
    "\\u007F \\u001F",
    "\ufffe",
)
# The values of each property: of one kind, of one language, or of many.
VALUES: dict[str, list[str]] = {
    "type": [f"<{EX}T{n}>" for n in range(3)],
    "date": [f'"20{n:02}-0{1 + n % 9}-11"^^<{_XSD}date>' for n in range(4)],
    "year": [f'"{n}"^^<{_XSD}gYear>' for n in (1990, 2004, 2020)],
    "number": [f'"{n}"^^<{_XSD}integer>' for n in (-5, 0, 7, 10, 100)],
    "title": [f'"{word}"' for word in ("Act one", "act two", "Data Act", "", *_WORDS)],
    "label": [f'"{word}"@{tag}' for word in ("Act", "Akt", "Straße") for tag in ("en", "de", "ar--rtl")],
    "mixed": ['"1"', f'"1"^^<{_XSD}integer>', '"1"@en', f"<{EX}1>", f'"1.50"^^<{_XSD}decimal>', '"act"'],
    "near": [f"<{EX}s{n}>" for n in range(4)],
    "blank": ["_:b1", f"<{EX}s0>"],
}
SUBJECTS = [*(f"<{EX}s{n}>" for n in range(6)), "_:b1"]
_FORMS = ("CONTAINS", "STRSTARTS", "STRENDS", "REGEX")
_TEXTS = (
    "act",
    "Act",
    "a",
    "strasse",
    "STRASSE",
    "ss",
    "istanbul",
    "σοφος",
    "σοφοσ",
    "kelvin",
    "k",
    "s",
    "1",
    "one",
)

_statement = st.sampled_from([(name, value) for name, values in VALUES.items() for value in values])


@st.composite
def graphs(draw: Any) -> list[tuple[str, str, str, str]]:
    """Quads; in a few of them the same is said in two graphs."""
    blank, twice = draw(st.integers(0, 3)) == 3, draw(st.integers(0, 5)) == 5
    subjects = SUBJECTS if blank else SUBJECTS[:-1]
    # Of half of the graphs everybody has one value at most of most properties, so that these can be joined.
    single = draw(st.booleans())
    rows = draw(
        st.lists(st.tuples(st.sampled_from(subjects), _statement, st.integers(1, 2 + twice)), max_size=80)
    )
    seen: dict[tuple[str, str], str] = {}
    rows = [
        row
        for row in rows
        if not single or row[1][0] == "near" or seen.setdefault((row[0], row[1][0]), row[1][1]) == row[1][1]
    ]
    return [
        (subject, f"<{EX}{name}>", value, f"<{EX}g{number}>")
        for subject, (name, value), graphs in rows
        if blank or name != "blank"
        for number in ((1,), (2,), (1, 2))[graphs - 1]
    ]


def properties_of(quads: list[tuple[str, str, str, str]]) -> list[str]:
    """The properties that there are, or one that there is not."""
    there = {predicate[len(EX) + 1 : -1] for _, predicate, _, _ in quads}
    return [name for name in VALUES if name in there] or ["type"]


@st.composite
def stars(draw: Any) -> tuple[list[tuple[str, str, str, str]], str, bool]:
    """A graph, the text of a star, and whether its order tells all its rows apart."""
    quads = draw(graphs())
    names = draw(st.lists(st.sampled_from(properties_of(quads)), min_size=1, max_size=3))
    patterns, variables = [], []
    for at, name in enumerate(names):
        constant = draw(st.integers(0, 2)) == 0
        plain = [
            one for one in VALUES[name] if one.endswith((">", '"')) and "^^" not in one and "\\" not in one
        ]
        if constant and plain:
            patterns.append(f"<{EX}{name}> {draw(st.sampled_from(plain))}")
        else:
            variables.append(f"?v{at}")
            patterns.append(f"<{EX}{name}> ?v{at}")
    block = f"?s {' ; '.join(patterns)}"
    known = ["?s", *variables]
    if draw(st.booleans()):
        select, group, ordered = _grouped(draw, known)
    else:
        shown = draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
        select, group, ordered = " ".join(shown), "", known
    order, is_total = _order(
        draw, ordered, known if not group else [one for one in group.split() if one[0] == "?"]
    )
    cut = ""
    if is_total and draw(st.booleans()):
        cut = f" LIMIT {draw(st.integers(0, 5))}" + draw(st.sampled_from(["", " OFFSET 1"]))
    return quads, f"SELECT {select} WHERE {{ {block} }}{group}{order}{cut}", is_total


def _end(draw: Any, variables: list[str], constants: list[str]) -> str:
    if constants and draw(st.integers(0, 4)) == 0:
        return str(draw(st.sampled_from(constants)))
    return str(draw(st.sampled_from(variables)))


def _path(draw: Any, names: list[str]) -> str:
    """A property that leads to things, or a path of such; or any property."""
    if draw(st.booleans()):
        return f"<{EX}{draw(st.sampled_from(names))}>"
    steps = []
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        inverse = draw(st.sampled_from(["", "", "", "^"]))
        steps.append(f"{inverse}<{EX}near>{draw(st.sampled_from(['', '', '', '*', '+']))}")
    if draw(st.integers(0, 2)) == 0:
        steps[-1] = f"<{EX}{draw(st.sampled_from(names))}>"
    return "/".join(steps)


@st.composite
def joins(draw: Any) -> tuple[list[tuple[str, str, str, str]], str, bool]:
    """A graph, the text of a query about several things, and whether its order tells all its rows apart."""
    quads = draw(graphs())
    quads += [
        (f"<{EX}s{at}>", f"<{EX}near>", f"<{EX}s{draw(st.integers(0, 3))}>", f"<{EX}g1>") for at in range(4)
    ]
    names = properties_of(quads)
    variables = ["?a", "?b", "?c", "?d"]
    iris = [f"<{EX}s{n}>" for n in range(4)] + [f"<{EX}T1>"]
    patterns: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        seen = [one for one in variables if any(one in pattern for pattern in patterns)]
        path = _path(draw, names)
        values = [
            one
            for one in VALUES[path.rpartition("/")[2].strip(">*+")]
            if one.endswith((">", '"')) and "^^" not in one and "\\" not in one
        ]
        if seen and draw(st.integers(0, 3)):
            # Joined to what is there.
            ends = [draw(st.sampled_from(seen)), _end(draw, variables, values)]
        else:
            ends = [_end(draw, variables, iris), _end(draw, variables, values)]
        if values and all(one.startswith("<") for one in values) and draw(st.booleans()):
            ends.reverse()
        patterns.append(f"{ends[0]} {path} {ends[1]}")
    block = " . ".join(patterns)
    known = [one for one in variables if one in block] or ["?a"]
    if draw(st.booleans()):
        select, group, ordered = _grouped(draw, known)
    else:
        shown = draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
        select, group, ordered = " ".join(shown), "", known
    telling = known if not group else [one for one in group.split() if one[0] == "?"]
    order, is_total = _order(draw, ordered, telling)
    return quads, f"SELECT {select} WHERE {{ {block} }}{group}{order}", is_total


@st.composite
def constructs(draw: Any) -> tuple[list[tuple[str, str, str, str]], str]:
    """A graph, and the text of a query that constructs another from a star."""
    quads = draw(graphs())
    names = draw(st.lists(st.sampled_from(properties_of(quads)), min_size=1, max_size=3, unique=True))
    patterns = [f"<{EX}{name}> ?v{at}" for at, name in enumerate(names)]
    made = [f"<{EX}made{at}> ?v{at}" for at in range(len(names))]
    made += draw(st.sampled_from([[], [f"a <{EX}Made>"], [f"<{EX}says> \"it 'is' made\""]]))
    template = " ; ".join(draw(st.permutations(made)))
    if draw(st.booleans()):
        # About two things, and of more of them than one.
        block = f"?s {' ; '.join(patterns)} . ?t <{EX}near> ?s"
        return quads, f"CONSTRUCT {{ ?s {template} . ?t <{EX}knows> ?s }} WHERE {{ {block} }}"
    return quads, f"CONSTRUCT {{ ?s {template} }} WHERE {{ ?s {' ; '.join(patterns)} }}"


def _grouped(draw: Any, known: list[str]) -> tuple[str, str, list[str]]:
    groups = draw(st.lists(st.sampled_from(known), max_size=2, unique=True))
    functions = draw(
        st.lists(
            st.sampled_from(["COUNT", "COUNT DISTINCT", "COUNT *", "MIN", "MAX"]), min_size=1, max_size=2
        )
    )
    calls = []
    for at, function in enumerate(functions):
        of = "*" if function == "COUNT *" else draw(st.sampled_from(known))
        distinct = "DISTINCT " if function == "COUNT DISTINCT" else ""
        calls.append(f"({function.split()[0]}({distinct}{of}) AS ?n{at})")
    group = f" GROUP BY {' '.join(groups)}" if groups else ""
    return " ".join([*groups, *calls]), group, [*groups, *(f"?n{at}" for at in range(len(calls)))]


def _order(draw: Any, names: list[str], telling: list[str]) -> tuple[str, bool]:
    keys = draw(st.lists(st.sampled_from(names), max_size=3, unique=True)) if names else []
    if draw(st.booleans()):
        keys += [one for one in telling if one not in keys]
    if not keys:
        return "", False
    words = [draw(st.sampled_from(["{}", "ASC({})", "DESC({})"])).format(key) for key in keys]
    return f" ORDER BY {' '.join(words)}", bool(telling) and set(telling) <= set(keys)


@st.composite
def text_filters(draw: Any) -> str:
    """The text of a query with a filter for text, among other things."""
    name = draw(st.sampled_from(["title", "title", "title", "label", "mixed", "number", "near"]))
    of = draw(st.sampled_from(["?v", "STR(?v)", "LCASE(?v)", "LCASE(STR(?v))", "UCASE(STR(?v))"]))
    form = draw(st.sampled_from(_FORMS))
    flags = draw(st.sampled_from(["", ', "i"'])) if form == "REGEX" else ""
    call = f'{form}({of}, "{draw(st.sampled_from(_TEXTS))}"{flags})'
    filters = draw(
        st.sampled_from(
            [
                "FILTER({})",
                "FILTER({})",
                "FILTER {}",
                "FILTER({} && ?s != <urn:x>)",
                "FILTER(!{})",
                "FILTER({} || true)",
            ]
        )
    ).format(call)
    pattern = f"?s <{EX}{name}> ?v"
    group = draw(
        st.sampled_from(
            [
                "{p} . {f}",
                "{f} {p}",
                "?s a ?t . {p} {f}",
                "OPTIONAL {{ ?s <{e}near> ?o }} {p} {f}",
                "{p} OPTIONAL {{ ?s <{e}near> ?o }} {f}",
                "{p} MINUS {{ ?s <{e}type> <{e}T1> }} {f}",
                "{{ ?s <{e}type> ?t }} UNION {{ ?s <{e}near> ?t }} {p} {f}",
                "?s <{e}near>/<{e}near>? ?o . {p} . {f}",
                "{p} . BIND(STR(?v) AS ?w) {f}",
                "?o <{e}near> ?s ; <{e}type> ?t . {p} {f}",
                "GRAPH ?g {{ {p} {f} }}",
                "GRAPH <{e}g1> {{ ?s <{e}type> ?t }} {p} . {f}",
                "OPTIONAL {{ {p} {f} }}",
                "?s <{e}type> ?t FILTER EXISTS {{ {p} {f} }}",
            ]
        )
    ).format(p=pattern, f=filters, e=EX)
    head = draw(
        st.sampled_from(
            [
                "SELECT * WHERE {{ {} }}",
                "SELECT * {{ {} }}",
                "SELECT (COUNT(*) AS ?n) WHERE {{ {} }}",
                "SELECT DISTINCT ?s WHERE {{ {} }} ORDER BY ?s",
                f"SELECT * FROM <{EX}g1> WHERE {{{{ {{}} }}}}",
                "SELECT * WHERE {{ {{ SELECT ?s WHERE {{ {} }} }} }}",
                "ASK {{ {} }}",
            ]
        )
    )
    return str(head.format(group))
