"""Edit checks (crf-book 3.L Medication, procedures, subsequent therapy: CK-293 to CK-308)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from crf.analytes import panel_number
from crf.derivation import documented_event
from crf.limits import interval
from crf.sheets import Sheet

from .doses import last_day, periods
from .engine import PARTICIPANT, Hit, Look, check
from .exposure import first_camrelizumab, last_camrelizumab
from .log_lines import certainly_meets, line_named, span
from .prohibited import anticancer, immunosuppressant, live_vaccine, strong_cyp3a4
from .times import DAY, certainly_after, certainly_before

VACCINE_DAYS = (28, 90)  # before the first, after the last camrelizumab
STEROID_MG = 10  # prednisone-equivalent a day
QUALIFYING_DAYS = 14  # before a blood count that decides on eligibility
ANTIVIRAL_DAYS = 180  # after the last dose
SCREENING = ("SCR", "BAS")


# --- medication -----------------------------------------------------------------------------------------------------


@check("CK-293", on="CM1")
def ck_293_end_before_start(look: Look) -> Iterator[Hit]:
    if certainly_before(look.get("cmendat"), look.get("cmstdat")):
        yield look.hit("cmendat")


@check("CK-294", on="CM1")
def ck_294_ongoing_and_end(look: Look) -> Iterator[Hit]:
    ongoing, ended = look.get("cmongo"), look.get("cmendat")
    empty = ended is None and "cmendat" not in look.sheet.missing
    if (ongoing == "Y" and ended) or (ongoing == "N" and empty):
        yield look.hit("cmendat", cmongo=ongoing, cmendat=ended)


@check("CK-295", on="CM1")
def ck_295_event_not_linked(look: Look) -> Iterator[Hit]:
    if look.get("cm_indtype") == "AE" and look.get("cmaeno") is None:
        yield look.hit("cmaeno")


@check("CK-296", on="CM1", reads=("AE1",))
def ck_296_before_its_event(look: Look) -> Iterator[Hit]:
    event = line_named(look.book, look.get("cmaeno"))
    if event is not None and certainly_before(look.get("cmstdat"), event.get("aestdat")):
        yield look.hit("cmstdat", cmstdat=look.get("cmstdat"), aestdat=event.get("aestdat"))


@check("CK-297", on="CM1", reads=("EC",), deviation="PROHIBMED")
def ck_297_live_vaccine(look: Look) -> Iterator[Hit]:
    first, last = first_camrelizumab(look.folder), last_camrelizumab(look.folder)
    if first is None or last is None or not live_vaccine(look.sheet):
        return
    before, after = VACCINE_DAYS
    if certainly_meets(look.sheet, first - before * DAY, last + after * DAY):
        yield look.hit("cmtrt")


@check("CK-298", on="CM1", reads=("EC", "AE1"))
def ck_298_prohibited(look: Look) -> Iterator[Hit]:
    """An inhibitor or inducer of CYP3A4 matters while apatinib is taken, an immunosuppressant unless for an irAE."""
    first, last = look.folder.first_dose, last_day(look.folder)
    if first is None or last is None or not certainly_meets(look.sheet, first, last):
        return
    event = line_named(look.book, look.get("cmaeno"))
    immune = event is not None and event.get("ae_ir") == "Y"
    with_apatinib = any(
        p.taken and certainly_meets(look.sheet, p.start, p.end or look.today) for p in periods(look.folder)
    )
    if (
        anticancer(look.sheet)
        or (strong_cyp3a4(look.sheet) and with_apatinib)
        or (immunosuppressant(look.sheet) and not immune)
    ):
        yield look.hit("cmtrt")


@check("CK-299", on="CM1", reads=("EC",))
def ck_299_steroid_before_first_dose(look: Look) -> Iterator[Hit]:
    """Premedication is given as a prophylaxis."""
    first, dose = look.folder.first_dose, look.get("cm_predeq")
    strong = look.get("cmcat") == "STEROID" and dose is not None and dose > STEROID_MG
    if not strong or first is None or look.get("cm_indtype") in (None, "PROPHYLAXIS"):
        return
    if certainly_meets(look.sheet, first - 14 * DAY, first - DAY):
        yield look.hit("cm_predeq")


@check("CK-300", on="CM1", reads=("LB",))
def ck_300_growth_factor_before_count(look: Look) -> Iterator[Hit]:
    if look.get("cmcat") == "GROWTH":
        for day in _qualifying_counts(look):
            if certainly_meets(look.sheet, day - QUALIFYING_DAYS * DAY, day):
                yield look.hit("cmstdat", cmtrt=look.get("cmtrt"), count=day)
                return


def _qualifying_counts(look: Look) -> list[dt.date]:
    """Days of the blood counts of screening and baseline."""
    blood = panel_number("HEM")
    counts = [s for s in look.book.all("LB") if s.visit in SCREENING and s.repeat == blood]
    return [day for s in counts if (day := s.get("lbdat")) and s.get("lbperf") != "N"]


@check("CK-301", on="CM1", reads=("CM1", "EC", "HEP"))
def ck_301_antiviral_stopped(look: Look) -> Iterator[Hit]:
    """From the first dose until 180 days after the last. Another antiviral that goes on from there is a change."""
    ended, first, last = look.get("cmendat"), look.folder.first_dose, last_day(look.folder)
    if look.get("cmcat") != "ANTIVIRAL" or look.get("cmongo") != "N" or first is None or last is None:
        return
    if look.book.value("HEP", "hbsag") != "POS" or ended is None or ended.earliest < first:
        return
    if certainly_before(ended, last + (ANTIVIRAL_DAYS + 1) * DAY) and not any(
        _continues(other, ended) for other in look.book.all("CM1") if other.form != look.sheet.form
    ):
        yield look.hit("cmendat", cmendat=ended, last_dose=last)


def _continues(other: Sheet, ended: object) -> bool:
    """Whether another antiviral was there when one ended, and for longer."""
    start, end, ongoing = span(other)
    if other.get("cmcat") != "ANTIVIRAL" or certainly_after(start, _next_day(ended)):
        return False
    return ongoing or certainly_after(end, ended)


def _next_day(day: object) -> object:
    complete = getattr(day, "complete", None)
    return complete + DAY if complete else day


# --- procedures -----------------------------------------------------------------------------------------------------


@check("CK-302", on="PR1")
def ck_302_procedure_end_before_start(look: Look) -> Iterator[Hit]:
    if certainly_before(look.get("prendat"), look.get("prstdat")):
        yield look.hit("prendat")


@check("CK-303", on="PR1")
def ck_303_procedure_event_not_linked(look: Look) -> Iterator[Hit]:
    if look.get("pr_indtype") == "AE" and look.get("praeno") is None:
        yield look.hit("praeno")


@check("CK-304", on="PR1", reads=("LB",))
def ck_304_transfusion_before_count(look: Look) -> Iterator[Hit]:
    given = interval(look.get("prstdat"))
    if look.get("prcat") != "TRANSFUSION" or given is None:
        return
    for day in _qualifying_counts(look):
        if given[0] >= day - QUALIFYING_DAYS * DAY and given[1] <= day:
            yield look.hit("prstdat", prstdat=look.get("prstdat"), count=day)
            return


@check("CK-305", on="PR1", reads=("EC", "SURG", "EOT"))
def ck_305_locoregional_before_surgery(look: Look) -> Iterator[Hit]:
    """Until the operation; without one, until the neoadjuvant phase ended."""
    start, first = look.get("prstdat"), look.folder.first_dose
    ends = [s.get("eot_dsstdat") for s in look.book.all("EOT") if s.get("eot_phase") == "NEO"]
    until = look.folder.surgery or next((day for day in ends if day), None)
    if look.get("prcat") != "LOCOREG" or start is None or first is None or start.earliest < first:
        return
    if until is None or certainly_before(start, until):
        yield look.hit("prcat", prstdat=start)


# --- therapy outside the protocol -----------------------------------------------------------------------------------


@check("CK-306", on="SACT", reads=("EC",))
def ck_306_therapy_before_last_dose(look: Look) -> Iterator[Hit]:
    for row in look.lines("SA1"):
        if certainly_before(row.get("sact_stdat"), look.folder.last_dose):
            yield look.hit("sact_stdat", row=("SA1", row))


@check("CK-307", on="SACT", reads=("EC", "TA", "SURG", "SS"))
def ck_307_therapy_before_progression(look: Look) -> Iterator[Hit]:
    """The therapy that began first. That none is documented is a fact and no missing input: then, too, it is censored."""
    rows = [row for row in look.lines("SA1") if row.get("sact_stdat")]
    first = min(rows, key=lambda row: (row.get("sact_stdat").earliest, row.row), default=None)
    if look.get("sact_yn") != "Y" or first is None:
        return
    event = documented_event(look.book)
    if event is None or certainly_before(first.get("sact_stdat"), event):
        yield look.hit("sact_stdat", row=("SA1", first), started=first.get("sact_stdat"), event=event)


@check("CK-308", on=PARTICIPANT, reads=("SS", "SACT"))
def ck_308_therapy_not_entered(look: Look) -> Iterator[Hit]:
    """Shown on the form that is to be filled in; at the contact, while that has no place of its own."""
    told = [sheet for sheet in look.book.all("SS") if sheet.get("ss_newtx") == "Y"]
    if not told or any(sheet.lines("SA1") for sheet in look.book.all("SACT")):
        return
    place = look.folder.envelope("SACT")
    yield look.hit("sact_yn" if place else "ss_newtx", at=place or told[0], contact=told[0].get("ss_dat"))
