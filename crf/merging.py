"""Two people changed one form: what only one of them changed is taken over, the rest is chosen field by field.

Three states meet: the form as the page showed it (`base`), as it is stored now, and as it was typed. Plain Python
over sheets; nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from .fields import MISS, CrfField, missing_label
from .naming import label_of
from .registry import FormDef, SectionDef
from .sheets import RowValues, Sheet
from .typed import Typed, TypedRow, row_path

MINE, THEIRS = "mine", "theirs"
Datum = tuple[str, str]  # value as text, missing reason
EMPTY = RowValues(0)


@dataclass(frozen=True, slots=True)
class Clash:
    """One field (or a whole row) that both changed: which of the two is right is for a person to say."""

    path: str
    label: str
    mine: str
    theirs: str
    chosen: str = ""


@dataclass(slots=True)
class Merged:
    """`clashes` still want a choice, or got one; `taken` are the paths where the stored value came in silently."""

    clashes: list[Clash] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    kept: int = 0  # fields that only the person at the page has changed

    @property
    def open(self) -> bool:
        return any(not clash.chosen for clash in self.clashes)


def merge(
    definition: FormDef, stored: Sheet, before: Mapping[str, str], typed: Typed, choices: Mapping[str, str]
) -> Merged:
    """Put into `typed` what others changed. `before` gives the earlier text of every path that they changed."""
    merging = _Merging(definition, stored, before, typed, choices)
    for section in definition.sections:
        if section.repeating:
            merging.rows(section)
        else:
            merging.fields(section.fields, "", typed, stored, base_empty=False)
    return merging.found


class _Merging:
    def __init__(
        self, definition: FormDef, stored: Sheet, before: Mapping[str, str], typed: Typed, choices: Mapping[str, str]
    ) -> None:  # fmt: skip
        self.definition, self.stored, self.before = definition, stored, before
        self.typed, self.choices = typed, choices
        self.found = Merged()

    def fields(
        self, fields: tuple[CrfField, ...], prefix: str, mine: Any, theirs: Any, *, base_empty: bool
    ) -> None:
        for one in fields:
            if not one.derived:
                self.field(one, prefix + one.name, mine, theirs, base_empty)

    def field(self, one: CrfField, path: str, mine: Any, theirs: Any, base_empty: bool) -> None:
        now, typed = datum(one, theirs), self.typed_datum(one, path, mine)
        base = self.base(path, now, base_empty)
        if typed == now or now == base:
            self.found.kept += typed != now
            return
        if typed == base:
            self.take(one, path, mine, theirs)
            self.found.taken.append(path)
            return
        chosen = self.choices.get(path, "")
        clash = Clash(
            path,
            label_of(self.definition, path),
            self.typed_words(one, path, mine),
            words(one, theirs),
            chosen,
        )
        self.found.clashes.append(clash)
        if chosen == THEIRS:
            self.take(one, path, mine, theirs)

    def base(self, path: str, now: Datum, empty: bool) -> Datum:
        if empty:
            return "", ""
        return self.before.get(path, now[0]), self.before.get(path + MISS, now[1])

    def typed_datum(self, one: CrfField, path: str, mine: Any) -> Datum:
        if path in self.typed.errors:  # what cannot be read is certainly something else
            return f"\0{self.typed.raw.get(path)}", ""
        return datum(one, mine)

    def typed_words(self, one: CrfField, path: str, mine: Any) -> str:
        if path in self.typed.errors:
            raw = self.typed.raw.get(path, "")
            return "-".join(part for part in raw if part) if isinstance(raw, tuple) else str(raw)
        return words(one, mine)

    def take(self, one: CrfField, path: str, mine: Any, theirs: Any) -> None:
        """The stored value in place of the typed one."""
        for kept, source in ((mine.values, theirs.values), (mine.missing, theirs.missing)):
            kept.pop(one.name, None)
            if source.get(one.name) is not None:
                kept[one.name] = source[one.name]
        self.typed.errors.pop(path, None)
        if path in self.typed.raw:
            self.typed.raw[path] = one.to_raw(theirs.values.get(one.name))
            self.typed.raw_missing[path] = theirs.missing.get(one.name, "")

    # --- rows -----------------------------------------------------------------------------------------------------

    def rows(self, section: SectionDef) -> None:
        stored = {line.row: line for line in self.stored.rows.get(section.id, ())}
        kept = self.typed.rows.get(section.id, [])
        for row in list(kept):
            line = stored.get(int(row.key)) if row.key.isdigit() else None
            if line is not None and not self.row(section, row, line):
                kept.remove(row)

    def row(self, section: SectionDef, row: TypedRow, line: RowValues) -> bool:
        """Whether the posted row stays in the post."""
        path = row_path(section.id, row.key)
        prefix, was = path + "/", self.before.get(f"{path}/@active")
        if not line.active:
            return was == "1" and self.removed_by_them(section, row, line, path)
        if row.remove:
            self.removed_by_me(section, row, line, path)
            return True
        self.fields(section.fields, prefix, row, line, base_empty=was == "")
        return True

    def removed_by_them(self, section: SectionDef, row: TypedRow, line: RowValues, path: str) -> bool:
        """They took the row out. What was changed in it meanwhile is offered as a row of its own."""
        prefix = path + "/"
        changed = [
            one
            for one in self.typed_fields(section)
            if self.typed_datum(one, prefix + one.name, row)
            != self.base(prefix + one.name, datum(one, line), empty=False)
        ]
        if row.remove or not changed:
            self.found.taken.append(path)
            return False
        chosen = self.choices.get(path, "")
        mine = _("Keep it as a new row: %(values)s") % {
            "values": ", ".join(self.typed_words(one, prefix + one.name, row) for one in changed)
        }
        theirs = _("Row removed: %(reason)s") % {"reason": line.removed_reason}
        self.found.clashes.append(Clash(path, label_of(self.definition, prefix), mine, theirs, chosen))
        if chosen == MINE:
            number = 1 + max(
                (int(r.key[1:]) for r in self.typed.rows[section.id] if r.key.startswith("n")), default=0
            )
            self.typed.move(path, row_path(section.id, f"n{number}"))
            row.key = f"n{number}"
        return chosen != THEIRS

    def removed_by_me(self, section: SectionDef, row: TypedRow, line: RowValues, path: str) -> None:
        """I took the row out; they changed something in it meanwhile."""
        prefix = path + "/"
        theirs = [
            one
            for one in self.typed_fields(section)
            if prefix + one.name in self.before or prefix + one.name + MISS in self.before
        ]
        if not theirs:
            return
        chosen = self.choices.get(path, "")
        shown = ", ".join(f"{one.label}: {words(one, line)}" for one in theirs)
        clash = Clash(path, label_of(self.definition, prefix), _("Remove this row"), shown, chosen)
        self.found.clashes.append(clash)
        if chosen == THEIRS:
            row.remove = False
            for one in self.typed_fields(section):
                self.take(one, prefix + one.name, row, line)

    @staticmethod
    def typed_fields(section: SectionDef) -> Iterator[CrfField]:
        return (one for one in section.fields if not one.derived)


def datum(one: CrfField, holder: Any) -> Datum:
    return one.to_text(holder.values.get(one.name)), holder.missing.get(one.name, "") or ""


def words(one: CrfField, holder: Any) -> str:
    """A value, or why there is none, for a reader."""
    if reason := holder.missing.get(one.name):
        return missing_label(reason)
    return one.display(holder.values.get(one.name))
