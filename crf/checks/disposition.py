"""Edit checks (crf-book 3.M Disposition, follow-up, death, deviations: CK-309 to CK-337)."""

from __future__ import annotations

from collections.abc import Iterator

from crf import facts
from crf.schedule import visit_of
from crf.sheets import Sheet

from .contacts import alive_on, contacts, treatment_ended
from .engine import CHECKS, PARTICIPANT, Check, Hit, Look, check, hits_of
from .operations import not_operated, operations
from .times import DAY, certainly_after, certainly_before, days

PROGRESSION_DAYS = 7  # between the decision and the assessment that shows it
SURGERY_DAYS = 60
GAP_DAYS = 28  # over the planned interval of survival contacts
ATTEMPTS = 3
EARLY_DAYS = 14  # of the whole follow-up
FATAL_DAYS = 30
PLANNED_CYCLES = {"NEO": "planned_neo_cycles", "ADJ": "adj_cycles"}
# Contacts of one kind follow each other; imaging and survival visits have rhythms of their own.
SERIES = {"SFU30": "SFU", "SFU90": "SFU", "SURVEND": "SURV"}


# --- end of treatment -----------------------------------------------------------------------------------------------


@check("CK-309", on="EOT", reads=("EC",))
def ck_309_before_last_dose(look: Look) -> Iterator[Hit]:
    phase, ended = look.get("eot_phase"), look.get("eot_dsstdat")
    last = facts.last_dose_of_phase(look.book, phase) if phase else None
    if ended and last and ended < last:
        yield look.hit("eot_dsstdat", eot_dsstdat=ended, last_dose=last)


@check("CK-310", on="EOT", reads=("EC",))
def ck_310_last_dose_of_drug(look: Look) -> Iterator[Hit]:
    """A date against "not applicable" differs as well, either way round."""
    for row in look.lines("EOT2"):
        told, known = row.get("eotd_last"), row.get("eotd_last_calc")
        absent = "eotd_last" in row.missing, "eotd_last_calc" in row.missing
        if (told and known and told != known) or (told and absent[1]) or (known and absent[0]):
            yield look.hit("eotd_last", row=("EOT2", row), eotd_last=told, eotd_last_calc=known)


@check("CK-311", on="EOT", reads=("TA", "SS"))
def ck_311_progression_not_documented(look: Look) -> Iterator[Hit]:
    ended = look.get("eot_dsstdat")
    if look.get("eot_dsdecod") != "PD" or ended is None:
        return
    limit = ended + PROGRESSION_DAYS * DAY
    names = ("ovresp_r_inv", "ovresp_r_calc", "ovresp_m_inv", "ovresp_m_calc")
    seen = [s.get("tudat") for s in look.book.all("TA") if "PD" in [s.get(name) for name in names]]
    seen += [s.get("ss_event_dat") for s in look.book.all("SS") if s.get("ss_event_yn") == "Y"]
    if not any(day and day <= limit for day in seen):
        yield look.hit("eot_dsdecod")


@check("CK-312", on="EOT", reads=("AE1",))
def ck_312_event_without_withdrawal(look: Look) -> Iterator[Hit]:
    if look.get("eot_dsdecod") == "AE" and not any(_withdrawn(line) for line in look.book.all("AE1")):
        yield look.hit("eot_dsdecod")


def _withdrawn(event: Sheet) -> bool:
    return any(event.get(f"aeacn_{drug}") == "DRUG_WITHDRAWN" for drug in ("oxa", "llv", "fu", "cam", "apa"))


@check("CK-313", on="EOT", reads=("DTH",))
def ck_313_death_form(look: Look) -> Iterator[Hit]:
    if look.get("eot_dsdecod") == "DEATH" and not look.folder.started("DTH"):
        yield look.hit("eot_dsdecod")


@check("CK-314", on="EOT", reads=("SURG",))
def ck_314_surgery_not_recorded(look: Look) -> Iterator[Hit]:
    """While the 60 days last, the operation may still come, unless it is recorded as not done."""
    ended = look.get("eot_dsstdat")
    for_surgery = look.get("eot_phase") == "NEO" and look.get("eot_dsdecod") == "SURGERY"
    if not for_surgery or ended is None:
        return
    limit = ended + SURGERY_DAYS * DAY
    done = any(s.get("surg_prstdat") <= limit for s in operations(look.book))
    refused = any(s.get("surg_proccur") == "N" for s in look.book.all("SURG"))
    if not done and (refused or look.today > limit):
        yield look.hit("eot_dsdecod")


