"""Published responses beside ours: for every difference the rule that makes it, found by trying the rules.

A published response is explained by a rule when our engine gives it as soon as that rule is left out. What no
single rule explains is told with the steps that decided ours.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crf.derivation_imaging import RECIST, TO_BOOK, engine_settings, evaluator_of, mapped, outcome
from crf.models.imports import ImportedForm
from crf.selectors.sheets import casebooks
from crf.sheets import Casebook, Sheet
from endpoints.engine.imaging_input import imaging
from endpoints.engine.overall import overall_response
from endpoints.engine.results import Series, TimePoint
from endpoints.engine.settings import Settings
from endpoints.engine.steps import EngineError
from endpoints.engine.timepoint import assess
from participants.models import Participant

WHAT = (
    ("OVRLRESP", "ovresp_r_inv", "overall"),
    ("TRGRESP", "tresp_r_inv", "target"),
    ("NTRGRESP", "ntresp_r_inv", "nontarget"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One published response and ours."""

    participant: str
    reader: str
    visit: str
    date: str
    test: str
    published: str
    ours: str
    rule: str = ""
    why: str = ""

    @property
    def agrees(self) -> bool:
        return self.published == self.ours


def compare() -> Iterator[Line]:
    """Every response that an import brought, in the order of participant, reader and visit."""
    numbers = dict(Participant.objects.filter(imported=True).order_by("number").values_list("pk", "number"))
    sources = {
        form: (visit, rows)
        for form, visit, rows in ImportedForm.objects.filter(form__form_key="TA").values_list(
            "form_id", "visit", "rows"
        )
    }
    books = casebooks(list(numbers), ["TA"])
    for pk, number in numbers.items():
        if books[pk].all("TA"):
            yield from _participant(number, books[pk], sources)


def _participant(
    number: str, book: Casebook, sources: dict[int, tuple[str, list[dict[str, Any]]]]
) -> Iterator[Line]:
    every: dict[str, list[Sheet]] = {}
    for sheet in book.all("TA"):
        every.setdefault(evaluator_of(sheet), []).append(sheet)
    for reader, series in every.items():
        found = outcome(series, RECIST)
        for sheet in sorted(series, key=lambda s: s.get("tudat")):
            point = found.point(sheet)
            visit, _rows = sources.get(sheet.form, (sheet.visit, []))
            for test, field, name in WHAT:
                published = sheet.get(field)
                if published is None:
                    continue
                ours = TO_BOOK.get(getattr(point, name) or "", getattr(point, name) or "") if point else ""
                line = Line(number, reader, visit, sheet.get("tudat").isoformat(), test, published, ours)
                if not line.agrees:
                    context = _Context(
                        sheet, series, every, {s.form: sources.get(s.form, ("", []))[1] for s in series}
                    )
                    rule, why = context.explain(name, published, point, found.error)
                    line = replace(line, rule=rule, why=why)
                yield line


