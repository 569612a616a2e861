"""Tumour assessments to the endpoint engine's input and back: D-22, and D-09 at each assessment.

The only place of the forms that knows the engine. A `Mapped` keeps, beside each imaging row of the contract,
where every value came from, so that a reason or an error of the engine is shown at its field.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from endpoints.engine.imaging_input import imaging
from endpoints.engine.results import Series, TimePoint
from endpoints.engine.settings import Settings
from endpoints.engine.steps import EngineError, Step
from endpoints.engine.timepoint import assess
from trialsite.kernel.study import study

from . import derived
from .sheets import Casebook, RowValues, Sheet

RECIST, MRECIST = "RECIST 1.1", "mRECIST"
CRITERIA = (RECIST, MRECIST)
SUFFIX = {RECIST: "r", MRECIST: "m"}
INVESTIGATOR = "INVESTIGATOR"
BASELINE_VISIT = "SCR"

STATES = {
    "MEASURED": "measured", "SPLIT": "measured", "DISAPPEARED": "absent", "TOOSMALL": "too_small",
    "MERGED": "merged", "RESECTED": "not_evaluable", "NE": "not_evaluable",
}  # fmt: skip
NONTARGET_STATES = {
    "PRESENT": "present",
    "ABSENT": "absent",
    "UNEQ_PD": "unequivocal_progression",
    "NE": "not_evaluable",
}
NEW_ANSWERS = {"Y": "yes", "N": "no", "U": "unknown"}
ARTERIAL_METHODS = (
    None,
    "MRI_MP",
    "CT_MP",
)  # M-1: a dynamic study; an unanswered method is not held against it
TO_ENGINE = {"NONCRNONPD": "NON-CR/NON-PD", "NED": None}  # NED is follow-up after resection, not a response
TO_BOOK = {"NON-CR/NON-PD": "NONCRNONPD"}


class Mapped(NamedTuple):
    """One assessment by one criterion: the contract's row, and the field's address for each path in it."""

    sheet: Sheet
    row: dict[str, Any]
    paths: dict[str, str]

    def address(self, path: str) -> str:
        """The field behind a path of the row; what has no field of its own belongs to the form."""
        return self.paths.get(path, f"form:{self.sheet.form}")


def evaluator_of(sheet: Sheet) -> str:
    """G-7: whose series a sheet belongs to."""
    return sheet.evaluator or sheet.get("ta_eval") or INVESTIGATOR


def arterial_phase(sheet: Sheet) -> bool:
    """M-1: contrast was given and the method shows the arterial phase."""
    return sheet.get("ta_contrast") == "Y" and sheet.get("ta_method") in ARTERIAL_METHODS


def filled(rows: Iterable[RowValues]) -> list[RowValues]:
    """Rows in which anything was entered."""
    return [row for row in rows if any(value is not None for value in row.values.values())]


def lesion_rows(sheet: Sheet) -> bool:
    return any(filled(sheet.lines(section)) for section in ("TA2", "TA3", "TA4"))


# --- order ------------------------------------------------------------------------------------------------


def baseline_sheet(series: Sequence[Sheet]) -> Sheet | None:
    """The earliest assessment at screening; one that was not done only when there is no other."""
    screening = [sheet for sheet in series if sheet.visit == BASELINE_VISIT]

    def order(sheet: Sheet) -> tuple[Any, ...]:
        day = sheet.get("tudat")
        return (sheet.get("ta_perf") == "N", day is None, day or dt.date.max, sheet.repeat)

    return min(screening, key=order, default=None)


def in_order(series: Sequence[Sheet]) -> list[Sheet]:
    """The baseline, then by date; an undated assessment stands where its visit stands."""
    baseline = baseline_sheet(series)
    rest = sorted((s for s in series if s is not baseline), key=lambda s: (s.visit_order, s.repeat, s.form))
    placed, latest = [], dt.date.min
    for sheet in rest:
        day = sheet.get("tudat")
        latest = max(latest, day) if day else latest
        placed.append((day or latest, sheet))
    ordered = [sheet for _, sheet in sorted(placed, key=lambda pair: pair[0])]
    return [baseline, *ordered] if baseline else ordered


def assessment_numbers(series: Sequence[Sheet]) -> list[tuple[Sheet, int]]:
    """`ta_no` of one evaluator's sheets: 0 for the baseline, then 1, 2, …"""
    first = 0 if baseline_sheet(series) else 1
    return [(sheet, number) for number, sheet in enumerate(in_order(series), first)]


