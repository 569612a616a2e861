"""A participant in memory, for tables of edit checks: sheets from plain dicts, no database.

    book = folder(today="2024-06-30", ICF={"icf_dsstdat": "2024-03-04"}, EC=[{"@visit": "C1", "EC2": [{...}]}])
    fired(book, "CK-116")  # [("EC", "EC2:1/ecstdat")]

Values are written as a person types them; derived values are given like the others. `"name@miss": "UNK"` is a reason
for a missing value. Of a sheet: `@visit`, `@repeat`, `@status`, `@form` (primary key), `@evaluator`; of a row: `@row`
(its number), `@removed`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crf.checks import CHECKS, Folder, hits_of
from crf.checks.engine import FormFacts, SiteFacts, VisitFacts
from crf.fields import CrfField
from crf.registry import form_def
from crf.schedule import visit_of, visit_order
from crf.sheets import Casebook, RowValues, Sheet

Values = Mapping[str, Any]


def folder(
    *, today: str = "2024-12-31", visits: Sequence[VisitFacts] = (), forms: Sequence[FormFacts] = (),
    site: SiteFacts | None = None, **sheets: Values | Sequence[Values],
) -> Folder:  # fmt: skip
    """Everything known of one participant. A form that exists several times is given as a list."""
    made: list[Sheet] = []
    for key, given in sheets.items():
        for values in [given] if isinstance(given, Mapping) else given:
            made.append(sheet(key, values, number=len(made) + 1))
    started = {one.form for one in made}
    envelopes = [FormFacts(s.form, s.key, s.visit, s.repeat, status=s.status) for s in made]
    envelopes += [one for one in forms if one.form not in started]
    return Folder(
        Casebook("01-001", made), dt.date.fromisoformat(today), tuple(envelopes), tuple(visits), site or SiteFacts()
    )  # fmt: skip


def sheet(key: str, values: Values, number: int = 1) -> Sheet:
    """One form; `number` is the primary key of its envelope unless the values say `@form`."""
    definition = form_def(key)
    visit = values.get("@visit", "")
    place = visit_of(visit)
    made = Sheet(
        key, values.get("@form", number), visit, visit_order(*place) if place else 0, int(values.get("@repeat", 1)),
        values.get("@evaluator", ""), values.get("@status", "COMPLETE"),
    )  # fmt: skip
    sections = {section.id: section for section in definition.row_sections}
    own = {name: value for name, value in values.items() if name not in sections}
    made.values, made.missing = _parsed(definition.fields, own)
    for name, section in sections.items():
        fields = {field.name: field for field in section.fields}
        made.rows[name] = _rows(fields, values.get(name, ()))
    return made


def _rows(fields: Mapping[str, CrfField], lines: Iterable[Values]) -> list[RowValues]:
    rows = []
    for number, line in enumerate(lines, 1):
        values, missing = _parsed(fields, line)
        removed = line.get("@removed", "")
        rows.append(RowValues(line.get("@row", number), values, missing, not removed, removed))
    return rows


def _parsed(fields: Mapping[str, CrfField], given: Values) -> tuple[dict[str, Any], dict[str, str]]:
    values, missing = {}, {}
    for name, value in given.items():
        if name.startswith("@"):
            continue
        if name.endswith("@miss"):
            missing[name.removesuffix("@miss")] = value
            continue
        field = fields[name]  # what the system writes (a signature) is not typed
        read = (field.from_text if field.derived else field.parse)(value) if isinstance(value, str) else value
        if read is not None:
            values[name] = read
    return values, missing


def fired(found: Folder, number: str) -> list[tuple[str, str]]:
    """Where one check fires: form key and path of each hit. The key is empty for the participant as a whole."""
    keys = {one.form: one.key for one in found.forms} | {one.form: one.key for one in found.book}
    return [(keys.get(hit.form, ""), hit.path) for _check, hit in hits_of(found, {number: CHECKS[number]})]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
