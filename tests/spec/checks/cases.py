"""Tables of edit checks: what is known of a participant, and where a rule fires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .build import fired, folder


class Case(NamedTuple):
    """One row: a check, what is special, the forms, and `form path` of each hit; none where the rule is content."""

    check: str
    what: str
    given: Mapping[str, Any]
    hits: Sequence[str] = ()

    def __str__(self) -> str:
        return f"{self.check} {self.what}"


def places(case: Case) -> list[str]:
    """Where the check of a case fires, as the case writes it."""
    return [f"{key} {path}".strip() for key, path in fired(folder(**case.given), case.check)]


def one_sided(cases: Iterable[Case], first: int, last: int) -> list[str]:
    """Checks of a group that the table does not show both firing and content."""
    seen = {(case.check, bool(case.hits)) for case in cases}
    group = [f"CK-{number:03}" for number in range(first, last + 1)]
    return [number for number in group for side in (True, False) if (number, side) not in seen]