@check("CK-315", on="EOT", reads=("EC",))
def ck_315_fewer_cycles(look: Look) -> Iterator[Hit]:
    """Continued treatment has a maximum and no planned number of cycles."""
    planned = PLANNED_CYCLES.get(look.get("eot_phase") or "")
    started = look.get("eot_cycles")
    if (
        look.get("eot_dsdecod") == "COMPLETED"
        and planned
        and started is not None
        and started < look.cfg(planned)
    ):
        yield look.hit("eot_dsdecod", eot_cycles=started, planned=look.cfg(planned))


# --- contacts -------------------------------------------------------------------------------------------------------


@check("CK-316", on="SS", reads=("SS",))
def ck_316_contacts_increase(look: Look) -> Iterator[Hit]:
    """Within a series of visits: a scan's contact and a survival contact are planned from different days."""
    day, own = look.get("ss_dat"), _series(look.sheet)
    before = [
        s.get("ss_dat")
        for s in look.book.all("SS")
        if own and _series(s) == own and s.visit_order < look.sheet.visit_order and s.get("ss_dat")
    ]
    if day and before and day <= before[-1]:
        yield look.hit("ss_dat", ss_dat=day, previous=before[-1])


def _series(contact: Sheet) -> str:
    place = visit_of(contact.visit)
    return SERIES.get(contact.visit, place[0]) if place and place[0] != "UNS" else ""


@check("CK-317", on="SS", reads=(*facts.PROOFS, "EC", "TA", "SURG", "SS"))
def ck_317_alive_later(look: Look) -> Iterator[Hit]:
    """Of what other forms date up to the day of the contact: later data belong to later contacts."""
    alive, told = look.get("ss_lastalive"), look.get("ss_dat")
    if alive is None or told is None:
        return
    others = [found for found in alive_on(look.folder) if found.sheet.form != look.sheet.form]
    later = [found for found in others if alive < found.day <= told]
    if later:
        last = max(later, key=lambda found: found.day)
        yield look.hit(
            "ss_lastalive", ss_lastalive=alive, later=f"{last.sheet.key} {last.sheet.visit} {last.day}"
        )


@check("CK-318", on="SS", reads=("DTH",))
def ck_318_death_form(look: Look) -> Iterator[Hit]:
    if look.get("ss_status") == "DEAD" and not look.folder.started("DTH"):
        yield look.hit("ss_status")


@check("CK-319", on="SS", reads=("SURG",))
def ck_319_recurrence_after_surgery(look: Look) -> Iterator[Hit]:
    event, operation = look.get("ss_event_dat"), look.folder.surgery
    recurred = look.get("ss_event_yn") == "Y" and look.get("ss_disease") == "RECURRENCE"
    if recurred and event and operation and event <= operation:
        yield look.hit("ss_event_dat", ss_event_dat=event, surgery=operation)


@check("CK-320", on="SS", reads=("SURG",))
def ck_320_recurrence_without_surgery(look: Look) -> Iterator[Hit]:
    if look.get("ss_disease") == "RECURRENCE" and not_operated(look.book):
        yield look.hit("ss_disease")


@check("CK-321", on="SS")
def ck_321_assessment_linked(look: Look) -> Iterator[Hit]:
    if look.get("ss_event_basis") in ("IMAGING", "BOTH") and look.get("ss_event_taref") is None:
        yield look.hit("ss_event_taref")


@check("CK-322", on="SS")
def ck_322_marker_alone(look: Look) -> Iterator[Hit]:
    if look.get("ss_event_basis") == "AFP":
        yield look.hit("ss_event_basis")


@check("CK-323", on="SS")
def ck_323_lost_too_soon(look: Look) -> Iterator[Hit]:
    tried = look.get("ss_attempts")
    if look.get("ss_status") == "LOST" and tried is not None and tried < ATTEMPTS:
        yield look.hit("ss_attempts")


@check("CK-324", on="SS", reads=(*facts.PROOFS, "EC", "TA", "SURG", "SS", "EOT"))
def ck_324_follow_up_overdue(look: Look) -> Iterator[Hit]:
    """From the contact before this one, of any kind; follow-up begins with the end of the last phase."""
    day, ended = look.get("ss_dat"), treatment_ended(look.book)
    if day is None or ended is None or day <= ended:
        return
    before = max((other for other in contacts(look.folder) if other < day), default=None)
    limit = look.cfg("surv_weeks") * 7 + GAP_DAYS
    if before and (day - max(before, ended)).days > limit:
        yield look.hit("ss_dat", ss_dat=day, previous=before)


# --- death ----------------------------------------------------------------------------------------------------------


