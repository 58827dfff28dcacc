"""Everything that can go wrong, as one tree.

Nothing here knows of HTTP: `graphsvc/web/problems.py` maps each leaf to a status.

    GraphsvcError
    ├── BadRequest               the request makes no sense
    │   ├── SourceSyntaxError    text that does not parse: source, line, column, the line itself
    │   │   ├── QuerySyntaxError
    │   │   ├── DataSyntaxError
    │   │   ├── ShapesError
    │   │   └── PageError
    │   ├── ValueNotAllowed      a parameter of a stored query has a value that is none of its values
    │   ├── TooComplex           text that parses, or might, only at a price that nobody pays
    │   └── UnknownFunction      a query calls what there is not
    ├── RemoteAccessRefused      SERVICE, LOAD and the like
    ├── Unauthorized             who is asking does not say so, or not credibly
    ├── Forbidden                who is asking may not
    │   └── ReadOnly             nobody may
    ├── NotFound                 no such resource, graph, query
    ├── Gone                     there was such a resource; it was withdrawn
    ├── ShapesViolated           a write would break a guarded graph
    ├── Conflict                 the data are not in the state that the request needs
    ├── PreconditionFailed       the graph is not what If-Match or If-None-Match says
    ├── NotAcceptable            no offer fits the Accept header
    ├── TooLarge                 more bytes than the limit
    │   └── ResultTooLarge       an answer of more rows or bytes than the limit
    ├── IncompleteBody           fewer bytes than announced
    ├── UnsupportedMediaType
    ├── TooManyRequests          one client takes more than its share
    ├── ProjectError             the published project itself is broken
    ├── StoreError               the store failed
    │   ├── StorageFull          there is no room for a write
    │   └── RemoteFailure        the remote store failed
    ├── NotSupported             the store that is configured cannot do this
    ├── Unavailable              a part of the service is not there just now
    │   ├── Saturated            every reader is busy
    │   └── OutOfService         the remote store failed so often that it is left alone for a while
    ├── OutOfMemory              the memory cap was reached
    └── OutOfTime                the deadline passed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class GraphsvcError(Exception):
    """Any error that this package raises on purpose; `str()` is one plain sentence for people."""

    title = "Something went wrong"


class BadRequest(GraphsvcError):
    """The request makes no sense as it stands; the same request will fail again."""

    title = "Bad request"


class SourceSyntaxError(BadRequest):
    """Text that does not parse.

    `line` and `column` count from 1, and `offset` from 0, in characters; they are None where the parser gave no
    position. `source_line` is the line of the text at fault; `source` names a file or a part of a request; `hint`
    says how to mend it.
    """

    title = "Syntax error"

    def __init__(
        self,
        message: str,
        *,
        source: str | None = None,
        line: int | None = None,
        column: int | None = None,
        offset: int | None = None,
        source_line: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.source, self.hint = message, source, hint
        self.line, self.column, self.offset = line, column, offset
        self.source_line = source_line

    @property
    def excerpt(self) -> str | None:
        """The line at fault, and below it a caret under the fault; None where they are not known."""
        if self.source_line is None or self.column is None or self.column > len(self.source_line) + 1:
            return None
        margin = "".join("\t" if one == "\t" else " " for one in self.source_line[: self.column - 1])
        return f"{self.source_line}\n{margin}^"

    def __str__(self) -> str:
        """`source:line:column: message`, as compilers print it, without what is not known."""
        place = ":".join(str(part) for part in (self.source, self.line, self.column) if part is not None)
        return f"{place}: {self.message}" if place else self.message


class QuerySyntaxError(SourceSyntaxError):
    """A SPARQL text that does not parse."""

    title = "SPARQL syntax error"


class DataSyntaxError(SourceSyntaxError):
    """An RDF document that does not parse."""

    title = "RDF syntax error"


class ShapesError(SourceSyntaxError):
    """A shapes graph that parses as RDF and yet is no valid shapes graph."""

    title = "Broken shapes graph"


class PageError(SourceSyntaxError):
    """A source page that is not laid out as a Directorate-General's page."""

    title = "Unreadable source page"


class ValueNotAllowed(BadRequest):
    """A parameter has a value that is none of those allowed.

    `allowed` are the allowed values, the first of them where they are too many.
    """

    title = "Value not allowed"

    def __init__(self, name: str, value: str, allowed: Sequence[str], *, complete: bool = True) -> None:
        shown = ", ".join(allowed[:20]) or "none at all"
        more = ", and more" if len(allowed) > 20 or not complete else ""
        super().__init__(
            f"{value[:200]!r} is not allowed for the parameter {name}; there are: {shown}{more}."
        )
        self.parameter = name
        self.allowed = list(allowed)


