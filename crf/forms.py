"""A posted form read into typed values. Nothing typed is lost: what cannot be read stays, with its error at its field.

Names in a post: `tudat__y`, `ta_slice`, `ta_slice__miss`, `TA2.3.tl_diam` (row 3), `TA2.n1.tl_diam` (a new row),
`TA2.3.-remove` with `TA2.3.-reason`. Paths of errors and reasons: `tudat`, `TA2:3/tl_diam`, `TA2:n1/tl_diam`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from .fields import CrfField, FieldError, free_text, parse_missing
from .registry import FormDef, SectionDef
from .typed import Typed, TypedRow, row_path


def read_post(definition: FormDef, data: Mapping[str, Any]) -> Typed:
    """Read every field that a person may type. Derived fields in the post are passed over: they are never accepted."""
    typed = Typed()
    keys = _row_keys(data)
    for section in definition.sections:
        if not section.repeating:
            _read_fields(typed, section.fields, data, "", "", typed.values, typed.missing)
            continue
        lines = typed.rows[section.id] = []
        for key in keys.get(section.id, []):
            lines.append(_read_row(typed, section, data, key))
    return typed


def _row_keys(data: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for name in data:
        parts = name.split(".")
        if len(parts) == 3 and re.fullmatch(r"n?[0-9]{1,3}", parts[1]):
            found.setdefault(parts[0], {}).setdefault(parts[1])
    return {section: list(keys) for section, keys in found.items()}


def _read_row(typed: Typed, section: SectionDef, data: Mapping[str, Any], key: str) -> TypedRow:
    prefix = f"{section.id}.{key}."
    row = TypedRow(
        key, remove=bool(data.get(prefix + "-remove")), reason=free_text(data.get(prefix + "-reason"))[:200]
    )
    path = row_path(section.id, key) + "/"
    _read_fields(typed, section.fields, data, prefix, path, row.values, row.missing)
    row.unread = any(where.startswith(path) for where in typed.errors)
    for name, other in section.rows.hangs.items() if section.rows else ():
        if other not in row.values and other not in row.missing and path + other not in typed.errors:
            row.values.pop(name, None)
    return row


def _read_fields(
    typed: Typed, fields: tuple[CrfField, ...], data: Mapping[str, Any], prefix: str, path: str,
    values: dict[str, Any], missing: dict[str, str],
) -> None:  # fmt: skip
    for crf_field in fields:
        if crf_field.derived:
            continue
        where, name = path + crf_field.name, crf_field.name
        raw = typed.raw[where] = crf_field.raw(data, prefix)
        miss = data.get(f"{prefix}{name}__miss", "") if crf_field.missing else ""
        typed.raw_missing[where] = miss
        try:
            value, reason = crf_field.parse(raw), parse_missing(crf_field, miss)
        except FieldError as error:
            typed.errors[where] = error.message
            continue
        if value is not None and reason:
            typed.errors[where] = _("Give a value or a reason why it is missing, not both.")
        elif value is not None:
            values[name] = value
        elif reason:
            missing[name] = reason
