"""The soft and hard limits of the CRF book, read once from its notation.

Limits are inclusive. Dates compare as intervals: a limit is broken only when no completion of a partial date
satisfies it. A bound that is not known yet (no first dose, say) limits nothing.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from trialsite.kernel.partial_date import PartialDate

Lookup = Callable[[str], Any]

NUMBER = r"-?\d+(?:\.\d+)?"
RANGE = re.compile(rf"^(?P<above>> ?)?(?P<low>{NUMBER})(?:\s+to\s+|\s*-\s*)(?P<high>{NUMBER}|[a-z_]+)$")
DATE_TERM = re.compile(r"^(?P<base>.*?)(?:\s*(?P<sign>[+-])\s*(?P<days>\d+)(?P<years>\s*y)?)?$")
NAMES = {  # the book's words for a participant's dates → names of crf.selectors.facts
    "C1D1": "@c1d1",
    "last dose": "@last_dose",
    "last dose date": "@last_dose",
    "last contact": "@last_contact",
    "po_lastiv": "@last_iv",
    "alive": "@alive",
}


# Wordings of the book that are prose.
DATE_PROSE = {
    ">= icf_dsstdat unless soc_pre=Y; <= today": ">= @consent_unless_before; <= today",
    ">= aestdat earliest": ">= aestdat",
}


class Limit(Protocol):
    @property
    def text(self) -> str: ...

    def broken(self, value: Any, lookup: Lookup) -> bool: ...

    def names(self) -> set[str]: ...


def interval(value: Any) -> tuple[dt.date, dt.date] | None:
    """Earliest and latest day that a date or a partial date can mean."""
    if isinstance(value, PartialDate):
        return value.earliest, value.latest
    if isinstance(value, dt.date):
        return value, value
    return None


@dataclass(frozen=True, slots=True)
class NumberRange:
    """`low` to `high`, both allowed (`above`: low itself is not). `high` may be the name of another field."""

    text: str
    low: Decimal
    high: Decimal | str
    above: bool = False

    def broken(self, value: Any, lookup: Lookup) -> bool:
        number = Decimal(value)
        if number < self.low or (self.above and number == self.low):
            return True
        high = lookup(self.high) if isinstance(self.high, str) else self.high
        return high is not None and number > Decimal(high)

    def names(self) -> set[str]:
        return {self.high} if isinstance(self.high, str) else set()


@dataclass(frozen=True, slots=True)
class OneOf:
    """The usual codes, or the one usual number; anything else wants confirmation."""

    text: str
    usual: frozenset[str]

    def broken(self, value: Any, lookup: Lookup) -> bool:
        return str(value) not in self.usual

    def names(self) -> set[str]:
        return set()


@dataclass(frozen=True, slots=True)
class DateTerm:
    """`today-18 y`, `tudat+14`, `1920-01`: a day, or nothing while its base is unknown."""

    base: str
    days: int = 0
    years: int = 0

    @classmethod
    def read(cls, text: str) -> DateTerm:
        text = text.strip()
        if re.match(r"^\d{4}(-\d\d){0,2}$", text):
            return cls(text)
        found = DATE_TERM.match(text)
        assert found is not None
        amount = int(found["days"] or 0) * (-1 if found["sign"] == "-" else 1)
        base = NAMES.get(found["base"].strip(), found["base"].strip())
        return cls(base, 0, amount) if found["years"] else cls(base, amount)

    def value(self, lookup: Lookup) -> tuple[dt.date, dt.date] | None:
        raw = PartialDate.parse(self.base) if self.base[:1].isdigit() else lookup(self.base)
        found = interval(raw)
        return None if found is None else (self._moved(found[0]), self._moved(found[1]))

    def _moved(self, day: dt.date) -> dt.date:
        if self.years:
            year = day.year + self.years
            day = day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))
        return day + dt.timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class DateBounds:
    """Not before / not after; either may be absent."""

    text: str
    not_before: DateTerm | None = None
    not_after: DateTerm | None = None

    def broken(self, value: Any, lookup: Lookup) -> bool:
        span = interval(value)
        if span is None:
            return False
        low = self.not_before.value(lookup) if self.not_before else None
        high = self.not_after.value(lookup) if self.not_after else None
        return (low is not None and span[1] < low[0]) or (high is not None and span[0] > high[1])

    def names(self) -> set[str]:
        terms = [term for term in (self.not_before, self.not_after) if term]
        return {term.base for term in terms if not term.base[:1].isdigit()}


@dataclass(frozen=True, slots=True)
class PerKey:
    """One limit per drug (the key of the row): `OXA 10-300; LLV 20-900`."""

    text: str
    key: str
    limits: dict[str, Limit]

    def broken(self, value: Any, lookup: Lookup) -> bool:
        limit = self.limits.get(str(lookup(self.key)))
        return limit is not None and limit.broken(value, lookup)

    def names(self) -> set[str]:
        return {self.key}


@dataclass(frozen=True, slots=True)
class Within:
    """`within +/-5 % of ec_plan_mg`."""

    text: str
    percent: Decimal
    of: str

    def broken(self, value: Any, lookup: Lookup) -> bool:
        planned = lookup(self.of)
        return planned is not None and abs(Decimal(value) - Decimal(planned)) * 100 > self.percent * Decimal(
            planned
        )

    def names(self) -> set[str]:
        return {self.of}


@dataclass(frozen=True, slots=True)
class ApatinibDose:
    """`250 (0 if HELD)`."""

    text: str

    def broken(self, value: Any, lookup: Lookup) -> bool:
        return int(value) != (0 if lookup("apa_frq") == "HELD" else 250)

    def names(self) -> set[str]:
        return {"apa_frq"}


def read(text: str, kind: str) -> Limit | None:
    """The limit of a field of `kind`; `None` for "-". Raises `ValueError` naming a text that cannot be read."""
    text = text.strip()
    if text in ("", "-"):
        return None
    if text == "250 (0 if HELD)":
        return ApatinibDose(text)
    if kind == "result" or text == "allowed grades of ae_ctcae":
        return None  # said by the catalogue of the row: CK-079, CK-080, CK-262
    if kind == "code" and RANGE.match(text):
        return _number(text)
    if kind in ("code", "text"):
        return OneOf(text, frozenset(part.strip() for part in text.split(",")))
    if kind in ("date", "pdate"):
        return _dates(text)
    if found := re.match(r"within \+/-(\d+) % of (\w+)$", text):
        return Within(text, Decimal(found[1]), found[2])
    if re.match(r"^[A-Z]", text):
        return _per_key(text, kind)
    return _number(text)


def _number(text: str) -> Limit:
    if found := RANGE.match(text):
        try:
            high: Decimal | str = Decimal(found["high"])
        except InvalidOperation:
            high = found["high"]
        return NumberRange(text, Decimal(found["low"]), high, bool(found["above"]))
    try:
        return OneOf(text, frozenset({str(Decimal(text))}))
    except InvalidOperation:
        raise ValueError(f"not a limit: {text!r}") from None


def _per_key(text: str, kind: str) -> Limit:
    limits: dict[str, Limit] = {}
    for part in text.split(";"):
        key, _, rest = part.strip().partition(" ")
        number = rest.strip()
        limits[key] = (
            _number(number) if RANGE.match(number) else NumberRange(number, Decimal(number), Decimal(number))
        )
    return PerKey(text, "ectrt", limits)


def _dates(text: str) -> Limit:
    before = after = None
    text = DATE_PROSE.get(text, text)
    if " to " in text and not text.startswith((">", "<")):
        low, _, high = text.partition(" to ")
        base = DATE_TERM.match(low)
        if high.strip().startswith("+") and base:
            high = f"{base['base']}{high.strip()}"
        return DateBounds(text, DateTerm.read(low), DateTerm.read(high))
    for part in re.split(r";| and ", text):
        part = part.strip()
        if part.startswith(">="):
            before = DateTerm.read(part[2:])
        elif part.startswith("<="):
            after = DateTerm.read(part[2:])
        else:
            raise ValueError(f"not a date limit: {text!r}")
    return DateBounds(text, before, after)
