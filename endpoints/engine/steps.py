"""G-26: reasons are data. A step names its rule, a sentence with its values, and the input it read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

ONE_DECIMAL = Decimal("0.1")

Params = Mapping[str, Any]
NO_PARAMS: Params = {}


def gettext_noop(message: str) -> str:
    """Mark a sentence for translation; it is translated when it is shown."""
    return message


def rounded(value: float | Decimal, places: Decimal = ONE_DECIMAL) -> str:
    """G-4: display only, half away from zero."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return format(exact.quantize(places, ROUND_HALF_UP), "f")


def displayed(value: Any) -> str:
    """A value as a sentence shows it: measurements as given, percentages and months with one decimal."""
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return ", ".join(displayed(part) for part in value)
    return "–" if value is None else str(value)


def plain(value: Any) -> Any:
    """A value as JSON carries it: dates and decimals as strings."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class Read(NamedTuple):
    """One value of the input that a step used; `where` is its path, as in the address of an error."""

    where: str
    value: Any


class Step(NamedTuple):
    """One reason: rule, sentence, its values, and what was read for it."""

    rule: str
    message: str
    params: Params = NO_PARAMS
    reads: tuple[Read, ...] = ()

    @property
    def shown(self) -> dict[str, str]:
        """The values as text, for the sentence in any language."""
        return {name: displayed(value) for name, value in self.params.items()}

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.message.format(**self.shown)

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "text": self.text,
            "reads": [{"where": read.where, "value": plain(read.value)} for read in self.reads],
        }


Steps = tuple[Step, ...]


def steps_json(steps: Steps) -> list[dict[str, Any]]:
    """Steps as the command line prints them."""
    return [step.to_json() for step in steps]


class EngineError(ValueError):
    """G-27: bad input is refused, with the place and the reason."""

    def __init__(self, where: str, message: str, params: Params = NO_PARAMS) -> None:
        super().__init__(where, message)
        self.where = where
        self.message = message
        self.params = params

    @property
    def shown(self) -> dict[str, str]:
        """The values as text, for the sentence in any language."""
        return {name: displayed(value) for name, value in self.params.items()}

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.message.format(**self.shown)

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"

    def to_json(self) -> dict[str, str]:
        return {"where": self.where, "message": self.text}


UNEXPECTED = gettext_noop("The engine cannot compute this: {failure}.")


def as_error(failure: Exception) -> EngineError:
    """A refusal as it is; anything else, which no check foresaw, as the refusal of this one input."""
    if isinstance(failure, EngineError):
        return failure
    said = f"{type(failure).__name__}, {failure}".rstrip(".")
    return EngineError("", UNEXPECTED, {"failure": said})