def resection_day(book: Casebook) -> dt.date | None:
    """The first resection; an exploration is none."""
    days = [
        sheet.get("surg_prstdat")
        for sheet in book.all("SURG")
        if sheet.get("surg_proccur") == "Y" and sheet.get("surg_prtrt") not in (None, "EXPLORE")
    ]
    return min((day for day in days if day), default=None)


def after_resection(sheet: Sheet, resection: dt.date | None) -> bool:
    """R-92, G-38: no target arithmetic once the lesions are out."""
    targets = filled(sheet.lines("TA2"))
    if targets and all(row.get("tl_state") == "RESECTED" for row in targets):
        return True
    last = sheet.get("ta_lastdat") or sheet.get("tudat")
    return resection is not None and last is not None and last > resection


# --- sheets to the contract -------------------------------------------------------------------------------


def imaging_rows(sheets: Sequence[Sheet], criterion: str) -> list[dict[str, Any]]:
    """The assessments as imaging rows of the operation `course`, evaluator by evaluator in date order."""
    return [item.row for item in mapped(sheets, criterion)]


def imaging_paths(sheets: Sequence[Sheet], criterion: str) -> list[dict[str, str]]:
    """Beside each of `imaging_rows`: path inside the row (`target[0].mm`) → address of the field."""
    return [item.paths for item in mapped(sheets, criterion)]


def mapped(sheets: Sequence[Sheet], criterion: str) -> list[Mapped]:
    """Every assessment that was done and dated. `mm` is by the criterion, M-7, M-10."""
    by_evaluator: dict[str, list[Sheet]] = {}
    for sheet in sheets:
        by_evaluator.setdefault(evaluator_of(sheet), []).append(sheet)
    found = []
    for series in by_evaluator.values():
        baseline = baseline_sheet(series)
        lesions = {row.get("tl_lnkid"): row for row in baseline.lines("TA2")} if baseline else {}
        found += [
            _Writer(sheet, criterion, lesions).write(sheet is baseline)
            for sheet in in_order(series)
            if sheet.get("ta_perf") != "N" and sheet.get("tudat")
        ]
    return found


