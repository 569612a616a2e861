"""Kinds of CRF field. A field is declared once: label, unit, code list, limits, condition, missing codes, CDASH.

Each kind is an ordinary model field (typed column) that also reads what was typed, writes it as text for the trail,
and shows it. A value and its missing reason live in two columns; the database allows only one of them.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Field
from django.utils.translation import gettext as _

from trialsite.kernel.partial_date import PartialDate
from trialsite.kernel.texts import Text
from trialsite.web.figures import day

from . import limits
from .analytes import ANALYTES
from .codelists import CATALOGUES, CODELISTS, MISSING, CodeList
from .conditions import Requirement

MISS = "_miss"
MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
# Units that are words; the others are symbols and the same in both languages.
UNIT_WORDS = {
    "days": "天", "years": "年", "h": "小时", "beats/min": "次/分", "breaths/min": "次/分", "mg/day": "mg/天",
    "tablets": "片", "pack-years": "包年", "g/day": "g/天", "mg/m2; mg for CAM": "mg/m2；CAM 为 mg",
}  # fmt: skip
# How people write the units that the book spells for machines.
SYMBOLS = (
    ("10^12/", "×10¹²/"),
    ("10^9/", "×10⁹/"),
    ("umol", "µmol"),
    ("ug/", "µg/"),
    ("m2", "m²"),
    ("degC", "°C"),
)
UNITS = tuple(
    dict.fromkeys(
        unit
        for analyte in ANALYTES.values()
        if not analyte.unit.startswith("code ")
        for unit in (analyte.unit, analyte.alt_units.partition(" (")[0])
        if unit != "-"
    )
)
# Words that a Chinese report prints behind a number for a symbol.
WORDS_FOR = {"mm": "毫米", "cm": "厘米", "kg": "公斤", "mL": "毫升", "mg": "毫克", "min": "分钟", "degC": "℃"}
RESULT_CODES = CODELISTS["DIPSTICK"].codes | CODELISTS["POSNEG"].codes
# What reports print for a code.
RESULT_WORDS = {
    "-": "NEG", "阴性": "NEG", "NEGATIVE": "NEG", "+": "P1", "1+": "P1", "2+": "P2", "++": "P2", "3+": "P3", "+++": "P3",
    "4+": "P4", "++++": "P4", "±": "TRACE", "+-": "TRACE", "微量": "TRACE", "阳性": "POS", "POSITIVE": "POS",
}  # fmt: skip
_order = itertools.count()


def unit_shown(unit: str) -> str:
    """A unit for readers: `10^9/L` → `×10⁹/L`, `m2` → `m²`. Data keep the book's spelling."""
    for spelt, shown in SYMBOLS:
        unit = unit.replace(spelt, shown)
    return unit


