"""Freezing and locking: how ready everything is, what an act would do, the act, and the second person's decision."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crf.locks_table import rest, rows
from crf.models import Hold, HoldKind, UnlockRequest
from crf.policies_review import may_hold, may_unlock
from crf.selectors.access import form_at, participant_for, participants_for, visit_for
from crf.selectors.holds import (
    ACTS,
    SHOW,
    console,
    holds_for,
    opened,
    pending_for,
    place_of,
    planned,
    requests_for,
)
from crf.services.holding import Target, hold_lift, hold_put, site_of, unlock_ask, unlock_decide
from trialsite.accounts.door import require
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Decision, Refused

VIEW = Permission.VIEW
MOST = 2000  # targets of one act
PER_PAGE = 50


@require(VIEW)
@require_GET
def locks(request: HttpRequest) -> HttpResponse:
    """`/locks/`: readiness by site and participant; one participant opened by `?p=01-003`."""
    return _console(request)


def _console(request: HttpRequest, status: int = 200, **said: Any) -> HttpResponse:
    show = request.GET.get("show", "all")
    show = show if show in SHOW else "all"
    site, number = request.GET.get("site", ""), request.GET.get("p", "")
    lines = console(request.user, site=site, show=show)
    if site and not lines:
        raise Http404
    who = participant_for(request.user, number) if number else None
    may = may_hold(request.user)
    some = bool(may) or grants_of(request.user).may(Permission.LOCK)
    look: dict[str, Any] = {"acts": some, "site": site, "show": show, "opened": number}
    people = [person for line in lines for person in line.people]
    held = _held_above_participants()
    context = {
        "lines": [(line, rows(line, **look), rest(line, **look), held.get(line.site.pk, ())) for line in lines],
        "sites": grants_of(request.user).limit(Site.objects.order_by("number"), VIEW, "pk"),
        "site": site, "show": show, "shows": _shows(), "acts": some,
        "may": may, "may_unlock": may_unlock(request.user),
        "who": who, "blocks": opened(who) if who else [],
        "freeze_ready": sum(person.tally.may_freeze for person in people),
        "lock_ready": sum(person.tally.may_lock for person in people),
        "pending": [(one, *_named(one)) for one in pending_for(request.user)],
        "columns": 8 if some else 7, "kept": urlencode({"site": site, "show": show, "p": number}),
        "study": held.get(None, ()), "may_database": grants_of(request.user).may(Permission.AGGREGATE),
        **said,
    }  # fmt: skip
    return render(request, "locks/console.html", context, status=status)


def _shows() -> list[tuple[str, str]]:
    return [
        ("all", _("All")), ("freeze", _("Ready to freeze")), ("lock", _("Ready to lock")), ("not", _("Not ready")),
        ("frozen", _("Frozen")), ("locked", _("Locked")),
    ]  # fmt: skip


def _held_above_participants() -> dict[int | None, set[str]]:
    """Kinds of hold that stand on sites, and (under `None`) on the study."""
    found: dict[int | None, set[str]] = {}
    standing = Hold.objects.filter(level__in=("SITE", "STUDY"), lifted_at__isnull=True)
    for site, kind in standing.values_list("site", "kind"):
        found.setdefault(site, set()).add(kind)
    return found


def _named(one: Hold | UnlockRequest) -> tuple[str, str]:
    """The address and the name of what a hold or request is about."""
    at, name = place_of(one.target)
    return at, _place_words(at, name)


def _place_words(at: str, name: str) -> str:
    if at == "study":
        return _("The study")
    return _("Site %(number)s") % {"number": name} if at.startswith("site:") else name


# --- acts -----------------------------------------------------------------------------------------------------------


@require(VIEW)
@require_http_methods(["GET", "POST"])
def locks_act(request: HttpRequest) -> HttpResponse:
    """`/locks/act/?act=lock&at=p:01-003`: what it would do; with `sure`, it is done."""
    asked = request.POST if request.method == "POST" else request.GET
    act = asked.get("act", "")
    if act not in ACTS:
        raise Http404
    targets = _targets(request, asked.getlist("at"))
    if not targets:
        targets = _all_ready(request, act, asked.get("site", ""), asked.get("show", "all"))
    if not targets:
        messages.warning(request, _("Nothing was chosen, and nothing is ready."))
        return redirect(_back(asked))
    if request.method == "POST" and asked.get("sure"):
        return _done(request, act, targets, asked.get("reason", ""))
    return _dry_run(request, act, targets)


def _targets(request: HttpRequest, places: list[str]) -> list[Target]:
    """What the addresses name, through the doors; 404 for what this person may not see."""
    numbers = {at.removeprefix("p:") for at in places if at.startswith("p:")}
    people = participants_for(request.user).select_related("site").filter(number__in=numbers, imported=False)
    known = {one.number: one for one in people}
    if len(places) > MOST or numbers - known.keys():
        raise Http404
    found = [_target(request.user, at) for at in dict.fromkeys(places) if not at.startswith("p:")]
    return [*(known[number] for number in sorted(numbers)), *found]


def _target(user: Any, at: str) -> Target:
    kind, _sep, place = at.partition(":")
    parts = place.split("/")
    if at == "study":
        return None
    if kind == "site":
        return get_object_or_404(grants_of(user).limit(Site.objects.all(), VIEW, "pk"), number=place)
    if kind == "v" and len(parts) == 2:
        return visit_for(user, parts[0], parts[1])
    if kind == "f" and len(parts) in (3, 4) and (len(parts) == 3 or parts[3].isdigit()):
        number, label, key = parts[:3]
        return form_at(user, number, label, key, int(parts[3]) if len(parts) == 4 else None)
    raise Http404


def _all_ready(request: HttpRequest, act: str, site: str, show: str) -> list[Target]:
    """Nobody was chosen: every participant of the list that is ready."""
    if act not in ("freeze", "lock"):
        return []
    lines = console(request.user, site=site, show=show if show in SHOW else "all")
    numbers = [
        person.number
        for line in lines
        for person in line.people
        if (person.tally.may_freeze if act == "freeze" else person.tally.may_lock)
    ]
    return _targets(request, [f"p:{number}" for number in numbers[:MOST]])


def _dry_run(
    request: HttpRequest, act: str, targets: list[Target], status: int = 200, refusal: str = ""
) -> HttpResponse:  # fmt: skip
    """Counts before anything is done (a page of its own, so that it works without script)."""
    asked = request.POST if request.method == "POST" else request.GET
    plans = planned(act, targets)
    ready = [one for one in plans if one.ready and (one.forms or _stands_without_forms(act, targets, one.at))]
    may = _may(request.user, act, targets)
    context = {
        "act": act, "words": _act_words(act), "plans": [(one, _place_words(one.at, one.name)) for one in plans],
        "ready": ready, "forms": sum(one.forms for one in ready), "may": may, "refusal": refusal,
        "left": len(plans) - len(ready), "reason": asked.get("reason", ""), "needs_reason": act in ("unfreeze", "unlock"),
        "site": asked.get("site", ""), "show": asked.get("show", ""), "p": asked.get("p", ""), "back": _back(asked),
    }  # fmt: skip
    return render(request, "locks/act.html", context, status=status)


def _stands_without_forms(act: str, targets: list[Target], at: str) -> bool:
    """A site without participants, an empty visit: a hold can be put and lifted there as well."""
    return any(place_of(target)[0] == at and not _is_form(target) for target in targets)


def _is_form(target: Target) -> bool:
    return target is not None and hasattr(target, "form_key")


def _may(user: Any, act: str, targets: list[Target]) -> Decision:
    """The first reason why this person may not, at any of the targets."""
    decide = may_unlock if act == "unlock" else may_hold
    decisions = [decide(user, site) for site in {site_of(target) for target in targets}]
    return next((one for one in decisions if not one), decisions[0])


def _act_words(act: str) -> dict[str, str]:
    return {
        "freeze": {
            "title": _("Freeze"), "does": _("forms will be frozen"), "button": _("Freeze"),
            "means": _("Frozen forms can be queried, verified and signed, but the site can no longer change them."),
        },
        "lock": {
            "title": _("Lock"), "does": _("forms will be locked"), "button": _("Lock"),
            "means": _("Nobody changes, queries, verifies or signs a locked form. Unlocking takes a reason and a second person."),
        },
        "unfreeze": {
            "title": _("Unfreeze"), "does": _("forms can be changed again"), "button": _("Unfreeze"),
            "means": _("The site can change these forms again. It reads who lifted the freeze and why."),
        },
        "unlock": {
            "title": _("Ask to unlock"), "does": _("forms would be unlocked"), "button": _("Ask to unlock"),
            "means": _("Nothing is unlocked until a second person agrees. After 72 hours the request is void."),
        },
    }[act]  # fmt: skip


def _done(request: HttpRequest, act: str, targets: list[Target], reason: str) -> HttpResponse:
    """Each target in a transaction of its own; what is refused is told by name, and the rest is done."""
    person: Any = request.user
    done, left = 0, []
    for target in targets:
        try:
            if act == "unfreeze":
                hold_lift(by=person, target=target, reason=reason)
            elif act == "unlock":
                unlock_ask(by=person, target=target, reason=reason)
            else:
                hold_put(by=person, kind=HoldKind(act.upper()), target=target, reason=reason)
            done += 1
        except Refused as no:
            left.append((_place_words(*place_of(target)), no))
    if not done:
        status = 403 if any(no.code == "role" for _name, no in left) else 422
        return _dry_run(request, act, targets, status, "\n".join(_told(left)))
    _tell(request, act, done, left)
    return redirect(_back(request.POST))


def _told(left: list[tuple[str, Refused]]) -> list[str]:
    told = [f"{name}: {no.reason}" for name, no in left[:5]]
    more = len(left) - len(told)
    return [*told, *([_("… and %(n)s more.") % {"n": more}] if more else [])]


def _tell(request: HttpRequest, act: str, done: int, left: list[tuple[str, Refused]]) -> None:
    said = {
        "freeze": ngettext("%(n)s frozen.", "%(n)s frozen.", done),
        "lock": ngettext("%(n)s locked.", "%(n)s locked.", done),
        "unfreeze": ngettext("%(n)s can be changed again.", "%(n)s can be changed again.", done),
        "unlock": ngettext(
            "%(n)s request waits for a second person.", "%(n)s requests wait for a second person.", done
        ),
    }[act]
    messages.success(request, said % {"n": done})
    for told in _told(left):
        messages.warning(request, told)


def _back(asked: Any) -> str:
    kept = {name: asked[name] for name in ("site", "show", "p") if asked.get(name)}
    where = f"#p-{kept['p']}" if kept.get("p") else ""
    return reverse("locks") + ("?" + urlencode(kept) if kept else "") + where


# --- the second person ----------------------------------------------------------------------------------------------


@require(VIEW)
@require_POST
def locks_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree to a request to unlock, or decline it with a reason."""
    asked = get_object_or_404(requests_for(request.user), pk=pk)
    agree, reason = request.POST.get("decision") == "agree", request.POST.get("reason", "")
    try:
        count = unlock_decide(by=request.user, request=asked, agree=agree, reason=reason)  # type: ignore[arg-type]
    except Refused as no:
        status = 403 if no.code in ("role", "self") else 422
        return _console(request, status, refusal=str(no.reason), refused_at=asked.pk, typed_reason=reason)
    if agree:
        said = ngettext("%(n)s form is unlocked.", "%(n)s forms are unlocked.", count) % {"n": count}
        messages.success(request, said)
    else:
        messages.success(request, _("The request is declined; everything stays locked."))
    return redirect("locks")


@require(VIEW)
@require_GET
def locks_history(request: HttpRequest) -> HttpResponse:
    """`/locks/history/`: who froze, locked, unfroze and unlocked what, when and why; the site reads its own."""
    number = request.GET.get("p", "")
    who = participant_for(request.user, number) if number else None
    page = Paginator(holds_for(request.user, who), PER_PAGE).get_page(request.GET.get("page"))
    requests = requests_for(request.user, who)[:PER_PAGE]
    context = {
        "page": page, "holds": [(one, *_named(one)) for one in page],
        "requests": [(one, *_named(one)) for one in requests], "who": who,
        "may_database": grants_of(request.user).may(Permission.AGGREGATE),
    }  # fmt: skip
    return render(request, "locks/history.html", context)
