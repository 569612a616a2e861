"""The people and the small trial of the tests, built through the services as a site would build them.

Values are written as a person types them: `"2024-03-14"`, `"82.0"`, `"S5;S8"`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.test import override_settings

from crf.analytes import ANALYTES
from crf.fields import CrfField
from crf.models import FormInstance, Laboratory
from crf.registry import form_def, log_of
from crf.schedule import LINES_OF, visit_of
from crf.selectors.sheets import sheet_of
from crf.services import site as site_services
from crf.services.entry import Order, Saved, form_save
from crf.services.logs import log_line_add
from crf.services.schedule import participant_screen, visit_open
from crf.typed import Typed, TypedRow
from participants.models import Participant, Visit
from tests import participant_01_003 as story
from trialsite.accounts.demo import ensure_demo_people
from trialsite.accounts.models import Site, User
from trialsite.kernel.decisions import ALLOWED

Values = Mapping[str, Any]
DAY = dt.timedelta(days=1)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


# --- people ---------------------------------------------------------------------------------------------------------


def people() -> dict[str, User]:
    """The cast by user name: lin (coordinator of site 01), wu (of 02), chen, zhao (investigators), mo, da, p1, p2, p3,
    st, ad, ins."""
    with override_settings(DEMO=True):
        ensure_demo_people()
    return {user.username: user for user in User.objects.all()}


def site(number: str = "01") -> Site:
    return Site.objects.get(number=number)


# --- participants and forms -----------------------------------------------------------------------------------------


def screened(by: User, number: str = "", site_number: str = "01") -> Participant:
    """A new participant with the visits and forms that are expected."""
    return participant_screen(by=by, site=site(site_number), number=number)


def form(participant: Participant, key: str, visit: str = "", repeat: int = 1) -> FormInstance:
    """A form of the participant as the door gives it: `form(p, "TA", "TA1")`; no visit for a log.

    A central reading, which belongs to a case, is made here when it is missing.
    """
    where: dict[str, Any] = {"participant": participant, "form_key": key, "repeat": repeat}
    if visit:
        code, number = visit_of(visit) or (visit, 1)
        where |= {"visit__code": code, "visit__repeat": number}
    else:
        where["visit__isnull"] = True
    forms = FormInstance.objects.select_related("participant__site", "visit")
    found = forms.filter(**where).first()
    if found is None and key == "CPATH":
        place = Visit.objects.get(participant=participant, code=visit)
        made = FormInstance.objects.create(participant=participant, visit=place, form_key=key, repeat=repeat)
        found = forms.get(pk=made.pk)
    assert found is not None, f"{participant} has no form {key} at {visit or 'log'}"
    return found


def typed(
    key: str,
    values: Values,
    rows: Mapping[str, Sequence[Values | None]] | None = None,
    missing: Values | None = None,
) -> Typed:
    """Texts as typed values. Rows are numbered from 1; `None` in their place passes one over."""
    definition = form_def(key)
    given, reasons = _apart(values)
    made = Typed(_parsed(definition.fields, given), reasons | dict(missing or {}))
    for section, lines in (rows or {}).items():
        fields = {f.name: f for f in definition.section(section).fields}
        made.rows[section] = [
            _typed_row(str(number), fields, line) for number, line in enumerate(lines, 1) if line is not None
        ]
    return made


def _typed_row(number: str, fields: Mapping[str, CrfField], line: Values) -> TypedRow:
    """`{"@remove": "reason"}` removes the row, `{"ecentim@miss": "UNK"}` says why a value is missing."""
    if "@remove" in line:
        return TypedRow(number, remove=True, reason=line["@remove"])
    values, missing = _apart(line)
    return TypedRow(number, _parsed(fields, values), missing)


def _apart(line: Values) -> tuple[dict[str, Any], dict[str, str]]:
    """Values, and reasons why some are missing."""
    values = {name: value for name, value in line.items() if "@" not in name}
    return values, {
        name.removesuffix("@miss"): value for name, value in line.items() if name.endswith("@miss")
    }


def _parsed(fields: Mapping[str, CrfField], values: Values) -> dict[str, Any]:
    found = {
        name: fields[name].parse(value) if isinstance(value, str) else value for name, value in values.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def fill(
    form: FormInstance, by: User, values: Values, rows: Mapping[str, Sequence[Values | None]] | None = None,
    missing: Values | None = None, complete: bool = True, reason: str = "",
) -> Saved:  # fmt: skip
    """Save a form as a person would: all values at once, complete unless said otherwise."""
    order = Order(complete=complete, reason=reason, clear_hidden=True)
    decision = ALLOWED if form.form_key == "CPATH" else None
    made = typed(form.form_key, values, rows, missing)
    return form_save(by=by, form=form, typed=made, order=order, decision=decision)


def change(
    form: FormInstance, by: User, reason: str = "Corrected after source check.", **values: Any
) -> Saved:
    """Change a few answers of a form and leave the rest: `change(f, lin, tudat="2024-04-10")`, `TA2_1_tl_diam="60"`."""
    from crf.selectors.sheets import sheet_of

    fresh = FormInstance.objects.select_related("participant__site", "visit").get(pk=form.pk)
    made, definition = Typed.of(sheet_of(fresh)), form_def(form.form_key)
    for path, value in values.items():
        section, _, rest = path.partition("_")
        number, _, name = rest.partition("_")
        if number.isdigit() and section in made.rows:
            fields = {f.name: f for f in definition.section(section).fields}
            row = next(row for row in made.rows[section] if row.key == number)
            row.values |= _parsed(fields, {name: value})
        else:
            made.values |= _parsed(definition.fields, {path: value})
            made.missing.pop(path, None)
    decision = ALLOWED if form.form_key == "CPATH" else None
    return form_save(
        by=by, form=fresh, typed=made, order=Order(reason=reason, clear_hidden=True), decision=decision
    )


# --- parts of a course ----------------------------------------------------------------------------------------------


def consent(participant: Participant, by: User, on: str) -> Saved:
    return fill(
        form(participant, "ICF", "SCR"), by,
        {
            "icf_yn": "Y", "icf_dsstdat": on, "icf_dssttim": "09:20", "icf_version": "1.1",
            "icf_version_date": "2024-01-15", "icf_signatory": "PARTICIPANT", "icf_witness": "NA", "icf_copy": "Y",
            "icf_investigator": f"user:{by.pk}", "icf_samples": "Y", "wd_yn": "N",
        },
    )  # fmt: skip


def enrol(participant: Participant, by: User, on: str) -> Saved:
    """All criteria met, enrolled; the forms that must be complete before that (CK-026) are filled in where empty."""
    done = set(
        FormInstance.objects.filter(participant=participant, status="COMPLETE").values_list(
            "form_key", "repeat"
        )
    )
    before = [page for page in quickly("screening") if page.key not in ("ICF", "IE")]
    enter(participant, by, [page for page in before if (page.key, page.repeat) not in done])
    criteria = form_def("IE").section("IE1").rows
    assert criteria is not None
    answers = [
        {"ieorres": "NA" if code == "I16" else "Y" if code[0] == "I" else "N"} for code in criteria.fixed
    ]
    return fill(
        form(participant, "IE", "SCR"), by,
        {"ie_milan_inv": "BEYOND", "ieyn": "Y", "iedat": on, "ie_version": "IE-1.0", "enr_yn": "Y", "enr_dsstdat": on},
        {"IE1": answers},
    )  # fmt: skip


def target(
    lesion: str, segment: str, mm: str, viable: str, state: str = "MEASURED", **more: Any
) -> dict[str, Any]:
    """A target lesion of the liver; at baseline with `tl_enh`."""
    row = {"tl_lnkid": lesion, "tl_loc": "LIVER", "tl_locdtl": segment, "tl_node": "N", "tl_state": state}
    return row | ({"tl_diam": mm, "tl_viable": viable} if mm else {}) | more


def assessed(
    participant: Participant, by: User, visit: str, on: str, targets: Sequence[Values],
    response: tuple[str, str] | None, new: Sequence[Values] = (), nl_yn: str = "N",
    complete: bool = True, **more: Any,
) -> Saved:  # fmt: skip
    """A tumour assessment on one day. `response`: the investigator's, target and overall; none at baseline."""
    values = {
        "ta_perf": "Y", "tudat": on, "ta_lastdat": on, "ta_eval": "INVESTIGATOR", "ta_method": "MRI_MP",
        "ta_contrast": "Y", "ta_slice": "3.0", "ta_regions": "CHEST;ABDOMEN;PELVIS", "ta_samemethod": "Y",
        "nl_yn": nl_yn, "ta_rsdat": on,
    }  # fmt: skip
    if response:
        one, overall = response
        values |= {
            "tresp_r_inv": one, "ntresp_r_inv": "NA", "ovresp_r_inv": overall, "tresp_m_inv": one,
            "ntresp_m_inv": "NA", "ovresp_m_inv": overall,
        }  # fmt: skip
    else:
        values |= {"nl_yn": "NA", "ta_samemethod": "NA"}
    rows = {"TA2": targets, "TA4": new} if new else {"TA2": targets}
    return fill(form(participant, "TA", visit), by, values | more, rows, complete=complete)


