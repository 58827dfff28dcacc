"""What a request to `/validate` asks for: the data or the graphs, the shapes, the scope, the page."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import request

from graphsvc.errors import BadRequest
from graphsvc.project import GraphFile
from graphsvc.rdf import Iri
from graphsvc.validation import Document, Page, Scope, Severity, StoredJob, ValidationJob
from graphsvc.validation.paging import MAX_PAGE_SIZE, pages
from graphsvc.web.parameters import Parameters, content_type, from_url
from graphsvc.web.service import service
from graphsvc.web.uploads import Upload, read_upload

ROLES = ("data", "shapes", "ontology")
DEFAULT_GRAPH, EVERY_GRAPH = "default", ("all", "*")
PAGE_SIZE = 500
# The validation type that is meant where none is named: the project's shapes.
DEFAULT_TYPE = "default"
_FIELDS = frozenset(
    {
        "format",
        "severity",
        "base",
        "timeout",
        "graph",
        "focus",
        "shape",
        "type",
        "page",
        "page_size",
        *(f"{role}{end}" for role in ROLES for end in ("", "_text", "_format")),
    }
)


def read_request() -> Upload:
    """The documents and parameters of a POST.

    Where the URL names a graph, there may be no body, and one that is RDF holds shapes. Raises as `read_upload`.
    """
    parameters = from_url()
    if not asked_graphs(parameters):
        return read_upload(ROLES, service().settings.max_upload_bytes)
    if not content_type() and not request.content_length:
        return Upload({}, parameters)
    return read_upload(("shapes", "data", "ontology"), service().settings.max_upload_bytes)


def check_fields(parameters: Parameters) -> None:
    """A field that is misspelt must not be passed over: the report would be on something else."""
    unknown = sorted({name for name, _ in parameters.pairs} - _FIELDS)
    if unknown:
        names = ", ".join(sorted(_FIELDS))
        raise BadRequest(f"There is no field {unknown[0][:40]!r}; there are {names}.")


def asked_graphs(parameters: Parameters) -> tuple[str, ...]:
    """The stored graphs that are asked for; a form's empty choice asks for none."""
    return tuple(dict.fromkeys(name for name in parameters.all("graph") if name))


def upload_job(upload: Upload) -> ValidationJob:
    """The job; where no shapes or no ontology are sent, the project's own are meant."""
    data = upload.documents.get("data", ())
    if not data:
        raise BadRequest("There are no data: send them as the body, or in the field `data` or `data_text`.")
    return ValidationJob(
        data=tuple(data),
        shapes=_shapes(upload),
        ontology=tuple(upload.documents.get("ontology") or own_documents("ontology")),
        severity=_severity(upload.parameters),
        prefixes=service().settings.prefixes,
        scope=_scope(upload.parameters),
    )


def stored_job(upload: Upload) -> StoredJob:
    """The job on graphs of the store; where no shapes are sent, the project's own are meant."""
    if upload.documents.get("data"):
        raise BadRequest("There are data, and `graph` names others that are stored; give one of the two.")
    if upload.documents.get("ontology"):
        raise BadRequest("What is stored is validated with the ontology that is stored; send none.")
    settings = service().settings
    rules = ValidationJob(
        data=(),
        shapes=_shapes(upload),
        severity=_severity(upload.parameters),
        prefixes=settings.prefixes,
        scope=_scope(upload.parameters),
    )
    return StoredJob(_graphs(upload.parameters), f"{settings.base}/graph/vocabulary/", rules)


def _graphs(parameters: Parameters) -> tuple[str, ...] | None:
    names = asked_graphs(parameters)
    if any(name in EVERY_GRAPH for name in names):
        if len(names) > 1:
            raise BadRequest("`graph=all` is the whole dataset; name no other graph beside it.")
        return None
    return tuple("" if name == DEFAULT_GRAPH else _iri("graph", name) for name in names)


def _shapes(upload: Upload) -> tuple[Document, ...]:
    named = upload.parameters.one("type")
    sent = upload.documents.get("shapes", ())
    if sent and named:
        raise BadRequest("There are shapes, and `type` names others; give one of the two.")
    return tuple(sent) or shapes_of(named or DEFAULT_TYPE)


def validation_types() -> dict[str, str]:
    """What data can be validated against by name, and what each is called."""
    named = {name: each.label for name, each in service().settings.validation_types.items()}
    return {DEFAULT_TYPE: f"The shapes of {service().settings.title}"} | named


def shapes_of(name: str) -> tuple[Document, ...]:
    """The shapes of a validation type. Raises BadRequest, with those that there are, for another."""
    files = service().project.validation_types.get(name)
    if files is not None:
        return tuple(_document(file) for file in files)
    if name != DEFAULT_TYPE:
        names = ", ".join(validation_types())
        raise BadRequest(f"There is no validation type {name[:60]!r}; there are {names}.")
    return tuple(own_documents("shapes"))


def _severity(parameters: Parameters) -> Severity:
    severity = parameters.one("severity")
    return Severity.named(severity) if severity else Severity.INFO


def _scope(parameters: Parameters) -> Scope:
    """The focus nodes and shapes that are named; the empty fields of a form name none."""

    def named(name: str) -> tuple[str, ...]:
        given = (value.strip() for value in parameters.all(name))
        return tuple(dict.fromkeys(_iri(name, value) for value in given if value))

    return Scope(named("focus"), named("shape"))


def _iri(name: str, value: str) -> str:
    """The IRI that a parameter gives, which may be in angle brackets or begin with a known prefix."""
    if value.startswith("<") and value.endswith(">"):
        value = value[1:-1]
    prefix, sign, local = value.partition(":")
    namespace = service().settings.prefixes.get(prefix)
    if sign and namespace and not local.startswith("//"):
        value = namespace + local
    if not sign:
        raise BadRequest(f"`{name}` is an IRI, not {value[:60]!r}.")
    Iri(value).n3()
    return value


def own_documents(folder: str) -> list[Document]:
    """The project's documents of one folder."""
    return [_document(file) for file in service().project.files if file.folder == folder]


def _document(file: GraphFile) -> Document:
    root, base = service().project.root, service().settings.base
    return Document(str(file.path.relative_to(root)), file.read(), file.syntax.name, f"{base}/")


def read_page(parameters: Parameters, *, paged: bool) -> Page | None:
    """The page that is asked for; None for the whole report, which a `paged` format never is."""
    if not paged and not parameters.all("page") and not parameters.all("page_size"):
        return None
    number = _number(parameters, "page", 1, 1_000_000_000)
    return Page(number, _number(parameters, "page_size", PAGE_SIZE, MAX_PAGE_SIZE))


def _number(parameters: Parameters, name: str, default: int, most: int) -> int:
    given = parameters.one(name)
    if not given:
        return default
    if not (given.isascii() and given.isdecimal()) or len(given) > 12 or not 1 <= int(given) <= most:
        raise BadRequest(f"`{name}` is a whole number from 1 to {most:,}.")
    return int(given)


def page_link(page: Page | None, results: int, step: int) -> str | None:
    """The path of another page of the same report, below the public URL; None where there is none.

    Of a POST, it is where to send the same body; there is none where the page was named in the body.
    """
    url = from_url()
    if page is None or not 1 <= page.number + step <= pages(results, page.size):
        return None
    kept = [(name, value) for name, value in url.pairs if name not in ("page", "page_size")]
    return "/validate?" + urlencode([*kept, ("page", page.number + step), ("page_size", page.size)])
