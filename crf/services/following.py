"""What a change of data does to what stood on the form: its verification, its signature, its queries; and what holds it.

In the transaction of the change, whatever way it came: a save, a batch, a value that was calculated anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from crf.fields import MISS
from crf.models import FormInstance, Signed
from crf.naming import form_title
from crf.policies import held
from crf.sheets import Sheet
from trialsite.accounts.models import User
from trialsite.audit.trail import Entry
from trialsite.db.prepared import Prepared
from trialsite.kernel.decisions import refused

from .queries import changes_told
from .signatures_void import signature_void
from .verification_marks import marks_follow
from .writing import Change


@dataclass(slots=True)
class Standing:
    """What stands on a form."""

    form: int
    key: str
    repeat: int
    locked: bool
    frozen: bool
    verified: str
    signed: str
    query_open: int
    query_answered: int

    @property
    def queries(self) -> int:
        return self.query_open + self.query_answered


_standing = Prepared(
    lambda participant: FormInstance.objects.filter(
        Q(locked=True) | Q(frozen=True) | ~Q(verified="") | ~Q(signed="") | Q(query_open__gt=0)
        | Q(query_answered__gt=0), participant=participant,
    ).values_list(
        "pk", "form_key", "repeat", "locked", "frozen", "verified", "signed", "query_open", "query_answered"
    ),
    participant=1,
)  # fmt: skip


class Followers:
    """What stands on the forms of one participant; read once, when first asked."""

    def __init__(self, participant: int, by: User | None) -> None:
        self.participant, self.by = participant, by
        self._known: dict[int, Standing] | None = None

    def of(self, form: int) -> Standing | None:
        if self._known is None:
            rows = _standing(participant=self.participant)
            self._known = {row[0]: Standing(*row) for row in rows}
        return self._known.get(form)

    def is_held(self, form: int) -> bool:
        found = self.of(form)
        return found is not None and (found.locked or found.frozen)

    def require_free(self, sheet: Sheet) -> None:
        """A value that would move a calculated value of a locked form is refused where it is typed."""
        found = self.of(sheet.form)
        if found is None or not (found.locked or found.frozen):
            return
        message = _("This would change a calculated value of the form “%(form)s”. %(why)s")
        why = held(found).reason
        refused(
            message % {"form": form_title(found.key, found.repeat), "why": why},
            "locked" if found.locked else "frozen",
        ).require()

    def follow(self, sheet: Sheet, diff: Sequence[Change]) -> list[Entry]:
        """Entries of what fell on a form whose values changed without being saved itself."""
        found = self.of(sheet.form)
        return followed(by=self.by, form=found, sheet=sheet, diff=diff) if found and diff else []


def followed(*, by: User | None, form: Any, sheet: Sheet, diff: Sequence[Change]) -> list[Entry]:
    """What falls on a form with these changes. `form` has the counts and marks of an envelope; its sheet is stored."""
    entries: list[Entry] = []
    pk = form.pk if isinstance(form, FormInstance) else form.form
    if form.verified:
        entries += marks_follow(pk, sheet, diff)
    if form.signed == Signed.SIGNED:
        entries += signature_void(pk, [(c.path, c.old, c.new) for c in diff])
        form.signed = Signed.VOID
    waiting = form.query_open + form.query_answered
    if waiting and (changed := _by_field(diff)):
        envelope = form if isinstance(form, FormInstance) else FormInstance(pk=pk)
        entries += changes_told(by=by, form=envelope, changed=changed)
    return entries


def _by_field(diff: Iterable[Change]) -> dict[str, tuple[str, str]]:
    """Old and new text by the path of the field: a value, or the reason why it is missing."""
    found: dict[str, tuple[str, str]] = {}
    for change in diff:
        path = change.path.removesuffix("/@active").removesuffix(MISS)
        old, new = found.get(path, ("", ""))
        found[path] = (old or change.old, new or change.new)
    return found
