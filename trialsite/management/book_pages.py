"""The CRF book as the code knows it, as pages in docs/: every edit check, every form with its fields, the code lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from crf.checks.engine import CHECKS, PARTICIPANT, Check
from crf.dictionary import dictionary

HARD_ALWAYS = "every save"
HARD = "completing"
SAVE = "save"
WORKER = "worker"


def edit_checks() -> str:
    """docs/edit-checks.md."""
    lines = dictionary()["checks"]
    counts = {hard: sum(line["severity"] == hard for line in lines) for hard in ("hard", "soft")}
    parts = [
        f"# Edit checks\n\nThe {len(lines)} checks of the CRF book: {counts['hard']} hard, {counts['soft']} soft. One "
        "function each in `crf/checks/`; why they run where they run is said in "
        "[adr/0009](adr/0009-edit-checks.md).\n",
        f"Where: `{HARD_ALWAYS}` refuses whenever the form is saved, `{HARD}` when it is completed or changed after that "
        "(a form in work keeps an open finding), "
        f"`{SAVE}` asks for a reason at the field and refuses nothing, `{WORKER}` looks at the whole participant after "
        "the save and opens findings. What runs in a save runs in the worker as well, when another form or the day "
        "changes. `python manage.py run_checks` runs all of them by hand.\n",
    ]  # fmt: skip
    for group, held in groupby(lines, key=lambda line: line["group"]):
        parts.append(f"## {group}\n")
        parts.append(
            table(
                ("Check", "Form", "Severity", "Where", "Rule", "Message", "提示"),
                [
                    (line["id"], line["form"], line["severity"], where(CHECKS[line["id"]]), line["rule"],
                     line["en"], line["zh"])
                    for line in held
                ],
            )
        )  # fmt: skip
    return "\n".join(parts)


def where(one: Check) -> str:
    """When a check is asked."""
    if one.later or one.on == PARTICIPANT:
        return WORKER
    if not one.hard:
        return SAVE
    return HARD_ALWAYS if one.always else HARD


def forms() -> dict[str, str]:
    """docs/dictionary: a page for each form, one of the code lists, and the page that leads to them."""
    book = dictionary()
    pages = {f"dictionary/{form['code'].lower()}": _form(form, book) for form in book["forms"]}
    return {"dictionary/README": _index(book), "dictionary/code-lists": _code_lists(book), **pages}


def _index(book: Mapping[str, Any]) -> str:
    rows = []
    for form in book["forms"]:
        fields = [field for section in form["sections"] for field in section["fields"]]
        checks = sum(line["form"] == form["code"] for line in book["checks"])
        name = f"[{form['code']}]({form['code'].lower()}.md)"
        rows.append(
            (form["id"], name, form["en"], form["zh"], form["structure"], str(len(fields)), str(checks))
        )
    total = sum(int(row[5]) for row in rows)
    head = (
        f"# Data dictionary\n\n{len(rows)} forms, {total} fields, {len(book['codelists'])} "
        f"[code lists](code-lists.md), {len(book['analytes'])} [analytes](lb.md), {len(book['checks'])} "
        "[edit checks](../edit-checks.md). `python manage.py data_dictionary` prints the same as JSON or CSV.\n"
    )
    return f"{head}\n{table(('No.', 'Form', 'Name', '名称', 'Structure', 'Fields', 'Checks'), rows)}"


def _form(form: Mapping[str, Any], book: Mapping[str, Any]) -> str:
    parts = [
        f"# {form['code']} {form['en']}\n\n{form['zh']}\n\n- Number: {form['id']}\n- CDASH: {form['cdash']}\n"
        f"- Structure: {form['structure']}\n- When: {form['when']}\n"
    ]
    for section in form["sections"]:
        repeats = ", repeating" if section["repeat"] and "repeating" not in section["en"] else ""
        parts.append(f"## {section['id']} {section['en']}{repeats}\n\n{section['zh']}\n")
        parts.append(table(FIELD_HEAD, [_field(field, book) for field in section["fields"]]))
    if form["code"] == "LB":
        parts += ["## Analytes\n", _analytes(book["analytes"])]
    if form["code"] == "IE":
        parts += ["## Criteria\n", _criteria(book["ie"])]
    return "\n".join(parts)


FIELD_HEAD = (
    "Field", "CDASH", "Label", "标签", "Type", "Values", "Required", "Soft limit", "Hard limit", "Missing",
)  # fmt: skip


def _field(field: Mapping[str, Any], book: Mapping[str, Any]) -> tuple[str, ...]:
    lists = {one["id"] for one in book["codelists"]}
    values = field["values"]
    if values in lists:
        values = f"[{values}](code-lists.md#{values.lower()})"
    required = "derived" if field["derived"] == "Y" else field["required"]
    return (
        f"`{field['name']}`", field["cdash"], field["en"], field["zh"], field["type"], values, required,
        field["soft"], field["hard"], field["missing"],
    )  # fmt: skip


def _analytes(analytes: Iterable[Mapping[str, Any]]) -> str:
    names = ("panel", "code", "en", "zh", "unit", "alt_units", "typical_range", "soft", "hard", "ctcae")
    head = (
        "Panel", "Code", "Analyte", "项目", "Unit", "Other units", "Typical range", "Soft limit", "Hard limit", "CTCAE",
    )  # fmt: skip
    return table(head, [tuple(one[name] for name in names) for one in analytes])


def _criteria(criteria: Iterable[Mapping[str, Any]]) -> str:
    rows = [(one["code"], one["provenance"], one["en"], one["zh"], one["crosscheck"]) for one in criteria]
    return table(("Criterion", "Origin", "Text", "内容", "Compared with"), rows)


def _code_lists(book: Mapping[str, Any]) -> str:
    parts = ["# Code lists\n"]
    for one in book["codelists"]:
        parts.append(f"## {one['id']}\n\n{one['en']} · {one['zh']}. Source: {one['source']}\n")
        rows = [(f"`{code['code']}`", code["en"], code["zh"]) for code in one["codes"]]
        parts.append(table(("Code", "Label", "标签"), rows))
    return "\n".join(parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells may hold any text of the book."""
    lines = [tuple(head), ("---",) * len(head), *(tuple(map(cell, row)) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def cell(text: str) -> str:
    """Text in a cell: what Markdown would read as a mark is kept as it stands; `-` is an empty cell."""
    text = re.sub(r"\s+", " ", str(text or "")).strip()
    if text.startswith(("`", "[")):
        return text
    return "" if text in ("-", "none") else re.sub(r"([|<*])", r"\\\1", text)
