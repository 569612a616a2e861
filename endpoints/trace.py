"""Why a participant has the value of an endpoint: steps, the fields they read, every change to these, earlier values."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from crf.derivation_imaging import engine_settings
from crf.fields import MISS, CrfField
from crf.models import FormInstance, MarkState, Signed, VerificationMark
from crf.naming import form_title, form_url, label_of
from crf.policies import BLINDED_FORMS
from crf.registry import form_def
from crf.schedule import visit_label
from crf.selectors.history import HistoryLine, field_at, line_of
from endpoints import compact, words
from endpoints.gather import course_of
from endpoints.models import CutPerson, DataCut, EndpointRun, EndpointState, Status
from endpoints.services import compute
from endpoints.trace_tables import LesionTable, Reading, all_read, is_reading, lesions, readings
from endpoints.versions import engine_version
from participants.models import Participant
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent
from trialsite.kernel.digests import digest
from trialsite.kernel.study import study

RUNS = 40  # how many earlier runs are looked through for other values
CHANGES = (
    Action.ENTER,
    Action.CHANGE,
    Action.CLEAR,
    Action.ROW_ADD,
    Action.ROW_REMOVE,
    Action.ROW_RESTORE,
    Action.DERIVE,
)


@dataclass(slots=True)
class Source:
    """The field behind something that was read: its label, its form, and the address of the field on the page."""

    label: str
    form: str
    href: str = ""
    name: str = ""
    verified: bool = False
    signed: bool = False


@dataclass(slots=True)
class Input:
    label: str
    value: str
    sources: list[Source] = field(default_factory=list)


@dataclass(slots=True)
class StepView:
    rule: str
    text: str
    inputs: list[Input]
    again: int  # inputs that earlier steps show already


@dataclass(slots=True)
class Group:
    number: int
    title: str
    steps: list[StepView]
    answer: str = ""  # where the question is answered by yes or no
    readings: list[Reading] = field(default_factory=list)


@dataclass(slots=True)
class Change:
    line: HistoryLine
    form: str
    href: str
    changed: bool


@dataclass(slots=True)
class Earlier:
    at: dt.datetime
    run: int
    value: str
    detail: str
    engine: str


@dataclass(slots=True)
class Trace:
    """All that the page shows of one endpoint of one participant."""

    name: str
    found: Mapping[str, Any]
    value: str
    detail: str
    title: str
    verdict: str
    because: str
    groups: list[Group]
    points: list[dict[str, Any]]
    fingerprint: str
    facts: list[tuple[str, str]]
    reached: bool
    lesions: LesionTable | None = None
    criteria: str = ""


@dataclass(frozen=True, slots=True)
class Shot:
    """A result as of some moment: the content of a run or of a data cut, or one computed from the trail.

    `until`: changes after it are not of this result. `case`: what the engine was given, where that is kept or known.
    """

    content: dict[str, Any]
    cutoff: dt.date
    input_digest: str
    result_digest: str
    engine: str
    configuration: str
    until: dt.datetime | None = None
    case: Mapping[str, Any] | None = None
    moves: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.input_digest, self.engine, self.configuration, self.result_digest)


def fingerprint(*parts: str) -> str:
    """Inputs, rules, settings and result in one word; the same stands in the listing of the report."""
    return digest(list(parts))[:32]


def shot_now(state: EndpointState, *, fresh: bool) -> Shot:
    """The present result; `fresh`: the tables are still those that it was computed from."""
    run = state.run
    assert run is not None
    shot = shot_of_run(run, state.as_of or run.cutoff)
    case = course_of(state.participant_id).case if fresh else None
    return replace(shot, case=case, moves=state.moves)


def shot_of_run(run: EndpointRun, cutoff: dt.date, until: dt.datetime | None = None) -> Shot:
    return Shot(
        run.content, cutoff, run.input_digest, run.result_digest, run.engine, run.configuration, until=until
    )


def shot_of_cut(row: CutPerson, cut: DataCut) -> Shot:
    """As it was kept, with the engine and the settings of then."""
    content = row.content or {"error": {"where": "", "message": row.error, "params": {}}}
    return Shot(
        content, row.cutoff, row.input_digest, row.result_digest, cut.engine, cut.configuration, until=cut.at,
        case=row.course, moves=row.moves,
    )  # fmt: skip


def shot_at(participant: Participant, at: dt.datetime) -> Shot:
    """Recomputed from the trail as it was at a moment, with the engine and the settings of today."""
    gathered = course_of(participant.pk, at)
    made = compute(gathered)
    content = (
        json.loads(made.body) if made.body else {"error": {"where": "", "message": made.error, "params": {}}}
    )
    return Shot(
        content, gathered.cutoff, gathered.digest, made.result_digest, engine_version(), study().digest, until=at,
        case=gathered.case,
    )  # fmt: skip


def seen_by(shot: Shot, evaluator: str) -> Shot | None:
    """The same by another evaluator of images (G-23); none when that evaluator has read nothing of the participant."""
    part = shot.content.get("evaluators", {}).get(evaluator)
    if part is None:
        return None
    if "error" in part:
        return replace(shot, content=shot.content | {"error": part["error"]})
    endpoints = {**shot.content["endpoints"], **part["endpoints"]}
    return replace(shot, content=shot.content | {"endpoints": endpoints, "responses": part["responses"]})


# --- where the inputs stand ---------------------------------------------------------------------------------------


class Places:
    """The forms behind the addresses of a result: one query for all of them."""

    def __init__(self, addresses: Iterable[str], *, marks: bool = False) -> None:
        """`marks`: with what is verified and signed now (one query more)."""
        ids = {
            int(one.partition("/")[0].removeprefix("form:")) for one in addresses if one.startswith("form:")
        }
        forms = FormInstance.objects.filter(pk__in=ids).select_related("visit", "participant")
        self.forms = {form.pk: form for form in forms}
        self.shows_marks = marks
        standing = (
            VerificationMark.objects.filter(form__in=self.forms, state=MarkState.VALID) if marks else None
        )
        self.verified = set() if standing is None else set(standing.values_list("form_id", "path"))

    def form(self, address: str) -> FormInstance | None:
        return self.forms.get(int(address.partition("/")[0].removeprefix("form:") or 0))

    def field(self, address: str) -> CrfField | None:
        form = self.form(address)
        return field_at(form_def(form.form_key), address.partition("/")[2]) if form else None

    def source(self, address: str) -> Source | None:
        form = self.form(address)
        if form is None:
            return None
        path = address.partition("/")[2]
        definition = form_def(form.form_key)
        href = (
            ""
            if form.form_key in BLINDED_FORMS
            else f"{form_url(form)}#f-{path.replace(':', '-').replace('/', '-')}"
        )
        return Source(
            label_of(definition, path), form_name(form), href, path.rpartition("/")[2],
            verified=(form.pk, path) in self.verified,
            signed=self.shows_marks and form.signed == Signed.SIGNED and form.form_key not in BLINDED_FORMS,
        )  # fmt: skip


def form_name(form: FormInstance) -> str:
    """The form and its visit; a central reading by its reader, since nobody may open it from here."""
    if form.form_key in BLINDED_FORMS:
        return _("Central pathology, reading %(n)s") % {"n": form.repeat}
    where = visit_label(form.visit.code, form.visit.repeat) if form.visit else ""
    title = str(form_title(form.form_key, form.repeat))
    return f"{where} · {title}" if where else title


def addresses_of(reads: Iterable[list[Any]]) -> list[str]:
    """Every field that was read, each once, in the order of reading."""
    found: dict[str, None] = {}
    for _where, _value, address in reads:
        for one in address if isinstance(address, list) else [address]:
            if one:
                found[one] = None
    return list(found)


# --- the page -----------------------------------------------------------------------------------------------------


def trace_of(number: str, name: str, shot: Shot, evaluator: str = "") -> tuple[Trace, list[str]]:
    """The trace and the addresses it rests on. `evaluator` of the images, when it is not the one of today's settings."""
    found = words.whole(name, shot.content["endpoints"][name])
    steps = compact.opened(shot.content, name)
    addresses = addresses_of(read for step in steps for read in step["reads"])
    places = Places(addresses, marks=shot.until is None)
    sentences = [words.sentence(step, shot.cutoff) for step in steps]
    facts = [
        (_("Input"), shot.input_digest[:16]), (_("Engine"), shot.engine), (_("Settings"), shot.configuration),
        (_("Result"), shot.result_digest[:16]),
    ]  # fmt: skip
    groups = _groups(steps, sentences, places, shot.cutoff)
    whole = {one.title: one for one in readings(all_read(shot.case))} if shot.case else {}
    for group in groups:
        group.readings = [whole.get(one.title, one) for one in group.readings]
        if group.title == _(POPULATION):
            group.answer = _("No") if found.get("value") is None and not found.get("start") else _("Yes")
    criteria = CRITERIA.get(name, "")
    reader = evaluator or engine_settings().evaluator
    trace = Trace(
        name=name, found=found, value=words.outcome(name, found), detail=words.detail(name, found),
        title=title_of(number, name, found), verdict=sentences[-1] if sentences else "",
        because=" ".join(sentences[-3:-1]), groups=groups,
        points=_points(shot.content, name), fingerprint=shot.fingerprint, facts=facts,
        reached=found.get("value") == "Y" or bool(found.get("days")), criteria=criteria,
        lesions=lesions(shot.case, criteria, reader, shot.cutoff.isoformat()),
    )  # fmt: skip
    return trace, addresses


