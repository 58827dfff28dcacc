"""What a client prefers of how its request is done. https://www.rfc-editor.org/rfc/rfc7240#section-2"""

from __future__ import annotations

from flask import request

# Each asks for a dry run.
_DRY_RUN = ("handling=dry-run", "validate-only")


def dry_run() -> str | None:
    """The preference that asks for a dry run, as it is said to have been applied; None where there is none.

    Names are compared without regard to case, and a value may stand in quotes.
    """
    given = {
        each.partition(";")[0].replace(" ", "").replace('"', "").lower()
        for line in request.headers.getlist("Prefer")
        for each in line.split(",")
    }
    return next((each for each in _DRY_RUN if each in given), None)
