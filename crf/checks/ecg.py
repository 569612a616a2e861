"""Edit checks (crf-book 3.F ECG: CK-110 to CK-115)."""

from __future__ import annotations

from collections.abc import Iterator

from .engine import Hit, Look, check
from .near import after_first_dose, baseline

QT_PROLONGED = "Electrocardiogram QT corrected interval prolonged"


@check("CK-110", on="EG")
def ck_110_printed_qtcf_differs(look: Look) -> Iterator[Hit]:
    derived, printed = look.get("eg_qtcf"), look.get("eg_qtcf_rep")
    if derived is not None and printed is not None and abs(derived - printed) > 15:
        yield look.hit("eg_qtcf_rep", eg_qtcf=derived, eg_qtcf_rep=printed)


@check("CK-111", on="EG", reads=["EG", "EC", "AE1"])
def ck_111_qtcf_grade_3_without_event(look: Look) -> Iterator[Hit]:
    """The rule asks for an event at any time. Baseline: the last QTcF on or before C1D1."""
    now, start = look.get("eg_qtcf"), baseline(look.folder, "EG", "eg_qtcf", "egdat")
    if now is None:
        return
    later = start is not None and after_first_dose(look, look.get("egdat"))
    prolonged = now >= 501 or (later and start is not None and now - start.value > 60)
    if prolonged and not any(event.get("ae_ctcae") == QT_PROLONGED for event in look.book.all("AE1")):
        yield look.hit("eg_qtcf", eg_qtcf=now, baseline=start.value if start else "")


@check("CK-112", on="EG")
def ck_112_qt_longer_than_rr(look: Look) -> Iterator[Hit]:
    """RR in ms is 60000 / heart rate."""
    qt, rate = look.get("eg_qt"), look.get("eg_hr")
    if qt is not None and rate is not None and qt * rate >= 60000:
        yield look.hit("eg_qt", eg_qt=qt, eg_hr=rate)


@check("CK-113", on="EG")
def ck_113_significant_ecg_without_link(look: Look) -> Iterator[Hit]:
    if look.get("egorres") == "ABN_CS" and look.get("eg_aeref") is None:
        yield look.hit("eg_aeref")


@check("CK-114", on="EG")
def ck_114_low_ejection_fraction(look: Look) -> Iterator[Hit]:
    fraction = look.get("lvef")
    if fraction is not None and fraction < 50:
        yield look.hit("lvef")


@check("CK-115", on="EG")
def ck_115_normal_though_an_interval_is_not(look: Look) -> Iterator[Hit]:
    qtcf, rate = look.get("eg_qtcf"), look.get("eg_hr")
    abnormal = (qtcf is not None and qtcf > 470) or (rate is not None and (rate > 120 or rate < 45))
    if look.get("egorres") == "NORMAL" and abnormal:
        yield look.hit("egorres", eg_qtcf=qtcf, eg_hr=rate)
