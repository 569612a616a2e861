"""What a laboratory's file would store, in words for the page: made while somebody waits, or in the worker."""

from __future__ import annotations

from typing import Any

from crf.fields import missing_label, unit_shown
from crf.laboratory_page import SIGNS, judgement_text, result_text
from crf.models import Laboratory
from crf.naming import form_title, form_url
from crf.registry import form_def
from crf.services.laboratory_file import HeadChange, Line, Plan
from crf.sheets import RowValues

MOST_SHOWN = 300  # problems on the page; all of them are in the file


def shown(plan: Plan) -> dict[str, Any]:
    """Plain texts, so that a job can keep them."""
    file = plan.file
    if file.problems:
        return {"sha256": file.sha256, "problems": [problem.cells() for problem in file.problems]}
    return {
        "sha256": file.sha256, "plan": plan.digest, "lines": [_line(line) for line in plan.lines],
        "heads": [_head(one) for one in plan.heads], "corrections": plan.corrections, "forms": len(file.panels),
        "participants": len({panel.number for panel in file.panels}),
    }  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    """One row of the table: `65 U/L → 70 U/L`, in standard units, with flag and grade as the save derives them."""
    before = _reported(line.before) if line.before else ""
    now, analyte = _reported(line.after), line.result.analyte
    code = line.after.get("lbnrind")
    return {
        "number": line.result.line, "participant": line.panel.number, "visit": line.panel.visit,
        "sample": _sample(line), "url": form_url(line.panel.form), "test": analyte.code, "label": str(analyte.label), "now": now,
        "before": before if before != now else "", "same": bool(before) and before == now, "corrects": line.corrects,
        "standard": _standard(line), "judged": judgement_text(line.after), "odd": code not in (None, "NORMAL"),
    }  # fmt: skip


def _sample(line: Line) -> str:
    """Day and time of the sample, as the file gives them."""
    fields = form_def("LB").fields
    parts = [
        missing_label(missing) or fields[name].display(value)
        for name, (value, missing, _line) in line.panel.head.items()
        if name in ("lbdat", "lbtim")
    ]
    return " ".join(parts)


def _reported(row: RowValues) -> str:
    if code := row.missing.get("lborres"):
        return missing_label(code)
    text = result_text(row)
    unit = row.get("lborresu")
    return f"{text} {unit_shown(unit)}" if text and unit else text


def _standard(line: Line) -> str:
    """Only where another unit was reported: else it is the same number again."""
    value, unit = line.after.get("lbstresn"), line.result.analyte.unit
    if value is None or line.after.get("lborresu") == unit:
        return ""
    text = format(value, "f").rstrip("0").rstrip(".") if "." in format(value, "f") else format(value, "f")
    sign = SIGNS.get(line.after.get("lbop") or "", "")
    return f"{sign} {text} {unit_shown(unit)}".strip()


def _head(one: HeadChange) -> dict[str, Any]:
    crf_field = form_def("LB").fields[one.name]
    form = one.panel.form
    words = [
        _laboratory_name(v) if one.name == "lbnam" else crf_field.display(v) for v in (one.before, one.after)
    ]
    return {
        "number": one.panel.lines[0], "participant": one.panel.number, "visit": one.panel.visit, "url": form_url(form),
        "form": str(form_title("LB", form.repeat)), "label": str(crf_field.label), "before": words[0], "now": words[1],
    }  # fmt: skip


def _laboratory_name(address: str | None) -> str:
    pk = (address or "").partition(":")[2]
    return Laboratory.objects.filter(pk=int(pk)).values_list("code", flat=True).first() or "" if pk else ""
