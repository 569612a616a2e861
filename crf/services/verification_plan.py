"""The plan of what is compared with the source; and how far forms are, counted anew when it changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crf.models import FormInstance, PlanLevel, VerificationMark, VerificationPlan
from crf.policies import BLINDED_FORMS
from crf.policies_review import may_plan
from crf.registry import forms, parts
from crf.selectors.values import sheets_of
from crf.tasks import plan_count
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.kernel.decisions import refused

from .verification_marks import level_of, state_stored

AT_ONCE = 100  # forms; more are counted in the worker


def planned_keys() -> list[str]:
    """The forms that the plan speaks of; central results are nobody's at a site."""
    return [key for key in [*forms(), *parts()] if key not in BLINDED_FORMS]


def plan_set(*, by: User, form_key: str, level: str) -> VerificationPlan:
    """How much of a form is verified, from now on. What was verified stays; how far forms are is counted anew.

    At once when they are few; else the plan says that it is not `counted` and a worker does it.
    """
    may_plan(by).require()
    if level not in PlanLevel.values:
        refused(_("Choose none, critical fields, or all fields."), "level").require()
    if form_key not in planned_keys():
        refused(_("There is no form “%(form)s” to plan.") % {"form": form_key}, "form").require()
    with transaction.atomic():
        old = level_of(form_key)
        plan, _made = VerificationPlan.objects.select_for_update().update_or_create(
            form_key=form_key, defaults={"level": level}
        )
        if old == level:
            return plan
        few = _concerned(form_key).count() <= AT_ONCE
        if few:
            for participant in _participants(form_key):
                _count(participant, form_key)
        plan.counted = few
        plan.save(update_fields=["counted"])
        if not few:
            plan_count.delay_on_commit(form_key)
        trail.study_event(
            by=by, action=Action.PLAN_CHANGED, subject=f"plan:{form_key}/@level", old=old, new=level
        )
        return plan


def plans_set(*, by: User, levels: Mapping[str, str]) -> list[str]:
    """The levels of several forms, all or none; gives the keys of those that changed."""
    with transaction.atomic():
        old = {key: level_of(key) for key in levels}
        changed = [key for key, level in levels.items() if old[key] != level]
        for key in changed:
            plan_set(by=by, form_key=key, level=levels[key])
        return changed


def plans_behind() -> QuerySet[VerificationPlan]:
    """Plans whose forms have not been counted since their level was set."""
    return VerificationPlan.objects.filter(counted=False)


def plan_catch_up(form_key: str) -> int:
    """Count the forms of a plan anew, participant by participant, so that saves get in between; how many there were.

    A level that is set meanwhile leaves the plan behind: it is counted once more.
    """
    level, number = level_of(form_key), 0
    for participant in _participants(form_key):
        with transaction.atomic():
            number += _count(participant, form_key)
    VerificationPlan.objects.filter(form_key=form_key, level=level).update(counted=True)
    return number


def _concerned(form_key: str) -> QuerySet[FormInstance]:
    """Forms with a mark: of the others nothing is verified whatever the plan says."""
    return FormInstance.objects.filter(form_key=form_key).exclude(verified="")


def _participants(form_key: str) -> Iterable[int]:
    found = _concerned(form_key).order_by("participant_id").values_list("participant_id", flat=True)
    return list(found.distinct())


def _count(participant: int, form_key: str) -> int:
    """The forms of one participant, whose chain is held meanwhile: nobody verifies in between."""
    trail.participant_chain(participant)
    held = list(_concerned(form_key).filter(participant=participant).select_related("visit"))
    level, sheets = level_of(form_key), sheets_of(held)
    marks: dict[int, list[VerificationMark]] = {form.pk: [] for form in held}
    for mark in VerificationMark.objects.filter(form__in=held):
        marks[mark.form_id].append(mark)
    for form in held:
        state_stored(form.pk, sheets[form.pk], level, marks[form.pk], there=form.active)
    return len(held)
