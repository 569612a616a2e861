"""The page of a reading: the same boxes as every form, without what the system keeps and what would unblind."""

from __future__ import annotations

from typing import Any

from crf.pages import Builder, SectionView
from crf.registry import SectionDef
from crf.rendering import fields_html
from crf.selectors.findings import ShownFinding
from crf.sheets import Sheet
from crf.typed import Typed
from trialsite.web.marks import composition_bar

from .blinding import SYSTEM_FIELDS, UNBLINDING, blind_form
from .models import Reading
from .recorded import sheet_from

SHARES = ("cpn_rvt", "cpn_nec", "cpn_str")


class BlindBuilder(Builder):
    """Builds from a form that knows a case code only."""

    def __init__(
        self, reading: Reading, code: str, *, editable: bool, typed: Typed | None = None, **kwargs: Any
    ) -> None:
        self.reading = reading
        super().__init__(blind_form(reading, code), editable=editable, typed=typed, blinded=True, **kwargs)

    def read(self) -> Sheet:
        return super().read() if self.reading.form_id else sheet_from(self.reading.content)

    def _marks(self) -> tuple[set[str], dict[str, list[ShownFinding]]]:
        if self.reading.form_id is None:
            return set(), {}
        changed, findings = super()._marks()
        return changed, {path: found for path, found in findings.items() if path not in UNBLINDING}

    def section(self, section: SectionDef) -> SectionView:
        if section.repeating:
            return self.rows(section)
        lookup = self.around.lookup(self.sheet)
        fields = [f for f in section.fields if not f.reader_hidden and f.name not in SYSTEM_FIELDS]
        return SectionView(
            section.id, section.label, fields_html([self.box(f, self.sheet, lookup, "", "") for f in fields])
        )

    def compositions(self) -> list[tuple[Any, Any]]:
        """Nodule number and its three shares as a bar."""
        fields = {f.name: f for f in self.definition.section("CP2").fields}
        return [
            (
                line.get("cpn_no") or line.row,
                composition_bar([(str(fields[n].label), line.get(n)) for n in SHARES]),
            )
            for line in self.sheet.lines("CP2")
            if all(line.get(name) is not None for name in SHARES)
        ]
