"""What monitors, investigators and data managers have done in the demonstration trial: queries, verification,
signatures, freezes and locks, on some of its participants, through the services.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from crf.models import FormInstance, FormStatus, HoldKind, Meaning, Outcome, Query, Signed
from crf.models.queries import STANDING, WITH_SITE
from crf.policies_review import signable
from crf.selectors.readiness import unready
from crf.selectors.sheets import sheet_of
from crf.services.entry import Order, form_save
from crf.services.findings import participants_check
from crf.services.holding import forms_below, hold_put
from crf.services.queries import query_act, query_raise
from crf.services.signing import Proof, forms_sign, hard_findings
from crf.services.verification import forms_verify
from crf.typed import Typed
from participants.lifecycle import State
from participants.models import Participant
from trialsite.accounts.models import User

from .writing import Cast

PROOF = Proof(("username", "password"), first_in_session=True)
OVER = (State.DIED, State.OFF_STUDY, State.SCREEN_FAILED)
REVIEWED = 8  # participants; the others are as their sites left them
INVESTIGATORS = {"01": "chen", "02": "zhao"}
COORDINATORS = {"01": "lin", "02": "wu"}
# (form, visit, field, question, what became of it); asked where the form has been entered.
QUESTIONS = (
    ("TA", "TA1", "TA2:1/tl_diam", "Please check the diameter against the radiology report.", "open"),
    ("HCC", "SCR", "hcc_bclc", "Which findings is the stage based on?", "answered"),
    ("SURG", "SURG", "surg_ebl", "Does the anaesthesia record give the same blood loss?", "closed"),
    ("DM", "SCR", "famhx_hcc", "Which source document says so?", "reopened"),
)


def review(cast: Cast, numbers: Sequence[str]) -> None:
    """Review the first participants of sites that have an investigator. What was reviewed already is left alone."""
    people = (
        Participant.objects.filter(number__in=numbers, imported=False, site__number__in=INVESTIGATORS)
        .select_related("site")
        .exclude(signatures__isnull=False)
    )
    wanted = sorted(people, key=lambda one: one.number.rpartition("-")[::-1])[:REVIEWED]  # from both sites
    participants_check([one.pk for one in wanted])
    for place, participant in enumerate(wanted):
        _review(cast, participant, place)


def _review(cast: Cast, participant: Participant, place: int) -> None:
    users, site = cast.users, participant.site.number
    monitor, coordinator, investigator = users["mo"], users[COORDINATORS[site]], users[INVESTIGATORS[site]]
    over = participant.state in OVER
    if place % 4 == 3:  # entered, and nobody has looked yet
        _ask(participant, monitor, coordinator)
        return
    if over:
        _settle(participant, coordinator, monitor)
    else:
        _ask(participant, monitor, coordinator)
    forms_verify(by=monitor, forms=_entered(participant, early=not over))
    _sign(participant, investigator, early=not over)
    if over:
        _hold(participant, users["da"], place)
    else:
        _correct(participant, coordinator)


def _entered(participant: Participant, *, early: bool) -> list[FormInstance]:
    """Forms with data; `early`: of screening and the first cycle only."""
    forms = FormInstance.objects.filter(participant=participant, active=True, version__gt=0)
    forms = forms.exclude(form_key__in=("CPATH", "CPATHF")).select_related("participant__site", "visit")
    if early:
        forms = forms.filter(Q(visit__code__in=("SCR", "BAS", "C1")) | Q(form_key="AE1"))
    return list(forms.order_by("pk"))


def _settle(participant: Participant, coordinator: User, monitor: User) -> None:
    """Every question is answered from the source and closed."""
    for query in _standing(participant):
        if query.severity == "hard":
            continue
        if query.state in WITH_SITE:
            query_act(by=coordinator, query=query, act="answer", outcome=Outcome.CONFIRMED)
        query_act(by=monitor, query=_again(query), act="close")


def _standing(participant: Participant) -> list[Query]:
    found = Query.objects.filter(participant=participant, state__in=STANDING)
    return list(found.select_related("participant__site", "form__visit").order_by("number"))


def _again(query: Query) -> Query:
    return Query.objects.select_related("participant__site", "form__visit").get(pk=query.pk)


def _ask(participant: Participant, monitor: User, coordinator: User) -> None:
    for key, visit, path, question, became in QUESTIONS:
        form = (
            FormInstance.objects.select_related("participant__site", "visit")
            .filter(participant=participant, form_key=key, visit__code=visit, version__gt=0, repeat=1)
            .first()
        )
        if form is None:
            continue
        query = query_raise(by=monitor, participant=participant, form=form, path=path, text=question)
        if became != "open":
            query_act(by=coordinator, query=_again(query), act="answer", outcome=Outcome.CONFIRMED)
        if became == "closed":
            query_act(by=monitor, query=_again(query), act="close")
        if became == "reopened":
            query_act(
                by=monitor, query=_again(query), act="return", text="Please name the document and its date."
            )


def _sign(participant: Participant, investigator: User, *, early: bool) -> None:
    forms = [form for form in _entered(participant, early=early) if form.status == FormStatus.COMPLETE]
    hard = hard_findings(forms)
    ready = [form.pk for form in forms if signable(form, hard.get(form.pk, 0))]
    if ready:
        forms_sign(
            by=investigator, participant=participant, forms=ready, meaning=Meaning.CONFIRM, proof=PROOF
        )


def _correct(participant: Participant, coordinator: User) -> None:
    """A value is corrected after it was verified and signed: both fall, and say why."""
    forms = FormInstance.objects.select_related("participant__site", "visit")
    event = (
        forms.filter(participant=participant, form_key="AE1", signed=Signed.SIGNED).order_by("repeat").first()
    )
    if event is None:
        return
    typed = Typed.of(sheet_of(event))
    typed.values["aeterm"] = f"{typed.values['aeterm']}, first days"
    form_save(
        by=coordinator, form=event, typed=typed, order=Order(reason="Completed after the patient's diary.")
    )


def _hold(participant: Participant, manager: User, place: int) -> None:
    """The first who is ready is locked, the others are frozen."""
    for kind in (HoldKind.LOCK, HoldKind.FREEZE) if place < 2 else (HoldKind.FREEZE,):
        if not unready(forms_below(participant), kind):
            hold_put(by=manager, kind=kind, target=participant)
            return
