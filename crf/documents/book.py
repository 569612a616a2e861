"""Blank and annotated CRF as whole documents: every form of the book once, the schedule in the bookmarks."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.html import escape
from django.utils.translation import gettext as _

from crf.analytes import PANELS, panel_number
from crf.codelists import CODELISTS
from crf.registry import FormDef, forms, parts
from crf.schedule import LINES_OF, VISITS, forms_at
from trialsite.kernel.digests import digest
from trialsite.kernel.study import study
from trialsite.kernel.texts import Text

from .annotated import Annotated
from .blank import Blank, anchor, long_lists
from .frame import Document, Entry, frame_css, front, page, quoted, total_css
from .tongue import Tongue
from .writer import Head

ROOT = Path(__file__).resolve().parents[2]
# The day of the CRF book: a document that is made from it alone says the same whenever it is built.
EDITION = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
FORMS_A_PART = 6


@dataclass(frozen=True, slots=True)
class Leaf:
    """One form of the book on paper: a panel of the laboratory and the line of a log are leaves of their own."""

    definition: FormDef
    title: Text
    repeat: int = 1

    @property
    def key(self) -> str:
        return self.definition.head.part or self.definition.code

    @property
    def name(self) -> str:
        return f"{self.key}-{self.repeat}"


def leaves() -> list[Leaf]:
    """In the order of the book; a log's line behind its log."""
    return [leaf for definition in forms().values() for leaf in _leaves(definition)]


def _leaves(definition: FormDef) -> Iterator[Leaf]:
    if definition.code == "LB":
        for panel in PANELS:
            label = CODELISTS["LBCAT"].codes[panel]
            yield Leaf(definition, Text(f"Laboratory: {label.en}", f"实验室:{label.zh}"), panel_number(panel))
        return
    yield Leaf(definition, definition.title)
    for part in parts().values():
        if part.code == definition.code:
            yield Leaf(part, _part_title(part))


def _part_title(part: FormDef) -> Text:
    if part.head.part in LINES_OF.values():
        return Text(f"{part.title.en}: line", f"{part.title.zh}:记录行")
    label = part.sections[0].label
    return Text(label.en.split(" (")[0], label.zh.split("(")[0].split("(")[0])


@cache
def definition() -> str:
    """Changes when a line of the making of documents, of a form or of a translation changes."""
    made = hashlib.sha256()
    folders = (ROOT / "crf" / "documents", ROOT / "crf" / "models")
    single = (
        "crf/codelists.py",
        "crf/analytes.py",
        "crf/criteria.py",
        "static/css/crf-print.css",
        "trialsite/web/pdf_child.py",
    )
    catalogues = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
    files = [path for folder in folders for path in sorted(folder.glob("*.py"))]
    for path in [*files, *(ROOT / name for name in single), *catalogues]:
        made.update(path.name.encode() + b"\0" + path.read_bytes())
    return made.hexdigest()[:12]


def library() -> str:
    """Digest over the versions of all forms: names the edition of the CRF."""
    return digest([[leaf.key, leaf.definition.version] for leaf in leaves()])[:12]


def book(kind: str, language: str) -> Document:
    """The blank or the annotated CRF."""
    tongue = Tongue(language)
    with tongue.spoken():
        writer = Annotated(tongue, mode=kind) if kind == "annotated" else Blank(tongue)
        words = _("Annotated CRF (SDTMIG 3.4)") if kind == "annotated" else _("Blank CRF")
        second = {"annotated": "注释病例报告表 (SDTMIG 3.4)", "blank": "空白病例报告表"}[kind]
        pages = [writer.form(leaf.definition, _head(leaf, words)) for leaf in leaves()]
        groups = [pages[at : at + FORMS_A_PART] for at in range(0, len(pages), FORMS_A_PART)]
        outline = [_by_visit(tongue), _by_form(tongue), _lists(tongue)]
        first = front(
            words, second if language == "both" else "", _facts(), outline[1:], _foot(words), _note(kind)
        )
        bodies = [first, *("".join(group) for group in groups), _appendix(tongue, words)]
        title = f"{study().id} {words}"
        return Document(
            title, [page(tongue, title, body) for body in bodies], outline, frame_css(), total_css(),
            f"{kind}|{language}|{library()}|{definition()}",
        )  # fmt: skip


