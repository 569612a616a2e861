"""Asking for a moment of the trial, and confirming a data cut."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from crf.derivation_imaging import engine_settings
from crf.services.refusals import noted
from endpoints.cuts import limits
from endpoints.cuts.digests import BESIDE, PARTS, covers_of, digest_of, event_text, line_of, utc_text
from endpoints.models_cuts import CutPerson, DataCut, Moment, MomentPerson, MomentState, StoredFigures
from endpoints.standpoint import FIRST, trial_zone
from endpoints.versions import basis
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.actions import Action
from trialsite.audit.models import STUDY, AuditChain, AuditEvent
from trialsite.audit.trail import chain_name, study_chain, study_event
from trialsite.kernel.decisions import ALLOWED, Decision, Refused, refused
from trialsite.kernel.digests import digest

KEPT = dt.timedelta(days=7)  # a moment that nobody has looked at for so long is thrown away
FIGURES = ("population", "evaluator", "results")
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
    if cutoff is not None and cutoff.year < FIRST:
        return refused(_("Before that day there was no trial."), "cutoff")
    if cutoff is not None and cutoff > timezone.localdate(timezone=trial_zone()):
        return refused(
            _("The cut-off %(day)s lies in the future. Data cannot be cut off on a day that has not come.")
            % {"day": cutoff.isoformat()},
            "cutoff",
        )
    if cutoff is not None and cutoff > at.astimezone(trial_zone()).date():
        return refused(
            _("The cut-off %(day)s lies after the moment at which the data are looked at.")
            % {"day": cutoff.isoformat()},
            "cutoff",
        )
    return ALLOWED


@transaction.atomic
def moment_ask(
    *, by: User, at: dt.datetime, cutoff: dt.date | None = None, final: bool = False, anew: bool = False
) -> Moment:
    """The moment, computed already or now under way. `anew`: a failed one is tried again.

    Raises `Refused`: nothing to see then, or too many moments asked for at once.
    """
    may_look(at, cutoff).require()
    at = min(at, timezone.now())
    key = digest([at.astimezone(dt.UTC).isoformat(), str(cutoff), final, basis()])
    values = {"at": at, "cutoff": cutoff, "final": final, "basis": basis(), "requested_by": by}
    moment = Moment.objects.filter(key=key).first()
    made = moment is None
    if moment is None:
        limits.may_ask(by).require()
        moment, made = Moment.objects.get_or_create(key=key, defaults=values)
    again = moment.state == MomentState.FAILED and anew
    if again:
        Moment.objects.filter(pk=moment.pk).update(state=MomentState.QUEUED, error="", progress=0)
        moment.state = MomentState.QUEUED
    if made or again:
        _send(moment)
        limits.make_room()
    else:
        looked_at(moment)
    return moment


def _send(moment: Moment) -> None:
    from endpoints.cut_tasks import moment_build

    moment_build.delay_on_commit(moment.pk)


def hurry(moment: Moment) -> None:
    """A moment whose message was lost, or whose worker fell silent: whoever looks at it sends it again."""
    now = timezone.now()
    waiting = moment.state == MomentState.QUEUED and now - moment.requested_at > PATIENCE
    silent = moment.state == MomentState.RUNNING and moment.lease is not None and moment.lease < now
    if waiting or silent:
        from endpoints.cut_tasks import moment_build

        moment_build.hint(moment.pk)


def looked_at(moment: Moment) -> None:
    """It is still wanted. Written every ten minutes at most."""
    if timezone.now() - moment.used_at > dt.timedelta(minutes=10):
        Moment.objects.filter(pk=moment.pk).update(used_at=timezone.now())


def moments_forget() -> int:
    """Throw away moments that nobody has looked at for days. Cuts keep their own rows."""
    return limits.throw_away(Moment.objects.filter(used_at__lt=timezone.now() - KEPT))


# --- data cuts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signed:
    """The components that were right just before, and what the page showed: the digest, and the newest cut then (0: none)."""

    components: tuple[str, ...]
    first_in_session: bool
    shown: str
    last: int


def cut_confirm(
    *, by: User, moment: Moment, title: str, reason: str, replaces: DataCut | None, signed: Signed
) -> DataCut:
    """Keep a moment for ever as a data cut, signed. Everything is kept or nothing.

    Raises `Refused`: not the role, not computed, other data or another engine than the page showed, a cut-off that is
    missing, a title or reason that is missing, a cut of the same data, or another cut confirmed since the page was shown.
    """
    with noted(by=by, act="cut", address="study"), transaction.atomic():
        may_cut(by).require()
        study_chain()  # one after the other: whoever comes second sees what the first did
        held = Moment.objects.select_for_update().filter(pk=moment.pk).first()
        if held is None:
            raise Refused(_("The dry run was thrown away meanwhile. Make it again."), "stale")
        moment = held
        may_confirm(moment, title, reason, replaces, signed).require()
        return _confirm(by, moment, title.strip(), reason.strip(), replaces, signed)


def may_confirm(
    moment: Moment, title: str, reason: str, replaces: DataCut | None, signed: Signed
) -> Decision:
    """Whether what was shown can be kept as it was shown."""
    if moment.state != MomentState.READY or moment.cutoff is None:
        return refused(_("The dry run is not finished. A cut is confirmed from a finished dry run."), "state")
    if moment.basis != basis():
        return refused(
            _("The engine or the settings changed since the dry run. Make a new dry run and look at it."),
            "basis",
        )
    if signed.shown != moment.digest:
        return refused(_("The dry run changed since you looked at it. Look at it again."), "stale")
    if not title.strip():
        return refused(_("Give the cut a title that says what it is for."), "text")
    if replaces is not None and not reason.strip():
        return refused(_("Say why this cut takes the place of %(cut)s.") % {"cut": replaces.code}, "reason")
    if replaces is not None and replaces.replaced_by.exists():
        said = {"cut": replaces.code, "other": replaces.replaced_by.all()[0].code}
        return refused(_("%(other)s took the place of %(cut)s already.") % said, "replaced")
    return _others(moment, signed)


def _others(moment: Moment, signed: Signed) -> Decision:
    """Cuts that exist already: one of the same data, or one that the person has not seen."""
    same = DataCut.objects.filter(digest=moment.digest, at=moment.at).first()
    if same is not None:
        return refused(
            _("%(cut)s holds exactly these data, settings and results already.") % {"cut": same.code}, "same"
        )
    last = DataCut.objects.select_related("confirmed_by").first()
    if last is not None and last.number != signed.last:
        said = {"cut": last.code, "who": last.confirmed_by.full_name or last.confirmed_by.username}
        return refused(
            _("%(who)s confirmed %(cut)s while you were looking. Compare with it, then confirm yours.")
            % said,
            "twice",
        )
    return ALLOWED


def _confirm(
    by: User, moment: Moment, title: str, reason: str, replaces: DataCut | None, signed: Signed
) -> DataCut:
    at = timezone.now()
    number = (DataCut.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    engine, configuration = moment.basis.split("/", 1)
    assert moment.cutoff is not None
    cut = DataCut(
        number=number, title=title[:120], reason=reason, at=moment.at, cutoff=moment.cutoff, final=moment.final,
        replaces=replaces, engine=engine, configuration=configuration, participants=moment.participants,
        results=moment.results, facts=moment.facts, engine_settings=engine_settings().to_json(),
        chains=heads_at(moment.at), digest=moment.digest, confirmed_by=by, confirmed_at=at, manifest={},
    )  # fmt: skip
    parts = {name: getattr(cut, name) for name in PARTS}
    figures = StoredFigures.objects.filter(source=f"moment:{moment.pk}")
    covers = covers_of(parts, moment.people.values_list(*BESIDE), figures.values_list(*FIGURES))
    cut.manifest = manifest_of(cut, by, signed) | {"covers": covers}
    cut.save(force_insert=True)
    _copy(moment, cut)
    said = event_text(cut.code, cut.digest, cut.manifest)
    study_event(by=by, action=Action.CUT_CONFIRMED, subject=cut.address, new=said, reason=reason)
    return cut


def _copy(moment: Moment, cut: DataCut) -> None:
    """The rows of the moment as rows of the cut, inside the database; then looked at: they must give the digest."""
    names = _columns()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {CutPerson._meta.db_table} (cut_id, {names}) "  # noqa: S608  (names of our own)
            f"SELECT %s, {names} FROM {MomentPerson._meta.db_table} WHERE moment_id = %s ORDER BY number",
            [cut.pk, moment.pk],
        )
    lines = [
        line_of(row) for row in CutPerson.objects.filter(cut=cut).defer("case", "body", "summary", "moves")
    ]
    basis_of = f"{cut.engine}/{cut.configuration}"
    if len(lines) != cut.participants or cut.digest != digest_of(
        lines, cut.cutoff, cut.final, basis_of, cut.engine_settings
    ):
        refused(_("The dry run was thrown away meanwhile. Make it again."), "stale").require()
    if not cut.manifest["covers"]["figures"]:
        refused(_("The dry run was thrown away meanwhile. Make it again."), "stale").require()
    kept = StoredFigures.objects.filter(source=f"moment:{moment.pk}")
    StoredFigures.objects.bulk_create(
        [
            StoredFigures(
                source=cut.address, population=one.population, evaluator=one.evaluator, results=one.results
            )
            for one in kept
        ]
    )


def _columns() -> str:
    """What both tables have."""
    names = [str(f.column) for f in CutPerson._meta.concrete_fields if f.attname not in ("id", "cut_id")]
    return ", ".join(connection.ops.quote_name(name) for name in names)


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
        "role": by.role_at(None), "at": utc_text(cut.confirmed_at), "components": " + ".join(signed.components),
        "first_in_session": signed.first_in_session, "digest": cut.digest, "code": cut.code,
        "cutoff": cut.cutoff.isoformat(), "moment": utc_text(cut.at), "final": cut.final,
        "title": cut.title, "reason": cut.reason, "replaces": cut.replaces.code if cut.replaces else "",
        "participants": cut.participants, "user": by.pk,
    }  # fmt: skip


def heads_at(at: dt.datetime) -> dict[str, object]:
    """The audit chains as they were at a moment: how many events each had, and its last digest. Four queries."""
    later = AuditEvent.objects.filter(at__gt=at).values("chain_id").annotate(first=Min("pk")).values("first")
    after = {
        chain: (number - 1, previous)
        for chain, number, previous in AuditEvent.objects.filter(pk__in=later).values_list(
            "chain_id", "number", "previous"
        )
    }
    chains = AuditChain.objects.filter(length__gt=0).values_list("pk", "name", "length", "head")
    found = sorted(
        (name, *after.get(pk, (length, head))) for pk, name, length, head in chains if after.get(pk, (1,))[0]
    )
    numbers = {chain_name(pk): number for pk, number in Participant.objects.values_list("pk", "number")}
    people = sorted([numbers[name], number, head, name] for name, number, head in found if name in numbers)
    own = next(([number, head] for name, number, head in found if name == STUDY), [0, ""])
    return {
        "chains": len(found), "events": sum(number for _name, number, _head in found),
        "digest": digest([list(one) for one in found]), "study": own, "people": people,
    }  # fmt: skip


def courses_taken(*, by: User, cut: DataCut) -> None:
    """Who took the courses of a cut away stands in the trail."""
    study_event(by=by, action=Action.EXPORTED, subject=cut.address, new=f"{cut.code} {cut.digest}")
