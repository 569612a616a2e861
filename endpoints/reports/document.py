"""From the content of a report to one HTML document: nothing is asked of the database, nothing of the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from endpoints import drawing, rows, words
from endpoints.dashboard import best_responses, curve_card, rate_card
from endpoints.drawing import Person
from endpoints.engine.codes import PENDING, Y
from endpoints.reports import texts
from endpoints.reports.content import definition
from trialsite.kernel.study import study
from trialsite.web.figures import NOTHING, day, moment, number, percent, viable

CSS = Path(__file__).resolve().parents[2] / "static" / "css" / "report.css"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Document:
    html: str
    css: str
    identifier: str


def document_of(
    content: Mapping[str, Any], language: str, sections: Sequence[str], progress: Progress
) -> Document:
    """The report in one language. The same content gives the same text."""
    with override(language), timezone.override(dt.UTC):
        figures = _figures(content, sections, progress)
        context = _context(content, language, sections, figures)
        # The contents name what the body numbers, so the body comes first.
        body = render_to_string("reports/body.html", context)
        html = render_to_string("reports/endpoint.html", context | {"body": mark_safe(body)})  # noqa: S308  (our template)
        return Document(
            html, _css(content), f"{content['version']}|{content['as_of']}|{language}|{definition()}"
        )


# --- figures ------------------------------------------------------------------------------------------------------


def _figures(
    content: Mapping[str, Any], sections: Sequence[str], progress: Progress
) -> dict[str, SafeString]:
    wanted = _wanted(content, sections)
    people = [Person(one["number"], one["summary"], one["points"]) for one in content["people"]]
    named = all(one["listed"] for one in content["people"])
    found = {}
    for place, name in enumerate(wanted, 1):
        progress(place - 1, len(wanted), f"figure {place}/{len(wanted)}")
        alt = texts.figure_alt(name, content["results"])
        svg = drawing.draw(name, content["results"], people, alt, named)
        found[name] = mark_safe(svg)  # noqa: S308  (drawn by us)
    return found


def _wanted(content: Mapping[str, Any], sections: Sequence[str]) -> list[str]:
    results = content["results"]
    wanted = []
    if results["sets"]["FAS"] >= drawing.FEWEST:
        wanted += ["forest"] if "primary" in sections else []
        wanted += ["waterfall", "spider"] if "radiology" in sections else []
        wanted += ["swimmer"] if "survival" in sections else []
    if "survival" in sections:
        wanted += [name.lower() for name in words.TIMES if results["curves"][name]["n"] >= drawing.FEWEST]
    return wanted


# --- what the template prints -------------------------------------------------------------------------------------


def _context(
    content: Mapping[str, Any], language: str, sections: Sequence[str], figures: Mapping[str, SafeString]
) -> dict[str, Any]:
    results = content["results"]
    listed = [one for one in content["people"] if one["listed"]]
    cards = [rate_card(results, name, "FAS") for name in words.RATES]
    return {
        "lang": "zh-Hans" if language.startswith("zh") else "en",
        "chinese": language.startswith("zh"),
        "study": study(),
        "content": content,
        "sections": set(sections),
        "entries": [],
        "figures": figures,
        "computed_at": moment(dt.datetime.fromisoformat(content["computed_at"])),
        "as_of": day(content["as_of"]),
        "results": results,
        "sets": [
            (name, str(label), results["sets"][name], texts.SET_WORDS[name])
            for name, label in words.SETS.items()
        ],
        "primary": cards[0],
        "rates": cards,
        "analyses": [
            (drawing.analysis_label(rate, one), rate_card(results, rate, one))
            for rate, one in drawing.ANALYSES
        ],
        "glance": _glance(results, cards),
        "curves": [curve_card(results, name) for name in words.TIMES],
        "sensitivity": [curve_card(results, name) for name in results["curves"] if name not in words.TIMES],
        "responses": [rate_card(results, name, one) for name, one in texts.RESPONSE_RATES],
        "best": best_responses(results),
        "cross": _cross(content["people"]),
        "flow": texts.flow(content),
        "open_items": texts.open_items(content),
        "problems": texts.problems(content),
        "people": [_listed(one) for one in listed],
        "readings": [row for one in listed for row in _readings(one)],
        "imputed": _imputed(content["people"]),
        "methods": texts.methods(results["settings"]),
        "sponsor": texts.sponsor(),
        "software": texts.software(content),
        "definition": definition(),
        "heads": _heads(content),
        "digest_lines": [content["chains"]["digest"][:32], content["chains"]["digest"][32:]],
    }


def _heads(content: Mapping[str, Any]) -> list[tuple[str, int, str, str]]:
    """Heads of the audit chains: the study's, then those of the participants that are listed."""
    chains = content["chains"]
    if "study" not in chains:
        return []  # taken before reports held them
    listed = {one["number"] for one in content["people"] if one["listed"]}
    people = [
        (number, length, head, name)
        for number, length, head, name in chains["people"]
        if not content["sites"] or number in listed or number.partition("-")[0] in content["sites"]
    ]
    return [(_("Study"), *chains["study"], "study"), *people]