def _head(leaf: Leaf, words: str) -> Head:
    form = f"{leaf.definition.head.id} {leaf.key}"
    visits = ", ".join(visits_of(leaf))
    foot = f"{_foot(words)} · {_('form')} {form} · {_('version')} {leaf.definition.version}"
    shown = visits if len(visits) < 34 else _("several visits")
    return Head(leaf.name, leaf.title, words, foot, visit=shown or _("log"), repeat=leaf.repeat)


def _foot(words: str) -> str:
    return f"{study().id} · {words} · {_('CRF library')} {library()}"


def _note(kind: str) -> str:
    if kind == "annotated":
        return _(
            "Each annotation names its domain; tints repeat it. Dashed annotations mark data that are not submitted. "
            "Terms marked * extend an extensible list of the controlled terminology."
        )
    return _(
        "Numbers in square brackets name questions of the same form. Write numbers right-aligned, one digit to a box."
    )


def _facts() -> list[tuple[str, str]]:
    whole = study()
    return [
        (_("Study"), escape(f"{whole.id}: {whole.title}")),
        (_("CRF library"), quoted(library())),
        (_("Configuration"), quoted(whole.digest)),
        (_("Forms"), str(len(forms()))),
        (_("Making of the document"), quoted(definition())),
    ]


def visits_of(leaf: Leaf) -> list[str]:
    """Codes of the visits at which a form is kept."""
    return [
        code
        for code in VISITS
        if any(at.key == leaf.definition.code and at.repeat == leaf.repeat for at in forms_at(code))
        and not leaf.definition.head.part
    ]


def _entry(tongue: Tongue, leaf: Leaf) -> Entry:
    title = leaf.title.zh if tongue.code == "zh" else leaf.title.en
    return Entry(title, leaf.name, leaf.key, second=leaf.title.zh if tongue.code == "both" else "")


def _by_form(tongue: Tongue) -> Entry:
    return Entry(_("Forms"), below=[_entry(tongue, leaf) for leaf in leaves()])


def _by_visit(tongue: Tongue) -> Entry:
    """Visit → form: the same page may stand below many visits."""
    by_visit = []
    for code, line in VISITS.items():
        here = [_entry(tongue, leaf) for leaf in leaves() if code in visits_of(leaf)]
        if here:
            label = line.label.zh if tongue.code == "zh" else line.label.en
            by_visit.append(Entry(f"{code} {label}", below=here))
    logs = [_entry(tongue, leaf) for leaf in leaves() if not visits_of(leaf)]
    return Entry(_("Visits"), below=[*by_visit, Entry(_("Logs and events"), below=logs)])


def _lists(tongue: Tongue) -> Entry:
    below = [
        Entry(codes.label.zh if tongue.code == "zh" else codes.label.en, anchor(codes), codes.id)
        for codes in long_lists()
    ]
    return Entry(_("Code lists"), below=below)


def _appendix(tongue: Tongue, words: str) -> str:
    """The code lists that are too long for a question."""
    sections = []
    for codes in long_lists():
        lines = "".join(
            f"<tr><td>{escape(code)}</td><td>{tongue.inline(label)}</td></tr>"
            for code, label in codes.codes.items()
        )
        sections.append(
            f'<section class="list" id="{anchor(codes)}"><h2>{escape(codes.id)} {tongue.inline(codes.label)}</h2>'
            f'<table class="au"><tbody>{lines}</tbody></table></section>'
        )
    foot = escape(f"{_foot(words)} · {_('Code lists')}")
    title = f"<h1>{escape(_('Code lists'))}</h1>"
    return f'<section class="front"><span class="foot">{foot}</span>{title}{"".join(sections)}</section>'
