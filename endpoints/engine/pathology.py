"""Section 4, G-36: central reads to one result for the specimen."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from endpoints.engine import codes
from endpoints.engine.codes import NE, N, Y
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Read, Step, gettext_noop
from endpoints.engine.types import CentralRead, Nodule

ONE = Decimal(1)

READER = gettext_noop(
    "{reader}: {rvt} % viable tumour over {count} nodules (weighted by area), MPR {mpr}, pCR {pcr}."
)
READER_INADEQUATE = gettext_noop("{reader}: the specimen is inadequate; no value.")
PCR_TUMOUR = gettext_noop("{reader}: viable tumour in a nodule or elsewhere; not a complete response.")
PCR_COMPLETE = gettext_noop(
    "{reader}: no viable tumour in any nodule nor elsewhere, adequate sampling; complete."
)
PCR_IN_SITU = gettext_noop(
    "{reader}: only carcinoma in situ; counted as complete, to be listed for the statistician."
)
PCR_NOT_EVALUABLE = gettext_noop(
    "{reader}: 0 % viable, but sampling or tumour elsewhere is not settled; not evaluable."
)


class Reading(NamedTuple):
    """P-3, P-5, P-6: what one central read says."""

    read: CentralRead
    rvt: Decimal | None
    mpr: str
    pcr: str
    reads: tuple[Read, ...]
    rvt_step: Step
    pcr_step: Step


def area(nodule: Nodule) -> Decimal | None:
    """P-3: the area of the tumour bed (the factor pi/4 cancels)."""
    return nodule.length_mm * nodule.width_mm if nodule.length_mm and nodule.width_mm else None


def volume(nodule: Nodule) -> Decimal | None:
    """P-3 option: the volume of the tumour bed (the factor pi/6 cancels)."""
    flat = area(nodule)
    return flat * nodule.height_mm if flat and nodule.height_mm else None


def equal(nodule: Nodule) -> Decimal:
    """P-3: every nodule counts the same."""
    return ONE


def viable_share(read: CentralRead, weight: Callable[[Nodule], Decimal | None] = area) -> Decimal | None:
    """P-3: the weighted mean of viable % over all resected nodules; none when a weight is missing."""
    part = whole = Decimal(0)
    for nodule in read.nodules:
        share = weight(nodule)
        if share is None or nodule.viable_pct is None:
            return None
        part += nodule.viable_pct * share
        whole += share
    return part / whole if whole else None


def major(rvt: Decimal, settings: Settings) -> str:
    """P-5: viable tumour of at most 10 %, unrounded; 10.0 qualifies, 10.01 does not."""
    return Y if rvt <= settings.mpr_threshold_pct else N


def complete(read: CentralRead) -> tuple[str, str]:
    """P-6, P-7, G-36: pathologic complete response by one reader, with the sentence for it."""
    if read.viable_elsewhere or any(nodule.viable_pct for nodule in read.nodules):
        return N, PCR_TUMOUR
    if read.adequacy == codes.ADEQUATE and read.viable_elsewhere is False:
        in_situ = any(nodule.in_situ_only for nodule in read.nodules)
        return Y, PCR_IN_SITU if in_situ else PCR_COMPLETE
    return NE, PCR_NOT_EVALUABLE


def reading(read: CentralRead, settings: Settings) -> Reading:
    """G-36: one read by the rules; an inadequate specimen has no value."""
    adequacy = Read(f"{read.path}.adequacy", read.adequacy)
    if read.adequacy == codes.INADEQUATE:
        step = Step("G-36", READER_INADEQUATE, {"reader": read.reader}, (adequacy,))
        return Reading(read, None, NE, NE, (adequacy,), step, step)
    rvt = viable_share(read)
    assert rvt is not None  # checked: a readable specimen has nodules with sizes and values (G-39)
    mpr = major(rvt, settings)
    pcr, sentence = complete(read)
    reads = [adequacy]
    for nodule in read.nodules:
        reads += (
            Read(f"{nodule.path}.viable_pct", nodule.viable_pct),
            Read(f"{nodule.path}.length_mm", nodule.length_mm),
            Read(f"{nodule.path}.width_mm", nodule.width_mm),
        )
    reads.append(Read(f"{read.path}.viable_elsewhere", read.viable_elsewhere))
    params = {"reader": read.reader, "rvt": float(rvt), "count": len(read.nodules), "mpr": mpr, "pcr": pcr}
    every = tuple(reads)
    rvt_step = Step("P-3", READER, params, every)
    pcr_step = Step("P-6", sentence, {"reader": read.reader}, every)
    return Reading(read, rvt, mpr, pcr, every, rvt_step, pcr_step)


def mvi_grade(count: int, farther_than_1_cm: bool, blocks: int = 7) -> str:
    """P-11, P-12: M0 none, M1 at most 5 and all within 1 cm, M2 otherwise; M0 needs seven blocks."""
    if count == 0:
        return "M0" if blocks >= 7 else NE
    return "M2" if count > 5 or farther_than_1_cm else "M1"
