"""The report "Reader agreement": what was released, its figures and tables, how each is computed. Plain data in, PDF out."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from pathology import agreement_page, drawing
from pathology.models import AgreementReport
from pathology.selectors.agreement import making, results
from trialsite.kernel.digests import canonical, digest
from trialsite.kernel.study import study
from trialsite.web.figures import moment
from trialsite.web.jobs import run
from trialsite.web.pdf import Pdf, pdf_of

ROOT = Path(__file__).resolve().parents[1]
CSS = ROOT / "static" / "css" / "agreement-report.css"
SHARED = ROOT / "static" / "css" / "report.css"
# The tables of each chapter, and the figures that stand before them.
CHAPTERS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("readers", ("readers", "differences"), ("icc", "kappa", "classes", "differences")),
    ("adjudication", (), ("adjudication", "confidence", "adjudicator")),
    ("each", ("drift",), ("readers", "drift")),
    ("local", ("local", "local_differences"), ("local",)),
)


@cache
def definition() -> str:
    """Changes when a line of the report's making changes: then the same data give another file."""
    files = [
        Path(__file__), CSS, SHARED, ROOT / "templates/pathology/agreement_report.html",
        ROOT / "pathology/agreement_page.py", ROOT / "pathology/drawing.py", ROOT / "pathology/charts/agreement.py",
        *sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po")),
    ]  # fmt: skip
    return digest([making(), *(file.read_text(encoding="utf-8") for file in files)])[:12]


def build(pk: int) -> bool:
    """One job, if nobody else is at it. True when it is ready."""
    return run(AgreementReport, pk, _make)


def _make(job: AgreementReport) -> Pdf:
    """The content is kept before anything is drawn, so that a second attempt makes the same file."""
    if job.inputs is None:
        version, found = results()
        at = timezone.now().isoformat(timespec="seconds")
        job.hold(json.loads(canonical({"version": version, "results": found, "at": at})))
    content: dict[str, Any] = job.content
    html = document(content, job.language, lambda done: job.tell(10 + int(50 * done), "figures"))
    job.tell(65, "layout")
    identifier = f"agreement|{content['version'][:16]}|{job.language}|{definition()}"
    return pdf_of(
        html, css=_css(job.language), at=dt.datetime.fromisoformat(content["at"]), identifier=identifier
    )


def document(content: dict[str, Any], language: str, progress: Any) -> str:
    """The report in one language. The same content gives the same text."""
    found = content["results"]
    with override(language), timezone.override(dt.UTC):
        wanted = drawing.wanted(content["version"], found, language)
        figures = {}
        for place, (name, one) in enumerate(wanted.items(), 1):
            figures[name] = (one.title, mark_safe(drawing.draw(one, found, language)))  # noqa: S308  (drawn by us)
            progress(place / len(wanted))
        tables = agreement_page.tables(found)
        context: dict[str, Any] = {
            "lang": "zh-Hans" if language.startswith("zh") else "en", "study": study(), "content": content,
            "cards": agreement_page.cards(found), "cases": found["cases"], "methods": agreement_page.methods(),
            "at": moment(dt.datetime.fromisoformat(content["at"])), "definition": definition(),
            "chapters": [
                {
                    "title": titles()[name],
                    "figures": [figures[one] for one in shown if one in figures],
                    "tables": [tables[one] for one in listed if tables[one].rows],
                }
                for name, shown, listed in CHAPTERS
            ],
        }  # fmt: skip
        return render_to_string("pathology/agreement_report.html", context)


def titles() -> dict[str, str]:
    return {
        "readers": _("The two readers"), "adjudication": _("Adjudication and confidence"), "each": _("Each reader"),
        "local": _("Local against central pathology"),
    }  # fmt: skip


def _css(language: str) -> str:
    """Running head and foot in the language of the report."""
    with override(language):
        head = f"{study().id} · {_('Reader agreement')}"
        page = _("Page %(n)s of %(of)s") % {"n": '" counter(page) "', "of": '" counter(pages) "'}
    own = f'@page{{@top-left{{content:"{head}"}}@bottom-right{{text-align:right;content:"{page}"}}}}'
    return SHARED.read_text(encoding="utf-8") + CSS.read_text(encoding="utf-8") + own
