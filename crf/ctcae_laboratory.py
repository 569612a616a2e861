"""D-13: the grade of a laboratory result by CTCAE v5.0 (crf-book 4.4.1). Pure functions over SI values.

"< a to b" holds b, "> a to b" holds b: a bound belongs to the milder grade. What cannot be told without a limit of
normal, a baseline or a clinical fact is left open. `minimum`: a clinical fact that the laboratory does not know may
raise the grade. The version of CTCAE is that of `ctcae.VERSION` and stands in the configuration digest of each form.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, Protocol

from .ctcae import VERSION
from .derived import TOLERANCE


class Grade(NamedTuple):
    """`grade` is none when only a clinician can give it; `term` is empty for grade 0."""

    grade: int | None
    term: str = ""
    minimum: bool = False
    version: str = VERSION


NORMAL = Grade(0)


@dataclass(frozen=True, slots=True)
class Context:
    """What a grade depends on beside the value. `baseline` is set for results after the baseline only.

    `albumin` of the same sample, `treated`: anticoagulated (INR) or on thyroid treatment (TSH) on that day.
    """

    low: Decimal | None = None
    high: Decimal | None = None
    baseline: Decimal | None = None
    baseline_low: Decimal | None = None
    baseline_high: Decimal | None = None
    albumin: Decimal | None = None
    treated: bool = False


def below(value: Decimal, bound: Decimal) -> bool:
    return bound - value > TOLERANCE


def above(value: Decimal, bound: Decimal) -> bool:
    return value - bound > TOLERANCE


class Rule(Protocol):
    def grade(self, value: Decimal, context: Context) -> Grade | None: ...


def _graded(term: str, grade: int, minimum: frozenset[int]) -> Grade:
    return Grade(grade, term, grade in minimum) if grade else NORMAL


Bounds = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Falls:
    """Below LLN is grade `first`; below each bound its grade."""

    term: str
    bounds: Bounds
    minimum: frozenset[int] = frozenset()
    first: int = 1

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        reached = max((grade for bound, grade in self.bounds if below(value, Decimal(bound))), default=0)
        if not reached:
            if context.low is None:
                return None
            reached = self.first if below(value, context.low) else 0
        return _graded(self.term, reached, self.minimum)


@dataclass(frozen=True, slots=True)
class Rises:
    """Above ULN is grade `first` (0: ULN plays no part); above each bound its grade; `over`: bounds are above ULN."""

    term: str
    bounds: Bounds = ()
    minimum: frozenset[int] = frozenset()
    first: int = 1
    over: bool = False

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        if context.high is None and (self.over or not self._reached(value, Decimal(0))) and self.first:
            return None
        reached = self._reached(value, (context.high or Decimal(0)) if self.over else Decimal(0))
        if not reached and self.first and context.high is not None and above(value, context.high):
            reached = self.first
        return _graded(self.term, reached, self.minimum)

    def _reached(self, value: Decimal, base: Decimal) -> int:
        return max((grade for bound, grade in self.bounds if above(value, base + Decimal(bound))), default=0)


@dataclass(frozen=True, slots=True)
class Times:
    """Multiples of ULN; with `abnormal`, of an abnormal baseline in later results (first multiple, held or not)."""

    term: str
    bounds: Bounds
    minimum: frozenset[int] = frozenset()
    abnormal: tuple[str, bool] | None = None

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        if self.abnormal and context.baseline is not None and _raised(context):
            return _graded(self.term, self._by_baseline(value, context.baseline), self.minimum)
        if context.high is None:
            return None
        return _graded(self.term, multiples(value, context.high, self.bounds), self.minimum)

    def _by_baseline(self, value: Decimal, baseline: Decimal) -> int:
        assert self.abnormal is not None
        first, held = Decimal(self.abnormal[0]) * baseline, self.abnormal[1]
        if below(value, first) or not (held or above(value, first)):
            return 0
        return max(1, multiples(value, baseline, self.bounds[1:]))


def multiples(value: Decimal, of: Decimal, bounds: Bounds) -> int:
    return max((grade for times, grade in bounds if above(value, Decimal(times) * of)), default=0)


def _raised(context: Context) -> bool:
    return (
        context.baseline is not None
        and context.baseline_high is not None
        and above(context.baseline, context.baseline_high)
    )


@dataclass(frozen=True, slots=True)
class Creatinine:
    """The worse of two readings: multiples of ULN, and of the baseline."""

    term: str = "Creatinine increased"

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        if context.high is None:
            return None
        by_limit = multiples(value, context.high, (("1", 1), ("1.5", 2), ("3", 3), ("6", 4)))
        base = context.baseline
        by_baseline = multiples(value, base, (("1.5", 2), ("3", 3))) if base else 0
        return _graded(self.term, max(by_limit, by_baseline), frozenset())


@dataclass(frozen=True, slots=True)
class Fibrinogen:
    """Parts of LLN; falls from an abnormal baseline; below 0.5 g/L always grade 4."""

    term: str = "Fibrinogen decreased"

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        if below(value, Decimal("0.5")):
            return Grade(4, self.term)
        base, limit = context.baseline, context.baseline_low
        if base and limit is not None and below(base, limit):
            fall = (base - value) / base
            steps = [Decimal("0.75"), Decimal("0.5"), Decimal("0.25")]
            reached = 0 if fall <= TOLERANCE else 1 + sum(fall >= step - TOLERANCE for step in steps)
        elif context.low is None:
            return None
        else:
            parts = ("1", "0.75", "0.5", "0.25")
            reached = sum(below(value, Decimal(part) * context.low) for part in parts)
        return _graded(self.term, reached, frozenset())


@dataclass(frozen=True, slots=True)
class Eosinophils:
    """Above ULN and above baseline; higher grades are clinical."""

    term: str = "Eosinophilia"

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        if context.high is None:
            return None
        risen = context.baseline is not None and above(value, context.baseline)
        return _graded(self.term, int(risen and above(value, context.high)), frozenset({1}))


@dataclass(frozen=True, slots=True)
class Corrected:
    """Calcium corrected for albumin: Ca + 0.02 × (40 − albumin g/L)."""

    rule: Rule
    term: str = ""

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        if context.albumin is None:
            return None
        return self.rule.grade(value + Decimal("0.02") * (40 - context.albumin), context)


@dataclass(frozen=True, slots=True)
class Inr:
    """Bounds; on an anticoagulant the same multiples of the baseline."""

    term: str = "INR increased"
    plain: Bounds = (("1.2", 1), ("1.5", 2), ("2.5", 3))
    times: Bounds = (("1", 1), ("1.5", 2), ("2.5", 3))

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        if context.treated:
            if context.baseline is None:
                return None
            return _graded(self.term, multiples(value, context.baseline, self.times), frozenset())
        return _graded(self.term, multiples(value, Decimal(1), self.plain), frozenset())


@dataclass(frozen=True, slots=True)
class Triglycerides:
    """From 1.71 on."""

    term: str = "Hypertriglyceridemia"

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        reached = multiples(value, Decimal(1), (("3.42", 2), ("5.7", 3), ("11.4", 4)))
        return _graded(self.term, max(reached, int(not below(value, Decimal("1.71")))), frozenset())


@dataclass(frozen=True, slots=True)
class Protein24:
    """Urine protein of 24 hours: from ULN, from 1.0 and from 3.5 g."""

    term: str = "Proteinuria"

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        reached = sum(not below(value, Decimal(bound)) for bound in ("1.0", "3.5"))
        if reached:
            return Grade(1 + reached, self.term)
        if context.high is None:
            return None
        return _graded(self.term, int(not below(value, context.high)), frozenset())


@dataclass(frozen=True, slots=True)
class Manual:
    """v5 is not numeric: beyond the limit of normal a clinician grades."""

    term: str
    low: bool

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        limit = context.low if self.low else context.high
        if limit is None:
            return None
        beyond = below(value, limit) if self.low else above(value, limit)
        return Grade(None, self.term, True) if beyond else NORMAL


@dataclass(frozen=True, slots=True)
class Thyrotropin:
    """Above ULN while no treatment was started; with treatment it is hypothyroidism, graded by a clinician."""

    term: str = "Thyroid stimulating hormone increased"
    plain: Rises = field(default=Rises("Thyroid stimulating hormone increased"))

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        found = self.plain.grade(value, context)
        return Grade(None, "Hypothyroidism", True) if context.treated and found and found.grade else found


@dataclass(frozen=True, slots=True)
class Pancreas:
    """Multiples of ULN as without symptoms: above 2 and above 5 times symptoms would raise the grade by one."""

    term: str

    def grade(self, value: Decimal, context: Context) -> Grade | None:
        if context.high is None:
            return None
        reached = multiples(value, context.high, TIMES_ENZYME)
        return _graded(
            self.term, reached, frozenset({2, 3}) if above(value, 2 * context.high) else frozenset()
        )


def some(*grades: int) -> frozenset[int]:
    return frozenset(grades)


LIVER: tuple[str, bool] = ("1.5", True)
TIMES_ALT: Bounds = (("1", 1), ("3", 2), ("5", 3), ("20", 4))
TIMES_ALP: Bounds = (("1", 1), ("2.5", 2), ("5", 3), ("20", 4))
TIMES_BILI: Bounds = (("1", 1), ("1.5", 2), ("3", 3), ("10", 4))
TIMES_ENZYME: Bounds = (("1", 1), ("1.5", 2), ("5", 3))  # the grade without symptoms

RULES: dict[str, tuple[Rule, ...]] = {
    "HGB": (
        Falls("Anemia", (("100", 2), ("80", 3)), some(3)),
        Rises("Hemoglobin increased", (("20", 2), ("40", 3)), over=True),
    ),
    "WBC": (
        Falls("White blood cell decreased", (("3.0", 2), ("2.0", 3), ("1.0", 4))),
        Rises("Leukocytosis", (("100", 3),), some(3), first=0),
    ),
    "NEUT": (Falls("Neutrophil count decreased", (("1.5", 2), ("1.0", 3), ("0.5", 4))),),
    "LYM": (
        Falls("Lymphocyte count decreased", (("0.8", 2), ("0.5", 3), ("0.2", 4))),
        Rises("Lymphocyte count increased", (("4.0", 2), ("20", 3)), first=0),
    ),
    "PLAT": (Falls("Platelet count decreased", (("75", 2), ("50", 3), ("25", 4))),),
    "EOS": (Eosinophils(),),
    "ALT": (Times("Alanine aminotransferase increased", TIMES_ALT, abnormal=LIVER),),
    "AST": (Times("Aspartate aminotransferase increased", TIMES_ALT, abnormal=LIVER),),
    "ALP": (Times("Alkaline phosphatase increased", TIMES_ALP, abnormal=("2.0", True)),),
    "GGT": (Times("GGT increased", TIMES_ALP, abnormal=("2.0", True)),),
    "BILI": (Times("Blood bilirubin increased", TIMES_BILI, abnormal=("1.0", False)),),
    "CREAT": (Creatinine(),),
    "ALB": (Falls("Hypoalbuminemia", (("30", 2), ("20", 3)), some(3)),),
    "INR": (Inr(),),
    "APTT": (
        Times(
            "Activated partial thromboplastin time prolonged",
            (("1", 1), ("1.5", 2), ("2.5", 3)),
            some(1, 2),  # bleeding makes it 3
        ),
    ),
    "FIBRINO": (Fibrinogen(),),
    "CK": (Times("CPK increased", (("1", 1), ("2.5", 2), ("5", 3), ("10", 4))),),
    "LDH": (Rises("Blood lactate dehydrogenase increased"),),
    "AMYLASE": (Pancreas("Serum amylase increased"),),
    "LIPASE": (Pancreas("Lipase increased"),),
    "SODIUM": (
        Falls("Hyponatremia", (("130", 2), ("125", 3), ("120", 4)), some(2)),
        Rises("Hypernatremia", (("150", 2), ("155", 3), ("160", 4)), some(1, 2)),
    ),
    "K": (
        Falls("Hypokalemia", (("3.0", 3), ("2.5", 4)), some(1)),
        Rises("Hyperkalemia", (("5.5", 2), ("6.0", 3), ("7.0", 4)), some(1, 2, 3)),
    ),
    "CA": (
        Corrected(Falls("Hypocalcemia", (("2.0", 2), ("1.75", 3), ("1.5", 4)))),
        Corrected(Rises("Hypercalcemia", (("2.9", 2), ("3.1", 3), ("3.4", 4)))),
    ),
    "MG": (
        Falls("Hypomagnesemia", (("0.5", 2), ("0.4", 3), ("0.3", 4))),
        Rises("Hypermagnesemia", (("1.23", 3), ("3.30", 4))),
    ),
    "GLUC": (
        Falls("Hypoglycemia", (("3.0", 2), ("2.2", 3), ("1.7", 4)), some(1, 2, 3)),  # seizures make it 4
        Manual("Hyperglycemia", low=False),
    ),
    "PHOS": (Manual("Hypophosphatemia", low=True),),
    "URATE": (Rises("Hyperuricemia", minimum=some(1)),),
    "CHOL": (Rises("Cholesterol high", (("7.75", 2), ("10.34", 3), ("12.92", 4))),),
    "TRIG": (Triglycerides(),),
    "TSH": (Thyrotropin(),),
    "TROPONI": (Rises("Cardiac troponin I increased", minimum=some(1)),),
    "UPROT24": (Protein24(),),
}
DIPSTICK = {"NEG": 0, "TRACE": 0, "P1": 1, "P2": 2, "P3": 2, "P4": 3}


def grade(code: str, value: Decimal | None, context: Context) -> Grade | None:
    """The grade of an SI value; none when the test has no grade or it cannot be told."""
    rules = RULES.get(code, ())
    if value is None or not rules:
        return None
    found = [rule.grade(value, context) for rule in rules]
    for one in found:
        if one is not None and one.term:
            return one
    return None if None in found else NORMAL


def dipstick_grade(result: str | None, over_24h: Grade | None = None) -> Grade | None:
    """Proteinuria by dipstick; the value of 24 hours in the same record overrides it."""
    if over_24h is not None:
        return over_24h
    return None if result not in DIPSTICK else _graded("Proteinuria", DIPSTICK[result], frozenset())
