"""The notation of limits, as a table; and both sides of every limit of the forms."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from crf.fields import CrfField
from crf.limits import DateBounds, NumberRange, OneOf, PerKey, read
from crf.registry import forms, parts
from trialsite.kernel.partial_date import PartialDate

Answers = dict[str, Any]


def D(text: str) -> Any:
    return PartialDate.parse(text) if len(text) < 10 else dt.date.fromisoformat(text)


CONSENT: Answers = {"icf_dsstdat": D("2024-03-04")}

# notation, kind, value, surroundings, broken?
TABLE: list[tuple[str, str, Any, Answers, bool]] = [
    ("18-75", "int", 17, {}, True),
    ("18-75", "int", 18, {}, False),
    ("18-75", "int", 75, {}, False),
    ("18-75", "int", 76, {}, True),
    ("0.5-15", "dec", Decimal("0.4"), {}, True),
    ("0.5-15", "dec", Decimal("0.5"), {}, False),
    ("-100 to 100", "dec", Decimal(-100), {}, False),
    ("-100 to 100", "dec", Decimal("-100.1"), {}, True),
    ("-3 to 7", "int", -4, {}, True),
    ("-60 to 120", "int", 121, {}, True),
    ("> 0 to 120", "dec", Decimal(0), {}, True),  # low itself is not allowed
    ("> 0 to 120", "dec", Decimal("0.01"), {}, False),
    ("> 0 to 120", "dec", Decimal(120), {}, False),
    ("0-da_disp", "int", 28, {"da_disp": 28}, False),
    ("0-da_disp", "int", 29, {"da_disp": 28}, True),
    ("0-da_disp", "int", 29, {}, False),  # a bound that is not known limits nothing
    ("730", "int", 730, {}, False),
    ("730", "int", 729, {}, True),
    ("A,B", "code", "B", {}, False),
    ("A,B", "code", "C", {}, True),
    ("0,-1,-2", "code", "-2", {}, False),
    ("0,-1,-2", "code", "-3", {}, True),
    ("OXA 10-300; LLV 20-900", "dec", Decimal(301), {"ectrt": "OXA"}, True),
    ("OXA 10-300; LLV 20-900", "dec", Decimal(301), {"ectrt": "LLV"}, False),
    ("OXA 10-300; LLV 20-900", "dec", Decimal(9999), {"ectrt": "CAM"}, False),
    ("OXA 2-6; LLV 2; CAM 0.33-1", "dec", Decimal("2.5"), {"ectrt": "LLV"}, True),
    ("OXA 2-6; LLV 2; CAM 0.33-1", "dec", Decimal("0.33"), {"ectrt": "CAM"}, False),
    ("within +/-5 % of ec_plan_mg", "dec", Decimal(105), {"ec_plan_mg": Decimal(100)}, False),
    ("within +/-5 % of ec_plan_mg", "dec", Decimal("105.1"), {"ec_plan_mg": Decimal(100)}, True),
    ("within +/-5 % of ec_plan_mg", "dec", Decimal(95), {"ec_plan_mg": Decimal(100)}, False),
    ("within +/-5 % of ec_plan_mg", "dec", Decimal("94.9"), {"ec_plan_mg": Decimal(100)}, True),
    ("within +/-5 % of ec_plan_mg", "dec", Decimal(1), {}, False),
    ("250 (0 if HELD)", "int", 250, {"apa_frq": "QD"}, False),
    ("250 (0 if HELD)", "int", 0, {"apa_frq": "QD"}, True),
    ("250 (0 if HELD)", "int", 0, {"apa_frq": "HELD"}, False),
    # dates
    (">= icf_dsstdat", "date", D("2024-03-03"), CONSENT, True),
    (">= icf_dsstdat", "date", D("2024-03-04"), CONSENT, False),
    (">= icf_dsstdat", "date", D("1999-01-01"), {}, False),
    ("<= today", "date", D("2024-03-05"), {"today": D("2024-03-04")}, True),
    (">= icf_dsstdat; <= today", "date", D("2024-03-05"), CONSENT | {"today": D("2024-03-05")}, False),
    (">= icf_dsstdat and <= today", "date", D("2024-03-06"), CONSENT | {"today": D("2024-03-05")}, True),
    (
        ">= C1D1; <= ss_dat",
        "date",
        D("2024-03-13"),
        {"@c1d1": D("2024-03-14"), "ss_dat": D("2024-04-01")},
        True,
    ),
    ("<= tudat+14", "date", D("2024-03-20"), {"tudat": D("2024-03-06")}, False),
    ("<= tudat+14", "date", D("2024-03-21"), {"tudat": D("2024-03-06")}, True),
    ("ec_d1dat to ec_d1dat+1", "date", D("2024-03-15"), {"ec_d1dat": D("2024-03-14")}, False),
    ("ec_d1dat to ec_d1dat+1", "date", D("2024-03-16"), {"ec_d1dat": D("2024-03-14")}, True),
    ("ec_d1dat to ec_d1dat+1", "date", D("2024-03-13"), {"ec_d1dat": D("2024-03-14")}, True),
    ("po_lastiv+14 to po_lastiv+42", "date", D("2024-05-18"), {"@last_iv": D("2024-05-04")}, False),
    ("po_lastiv+14 to po_lastiv+42", "date", D("2024-05-17"), {"@last_iv": D("2024-05-04")}, True),
    ("po_lastiv+14 to po_lastiv+42", "date", D("2024-06-16"), {"@last_iv": D("2024-05-04")}, True),
    ("last dose to last dose+14", "date", D("2024-05-30"), {"@last_dose": D("2024-05-15")}, True),
    ("<= C1D1+183", "date", D("2024-09-13"), {"@c1d1": D("2024-03-14")}, False),
    ("<= C1D1+183", "date", D("2024-09-14"), {"@c1d1": D("2024-03-14")}, True),
    # wordings of the book that are prose
    (
        ">= icf_dsstdat unless soc_pre=Y; <= today",
        "date",
        D("2024-03-03"),
        {"@consent_unless_before": D("2024-03-04")},
        True,
    ),
    (
        ">= icf_dsstdat unless soc_pre=Y; <= today",
        "date",
        D("2024-03-04"),
        {"@consent_unless_before": D("2024-03-04")},
        False,
    ),
    (
        ">= icf_dsstdat unless soc_pre=Y; <= today",
        "date",
        D("2024-02-20"),
        {"@consent_unless_before": None},
        False,
    ),
    (">= icf_dsstdat unless soc_pre=Y; <= today", "date", D("2024-03-06"), {"today": D("2024-03-05")}, True),
    ("aestdat to +30", "date", D("2024-07-03"), {"aestdat": D("2024-06-03")}, False),
    ("aestdat to +30", "date", D("2024-07-04"), {"aestdat": D("2024-06-03")}, True),
    ("aestdat to +30", "date", D("2024-06-02"), {"aestdat": D("2024-06-03")}, True),
    (
        "aestdat to +30",
        "date",
        D("2024-07-30"),
        {"aestdat": D("2024-06")},
        False,
    ),  # from the last day it may mean
    ("aestdat to +30", "date", D("2024-07-31"), {"aestdat": D("2024-06")}, True),
    (">= aestdat earliest", "date", D("2024-06-01"), {"aestdat": D("2024-06")}, False),
    (">= aestdat earliest", "date", D("2024-05-31"), {"aestdat": D("2024-06")}, True),
    ("<= sae_awaredat+1", "date", D("2024-06-04"), {"sae_awaredat": D("2024-06-03")}, False),
    ("<= sae_awaredat+1", "date", D("2024-06-05"), {"sae_awaredat": D("2024-06-03")}, True),
    ("surg_prstdat to +1", "date", D("2024-05-31"), {"surg_prstdat": D("2024-05-30")}, False),
    ("surg_prstdat to +1", "date", D("2024-06-01"), {"surg_prstdat": D("2024-05-30")}, True),
    ("surg_prstdat+3 to +21", "date", D("2024-06-02"), {"surg_prstdat": D("2024-05-30")}, False),
    ("surg_prstdat+3 to +21", "date", D("2024-06-01"), {"surg_prstdat": D("2024-05-30")}, True),
    ("surg_prstdat+3 to +21", "date", D("2024-06-20"), {"surg_prstdat": D("2024-05-30")}, False),
    ("surg_prstdat+3 to +21", "date", D("2024-06-21"), {"surg_prstdat": D("2024-05-30")}, True),
    ("<= dvstdat+30", "date", D("2024-07-01"), {"dvstdat": D("2024-06-01")}, False),
    ("<= dvstdat+30", "date", D("2024-07-02"), {"dvstdat": D("2024-06-01")}, True),
    ("-4.0 to -1.5", "dec", Decimal("-1.5"), {}, False),
    ("-4.0 to -1.5", "dec", Decimal("-1.4"), {}, True),
    # partial dates are intervals: broken only when no completion keeps the limit
    ("1920-01 to today-18 y", "pdate", D("1919-12"), {"today": D("2024-03-04")}, True),
    ("1920-01 to today-18 y", "pdate", D("1920-01"), {"today": D("2024-03-04")}, False),
    ("1920-01 to today-18 y", "pdate", D("2006-03"), {"today": D("2024-03-04")}, False),
    ("1920-01 to today-18 y", "pdate", D("2006-03-04"), {"today": D("2024-03-04")}, False),
    ("1920-01 to today-18 y", "pdate", D("2006-03-05"), {"today": D("2024-03-04")}, True),
    ("1920-01 to today-18 y", "pdate", D("2006-04"), {"today": D("2024-03-04")}, True),
    ("<= C1D1", "pdate", D("2024-03"), {"@c1d1": D("2024-03-14")}, False),
    ("<= C1D1", "pdate", D("2024"), {"@c1d1": D("2024-03-14")}, False),
    ("<= C1D1", "pdate", D("2024-04"), {"@c1d1": D("2024-03-14")}, True),
    (">= sact_stdat", "pdate", D("2024-03"), {"sact_stdat": D("2024-03")}, False),
    (">= sact_stdat", "pdate", D("2024-02"), {"sact_stdat": D("2024-03")}, True),
    (">= sact_stdat", "pdate", D("2024"), {"sact_stdat": D("2024-03")}, False),
    ("1920-01 to today-18 y", "pdate", D("2006-02-28"), {"today": D("2024-02-29")}, False),  # 29 February
]


@pytest.mark.parametrize(("text", "kind", "value", "around", "broken"), TABLE)
def test_a_limit(text: str, kind: str, value: Any, around: Answers, broken: bool) -> None:
    limit = read(text, kind)
    assert limit is not None
    assert limit.broken(value, around.get) is broken


def test_no_limit() -> None:
    assert read("-", "int") is None
    assert read("", "date") is None


@pytest.mark.parametrize(("text", "kind"), [("about 5", "int"), ("5 or more", "dec"), ("soon", "date")])
def test_what_cannot_be_read_is_refused_at_start(text: str, kind: str) -> None:
    with pytest.raises((ValueError, AttributeError)):
        read(text, kind)


# --- both sides of every limit of the forms -------------------------------------------------------------------------

FIELDS: list[CrfField] = [
    field
    for definition in [*forms().values(), *parts().values()]
    for section in definition.sections
    for field in section.fields
]


def numeric() -> list[Any]:
    found = []
    for field in FIELDS:
        for which in ("soft", "hard"):
            limit = getattr(field, which)
            if field.kind not in ("int", "dec"):
                continue
            for key, part in limit.limits.items() if isinstance(limit, PerKey) else [("", limit)]:
                if isinstance(part, NumberRange):
                    found.append(
                        pytest.param(field, limit, key, part, id=f"{field.name}-{which}-{key or 'x'}")
                    )
    return found


@pytest.mark.parametrize(("field", "limit", "key", "part"), numeric())
def test_both_sides_of_a_range(field: CrfField, limit: Any, key: str, part: NumberRange) -> None:
    """On the bound is inside, one step of the field's precision further is outside."""
    step = Decimal(1).scaleb(-(getattr(field, "decimal_places", 0) or 0))
    around: Answers = {"ectrt": key} if key else {}
    high = part.high
    if isinstance(high, str):
        around[high] = high_of_another = 28
        high = Decimal(high_of_another)
    assert limit.broken(part.low, around.get) is part.above
    assert limit.broken(part.low + step, around.get) is (high == part.low)
    assert limit.broken(part.low - step, around.get)
    assert not limit.broken(high, around.get)
    assert limit.broken(high + step, around.get)


