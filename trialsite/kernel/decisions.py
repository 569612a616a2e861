"""A `Decision` answers "may I": yes, or no with the sentence that says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """An act was refused; `reason` is the sentence for the person who asked."""

    def __init__(self, reason: Any, code: str = "refused") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


@dataclass(frozen=True, slots=True)
class Decision:
    """Truthy when allowed. The same object greys a button and answers a request."""

    allowed: bool
    reason: Any = ""
    code: str = "refused"

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> None:
        """Raise `Refused` with the reason unless allowed."""
        if not self.allowed:
            raise Refused(self.reason, self.code)


ALLOWED = Decision(True)


def refused(reason: Any, code: str = "refused") -> Decision:
    return Decision(False, reason, code)
