"""Sentences that several services and policies say."""

from django.utils.translation import gettext_lazy as _

THREE_PEOPLE = _("Readers and adjudicator must be three different people.")
BEGUN = _("This place is being read already. It cannot be given to somebody else.")
LOCKED = _("This reading has been submitted and is locked. Ask the data manager to reopen it.")
DATE_CANNOT_BE = _("This date cannot be right. Check it, or ask the data manager.")
