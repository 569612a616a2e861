"""P-9, G-36: two central reads, and where they do not agree a third, to one result for the specimen."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from endpoints.engine import codes
from endpoints.engine.codes import NE
from endpoints.engine.pathology import Reading, reading, viable_share
from endpoints.engine.settings import Settings
from endpoints.engine.steps import Read, Step, Steps, gettext_noop
from endpoints.engine.types import CentralRead, Nodule

TOLERANCE = Decimal("1E-9")  # G-4
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
