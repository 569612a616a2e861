"""Figures about queries: how many, how old, how long answers take, and how many changed nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.models import Query, QueryState
from crf.registry import form_def

from .queries import BUCKETS, Filters, rule_name

DAY = 86_400
NAMES = (
    "site__number", "form_key", "rule", "state", "raised_at", "answered_at", "closed_at", "raised_value", "closed_value",
)  # fmt: skip

COUNTED = ("open", "answered", "closed", "cancelled", "unchanged", "to_answer", "to_close")


@dataclass(slots=True)
class Figures:
    """One line: a site, a form or a rule. Buckets count what stands; medians are days, to one decimal."""

    name: str
    title: str = ""
    href: str = ""
    open: int = 0
    answered: int = 0
    closed: int = 0
    cancelled: int = 0
    unchanged: int = 0  # closed with the value that was asked about
    buckets: list[int] = field(default_factory=lambda: [0] * len(BUCKETS))
    to_answer: list[float] = field(default_factory=list)
    to_close: list[float] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.open + self.answered + self.closed + self.cancelled

    @property
    def median_answer(self) -> float | None:
        return round(median(self.to_answer), 1) if self.to_answer else None

    @property
    def median_close(self) -> float | None:
        return round(median(self.to_close), 1) if self.to_close else None

    @property
    def share_unchanged(self) -> float | None:
        return round(100 * self.unchanged / self.closed, 1) if self.closed else None

    def count(self, line: tuple[Any, ...], at: dt.datetime) -> None:
        state, raised, answered, closed, before, after = line
        if answered:
            self.to_answer.append((answered - raised).total_seconds() / DAY)
        if state == QueryState.CLOSED:
            self.closed += 1
            self.unchanged += before == after
            self.to_close.append((closed - raised).total_seconds() / DAY)
        elif state == QueryState.CANCELLED:
            self.cancelled += 1
        else:
            self.answered += state == QueryState.ANSWERED
            self.open += state != QueryState.ANSWERED
            self.buckets[_bucket(max(0, (at - raised).days))] += 1

    def add(self, other: Figures) -> None:
        for name in COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.buckets = [one + more for one, more in zip(self.buckets, other.buckets, strict=True)]


def _bucket(days: int) -> int:
    return next(at for at, last in enumerate((7, 14, 28, days)) if days <= last)


@dataclass(frozen=True, slots=True)
class Metrics:
    whole: Figures
    sites: list[Figures]
    forms: list[Figures]
    rules: list[Figures]


def metrics(queries: QuerySet[Query], now: dt.datetime | None = None) -> Metrics:
    """Everything in one reading of the queries: each is counted once, where site, form and rule meet."""
    at = now or timezone.now()
    leaves: dict[tuple[str, ...], Figures] = {}
    for *place, state, raised, answered, closed, before, after in (
        queries.order_by().values_list(*NAMES).iterator(chunk_size=5000)
    ):
        leaf = leaves.setdefault(tuple(place), Figures(""))
        leaf.count((state, raised, answered, closed, before, after), at)
    whole = Figures(_("All"))
    by: tuple[dict[str, Figures], ...] = ({}, {}, {})
    for names, leaf in leaves.items():
        whole.add(leaf)
        for found, name in zip(by, names, strict=True):
            found.setdefault(name, Figures(name)).add(leaf)
    sites, forms, rules = by
    return Metrics(
        whole, _named(sites.values(), lambda name: ("", Filters(tab="open", site=name))),
        _named(forms.values(), _form), _named(rules.values(), _rule),
    )  # fmt: skip


def _named(found: Iterable[Figures], told: Callable[[str], tuple[str, Filters | None]]) -> list[Figures]:
    lines = list(found)
    for one in lines:
        one.title, filters = told(one.name)
        one.href = filters.url() if filters else ""
    return sorted(lines, key=lambda one: (-(one.open + one.answered), -one.total, one.name))


def _form(name: str) -> tuple[str, Filters | None]:
    if not name:
        return _("The participant"), None
    return str(form_def(name).title), Filters(tab="open", form=name)


def _rule(name: str) -> tuple[str, Filters | None]:
    if not name:
        return _("Asked by people"), Filters(tab="open", origin="PERSON")
    title = rule_name(name)
    return "" if title == name else f"{title}", Filters(tab="open", check=name)
