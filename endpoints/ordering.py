"""The order of lines in tables. Stored figures have none: a database may keep the keys of JSON in any order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def ordered(found: Iterable[str], order: Iterable[str]) -> list[str]:
    """The names found, as `order` has them; names that it does not know come last, by name."""
    there, known = set(found), list(order)
    return [*(name for name in known if name in there), *sorted(there.difference(known))]


def most_frequent(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Name and number: the greatest number first, equal ones by name."""
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
