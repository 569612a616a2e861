"""When a form may be changed. `permissions` says who; this says when; the sentence greys the button and answers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from participants.lifecycle import State
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import ALLOWED, Decision, refused

from .models import FormInstance

BLINDED_FORMS = ("CPATH", "CPATHF")


def may_enter(user: Any, form: FormInstance) -> Decision:
    """Whether this person may save this form now."""
    if form.form_key == "CPATHF":
        return refused(_("The final central result is kept by the system."), "role")
    if form.form_key == "CPATH":
        return refused(_("Central readings are entered by the central pathologists."), "role")
    if not grants_of(user).may(Permission.ENTER, form.participant.site_id):
        return refused(_("Only coordinators and investigators of the site enter data."), "role")
    return may_change(form)


def may_change(form: FormInstance) -> Decision:
    """Whether the form's state allows any change, whoever asks."""
    if form.locked:
        return refused(
            _("This form is locked. A data manager can unlock it, with a reason and a second person."),
            "locked",
        )
    if form.frozen:
        return refused(
            _("This form is frozen: it can be queried, verified and signed, but not changed."), "frozen"
        )
    if not form.active:
        return refused(_("This line was taken out of the log."), "removed")
    if not form.expected and form.version == 0:
        return refused(_("This form is not expected: its visit is closed."), "closed")
    if form.participant.imported:
        return refused(_("Imported data are not changed here; import a corrected file."), "imported")
    return ALLOWED


def may_log(user: Any, participant: Any) -> Decision:
    """Whether this person may add a line to a log of the participant."""
    if not grants_of(user).may(Permission.ENTER, participant.site_id):
        return refused(_("Only coordinators and investigators of the site enter data."), "role")
    if participant.imported:
        return refused(_("Imported data are not changed here; import a corrected file."), "imported")
    return ALLOWED


def may_configure(user: Any, site: Any) -> Decision:
    """Whether this person may change what a site has of its own: laboratories, ranges, consent versions."""
    if not grants_of(user).may(Permission.CONFIGURE, site):
        return refused(_("Only data managers change the laboratories and ranges of a site."), "role")
    return ALLOWED


def may_screen(user: Any, site: Any) -> Decision:
    if not grants_of(user).may(Permission.SCREEN, site):
        return refused(_("Only coordinators and investigators of the site add participants."), "role")
    if not site.active:
        return refused(_("This site is closed."), "closed")
    return ALLOWED


def may_open_visit(user: Any, participant: Any) -> Decision:
    if not grants_of(user).may(Permission.ENTER, participant.site_id):
        return refused(_("Only coordinators and investigators of the site open visits."), "role")
    if participant.state in (State.SCREEN_FAILED, State.DIED):
        return refused(
            _("No further visits: %(state)s.") % {"state": State(participant.state).label}, "state"
        )
    return ALLOWED
