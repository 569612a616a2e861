"""A participant of the source as typed forms of the book; what the forms cannot hold is said, and kept beside them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from crf.typed import Typed, TypedRow

from .source import (
    INVESTIGATOR,
    RACES,
    RESPONSES,
    SEXES,
    STATES,
    TESTS,
    Assessment,
    Measured,
    Person,
    Source,
    date_of,
    number_of,
)
from .tables import Row

TENTH = Decimal("0.1")
BASELINE, DOSE = "SCR", "C1"


@dataclass(slots=True)
class Remark:
    """Something that the form says otherwise than the source, by path of the form."""

    path: str
    source: str
    kept: str
    why: str

    def text(self) -> str:
        return f"{self.source} → {self.kept or '–'}: {self.why}"


@dataclass(slots=True)
class NewForm:
    """One form to be made and filled."""

    key: str
    visit: str  # label; empty for a log
    typed: Typed
    rows: list[Row]
    repeat: int = 1
    evaluator: str = ""
    source_visit: str = ""
    remarks: list[Remark] = field(default_factory=list)


def forms_of(person: Person, source: Source) -> list[NewForm]:
    """Every form of one participant; visits are `SCR`, `C1` and `UNS1`, `UNS2` … in the order of the source."""
    made = [_demographics(person, source)]
    if person.dosed or person.failed:
        made.append(_eligibility(person))
    made += _assessments(person, source)
    if person.dosed and not person.failed:
        made.append(_dose(person))
    if person.row.get("DTHDTC"):
        made.append(_death(person, source))
    return made


def _demographics(person: Person, source: Source) -> NewForm:
    row, remarks = person.row, []
    values: dict[str, Any] = {}
    if row.get("DMDTC") and (found := date_of(row.get("DMDTC"))).precision == "D":
        values["dmdat"] = found.earliest
    if row.get("BRTHDTC"):
        values["brthdat"] = date_of(row.get("BRTHDTC"))
    if row.get("SEX"):
        values["sex"] = SEXES[row.get("SEX").upper()]
    if race := row.get("RACE"):
        values["race"] = RACES.get(race.upper(), "OTHER")
        if race.upper() not in RACES:
            why = _("The code list of the book has no such code.")
            remarks.append(Remark("race", race, "OTHER", why))
            source.note(_("DM: RACE “%(race)s” is kept as OTHER.") % {"race": race})
    if ethnic := row.get("ETHNIC"):
        remarks.append(Remark("ethcn", ethnic, "", _("The book asks for the ethnic groups of China.")))
        source.note(_("DM: ETHNIC has no place in the form; it is kept with the source."))
    return NewForm("DM", BASELINE, Typed(values), [row], remarks=remarks)


def _eligibility(person: Person) -> NewForm:
    """Enrolment as the table tells it: a screen failure, or the reference start of a treated participant."""
    if person.failed:
        values: dict[str, Any] = {
            "enr_yn": "N",
            "sf_reason": "OTHER",
            "sf_reason_oth": f"Source: {person.row.get('ARM')}",
        }
        remarks = [Remark("sf_reason", person.row.get("ARM"), "OTHER", _("The source gives no reason."))]
        return NewForm("IE", BASELINE, Typed(values), [person.row], remarks=remarks)
    start = person.row.get("RFSTDTC") or person.dosed
    values = {"enr_yn": "Y", "enr_dsstdat": date_of(start).earliest}
    remarks = [
        Remark("enr_dsstdat", start, start, _("The reference start (RFSTDTC) stands for the enrolment."))
    ]
    return NewForm("IE", BASELINE, Typed(values), [person.row], remarks=remarks)


def _dose(person: Person) -> NewForm:
    """The first exposure, without drugs: those of the source study are not those of the book."""
    values = {"ec_given": "Y", "ec_d1dat": date_of(person.dosed).earliest}
    why = _("First exposure of the source study; its drugs are not entered.")
    return NewForm(
        "EC", DOSE, Typed(values), [person.row], remarks=[Remark("ec_d1dat", person.dosed, person.dosed, why)]
    )


def _death(person: Person, source: Source) -> NewForm:
    found = date_of(person.row.get("DTHDTC"))
    if found.precision == "Y":
        source.wrong(person.row, "DTHDTC", _("Year and month are needed; the day may be unknown."))
    return NewForm("DTH", "", Typed({"dthdat": found}), [person.row])


# --- imaging --------------------------------------------------------------------------------------------------------


def _assessments(person: Person, source: Source) -> Iterator[NewForm]:
    labels = visit_labels(person)
    readers = sorted(person.assessments, key=lambda name: (name != INVESTIGATOR, name))
    for repeat, reader in enumerate(readers, 1):
        before: dt.date | None = None
        visits = person.assessments[reader]
        for number in sorted(visits):
            following = _next_day(visits, number)
            form = _assessment(person, visits[number], source, before, following)
            form.visit, form.repeat = labels[number], repeat
            before = form.typed.values["ta_lastdat"]
            yield form


def visit_labels(person: Person) -> dict[Decimal, str]:
    """One visit for all readers: the baseline at screening, every other as an unscheduled visit."""
    visits = [one for mine in person.assessments.values() for one in mine.values()]
    baseline = min((one.number for one in visits if one.baseline), default=None)
    others = sorted({one.number for one in visits} - {baseline})
    labels = {number: f"UNS{n}" for n, number in enumerate(others, 1)}
    return labels if baseline is None else {baseline: BASELINE, **labels}


def _next_day(visits: dict[Decimal, Assessment], number: Decimal) -> dt.date | None:
    later = [date_of(text).earliest for n, one in visits.items() if n > number for text in one.dates]
    return min(later, default=None)


def _assessment(
    person: Person, one: Assessment, source: Source, before: dt.date | None, following: dt.date | None
) -> NewForm:
    form = NewForm("TA", "", Typed(), one.rows(), evaluator="" if one.reader == INVESTIGATOR else one.reader)
    form.source_visit = one.visit
    first, last = _dates(one, source, form, before, following)
    new = [m for m in one.lesions.values() if m.lesion.kind == "NEW"]
    values = form.typed.values
    values |= {
        "ta_perf": "Y", "tudat": first, "ta_lastdat": last, "ta_eval": INVESTIGATOR if not form.evaluator else "BICR",
        "ta_samemethod": "NA" if one.baseline else None, "nl_yn": "NA" if one.baseline else "Y" if new else "N",
    }  # fmt: skip
    if one.responses and not one.lesions:
        values["nl_yn"] = None
    for test, row in one.responses.items():
        values[TESTS[test]] = RESPONSES[row.get("RSORRES").upper()]
    form.typed.values = {name: value for name, value in values.items() if value is not None}
    if one.lesions:
        _lesions(person, one, source, form)
        source.note(
            _(
                "TA: method, contrast, slice and regions are not in the tables (TUMETHOD is kept with the source)."
            )
        )
    return form


def _dates(
    one: Assessment, source: Source, form: NewForm, before: dt.date | None, following: dt.date | None
) -> tuple[dt.date, dt.date]:
    """First and last scan. An unknown day is the earliest possible one after the visit before (as G-10 dates events)."""
    days = []
    for text, row in one.dates.items():
        found = date_of(text)
        day = found.earliest
        if found.precision != "D":
            day = max(day, before + dt.timedelta(days=1)) if before else day
            if day > found.latest or (following and day >= following):
                source.wrong(
                    row, "TRDTC", _("No day of this month lies between the visits before and after it.")
                )
            why = _(
                "Day unknown (imputation flag D): the earliest day of the month after the visit before. "
                "A query remains: imaging dates must be complete (G-10)."
            )
            form.remarks.append(Remark("tudat", text, day.isoformat(), why))
            form.remarks.append(Remark("ta_lastdat", text, day.isoformat(), why))
            shown = {"text": text, "day": day.isoformat()}
            source.note(
                _("TR: the partial date %(text)s is entered as %(day)s with imputation flag D.") % shown
            )
        days.append(day)
    return min(days), max(days)


def _lesions(person: Person, one: Assessment, source: Source, form: NewForm) -> None:
    """All lesions of the baseline at every visit: what a reader left out is not evaluable (R-26), never absent."""
    known = person.lesions[one.reader].values()
    for kind, section in (("TARGET", "TA2"), ("NON-TARGET", "TA3"), ("NEW", "TA4")):
        rows = form.typed.rows.setdefault(section, [])
        for lesion in (lesion for lesion in known if lesion.kind == kind):
            measured = one.lesions.get(lesion.name)
            if measured is None and (kind == "NEW" or one.baseline):
                continue
            make = {"TARGET": _target, "NON-TARGET": _nontarget, "NEW": _new}[kind]
            number = len(rows) + 1
            path = f"{section}:{number}/"
            row = make(measured or Measured(lesion), path, form, source)
            rows.append(
                TypedRow(str(number), {name: value for name, value in row.items() if value is not None})
            )
        if not rows:
            del form.typed.rows[section]


def _place(measured: Measured, path: str, name: str, form: NewForm) -> str:
    """The location in the source's words, with the source's id where it had to be changed."""
    lesion = measured.lesion
    words = " ".join(filter(None, (lesion.place, lesion.row.get("TULAT"), lesion.row.get("TUDIR"))))
    if lesion.source != lesion.name:
        form.remarks.append(
            Remark(path + name, lesion.source, lesion.name, _("The form's lesion ids have another shape."))
        )
        words = f"{lesion.source}: {words}"
    return words[:60]


def _target(measured: Measured, path: str, form: NewForm, source: Source) -> dict[str, Any]:
    lesion = measured.lesion
    row = measured.rows.get("LPERP" if lesion.node else "LDIAM") or measured.rows.get("LDIAM")
    values: dict[str, Any] = {
        "tl_lnkid": lesion.name, "tl_loc": lesion.organ, "tl_locdtl": _place(measured, path, "tl_lnkid", form),
        "tl_node": "Y" if lesion.node else "N",
    }  # fmt: skip
    if row is None or not row.get("TRORRES"):
        reason = (row.get("TRREASND") if row else "") or "No measurement in the source"
        return values | {"tl_state": "NE", "tl_nereas": reason[:100]}
    mm = _millimetres(row, path + "tl_diam", form, source)
    return values | {"tl_state": "MEASURED" if mm else "DISAPPEARED", "tl_diam": mm}


def _millimetres(row: Row, path: str, form: NewForm, source: Source) -> Decimal:
    exact = number_of(row.get("TRORRES"))
    assert exact is not None
    kept = exact.quantize(TENTH, ROUND_HALF_UP)
    if kept != exact:
        why = _("The form holds tenths of a millimetre.")
        form.remarks.append(Remark(path, str(exact), str(kept), why))
        source.note(
            _(
                "TR: a diameter with more decimals is rounded to 0.1 mm; the exact one is kept with the source."
            )
        )
    return kept


def _nontarget(measured: Measured, path: str, form: NewForm, source: Source) -> dict[str, Any]:
    lesion, row = measured.lesion, measured.rows.get("TUMSTATE")
    state = STATES[row.get("TRORRES").upper()] if row and row.get("TRORRES") else "NE"
    return {
        "nt_lnkid": lesion.name, "nt_loc": lesion.organ, "nt_locdtl": _place(measured, path, "nt_lnkid", form),
        "nt_status": "NE" if state == "EQUIVOCAL" else state,
    }  # fmt: skip


def _new(measured: Measured, path: str, form: NewForm, source: Source) -> dict[str, Any]:
    lesion, row, state = measured.lesion, measured.rows.get("LDIAM"), measured.rows.get("TUMSTATE")
    certain = "EQUIVOCAL" if state and state.get("TRORRES").upper() == "EQUIVOCAL" else "UNEQUIVOCAL"
    mm = _millimetres(row, path + "nl_diam", form, source) if row and row.get("TRORRES") else None
    return {
        "nl_lnkid": lesion.name, "nl_loc": lesion.organ, "nl_locdtl": _place(measured, path, "nl_lnkid", form),
        "nl_firstdat": form.typed.values["tudat"], "nl_certain": certain, "nl_diam": mm or None,
    }  # fmt: skip