class _Writer:
    """Writes one assessment as an imaging row and keeps the addresses."""

    def __init__(self, sheet: Sheet, criterion: str, baseline: dict[Any, RowValues]) -> None:
        self.sheet, self.criterion, self.baseline = sheet, criterion, baseline
        self.mrecist = criterion == MRECIST
        self.paths: dict[str, str] = {}

    def write(self, is_baseline: bool) -> Mapped:
        sheet, given = self.sheet, f"ovresp_{SUFFIX[self.criterion]}_inv"
        last = sheet.get("ta_lastdat")
        fields = (
            ("date", "tudat"),
            ("last_scan_date", "ta_lastdat"),
            ("new_lesions", "nl_yn"),
            ("overall", given),
        )
        self.paths = {path: sheet.address(None, None, name) for path, name in fields}
        overall = sheet.get(given)
        target, nontarget = self.targets(), self.nontargets()
        nontarget += self.atypical(len(nontarget))
        row = {
            "evaluator": evaluator_of(sheet),
            "criteria": self.criterion,
            "name": sheet.visit or None,
            "baseline": is_baseline,
            "date": sheet.get("tudat").isoformat(),
            "last_scan_date": last.isoformat() if last else None,
            "target": target,
            "nontarget": nontarget,
            "new": self.new_lesions(),
            "new_lesions": None if is_baseline else NEW_ANSWERS.get(sheet.get("nl_yn")),
            "overall": None if is_baseline else TO_ENGINE.get(overall, overall),
        }
        return Mapped(sheet, row, self.paths)

    def keep(self, path: str, section: str, row: RowValues, **names: str) -> None:
        for key, name in names.items():
            field = None if name.startswith("ta_") else section
            self.paths[f"{path}.{key}"] = self.sheet.address(field, row.row if field else None, name)
        self.paths[path] = self.paths[f"{path}.id"]

    def organ(self, row: RowValues) -> Any:
        same = self.baseline.get(row.get("tl_lnkid"))
        return row.get("tl_loc") or (same.get("tl_loc") if same else None)

    def is_atypical(self, row: RowValues) -> bool:
        """M-2: a liver lesion that did not enhance at baseline is no mRECIST target."""
        return self.mrecist and atypical_at_baseline(self.baseline.get(row.get("tl_lnkid"), row))

    def targets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for row in filled(self.sheet.lines("TA2")):
            if self.is_atypical(row):
                continue
            organ = self.organ(row)
            viable = self.mrecist and organ == "LIVER"
            state, mm, reason = self.viable(row) if viable else whole(row)
            self.keep(f"target[{len(found)}]", "TA2", row, id="tl_lnkid", organ="tl_loc", node="tl_node",
                      mm="tl_viable" if viable else "tl_diam", state=reason)  # fmt: skip
            found.append(
                {
                    "id": row.get("tl_lnkid"),
                    "organ": organ,
                    "node": {"Y": True, "N": False}.get(row.get("tl_node")),
                    "mm": None if mm is None else format(mm, "f"),
                    "state": state,
                }
            )
        return found

    def viable(self, row: RowValues) -> tuple[str, Decimal | None, str]:
        """M-1, M-10: state and viable diameter of an enhancing liver lesion, and the field that says so."""
        state, mm = STATES.get(row.get("tl_state") or "", "measured"), row.get("tl_viable")
        if not arterial_phase(self.sheet):
            return (
                "not_evaluable",
                None,
                "ta_contrast" if self.sheet.get("ta_contrast") != "Y" else "ta_method",
            )
        if state in ("not_evaluable", "absent", "merged"):
            return state, mm, "tl_state"
        if mm is None:
            return "not_evaluable", None, "tl_viable"
        if state == "too_small" and mm == Decimal(str(study().engine["too_small_mm"])):
            return state, mm, "tl_state"
        return "measured", mm, "tl_state"

    def nontargets(self) -> list[dict[str, Any]]:
        found = []
        status = "nt_mstatus" if self.mrecist else "nt_status"
        for i, row in enumerate(filled(self.sheet.lines("TA3"))):
            organ = row.get("nt_loc")
            self.keep(
                f"nontarget[{i}]", "TA3", row, id="nt_lnkid", organ="nt_loc", node="nt_loc", state=status
            )
            state = NONTARGET_STATES.get(row.get(status) or "")
            found.append(
                {"id": row.get("nt_lnkid"), "organ": organ, "node": organ == "LYMPH_NODE", "state": state}
            )
        return found

    def atypical(self, start: int) -> list[dict[str, Any]]:
        """The atypical target lesions as mRECIST non-targets."""
        found = []
        for i, row in enumerate((r for r in filled(self.sheet.lines("TA2")) if self.is_atypical(r)), start):
            self.keep(
                f"nontarget[{i}]",
                "TA2",
                row,
                id="tl_lnkid",
                organ="tl_loc",
                node="tl_node",
                state="tl_mstatus",
            )
            out = row.get("tl_state") == "RESECTED"
            state = "not_evaluable" if out else NONTARGET_STATES.get(row.get("tl_mstatus") or "")
            found.append({"id": row.get("tl_lnkid"), "organ": "LIVER", "node": False, "state": state})
        return found

    def new_lesions(self) -> list[dict[str, Any]]:
        found = []
        for i, row in enumerate(filled(self.sheet.lines("TA4"))):
            self.keep(
                f"new[{i}]",
                "TA4",
                row,
                id="nl_lnkid",
                organ="nl_loc",
                state="nl_certain",
                date="nl_firstdat",
                mm="nl_diam",
                typical="nl_typical",
            )
            mm, first, certain = row.get("nl_diam"), row.get("nl_firstdat"), row.get("nl_certain")
            found.append(
                {
                    "id": row.get("nl_lnkid"),
                    "organ": row.get("nl_loc"),
                    "state": certain.lower() if certain else None,
                    "date": first.isoformat() if first else None,
                    "mm": None if mm is None else format(mm, "f"),
                    "typical": {"Y": True, "N": False}.get(row.get("nl_typical")),
                }
            )
        return found


def whole(row: RowValues) -> tuple[str, Decimal | None, str]:
    """State and RECIST diameter of a lesion; a measured lesion without its diameter is not evaluable."""
    mm = row.get("tl_diam")
    state = STATES.get(row.get("tl_state") or "", "measured")
    if state == "measured" and mm is None:
        return "not_evaluable", None, "tl_diam"
    return state, mm, "tl_state"


