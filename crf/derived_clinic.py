"""Derived values of body, liver, kidney and heart (crf-book 4.1, 4.2) and D-26: pure functions, exact decimals.

Missing input gives `None`, never 0. Nothing is rounded here but where the book says so: the column has its places.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from .derived import HUNDRED, TOLERANCE, half_up

UMOL_PER_MG_DL = Decimal("88.4")  # creatinine


# --- body -------------------------------------------------------------------------------------------------


def bmi(weight: Decimal | None, height: Decimal | None) -> Decimal | None:
    """D-02, kg/m²: weight / (height in m)²."""
    return None if not weight or not height else weight / (height / HUNDRED) ** 2


def weight_change(weight: Decimal | None, baseline: Decimal | None) -> Decimal | None:
    """D-05, %: 100 × (weight − baseline) / baseline."""
    return None if weight is None or not baseline else HUNDRED * (weight - baseline) / baseline


def weight_grade(change_pct: Decimal | None) -> tuple[str, int] | None:
    """D-05: the suggested CTCAE term and grade of a change: 5 %, 10 % and 20 % begin grades 1, 2 and 3. [S-11]"""
    if change_pct is None:
        return None
    size = abs(change_pct) + TOLERANCE
    grade = sum(size >= bound for bound in (5, 10, 20))
    return ("Weight loss" if change_pct < 0 else "Weight gain", grade) if grade else None


# --- liver ------------------------------------------------------------------------------------------------

ASCITES_POINTS = {"NONE": 1, "MILD": 2, "MODSEV": 3}
ENCEPHALOPATHY_POINTS = {"NONE": 1, "G1_2": 2, "G3_4": 3}


def _rising(value: Decimal | None, low: str, high: str) -> int | None:
    """1 below `low`, 2 from `low` to `high`, 3 above."""
    if value is None:
        return None
    return 1 if value < Decimal(low) else 2 if value <= Decimal(high) else 3


def _falling(value: Decimal | None, low: str, high: str) -> int | None:
    """1 above `high`, 2 from `low` to `high`, 3 below."""
    if value is None:
        return None
    return 1 if value > Decimal(high) else 2 if value >= Decimal(low) else 3


class ChildPugh(NamedTuple):
    """D-06: 5 to 15 points and the class."""

    score: int
    letter: str


def coagulation_points(inr: Decimal | None, prolonged_s: Decimal | None, by: str = "INR") -> int | None:
    """A-28: by INR, or by the prolongation of PT in seconds; the other when the first is missing."""
    points = [_rising(inr, "1.7", "2.3"), _rising(prolonged_s, "4", "6")]
    first, second = points if by == "INR" else reversed(points)
    return first if first is not None else second


def child_pugh(
    bilirubin: Decimal | None,
    albumin: Decimal | None,
    coagulation: int | None,
    ascites: str | None,
    encephalopathy: str | None,
) -> ChildPugh | None:
    """D-06 from µmol/L, g/L, points of coagulation, and the two clinical answers; none unless all five are known. [K]"""
    points: Sequence[int | None] = (
        _rising(bilirubin, "34.2", "51.3"),
        _falling(albumin, "28", "35"),
        coagulation,
        ASCITES_POINTS.get(ascites or ""),
        ENCEPHALOPATHY_POINTS.get(encephalopathy or ""),
    )
    known = [point for point in points if point is not None]
    if len(known) < len(points):
        return None
    score = sum(known)
    return ChildPugh(score, "A" if score <= 6 else "B" if score <= 9 else "C")


class Albi(NamedTuple):
    """D-07: the score, unrounded, and its grade."""

    score: Decimal
    grade: int


def albi(bilirubin: Decimal | None, albumin: Decimal | None) -> Albi | None:
    """D-07: 0.66 × log10(bilirubin µmol/L) − 0.085 × albumin g/L; the grade by the unrounded score. [S-19]"""
    if bilirubin is None or bilirubin <= 0 or albumin is None:
        return None
    score = Decimal("0.66") * bilirubin.log10() - Decimal("0.085") * albumin
    return Albi(score, 1 if score <= Decimal("-2.60") else 2 if score <= Decimal("-1.39") else 3)


# --- kidney, heart, virus ---------------------------------------------------------------------------------


def creatinine_clearance(
    age: int | None, weight: Decimal | None, creatinine: Decimal | None, sex: str | None
) -> Decimal | None:
    """D-08, mL/min (Cockcroft-Gault) from years, kg and µmol/L. [S-11b]"""
    if age is None or not weight or not creatinine or sex not in ("M", "F"):
        return None
    clearance = (140 - age) * weight * UMOL_PER_MG_DL / (72 * creatinine)
    return clearance * Decimal("0.85") if sex == "F" else clearance


def qtcf(qt_ms: int | None, heart_rate: int | None) -> int | None:
    """D-12, ms, rounded to 1 ms: QT / ∛RR, RR = 60 / heart rate in seconds."""
    if not qt_ms or not heart_rate:
        return None
    rr = Decimal(60) / heart_rate
    return int(half_up(qt_ms / rr ** (Decimal(1) / 3), 0))


def qtcf_grade(qtcf_ms: int | None, baseline_ms: int | None = None) -> int | None:
    """D-12, CTCAE v5: 450 grade 1, 481 grade 2, 501 or more than 60 ms over baseline grade 3. [S-11]"""
    if qtcf_ms is None:
        return None
    if qtcf_ms >= 501 or (baseline_ms is not None and qtcf_ms - baseline_ms > 60):
        return 3
    return 2 if qtcf_ms >= 481 else 1 if qtcf_ms >= 450 else 0


def blood_pressure_grade(systolic: int | None, diastolic: int | None) -> int | None:
    """D-14: the grade that the numbers alone suggest; the grade of the event also depends on treatment."""
    if systolic is None or diastolic is None:
        return None
    bounds = ((160, 100), (140, 90), (120, 80))
    reached = (3 - place for place, (high, low) in enumerate(bounds) if systolic >= high or diastolic >= low)
    return max(reached, default=0)


def log10(value: Decimal | None, operator: str | None) -> Decimal | None:
    """D-16: only of a value that was measured (operator "=")."""
    return value.log10() if operator == "EQ" and value is not None and value > 0 else None


# --- skin -------------------------------------------------------------------------------------------------


def rccep_grade(generalised: bool | None, largest_mm: Decimal | None) -> int | None:
    """D-26, three grades: generalised 3; else larger than 10 mm 2; else 1. [S-10, K]"""
    if generalised:
        return 3
    if generalised is None or largest_mm is None:
        return None
    return 2 if largest_mm > 10 else 1
