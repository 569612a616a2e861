"""P-3 to P-10, G-36, D-23 and D-24 of the CRF book: from two central reads to one result.

The value is weighted by area, compared unrounded; two agreeing readers give their mean, otherwise a third
decides, and until then the endpoint is pending. What was not resected blocks pCR only.
"""

from __future__ import annotations

from typing import Any

import pytest

from .build import course, endpoint, nodule, one, pathology, read, resection

Reads = list[dict[str, Any]]


def central(
    *reads: dict[str, Any], adjudication: dict[str, Any] | None = None, **surgery: Any
) -> dict[str, Any]:
    return course(surgery=resection(**surgery), pathology=pathology(*reads, adjudication=adjudication))


def twice(*nodules: dict[str, Any], **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return read("READER 1", *nodules, **more), read("READER 2", *nodules, **more)


# nodules -> viable %, MPR, MPR_UNWEIGHTED
WEIGHTS: list[Any] = [
    pytest.param(
        [("60", "52", "8"), ("18", "15", "0")], 7.362831858407079, "Y", "Y", id="D-23, first example"
    ),
    pytest.param(
        [("40", "30", "20"), ("35", "30", "0"), ("10", "8", "60")],
        12.360515021459227,
        "N",
        "N",
        id="D-23, second example",
    ),
    pytest.param([("40", "30", "10")], 10.0, "Y", "Y", id="10.0 qualifies"),
    pytest.param([("40", "30", "10.01")], 10.01, "N", "N", id="10.01 does not"),
    pytest.param(
        [("40", "40", "5"), ("10", "10", "60")], 8.235294117647058, "Y", "N", id="P-3: the weight decides"
    ),
    pytest.param([("7", "3", "10"), ("11", "13", "10")], 10.0, "Y", "Y", id="exact in spite of the division"),
]


@pytest.mark.parametrize(("nodules", "rvt", "mpr", "unweighted"), WEIGHTS)
def test_weighted_value(nodules: list[tuple[str, str, str]], rvt: float, mpr: str, unweighted: str) -> None:
    data = central(*twice(*(nodule(*row) for row in nodules)))
    made = endpoint(data, "MPR")
    assert made["value"] == mpr
    assert made["rvt_pct"] == pytest.approx(rvt, rel=1e-12)
    assert endpoint(data, "MPR_UNWEIGHTED")["value"] == unweighted


def decided(first: str, second: str, third: str | None = None) -> tuple[str, str, float | None]:
    adjudication = read("ADJUDICATOR", one(third)) if third is not None else None
    data = central(read("READER 1", one(first)), read("READER 2", one(second)), adjudication=adjudication)
    made = endpoint(data, "MPR")
    return made["value"], endpoint(data, "PCR")["value"], made["rvt_pct"]


# reader 1, reader 2, adjudicator -> MPR, pCR, final value
AGREEMENT: list[Any] = [
    pytest.param("7.4", "9.2", None, ("Y", "N", 8.3), id="D-24: agreed, the mean"),
    pytest.param(
        "8", "12", None, ("PENDING", "PENDING", None), id="D-24: MPR discordant, nobody decided yet"
    ),
    pytest.param("8", "12", "9", ("Y", "N", 9.0), id="D-24: MPR discordant, adjudicated"),
    pytest.param("30", "45", "35", ("N", "N", 35.0), id="D-24: 15 points apart, adjudicated"),
    pytest.param("0", "1", "0", ("Y", "Y", 0.0), id="D-24: pCR discordant, adjudicated"),
    pytest.param("30", "40", None, ("N", "N", 35.0), id="10 points apart still agree"),
    pytest.param("30", "40.1", None, ("PENDING", "PENDING", None), id="more than 10 points do not"),
    pytest.param("3", "6", "50", ("Y", "N", 4.5), id="agreed: an adjudication changes nothing"),
    pytest.param("0", "0", None, ("Y", "Y", 0.0), id="pCR is included in MPR"),
]


@pytest.mark.parametrize(("first", "second", "third", "expected"), AGREEMENT)
def test_two_readers(
    first: str, second: str, third: str | None, expected: tuple[str, str, float | None]
) -> None:
    assert decided(first, second, third) == expected


def test_ten_points_apart_in_spite_of_the_division() -> None:
    """P-9, G-4: 16.67 and 6.67 % by thirds are exactly ten points apart."""
    first = read("READER 1", nodule("1", "1", "50"), nodule("2", "1", "0"))
    second = read("READER 2", nodule("1", "1", "20"), nodule("2", "1", "0"))
    data = central(first, second, adjudication=None)
    assert endpoint(data, "PCR", mpr_threshold_pct=20)["value"] == "N"


# changes of both reads -> MPR, pCR
COMPLETE: list[Any] = [
    pytest.param({}, ("Y", "Y"), id="nothing viable, nothing elsewhere, adequate"),
    pytest.param({"viable_elsewhere": True}, ("Y", "N"), id="viable tumour elsewhere"),
    pytest.param(
        {"viable_elsewhere": None}, ("Y", "N"), id="elsewhere not answered: not evaluable, counted as no"
    ),
    pytest.param({"adequacy": "LIMITED"}, ("Y", "N"), id="limited sampling: not evaluable (P-7)"),
    pytest.param(
        {"adequacy": "INADEQUATE", "nodules": []}, ("N", "N"), id="inadequate for both: no, with the reason"
    ),
]


@pytest.mark.parametrize(("changes", "expected"), COMPLETE)
def test_complete_response(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    data = central(*(row | changes for row in twice(one("0"))))
    assert (endpoint(data, "MPR")["value"], endpoint(data, "PCR")["value"]) == expected


def test_carcinoma_in_situ_counts_and_is_named() -> None:
    """P-6, Q-17: only in situ is complete, and the step says so."""
    data = central(*twice(nodule("40", "30", "0", in_situ_only=True)))
    made = endpoint(data, "PCR")
    assert made["value"] == "Y"
    assert any("in situ" in step["text"] for step in made["steps"])


@pytest.mark.parametrize("left", [{"tumour_left": True}, {"margin": "R2"}])
def test_tumour_left_behind(left: dict[str, Any]) -> None:
    """P-4: blocks pCR; MPR comes from the resected part, with a flag."""
    data = central(*twice(one("0")), **left)
    assert endpoint(data, "PCR")["value"] == "N"
    made = endpoint(data, "MPR")
    assert made["value"] == "Y"
    assert any(step["rule"] == "P-4" for step in made["steps"])


# reads -> MPR
COUNTED: list[Any] = [
    pytest.param([], "PENDING", id="none"),
    pytest.param([read("READER 1", one("5"))], "PENDING", id="one"),
    pytest.param(
        [read("READER 1", one("5")), read("READER 2", one("5"), final=False)], "PENDING", id="one is a draft"
    ),
    pytest.param(
        [read("READER 1", one("5")), read("READER 2", one("5"), date="2026-05-01")],
        "PENDING",
        id="one after the cut-off",
    ),
    pytest.param(
        [read("READER 1", one("5")), read("READER 2", one("5"), date="2026-04-30")],
        "Y",
        id="one on the cut-off day",
    ),
    pytest.param(
        [read("READER 1", one("5")), read("READER 2", one("5")), read("READER 3", one("90"), final=False)],
        "Y",
        id="a draft of a third reader does not count",
    ),
    pytest.param(
        [read("READER 1", one("5")), read("READER 2", adequacy="INADEQUATE")],
        "PENDING",
        id="adequacy discordant",
    ),
]


@pytest.mark.parametrize(("reads", "expected"), COUNTED)
def test_reads_that_count(reads: Reads, expected: str) -> None:
    assert endpoint(central(*reads), "MPR")["value"] == expected


def test_inadequate_for_the_adjudicator() -> None:
    """G-36: the adjudication is read by the same rules; no value is not reached."""
    reads = read("READER 1", one("5")), read("READER 2", one("50"))
    data = central(*reads, adjudication=read("ADJUDICATOR", adequacy="INADEQUATE"))
    assert endpoint(data, "MPR")["value"] == "N"
    assert endpoint(data, "MPR")["rvt_pct"] is None


@pytest.mark.parametrize(
    ("viable", "at_30", "at_50"), [("30", "Y", "Y"), ("30.1", "N", "Y"), ("50", "N", "N")]
)
def test_other_cut_offs(viable: str, at_30: str, at_50: str) -> None:
    """P-10: at most 30 %, and below 50 %."""
    data = central(*twice(one(viable)))
    assert (endpoint(data, "MPR_30")["value"], endpoint(data, "MPR_50")["value"]) == (at_30, at_50)


def test_volume_weight_needs_every_height() -> None:
    """P-3 option: weighted by volume when all heights are given."""
    flat, tall = nodule("40", "40", "5", height_mm="10"), nodule("10", "10", "60", height_mm="70")
    made = endpoint(central(*twice(flat, tall)), "MPR_VOLUME")
    assert made["rvt_pct"] == pytest.approx((5 * 16000 + 60 * 7000) / 23000)
    assert made["value"] == "N"
    assert endpoint(central(*twice(flat, nodule("10", "10", "60"))), "MPR_VOLUME")["value"] is None
