"""The value that forms and engine share: what is known of a date, and what is certain about it."""

from __future__ import annotations

from datetime import date

import pytest

from trialsite.kernel.partial_date import PartialDate

parse = PartialDate.parse


@pytest.mark.parametrize(
    ("text", "precision", "earliest", "latest"),
    [
        ("2026", "Y", date(2026, 1, 1), date(2026, 12, 31)),
        ("2024-02", "M", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", "M", date(2023, 2, 1), date(2023, 2, 28)),
        ("2026-03-09", "D", date(2026, 3, 9), date(2026, 3, 9)),
    ],
)
def test_parsed(text: str, precision: str, earliest: date, latest: date) -> None:
    made = parse(text)
    assert (made.precision, made.earliest, made.latest) == (precision, earliest, latest)
    assert made.isoformat() == str(made) == text
    assert made.complete == (earliest if precision == "D" else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "26",
        "2026-3",
        "2026-13",
        "2026-00",
        "2026-02-30",
        "20260309",
        "2026-W01-1",
        "2026/03/09",
        "2026-03-9",
    ]
    + ["0000", "٢٠٢٦", "2026-", "-2026", "2026--1", " 2026", "2026-03-09T00:00"],
)
def test_not_a_date(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


@pytest.mark.parametrize(
    ("one", "two", "before", "after"),
    [
        ("2026-03", "2026-04", True, False),
        ("2026-03", "2026-03-31", False, False),
        ("2026-03", "2026-04-01", True, False),
        ("2026", "2025", False, True),
        ("2026-03-02", "2026-03-01", False, True),
        ("2026-03-01", "2026-03-01", False, False),
    ],
)
def test_certainly(one: str, two: str, before: bool, after: bool) -> None:
    assert parse(one).certainly_before(parse(two)) is before
    assert parse(one).certainly_after(parse(two)) is after
    if parse(two).complete:
        assert parse(one).certainly_before(parse(two).earliest) is before


def test_two_limits() -> None:
    """First not_before, then not_after, each only inside the possible range."""
    made = parse("2026-03").impute("first", "D", date(2026, 3, 20), date(2026, 3, 10))
    assert made == (date(2026, 3, 10), "D")


def test_of_a_day() -> None:
    assert PartialDate.of(date(2026, 3, 9)) == parse("2026-03-09")
