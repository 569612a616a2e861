"""One case for the data manager: what was sent and has arrived, where it is, who reads, what was asked; after the release
what was read. Before the release nothing here holds a percentage or a class."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from crf.checks.pathology import POINTS_APART
from crf.registry import form_def
from crf.selectors.sheets import casebook
from crf.sheets import Casebook, Sheet
from pathology.models import (
    CaseState,
    Custody,
    CustodyEvent,
    ItemState,
    PathologyCase,
    Reading,
    RecutRequest,
    Reopening,
    Slot,
    SpecimenItem,
)
from pathology.recorded import sheet_from
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent

# What the history of a case shows: acts, never what a reader wrote.
ACTS = (
    Action.CASE_OPENED, Action.MATERIAL, Action.READING_ALLOCATED, Action.READING_TAKEN, Action.OPINION_GIVEN,
    Action.READING_SUBMITTED, Action.REOPENING_ASKED, Action.REOPENING_DECIDED, Action.RECUT_ASKED,
    Action.RECUT_ANSWERED, Action.RESULT_RELEASED, Action.RESULT_WITHDRAWN, Action.REFUSED,
)  # fmt: skip
LONGEST = 200  # events shown
TELLING = ("@rationale", "@pair")  # what an adjudicator wrote: shown with the result


@dataclass(frozen=True, slots=True)
class Operation:
    """From the site's forms: the operation, and what its pathology says was sent."""

    day: dt.date | None = None
    kind: str = ""
    received: dt.date | None = None
    slides_made: int | None = None
    slides_sent: int | None = None
    sent_on: dt.date | None = None
    nodules: int | None = None
    reports: int = 0


def operation_of(book: Casebook) -> Operation:
    surgery, reports = book.one("SURG"), book.all("LPATH")
    local = reports[0] if reports else Sheet("LPATH")
    kind = surgery and form_def("SURG").fields["surg_prtrt"].display(surgery.get("surg_prtrt"))
    return Operation(
        surgery.get("surg_prstdat") if surgery else None, kind or "", local.get("lp_recdat"), local.get("lp_slides_he"),
        local.get("lp_slides_sent"), local.get("lp_sentdat"), local.get("lp_nnod"), len(reports),
    )  # fmt: skip


def book_of(case: PathologyCase) -> Casebook:
    return casebook(case.participant_id, ["SURG", "LPATH", "CPATH", "CPATHF"])


# --- material -------------------------------------------------------------------------------------------------------


def items_of(case: PathologyCase) -> list[SpecimenItem]:
    """Blocks and slides of the specimen, blocks first, each with the one it stands for and its last way."""
    ways = Prefetch("custody", queryset=CustodyEvent.objects.order_by("-at", "-pk"), to_attr="ways")
    found = (
        SpecimenItem.objects.filter(case=case.specimen_id).select_related("recut_of").prefetch_related(ways)
    )
    return sorted(found, key=lambda item: (item.kind, item.number))


def custody_of(case: PathologyCase) -> list[CustodyEvent]:
    events = CustodyEvent.objects.filter(case=case.specimen_id).select_related("by")
    return list(events.prefetch_related("items").order_by("-at", "-pk"))


def recuts_of(case: PathologyCase) -> list[RecutRequest]:
    """Requests for new slides; who asked is not loaded."""
    found = RecutRequest.objects.filter(case=case.specimen_id).select_related("item", "answered_by")
    return list(found.defer("reading").order_by("-asked_at", "-pk"))


def reopenings_of(case: PathologyCase) -> list[Reopening]:
    found = Reopening.objects.filter(reading__case=case)
    return list(
        found.select_related("reading__case", "reading__form", "asked_by", "decided_by").order_by(
            "-asked_at", "-pk"
        )
    )


def known_places(events: list[CustodyEvent]) -> list[str]:
    """Where material of this case has been, to be chosen again."""
    return sorted({place for event in events for place in (event.origin, event.destination) if place})


def out_of_hand(items: list[SpecimenItem]) -> int:
    """How many usable items are handed out and not back."""
    return sum(
        item.state == ItemState.RECEIVED and next((way.kind for way in _ways(item)), "") == Custody.LENT
        for item in items
    )


def _ways(item: SpecimenItem) -> list[CustodyEvent]:
    """Where an item was, the newest first; being scanned or labelled does not move it."""
    ways: list[CustodyEvent] = getattr(item, "ways", [])
    return [way for way in ways if way.kind not in (Custody.SCANNED, Custody.LABELLED)]


# --- what was read: after the release ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """One reading, or the opinion of an adjudicator before the decision, as values. Percentages are unrounded."""

    name: Any
    reader: str
    at: dt.datetime | None
    rvt: Decimal | None
    mpr: str
    pcr: str
    mvi: str
    adequacy: str
    nodules: dict[int, Decimal | None] = field(default_factory=dict)
    confidence: str = ""
    minutes: int | None = None
    rationale: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """Local beside central, of a nodule or of the whole specimen (`nodule` is None)."""

    nodule: int | None
    local: Decimal | None
    central: Decimal | None
    apart: bool = False

    @property
    def difference(self) -> Decimal | None:
        return None if self.local is None or self.central is None else self.central - self.local


@dataclass(frozen=True, slots=True)
class Outcome:
    """The released result with everything that it rests on."""

    released: dt.date | None
    rvt: Decimal | None
    mpr: str
    pcr: str
    adjudicated: bool
    reasons: str
    found: list[Found]
    compared: list[Compared]
    reports: int

    @property
    def numbers(self) -> list[int]:
        return sorted({number for one in self.found for number in one.nodules})


