"""What the checks say of a form, ready to be shown beside its fields."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from crf.checks.catalogue import CATALOGUE
from crf.judging import HARD
from crf.messages import hard_message, soft_message
from crf.models import Finding, FindingState, FormInstance, Severity
from crf.registry import FormDef, form_def
from trialsite.db.prepared import Prepared

from .history import field_at

_standing = Prepared(
    lambda form: (
        Finding.objects.filter(form=form)
        .exclude(state=FindingState.CURED)
        .select_related("settled_by")
        .order_by("path", "rule")
    ),
    form=1,
)


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """One finding in the words of the active language. Only a soft one can be confirmed."""

    path: str
    rule: str
    severity: str
    message: str
    state: str
    reason: str
    found: str
    by: str = ""  # who confirmed it, and when
    at: dt.datetime | None = None

    @property
    def confirm_name(self) -> str:
        """Name of the input that takes the reason of a confirmation; without `confirm:` the key in `Order.confirmed`."""
        return f"confirm:{self.rule}@{self.path}"

    @property
    def hard(self) -> bool:
        return self.severity == Severity.HARD

    @property
    def open(self) -> bool:
        return self.state == FindingState.OPEN


def shown(form: FormInstance) -> dict[str, list[ShownFinding]]:
    """Open and confirmed findings by the path of their field (empty: the whole form), hard ones first."""
    found: dict[str, list[ShownFinding]] = {}
    if form.version == 0 and not form.finding_count:
        return found
    definition = form_def(form.form_key)
    for finding in _standing(form=form.pk):
        found.setdefault(finding.path, []).append(_shown(definition, finding))
    for lines in found.values():
        lines.sort(key=lambda one: (not one.hard, not one.open))
    return found


def _shown(definition: FormDef, finding: Finding) -> ShownFinding:
    return ShownFinding(
        finding.path, finding.rule, finding.severity, message_of(definition, finding.rule, finding.path),
        finding.state, finding.reason, finding.value, str(finding.settled_by or ""), finding.settled_at,
    )  # fmt: skip


def message_of(definition: FormDef, rule: str, path: str) -> str:
    """What a rule says at a field: the book's wording of a check, or the limit of the field in words."""
    if rule in CATALOGUE:
        return str(CATALOGUE[rule].message)
    crf_field = field_at(definition, path)
    if crf_field is None:
        return rule
    return hard_message(crf_field) if rule.startswith(HARD) else soft_message(crf_field)
