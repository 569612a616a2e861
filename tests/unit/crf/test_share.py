"""Percentages that a threshold is compared with are kept as they are, and shown so that nobody is misled (P-5, D-24)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crf.fields import FieldError, Share
from crf.registry import form_def

TYPED = form_def("CPATH").section("CP2").fields
SHARE = next(field for field in TYPED if field.name == "cpn_rvt")
FINAL = form_def("CPATHF").fields["cpf_rvt"]


@pytest.mark.parametrize(
    ("typed", "stored", "written"),
    [
        ("8", "8", "8.0"),
        ("8.50", "8.5", "8.5"),
        ("10.01", "10.01", "10.01"),
        ("9.99", "9.99", "9.99"),
        ("0", "0", "0.0"),
        ("100", "100", "100.0"),
    ],
)
def test_a_share_is_written_as_exactly_as_it_was_given(typed: str, stored: str, written: str) -> None:
    value = SHARE.read_text(typed)
    assert value == Decimal(stored)
    assert SHARE.to_text(value) == written
    assert SHARE.from_text(written) == value


def test_more_places_than_are_kept_are_refused_and_never_rounded() -> None:
    with pytest.raises(FieldError):
        SHARE.read_text("10.001")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("8.3", "8.3"),
        ("7.358491", "7.4"),
        ("10", "10.0"),
        ("10.01", "10.01"),
        ("10.004", "10.004"),
        ("9.99", "9.99"),
        ("9.95", "9.95"),
        ("10.05", "10.05"),
        ("10.06", "10.1"),
        ("9.94", "9.9"),
    ],
)
def test_a_calculated_share_has_two_places_beside_the_threshold(value: str, shown: str) -> None:
    assert isinstance(FINAL, Share)
    assert FINAL.to_raw(Decimal(value)) == shown


def test_a_calculated_share_is_stored_to_six_places() -> None:
    mean = (Decimal(60 * 52 * 8) + 0) / (60 * 52 + 18 * 15)
    assert FINAL.to_text(mean) == "7.362832"