def atypical_at_baseline(row: RowValues) -> bool:
    return row.get("tl_loc") == "LIVER" and row.get("tl_enh") == "ATYPICAL"


# --- the engine -------------------------------------------------------------------------------------------


@cache
def engine_settings() -> Settings:
    return Settings.from_json(study().engine)


class Outcome(NamedTuple):
    """What the engine says of one evaluator's series by one criterion, with the way back to the fields."""

    items: list[Mapped]
    series: Series | None
    error: EngineError | None

    def point(self, sheet: Sheet) -> TimePoint | None:
        """The response at this assessment."""
        where = next((f"imaging[{i}]" for i, item in enumerate(self.items) if item.sheet is sheet), None)
        points = self.series.timepoints if self.series else ()
        return next((point for point in points if point.path == where), None)

    def address(self, where: str) -> str:
        """`imaging[1].target[0].mm` → `form:412/TA2:1/tl_diam`."""
        head, _, path = where.partition(".")
        return self.items[int(head.removeprefix("imaging[").removesuffix("]"))].address(path)


def outcome(
    series: Sequence[Sheet], criterion: str, resection: dt.date | None = None, until: Sheet | None = None
) -> Outcome:
    """Time points of one evaluator before resection; `until` leaves out what comes after that sheet."""
    items = mapped(series, criterion)
    if until is not None:
        ordered = in_order(series)
        kept = ordered[: next(i for i, sheet in enumerate(ordered) if sheet is until) + 1]
        items = [item for item in items if any(item.sheet is sheet for sheet in kept)]
    items = [item for item in items if item.row["baseline"] or not after_resection(item.sheet, resection)]
    try:
        rows = [imaging(item.row, f"imaging[{i}]") for i, item in enumerate(items)]
        baseline = next((row for row in rows if row.baseline), None)
        if baseline is None:
            return Outcome(items, None, None)
        points = [row for row in rows if not row.baseline]
        return Outcome(items, assess(baseline, points, criterion, engine_settings()), None)
    except EngineError as error:
        return Outcome(items, None, error)


def outcome_for(
    sheet: Sheet, series: Sequence[Sheet], criterion: str, resection: dt.date | None = None
) -> Outcome:
    """With later assessments (they may back-date a new lesion, R-61), unless those contradict themselves."""
    full = outcome(series, criterion, resection)
    return full if full.error is None else outcome(series, criterion, resection, until=sheet)


def first_progression(sheets: Sequence[Sheet], resection: dt.date | None) -> dt.date | None:
    """Date (G-32) of the first RECIST progression before resection, by the evaluator of the settings."""
    series = [sheet for sheet in sheets if evaluator_of(sheet) == engine_settings().evaluator]
    found = outcome(series, RECIST, resection).series
    return (
        min((point.date for point in found.timepoints if point.overall == "PD"), default=None)
        if found
        else None
    )


# --- back to the sheet ------------------------------------------------------------------------------------


def assessment_values(sheet: Sheet, series: Sequence[Sheet], resection: dt.date | None) -> dict[str, Any]:
    """The derived fields of an assessment except its number; `series` are all sheets of its evaluator."""
    found: dict[str, Any] = {}
    baseline = baseline_sheet(series)
    for criterion in CRITERIA:
        found |= _response(sheet, series, baseline, criterion, resection)
    done = sheet.get("ta_perf") != "N"
    return found | {
        "ta_milan_calc": milan_at(sheet, baseline) if done else None,
        "ta_milanv_calc": milan_at(sheet, baseline, viable=True) if done else None,
    }


def _response(
    sheet: Sheet, series: Sequence[Sheet], baseline: Sheet | None, criterion: str, resection: dt.date | None
) -> dict[str, Any]:
    key = SUFFIX[criterion]
    total = "sum_recist" if criterion == RECIST else "sum_mrecist"
    names = (total, f"pchg_bl_{key}", f"pchg_nad_{key}", f"tresp_{key}_calc", f"ovresp_{key}_calc")
    if sheet is baseline:
        first = outcome(series, criterion, until=sheet).series
        return dict.fromkeys(names) | {total: first.baseline_sum if first else None}
    point = outcome_for(sheet, series, criterion, resection).point(sheet) if lesion_rows(sheet) else None
    if point is None:
        return dict.fromkeys(names)
    target = point.target and TO_BOOK.get(point.target, point.target)
    values = (point.sum, *changes(point), target or "NA", TO_BOOK.get(point.overall, point.overall))
    return dict(zip(names, values, strict=True))


