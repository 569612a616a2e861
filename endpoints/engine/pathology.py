"""Section 4, G-36: central reads to one result for the specimen."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from endpoints.engine import codes
from endpoints.engine.codes import NE, N, Y
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Read, Step, Steps, gettext_noop
from endpoints.engine.types import CentralRead, Nodule

TOLERANCE = Decimal("1E-9")  # G-4
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
AGREED = gettext_noop("The two readers agree; the result is their mean, {rvt} %.")
AGREED_INADEQUATE = gettext_noop("Both readers find the specimen inadequate; there is no value.")
ADJUDICATED = gettext_noop("The two readers do not agree ({reason}); {reader} decides: {rvt} %.")
ADJUDICATED_INADEQUATE = gettext_noop(
    "The two readers do not agree ({reason}); {reader} decides: the specimen is inadequate."
)
WAITING_READS = gettext_noop("{count} of two final central reads are there.")
WAITING_ADJUDICATION = gettext_noop(
    "The two readers do not agree ({reason}); there is no final adjudication yet."
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


class Central(NamedTuple):
    """P-9: the final central result, or none yet.

    `sources` are the reads it rests on, `reads` what was read from them; `steps` lead to the value,
    `pcr_steps` to the complete response of each reader.
    """

    final: bool
    rvt: Decimal | None
    mpr: str
    pcr: str
    sources: tuple[CentralRead, ...]
    reads: tuple[Read, ...]
    steps: Steps
    pcr_steps: Steps


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


DISAGREEMENTS: tuple[tuple[str, Callable[[Reading, Reading, Settings], bool]], ...] = (
    ("adequacy", lambda one, two, settings: one.read.adequacy != two.read.adequacy),
    ("MPR", lambda one, two, settings: one.mpr != two.mpr),
    ("pCR", lambda one, two, settings: one.pcr != two.pcr),
    (
        "difference",
        lambda one, two, settings: _apart(one, two) > settings.reader_difference_points + TOLERANCE,
    ),
)


def _apart(one: Reading, two: Reading) -> Decimal:
    return Decimal(0) if one.rvt is None or two.rvt is None else abs(one.rvt - two.rvt)


def disagreement(one: Reading, two: Reading, settings: Settings) -> tuple[str, ...]:
    """P-9: in what the two readers do not agree; empty when they do."""
    return tuple(name for name, differ in DISAGREEMENTS if differ(one, two, settings))


def central_result(
    reads: tuple[CentralRead, ...], adjudication: CentralRead | None, settings: Settings
) -> Central:
    """P-9, G-36: two final reads that agree give their mean; else a final adjudication decides."""
    readings = [reading(read, settings) for read in sorted(reads, key=lambda read: read.reader)]
    if len(readings) < 2:
        there = tuple(read for one in readings for read in one.reads)
        return _waiting(readings, Step("P-9", WAITING_READS, {"count": len(readings)}, there))
    one, two = readings
    reason = disagreement(one, two, settings)
    if not reason:
        return _agreed(one, two)
    params: dict[str, Any] = {"reason": reason}
    both = (*one.reads, *two.reads)
    if adjudication is None:
        return _waiting(readings, Step("P-9", WAITING_ADJUDICATION, params, both))
    third = reading(adjudication, settings)
    params |= {"reader": adjudication.reader, "rvt": None if third.rvt is None else float(third.rvt)}
    message = ADJUDICATED if third.rvt is not None else ADJUDICATED_INADEQUATE
    decided = Step("P-9", message, params, (*both, *third.reads))
    return _final((one, two, third), (third,), third.rvt, decided)


def _waiting(readings: list[Reading], step: Step) -> Central:
    """G-25: no final central result yet."""
    steps = (*(one.rvt_step for one in readings), step)
    return Central(False, None, NE, NE, (), (), steps, tuple([one.pcr_step for one in readings]))


def _agreed(one: Reading, two: Reading) -> Central:
    """P-9: agreed readers; the value is the mean of the two."""
    both = (*one.reads, *two.reads)
    if one.rvt is None or two.rvt is None:
        return _final((one, two), (one, two), None, Step("P-9", AGREED_INADEQUATE, {}, both))
    rvt = (one.rvt + two.rvt) / 2
    return _final((one, two), (one, two), rvt, Step("P-9", AGREED, {"rvt": float(rvt)}, both))


def _final(
    readings: tuple[Reading, ...], deciding: tuple[Reading, ...], rvt: Decimal | None, decided: Step
) -> Central:
    """The result of the deciding reads, with the steps of all."""
    reads = tuple([read for one in deciding for read in one.reads])
    sources = tuple([one.read for one in deciding])
    steps = (*(one.rvt_step for one in readings), decided)
    pcr_steps = tuple([one.pcr_step for one in readings])
    return Central(True, rvt, deciding[0].mpr, deciding[0].pcr, sources, reads, steps, pcr_steps)


def result_share(central: Central, weight: Callable[[Nodule], Decimal | None]) -> Decimal | None:
    """P-3: the final result with another weight, from the same reads."""
    shares = [viable_share(read, weight) for read in central.sources if read.adequacy != codes.INADEQUATE]
    known = [share for share in shares if share is not None]
    if not known or len(known) < len(central.sources):
        return None
    return sum(known, Decimal(0)) / len(known)


def mvi_grade(count: int, farther_than_1_cm: bool, blocks: int = 7) -> str:
    """P-11, P-12: M0 none, M1 at most 5 and all within 1 cm, M2 otherwise; M0 needs seven blocks."""
    if count == 0:
        return "M0" if blocks >= 7 else NE
    return "M2" if count > 5 or farther_than_1_cm else "M1"
