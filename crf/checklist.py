"""What must be true before the database is locked, item by item (CN16 5(3)1: only after a checklist and signature check).

Each item counts what is left and says where it is put right. Apps above register what only they know when the site
starts; this module knows nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crf.models import (
    CheckState,
    DeviationProposal,
    ProposalState,
    Query,
    UnlockRequest,
    UnlockState,
)
from crf.models.queries import STANDING
from crf.selectors.holds import Tally, all_below, tallies
from crf.services.findings import stale
from trialsite.audit.models import TrailVerification


@dataclass(frozen=True, slots=True)
class Item:
    """One line: its key, what must be true, how many things keep it from being so, and where they are."""

    key: str
    title: str
    left: int
    href: str = ""
    detail: str = ""

    @property
    def done(self) -> bool:
        return self.left == 0

    def kept(self) -> dict[str, Any]:
        """As it is kept with the lock."""
        return {"key": self.key, "title": self.title, "left": self.left, "detail": self.detail}


Rule = Callable[[], Item]
_OTHERS: dict[str, Rule] = {}


def register(key: str, rule: Rule) -> None:
    """An app above adds an item; registered twice, it is one."""
    _OTHERS[key] = rule


def checklist() -> list[Item]:
    """Every item, computed now."""
    total = Tally()
    for tally in tallies(all_below()).values():
        total.add(tally)
    return [
        *_forms(total), _queries(), _verified(total), _signed(total), _unlocks(), _proposals(), _judged(),
        *(rule() for rule in _OTHERS.values()), _trail(),
    ]  # fmt: skip


def _forms(total: Tally) -> list[Item]:
    left = total.forms - total.complete
    title = _("Every expected form is complete, without values that cannot be")
    return [Item("complete", title, left, "/locks/?show=not")]


def _queries() -> Item:
    standing = Query.objects.filter(state__in=STANDING)
    return Item("queries", _("No query is open or waits to be closed"), standing.count(), "/queries/")


def _verified(total: Tally) -> Item:
    title = _("What the plan asks is verified against the source")
    return Item("verified", title, total.to_verify - total.verified, "/sdv/")


def _signed(total: Tally) -> Item:
    title = _("Every form is signed, and no signature is void")
    return Item("signed", title, total.to_sign - total.signed, "/locks/?show=not")


def _unlocks() -> Item:
    waiting = UnlockRequest.objects.filter(state=UnlockState.PENDING, expires_at__gt=timezone.now())
    return Item("unlocks", _("No request to unlock is undecided"), waiting.count(), "/locks/#unlocks")


def _proposals() -> Item:
    waiting = DeviationProposal.objects.filter(state=ProposalState.PROPOSED)
    return Item("deviations", _("No proposed deviation is undecided"), waiting.count(), "/deviations/")


def _judged() -> Item:
    """Checks that have not run are no checks passed."""
    behind = stale().count()
    broken = CheckState.objects.exclude(error="").count()
    detail = _("%(n)s could not be judged") % {"n": broken} if broken else ""
    return Item(
        "checks",
        _("Every participant has been judged by the edit checks of today"),
        behind + broken,
        "",
        detail,
    )


def _trail() -> Item:
    """The newest verification that ended found the trail whole, and it is no older than a day."""
    title = _("The audit trail was verified within the last day, without a finding")
    last = TrailVerification.objects.filter(finished_at__isnull=False).order_by("-finished_at").first()
    if last is None:
        return Item("trail", title, 1, "/audit/", _("never verified"))
    old = (timezone.now() - last.finished_at).total_seconds() > 86_400  # type: ignore[operator]
    left = 0 if last.ok and not old else max(last.problem_count, 1)
    detail = _("verified %(at)s") % {"at": f"{last.finished_at:%Y-%m-%d %H:%M} UTC"}
    return Item("trail", title, left, "/audit/", detail)