def events(participant: Participant, by: User, number: int) -> None:
    """At least so many adverse events, begun: enough for other forms to name them."""
    known = FormInstance.objects.filter(participant=participant, form_key="AE1").count()
    for n in range(known + 1, number + 1):
        line = log_line_add(by=by, participant=participant, log="AE")
        fill(line, by, {"aeterm": f"Event {n}"}, complete=False)


NOT_GIVEN = {"ecoccur": "N", "ecreasoc": "COMPLETED", "ec_perm_yn": "N"}
NEVER = {"ecoccur": "NA", "ec_perm_yn": "N"}


def infusion(
    on: str, mg: str, level: str = "0", start: str = "09:00", end: str = "11:00", until: str = "", **more: Any
) -> dict[str, Any]:
    return {
        "ecoccur": "Y", "ec_lvl": level, "ecdstxt": mg, "ecstdat": on, "ecsttim": start, "ecendat": until or on,
        "ecentim": end, "eclot": "LOT-1", "ecdosadj": "N", "ecitrpyn": "N", "ectrtcmp": "Y", "ec_ir_yn": "N",
        "ec_perm_yn": "N",
    } | more  # fmt: skip


def cycle(
    participant: Participant, by: User, visit: str, on: str, phase: str, number: int, drugs: Sequence[Values],
    apatinib: Sequence[Values] = (), tablets: Sequence[Values] = (), **more: Any,
) -> Saved:  # fmt: skip
    """One cycle. `drugs`: oxaliplatin, levofolinate, bolus, continuous fluorouracil, camrelizumab."""
    values = {
        "ec_phase": phase, "ec_cycle": str(number), "ec_given": "Y", "ec_d1dat": on, "ec_wt": "70.0", "ec_ht": "171.0",
        "ec_bsa": "1.82", "ec_retreat": "Y", "ec_access": "PORT",
    }  # fmt: skip
    rows = {"EC2": drugs, "EC3": apatinib, "EC4": tablets}
    return fill(form(participant, "EC", visit), by, values | more, {k: v for k, v in rows.items() if v})


