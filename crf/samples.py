"""A filled form as a browser would post it, and the wrong answers that each kind of field can get.

Used by the tests and wherever a form is posted without a browser. Nothing here knows a particular form.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from . import laboratory_rows
from .conditions import holds
from .fields import CrfField
from .limits import ApatinibDose, DateBounds, Limit, Lookup, NumberRange, OneOf, PerKey, Within
from .lookups import Surroundings
from .registry import FormDef
from .services.writing import each_line
from .sheets import Sheet


@dataclass(slots=True)
class Sample:
    """A filled form: the sheet that it makes, and the post that a browser would send for it."""

    definition: FormDef
    sheet: Sheet
    around: Surroundings
    stored: frozenset[str] = field(default_factory=frozenset)  # rows that exist already: `EC2:1`

    def post(self) -> dict[str, Any]:
        """Names and texts of a post. Rows that do not exist yet are new ones (`TA2.n1.tl_diam`)."""
        data: dict[str, Any] = {}
        for prefix, fields, holder, _row in each_line(self.definition, self.sheet):
            for crf_field in fields:
                if not crf_field.derived:
                    data |= posted(crf_field, self.name(prefix, crf_field.name), holder)
        return data

    def name(self, prefix: str, name: str) -> str:
        """Name of an input: `tudat`, `TA2.n1.tl_diam`. `prefix` is that of the path: `TA2:1/`."""
        if not prefix:
            return name
        section, _, number = prefix.rstrip("/").partition(":")
        rows = self.definition.section(section).rows
        known = f"{section}:{number}" in self.stored or (rows is not None and bool(rows.fixed))
        return f"{section}.{number if known else 'n' + number}.{name}"

    def path(self, prefix: str, name: str) -> str:
        """Where an error of this input is shown: `tudat`, `TA2:n1/tl_diam`."""
        return self.name(prefix, name).replace(".", ":", 1).replace(".", "/") if prefix else name

    def fields(self) -> Iterator[tuple[str, CrfField, Any, Lookup]]:
        """(path prefix, field, holder, lookup) of every field that a person is asked."""
        for prefix, fields, holder, row in each_line(self.definition, self.sheet):
            lookup = self.around.lookup(self.sheet, row)
            for crf_field in fields:
                asked = None
                if row is not None and self.definition.code == "LB":
                    asked = laboratory_rows.asked(self.sheet, row, crf_field.name)
                shown = holds(crf_field.requirement.when, lookup) and (asked is None or asked.shown)
                if not crf_field.derived and shown:
                    yield prefix, crf_field, holder, lookup


def posted(crf_field: CrfField, name: str, holder: Any) -> dict[str, Any]:
    """What a browser sends for one field."""
    value = holder.values.get(crf_field.name)
    data = raw_post(crf_field, name, crf_field.to_raw(value) if value is not None else "")
    if crf_field.missing:
        data[f"{name}__miss"] = holder.missing.get(crf_field.name, "")
    return data


def raw_post(crf_field: CrfField, name: str, raw: Any) -> dict[str, Any]:
    """The inputs of one field with a raw value: a text, three parts of a date, or `A;B` of a list."""
    if crf_field.kind in ("date", "pdate"):
        parts = (
            raw if isinstance(raw, tuple) else ((raw.split("-") + ["", "", ""])[:3] if raw else ("", "", ""))
        )
        return dict(zip((f"{name}__y", f"{name}__m", f"{name}__d"), parts, strict=True))
    if crf_field.kind == "multi":
        return {name: [item for item in str(raw).split(";") if item]}
    return {name: raw}


# --- limits ---------------------------------------------------------------------------------------------------------


def bounds(limit: DateBounds, lookup: Lookup) -> tuple[dt.date | None, dt.date | None]:
    """First and last day that a limit allows now; `None` where it does not bind."""
    low = limit.not_before.value(lookup) if limit.not_before else None
    high = limit.not_after.value(lookup) if limit.not_after else None
    return low[0] if low else None, high[1] if high else None


def span(limit: Limit | None, lookup: Lookup) -> tuple[Decimal | None, Decimal | None]:
    """Lowest and highest number that a limit allows now."""
    if isinstance(limit, NumberRange):
        high = lookup(limit.high) if isinstance(limit.high, str) else limit.high
        return limit.low, None if high is None else Decimal(high)
    if isinstance(limit, PerKey):
        return span(limit.limits.get(str(lookup(limit.key))), lookup)
    if isinstance(limit, Within):
        planned = lookup(limit.of)
        if planned is None:
            return None, None
        width = Decimal(planned) * limit.percent / 100
        return Decimal(planned) - width, Decimal(planned) + width
    if isinstance(limit, ApatinibDose):
        usual = Decimal(0 if lookup("apa_frq") == "HELD" else 250)
        return usual, usual
    if isinstance(limit, OneOf):
        usual = Decimal(min(limit.usual))
        return usual, usual
    return None, None


# --- spoiled values -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spoiled:
    """One wrong answer: its kind, what is typed, and the missing reason beside it."""

    kind: str
    raw: Any
    missing: str = ""


def spoilt(crf_field: CrfField, lookup: Lookup, value: Any) -> Iterator[Spoiled]:
    """Every kind of wrong answer that this field can get. `value` is an allowed one, if one is known."""
    yield from _MALFORMED.get(crf_field.kind, lambda _field: ())(crf_field)
    if crf_field.missing:
        if value is not None:
            yield Spoiled("value with missing reason", crf_field.to_raw(value), crf_field.missing[0])
        yield Spoiled("missing reason of no list", "", "NONSENSE")
    yield from beyond(crf_field, lookup)


def beyond(crf_field: CrfField, lookup: Lookup) -> Iterator[Spoiled]:
    """Just outside the hard limit, on each side that binds now."""
    if crf_field.kind in ("int", "dec"):
        step = Decimal(1).scaleb(-(getattr(crf_field, "decimal_places", 0) or 0))
        low, high = span(crf_field.hard, lookup)
        above = isinstance(crf_field.hard, NumberRange) and crf_field.hard.above
        if low is not None:
            yield Spoiled("below the hard limit", str(low if above else low - step))
        if high is not None:
            yield Spoiled("above the hard limit", str(high + step))
    elif isinstance(crf_field.hard, DateBounds):
        low_day, high_day = bounds(crf_field.hard, lookup)
        if low_day:
            yield Spoiled("before the hard limit", (low_day - dt.timedelta(days=1)).isoformat())
        if high_day:
            yield Spoiled("after the hard limit", (high_day + dt.timedelta(days=1)).isoformat())


def _spoiled_text(crf_field: Any) -> Iterator[Spoiled]:
    if crf_field.pattern:
        yield Spoiled("other pattern", "?" * min(crf_field.max_length, 3))
    yield Spoiled("too long", "x" * (crf_field.max_length + 1))


def _spoiled_decimal(crf_field: Any) -> Iterator[Spoiled]:
    yield Spoiled("malformed number", "12..5")
    yield Spoiled("malformed number", "about 12")
    yield Spoiled("too many places", f"1.{'0' * crf_field.decimal_places}1")
    yield Spoiled("too large", "9" * 15)


def _spoiled_date(crf_field: Any) -> Iterator[Spoiled]:
    yield Spoiled("impossible date", ("2024", "2", "30"))
    yield Spoiled("impossible date", ("2024", "13", "1"))
    yield Spoiled("impossible date", ("24", "1", "1"))
    yield Spoiled("impossible date", ("2024", "", "5"))
    if not crf_field.partial:
        yield Spoiled("incomplete date", ("2024", "UNK", "UNK"))
    elif crf_field.month_needed:
        yield Spoiled("incomplete date", ("2024", "", ""))


_MALFORMED: dict[str, Any] = {
    "code": lambda _field: [Spoiled("code of no list", "NONSENSE")],
    "multi": lambda _field: [Spoiled("code of no list", "NONSENSE")],
    "text": _spoiled_text,
    "int": lambda _field: [
        Spoiled("malformed number", "12a"), Spoiled("malformed number", "1.5"), Spoiled("too large", "9" * 11),
    ],
    "dec": _spoiled_decimal,
    "date": _spoiled_date,
    "pdate": _spoiled_date,
    "time": lambda _field: [Spoiled("impossible time", "25:00"), Spoiled("impossible time", "noon")],
    "ref": lambda _field: [Spoiled("reference to nothing", "nonsense")],
    "result": lambda _field: [Spoiled("malformed result", "about 12"), Spoiled("malformed result", "12..5")],
    "unit": lambda _field: [Spoiled("unit of no list", "stone")],
}  # fmt: skip
