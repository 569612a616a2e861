"""Asking for a moment of the trial, and confirming a data cut."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crf.derivation_imaging import engine_settings
from endpoints.models_cuts import CutPerson, DataCut, Moment, MomentPerson, MomentState, StoredFigures
from endpoints.versions import basis
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.actions import Action
from trialsite.audit.models import STUDY, AuditChain, AuditEvent
from trialsite.audit.trail import study_event
from trialsite.kernel.decisions import ALLOWED, Decision, refused
from trialsite.kernel.digests import digest

KEPT = dt.timedelta(days=7)  # a moment that nobody has looked at for so long is thrown away
PATIENCE = dt.timedelta(seconds=4)  # until a page that waits sends the message again


def may_cut(user: User) -> Decision:
    """Who locks data confirms cuts; the statistician reads them."""
    if grants_of(user).sites(Permission.LOCK) is not None:
        return refused(_("A data cut is confirmed by a data manager of the whole trial."), "role")
    return ALLOWED


def may_look(at: dt.datetime, cutoff: dt.date | None) -> Decision:
    """Whether there is anything to see at a moment."""
    now = timezone.now()
    if at > now + dt.timedelta(seconds=5):
        return refused(_("This moment lies in the future: the trail says nothing of it yet."), "at")
    if cutoff is not None and cutoff > timezone.localdate():
        return refused(
            _("The cut-off %(day)s lies in the future. Data cannot be cut off on a day that has not come.")
            % {"day": cutoff.isoformat()},
            "cutoff",
        )
    return ALLOWED


@transaction.atomic
def moment_ask(
    *, by: User, at: dt.datetime, cutoff: dt.date | None = None, final: bool = False, anew: bool = False
) -> Moment:
    """The moment, computed already or now under way. `anew`: a failed one is tried again."""
    may_look(at, cutoff).require()
    at = min(at, timezone.now())
    key = digest([at.astimezone(dt.UTC).isoformat(), str(cutoff), final, basis()])
    values = {"at": at, "cutoff": cutoff, "final": final, "basis": basis(), "requested_by": by}
    moment, made = Moment.objects.get_or_create(key=key, defaults=values)
    again = moment.state == MomentState.FAILED and anew
    if again:
        Moment.objects.filter(pk=moment.pk).update(state=MomentState.QUEUED, error="", progress=0)
        moment.state = MomentState.QUEUED
    if made or again:
        _send(moment)
    elif timezone.now() - moment.used_at > dt.timedelta(hours=1):
        Moment.objects.filter(pk=moment.pk).update(used_at=timezone.now())
    return moment


def _send(moment: Moment) -> None:
    from endpoints.tasks import moment_build

    moment_build.delay_on_commit(moment.pk)


def hurry(moment: Moment) -> None:
    """A moment whose message was lost, or whose worker fell silent: whoever looks at it sends it again."""
    now = timezone.now()
    waiting = moment.state == MomentState.QUEUED and now - moment.requested_at > PATIENCE
    silent = moment.state == MomentState.RUNNING and moment.lease is not None and moment.lease < now
    if waiting or silent:
        from endpoints.tasks import moment_build

        moment_build.hint(moment.pk)


def moments_forget() -> int:
    """Throw away moments that nobody has looked at for days. Cuts keep their own rows."""
    old = Moment.objects.filter(used_at__lt=timezone.now() - KEPT).exclude(state=MomentState.RUNNING)
    pks = list(old.values_list("pk", flat=True)[:20])
    MomentPerson.objects.filter(moment__in=pks).delete()
    StoredFigures.objects.filter(source__in=[f"moment:{pk}" for pk in pks]).delete()
    return Moment.objects.filter(pk__in=pks).delete()[0]


# --- data cuts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signed:
    """The components that were right just before, and the digest that the page showed."""

    components: tuple[str, ...]
    first_in_session: bool
    shown: str


def cut_confirm(
    *, by: User, moment: Moment, title: str, reason: str, replaces: DataCut | None, signed: Signed
) -> DataCut:
    """Keep a moment for ever as a data cut, signed. Everything is kept or nothing.

    Raises `Refused`: not the role, not computed, other data or another engine than the page showed, a cut-off that is
    missing, a title or reason that is missing, or a cut of the same data that exists already.
    """
    may_cut(by).require()
    _require(moment, title, reason, replaces, signed)
    try:
        with transaction.atomic():
            return _confirm(by, moment, title.strip(), reason.strip(), replaces, signed)
    except IntegrityError:
        refused(
            _("Another cut was confirmed at this very moment. Look at it before you confirm yours."), "twice"
        ).require()
        raise


def _require(moment: Moment, title: str, reason: str, replaces: DataCut | None, signed: Signed) -> None:
    if moment.state != MomentState.READY or moment.cutoff is None:
        refused(
            _("The dry run is not finished. A cut is confirmed from a finished dry run."), "state"
        ).require()
    if moment.basis != basis():
        refused(
            _("The engine or the settings changed since the dry run. Make a new dry run and look at it."),
            "basis",
        ).require()
    if signed.shown != moment.digest:
        refused(_("The dry run changed since you looked at it. Look at it again."), "stale").require()
    if not title.strip():
        refused(_("Give the cut a title that says what it is for."), "title").require()
    if replaces is not None and not reason.strip():
        refused(
            _("Say why this cut takes the place of %(cut)s.") % {"cut": replaces.code}, "reason"
        ).require()
    same = DataCut.objects.filter(digest=moment.digest).first()
    if same is not None:
        refused(
            _("%(cut)s holds exactly these data, settings and results already.") % {"cut": same.code}, "same"
        ).require()


def _confirm(
    by: User, moment: Moment, title: str, reason: str, replaces: DataCut | None, signed: Signed
) -> DataCut:
    AuditChain.objects.select_for_update().filter(name=STUDY).first()  # one after the other
    at = timezone.now()
    number = (DataCut.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    engine, configuration = moment.basis.split("/", 1)
    cut = DataCut(
        number=number, title=title, reason=reason, at=moment.at, cutoff=moment.cutoff, final=moment.final,
        replaces=replaces, engine=engine, configuration=configuration, participants=moment.participants,
        results=moment.results, facts=moment.facts, engine_settings=engine_settings().to_json(),
        chains=heads_at(moment.at), digest=moment.digest, confirmed_by=by, confirmed_at=at, manifest={},
    )  # fmt: skip
    cut.manifest = manifest_of(cut, by, signed)
    cut.save(force_insert=True)
    people = MomentPerson.objects.filter(moment=moment).order_by("number")
    names = [f.attname for f in CutPerson._meta.concrete_fields if f.attname not in ("id", "cut_id")]
    rows = [
        CutPerson(cut=cut, **{name: getattr(row, name) for name in names}) for row in people.iterator(200)
    ]
    CutPerson.objects.bulk_create(rows, batch_size=100)
    StoredFigures.objects.bulk_create(
        [
            StoredFigures(
                source=cut.address, population=one.population, evaluator=one.evaluator, results=one.results
            )
            for one in StoredFigures.objects.filter(source=f"moment:{moment.pk}")
        ]
    )
    study_event(
        by=by, action=Action.CUT_CONFIRMED, subject=cut.address, new=f"{cut.code} {cut.digest}", reason=reason
    )
    return cut


def manifest_of(cut: DataCut, by: User, signed: Signed) -> dict[str, object]:
    """What the signature says, in both languages, and what it is bound to."""
    said = {}
    for language in ("en", "zh-hans"):
        with override(language):
            said[language] = str(
                _(
                    "I confirm this data cut: the data entered up to the moment named, with dates up to the cut-off."
                )
            )
    return {
        "statement": said, "name": by.full_name or by.username, "username": by.username,
        "role": by.role_at(None), "at": cut.confirmed_at.isoformat(), "components": " + ".join(signed.components),
        "first_in_session": signed.first_in_session, "digest": cut.digest, "code": cut.code,
        "cutoff": cut.cutoff.isoformat(), "moment": cut.at.isoformat(), "final": cut.final,
    }  # fmt: skip


def heads_at(at: dt.datetime) -> dict[str, object]:
    """The audit chains as they were at a moment: how many events each had, and its last digest."""
    later = set(AuditEvent.objects.filter(at__gt=at).values_list("chain_id", flat=True).distinct())
    found: list[list[object]] = []
    for pk, name, length, head in AuditChain.objects.filter(length__gt=0).values_list(
        "pk", "name", "length", "head"
    ):
        if pk in later:
            last = AuditEvent.objects.filter(chain=pk, at__lte=at).order_by("-at", "-pk").first()
            length, head = (last.number, last.digest) if last else (0, "")
        if length:
            found.append([name, length, head])
    found.sort(key=str)
    numbers = dict(Participant.objects.values_list("pk", "number"))
    people = [
        [numbers[int(str(name).partition(":")[2])], number, head, name]
        for name, number, head in found
        if str(name).startswith("participant:") and int(str(name).partition(":")[2]) in numbers
    ]
    own = next(([number, head] for name, number, head in found if name == STUDY), [0, ""])
    return {
        "chains": len(found), "events": sum(int(str(one[1])) for one in found), "digest": digest(found), "study": own,
        "people": sorted(people, key=str),
    }  # fmt: skip
