"""sh:minLength, sh:maxLength, sh:pattern, sh:languageIn, sh:uniqueLang.

https://www.w3.org/TR/shacl/#core-components-string
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from graphsvc.rdf import BlankNode, Literal, Term
from graphsvc.validation.setwise.coarse import Coarse, any_of, holds, negated
from graphsvc.validation.setwise.constraint import NEVER, Constraint, Found, Shape, ValueConstraint
from graphsvc.validation.setwise.evaluation import Evaluation
from graphsvc.validation.setwise.regular_expression import store_pattern


@dataclass(eq=False)
class MinLengthConstraint(ValueConstraint):
    """https://www.w3.org/TR/shacl/#MinLengthConstraintComponent"""

    least: int
    component = "MinLength"

    def fails(self, value: Term, run: Evaluation) -> bool:  # noqa: ARG002
        """Whether the text is shorter; a blank node has none."""
        return self.least > 0 and (isinstance(value, BlankNode) or len(value.value) < self.least)

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:  # noqa: ARG002
        """The same, in SPARQL."""
        return f"isBlank({value}) || STRLEN(STR({value})) < {self.least}" if self.least else NEVER


@dataclass(eq=False)
class MaxLengthConstraint(ValueConstraint):
    """https://www.w3.org/TR/shacl/#MaxLengthConstraintComponent"""

    most: int
    component = "MaxLength"

    def fails(self, value: Term, run: Evaluation) -> bool:  # noqa: ARG002
        """Whether the text is longer; a blank node has none."""
        return isinstance(value, BlankNode) or len(value.value) > self.most

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:  # noqa: ARG002
        """The same, in SPARQL."""
        return f"isBlank({value}) || STRLEN(STR({value})) > {self.most}"


@dataclass(eq=False)
class PatternConstraint(ValueConstraint):
    """https://www.w3.org/TR/shacl/#PatternConstraintComponent"""

    pattern: re.Pattern[str]
    component = "Pattern"

    def fails(self, value: Term, run: Evaluation | None = None) -> bool:  # noqa: ARG002
        """Whether the text does not match; a blank node has none."""
        return isinstance(value, BlankNode) or not self.pattern.search(value.value)

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:
        """The store's regular expressions where they mean the same, or ours."""
        translated = store_pattern(self.pattern)
        if translated is None:
            return coarse.function(self.fails, value, certain)
        return f"isBlank({value}) || !REGEX(STR({value}), {Literal(translated).n3()})"


@dataclass(eq=False)
class LanguageInConstraint(ValueConstraint):
    """https://www.w3.org/TR/shacl/#LanguageInConstraintComponent"""

    languages: tuple[str, ...]
    component = "LanguageIn"

    def fails(self, value: Term, run: Evaluation) -> bool:  # noqa: ARG002
        """Whether the language matches none, as SPARQL's langMatches has it."""
        language = value.language.lower() if isinstance(value, Literal) else ""
        return not language or not any(_matches(language, each.lower()) for each in self.languages)

    def value_condition(self, value: str, coarse: Coarse, certain: bool) -> str:  # noqa: ARG002
        """The same, in SPARQL."""
        ranges = (f"LANGMATCHES(LANG({value}), {Literal(each).n3()})" for each in self.languages)
        return negated(any_of(holds(each) for each in ranges))


def _matches(language: str, given: str) -> bool:
    """Basic filtering. https://www.rfc-editor.org/rfc/rfc4647#section-3.3.1"""
    return given == "*" or language == given or language.startswith(f"{given}-")


@dataclass(eq=False)
class UniqueLangConstraint(Constraint):
    """https://www.w3.org/TR/shacl/#UniqueLangConstraintComponent"""

    component = "UniqueLang"

    def found(
        self,
        shape: Shape,  # noqa: ARG002
        focus: Term,  # noqa: ARG002
        values: Collection[Term],
        run: Evaluation,  # noqa: ARG002
    ) -> Iterator[Found]:
        """One result for each language that two values are in."""
        languages = Counter(each.language.lower() for each in values if isinstance(each, Literal))
        for language, number in languages.items():
            if language and number > 1:
                yield Found()

    def condition(self, shape: Shape, focus: str, coarse: Coarse, certain: bool) -> str:  # noqa: ARG002
        """Two different values are in one language."""
        one, other = coarse.variable(), coarse.variable()
        path = coarse.path(shape)
        same = f'LANG({one}) != "" && LCASE(LANG({one})) = LCASE(LANG({other})) && !sameTerm({one}, {other})'
        return coarse.exists(f"{focus} {path} {one} . {focus} {path} {other}", holds(same))