def title_of(number: str, name: str, found: Mapping[str, Any]) -> str:
    """The question that the page answers."""
    here = {"number": number, "name": words.short(name)}
    if words.NAMES[name].kind == "time":
        return (
            _("How long: %(name)s of %(number)s")
            if found.get("days")
            else _("Why %(number)s has no %(name)s")
        ) % here
    if words.NAMES[name].kind == "best":
        return _("Where the %(name)s of %(number)s comes from") % here
    value = found.get("value")
    if value == "Y":
        return _("Why %(number)s counts as %(name)s") % here
    if value == "PENDING":
        return _("Why %(name)s of %(number)s is pending") % here
    return (
        _("Why %(number)s does not count as %(name)s")
        if value == "N"
        else _("Why %(number)s has no %(name)s")
    ) % here


def _groups(
    steps: list[dict[str, Any]], sentences: list[str], places: Places, cutoff: dt.date
) -> list[Group]:
    found: list[Group] = []
    seen: set[str] = set()
    told: list[list[Any]] = []  # what was read of central pathology so far
    for step, text in zip(steps, sentences, strict=True):
        title = _(words.group_of(step["rule"]))
        if not found or found[-1].title != title:
            found.append(Group(len(found) + 1, title, []))
        fresh = [read for read in step["reads"] if read[0] not in seen]
        seen.update(read[0] for read in fresh)
        central = [read for read in step["reads"] if is_reading(read[0])]
        rest = [read for read in fresh if not is_reading(read[0])]
        inputs = [_input(read, places, cutoff) for read in rest]
        _add_readings(found[-1], central, told)
        found[-1].steps.append(StepView(step["rule"], text, inputs, len(step["reads"]) - len(fresh)))
    return found


