"""What checks and limits say of a participant, as findings before they are stored. Pure: reads sheets, writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from trialsite.kernel.digests import digest

from .checks.engine import CHECKS, Check, Failed, Folder, Hit, checks_on, hits_of, hits_of_sheet
from .conditions import holds
from .fields import CrfField
from .lookups import Surroundings
from .models import Severity
from .registry import form_def
from .sheets import RowValues, Sheet

SOFT, HARD = "soft:", "hard:"  # rule names of a field's own limits


@dataclass(frozen=True, slots=True)
class Raised:
    """One place where a rule fired. `rule` is a check (`CK-039`) or a field's limit (`soft:tudat`)."""

    form: int
    path: str
    rule: str
    severity: str
    version: str
    found: str = ""

    @property
    def place(self) -> tuple[str, str]:
        return self.path, self.rule

    @property
    def name(self) -> str:
        """How a confirmation names it."""
        return f"{self.rule}@{self.path}"


def is_limit(rule: str) -> bool:
    return rule.startswith((SOFT, HARD))


# Usual ranges that the book words as checks: the laboratory's differ by analyte.
RANGES = frozenset({"CK-080"})


def is_range(rule: str) -> bool:
    """Whether the rule asks about one value that is unusual: a justification given at once settles it (S32)."""
    return is_limit(rule) or rule in RANGES


def mark(rule: str) -> str:
    """What stands behind the `@` of a finding's path in the trail."""
    return rule.partition(":")[0] if is_limit(rule) else rule


MARKED = re.compile(r"@(?:soft|hard|refused|sdv|CK-\d{3})$")
VERIFIED = "@sdv"  # behind the path of a value that was compared with the source
REFUSED = "@refused"  # behind the path of a value that was typed and not taken


def unmarked(path: str) -> str:
    """The path of the field that a path of the trail speaks of: `tudat@soft` → `tudat`."""
    return MARKED.sub("", path)


def version_of(rule: str, crf_field: CrfField | None = None) -> str:
    """Changes with the rule; stored with each finding."""
    if rule in CHECKS:
        return CHECKS[rule].version
    return _limit_version(crf_field, rule) if crf_field is not None else ""


@cache
def _limit_version(crf_field: CrfField, rule: str) -> str:
    text = crf_field.book_hard if rule.startswith(HARD) else crf_field.book_soft
    return digest([rule, text])[:12]


def limit_raised(form: int, path: str, crf_field: CrfField, value: Any, prefix: str = SOFT) -> Raised:
    """A value beyond the limit of its field."""
    rule = prefix + crf_field.name
    severity = Severity.HARD if prefix == HARD else Severity.SOFT
    return Raised(form, path, rule, severity, _limit_version(crf_field, rule), crf_field.to_text(value)[:240])


def hit_raised(one: Check, hit: Hit) -> Raised:
    return Raised(hit.form, hit.path, one.id, one.text.severity, one.version, hit.found)


def judged_sheet(sheet: Sheet, folder: Folder, failed: Failed) -> list[tuple[Check, Raised]]:
    """What the checks of this form say of a sheet that is being saved, as far as it concerns this sheet."""
    found = hits_of_sheet(sheet, folder, checks_when_saved(sheet.key), failed)
    return [(one, hit_raised(one, hit)) for one, hit in found if hit.form == sheet.form]


@cache
def checks_when_saved(key: str) -> tuple[Check, ...]:
    """The checks of a form that can be answered from its own sheet; the others follow in the worker."""
    return tuple(one for one in checks_on(key) if not one.later)


def judged(folder: Folder, failed: Failed, checks: Mapping[str, Check] | None = None) -> list[Raised]:
    """What all checks (or these), and all limits, say of a participant. Each place once for each rule."""
    found = {(r.form, *r.place): r for r in (hit_raised(*pair) for pair in hits_of(folder, checks, failed))}
    if checks is None:
        for raised in _beyond_limits(folder):
            found[raised.form, *raised.place] = raised
    return list(found.values())


def _beyond_limits(folder: Folder) -> Iterator[Raised]:
    for sheet in folder.book:
        yield from sheet_beyond_limits(sheet, folder.around)


def sheet_beyond_limits(sheet: Sheet, around: Surroundings) -> Iterator[Raised]:
    """Values outside their hard or soft range: another form that was corrected may have moved it."""
    for section, fields in _limited(sheet.key):
        lines: Iterable[RowValues | None] = sheet.lines(section) if section else [None]
        for line in lines:
            holder: Any = sheet if line is None else line
            prefix = f"{section}:{line.row}/" if line is not None else ""
            yield from _line_beyond_limits(sheet, fields, holder, line, prefix, around)


def _line_beyond_limits(
    sheet: Sheet, fields: tuple[CrfField, ...], holder: Any, line: RowValues | None, prefix: str, around: Surroundings
) -> Iterator[Raised]:  # fmt: skip
    lookup = None
    for crf_field in fields:
        value = holder.values.get(crf_field.name)
        if value is None:
            continue
        lookup = lookup or around.lookup(sheet, line)
        broken = (
            HARD if crf_field.hard is not None and crf_field.hard.broken(value, lookup)
            else SOFT if crf_field.soft is not None and crf_field.soft.broken(value, lookup)
            else ""
        )  # fmt: skip
        when = crf_field.requirement.when
        if broken and (when is None or holds(when, lookup)):
            yield limit_raised(sheet.form, prefix + crf_field.name, crf_field, value, broken)


@cache
def _limited(key: str) -> list[tuple[str, tuple[CrfField, ...]]]:
    """The fields of a form that have a limit, by repeating section (empty: the sheet itself)."""
    found = []
    for section in form_def(key).sections:
        fields = tuple(f for f in section.fields if f.hard is not None or f.soft is not None)
        if fields:
            found.append((section.id if section.repeating else "", fields))
    return found


@cache
def rules_digest() -> str:
    """Changes when any rule does: everything is judged again then."""
    return digest(sorted(one.version for one in CHECKS.values()))[:12]
