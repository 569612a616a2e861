"""Sample values for any form, from what its class declares: complete and allowed ones, and spoiled ones by kind.

Used by the tests and wherever a filled form is wanted without a person. Nothing here knows a particular form.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from trialsite.kernel.partial_date import PartialDate

from . import derivation, laboratory_rows
from .analytes import ANALYTES
from .conditions import holds
from .deriving import fixed_key
from .facts import forms_read
from .fields import CrfField
from .laboratory import codes_of, units_of
from .limits import ApatinibDose, DateBounds, Limit, Lookup, NumberRange, OneOf, PerKey, Within
from .lookups import Surroundings
from .models import FormInstance, Laboratory
from .registry import FormDef, SectionDef, form_def
from .selectors.sheets import casebook, sheet_of
from .services.checking import check
from .services.writing import each_line
from .sheets import Casebook, RowValues, Sheet

ROUNDS = 20  # answers open further questions; no form asks deeper


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


# --- a complete sample ----------------------------------------------------------------------------------------------


def sample_for(form: FormInstance, *, on: dt.date, person: str = "user:1") -> Sample:
    """A sample over what is stored: every question that is asked is answered, within all limits.

    `on`: the day near which things happen; `person`: the address that answers references to people.
    """
    definition = form_def(form.form_key)
    stored = sheet_of(form)
    keys = forms_read(definition.context) | set(derivation.reads(form.form_key)) | {"TA"}
    book = casebook(form.participant_id, keys) if form.participant_id else Casebook()
    book.number = form.participant.number
    existing = frozenset(f"{section}:{line.row}" for section, lines in stored.rows.items() for line in lines)
    sample = Sample(definition, stored, Surroundings(book, form.participant.site.today()), existing)
    lab = Laboratory.objects.filter(site=form.participant.site_id, active=True).first()
    _Filling(sample, on, person, lab.address if lab else "").run()
    return sample


class _Filling:
    """Answers until nothing is asked any more: each answer may open questions, and derived values follow."""

    def __init__(self, sample: Sample, on: dt.date, person: str, laboratory: str = "") -> None:
        self.sample, self.sheet, self.on, self.person = sample, sample.sheet, on, person
        self.laboratory = laboratory
        self.opening = opening_answers(sample.definition)
        sample.around.book.add(self.sheet)
        for section in sample.definition.row_sections:
            self._rows(section)

    def _rows(self, section: SectionDef) -> None:
        """The rows that the book gives; those that an earlier form of the series names; else one."""
        assert section.rows is not None
        lines = self.sheet.rows.setdefault(section.id, [])
        key = section.rows.key
        if lines or section.rows.fixed:
            there = {line.row for line in lines}
            wanted = section.rows.numbers(self.sheet.repeat) if section.rows.fixed else ()
            lines += [RowValues(number) for number in wanted if number not in there]
            return
        others = (s for s in self.sample.around.book.all(self.sheet.key) if s is not self.sheet)
        named = [line.get(key) for line in getattr(next(others, None), "rows", {}).get(section.id, ()) if key]
        lines += [RowValues(number, {key: name}) for number, name in enumerate(named, 1)] or [RowValues(1)]

    def run(self) -> None:
        for _round in range(ROUNDS):
            derivation.derive(self.sheet, self.sample.around.book)
            if not self._answer() and not self._correct():
                return
        raise ValueError(f"no sample of {self.sample.definition.code}: {self._found()}")

    def _found(self) -> Any:
        return check(self.sample.definition, self.sheet, self.sample.around)

    def _answer(self) -> bool:
        """Answer the next open question of every line; true while there was one."""
        any_open = False
        for _prefix, crf_field, holder, lookup in list(self.sample.fields()):
            name = crf_field.name
            if holder.values.get(name) is None and not holder.missing.get(name):
                if crf_field.kind in ("result", "unit"):
                    value = _of_analyte(crf_field, holder)
                else:
                    value = value_of(crf_field, lookup, self.on, self._reference(crf_field), self.opening)
                if value is None:
                    continue
                holder.values[name] = value
                any_open = True
        return any_open

    def _correct(self) -> bool:
        """Empty what is no longer asked; move what another answer has made impossible."""
        found = self._found()
        for prefix, fields, holder, row in each_line(self.sample.definition, self.sheet):
            lookup = self.sample.around.lookup(self.sheet, row)
            for crf_field in fields:
                path = prefix + crf_field.name
                if path in found.hidden:
                    holder.values.pop(crf_field.name, None)
                    holder.missing.pop(crf_field.name, None)
                elif path in found.hard and not crf_field.derived:
                    holder.values[crf_field.name] = value_of(crf_field, lookup, self.on, "")
        return bool(found.hidden or found.hard)

    def _reference(self, crf_field: CrfField) -> str:
        to = getattr(crf_field, "to", "")
        if to == "USER":
            return self.person
        if to == "LAB":
            return self.laboratory
        if logs := getattr(crf_field, "logs", ()):
            return f"{logs[0]}:1"
        others = (s for s in self.sample.around.book.all(to) if s is not self.sheet)
        other = next(others, None)
        return f"form:{other.form}" if other else ""


def opening_answers(definition: FormDef) -> dict[str, Counter[str]]:
    """Field → codes, by how many questions of the form each opens: a sample answers as many as it can."""
    found: dict[str, Counter[str]] = {}

    def note(tree: Any) -> None:
        for part in tree.get("of", ()):
            note(part)
        codes = tree.get("values") or [tree["value"]] if tree["op"] in ("eq", "in", "has") else []
        found.setdefault(tree.get("field", ""), Counter()).update(codes)
        if tree["op"] == "ne":
            found[tree["field"]].subtract([tree.get("value", "")])

    for section in definition.sections:
        for crf_field in section.fields:
            if crf_field.requirement.when:
                note(crf_field.requirement.when)
    return found


def value_of(
    crf_field: CrfField, lookup: Lookup, on: dt.date, reference: str = "",
    opening: Mapping[str, Counter[str]] | None = None,
) -> Any:  # fmt: skip
    """An allowed and, where possible, usual value of one field."""
    if crf_field.kind in ("code", "multi"):
        return _codes(crf_field, (opening or {}).get(crf_field.name, Counter()))
    return _MAKERS[crf_field.kind](crf_field, lookup, on, reference)


def _codes(crf_field: Any, opening: Counter[str]) -> Any:
    codes = [code for code, _label in crf_field.options]
    usual = crf_field.soft.usual if isinstance(crf_field.soft, OneOf) else codes
    best = sorted(codes, key=lambda code: (code not in usual, -opening[code]))
    return best[0] if crf_field.kind == "code" else tuple(code for code in codes if code in best[:2])


def _of_analyte(crf_field: CrfField, row: RowValues) -> str | None:
    """A result within the usual range of the analyte of a row, or its unit."""
    code = fixed_key("LB", "LB2", row.row)
    assert code is not None
    if codes_of(code):
        return "NEG" if crf_field.kind == "result" else None
    if crf_field.kind == "unit":
        return units_of(code)[0]
    usual = re.match(r"([\d.]+)-([\d.]+)", ANALYTES[code].typical_range) or re.match(
        r"([\d.]+)-([\d.]+)", ANALYTES[code].soft
    )
    assert usual is not None
    low, high = Decimal(usual[1]), Decimal(usual[2])
    return format(((low + high) / 2).quantize(Decimal("0.1"), ROUND_CEILING), "f")


def _text(crf_field: Any, lookup: Lookup, on: dt.date, reference: str) -> Any:
    pattern = getattr(crf_field, "pattern", "")
    if pattern:  # `NT[0-9]{2}` → `NT01`, `T0[1-5]` → `T01`
        return re.sub(r"\[\d-\d\](?:\{(\d)\})?", lambda found: "1".zfill(int(found[1] or 1)), pattern)
    return f"Sample {crf_field.name}"[: crf_field.max_length]


def _date(crf_field: Any, lookup: Lookup, on: dt.date, reference: str) -> Any:
    day = on
    for limit in (crf_field.soft, crf_field.hard):
        if isinstance(limit, DateBounds):
            low, high = bounds(limit, lookup)
            if low and high and not low <= day <= high:
                day = low + (high - low) / 2
            day = max(day, low) if low else day
            day = min(day, high) if high else day
    return PartialDate.parse(day.isoformat()) if crf_field.kind == "pdate" else day


def bounds(limit: DateBounds, lookup: Lookup) -> tuple[dt.date | None, dt.date | None]:
    """First and last day that a limit allows now; `None` where it does not bind."""
    low = limit.not_before.value(lookup) if limit.not_before else None
    high = limit.not_after.value(lookup) if limit.not_after else None
    return low[0] if low else None, high[1] if high else None


def _number(crf_field: Any, lookup: Lookup, on: dt.date, reference: str) -> Any:
    low, high = span(crf_field.hard, lookup)
    usual_low, usual_high = span(crf_field.soft, lookup)
    low = max((n for n in (low, usual_low) if n is not None), default=Decimal(0))
    high = min((n for n in (high, usual_high) if n is not None), default=low + 2)
    places = getattr(crf_field, "decimal_places", 0) or 0
    value = ((low + high) / 2).quantize(Decimal(1).scaleb(-places), ROUND_FLOOR)
    value = max(value, low.quantize(Decimal(1).scaleb(-places), ROUND_CEILING))
    return int(value) if crf_field.kind == "int" else value


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


_MAKERS: dict[str, Any] = {
    "text": _text, "long": _text, "date": _date, "pdate": _date, "int": _number,
    "dec": _number, "time": lambda *_given: dt.time(9, 0), "ref": lambda *given: given[3] or None,
    "result": lambda *_given: None, "unit": lambda *_given: None,  # said by the analyte of the row
}  # fmt: skip


# --- spoiled values -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spoiled:
    """One wrong answer: its kind, what is typed, and the missing reason beside it."""

    kind: str
    raw: Any
    missing: str = ""


def spoilt(crf_field: CrfField, lookup: Lookup, value: Any) -> Iterator[Spoiled]:
    """Every kind of wrong answer that this field can get. `value` is an allowed one."""
    yield from _MALFORMED.get(crf_field.kind, lambda _field: ())(crf_field)
    if crf_field.missing:
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