class FieldError(Exception):
    """What was typed cannot be stored. `message` is for the person at the field."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def clean_text(raw: Any) -> str:
    """Without stray spaces; full-width digits and signs as plain ones (１２．５ → 12.5)."""
    return unicodedata.normalize("NFKC", str(raw or "").replace("\0", "")).strip()


def free_text(raw: Any) -> str:
    """Words keep their characters, full-width ones too, without stray spaces."""
    return " ".join(str(raw or "").replace("\0", "").split())


class CrfField(Field):
    """What every kind has. `required`, `soft`, `hard`, `values` keep the notation of the CRF book."""

    kind = "text"

    def __init__(
        self, en: str = "", zh: str = "", *, required: str = "R", cdash: str = "-", values: str = "-", soft: str = "-",
        hard: str = "-", derived: bool = False, missing: str = "", unit: str = "", hint: Text | None = None,
        reader_hidden: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        self.label = Text(en, zh)
        self.book_required, self.book_soft, self.book_hard = required, soft, hard
        self.values_text, self.cdash, self.unit, self.hint = values, cdash, unit, hint
        self.derived = derived
        self.reader_hidden = reader_hidden
        self.missing = tuple(code for code in missing.split(",") if code)
        self.order = next(_order)
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        super().__init__(**kwargs)
        if en:
            self.requirement = Requirement.read(required)
            self.soft = limits.read(soft, self.kind)
            self.hard = limits.read(hard, self.kind)

    def deconstruct(self) -> Any:
        # What the column is belongs to migrations; labels, limits and conditions do not.
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("null", None)
        kwargs.pop("blank", None)
        return name, path, args, kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, **kwargs: Any) -> None:  # type: ignore[override]
        super().contribute_to_class(cls, name, **kwargs)
        if cls.__module__ == "__fake__":  # a state of the migrations: it lists companion columns itself
            return
        if self.missing:
            models.CharField(max_length=4, null=True, blank=True).contribute_to_class(cls, name + MISS)  # type: ignore[attr-defined]
            condition = models.Q(**{f"{name}__isnull": True}) | models.Q(**{f"{name}{MISS}__isnull": True})
            self._constrain(
                cls,
                models.CheckConstraint(condition=condition, name=f"{cls.__name__.lower()}_{name}_or_miss"),
            )
        if (check := self._hard_range()) is not None:
            self._constrain(
                cls, models.CheckConstraint(condition=check, name=f"{cls.__name__.lower()}_{name}_range")
            )

    def _hard_range(self) -> models.Q | None:
        hard = getattr(self, "hard", None)
        if isinstance(hard, limits.NumberRange) and isinstance(hard.high, Decimal) and not hard.above:
            return models.Q(**{f"{self.name}__gte": hard.low, f"{self.name}__lte": hard.high}) | models.Q(
                **{f"{self.name}__isnull": True}
            )
        return None

    @staticmethod
    def _constrain(cls: type[models.Model], constraint: models.CheckConstraint) -> None:
        cls._meta.constraints = [*cls._meta.constraints, constraint]
        cls._meta.original_attrs["constraints"] = cls._meta.constraints  # type: ignore[attr-defined]

    # --- what was typed -------------------------------------------------------------------------------------------

    def raw(self, data: Mapping[str, Any], prefix: str = "") -> Any:
        """What was typed for this field in a posted form, to be shown again as it stands."""
        return str(data.get(prefix + self.name, "") or "")

    def parse(self, raw: Any) -> Any:
        """The typed value as a Python value, `None` when empty. Raises `FieldError`."""
        text = clean_text(raw)
        return self.read_text(text) if text else None

    def read_text(self, text: str) -> Any:
        return text

    def to_raw(self, value: Any) -> Any:
        """A stored value as it would be typed."""
        return self.to_text(value)

    @property
    def unit_text(self) -> Text:
        zh = "岁" if self.name == "age" else UNIT_WORDS.get(self.unit, self.unit)
        return Text(unit_shown(self.unit), unit_shown(zh))

    # --- text of the trail ----------------------------------------------------------------------------------------

    def to_text(self, value: Any) -> str:
        return "" if value is None else str(value)

    def from_text(self, text: str) -> Any:
        return self.read_text(text) if text else None

    def display(self, value: Any) -> str:
        """The value for a reader, in the reader's language, with its unit."""
        if value is None:
            return ""
        return f"{self.to_text(value)} {self.unit_text}".strip()


class Coded(CrfField, models.CharField):
    """One value of a code list."""

    kind = "code"

    def __init__(self, codes: str = "", en: str = "", zh: str = "", *, only: str = "", **kwargs: Any) -> None:
        self.codelist: CodeList | None = CODELISTS.get(codes) or CATALOGUES.get(codes)
        self.only = tuple(only.split(",")) if only else ()
        if codes and self.codelist is None:
            raise ValueError(f"unknown code list {codes}")
        kwargs.setdefault("max_length", 24)
        kwargs.setdefault("values", codes or "-")
        super().__init__(en, zh, **kwargs)

    @property
    def options(self) -> list[tuple[str, Text]]:
        """The codes that may be chosen, in the order of the book."""
        codes = self.codelist.codes if self.codelist else {}
        return [(code, label) for code, label in codes.items() if not self.only or code in self.only]

    def read_text(self, text: str) -> str:
        codes = dict(self.options)
        if text not in codes:
            raise FieldError(_("“%(value)s” is not a code of this list.") % {"value": text})
        return text

    def from_text(self, text: str) -> Any:
        return text or None

    def display(self, value: Any) -> str:
        if value is None:
            return ""
        label = self.codelist.codes.get(value) if self.codelist else None
        return str(label) if label else str(value)


