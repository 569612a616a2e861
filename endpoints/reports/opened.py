"""What could still move a rate: bounds over open queries, incomplete dates and pending results, and what matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from crf.models import FormInstance, Query
from crf.naming import label_of
from crf.policies import BLINDED_FORMS
from crf.registry import form_def
from endpoints.engine.bounds import ADDS, Bounds, Share, bounds
from endpoints.moves import BOUNDED, HEADLINE, KINDS, WAITED, Mover, letter_word, share
from endpoints.reports import cells
from endpoints.reports.blocks import Block, Head, num, table, text
from endpoints.standpoint import Line
from endpoints.trace import form_name
from participants.models import Participant, Visit
from trialsite.web.figures import NOTHING, day

RATES = ("MPR", "PCR", "ORR", "ORR_CONFIRMED", "DCR", "R0")
SHOWN = 60  # lines of the list; the page of the site has all


def capture_open(lines: Sequence[Line], sites: Sequence[str]) -> dict[str, Any]:
    """Of everybody with something open what the bounds need; the items of those that are listed, with their places."""
    movers = [Mover(line.number, line.site, line.moves) for line in lines if line.moves]
    listed = [one for one in movers if not sites or one.site in sites]
    items = [_plain(one, item) for one in listed for item in one.moves.get("items", ())]
    return {
        "movers": [_counts(one) for one in movers],
        "items": items,
        "queries": _queries(items),
        "forms": _forms(items),
    }


def _counts(one: Mover) -> dict[str, Any]:
    """Nothing by which somebody could be known: places, and how many items matter to each rate."""
    places = {name: found for name in RATES if (found := one.place(name, HEADLINE))}
    kinds = {name: [item["kind"] for item in one.items(name, HEADLINE)] for name in places}
    # A fourth letter at a place says that something was assumed there.
    return {"places": places, "kinds": kinds, "exhausted": all(len(place) < 4 for place in places.values())}


def _plain(one: Mover, item: Mapping[str, Any]) -> dict[str, Any]:
    could = {
        name: [place[0], letters]
        for name in sorted(BOUNDED)
        if (place := one.place(name, HEADLINE)) and (letters := one.could(item, name, HEADLINE))
    }
    kept = {
        name: item[name] for name in ("kind", "query", "address", "value", "what", "since") if name in item
    }
    return {"number": one.number, "could": could} | kept


def _queries(items: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Codes of the queries, as people call them."""
    pks = [one["query"] for one in items if "query" in one]
    rows = Query.objects.filter(pk__in=pks).order_by("pk")
    return {
        str(pk): f"Q-{number}-{place}"
        for pk, number, place in rows.values_list("pk", "participant__number", "number")
    }


