"""Section 5.1, G-20, G-33 to G-35: the tables of events and censorings. First match wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from endpoints.engine import codes
from endpoints.engine.dates import Dated
from endpoints.engine.situation import Situation, last_until
from endpoints.engine.steps import gettext_noop

Ending = Callable[[Situation], Dated | None]


class Row(NamedTuple):
    """One row: when it holds, what ends the interval, whether that is an event, and its name."""

    rule: str
    holds: Callable[[Situation], bool]
    end: Ending
    event: bool
    name: str | None
    message: str


def _at_start(situation: Situation) -> Dated | None:
    return situation.start


def _at_event(situation: Situation) -> Dated | None:
    return situation.event


def _before_therapy(situation: Situation) -> Dated | None:
    return last_until(situation.adequate, situation.therapy.date) if situation.therapy else None


def _before_gap(situation: Situation) -> Dated | None:
    return situation.last


def _last_adequate(situation: Situation) -> Dated | None:
    return situation.adequate[-1] if situation.adequate else None


def _is_event(name: str) -> Callable[[Situation], bool]:
    return lambda situation: situation.event is not None and situation.event.name == name


died = _is_event(codes.DEATH)


def _dies_unassessed(situation: Situation) -> bool:
    return not situation.adequate and died(situation)


ROW_1 = Row(
    "T-1",
    lambda situation: not situation.baseline,
    _at_start,
    False,
    codes.NO_BASELINE,
    gettext_noop("Row 1: no baseline tumour assessment; censored at the start."),
)
ROW_2 = Row(
    "T-1",
    lambda situation: (
        not situation.adequate and (situation.event is None or (died(situation) and situation.too_late))
    ),
    _at_start,
    False,
    codes.NO_POST_BASELINE,
    gettext_noop(
        "Row 2: no adequate assessment after baseline and no death within the gap limit;"
        " censored at the start."
    ),
)
ROW_2_POLICY = Row(
    "T-1b",
    lambda situation: not situation.adequate and situation.event is None,
    _at_start,
    False,
    codes.NO_POST_BASELINE,
    gettext_noop("Row 2: no adequate assessment after baseline and no death; censored at the start."),
)
ROW_3 = Row(
    "T-1",
    _dies_unassessed,
    _at_event,
    True,
    codes.DEATH,
    gettext_noop("Row 3: no adequate assessment after baseline; the death is the event."),
)
ROW_4 = Row(
    "T-1",
    lambda situation: situation.therapy_first,
    _before_therapy,
    False,
    codes.NEW_THERAPY,
    gettext_noop(
        "Row 4: new anticancer therapy before any event; censored at the last adequate assessment until then."
    ),
)
ROW_5 = Row(
    "T-1",
    lambda situation: situation.too_late,
    _before_gap,
    False,
    codes.MISSED,
    gettext_noop(
        "Row 5: the event comes after two or more missed assessments; censored at the last one before."
    ),
)
ROW_6 = Row(
    "T-1",
    _is_event(codes.PROGRESSION),
    _at_event,
    True,
    codes.PROGRESSION,
    gettext_noop("Row 6: documented progression is the event."),
)
ROW_7 = Row(
    "T-1",
    _is_event(codes.RECURRENCE),
    _at_event,
    True,
    codes.RECURRENCE,
    gettext_noop("Row 7: recurrence after the resection is the event."),
)
ROW_8 = Row(
    "T-1",
    died,
    _at_event,
    True,
    codes.DEATH,
    gettext_noop("Row 8: death is the event."),
)
ROW_9 = Row(
    "T-1",
    lambda situation: True,
    _last_adequate,
    False,
    codes.LAST_ADEQUATE,
    gettext_noop("Row 9: no event; censored at the last adequate assessment."),
)
ROW_9_SURGERY = Row(
    "T-1c",
    lambda situation: True,
    lambda situation: situation.resection,
    False,
    codes.SURGERY,
    gettext_noop("Row 9: no event up to the resection; censored at the resection."),
)
NO_POSTOPERATIVE = Row(
    "T-2",
    lambda situation: not situation.adequate and situation.event is None,
    _at_start,
    False,
    codes.NO_POST_BASELINE,
    gettext_noop("Neither event nor assessment after the resection; censored at the resection."),
)

PFS_TABLE = (ROW_1, ROW_2, ROW_3, ROW_4, ROW_5, ROW_6, ROW_7, ROW_8, ROW_9)
TREATMENT_POLICY_TABLE = (ROW_1, ROW_2_POLICY, ROW_3, ROW_6, ROW_7, ROW_8, ROW_9)
AT_SURGERY_TABLE = (ROW_1, ROW_2, ROW_3, ROW_4, ROW_5, ROW_6, ROW_8, ROW_9_SURGERY)
DFS_TABLE = (NO_POSTOPERATIVE, ROW_4, ROW_5, ROW_7, ROW_8, ROW_9)
DOR_TABLE = (ROW_4, ROW_5, ROW_6, ROW_7, ROW_8, ROW_9)