class Multi(Coded):
    """Several values of a code list, kept in the order of the list, stored as `A;B`, a tuple in Python."""

    kind = "multi"

    def __init__(self, codes: str = "", en: str = "", zh: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 240)
        super().__init__(codes, en, zh, **kwargs)

    def raw(self, data: Mapping[str, Any], prefix: str = "") -> Any:
        many = (
            data.getlist(prefix + self.name) if hasattr(data, "getlist") else data.get(prefix + self.name, ())
        )
        return ";".join(item for item in (many.split(";") if isinstance(many, str) else many) if item)

    def parse(self, raw: Any) -> Any:
        chosen = {
            clean_text(item)
            for item in (raw.split(";") if isinstance(raw, str) else raw or ())
            if clean_text(item)
        }
        return self.read_text(";".join(chosen)) if chosen else None

    def read_text(self, text: str) -> Any:
        chosen = set(text.split(";"))
        known = [code for code, _label in self.options]
        for item in sorted(chosen.difference(known)):
            raise FieldError(_("“%(value)s” is not a code of this list.") % {"value": item})
        return tuple(code for code in known if code in chosen)

    def from_text(self, text: str) -> Any:
        return tuple(text.split(";")) if text else None

    def to_text(self, value: Any) -> str:
        return ";".join(value or ())

    def display(self, value: Any) -> str:
        return ", ".join(super(Multi, self).display(item) for item in value or ())

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return tuple(value.split(";")) if value else None

    def to_python(self, value: Any) -> Any:
        return tuple(value.split(";")) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        return ";".join(value) if isinstance(value, tuple | list) else value


class Unit(Coded):
    """The unit of a laboratory result as reported: one of those that the analyte of the row may have."""

    kind = "unit"

    def __init__(self, en: str = "", zh: str = "", **kwargs: Any) -> None:
        super().__init__("", en, zh, **kwargs)

    @property
    def options(self) -> list[tuple[str, Text]]:
        return [(unit, Text(unit_shown(unit), unit_shown(unit))) for unit in UNITS]

    def display(self, value: Any) -> str:
        return unit_shown(value or "")


class Result(CrfField, models.CharField):
    """A laboratory result as reported: a number kept with the places it was given, or a code (`NEG`, `P1`)."""

    kind = "result"

    def __init__(self, en: str = "", zh: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 24)
        super().__init__(en, zh, **kwargs)

    def read_text(self, text: str) -> str:
        bare = text.replace("−", "-").replace(" ", "")
        bare = bare.replace(",", ".") if bare.count(",") == 1 and "." not in bare else bare
        if re.fullmatch(r"-?(\d{1,14}\.?\d{0,4}|\.\d{1,4})", bare):
            return format(Decimal(bare), "f")
        code = RESULT_WORDS.get(text.upper(), text.upper())
        if code in RESULT_CODES:
            return code
        raise FieldError(
            _("“%(value)s” is neither a number with at most 4 decimal places nor a result such as NEG.")
            % {"value": text}
        )

    def from_text(self, text: str) -> Any:
        return text or None

    def display(self, value: Any) -> str:
        return str(RESULT_CODES[value]) if value in RESULT_CODES else value or ""