@dataclass(slots=True)
class _Context:
    """One assessment among those of its reader and of the other readers, and the source rows of each."""

    sheet: Sheet
    series: list[Sheet]
    readers: dict[str, list[Sheet]]
    rows: dict[int, list[dict[str, Any]]]

    def explain(
        self, name: str, published: str, point: TimePoint | None, error: EngineError | None
    ) -> tuple[str, str]:
        if error is not None:
            return "G-27", error.text
        if point is None:
            return "G-10", _("There is no time point of ours at this visit: it has no date or no lesion.")
        explained = [(rule, why) for rule, why, response in self._alternatives(name) if response == published]
        steps = _deciding(point)
        if explained:
            rules = ", ".join(rule for rule, _why in explained)
            return rules, " ".join(
                [*(why for _rule, why in explained), *(f"{s.rule}: {s.text}" for s in steps)]
            )
        return ", ".join(dict.fromkeys(s.rule for s in steps)), " ".join(f"{s.rule}: {s.text}" for s in steps)

    def _alternatives(self, name: str) -> Iterator[tuple[str, str, str]]:
        """Each rule left out, on the exact diameters of the source: who published had no others."""
        settings, exact = engine_settings(), self._exact()
        why = _("The exact diameters of the source give it; the form holds tenths of a millimetre.")
        yield "R-40", why, self._again(name, settings, exact)
        why = _("Published as if disease that comes back after a complete response were not progression.")
        yield "R-66", why, self._again(name, replace(settings, reappearance_after_cr_is_pd=False), exact)
        why = _("Published as if a lesion without a measurement were gone (R-35: not evaluable).")
        yield "R-26", why, self._again(name, settings, _gone(exact))
        why = _("Published as if the smallest sum of all readers together were the nadir.")
        yield "G-7", why, self._pooled(name)

    def _rows(self) -> list[dict[str, Any]]:
        return [copy.deepcopy(item.row) for item in mapped(self.series, RECIST)]

    def _again(self, name: str, settings: Settings, rows: list[dict[str, Any]] | None = None) -> str:
        """This time point's response with other settings or other values."""
        point = self._point(settings, rows if rows is not None else self._rows())
        value = getattr(point, name) if point else None
        return TO_BOOK.get(value or "", value or "")

    def _assessed(self, settings: Settings, rows: list[dict[str, Any]], series: list[Sheet]) -> Series | None:
        try:
            read = [imaging(row, f"imaging[{i}]") for i, row in enumerate(rows)]
            baseline = next((row for row in read if row.baseline), None)
            return (
                assess(baseline, [row for row in read if not row.baseline], RECIST, settings)
                if baseline
                else None
            )
        except EngineError:
            return None

    def _point(self, settings: Settings, rows: list[dict[str, Any]]) -> TimePoint | None:
        found = self._assessed(settings, rows, self.series)
        where = next(i for i, item in enumerate(mapped(self.series, RECIST)) if item.sheet is self.sheet)
        return next((p for p in found.timepoints if p.path == f"imaging[{where}]"), None) if found else None

    def _exact(self) -> list[dict[str, Any]]:
        """The rows with the diameters of the source, before they were rounded."""
        rows = self._rows()
        for item, row in zip(mapped(self.series, RECIST), rows, strict=True):
            exact = _exact_values(self.rows.get(item.sheet.form, []))
            for lesion in row["target"]:
                key = (lesion["id"], "LPERP" if lesion["node"] else "LDIAM")
                if lesion["state"] == "measured" and key in exact:
                    lesion["mm"] = exact[key]
        return rows

    def _pooled(self, name: str) -> str:
        """Target and overall response against the smallest complete sum of any reader before this date."""
        settings = engine_settings()
        point = self._point(settings, self._rows())
        if point is None or point.sum is None or point.baseline_sum is None or point.target in (None, "NE"):
            return ""
        sums = [s for series in self.readers.values() for s in self._sums(series) if s[0] < point.date]
        nadir = min([total for _day, total in sums], default=point.nadir or point.sum)
        grown = point.sum - nadir
        if (
            grown >= settings.progression_increase_mm
            and grown * 100 >= settings.progression_increase_pct * nadir
        ):
            target = "PD"
        elif (point.baseline_sum - point.sum) * 100 >= settings.response_decrease_pct * point.baseline_sum:
            target = "PR"
        else:
            target = "SD"
        value = (
            target if name == "target" else overall_response(target, point.nontarget, point.new or "no")[0]
        )
        return TO_BOOK.get(value, value)

    def _sums(self, series: list[Sheet]) -> Iterator[tuple[Any, Decimal]]:
        found = outcome(series, RECIST).series
        if found is None:
            return
        first = min(s.get("tudat") for s in series)
        if found.baseline_sum is not None:
            yield first, found.baseline_sum
        for point in found.timepoints:
            if point.sum is not None:
                yield point.date, point.sum


def _gone(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as if lesions without a measurement had disappeared."""
    made = copy.deepcopy(rows)
    for row in made:
        for lesion in [*row["target"], *row["nontarget"]]:
            if lesion["state"] == "not_evaluable":
                lesion["state"] = "absent"
    return made


def _exact_values(rows: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    found = {}
    for row in rows:
        values = row["values"]
        if values.get("TRTESTCD") in ("LDIAM", "LPERP") and values.get("TRORRES"):
            found[values.get("TRLNKID", ""), values["TRTESTCD"]] = values["TRORRES"]
    return found


def _deciding(point: TimePoint) -> list[Any]:
    """The steps that made the response: not the sums that every time point begins with."""
    return [step for step in point.steps if step.rule not in ("R-10", "R-60", "G-24", "G-32")]


def counts(lines: list[Line]) -> list[list[Any]]:
    """Per reader: responses published, agreeing, differing."""
    found: dict[str, list[int]] = {}
    for line in lines:
        kept = found.setdefault(line.reader, [0, 0])
        kept[0] += 1
        kept[1] += line.agrees
    return [[reader, n, good, n - good] for reader, (n, good) in sorted(found.items())]


def as_data(lines: list[Line]) -> dict[str, Any]:
    """For a file: the counts and every difference."""
    return {
        "published": len(lines),
        "agree": sum(line.agrees for line in lines),
        "readers": [
            dict(zip(("reader", "published", "agree", "differ"), row, strict=True)) for row in counts(lines)
        ],
        "differences": [asdict(line) for line in lines if not line.agrees],
        "responses": [asdict(line) for line in lines],
    }