def neoadjuvant(
    participant: Participant, by: User, number: int, on: str, oxaliplatin: str = "155", **more: Any
) -> Saved:
    """mFOLFOX7 + camrelizumab: fluorouracil over 46 h."""
    level, changed = ("-1", {"ecdosadj": "Y", "ecadj": "WEIGHT"}) if oxaliplatin == "120" else ("0", {})
    end = (day(on) + 2 * DAY).isoformat()
    drugs = [
        infusion(on, oxaliplatin, level, **changed),
        infusion(on, "365"),
        NEVER,
        infusion(on, "4375", start="11:00", end="09:00", until=end),
        infusion(on, "200", start="11:00", end="11:30"),
    ]
    return cycle(participant, by, f"C{number}", on, "NEO", number, drugs, **more)


def adjuvant(participant: Participant, by: User, number: int, on: str, **more: Any) -> Saved:
    drugs = [NOT_GIVEN, NOT_GIVEN, NEVER, NOT_GIVEN, infusion(on, "200", start="09:00", end="09:30")]
    return cycle(participant, by, f"ADJ{number}", on, "ADJ", number, drugs, **more)


def apatinib(
    start: str, end: str, dose: str, schedule: str, phase: str = "NEO", reason: str = ""
) -> dict[str, Any]:
    row = {
        "apa_phase": phase,
        "apa_ecstdat": start,
        "apa_ecendat": end,
        "apa_dose": dose,
        "apa_frq": schedule,
    }
    return row | ({"apa_reas": reason} if reason else {})