def _forms(items: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    pks = {int(one["address"].partition("/")[0].removeprefix("form:")) for one in items if one.get("address")}
    names = ("pk", "form_key", "repeat", "visit__code", "visit__repeat")
    rows = FormInstance.objects.filter(pk__in=pks).order_by("pk").values_list(*names)
    return {str(pk): list(rest) for pk, *rest in rows}


def form_of(pk: int, kept: Sequence[Any], number: str = "") -> FormInstance:
    """A form as the content names it: key, number, visit and its number."""
    key, repeat, visit, again = kept
    return FormInstance(
        pk=pk, form_key=key, repeat=repeat, participant=Participant(number=number),
        visit=Visit(code=visit, repeat=again) if visit else None,
    )  # fmt: skip


# --- on the page ----------------------------------------------------------------------------------------------------


def opened(content: Mapping[str, Any]) -> list[Block]:
    return [block for block in (_bounds(content), *_items(content)) if block]


def rate_bounds(content: Mapping[str, Any], name: str) -> tuple[Bounds, Bounds, list[str], bool] | None:
    """With queries and dates resolved, with pending results too; kinds of what matters; whether nothing was assumed."""
    found = cells.rate_of(content["results"], name, HEADLINE)
    movers = [one for one in content["open"]["movers"] if name in one["places"]]
    if found is None or not movers:
        return None
    places = [one["places"][name] for one in movers]
    x, n = (sum(ADDS[place[0]][side] for place in places) for side in (0, 1))
    others = Share(max(found["all"]["x"] - x, 0), max(found["all"]["n"] - n, 0))
    resolved = bounds(((place[0], frozenset(place[1])) for place in places), others)
    final = bounds(((place[0], frozenset(place[2])) for place in places), others)
    kinds = [kind for one in movers for kind in one["kinds"][name]]
    return resolved, final, kinds, all(one["exhausted"] for one in movers)


def _bounds(content: Mapping[str, Any]) -> Block | None:
    rows, assumed = [], False
    for name in RATES:
        found = rate_bounds(content, name)
        if found is None:
            continue
        resolved, final, kinds, exact = found
        assumed = assumed or not exact
        rows.append(
            [cells.short_name(name), share(final.now), _between(resolved), _between(final), kinds.count("QUERY") or NOTHING,
             kinds.count("PARTIAL") or NOTHING, kinds.count("PENDING") or NOTHING]
        )  # fmt: skip
    if not rows:
        return None
    heads = [
        _("Endpoint"), num(_("Now")), num(_("Queries and dates resolved")), num(_("Pending results too")), num(_("Queries")),
        num(_("Dates")), num(_("Pending")),
    ]  # fmt: skip
    note = _("Least and greatest rate that any resolution could give, full analysis set.")
    if assumed:
        note += " " + _("Where too much is open at once, bounds are assumed wide enough, not computed.")
    return table(_("What could move the rates"), heads, rows, note=note)


def _between(found: Bounds) -> str:
    least, greatest = share(found.least), share(found.greatest)
    return least if least == greatest else f"{least} {_('to')} {greatest}"


def _items(content: Mapping[str, Any]) -> list[Block | None]:
    kept = content["open"]
    rows = [_item(one, kept) for one in kept["items"][:SHOWN]]
    if not rows:
        return []
    heads: list[Head] = [
        _("Participant"),
        _("What is open"),
        _("Where"),
        (_("Since"), "nw"),
        _("Could become"),
    ]
    found: list[Block | None] = [table(_("Open items that matter to a rate"), heads, rows, css="compact")]
    more = len(kept["items"]) - SHOWN
    if more > 0:
        found.append(text(_("%(n)s more are listed on the page What could move.") % {"n": more}, "muted"))
    return found


def _item(one: Mapping[str, Any], kept: Mapping[str, Any]) -> list[Any]:
    could = "; ".join(
        f"{cells.short_name(name)}: {'/'.join(dict.fromkeys(letter_word(letter) for letter in letters if letter != now))}"
        for name in RATES
        for now, letters in [one["could"].get(name, ("", ""))]
        if set(letters) - {now}
    )
    if one["kind"] == "PENDING":
        what, where = _(WAITED[one["what"]]), NOTHING
    else:
        code = kept["queries"].get(str(one.get("query", "")), "")
        what = f"{_(KINDS[one['kind']])} {code or one.get('value', '')}".strip()
        where = _where(one["address"], kept["forms"])
    since = day(one["since"]) if one.get("since") else NOTHING
    return [one["number"], what, where, since, could or _("only together with others")]


def _where(address: str, forms: Mapping[str, Any]) -> str:
    """Form and field; of a central reading its number and nothing else."""
    head, _sep, path = address.partition("/")
    pk = head.removeprefix("form:")
    if pk not in forms:
        return NOTHING
    form = form_of(int(pk), forms[pk])
    name = form_name(form)
    if form.form_key in BLINDED_FORMS or not path:
        return name
    return f"{name}: {label_of(form_def(form.form_key), path)}"


__all__ = ["capture_open", "form_of", "opened", "rate_bounds"]