def _add_readings(group: Group, reads: list[list[Any]], told: list[list[Any]]) -> None:
    """The first group that reads them shows the table; what later groups read more comes into theirs."""
    new = [read for read in reads if read not in told]
    told += new
    if new:
        known = {one.title for one in group.readings}
        group.readings = [*group.readings, *(one for one in readings(told) if one.title not in known)]


def _input(read: list[Any], places: Places, cutoff: dt.date) -> Input:
    where, value, address = read
    known = [one for one in (address if isinstance(address, list) else [address]) if one]
    sources = [source for one in known if (source := places.source(one))]
    field_read = places.field(known[0]) if len(known) == 1 else None
    label = sources[0].label if len(sources) == 1 else words.read_label(where)
    if where.endswith(".viable_elsewhere"):
        label = _("Viable tumour outside the nodules")
    return Input(label, words.read_value(where, value, field_read, cutoff), sources)


POPULATION = "Is the participant in the analysis set?"  # a title of `words.GROUPS`
CRITERIA = {"ORR": "RECIST 1.1", "BOR_RECIST": "RECIST 1.1", "PFS": "RECIST 1.1", "DCR_RECIST": "RECIST 1.1",
            "ORR_MRECIST": "mRECIST", "DCR": "mRECIST", "DOR": "mRECIST", "BOR_MRECIST": "mRECIST",
            "PFS_TREATMENT_POLICY": "RECIST 1.1", "PFS_CENSOR_AT_SURGERY": "RECIST 1.1", "PFS_MRECIST": "mRECIST",
            "DOR_RECIST": "RECIST 1.1", "BOR_MRECIST_NO_FLOOR": "mRECIST", "ORR_MRECIST_NO_FLOOR": "mRECIST",
            "DCR_NO_FLOOR": "mRECIST", "DOR_NO_FLOOR": "mRECIST"}  # fmt: skip