def _glance(results: Mapping[str, Any], cards: Sequence[Any]) -> list[dict[str, Any]]:
    """One line for each endpoint: counts, estimate, interval, bar, trace identifier."""
    found: list[dict[str, Any]] = []
    for place, card in enumerate(cards, 1):
        found.append(
            {"label": card.title, "set": "FAS", "count": f"{card.x}/{card.n}", "estimate": _pct(card.estimate),
             "interval": card.interval, "bar": _bar(card.estimate, card.lower, card.upper, card.primary), "id": f"E{place}.FAS",
             "key": card.primary, "pending": card.pending}
        )  # fmt: skip
    for place, name in enumerate(words.TIMES, 5):
        card = curve_card(results, name)
        mo = _("months")
        found.append(
            {
                "label": _("%(name)s, median") % {"name": card.title},
                "set": texts.POPULATION[name],
                "count": _("%(n)s events") % {"n": card.events},
                "estimate": f"{card.median} {mo}" if card.median[0].isdigit() else card.median,
                "interval": card.median_interval,
                "bar": "",
                "id": f"E{place}.MED",
                "key": False,
                "pending": 0,
            }
        )
        for mark, row in zip(results["curves"][name]["landmarks"], card.landmarks, strict=True):
            found.append(
                {
                    "label": _("%(name)s at %(m)s months") % {"name": card.short, "m": row.month},
                    "set": texts.POPULATION[name],
                    "count": "–",
                    "estimate": _pct(row.rate),
                    "interval": row.interval if row.rate is not None else "–",
                    "bar": _bar(row.rate, mark["lower"], mark["upper"], False),
                    "id": f"E{place}.{row.month}",
                    "key": False,
                    "pending": 0,
                }
            )
    return found


def _pct(value: float | None) -> str:
    return _("NE") if value is None else percent(100 * value)


def _bar(estimate: float | None, low: float | None, high: float | None, key: bool) -> SafeString:
    """An interval on an axis from 0 to 100 %, as a picture in a cell; the numbers stand beside it."""
    if estimate is None:
        return SafeString("")
    colour = "#00695c" if key else "#14202e"
    ticks = "".join(
        f'<path d="M{x} 2V8" stroke="#d9e0e7" stroke-width="0.5"/>' for x in (0.5, 25, 50, 75, 99.5)
    )
    line = (
        ""
        if low is None or high is None
        else f'<path d="M{100 * low:.2f} 5H{100 * high:.2f}" stroke="{colour}" stroke-width="1.1"/>'
    )
    mark = f'<rect x="{100 * estimate - 1.3:.2f}" y="3.7" width="2.6" height="2.6" fill="{colour}"/>'
    return SafeString(f'<svg class="cibar" viewBox="0 0 100 10" aria-hidden="true">{ticks}{line}{mark}</svg>')


def _cross(people: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[int]]]:
    """mRECIST best response against central pathology, resected participants with a result."""
    table: dict[str, list[int]] = {}
    for one in people:
        summary = one["summary"]
        group = rows.category(summary)
        if group not in ("PCR", "MPR", "NO_MPR") or "RES" not in summary["sets"]:
            continue
        best = summary["values"]["BOR_MRECIST"].get("value") or "NE"
        row = table.setdefault(best, [0, 0, 0, 0])
        row[("PCR", "MPR", "NO_MPR").index(group)] += 1
        row[3] += 1
    order = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "MISSING")
    found = [(best, table[best]) for best in order if best in table]
    return (
        [*found, (_("Total"), [sum(column) for column in zip(*table.values(), strict=True)])] if table else []
    )


PILLS = {"PCR": "pcr", "MPR": "mpr", "NO_MPR": "no", "NOT_RESECTED": "na", "PENDING": "na"}