class _DateParts(CrfField):
    """Three boxes: `name__y`, `name__m`, `name__d`; one ISO text under `name` is read as well."""

    partial = False

    def raw(self, data: Mapping[str, Any], prefix: str = "") -> Any:
        whole = clean_text(data.get(prefix + self.name, ""))
        if whole:
            parts = (whole.split("-") + ["", ""])[:3]
            return tuple(parts) if all(part.isdigit() for part in parts if part) else ("", "", whole)
        return tuple(str(data.get(f"{prefix}{self.name}__{part}", "") or "").strip() for part in "ymd")

    def parse(self, raw: Any) -> Any:
        if isinstance(raw, str):
            raw = (raw.split("-") + ["", ""])[:3] if raw else ("", "", "")
        year, month, day = (clean_text(part).rstrip("年月日 ").lower() for part in raw)
        unknown = {"unk", "un", "uk", "--", "?"}
        if not any((year, month, day)):
            return None
        if day in unknown or month in unknown:
            if not self.partial:
                raise FieldError(_("This date must be complete."))
            day = ""
            month = "" if month in unknown else month
        return self._built(year, self._month(month), day)

    @staticmethod
    def _month(text: str) -> str:
        return str(MONTHS.get(text[:3], text))

    def _built(self, year: str, month: str, day: str) -> Any:
        if not (year.isdigit() and len(year) == 4 and 1900 <= int(year) <= 2100):
            raise FieldError(_("The year needs four digits, such as 2026."))
        if day and not month:
            raise FieldError(_("A day needs its month."))
        if month and not (month.isdigit() and 1 <= int(month) <= 12):
            raise FieldError(_("“%(value)s” is not a month.") % {"value": month})
        text = year + (f"-{int(month):02}" if month else "") + (f"-{int(day):02}" if day.isdigit() else "")
        if day and not day.isdigit():
            raise FieldError(_("“%(value)s” is not a day.") % {"value": day})
        return self._complete(text)

    def _complete(self, text: str) -> Any:
        if len(text) < 10:
            raise FieldError(_("This date must be complete."))
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            raise FieldError(_("%(value)s is not a day of the calendar.") % {"value": text}) from None

    def to_raw(self, value: Any) -> Any:
        parts = self.to_text(value).split("-") if value is not None else []
        return tuple((parts + ["", "", ""])[:3])

    def to_text(self, value: Any) -> str:
        return value.isoformat() if value is not None else ""

    def display(self, value: Any) -> str:
        return day(value.isoformat()) if value is not None else ""


class Date(_DateParts, models.DateField):
    """A full calendar date."""

    kind = "date"

    def from_text(self, text: str) -> Any:
        return dt.date.fromisoformat(text) if text else None


class PartialDateColumn(_DateParts, models.CharField):
    """A date of which day, or day and month, may be unknown; stored as it was given, with its earliest and latest day."""

    kind = "pdate"
    partial = True

    def __init__(self, en: str = "", zh: str = "", *, month_needed: bool = False, **kwargs: Any) -> None:
        self.month_needed = month_needed
        kwargs.setdefault("max_length", 10)
        super().__init__(en, zh, **kwargs)

    def contribute_to_class(self, cls: type[models.Model], name: str, **kwargs: Any) -> None:  # type: ignore[override]
        super().contribute_to_class(cls, name, **kwargs)
        if cls.__module__ != "__fake__":
            for end in ("_earliest", "_latest"):
                models.DateField(null=True, blank=True).contribute_to_class(cls, name + end)  # type: ignore[attr-defined]

    def _complete(self, text: str) -> Any:
        if self.month_needed and len(text) < 7:
            raise FieldError(_("Year and month are needed; the day may be unknown."))
        try:
            return PartialDate.parse(text)
        except ValueError:
            raise FieldError(_("%(value)s is not a day of the calendar.") % {"value": text}) from None

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.to_python(getattr(model_instance, self.attname))
        setattr(model_instance, self.name + "_earliest", value.earliest if value else None)
        setattr(model_instance, self.name + "_latest", value.latest if value else None)
        return value

    def from_text(self, text: str) -> Any:
        return PartialDate.parse(text) if text else None

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return PartialDate.parse(value) if value else None

    def to_python(self, value: Any) -> Any:
        return PartialDate.parse(value) if isinstance(value, str) and value else value or None

    def get_prep_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, PartialDate) else value


