"""The review of the trail for its page and its report: items by rank, their events in words, what was looked at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Min, QuerySet, Sum
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crf.models import FormInstance, Signal, TrailItem, TrailLook, TrailReview
from crf.naming import form_title, form_url, label_of
from crf.policies_review import may_review_trail
from crf.registry import form_def
from crf.schedule import visit_label
from crf.trail_rules import THRESHOLDS
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.models import AuditEvent
from trialsite.audit.trail import chain_name

from .trail import Line, lines_of, scope_of


def items_for(user: Any) -> QuerySet[TrailItem]:
    """Items of the sites where the person may see both the trail and the participants."""
    grants = grants_of(user)
    found = grants.limit(TrailItem.objects.all(), Permission.AUDIT)
    return grants.limit(found, Permission.VIEW)


def item_for(user: Any, pk: int) -> TrailItem:
    """One item, or 404."""
    found = items_for(user).select_related("participant__site", "site", "reviewed_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


# --- the list -------------------------------------------------------------------------------------------------------

STATES = ("open", "reviewed", "all")


@dataclass(frozen=True, slots=True)
class Filters:
    """What stands in the address."""

    signal: str = ""
    site: str = ""
    state: str = "open"

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Filters:
        signal, state = asked.get("signal", ""), asked.get("state", "open")
        return cls(
            signal if signal in Signal.values else "", asked.get("site", "").replace("\x00", "")[:4],
            state if state in STATES else "open",
        )  # fmt: skip

    def query(self, **more: Any) -> str:
        named = {"signal": self.signal, "site": self.site, "state": self.state} | more
        return "?" + urlencode({name: value for name, value in named.items() if value})


def listed(user: Any, filters: Filters) -> QuerySet[TrailItem]:
    """The items of a filter: open ones by rank, reviewed ones by their time."""
    found = items_for(user).select_related("participant", "site", "reviewed_by")
    if filters.signal:
        found = found.filter(signal=filters.signal)
    if filters.site:
        found = found.filter(site__number=filters.site)
    if filters.state == "reviewed":
        return found.filter(reviewed_at__isnull=False).order_by("-reviewed_at", "-pk")
    if filters.state == "open":
        found = found.filter(reviewed_at__isnull=True)
    return found.order_by("-rank", "pk")


def counts(user: Any) -> dict[str, int]:
    """Open items by signal. One query."""
    rows = (
        items_for(user)
        .filter(reviewed_at__isnull=True)
        .order_by()
        .values_list("signal")
        .annotate(Count("pk"))
    )
    return dict(rows)


# --- an item in words -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """An item for a reader."""

    item: TrailItem
    what: str
    where: str
    href: str  # the form, when it is about one
    people: str

    @property
    def count(self) -> int:
        """How many events it is about; those shown may be fewer."""
        return int(self.item.detail.get("count", 0))


def told(items: list[TrailItem]) -> list[Told]:
    """A page of items in words. Two queries however many."""
    forms = _forms(items)
    names = dict(User.objects.filter(username__in=_people(items)).values_list("username", "full_name"))
    return [_told(item, forms, names) for item in items]


def _forms(items: list[TrailItem]) -> dict[str, FormInstance]:
    named = {item.detail.get("form", "") for item in items}
    named |= {save[0] for item in items for save in item.detail.get("saves", ())}
    keys = [int(address.removeprefix("form:")) for address in named if address.startswith("form:")]
    found = FormInstance.objects.filter(pk__in=keys).select_related("participant", "visit")
    return {form.address: form for form in found}


def _people(items: list[TrailItem]) -> set[str]:
    return {who for item in items for who in str(item.detail.get("who", "")).split(", ")}


def _told(item: TrailItem, forms: Mapping[str, FormInstance], names: Mapping[str, str]) -> Told:
    form = forms.get(item.detail.get("form", ""))
    people = [names.get(who) or who for who in str(item.detail.get("who", "")).split(", ")]
    return Told(
        item,
        WORDS[Signal(item.signal)](item.detail, form),
        _where(form),
        form_url(form) if form else "",
        _(", ").join(people),
    )


def _where(form: FormInstance | None) -> str:
    if form is None:
        return ""
    visit = visit_label(form.visit.code, form.visit.repeat) if form.visit else ""
    return f"{visit} {form_title(form.form_key, form.repeat)}".strip()


def _label(detail: Mapping[str, Any], form: FormInstance | None) -> str:
    path = detail.get("path", "")
    return label_of(form_def(form.form_key), path) if form and path else path


def _late(detail: Mapping[str, Any], form: FormInstance | None) -> str:
    words = {
        "signed": _("after the form was signed"), "verified": _("after it was verified"),
        "late": _("more than %(n)s days after entry") % {"n": THRESHOLDS.late.days},
    }  # fmt: skip
    why = _(", ").join(words[reason] for reason in detail.get("why", ()))
    return _("%(field)s was changed %(why)s.") % {"field": _label(detail, form), "why": why}


def _before_signature(detail: Mapping[str, Any], _form: FormInstance | None) -> str:
    number = detail.get("values", 0)
    text = ngettext(
        "%(n)s value was typed less than %(m)s minutes before the signature; the last one %(s)s seconds before.",
        "%(n)s values were typed less than %(m)s minutes before the signature; the last one %(s)s seconds before.",
        number,
    )
    minutes = int(THRESHOLDS.before_signature.total_seconds() // 60)
    return text % {"n": number, "m": minutes, "s": detail.get("seconds", 0)}


def _night(detail: Mapping[str, Any], _form: FormInstance | None) -> str:
    words = {"n": detail.get("values", 0), "night": detail.get("night", "")}
    return _("%(n)s values were typed in the night after %(night)s (22:00 to 6:00 at the site).") % words


def _same(detail: Mapping[str, Any], _form: FormInstance | None) -> str:
    names = _(", ").join(detail.get("names", ()))
    return _("Values were entered and verified by the same person (accounts: %(names)s).") % {"names": names}


def _back(detail: Mapping[str, Any], form: FormInstance | None) -> str:
    values = " → ".join(text or "–" for text in detail.get("values", ()))
    return _("%(field)s went back to an earlier value: %(values)s.") % {
        "field": _label(detail, form),
        "values": values,
    }


def _fast(detail: Mapping[str, Any], _form: FormInstance | None) -> str:
    number = detail.get("number", 0)
    _target, values, seconds = (detail.get("saves") or [["", 0, 0]])[0]
    text = ngettext(
        "%(n)s form was entered faster than it can be read (%(values)s values in %(seconds)s seconds).",
        "%(n)s forms were entered faster than they can be read (the first: %(values)s values in %(seconds)s seconds).",
        number,
    )
    return text % {"n": number, "values": values, "seconds": seconds}


WORDS = {
    Signal.LATE_CHANGE: _late, Signal.BEFORE_SIGNATURE: _before_signature, Signal.NIGHT: _night, Signal.SAME_PERSON: _same,
    Signal.BACK_AND_FORTH: _back, Signal.FAST: _fast,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """An event of an item, with the ways to look further."""

    line: Line
    as_was: str
    history: str


def events_of(user: Any, item: TrailItem) -> list[Shown]:
    """The events of an item in words; what is withheld from the explorer is withheld here."""
    found = AuditEvent.objects.filter(
        chain__name=chain_name(item.participant_id), number__in=item.detail.get("events", [])
    ).order_by("number")
    return [_shown(line) for line in lines_of(found, scope_of(user))]


def _shown(line: Line) -> Shown:
    url = line.href.partition("#")[0] if line.form_key and not line.withheld else ""
    if not url:
        return Shown(line, "", "")
    moment = line.event.at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    history = f"{url}history/"
    return Shown(line, f"{url}as-of/?{urlencode({'at': moment})}", history)


def explorer_href(item: TrailItem) -> str:
    """The explorer at the participant, from the day of the first event on."""
    first = (
        AuditEvent.objects.filter(chain__name=chain_name(item.participant_id), number=item.first)
        .values_list("at", flat=True)
        .first()
    )
    asked = {"participant": item.participant.number}
    if first is not None:
        asked["from"] = first.astimezone(item.site.zone).date().isoformat()
    return f"{reverse('audit')}?{urlencode(asked)}"


# --- what was looked at ---------------------------------------------------------------------------------------------


def last_look() -> TrailLook | None:
    return TrailLook.objects.filter(finished_at__isnull=False, error="").select_related("asked_by").first()


def running_look() -> TrailLook | None:
    """The run that is under way or waits."""
    waiting = TrailLook.objects.filter(finished_at__isnull=True)
    return next((look for look in waiting if not look.abandoned), None)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the rules have looked at so far."""

    looks: int
    events: int
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    items: int
    open: int
    reviewed: int


