"""What the pages of data cuts show of a moment or a cut: open points by participant, and the step from the cut before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from endpoints.cuts import moved
from endpoints.models import DataCut, Moment, Status
from endpoints.standpoint import AtCut, AtMoment, Kept
from endpoints.words import refusal, short
from trialsite.accounts.permissions import Grants
from trialsite.accounts.roles import Permission

# What a participant may leave open, in the order of the chips.
KINDS: dict[str, Any] = {
    "queries": L("Open queries"),
    "late": L("Late entries"),
    "after": L("Entered after the moment"),
    "unsigned": L("Not signed"),
    "unverified": L("Endpoint fields not verified"),
    "pending": L("Result pending"),
    "partial": L("Partial dates"),
    "error": L("Data error"),
}


@dataclass(frozen=True, slots=True)
class OpenLine:
    """One participant of a moment or cut, with what is open."""

    number: str
    queries: list[str]
    late: int
    after: int
    unsigned: int
    unverified: int
    pending: list[str]
    partial: int
    error: str

    def has(self, kind: str) -> bool:
        return bool(getattr(self, kind))

    @property
    def pending_words(self) -> str:
        return _(", ").join(short(name) for name in self.pending)


def open_lines(record: Moment | DataCut, grants: Grants) -> list[OpenLine]:
    """Everybody whom the reader may know, in the order of their numbers: two queries."""
    errors = _errors(record)
    sites = _site_numbers(grants)
    return [
        OpenLine(
            number=one["number"], queries=one["queries"], late=one["late"], after=one["after"],
            unsigned=one["to_sign"] - one["signed"], unverified=one["fields"] - one["verified"], pending=one["pending"],
            partial=one["partial"], error=errors.get(one["number"], ""),
        )
        for one in record.facts.get("people", ())
        if sites is None or one["site"] in sites
    ]  # fmt: skip


def _site_numbers(grants: Grants) -> set[str] | None:
    from trialsite.accounts.models import Site

    sites = grants.sites(Permission.RESULTS)
    return None if sites is None else set(Site.objects.filter(pk__in=sites).values_list("number", flat=True))


def _errors(record: Moment | DataCut) -> dict[str, str]:
    bad = record.people.exclude(status=Status.OK)  # type: ignore[union-attr]
    return {
        number: refusal(summary, error) or _("Data error")
        for number, summary, error in bad.values_list("number", "summary", "error")
    }


def counts_of(lines: Iterable[OpenLine]) -> list[tuple[str, str, int]]:
    """How many participants leave each kind open."""
    every = list(lines)
    return [(kind, str(label), sum(line.has(kind) for line in every)) for kind, label in KINDS.items()]


@dataclass(frozen=True, slots=True)
class StepFrom:
    """What a new cut would change against the one before, in counts."""

    cut: DataCut
    new: int
    gone: int
    results: int
    inputs: int
    moved: list[moved.Figure]


def step_from(cut: DataCut | None, record: Moment) -> StepFrom | None:
    if cut is None:
        return None
    before, after = _digests(AtCut(cut)), _digests(AtMoment(record))
    both = before.keys() & after.keys()
    return StepFrom(
        cut=cut, new=len(after.keys() - before.keys()), gone=len(before.keys() - after.keys()),
        results=sum(before[one][1] != after[one][1] for one in both),
        inputs=sum(before[one][0] != after[one][0] for one in both),
        moved=[one for one in moved.compared(cut.results, record.results) if one.moved],
    )  # fmt: skip


def _digests(standpoint: Kept) -> Mapping[str, tuple[str, str]]:
    rows = standpoint.people().values_list("number", "input_digest", "result_digest")
    return {number: (given, result) for number, given, result in rows}
