"""States are tables: which state may follow which, by what act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .decisions import ALLOWED, Decision, refused


class Transitions:
    """Allowed moves `{(from, act): to}` of one kind of object.

    The same table decides, draws the diagram in `docs/states.md` and feeds the tests.
    """

    def __init__(self, name: str, moves: Mapping[tuple[str, str], str], initial: str) -> None:
        self.name = name
        self.moves = dict(moves)
        self.initial = initial

    @property
    def states(self) -> list[str]:
        seen = dict.fromkeys([self.initial])
        for (source, _act), target in self.moves.items():
            seen.setdefault(source)
            seen.setdefault(target)
        return list(seen)

    def acts(self, state: str) -> list[str]:
        return [act for (source, act) in self.moves if source == state]

    def may(self, state: str, act: str, reason: Any = "") -> Decision:
        if (state, act) in self.moves:
            return ALLOWED
        return refused(reason or f"{self.name}: {act} is not possible from {state}.", "state")

    def after(self, state: str, act: str) -> str:
        """The state that follows; `KeyError` when the table has no such move."""
        return self.moves[(state, act)]
