"""Whether a submission of a reading's page has been stored before."""

from __future__ import annotations

from crf.models import FormSubmission
from pathology.models import Reading


def is_submitted(reading: Reading, token: str) -> bool:
    """A double click, or an answer that got lost on its way: the same token again."""
    if not token:
        return False
    if reading.form_id is None:
        return token in reading.tokens
    return FormSubmission.objects.filter(token=token, form=reading.form_id).exists()