def _listed(one: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the participant listing."""
    summary = one["summary"]
    values, group = summary["values"], rows.category(summary)
    names = {
        "PCR": _("pCR"),
        "MPR": _("MPR"),
        "NO_MPR": _("no MPR"),
        "NOT_RESECTED": _("not res."),
        "PENDING": _("pending"),
    }
    inside = "FAS" in summary["sets"]
    change = summary["best_change"].get("mRECIST")
    return {
        "number": one["number"],
        "site": one["site"],
        "sex": one["sex"],
        "born": one["born"],
        "first": values["PFS"].get("start") or "–",
        "surgery": summary.get("resection") or (_("not resected") if inside else "–"),
        "rvt": viable(values["MPR"].get("rvt_pct")),
        "pill": PILLS[group] if inside else "",
        "category": names[group] if inside else _("not treated"),
        "orr": _code(values["ORR"].get("value")),
        "dcr": _code(values["DCR"].get("value")),
        "recist": values["BOR_RECIST"].get("value") or "–",
        "mrecist": values["BOR_MRECIST"].get("value") or "–",
        "change": number(change, 1, sign=True),
        "pfs": words.duration(values["PFS"]),
        "pfs_why": _why(values["PFS"]),
        "dfs": words.duration(values["DFS"]),
        "os": words.duration(values["OS"]),
        "os_why": _why(values["OS"]),
        "dor": words.duration(values["DOR"]),
        "fingerprint": one["fingerprint"][:12],
    }


def _code(value: Any) -> str:
    return {Y: _("Yes"), "N": _("No"), PENDING: "…"}.get(value, "–")


def _why(found: Mapping[str, Any]) -> str:
    name = found.get("name")
    return _(name) if name else "–"


ADEQUACY = {"ADEQUATE": 0, "LIMITED": 1, "INADEQUATE": 2}


def _readings(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The final value of a specimen, and the readings it rests on."""
    if not one["readings"]:
        return []
    values = one["summary"]["values"]
    readers = {"R1": _("Reader 1"), "R2": _("Reader 2"), "ADJ": _("Adjudicator")}
    adequacy = (_("adequate"), _("limited"), _("inadequate"))
    lines = [
        {
            "number": one["number"] if not place else "", "reader": readers.get(read["reader"], "–"), "date": read["date"] or "–",
            "adequacy": adequacy[ADEQUACY[read["adequacy"]]] if read["adequacy"] in ADEQUACY else "–",
            "rvt": read["rvt"] or NOTHING, "mpr": _code(read["mpr"]), "pcr": _code(read["pcr"]), "final": False,
        }
        for place, read in enumerate(one["readings"])
    ]  # fmt: skip
    rvt = values["MPR"].get("rvt_pct")
    final = {
        "number": "", "reader": _("Final result"), "date": "", "adequacy": "", "rvt": viable(rvt),
        "mpr": words.value_word(values["MPR"].get("value")), "pcr": words.value_word(values["PCR"].get("value")), "final": True,
    }  # fmt: skip
    return [*lines, final]


def _imputed(people: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, int, int]]:
    """How many dates were completed, by kind and by what was missing."""
    counts: dict[tuple[str, str], list[str]] = {}
    for one in people:
        for what, given, _date, flag in {tuple(row) for row in one["imputed"]}:
            counts.setdefault((what, flag), []).append(f"{one['number']} {given}")
    missing = {"D": _("day"), "M": _("month and day")}
    return [
        (_(what), missing.get(flag, flag), len(found), len({one.split()[0] for one in found}))
        for (what, flag), found in sorted(counts.items())
    ]


# --- the frame of the pages ---------------------------------------------------------------------------------------


def _css(content: Mapping[str, Any]) -> str:
    """The sheet, with the running head and foot in the language of the report."""
    head = f"{study().id}  ·  {_('Endpoint report')}"
    foot = (
        f"{_('Live data up to %(day)s') % {'day': day(content['as_of'])}}  ·  {_('engine')} {content['engine']}  ·  "
        f"{_('settings')} {content['configuration']}"
    )
    pages = _('"Confidential  ·  Page " counter(page) " of " counter(pages)')
    boxes = {"top-left": _quoted(head), "bottom-left": _quoted(foot), "bottom-right": pages}
    frame = "@page{" + "".join(f"@{box}{{content:{text}}}" for box, text in boxes.items()) + "}"
    return CSS.read_text(encoding="utf-8") + frame


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