def ended(
    participant: Participant, by: User, phase: str, on: str, why: str, last: Sequence[str], repeat: int = 1
) -> Saved:
    """End of a phase. `last`: last dose of oxaliplatin, levofolinate, fluorouracil, camrelizumab, apatinib."""
    values = {"eot_phase": phase, "eot_dsstdat": on, "eot_dsdecod": why, "eot_dscont": "Y"}
    rows = [
        {"eotd_reason": why} | ({"eotd_last": one} if one else {"eotd_last@miss": "NA"})
        for one in last
    ]  # fmt: skip
    return fill(form(participant, "EOT", "EOT", repeat), by, values, {"EOT2": rows})


def operated(participant: Participant, by: User, on: str, discharge: str, **more: Any) -> Saved:
    """An R0 right anterior sectionectomy with two complications, which are adverse events too."""
    values = {
        "surg_proccur": "Y", "surg_prstdat": on, "surg_sttim": "08:35", "surg_entim": "12:50", "surg_dur": "255",
        "surg_approach": "LAP", "surg_prtrt": "RAS", "surg_anat": "Y", "surg_segs": "S5;S8", "surg_ntum": "2",
        "surg_extra": "N", "surg_ablation": "N", "surg_thrombect": "N", "surg_lnd": "N", "surg_pringle": "Y",
        "surg_pringle_min": "42", "surg_ebl": "350", "surg_rbc": "0", "surg_plasma": "0", "surg_r": "R0",
        "surg_specimen": "Y", "surg_icu": "1", "surg_dischdat": discharge, "surg_phlf": "A", "surg_bile": "NONE",
        "surg_phh": "NONE", "surg_comp_yn": "Y", "surg_reop": "N", "surg_readm30": "N",
    }  # fmt: skip
    start = day(on)
    ascites, effusion = events_of_surgery(participant, by, start)
    complications = [
        {
            "comp_term": "ASCITES", "comp_cestdat": (start + 3 * DAY).isoformat(), "comp_ceendat": discharge,
            "comp_cd": "II", "comp_tx": "Spironolactone", "comp_aeref": ascites,
        },
        {
            "comp_term": "PLEURAL", "comp_cestdat": (start + 4 * DAY).isoformat(),
            "comp_ceendat": (start + 13 * DAY).isoformat(), "comp_cd": "IIIa", "comp_tx": "Drain", "comp_aeref": effusion,
        },
    ]  # fmt: skip
    return fill(form(participant, "SURG", "SURG"), by, values | more, {"SU3": complications})