def changes(point: TimePoint) -> tuple[Decimal | None, Decimal | None]:
    """Change of the sum from baseline and from the nadir, %."""
    from_baseline = (
        None if point.baseline_sum is None or point.sum is None else point.sum - point.baseline_sum
    )
    from_nadir = None if point.nadir is None or point.sum is None else point.sum - point.nadir
    return derived.percent(from_baseline, point.baseline_sum), derived.percent(from_nadir, point.nadir)


# --- D-09 at an assessment --------------------------------------------------------------------------------


class _Burden:
    """Counts what an assessment still shows of the tumour."""

    def __init__(self) -> None:
        self.count = 0
        self.sizes: list[Decimal] = []
        self.macrovascular = self.extrahepatic = self.unknown = self.assessed = False

    def add(self, organ: str | None, mm: Decimal | None, node: bool = False) -> None:
        """A lesion that is there, with its diameter when it has one."""
        self.assessed = True
        if organ == "LIVER":
            self.count += 1
            self.sizes += [] if mm is None else [mm]
        elif organ == "PORTAL_VEIN":
            self.macrovascular = True
        elif not node or mm is None or mm >= Decimal(str(study().engine["normal_node_mm"])):
            self.extrahepatic = True

    def milan(self) -> str | None:
        if not self.assessed:
            return None
        found = derived.milan(
            self.count, max(self.sizes, default=None), self.macrovascular, self.extrahepatic
        )
        return "NE" if found == "WITHIN" and self.unknown else found


def milan_at(sheet: Sheet, baseline: Sheet | None, viable: bool = False) -> str | None:
    """D-09 from the lesions of one assessment, by whole or by viable diameter; none when all were resected.

    The largest diameter is that of targets and new lesions; a non-target in the liver counts without a size.
    """
    burden = _Burden()
    lesions = {row.get("tl_lnkid"): row for row in baseline.lines("TA2")} if baseline else {}
    for row in filled(sheet.lines("TA2")):
        if row.get("tl_state") != "RESECTED":
            _add_target(burden, sheet, row, lesions.get(row.get("tl_lnkid"), row), viable)
    for row in filled(sheet.lines("TA3")):
        _add_by_status(burden, row.get("nt_loc"), row.get("nt_mstatus" if viable else "nt_status"))
    for row in filled(sheet.lines("TA4")):
        if row.get("nl_certain") == "UNEQUIVOCAL":
            burden.unknown |= row.get("nl_loc") == "LIVER" and row.get("nl_diam") is None
            burden.add(row.get("nl_loc"), row.get("nl_diam"))
    return burden.milan()


def _add_target(burden: _Burden, sheet: Sheet, row: RowValues, first: RowValues, viable: bool) -> None:
    burden.assessed = True
    organ = row.get("tl_loc") or first.get("tl_loc")
    if viable and atypical_at_baseline(first):
        return _add_by_status(burden, organ, row.get("tl_mstatus"))
    mm = _size(sheet, row, viable and organ == "LIVER")
    if mm is None:
        burden.unknown = True
    if mm is None and organ != "LIVER":
        return None
    if mm is None or mm > 0:
        burden.add(organ, mm, row.get("tl_node") == "Y")
    return None


def _size(sheet: Sheet, row: RowValues, viable: bool) -> Decimal | None:
    """Whole or viable diameter; gone or merged 0, not seen none."""
    state = row.get("tl_state")
    if state == "NE" or (viable and not arterial_phase(sheet)):
        return None
    if state in ("DISAPPEARED", "MERGED"):
        return Decimal(0)
    if viable:
        return row.get("tl_viable")
    return Decimal(str(study().engine["too_small_mm"])) if state == "TOOSMALL" else row.get("tl_diam")


def _add_by_status(burden: _Burden, organ: str | None, status: str | None) -> None:
    """A lesion without a diameter."""
    burden.assessed = True
    if status in ("PRESENT", "UNEQ_PD"):
        burden.add(organ, None)
    elif status != "ABSENT":
        burden.unknown = True


