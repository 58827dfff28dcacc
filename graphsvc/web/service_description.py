"""The endpoint's description of itself, where it is asked for nothing else.

https://www.w3.org/TR/sparql11-service-description/#accessing
"""

from __future__ import annotations

from flask import Response

from graphsvc.dataset.names import Names
from graphsvc.dataset.service import Abilities, describe_service
from graphsvc.formats import Format
from graphsvc.loading import remote_dialect
from graphsvc.rdf import write_document
from graphsvc.settings import Settings
from graphsvc.sparql.functions import FUNCTIONS
from graphsvc.sparql.search_clause import SEARCH
from graphsvc.web.caching import allow, settings_files
from graphsvc.web.counts import named_graphs
from graphsvc.web.representation import not_modified, respond, whole
from graphsvc.web.service import service
from graphsvc.web.state import state_tag


def abilities() -> Abilities:
    """What the service does as it is set up now."""
    settings = service().settings
    remote = settings.store.startswith("remote:")
    return Abilities(
        union=settings.default_graph == "union" and (not remote or _unions(settings)),
        writes=any(token.may_write for token in service().tokens.tokens())
        and (not remote or bool(settings.remote_update)),
        federation=bool(settings.endpoints),
        functions=() if remote else FUNCTIONS,
        properties=(SEARCH,),
    )


def _unions(settings: Settings) -> bool:
    dialect = remote_dialect(settings)
    return dialect.unions or bool(dialect.union_query)


def description(chosen: Format) -> Response:
    """The service description in an RDF syntax."""
    settings, epoch, files = service().settings, service().store.epoch(), settings_files()
    graphs = named_graphs()
    tag = state_tag(epoch, "service description", chosen.media_type, repr(abilities()), graphs.mark)
    if not_modified(tag):
        return respond(None, chosen, tag=tag)
    quads = describe_service(Names.of(settings), graphs.value or {}, abilities())
    allow(files=files)
    return respond(whole(write_document(quads, chosen, settings.prefixes), epoch), chosen, tag=tag)
