"""What a limit says to the person at the field, in the active language."""

from __future__ import annotations

from django.utils.translation import gettext as _

from .fields import CrfField
from .wording import limit_text


def hard_message(crf_field: CrfField) -> str:
    return _("%(label)s: not possible. Allowed: %(limit)s.") % {
        "label": crf_field.label,
        "limit": limit_words(crf_field, "hard"),
    }


def soft_message(crf_field: CrfField) -> str:
    return _("%(label)s: unusual. Expected: %(limit)s. Correct it, or confirm it with a reason.") % {
        "label": crf_field.label,
        "limit": limit_words(crf_field, "soft"),
    }


def limit_words(crf_field: CrfField, which: str) -> str:
    """A limit in words: names of fields as their labels, ranges with an en dash and the unit."""
    return limit_text(crf_field, crf_field.book_hard if which == "hard" else crf_field.book_soft)
