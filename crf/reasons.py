"""Reasons that are asked beside the forms: they stay in the trail for ever."""

from __future__ import annotations

from crf.checks.catalogue import CATALOGUE
from crf.checks.consent import names_a_person
from crf.fields import free_text
from crf.selectors.folder import names_not_to_be_written
from trialsite.kernel.decisions import refused

LONGEST = 200


def reason_given(text: str, ask: str, longest: int = LONGEST) -> str:
    """A reason as it is kept. Refused when there is none (`ask` says so) or when it names a person (CK-017)."""
    reason = free_text(text)
    if not reason:
        refused(ask, "reason").require()
    if names_a_person(reason, names_not_to_be_written()):
        refused(str(CATALOGUE["CK-017"].message), "identity").require()
    return reason[:longest]