def outcome_of(case: PathologyCase, book: Casebook) -> Outcome | None:
    """None before the release: not even who may see everything reads a value earlier. Two queries beside the book."""
    if case.state != CaseState.RELEASED or case.reread_of_id is not None:
        return None
    result = book.one("CPATHF")
    if result is None or result.get("cpf_dat") is None:
        return None
    readings = Reading.objects.filter(case=case, submitted_at__isnull=False).select_related("reader", "form")
    sheets = {sheet.form: sheet for sheet in book.all("CPATH")}
    found: list[Found] = []
    for reading in sorted(readings, key=lambda one: list(Slot.values).index(one.slot)):
        if reading.opinion:
            found.append(_found(reading, sheet_from(reading.opinion), opinion=True))
        if (sheet := sheets.get(reading.form_id or 0)) is not None:
            found.append(_found(reading, sheet))
    adjudicated = result.get("cpf_adj_need") == "Y"
    return Outcome(
        result.get("cpf_dat"), result.get("cpf_rvt"), _word("CPATHF", "cpf_mpr", result), _word("CPATHF", "cpf_pcr", result),
        adjudicated, result.get("cpf_adj_reas") or "", found, _compared(book, found, result), len(book.all("LPATH")),
    )  # fmt: skip


def _word(key: str, name: str, sheet: Sheet) -> str:
    """As the form shows it; what is derived without a code list as yes or no."""
    value = sheet.get(name)
    if not value:
        return ""
    plain = {"Y": _("Yes"), "N": _("No"), "NE": _("Not evaluable")}
    return plain.get(value) or str(form_def(key).fields[name].display(value))


def _found(reading: Reading, sheet: Sheet, *, opinion: bool = False) -> Found:
    slot = Slot(reading.slot)
    third = slot == Slot.ADJUDICATOR
    name = _("Adjudicator, own reading") if opinion else _("Adjudicator, decision") if third else slot.label
    nodules = {row.get("cpn_no") or row.row: row.get("cpn_rvt") for row in sheet.lines("CP2")}
    return Found(
        name, str(reading.reader or ""), reading.opinion_at if opinion else reading.submitted_at,
        sheet.get("cp_rvt_case"), _word("CPATH", "cp_mpr", sheet), _word("CPATH", "cp_pcr", sheet),
        _word("CPATH", "cp_mvi", sheet), _word("CPATH", "cp_adeq", sheet), nodules,
        "" if opinion else reading.get_confidence_display(), None if opinion else round(reading.seconds / 60),
        "" if opinion else reading.rationale,
    )  # fmt: skip


def _compared(book: Casebook, found: list[Found], result: Sheet) -> list[Compared]:
    """Per nodule and whole; with several local reports the nodules have no value in common."""
    reports = book.all("LPATH")
    if len(reports) != 1:
        return []
    [local] = reports
    near = {row.get("lpn_no") or row.row: row.get("lpn_rvt") for row in local.lines("LP3")}
    far = _final_nodules(found, adjudicated=result.get("cpf_adj_need") == "Y")
    lines = [
        Compared(number, near.get(number), far.get(number)) for number in sorted(near.keys() | far.keys())
    ]
    whole = Compared(None, local.get("lp_rvt_case"), result.get("cpf_rvt"))
    apart = whole.difference is not None and abs(whole.difference) > POINTS_APART  # CK-252
    return [*lines, Compared(None, whole.local, whole.central, apart)]


def _final_nodules(found: list[Found], *, adjudicated: bool) -> dict[int, Decimal | None]:
    """P-9 by nodule: the adjudicator's value, else the mean of the two readers."""
    if adjudicated:
        return found[-1].nodules if found else {}
    pair = found[:2]
    if len(pair) < 2:
        return {}
    means: dict[int, Decimal | None] = {}
    for number in pair[0].nodules.keys() | pair[1].nodules.keys():
        one, two = pair[0].nodules.get(number), pair[1].nodules.get(number)
        means[number] = None if one is None or two is None else (one + two) / 2
    return means


# --- what happened ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the case in words. Who asked for a new slide is not said."""

    at: dt.datetime
    who: str
    what: str
    place: str
    old: str
    new: str
    reason: str


def history_of(case: PathologyCase, readings: list[Reading], *, reasons: bool) -> list[Happening]:
    """The newest first, at most 200. `reasons`: also why a reading is to be opened again, which may tell its values."""
    slots = {reading.address: str(Slot(reading.slot).label) for reading in readings}
    events = AuditEvent.objects.filter(target__in=[case.address, *slots], action__in=ACTS).exclude(
        Q(action=Action.REFUSED, target__in=list(slots)) | Q(path__in=TELLING)
    )
    return [
        _happening(event, slots.get(event.target, ""), reasons)
        for event in events.select_related("actor").order_by("-at", "-number")[:LONGEST]
    ]


def _happening(event: AuditEvent, place: str, reasons: bool) -> Happening:
    asked = event.action == Action.RECUT_ASKED
    who = _("A reader") if asked else str(event.actor) if event.actor else event.actor_name
    quiet = event.path in ("@locked", "@opinion") or event.action == Action.REFUSED
    opened = event.action in (Action.REOPENING_ASKED, Action.REOPENING_DECIDED)
    signed = event.action in (Action.READING_SUBMITTED, Action.OPINION_GIVEN) and event.new == "1"
    why = "" if signed or (opened and not reasons) or event.path == "@opinion" else event.reason
    return Happening(
        event.at, who, str(Action(event.action).label), "" if asked else place,
        "" if quiet else event.old, "" if quiet else event.new, why,
    )  # fmt: skip
