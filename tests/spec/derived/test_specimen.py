"""D-23 viable tumour of the case, D-24 reader classes and adjudication, D-25 liver failure, surgery."""

from decimal import Decimal
from typing import Any

import pytest

from crf import derived
from crf.derived import Bed, Final, Reading, Sample


def bed(length: Any, width: Any, viable: Any, height: Any = None) -> Bed:
    return Bed(*(None if v is None else Decimal(v) for v in (length, width, height, viable)))


# beds, case RVT with two decimals
CASES = [
    ([bed(60, 52, 8), bed(18, 15, 0)], "7.36"),
    ([bed(40, 30, 20), bed(35, 30, 0), bed(10, 8, 60)], "12.36"),
    ([bed(33, 21, 10)], "10.00"),
    ([bed(40, 40, 5), bed(10, 10, 60)], "8.24"),
    ([bed(60, 52, 10), bed(18, 15, 0)], "9.20"),
    ([bed(60, 52, None)], None),
    ([bed(60, None, 8)], None),
    ([], None),
]


@pytest.mark.parametrize("beds, rvt", CASES)
def test_case_rvt(beds: list[Bed], rvt: str | None) -> None:
    found = derived.case_rvt(beds)
    assert (None if found is None else str(derived.half_up(found, 2))) == rvt


def test_other_weights() -> None:
    beds = [bed(40, 40, 5, 40), bed(10, 10, 60, 10)]
    assert derived.case_rvt(beds, "equal") == Decimal("32.5")
    assert derived.case_rvt(beds, "worst") == 60
    volume = derived.case_rvt(beds, "volume")
    assert volume is not None
    assert derived.half_up(volume, 2) == Decimal("5.85")
    assert derived.case_rvt([bed(40, 40, 5)], "volume") is None


# MVI, satellites, thrombus, nodes, margin, viable elsewhere
ELSEWHERE = [
    ("M0", "N", "NA", "NA", "NEG", False),
    ("M0", "N", "N", "N", "NEG", False),
    ("M1", "N", "N", "N", "NEG", True),
    ("M0", "Y", "N", "N", "NEG", True),
    ("M0", "N", "Y", "N", "NEG", True),
    ("M0", "N", "N", "Y", "NEG", True),
    ("M0", "N", "N", "N", "POS", True),
    ("NE", "N", "N", "N", "NEG", None),
    ("M0", "U", "N", "N", "NEG", None),
    ("M0", None, "N", "N", "NEG", None),
    ("M0", "N", "N", "N", "NE", None),
    ("NE", "U", "Y", None, None, True),  # one yes is enough
]


@pytest.mark.parametrize("mvi, satellite, thrombus, nodes, margin, elsewhere", ELSEWHERE)
def test_viable_elsewhere(
    mvi: Any, satellite: Any, thrombus: Any, nodes: Any, margin: Any, elsewhere: Any
) -> None:
    assert derived.viable_elsewhere(mvi, satellite, thrombus, nodes, margin) is elsewhere


# adequacy, viable %, elsewhere, MPR, pCR
CLASSES = [
    ("ADEQUATE", "10", False, "Y", "N"),
    ("ADEQUATE", "10.1", False, "N", "N"),
    ("ADEQUATE", "0", False, "Y", "Y"),
    ("ADEQUATE", "0", True, "Y", "N"),
    ("ADEQUATE", "0", None, "Y", "NE"),
    ("LIMITED", "0", False, "Y", "NE"),
    ("LIMITED", "5", False, "Y", "N"),
]


@pytest.mark.parametrize("adequacy, viable, elsewhere, mpr, pcr", CLASSES)
def test_reader_classes(adequacy: str, viable: str, elsewhere: bool | None, mpr: str, pcr: str) -> None:
    found = derived.reading(adequacy, [bed(20, 20, viable)], elsewhere)
    assert found == Reading(adequacy, Decimal(viable), mpr, pcr)


def test_mpr_is_decided_before_rounding() -> None:
    """100 × 10 mm at 10.0 % and 1 × 1 mm at 20 %: 10.01 %, shown as 10.0, is no MPR."""
    found = derived.reading("ADEQUATE", [bed(100, 10, 10), bed(1, 1, 20)], False)
    assert found is not None
    assert found.mpr == "N"
    assert str(derived.half_up(found.rvt or Decimal(0), 1)) == "10.0"


def test_an_inadequate_specimen_has_no_value_and_an_unfinished_record_none_at_all() -> None:
    assert derived.reading("INADEQUATE", [], None) == Reading("INADEQUATE", None, "NE", "NE")
    assert derived.reading(None, [bed(20, 20, 5)], False) is None
    assert derived.reading("ADEQUATE", [], False) is None
    assert derived.reading("ADEQUATE", [bed(20, 20, None)], False) is None


