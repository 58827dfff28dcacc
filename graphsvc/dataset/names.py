"""The dataset, the service and its files by their IRIs."""

from __future__ import annotations

from dataclasses import dataclass

from graphsvc.dataset.statements import part
from graphsvc.formats import Format
from graphsvc.settings import Settings


@dataclass(frozen=True)
class Names:
    """IRIs of the dataset and its parts (under the base), and of the service (under the public URL)."""

    base: str
    root: str

    @classmethod
    def of(cls, settings: Settings) -> Names:
        """The names that settings give."""
        return cls(settings.base, settings.root_url)

    @property
    def dataset(self) -> str:
        """The dataset: void:Dataset, dcat:Dataset and sd:Dataset."""
        return f"{self.base}/dataset"

    @property
    def endpoint(self) -> str:
        """Where queries are sent."""
        return f"{self.root}/sparql"

    @property
    def service(self) -> str:
        """The service that answers at the endpoint."""
        return f"{self.root}/sparql#service"

    @property
    def update(self) -> str:
        """Where updates are sent."""
        return f"{self.root}/update"

    @property
    def update_service(self) -> str:
        """The service that takes updates."""
        return f"{self.root}/update#service"

    @property
    def document(self) -> str:
        """The document that describes the dataset, at the place that is the same on every site."""
        return f"{self.root}/.well-known/void"

    @property
    def page(self) -> str:
        """Where the service is for people."""
        return f"{self.root}/"

    def download(self, syntax: Format, packed: bool = False) -> str:
        """The file of the whole dataset in one syntax."""
        return f"{self.root}/dataset{syntax.suffix}{'.gz' if packed else ''}"

    def distribution(self, syntax: Format, packed: bool = False) -> str:
        """What stands for that file in the catalogue."""
        return part(self.dataset, "distribution", f"{syntax.name}{'-gz' if packed else ''}")

    def named_graph(self, graph: str) -> str:
        """A named graph as a member of the dataset: the pair of its name and its triples."""
        return part(self.dataset, "graph", graph.removeprefix(f"{self.base}/graph/"))