class Time(CrfField, models.TimeField):
    """HH:MM, 24 hours."""

    kind = "time"

    def read_text(self, text: str) -> dt.time:
        found = re.fullmatch(r"(\d{1,2})[:.时 ]?(\d{2})分?", text)
        if not found or int(found[1]) > 23 or int(found[2]) > 59:
            raise FieldError(_("A time is HH:MM, such as 08:35."))
        return dt.time(int(found[1]), int(found[2]))

    def to_text(self, value: Any) -> str:
        return value.strftime("%H:%M") if value is not None else ""


class _Number(CrfField):
    def bare(self, text: str) -> str:
        """Without the unit that was typed behind the number, and with a decimal point."""
        text = text.replace("−", "-").replace(" ", "")
        for unit in (self.unit, self.unit_text.en, self.unit_text.zh, WORDS_FOR.get(self.unit, "")):
            unit = unit.replace(" ", "")
            if unit and text.lower().endswith(unit.lower()):
                text = text[: -len(unit)]
                break
        return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


class Int(_Number, models.IntegerField):
    """A whole number with its unit."""

    kind = "int"

    def read_text(self, text: str) -> int:
        bare = self.bare(text)
        if not re.fullmatch(r"[+-]?\d{1,12}", bare):
            raise FieldError(_("“%(value)s” is not a whole number.") % {"value": text})
        number = int(bare)
        if abs(number) > 2147483647:
            raise FieldError(_("“%(value)s” is too large.") % {"value": text})
        return number


class Dec(_Number, models.DecimalField):
    """An exact decimal with its number of places and its unit."""

    kind = "dec"

    def __init__(
        self, en: str = "", zh: str = "", *, decimal_places: int = 1, max_digits: int = 14, **kwargs: Any
    ) -> None:
        super().__init__(en, zh, decimal_places=decimal_places, max_digits=max_digits, **kwargs)

    def read_text(self, text: str) -> Decimal:
        bare = self.bare(text)
        try:
            number = Decimal(bare)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", bare):
            raise FieldError(_("“%(value)s” is not a number.") % {"value": text})
        places = -int(number.normalize().as_tuple().exponent)  # type: ignore[arg-type]
        if places > (self.decimal_places or 0):
            raise FieldError(_("At most %(places)s decimal places.") % {"places": self.decimal_places})
        if abs(number) >= Decimal(10) ** (self.max_digits - self.decimal_places):
            raise FieldError(_("“%(value)s” is too large.") % {"value": text})
        return number.quantize(Decimal(1).scaleb(-self.decimal_places))

    def to_text(self, value: Any) -> str:
        return "" if value is None else format(value.quantize(Decimal(1).scaleb(-self.decimal_places)), "f")

    def to_raw(self, value: Any) -> Any:
        """Three places are room for small doses, not a precision that was given: 0.500 is typed 0.5."""
        text = self.to_text(value)
        return text.rstrip("0").rstrip(".") if text and self.decimal_places == 3 else text

    def display(self, value: Any) -> str:
        return "" if value is None else f"{self.to_raw(value)} {self.unit_text}".strip()


class Share(Dec):
    """A percentage that a threshold is compared with: kept as exactly as it was given or calculated, never rounded to
    one side of the threshold (P-5). Written with one decimal, or as many more as it has.

    A calculated one is shown with one decimal, beside the threshold of 10 % with two (D-24), and with all where even
    those would put it on the threshold.
    """

    def __init__(self, en: str = "", zh: str = "", *, decimal_places: int = 2, **kwargs: Any) -> None:
        super().__init__(en, zh, decimal_places=decimal_places, unit=kwargs.pop("unit", "%"), **kwargs)

    def to_text(self, value: Any) -> str:
        if value is None:
            return ""
        whole, _dot, part = super().to_text(value).partition(".")
        return f"{whole}.{part.rstrip('0') or '0'}"

    def to_raw(self, value: Any) -> Any:
        if value is None or not self.derived:
            return self.to_text(value)
        near = Decimal("9.95") <= value <= Decimal("10.05") and value != 10
        shown = value.quantize(Decimal("0.01") if near else Decimal("0.1"), ROUND_HALF_UP)
        return self.to_text(value) if near and shown == 10 else format(shown, "f")


