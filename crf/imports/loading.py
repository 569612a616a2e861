"""All or nothing: participants, visits, forms, the trail and the record of the import in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crf.models import FormInstance
from crf.models.imports import ImportBatch, ImportedForm
from crf.schedule import visit_of, visit_order
from crf.services.entry import Invalid, Order
from crf.services.loading import Load
from crf.services.refusals import noted, require_open_site
from participants.models import Participant, Visit
from trialsite.accounts import services as accounts
from trialsite.accounts.models import Site, User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import ALLOWED, Decision, refused

from .forms import NewForm
from .preview import Planned, Preview
from .source import Source
from .tables import Problem, Tables

Step = Callable[[], None]


class Rejected(Exception):
    """Nothing was loaded; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def may_import(by: User) -> Decision:
    """An import makes sites and participants, so the right is needed at all sites."""
    if grants_of(by).sites(Permission.IMPORT) is None:
        return ALLOWED
    return refused(_("Only data managers of the whole trial import data."), "role")


def imported_before(tables: Tables) -> ImportBatch | None:
    """The import of exactly these files."""
    return ImportBatch.objects.select_related("by").filter(digest=tables.digest).first()


def existing(source: Source) -> list[Problem]:
    """Participants of the source whose number is in use."""
    numbers = {person.number: person for person in source.people.values()}
    used = Participant.objects.filter(number__in=list(numbers)).values_list("number", flat=True)
    why = _("This participant exists already.")
    return [Problem(numbers[n].row.file, numbers[n].row.line, "USUBJID", n, why) for n in sorted(used)]


def sdtm_load(
    *, by: User, tables: Tables, source: Source, plan: Preview, site: str = "", step: Step | None = None
) -> ImportBatch:
    """Load a previewed source. Raises `Rejected` with every problem, or `Refused`, and then nothing is stored."""
    with noted(by=by, act="import", address="study"), transaction.atomic():
        return _load(by, tables, source, plan, site, step)


def _load(
    by: User, tables: Tables, source: Source, plan: Preview, site: str, step: Step | None
) -> ImportBatch:  # fmt: skip
    may_import(by).require()
    if found := [*source.problems, *existing(source)]:
        raise Rejected(found)
    batch = ImportBatch.objects.create(
        by=by, digest=tables.digest, files=tables.files(), counts=plan.counts(), notes=_notes(source)
    )
    sites = _sites(plan, site)
    _require_open(sites.values())
    problems: list[Problem] = []
    for one in plan.planned:
        try:
            with transaction.atomic():
                _participant(by, batch, one, sites[site or one.person.site])
        except Invalid as invalid:
            problems += _refused(one, invalid)
        if step:
            step()
    if problems:
        raise Rejected(problems)
    _tell(by, batch)
    return batch


def _notes(source: Source) -> list[list[Any]]:
    return [[text, times] for text, times in source.notes.items()]


def _tell(by: User, batch: ImportBatch) -> None:
    files = ", ".join(f"{file['name']} ({file['table']}) SHA-256 {file['sha256']}" for file in batch.files)
    trail.study_event(by=by, action=Action.IMPORT, subject=batch.address, new=files)


def _sites(plan: Preview, site: str) -> dict[str, Site]:
    """The sites of the source, or the one that was asked for; missing ones are made."""
    wanted = {site} if site else set(plan.sites)
    known = {found.number: found for found in Site.objects.filter(number__in=wanted)}
    for number in sorted(wanted - set(known)):
        name = f"Imported site {number}"
        known[number] = accounts.site_create(
            by=None, number=number, name_en=name, name_zh=f"导入中心 {number}"
        )
    return known


def _require_open(sites: Iterable[Site]) -> None:
    """Nobody comes to a site that is frozen or locked; held until the end, so that none is locked meanwhile."""
    for site in sorted(sites, key=lambda one: one.pk):
        require_open_site(site)


def _participant(by: User, batch: ImportBatch, one: Planned, site: Site) -> None:
    """One participant with the visits that the source has, and no others: nothing more is expected of it."""
    participant = Participant.objects.create(
        site=site, number=one.person.number, created_by=by, imported=True
    )
    chain = trail.participant_chain(participant)
    entries = [
        Entry(
            Action.SCREENED, f"participant:{participant.pk}", "@number", "", participant.number, batch.address
        )
    ]
    envelopes = _envelopes(participant, one.forms)
    for form in envelopes:
        entries.append(Entry(Action.FORM_EXPECTED, form.address, "@expected", "", form.form_key, system=True))
    trail.append_all(chain, entries, by=by, site=site)
    with Load(by=by, participant=participant, imported=True) as load:
        for new, envelope in zip(one.forms, envelopes, strict=True):
            form = load.form(new.key, new.visit, new.repeat)
            load.save(form, new.typed, _order(new, batch))
            ImportedForm.objects.create(
                form=envelope, batch=batch, visit=new.source_visit[:60], rows=[row.source() for row in new.rows],
                remarks=[[r.path, r.source, r.kept, r.why] for r in new.remarks],
            )  # fmt: skip


def _order(new: NewForm, batch: ImportBatch) -> Order:
    """The reason of every value in the trail: the file and lines that it came from, or what was done with it."""
    lines = ", ".join(sorted({f"{row.file}:{row.line}" for row in new.rows[:3]}))
    more = f" … ({len(new.rows)})" if len(new.rows) > 3 else ""
    reasons = {remark.path: remark.text() for remark in new.remarks}
    return Order(complete=True, reason=f"{batch.address} {lines}{more}", reasons=reasons)


def _envelopes(participant: Participant, forms: list[NewForm]) -> list[FormInstance]:
    """A visit keeps the name that it has in the source as its reason."""
    visits: dict[str, Visit] = {}
    for new in forms:
        if new.visit and new.visit not in visits:
            code, repeat = visit_of(new.visit) or (new.visit, 1)
            visits[new.visit] = Visit.objects.create(
                participant=participant, code=code, repeat=repeat, order=visit_order(code, repeat),
                reason=f"{new.source_visit or _('Source')}"[:200],
            )  # fmt: skip
        elif new.source_visit and visits[new.visit].reason != new.source_visit:
            visits[new.visit].reason = new.source_visit[:200]
            visits[new.visit].save(update_fields=["reason"])
    return [
        FormInstance.objects.create(
            participant=participant, visit=visits.get(new.visit), form_key=new.key, repeat=new.repeat,
            evaluator=new.evaluator, required="O",
        )
        for new in forms
    ]  # fmt: skip


def _refused(one: Planned, invalid: Invalid) -> list[Problem]:
    row = one.person.row
    paths = invalid.errors or dict.fromkeys(invalid.hidden, _("The form does not ask this."))
    return [Problem(row.file, row.line, path, one.person.number, why) for path, why in paths.items()]
