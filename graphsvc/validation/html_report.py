"""A report as one HTML file that needs nothing else: to keep, to mail, to publish from a pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from graphsvc.validation.report import Report, Result
from graphsvc.validation.wording import excerpt, messages, shape_name, subject, verdict

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Validation report</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  overflow-wrap: anywhere; }
article { border-top: 1px solid; padding-block: 0.75rem; }
h2 { font-size: 1.25rem; margin-top: 2rem; }
h3 { font-size: 1rem; margin: 0; }
pre { overflow-x: auto; padding: 0.5rem 0.75rem; border: 1px solid; border-radius: 4px; }
ul { padding-left: 1.25rem; }
p { margin: 0.25rem 0; }
</style>
</head>
<body>
"""


def write_html(report: Report, prefixes: Mapping[str, str]) -> bytes:
    """The report as a page: verdict, notes, and the results by shape. It has no scripts and fetches nothing."""
    groups: dict[str, list[Result]] = {}
    for result in report.results:
        groups.setdefault(shape_name(result, prefixes), []).append(result)
    parts = [_HEAD, f"<h1>{escape(verdict(report))}</h1>\n"]
    parts += [f"<p>{escape(note)}</p>\n" for note in report.notes]
    for shape, results in groups.items():
        parts.append(f"<section>\n<h2>{escape(shape)}</h2>\n")
        for result in results:
            parts += ["<article>\n", *_result(result, prefixes), "</article>\n"]
        parts.append("</section>\n")
    parts.append(f"<footer><p>{escape(report.engine)}</p></footer>\n</body>\n</html>\n")
    return "".join(parts).encode("utf-8", "replace")


def _result(result: Result, prefixes: Mapping[str, str]) -> Iterator[str]:
    yield f"<h3>{result.grade.value}: <code>{escape(subject(result, prefixes))}</code></h3>\n"
    for message in messages(result):
        language = f' lang="{escape(message.language)}"' if message.language else ""
        yield f"<p{language}>{escape(message.value)}</p>\n"
    if result.remedy:
        yield f"<p>{escape(result.remedy)}</p>\n"
    if result.location is not None:
        yield f"<p><code>{escape(str(result.location))}</code></p>\n"
        line, carets = excerpt(result.location)
        if line:
            yield f"<pre><code>{escape(line)}\n{carets}</code></pre>\n"
    if result.details:
        yield "<ul>\n"
        for detail in result.details:
            yield from ("<li>\n", *_result(detail, prefixes), "</li>\n")
        yield "</ul>\n"
