"""What an import would create, counted, before anything is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from crf.registry import form_def

from .forms import NewForm, forms_of
from .source import INVESTIGATOR, Person, Source


@dataclass(slots=True)
class Planned:
    """One participant and the forms that it would get."""

    person: Person
    forms: list[NewForm]

    @property
    def readers(self) -> list[str]:
        return sorted(self.person.assessments, key=lambda name: (name != INVESTIGATOR, name))


@dataclass(slots=True)
class Preview:
    """Everybody who would be made. Empty while there are problems."""

    planned: list[Planned] = field(default_factory=list)

    @property
    def sites(self) -> list[str]:
        return sorted({one.person.site for one in self.planned})

    def counts(self) -> dict[str, int]:
        made = Counter(form.key for one in self.planned for form in one.forms)
        return {"participants": len(self.planned), "forms": sum(made.values()), **dict(sorted(made.items()))}

    def forms_by_title(self) -> list[tuple[str, int]]:
        made = Counter(form.key for one in self.planned for form in one.forms)
        return [(f"{key} {form_def(key).title}", n) for key, n in sorted(made.items())]

    def imaging(self) -> list[list[Any]]:
        """Participant, reader, visits of the source with their number of lesion rows."""
        lines = []
        for one in self.planned:
            for reader in one.readers:
                visits = one.person.assessments[reader]
                words = [f"{visits[n].visit} ({len(visits[n].lesions)})" for n in sorted(visits)]
                lines.append([one.person.number, reader, len(visits), ", ".join(words)])
        return lines


def preview(source: Source) -> Preview:
    """Builds every form, which may find further problems."""
    if source.problems:
        return Preview()
    made = Preview([Planned(person, forms_of(person, source)) for person in source.people.values()])
    return Preview() if source.problems else made