def read(text: str) -> Reading | None:
    """`8 N` → a reading with 8 % and pCR N; `-` → inadequate."""
    if not text:
        return None
    if text == "-":
        return Reading("INADEQUATE", None, "NE", "NE")
    rvt, pcr = text.split()
    return Reading("ADEQUATE", Decimal(rvt), "Y" if Decimal(rvt) <= 10 else "N", pcr)


# reader 1, reader 2, adjudicator, needed, reasons, final RVT, MPR, pCR
FINALS = [
    ("7.4 N", "9.2 N", "", False, "", "8.3", "Y", "N"),
    ("8 N", "12 N", "", True, "MPR_DISC", None, None, None),
    ("8 N", "12 N", "9 N", True, "MPR_DISC", "9", "Y", "N"),
    ("30 N", "45 N", "35 N", True, "RVT_DIFF", "35", "N", "N"),
    ("0 Y", "1 N", "0 Y", True, "PCR_DISC", "0", "Y", "Y"),
    ("20 N", "30 N", "", False, "", "25", "N", "N"),  # 10 points apart is not more than 10
    ("20 N", "30.1 N", "", True, "RVT_DIFF", None, None, None),
    ("10 N", "10 N", "", False, "", "10", "Y", "N"),
    ("8 N", "14 N", "9 N", True, "MPR_DISC", "9", "Y", "N"),
    ("3 N", "6 N", "", False, "", "4.5", "Y", "N"),
    ("-", "-", "", False, "", None, "NE", "NE"),
    ("8 N", "-", "", True, "MPR_DISC PCR_DISC ADEQ_DISC", None, None, None),
    ("8 N", "-", "-", True, "MPR_DISC PCR_DISC ADEQ_DISC", None, "NE", "NE"),
    ("8 N", "", "", None, "", None, None, None),
    ("", "", "", None, "", None, None, None),
    ("3 N", "6 N", "50 N", False, "", "4.5", "Y", "N"),  # not asked for, not used
]


@pytest.mark.parametrize("one, two, third, need, reasons, rvt, mpr, pcr", FINALS)
def test_final_result(
    one: str, two: str, third: str, need: Any, reasons: str, rvt: Any, mpr: Any, pcr: Any
) -> None:
    found = derived.final_result(read(one), read(two), read(third))
    assert found == Final(need, tuple(reasons.split()), None if rvt is None else Decimal(rvt), mpr, pcr)


def test_a_different_adequacy_alone_needs_an_adjudicator() -> None:
    one, two = Reading("ADEQUATE", Decimal(5), "Y", "N"), Reading("LIMITED", Decimal(5), "Y", "N")
    assert derived.disagreement(one, two) == ("ADEQ_DISC",)


def sample(pod: int, inr: str, bili: str) -> Sample:
    return Sample(
        pod, Decimal(inr) if inr else None, Decimal("1.20"), Decimal(bili) if bili else None, Decimal("23.0")
    )


# samples, before surgery, failure
FAILURES = [
    ([sample(5, "1.24", "27.4")], None, True),
    ([sample(5, "1.24", "20")], None, False),
    ([sample(3, "1.6", "50")], None, None),  # too early: nothing to judge from
    ([sample(3, "1.6", "50"), sample(5, "1.1", "20")], None, False),
    ([sample(5, "1.20", "27.4")], None, False),  # the limit itself is not above it
    ([sample(5, "1.21", "23.1")], None, True),
    ([sample(5, "1.1", "20"), sample(7, "1.3", "30")], None, True),
    ([sample(5, "1.3", "30")], sample(-2, "1.3", "14"), False),  # was as high before surgery
    ([sample(5, "1.31", "30")], sample(-2, "1.3", "14"), True),
    ([sample(5, "1.24", "27.4")], sample(-2, "1.06", "16.8"), True),
    ([sample(5, "", "30")], None, None),
    ([], None, None),
]


@pytest.mark.parametrize("samples, before, failure", FAILURES)
def test_liver_failure(samples: list[Sample], before: Sample | None, failure: bool | None) -> None:
    assert derived.liver_failure(samples, before) is failure


def test_major_resection_is_three_segments() -> None:
    assert derived.major_resection(("S5", "S8")) is False
    assert derived.major_resection(("S5", "S6", "S7")) is True
    assert derived.major_resection(()) is None
    assert derived.major_resection(None) is None


def test_highest_complication() -> None:
    order = ["I", "II", "IIIa", "IIIb", "IVa", "IVb", "V"]
    assert derived.highest(["II", None, "IIIa"], order) == "IIIa"
    assert derived.highest([], order) is None