def events_of_surgery(participant: Participant, by: User, operation: dt.date) -> tuple[str, str]:
    """Ascites and a pleural effusion after an operation, in the log; their references (`AE:1`)."""
    made = []
    for page in (story.event_of("Ascites"), story.event_of("Pleural effusion")):
        moved = {
            name: (day(value) - day("2024-05-30") + operation).isoformat()
            if value.startswith("2024-")
            else value
            for name, value in page.values.items()
        }
        added = line(participant, by, "AE")
        fill(added, by, moved)
        made.append(f"AE:{added.repeat}")
    return made[0], made[1]


def nodule(
    number: int, size: tuple[str, str, str], shares: tuple[str, str, str], **more: Any
) -> dict[str, Any]:
    """A tumour bed: length, width, height; viable, necrosis, stroma in %."""
    viable, necrosis, stroma = shares
    row = {
        "cpn_no": str(number), "cpn_len": size[0], "cpn_wid": size[1], "cpn_hgt": size[2], "cpn_nslides": "5",
        "cpn_rvt": viable, "cpn_nec": necrosis, "cpn_str": stroma,
        "cpn_hist": "HCC" if viable != "0" else "NOTUMOUR", "cpn_edm": "II" if viable != "0" else "NA",
    }  # fmt: skip
    return row | ({"cpn_insitu": "N"} if viable == "0" else {}) | more


def central_reading(
    participant: Participant,
    by: User,
    reader: str,
    on: str,
    nodules: Sequence[Values],
    received: str,
    **more: Any,
) -> Saved:
    """A submitted central reading; `reader` is R1, R2 or ADJ."""
    repeat = ("R1", "R2", "ADJ").index(reader) + 1
    values = {
        "cp_reader": reader, "cp_recdat": received, "cp_midat": on, "cp_blind": "Y", "cp_slides": "14",
        "cp_slides_bed": "10", "cp_adeq": "ADEQUATE", "cp_mvi": "M0", "cp_mvi_n": "0", "cp_satellite": "N",
        "cp_macro_viable": "NA", "cp_ln_viable": "NA", "cp_margin": "NEG", "cp_margin_mm": "12.0",
    }  # fmt: skip
    return fill(form(participant, "CPATH", "CPATH", repeat), by, values | more, {"CP2": nodules})


def contacted(
    participant: Participant, by: User, visit: str, on: str, source: str = "CLINIC", **more: Any
) -> Saved:
    """A survival contact: alive, no evidence of disease, unless said otherwise."""
    values = {
        "ss_dat": on, "ss_source": source, "ss_attempts": "1", "ss_status": "ALIVE", "ss_lastalive": on,
        "ss_disease": "NED", "ss_event_yn": "N", "ss_newtx": "N", "ss_newsae": "N",
    }  # fmt: skip
    if source == "CLINIC":
        values["ss_ecog"] = "0"
    return fill(form(participant, "SS", visit), by, values | more)


# --- participant 01-003 of the CRF book, section 6 ------------------------------------------------------------------

# What the endpoints read, and what must be complete before it (CK-026): quick to enter.
QUICK = {
    "screening": (
        "ICF/SCR", "DM/SCR", "MH1/1", "CM1/1", "HCC/SCR", "HEP/SCR", "VS/SCR", "LB/SCR/HEM", "LB/SCR/CHEM", "LB/SCR/COAG",
        "LB/SCR/THY", "LB/SCR/UA", "LB/SCR/TM", "EG/SCR", "TA/SCR", "IE/SCR",
    ),
    "treatment": ("AE1/", "EC/", "TA/", "EOT/"),
    "surgery": ("AE1/", "SURG/", "CPATH/", "CPATHF/"),
    "follow_up": ("EC/", "EOT/", "TA/", "SS/SFU", "SS/SURV", "SACT", "EOS/"),
}  # fmt: skip