@check("CK-325", on="DTH", reads=(*facts.PROOFS, "EC", "TA", "SURG", "SS"))
def ck_325_data_after_death(look: Look) -> Iterator[Hit]:
    later = [found for found in alive_on(look.folder) if certainly_after(found.day, look.get("dthdat"))]
    if later:
        last = max(later, key=lambda found: found.day)
        what = f"{last.sheet.key} {last.sheet.visit} {last.day}".replace("  ", " ")
        yield look.hit("dthdat", dthdat=look.get("dthdat"), later=what, number=len(later))


@check("CK-326", on="DTH", reads=("SURG",))
def ck_326_death_before_surgery(look: Look) -> Iterator[Hit]:
    if certainly_before(look.get("dthdat"), look.folder.surgery):
        yield look.hit("dthdat", dthdat=look.get("dthdat"), surgery=look.folder.surgery)


@check("CK-327", on="DTH")
def ck_327_toxic_death_related(look: Look) -> Iterator[Hit]:
    if look.get("dth_cause") == "TOXICITY" and look.get("dth_rel") in ("UNLIKELY", "UNRELATED"):
        yield look.hit("dth_rel")


@check("CK-328", on="DTH", reads=("EC", "AE1"))
def ck_328_early_death_without_event(look: Look) -> Iterator[Hit]:
    since = days(look.folder.last_dose, look.get("dthdat"))
    fatal = any(s.get("aeout") == "FATAL" or s.get("aetoxgr") == "5" for s in look.book.all("AE1"))
    cause = look.get("dth_cause")
    if since is not None and since <= FATAL_DAYS and not fatal and cause not in (None, "HCC"):
        yield look.hit("dthdat", dthdat=look.get("dthdat"), last_dose=look.folder.last_dose)


@check("CK-329", on="DTH", reads=("EOS",))
def ck_329_end_of_study_missing(look: Look) -> Iterator[Hit]:
    if not look.folder.started("EOS"):
        yield look.hit("dthdat")


# --- deviations -----------------------------------------------------------------------------------------------------


@check("CK-330", on="DV1", reads=("ICF",))
def ck_330_deviation_before_consent(look: Look) -> Iterator[Hit]:
    if certainly_before(look.get("dvstdat"), look.folder.consent):
        yield look.hit("dvstdat")


@check("CK-331", on="DV1")
def ck_331_major_deviation(look: Look) -> Iterator[Hit]:
    if look.get("dv_sev") == "MAJOR":
        for name in ("dv_capa", "dv_ecdat"):
            if look.get(name) is None:
                yield look.hit(name)


@check("CK-332", on="DV1")
def ck_332_automatic_deviation_rejected(look: Look) -> Iterator[Hit]:
    """Kept where a line is taken out of its log: `log_line_remove` refuses to do it without a reason, whoever raised
    it, so a rejected deviation without a reason cannot be stored. Lines that were taken out are no longer looked at."""
    return iter(())


# --- end of study ---------------------------------------------------------------------------------------------------


@check("CK-333", on="EOS", reads=facts.ALIVE_FORMS)
def ck_333_before_last_contact(look: Look) -> Iterator[Hit]:
    ended, last = look.get("eos_dsstdat"), look.get("eos_lastcontact")
    if ended and last and ended < last:
        yield look.hit("eos_dsstdat", eos_dsstdat=ended, eos_lastcontact=last)


@check("CK-334", on="EOS", reads=("DTH",))
def ck_334_completed_too_soon(look: Look) -> Iterator[Hit]:
    followed = look.get("eos_fu_days")
    short = followed is not None and followed < look.cfg("fu_days") - EARLY_DAYS
    if look.get("eos_dsdecod") == "COMPLETED" and short and not look.folder.started("DTH"):
        yield look.hit("eos_dsdecod", eos_fu_days=followed)


@check("CK-335", on=PARTICIPANT)
def ck_335_signed_with_errors(look: Look) -> Iterator[Hit]:
    """A signature over hard errors. Open queries are no data: whoever signs is asked about them there."""
    end = look.book.one("EOS")
    if end is None or not end.get("eos_sign"):
        return
    others: dict[str, Check] = {id: one for id, one in CHECKS.items() if one.hard and id != "CK-335"}
    found = sorted({one.id for one, _hit in hits_of(look.folder, others)})
    if found:
        yield look.hit("eos_sign", at=end, errors=", ".join(found))


@check("CK-336", on="EOS", reads=("DTH",))
def ck_336_death_form(look: Look) -> Iterator[Hit]:
    if look.get("eos_dsdecod") == "DEATH" and not look.folder.started("DTH"):
        yield look.hit("eos_dsdecod")


@check("CK-337", on="EOS", reads=("SURG", "CPATHF"))
def ck_337_central_result_missing(look: Look) -> Iterator[Hit]:
    if facts.resected(look.book) and not look.book.value("CPATHF", "cpf_mpr"):
        yield look.hit("eos_dsdecod")
