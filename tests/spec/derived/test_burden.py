"""D-09 Milan and up-to-seven, D-10 BCLC, D-11 CNLC."""

from decimal import Decimal
from typing import Any

import pytest

from crf import derived

YES = {"Y": True, "N": False, "": None}


def size(mm: str) -> Decimal | None:
    return Decimal(mm) if mm else None


# number, largest mm, macrovascular, extrahepatic, Milan, up-to-seven
MILAN = [
    (1, "50", "N", "N", "WITHIN", "WITHIN"),
    (1, "50.1", "N", "N", "BEYOND", "WITHIN"),
    (3, "30", "N", "N", "WITHIN", "WITHIN"),
    (3, "30.1", "N", "N", "BEYOND", "WITHIN"),
    (2, "82", "N", "N", "BEYOND", "BEYOND"),
    (4, "20", "N", "N", "BEYOND", "WITHIN"),
    (1, "30", "Y", "N", "BEYOND", "BEYOND"),
    (1, "30", "N", "Y", "BEYOND", "WITHIN"),
    (1, "60", "N", "N", "BEYOND", "WITHIN"),  # 1 + 6.0 = 7 is still up to seven
    (1, "60.1", "N", "N", "BEYOND", "BEYOND"),
    (0, "", "N", "N", "WITHIN", "WITHIN"),
    (1, "", "N", "N", "NE", "NE"),
    (None, "30", "N", "N", "NE", "NE"),
    (1, "30", "", "N", None, None),  # "within" hangs on the missing answer …
    (1, "80", "", "N", "BEYOND", "BEYOND"),  # … "beyond" does not
    (1, "30", "N", "", None, "WITHIN"),
]


@pytest.mark.parametrize("count, mm, macro, ehs, milan, up7", MILAN)
def test_milan(count: int | None, mm: str, macro: str, ehs: str, milan: str | None, up7: str | None) -> None:
    assert derived.milan(count, size(mm), YES[macro], YES[ehs]) == milan
    assert derived.up_to_seven(count, size(mm), YES[macro]) == up7


def test_too_many_to_count_is_beyond() -> None:
    assert derived.milan(None, None, False, False, uncountable=True) == "BEYOND"
    assert derived.up_to_seven(None, None, False, uncountable=True) == "BEYOND"
    assert derived.bclc(None, None, False, False, uncountable=True) == "B"
    assert derived.cnlc(None, None, False, False, uncountable=True) == "IIb"


# number, largest mm, macrovascular, extrahepatic, Child-Pugh, ECOG, BCLC, CNLC
STAGES = [
    (1, "78", "N", "N", "A", 0, "A", "Ib"),
    (2, "82", "N", "N", "A", 0, "B", "IIa"),
    (5, "25", "N", "N", "A", 0, "B", "IIb"),
    (3, "28", "N", "N", "A", 0, "A", "Ib"),
    (2, "60", "Y", "N", "A", 1, "C", "IIIa"),
    (1, "20", "N", "N", "A", 0, "0", "Ia"),
    (1, "20.1", "N", "N", "A", 0, "A", "Ia"),
    (1, "50", "N", "N", "A", 0, "A", "Ia"),
    (1, "50.1", "N", "N", "A", 0, "A", "Ib"),
    (3, "30", "N", "N", "A", 0, "A", "Ib"),
    (3, "30.1", "N", "N", "A", 0, "B", "IIa"),
    (4, "20", "N", "N", "A", 0, "B", "IIb"),
    (1, "60", "N", "Y", "A", 0, "C", "IIIb"),
    (1, "60", "Y", "Y", "A", 0, "C", "IIIb"),
    (1, "60", "N", "N", "C", 0, "D", "IV"),
    (1, "60", "N", "N", "A", 3, "D", "IV"),
    (1, "60", "N", "N", "A", 2, "A", "Ib"),  # ECOG 2 that the tumour did not cause
    (1, "60", "", "N", "A", 0, None, None),
    (1, "60", "N", "", "A", 0, None, None),
    (None, "60", "N", "N", "A", 0, None, None),
    (2, "", "N", "N", "A", 0, None, None),
]


@pytest.mark.parametrize("count, mm, macro, ehs, cp, ecog, bclc, cnlc", STAGES)
def test_stages(count: Any, mm: str, macro: str, ehs: str, cp: str, ecog: int, bclc: Any, cnlc: Any) -> None:
    burden = (count, size(mm), YES[macro], YES[ehs])
    assert derived.bclc(*burden, ecog=ecog, child_pugh=cp) == bclc
    assert derived.cnlc(*burden, ecog=ecog, child_pugh=cp) == cnlc


def test_a_performance_status_caused_by_the_tumour_is_bclc_c() -> None:
    assert derived.bclc(1, Decimal(60), False, False, ecog=1, ecog_by_tumour=True) == "C"
    assert derived.bclc(1, Decimal(60), False, False, ecog=0, ecog_by_tumour=True) == "A"


def test_what_was_not_recorded_does_not_worsen_the_stage() -> None:
    assert derived.bclc(2, Decimal(82), False, False) == "B"
    assert derived.cnlc(2, Decimal(82), False, False) == "IIa"
