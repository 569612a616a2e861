"""Every kind of act that the trail knows, with the words a reader sees."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    # forms
    ENTER = "ENTER", _("entered")
    CHANGE = "CHANGE", _("changed")
    CLEAR = "CLEAR", _("set inactive")
    DERIVE = "DERIVE", _("calculated by the system")
    ROW_ADD = "ROW_ADD", _("row added")
    ROW_REMOVE = "ROW_REMOVE", _("row removed")
    ROW_RESTORE = "ROW_RESTORE", _("row restored")
    FORM_STATUS = "FORM_STATUS", _("form status")
    FORM_EXPECTED = "FORM_EXPECTED", _("form expected")
    FINDING = "FINDING", _("edit check")
    CONFIRM = "CONFIRM", _("value confirmed")
    VALUE_REFUSED = "VALUE_REFUSED", _("value refused")
    REFUSED = "REFUSED", _("refused")
    # participants and visits
    SCREENED = "SCREENED", _("screened")
    PARTICIPANT_STATE = "PARTICIPANT_STATE", _("participant state")
    VISIT = "VISIT", _("visit")
    # central pathology
    CASE_OPENED = "CASE_OPENED", _("central case opened")
    READING_TAKEN = "READING_TAKEN", _("reading taken")
    READING_SUBMITTED = "READING_SUBMITTED", _("reading submitted")
    # results, reports, data in and out
    IMPORT = "IMPORT", _("imported")
    REPORT_REQUESTED = "REPORT_REQUESTED", _("report requested")
    REPORT_DOWNLOADED = "REPORT_DOWNLOADED", _("report downloaded")
    EXPORTED = "EXPORTED", _("exported")
    # accounts
    ACCOUNT_CREATED = "ACCOUNT_CREATED", _("account created")
    ACCOUNT_CHANGED = "ACCOUNT_CHANGED", _("account changed")
    ROLE_GRANTED = "ROLE_GRANTED", _("role granted")
    ROLE_ENDED = "ROLE_ENDED", _("role ended")
    SITE_CHANGED = "SITE_CHANGED", _("site changed")
    SIGNED_IN = "SIGNED_IN", _("signed in")
    SIGNED_OUT = "SIGNED_OUT", _("signed out")
    SIGN_IN_FAILED = "SIGN_IN_FAILED", _("sign-in failed")
    LOCKED_OUT = "LOCKED_OUT", _("locked out")
    SESSION_TIMEOUT = "SESSION_TIMEOUT", _("session timed out")
    PASSWORD_CHANGED = "PASSWORD_CHANGED", _("password changed")
    MFA_ENROLLED = "MFA_ENROLLED", _("second factor enrolled")
    MFA_REMOVED = "MFA_REMOVED", _("second factor removed")