class TooComplex(BadRequest):
    """Text that would cost more to parse or plan than anyone may spend."""

    title = "Too complex"


class UnknownFunction(BadRequest):
    """A function or aggregate that this service does not have."""

    title = "Unknown function"


class RemoteAccessRefused(GraphsvcError):
    """The request would make this service fetch something from elsewhere."""

    title = "Remote access refused"


class NotFound(GraphsvcError):
    """There is no such resource, graph or stored query."""

    title = "Not found"


class Gone(GraphsvcError):
    """There was such a resource, and the graph says that it was withdrawn."""

    title = "Withdrawn"


class NotAcceptable(GraphsvcError):
    """No representation that can be offered fits; `offers` lists the media types that there are."""

    title = "Not acceptable"

    def __init__(self, message: str, offers: Sequence[str]) -> None:
        super().__init__(message)
        self.offers = tuple(offers)


class TooLarge(GraphsvcError):
    """More bytes than the limit allows."""

    title = "Too large"


class ResultTooLarge(TooLarge):
    """An answer has more rows, or more bytes, than the operator allows."""

    title = "The answer is too large"


class IncompleteBody(BadRequest):
    """A request body that ended before it was complete."""

    title = "Incomplete body"


class UnsupportedMediaType(GraphsvcError):
    """A body in a media type or encoding that this operation does not read."""

    title = "Unsupported media type"

    def __init__(self, message: str, accepted: Sequence[str]) -> None:
        super().__init__(message)
        self.accepted = tuple(accepted)


class TooManyRequests(GraphsvcError):
    """One client has as many requests under way as its share allows."""

    title = "Too many requests"
    retry_after = 2


class ProjectError(GraphsvcError):
    """The published project (its folders or its configuration) is broken."""

    title = "Broken project"


class StoreError(GraphsvcError):
    """The store failed to do what it should; the cause is ours, not the client's."""

    title = "Store failure"


class StorageFull(StoreError):
    """The disk has no room left; reading goes on."""

    title = "The disk is full"


class Unavailable(GraphsvcError):
    """A part of the service is not there just now; `retry_after` is in seconds."""

    title = "Unavailable"
    retry_after = 2


class Saturated(Unavailable):
    """Every reader is busy and the queue is full."""

    title = "All readers are busy"


class OutOfService(Unavailable):
    """The remote store is busy, or failed several times in a row; `retry_after` says when it is asked again."""

    title = "The remote store is not answering"


class OutOfMemory(GraphsvcError):
    """The work was stopped at the memory cap."""

    title = "Memory limit reached"


class OutOfTime(GraphsvcError):
    """The work was stopped at its deadline."""

    title = "Time limit reached"


class Unauthorized(GraphsvcError):
    """The request must say who is asking, and does not, or not credibly.

    `error` is the code of RFC 6750, empty where no token was sent.
    https://www.rfc-editor.org/rfc/rfc6750#section-3.1
    """

    title = "A token is needed"

    def __init__(self, message: str, *, error: str = "") -> None:
        super().__init__(message)
        self.error = error


class Forbidden(GraphsvcError):
    """Who is asking may not do this."""

    title = "Not allowed"


class ReadOnly(Forbidden):
    """Nobody may write: the operator has made no token, or this is a replica of `primary`."""

    title = "Read-only"

    def __init__(self, message: str, primary: str = "") -> None:
        super().__init__(message)
        self.primary = primary


class ShapesViolated(GraphsvcError):
    """A write would leave a guarded graph at odds with its shapes.

    `report` is the validation report as an object of JSON, as far as it is told.
    """

    title = "The shapes do not hold"

    def __init__(self, message: str, report: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.report = dict(report)


class Conflict(GraphsvcError):
    """The data are not in the state that the request needs, such as a graph to create that exists."""

    title = "Conflict"


class PreconditionFailed(GraphsvcError):
    """The graph is not, or no longer, what the request's If-Match or If-None-Match says."""

    title = "Precondition failed"


class NotSupported(GraphsvcError):
    """The store that is configured cannot do this."""

    title = "Not supported by the store"


class RemoteFailure(StoreError):
    """The remote store gave no answer, or none that is whole."""

    title = "The remote store failed"