def participant_01_003(by: User, number: str = "01-003") -> Participant:
    """The synthetic participant through the forms that endpoints read; ends with MPR at 8.3 %."""
    participant = screened(by, number)
    screening_01_003(participant, by)
    treatment_01_003(participant, by)
    surgery_01_003(participant, by)
    follow_up_01_003(participant, by)
    return participant


def participant_01_003_whole(cast: Mapping[str, User], number: str = "01-003") -> Participant:
    """Every form of the book for every visit, the central readings by two pathologists. Slower: 225 forms."""
    by = cast["lin"]
    ranges_01(cast["da"])
    participant = screened(by, number)
    enter(participant, by, story.pages(), readers=(cast["p1"], cast["p2"]))
    return participant


def screening_01_003(participant: Participant, by: User) -> None:
    enter(participant, by, quickly("screening"))


def treatment_01_003(participant: Participant, by: User) -> None:
    enter(participant, by, quickly("treatment"))


def surgery_01_003(participant: Participant, by: User) -> None:
    enter(participant, by, quickly("surgery"))


def follow_up_01_003(participant: Participant, by: User) -> None:
    enter(participant, by, quickly("follow_up"))


def quickly(chapter: str) -> list[story.Page]:
    """The pages of a chapter that endpoints need."""
    pages: list[story.Page] = getattr(story, chapter)()
    return [page for page in pages if page.name.startswith(QUICK[chapter])]


def enter(
    participant: Participant, by: User, pages: Iterable[story.Page], readers: Sequence[User] = ()
) -> None:
    """Fill in pages of the story one after the other. `readers`: who reads centrally; else `by` fills the records."""
    for page in pages:
        if page.key == "CPATH" and readers:
            _read_centrally(participant, readers[page.repeat - 1], page)
        elif page.key == "CPATHF":  # released with the last reading, or here where nobody reads by role
            if not readers:
                _result_stands(participant, page)
        else:
            fill(_place(participant, by, page), by, _referred(participant, by, page.values), {
                section: [line and _referred(participant, by, line) for line in lines]
                for section, lines in page.rows.items()
            })  # fmt: skip


def _place(participant: Participant, by: User, page: story.Page) -> FormInstance:
    """The form of a page; a line of a log is added, an unscheduled visit opened."""
    if page.key in LINES_OF.values():
        made = line(participant, by, log_of(page.key))
        assert made.repeat == page.repeat, f"{page.name}: the log is at line {made.repeat}"
        return made
    if page.visit in story.OPENED:
        visit_open(by=by, participant=participant, label=page.visit, reason=story.OPENED[page.visit])
    return form(participant, page.key, page.visit, page.repeat)


def line(participant: Participant, by: User, log: str) -> FormInstance:
    """The next line of a log, as the door gives it."""
    made = log_line_add(by=by, participant=participant, log=log)
    return FormInstance.objects.select_related("participant__site", "visit").get(pk=made.pk)


def _referred(participant: Participant, by: User, values: Values) -> dict[str, Any]:
    """With addresses in place of `@user`, `@lab`, `@TA/TA2`."""

    def address(text: str) -> str:
        if text == "@user":
            return by.address
        if text == "@lab":
            return laboratory(participant.site).address
        key, _sep, visit = text[1:].partition("/")
        return f"form:{form(participant, key, visit).pk}"

    return {
        name: address(value) if isinstance(value, str) and value.startswith("@") else value
        for name, value in values.items()
    }


def laboratory(site: Site) -> Laboratory:
    """The laboratory of a site, made when missing."""
    found = Laboratory.objects.filter(site=site).first()
    by = User.objects.get(username="da")
    return found or site_services.laboratory_add(
        by=by, site=site, code=f"LAB-{site.number}", name_en="Laboratory"
    )


