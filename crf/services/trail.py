"""Taking the trail away stands in the trail: what was asked for, how many rows went out, and the digest of the file."""

from __future__ import annotations

from django.db import transaction

from trialsite.accounts.models import User
from trialsite.audit.actions import Action
from trialsite.audit.trail import append, study_chain

ADDRESS = "export:trail"


@transaction.atomic
def export_begun(*, by: User, kind: str, filters: str) -> None:
    """Before the first row leaves: a download that breaks off leaves this at least."""
    append(
        study_chain(),
        by=by,
        action=Action.EXPORTED,
        subject=f"{ADDRESS}/{kind}",
        new=f"{_said(filters)}; begun",
    )


@transaction.atomic
def export_ended(*, by: User, kind: str, filters: str, rows: int, sha256: str, whole: bool) -> None:
    """After the last row, or the last that somebody waited for."""
    end = "" if whole else "; broken off"
    said = f"{_said(filters)}; {rows} rows; SHA-256 {sha256}{end}"
    append(study_chain(), by=by, action=Action.EXPORTED, subject=f"{ADDRESS}/{kind}", new=said)


def _said(filters: str) -> str:
    return filters or "everything"
