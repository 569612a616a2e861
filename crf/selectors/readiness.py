"""What keeps a form from being frozen or locked, in words: the columns of the console and the sentence of a refusal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crf.critical import has_critical
from crf.models import (
    FindingState,
    FormInstance,
    FormStatus,
    HoldKind,
    PlanLevel,
    Severity,
    Signed,
    VerificationPlan,
    Verified,
)
from crf.naming import form_title
from crf.schedule import visit_label
from crf.selectors.work import OPEN_VISITS, REQUIRED

UNSIGNED_KEYS = frozenset({"CPATH", "CPATHF"})  # signed by their readers
SYSTEM_KEYS = frozenset({"CPATHF"})  # nobody verifies or completes what the system keeps


@dataclass(slots=True)
class Readiness:
    """One form and what it lacks, by column: `complete`, `queries`, `verified`, `signed`. Empty text: nothing."""

    form: int
    number: str
    visit: str
    key: str
    repeat: int
    lacks: dict[str, str] = field(default_factory=dict)
    counts: bool = False  # expected, or begun

    @property
    def title(self) -> str:
        name = str(form_title(self.key, self.repeat))
        return f"{self.visit} {name}" if self.visit else name


@dataclass(frozen=True, slots=True)
class Unready:
    """A form that keeps a hold from being put, and why."""

    form: int
    number: str
    title: str
    why: str


COLUMNS = ("complete", "queries", "verified", "signed")
# Freezing is the site's end of work: it waits for completeness and queries; locking for the reviews as well.
NEEDS = {HoldKind.FREEZE: ("complete", "queries"), HoldKind.LOCK: COLUMNS}


def levels() -> dict[str, str]:
    """The verification plan by form key, where it is not the usual one."""
    return dict(VerificationPlan.objects.values_list("form_key", "level"))


def readiness(forms: QuerySet[FormInstance]) -> Iterable[Readiness]:
    """Every form that counts, with what it lacks: two queries, however many. Forms that nobody expects lack nothing."""
    plan = levels()
    hard = Count("findings", filter=Q(findings__state=FindingState.OPEN, findings__severity=Severity.HARD))
    rows = (
        forms.order_by("participant__number", "visit__order", "pk")
        .annotate(hard=hard)
        .values_list(
            "pk", "participant__number", "visit__code", "visit__repeat", "form_key", "repeat", "status", "expected",
            "required", "active", "version", "visit__status", "query_open", "query_answered", "verified", "signed",
            "hard",
        )
    )  # fmt: skip
    row: Any
    for row in rows:
        pk, number, code, at, key, repeat, status, expected, required, active, version, kept, *review = row
        one = Readiness(pk, number, visit_label(code, at) if code else "", key, repeat)
        waited = (
            expected and required in REQUIRED and key not in SYSTEM_KEYS and (not code or kept in OPEN_VISITS)
        )
        one.counts = active and bool(version or waited)
        if one.counts:
            one.lacks = _lacks(key, status, version, plan.get(key, PlanLevel.CRITICAL), *review)
        yield one


def _lacks(
    key: str, status: str, version: int, level: str, waiting: int, answered: int, verified: str, signed: str, hard: int
) -> dict[str, str]:  # fmt: skip
    found: dict[str, str] = {}
    if status != FormStatus.COMPLETE:
        found["complete"] = _("not complete")
    elif hard:
        found["complete"] = _("has values that cannot be")
    if waiting or answered:
        n = waiting + answered
        found["queries"] = ngettext("%(n)s open query", "%(n)s open queries", n) % {"n": n}
    if to_verify(key, level) and verified != Verified.FULLY and version:
        found["verified"] = _("not verified") if not verified else _("partly verified")
    if key not in UNSIGNED_KEYS and signed != Signed.SIGNED:
        found["signed"] = _("signature void") if signed == Signed.VOID else _("not signed")
    return found


def to_verify(key: str, level: str) -> bool:
    """Whether the plan asks anything of a form of this kind."""
    if key in SYSTEM_KEYS:
        return False
    return level == PlanLevel.ALL or (level == PlanLevel.CRITICAL and has_critical(key))


def unready(forms: QuerySet[FormInstance], kind: str) -> list[Unready]:
    """The forms that keep these from being frozen or locked; empty when all are ready."""
    needs = NEEDS[HoldKind(kind)]
    found = []
    for one in readiness(forms):
        whys = [one.lacks[column] for column in needs if column in one.lacks]
        if whys:
            found.append(Unready(one.form, one.number, one.title, ", ".join(whys)))
    return found