class Line(CrfField, models.CharField):
    """One line of text of a given length; `pattern` is the shape that the book asks for.

    `says` names the code list whose words a reader sees for a derived code.
    """

    kind = "text"

    def __init__(
        self, en: str = "", zh: str = "", *, pattern: str = "", says: str = "", **kwargs: Any
    ) -> None:
        self.pattern = pattern
        self.words = (CODELISTS.get(says) or CATALOGUES[says]).codes if says else {}
        super().__init__(en, zh, **kwargs)

    def parse(self, raw: Any) -> Any:
        text = free_text(raw)
        return self.read_text(text) if text else None

    def read_text(self, text: str) -> str:
        if self.max_length and len(text) > self.max_length:
            raise FieldError(
                _("At most %(length)s characters; this has %(now)s.")
                % {"length": self.max_length, "now": len(text)}
            )
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise FieldError(
                _("“%(value)s” does not have the form %(form)s.") % {"value": text, "form": self.pattern}
            )
        return text

    def from_text(self, text: str) -> Any:
        return text or None

    def display(self, value: Any) -> str:
        return str(self.words[value]) if value in self.words else super().display(value)


class Long(CrfField, models.TextField):
    """Free text of any length."""

    kind = "long"

    def parse(self, raw: Any) -> Any:
        return str(raw or "").replace("\0", "").replace("\r\n", "\n").strip() or None


LOG_ROWS = {"AE", "MH", "CM", "PR", "DV"}
REFERENCES = {"USER": r"user:[0-9]{1,9}", "LAB": r"lab:[0-9]{1,9}", "VISIT": r"[A-Z][A-Z0-9]{1,9}"}


class Ref(CrfField, models.CharField):
    """A link to a person, a form, a log row, a laboratory, a visit or a signature, as its address.

    `user:12`, `form:45`, `AE:6`, `lab:3`, `TA1`.
    """

    kind = "ref"

    def __init__(self, to: str = "", en: str = "", zh: str = "", **kwargs: Any) -> None:
        self.to = to
        kwargs.setdefault("max_length", 64)
        super().__init__(en, zh, **kwargs)

    def read_text(self, text: str) -> str:
        if self.logs:
            found = re.fullmatch(r"(?:([A-Za-z]{2}):)?#?([0-9]{1,3})", text)
            log = (found[1] or self.logs[0]).upper() if found else ""
            if not found or log not in self.logs or int(found[2]) == 0:
                raise FieldError(_("Give the number of the row in the log, such as 6."))
            return f"{log}:{int(found[2])}"
        if not re.fullmatch(REFERENCES.get(self.to, r"form:[0-9]{1,9}"), text):
            raise FieldError(_("“%(value)s” is not a code of this list.") % {"value": text})
        return text

    def from_text(self, text: str) -> Any:
        return text or None

    @property
    def logs(self) -> tuple[str, ...]:
        """Form codes of the logs whose rows may be named; `("AE",)` for `ref:AE`."""
        kinds = tuple(self.to.split(" or "))
        return kinds if set(kinds) <= LOG_ROWS else ()

    def to_raw(self, value: Any) -> Any:
        return (value or "").removeprefix(self.logs[0] + ":") if len(self.logs) == 1 else value or ""


def parse_missing(field: CrfField, raw: Any) -> str | None:
    """The missing reason that was chosen; raises `FieldError` when this field does not allow it."""
    code = clean_text(raw)
    if not code:
        return None
    if code not in field.missing:
        raise FieldError(_("“%(value)s” is not a missing reason of this field.") % {"value": code})
    return code


def missing_label(code: str | None) -> str:
    return str(MISSING.codes[code]) if code else ""


__all__ = [
    "MISS",
    "Coded",
    "CrfField",
    "Date",
    "Dec",
    "FieldError",
    "Int",
    "Line",
    "Long",
    "Multi",
    "PartialDateColumn",
    "Ref",
    "Result",
    "Time",
    "Unit",
    "ValidationError",
    "clean_text",
    "missing_label",
    "parse_missing",
]  # fmt: skip
