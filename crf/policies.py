"""When a form may be changed. `permissions` says who; this says when; the sentence greys the button and answers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.lifecycle import State
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.policies import lacking
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import ALLOWED, Decision, refused

from .models import FormInstance, InformedConsent, Query
from .models.queries import WITH_SITE
from .policies_review import held_above

# Written after full withdrawal: its correction, and that the study has ended for the participant.
AFTER_WITHDRAWAL = frozenset({"ICF", "EOS"})
ENDED = frozenset({State.OFF_STUDY, State.DIED, State.SCREEN_FAILED})
BLINDED_FORMS = ("CPATH", "CPATHF")
ONLY_SITE = gettext_lazy("Only coordinators and investigators of the site enter data.")


def may_enter(user: Any, form: FormInstance) -> Decision:
    """Whether this person may save this form now."""
    if form.form_key == "CPATHF":
        return refused(_("The final central result is kept by the system."), "role")
    if form.form_key == "CPATH":
        return refused(_("Central readings are entered by the central pathologists."), "role")
    if not grants_of(user).may(Permission.ENTER, form.participant.site_id):
        return lacking(user, Permission.ENTER, form.participant.site_id, ONLY_SITE)
    return may_change(form)


def held(form: Any) -> Decision:
    """Whether nothing holds the form: no lock, no freeze, no removal of its line. No road in goes round this (S07)."""
    if form.locked:
        return refused(
            _("This form is locked. A data manager can unlock it, with a reason and a second person."),
            "locked",
        )
    if form.frozen:
        return refused(
            _("This form is frozen: it can be queried, verified and signed, but not changed."), "frozen"
        )
    if not getattr(form, "active", True):
        return refused(_("This line was taken out of the log."), "removed")
    return ALLOWED


def may_change(form: FormInstance) -> Decision:
    """Whether the form's state allows any change, whoever asks."""
    if not (may := held(form)):
        return may
    if not form.expected and form.version == 0:
        return refused(_("This form is not expected: its visit is closed."), "closed")
    if form.participant.imported:
        return refused(_("Imported data are not changed here; import a corrected file."), "imported")
    if form.form_key in AFTER_WITHDRAWAL or _asked(form):
        return ALLOWED
    return still_in(form.participant)


def _asked(form: FormInstance) -> bool:
    """A person asks about what was entered: that can be corrected at any time."""
    return form.query_open > 0 and Query.objects.filter(form=form, rule="", state__in=WITH_SITE).exists()


def still_in(participant: Any) -> Decision:
    """Whether consent stands: full withdrawal ends entry (crf-book 1.3.2). What is there stays readable."""
    if participant.state not in ENDED:
        return ALLOWED
    consent = InformedConsent.objects.filter(form__participant=participant.pk, wd_yn="Y", wd_scope="ALL")
    if not consent.exists():
        return ALLOWED
    return refused(
        _(
            "Consent was withdrawn: nothing more is entered. What is there stays, and queries can be answered."
        ),
        "withdrawn",
    )


def may_log(user: Any, participant: Any) -> Decision:
    """Whether this person may add a line to a log of the participant."""
    if not grants_of(user).may(Permission.ENTER, participant.site_id):
        return lacking(user, Permission.ENTER, participant.site_id, ONLY_SITE)
    if participant.imported:
        return refused(_("Imported data are not changed here; import a corrected file."), "imported")
    return still_in(participant) and held_above(participant=participant)


def may_configure(user: Any, site: Any) -> Decision:
    """Whether this person may change what a site has of its own: laboratories, ranges, consent versions."""
    if not grants_of(user).may(Permission.CONFIGURE, site):
        return refused(_("Only data managers change the laboratories and ranges of a site."), "role")
    return held_above(site=site)


def may_reconcile(user: Any) -> Decision:
    """Whether this person may see and decide who may be one person. It takes the right at all sites."""
    grants = grants_of(user)
    if not grants.may(Permission.RECONCILE) or grants.sites(Permission.RECONCILE) is not None:
        return refused(_("Only data managers of all sites decide about possible duplicates."), "role")
    return ALLOWED


def may_screen(user: Any, site: Any) -> Decision:
    if not grants_of(user).may(Permission.SCREEN, site):
        words = _("Only coordinators and investigators of the site add participants.")
        return lacking(user, Permission.SCREEN, site.pk, words)
    if not site.active:
        return refused(_("This site is closed."), "closed")
    return held_above(site=site)


def may_open_visit(user: Any, participant: Any) -> Decision:
    if not grants_of(user).may(Permission.ENTER, participant.site_id):
        words = _("Only coordinators and investigators of the site open visits.")
        return lacking(user, Permission.ENTER, participant.site_id, words)
    if participant.state in (State.SCREEN_FAILED, State.DIED):
        return refused(
            _("No further visits: %(state)s.") % {"state": State(participant.state).label}, "state"
        )
    return still_in(participant) and held_above(participant=participant)