def _points(content: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The time points of the criterion that the endpoint rests on."""
    found = []
    for point in content["responses"].get(CRITERIA.get(name, ""), []):
        base, nadir, now = (
            None if point[key] is None else float(point[key]) for key in ("baseline_sum", "nadir", "sum")
        )
        found.append(
            point
            | {
                "new": words.code_word(point["new"]),
                "change": 100 * (now - base) / base if now is not None and base else None,
                "from_nadir": 100 * (now - nadir) / nadir if now is not None and nadir else None,
            }
        )
    return found


# --- beside the steps ---------------------------------------------------------------------------------------------


def changes_to(addresses: list[str], until: dt.datetime | None = None) -> list[Change]:
    """Every change to the inputs up to a moment, from the trail, newest first: two queries."""
    wanted = {address for one in addresses for address in (one, one + MISS)}
    targets = {one.partition("/")[0] for one in addresses}
    paths = {one.partition("/")[2] for one in wanted}
    events = AuditEvent.objects.filter(target__in=targets, path__in=paths, action__in=CHANGES)
    if until is not None:
        events = events.filter(at__lte=until)
    places = Places(addresses)
    found = []
    for event in events.select_related("actor").order_by("-at", "-number"):
        address = f"{event.target}/{event.path}"
        form = places.form(address)
        if address not in wanted or form is None:
            continue
        source = places.source(address.removesuffix(MISS))
        line = line_of(form_def(form.form_key), event)
        if form.form_key in BLINDED_FORMS:  # a reading is known by its number: the reader stays unnamed
            line = replace(line, who=line.role or line.who)
        changed = event.action in (Action.CHANGE, Action.CLEAR, Action.ROW_REMOVE)
        found.append(Change(line, form_name(form), source.href if source else "", changed))
    return found


def earlier_values(participant: Participant, name: str, until: dt.datetime | None = None) -> list[Earlier]:
    """What this endpoint was in runs up to a moment: one line for each value that differs from the one before."""
    runs = EndpointRun.objects.filter(participant=participant).order_by("-created_at", "-pk")
    if until is not None:
        runs = runs.filter(created_at__lte=until)
    found: list[Earlier] = []
    for run in reversed(runs[:RUNS]):
        content = run.content
        if "error" in content:
            value, detail = _("Data error"), ""
        else:
            one = words.whole(name, content["endpoints"].get(name, {}))
            value, detail = words.outcome(name, one), words.detail(name, one)
        if not found or (found[-1].value, found[-1].detail) != (value, detail):
            found.append(Earlier(run.created_at, run.pk, value, detail, run.engine))
    return found[::-1]


@dataclass(slots=True)
class InCut:
    """What a data cut says of an endpoint of a participant; `there` false: the participant was not in it."""

    code: str
    cutoff: dt.date
    value: str
    detail: str
    engine: str
    there: bool


def in_cuts(participant: Participant, name: str) -> list[InCut]:
    """Every data cut, newest first, and what it says: two queries."""
    rows = CutPerson.objects.filter(participant=participant).only("cut_id", "status", "summary")
    kept = {row.cut_id: row for row in rows}
    cuts = DataCut.objects.order_by("-number").only("number", "cutoff", "engine")
    return [_in_cut(cut, kept.get(cut.pk), name) for cut in cuts]


def _in_cut(cut: DataCut, row: CutPerson | None, name: str) -> InCut:
    if row is None:
        return InCut(cut.code, cut.cutoff, "–", "", cut.engine, False)
    if row.status != Status.OK:
        return InCut(cut.code, cut.cutoff, _("Data error"), "", cut.engine, True)
    found = words.whole(name, row.summary.get("values", {}).get(name, {}))
    return InCut(
        cut.code, cut.cutoff, words.outcome(name, found), words.detail(name, found), cut.engine, True
    )