def ranges_01(by: User) -> None:
    """Reference ranges of the laboratory of site 01, and its consent version (`by`: a data manager)."""
    common = {"labr_sex": "BOTH", "labr_agelo": 0, "labr_agehi": 120, "labr_from": day(story.RANGES_FROM)}
    rows = [
        common
        | {
            "labr_test": test, "labr_unit": ANALYTES[test].unit, "labr_lln": Decimal(low), "labr_uln": Decimal(high),
        }
        for test, (low, high) in story.RANGES.items()
    ]  # fmt: skip
    site_services.ranges_add(by=by, laboratory=laboratory(site()), ranges=rows)
    site_services.consent_version_add(
        by=by, site=site(), version="1.1", version_date=day("2024-01-15"), effective_from=day("2024-01-15")
    )


# --- central pathology: through the services, as a data manager and readers would ---------------------------------------


def _place_for(by: User, case: Any) -> None:
    """The data manager gives this person a free place of the case, unless one is theirs."""
    from pathology.policies import rights_for
    from pathology.services import readers_allocate
    from trialsite.accounts.permissions import grants_of

    places = sorted(case.readings.all(), key=lambda place: (place.slot == "ADJ", place.slot))
    if any(place.reader_id == by.pk for place in places):
        return
    free = [p for p in places if p.reader_id is None and grants_of(by).may(rights_for(p.slot))]
    if free:
        readers_allocate(by=User.objects.get(username="da"), case=case, readers={free[0].slot: by})


def reading_take(*, by: User, case: Any) -> Any:
    """Allocated to this person, where a place is free, and begun."""
    from pathology import services

    with override_settings(DEMO=True):  # no second factor to give
        _place_for(by, case)
        return services.reading_take(by=by, case=case)


def reading_notes(reading: Any) -> Any:
    """Every slide seen, and sure of it."""
    from pathology.notes import Notes
    from pathology.selectors.reader import slides_of

    return Notes("HIGH", marks={slide.number: "SEEN" for slide in slides_of(reading)})


def reading_save(
    *,
    by: User,
    reading: Any,
    typed: Typed,
    submit: bool = False,
    rationale: str = "As read before.",
    **more: Any,
) -> Any:
    """Saved; `submit`: signed, with every slide seen. An adjudicator's own reading is confirmed at once."""
    from pathology import services
    from pathology.models import Slot

    if submit:
        more.setdefault("notes", reading_notes(reading))
        more.setdefault("components", ("username", "password"))
    saved = services.reading_save(by=by, reading=reading, typed=typed, submit=submit, **more)
    if submit and reading.slot == Slot.ADJUDICATOR:
        more.pop("order", None)
        reading.refresh_from_db()
        again = Typed.of(sheet_of(reading.form))
        saved = services.reading_confirm(by=by, reading=reading, typed=again, rationale=rationale, **more)
    return saved


def released(case: Any, on: str | None = None) -> None:
    """The data manager releases the central result."""
    from pathology.services import result_release

    case.refresh_from_db()
    with override_settings(DEMO=True):
        result_release(by=User.objects.get(username="da"), case=case, on=day(on) if on else None)


def _result_stands(participant: Participant, page: story.Page) -> None:
    """The final result as if it had been released, without the people of central pathology."""
    final = form(participant, "CPATHF", "CPATH")
    nobody: Any = None
    order = Order(complete=True)
    form_save(by=nobody, form=final, typed=typed("CPATHF", page.system), order=order, decision=ALLOWED)


def _read_centrally(participant: Participant, by: User, page: story.Page) -> None:
    """A pathologist reads the case and submits; once the readings decide, the result is released."""
    from pathology.models import CaseState, PathologyCase

    case = PathologyCase.objects.get(participant=participant, reread_of__isnull=True)
    with override_settings(DEMO=True):
        reading = reading_take(by=by, case=case)
        reading_save(by=by, reading=reading, typed=typed(page.key, page.values, page.rows), submit=True)
    case.refresh_from_db()
    if case.state == CaseState.DECIDED:
        released(case, str(story.RELEASED))