def dated() -> list[Any]:
    return [
        pytest.param(field, limit, id=f"{field.name}-{which}")
        for field in FIELDS
        for which, limit in (("soft", field.soft), ("hard", field.hard))
        if isinstance(limit, DateBounds)
    ]


@pytest.mark.parametrize(("field", "limit"), dated())
def test_both_sides_of_a_date(field: CrfField, limit: DateBounds) -> None:
    """All that the limit reads lies on one day; a window around it is open inside and closed outside."""
    day = dt.date(2024, 3, 14)
    around: Answers = dict.fromkeys(limit.names(), day)
    one = dt.timedelta(days=1)
    if limit.not_before:
        low = limit.not_before.value(around.get)
        assert low is not None
        assert limit.broken(low[0] - one, around.get)
        assert not DateBounds("", limit.not_before).broken(low[0], around.get)
    if limit.not_after:
        high = limit.not_after.value(around.get)
        assert high is not None
        assert limit.broken(high[1] + one, around.get)
        assert not DateBounds("", None, limit.not_after).broken(high[1], around.get)
    # nothing known: nothing refused
    if limit.names() and not any(t and t.base[:1].isdigit() for t in (limit.not_before, limit.not_after)):
        assert not limit.broken(day, {}.get)


def test_every_usual_code_is_a_code_of_its_field() -> None:
    for field in FIELDS:
        if isinstance(field.soft, OneOf) and field.kind == "code":
            assert field.soft.usual <= {code for code, _label in field.options}, field.name  # type: ignore[attr-defined]


def test_every_soft_range_lies_within_the_hard_one() -> None:
    for field in FIELDS:
        soft, hard = field.soft, field.hard
        if isinstance(soft, NumberRange) and isinstance(hard, NumberRange) and isinstance(hard.high, Decimal):
            assert hard.low <= soft.low, field.name
            assert Decimal(soft.high) <= hard.high, field.name