def coverage(user: Any) -> Coverage:
    looks = TrailLook.objects.filter(finished_at__isnull=False).aggregate(
        looks=Count("pk"), events=Sum("events"), first_at=Min("first_at"), last_at=Max("last_at")
    )
    items = items_for(user)
    whole = items.count()
    waiting = items.filter(reviewed_at__isnull=True).count()
    return Coverage(
        looks["looks"],
        looks["events"] or 0,
        looks["first_at"],
        looks["last_at"],
        whole,
        waiting,
        whole - waiting,
    )


def reviews_for(user: Any) -> QuerySet[TrailReview]:
    """Every review that was ever signed off, newest first, also of items that later events opened anew."""
    return (
        TrailReview.objects.filter(item__in=items_for(user))
        .select_related("item__participant", "item__site", "by").order_by("-at", "-pk")
    )  # fmt: skip


# --- work -----------------------------------------------------------------------------------------------------------


def review_tiles(user: Any) -> dict[str, Any] | None:
    """For the home page: how many items wait for a review, the oldest, where. Nothing for who does not review."""
    if not may_review_trail(user):
        return None
    found = (
        items_for(user).filter(reviewed_at__isnull=True).aggregate(count=Count("pk"), oldest=Min("found_at"))
    )
    return {"count": found["count"], "oldest": found["oldest"], "href": reverse("trail_review")}