# --- the live panel ---------------------------------------------------------------------------------------


def preview(sheets: Sequence[Sheet], current: Sheet, resection: dt.date | None = None) -> dict[str, Any]:
    """What the assessment on the page says now, by both criteria, with reasons and errors at their fields.

    `sheets`: the participant's assessments; `current` stands for its own stored version.
    """
    others = [s for s in sheets if s is not current and not (s.form and s.form == current.form)]
    series = [s for s in (*others, current) if evaluator_of(s) == evaluator_of(current)]
    baseline = baseline_sheet(series)
    return {
        "number": next(number for sheet, number in assessment_numbers(series) if sheet is current),
        "baseline": current is baseline,
        "after_resection": current is not baseline and after_resection(current, resection),
        "criteria": {name: _panel(current, series, baseline, name, resection) for name in CRITERIA},
        "milan": milan_at(current, baseline),
        "milan_viable": milan_at(current, baseline, viable=True),
    }


EMPTY_PANEL = (
    "nadir", "change_from_baseline_pct", "change_from_nadir_pct", "target", "nontarget", "new", "overall",
    "date",
)  # fmt: skip


def _panel(
    current: Sheet, series: Sequence[Sheet], baseline: Sheet | None, criterion: str, resection: dt.date | None
) -> dict[str, Any]:
    is_baseline = current is baseline
    if is_baseline:
        found = outcome(series, criterion, until=current)
    else:
        found = outcome_for(current, series, criterion, resection)
    point = None if is_baseline else found.point(current)
    base = found.series.baseline_sum if found.series else None
    panel: dict[str, Any] = dict.fromkeys(EMPTY_PANEL) | {
        "baseline_sum": base,
        "sum": base if is_baseline else point.sum if point else None,
        "steps": [],
        "errors": [_error(found, found.error)] if found.error else [],
        "lesions": _lesions(found, current),
    }
    if point is None:
        return panel
    from_baseline, from_nadir = changes(point)
    return panel | {
        "nadir": point.nadir,
        "change_from_baseline_pct": from_baseline,
        "change_from_nadir_pct": from_nadir,
        "target": point.target,
        "nontarget": TO_BOOK.get(point.nontarget or "", point.nontarget),
        "new": point.new,
        "overall": TO_BOOK.get(point.overall, point.overall),
        "date": point.date,
        "steps": [_step(found, step) for step in point.steps],
    }


def _step(found: Outcome, step: Step) -> dict[str, Any]:
    """A reason: the sentence as a template with its values, and the fields that were read."""
    reads = [{"address": found.address(read.where), "value": read.value} for read in step.reads]
    return {
        "rule": step.rule,
        "message": step.message,
        "params": step.shown,
        "text": step.text,
        "reads": reads,
    }


def _error(found: Outcome, error: EngineError) -> dict[str, Any]:
    return {
        "message": error.message,
        "params": error.shown,
        "text": error.text,
        "address": found.address(error.where),
    }


def _lesions(found: Outcome, current: Sheet) -> list[dict[str, Any]]:
    """Each target lesion of the criterion: now, at baseline, and the change in %."""
    first = next((item for item in found.items if item.row["baseline"]), None)
    now = next((item for item in found.items if item.sheet is current), None)
    before = {lesion["id"]: _mm(lesion) for lesion in first.row["target"]} if first else {}
    rows = []
    for i, lesion in enumerate(now.row["target"] if now else ()):
        mm, base = _mm(lesion), before.get(lesion["id"])
        change = None if mm is None or base is None else derived.percent(mm - base, base)
        address = now.address(f"target[{i}].mm") if now else ""
        shown = {"id": lesion["id"], "address": address, "state": lesion["state"]}
        rows.append(shown | {"mm": mm, "baseline_mm": base, "change_pct": change})
    return rows


def _mm(lesion: dict[str, Any]) -> Decimal | None:
    """The diameter that enters the sum (R-21, R-22, R-25, R-26)."""
    fixed = {
        "absent": Decimal(0),
        "merged": Decimal(0),
        "too_small": Decimal(str(study().engine["too_small_mm"])),
    }
    if lesion["state"] in fixed:
        return fixed[lesion["state"]]
    return None if lesion["mm"] is None or lesion["state"] == "not_evaluable" else Decimal(lesion["mm"])
