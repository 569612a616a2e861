"""Edit checks (crf-book 3.A Consent, demographics, generic dates: CK-001 to CK-021)."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from crf.fields import CrfField
from crf.limits import interval
from crf.registry import form_def
from crf.schedule import EXAMINED, forms_at
from crf.sheets import RowValues

from .engine import ALL, PARTICIPANT, FormFacts, Hit, Look, VisitFacts, check
from .times import DAY, certainly_after, certainly_before

PLANS = ("po_plandat", "ec_d1plan")  # days to come are what these are for
# CK-002: what the book lets lie before consent. History of the disease is section HCC1.
OLDER = frozenset({"brthdat", "hep_avt_cmstdat", "cmstdat", "icf_version_date"})
OLDER_FORMS = frozenset({"MH", "MH1"})
OLDER_SECTIONS = frozenset({"HCC1"})
NOT_A_VISIT = ("LPATH", "CPATH")  # reports: nobody comes (crf-book 1.3)

# CK-017: 17 digits and a digit or X; 1 and 10 digits, also in groups as people write them.
IDENTITY_CARD = re.compile(r"(?<!\d)\d{6}[ -]?\d{8}[ -]?\d{3}[\dXx](?![\dXx])")
MOBILE = re.compile(r"(?<!\d)1(?:\d{10}|\d{2}[ -]\d{4}[ -]\d{4})(?!\d)")


@cache
def fields_of(key: str, kinds: tuple[str, ...]) -> tuple[tuple[str, str, tuple[CrfField, ...]], ...]:
    """What a person enters in fields of these kinds: (section, its id when it repeats, fields)."""
    found = []
    for section in form_def(key).sections:
        fields = tuple(f for f in section.fields if f.kind in kinds and not f.derived)
        if fields:
            found.append((section.id, section.id if section.repeating else "", fields))
    return tuple(found)


def entered(look: Look, *kinds: str) -> Iterator[tuple[str, CrfField, Any, tuple[str, RowValues] | None]]:
    """(section, field, value, row) of every answer of these kinds on the sheet."""
    for section, repeating, fields in fields_of(look.sheet.key, kinds):
        holders: list[Any] = look.lines(repeating) if repeating else [look.sheet]
        for holder in holders:
            for crf_field in fields:
                value = holder.values.get(crf_field.name)
                if value is not None:
                    yield section, crf_field, value, (repeating, holder) if repeating else None


# --- every form -----------------------------------------------------------------------------------------------------


@check("CK-001", on=ALL, always=True)
def ck_001_date_in_the_future(look: Look) -> Iterator[Hit]:
    for _section, crf_field, value, row in entered(look, "date", "pdate"):
        if crf_field.name not in PLANS and certainly_after(value, look.today):
            yield look.hit(crf_field.name, row=row)


@check("CK-002", on=ALL, reads=("ICF",))
def ck_002_date_before_consent(look: Look) -> Iterator[Hit]:
    consent = look.folder.consent
    if consent is None or look.sheet.key in OLDER_FORMS or look.get("lb_soc_pre") == "Y":
        return
    for section, crf_field, value, row in entered(look, "date", "pdate"):
        usual = section not in OLDER_SECTIONS and crf_field.name not in OLDER
        if usual and certainly_before(value, consent):
            yield look.hit(crf_field.name, row=row)


@check("CK-017", on=ALL, always=True)
def ck_017_identity_in_free_text(look: Look) -> Iterator[Hit]:
    """What was found is not repeated: it must not spread."""
    for _section, crf_field, value, row in entered(look, "text", "long"):
        if names_a_person(value, look.folder.site.names):
            yield Hit(look.sheet.form, look.hit(crf_field.name, row=row).path)


def names_a_person(text: str, names: tuple[str, ...] = ()) -> bool:
    """Whether a text holds a Chinese identity-card or mobile number, or one of these names."""
    plain = unicodedata.normalize("NFKC", text)
    if IDENTITY_CARD.search(plain) or MOBILE.search(plain):
        return True
    folded = plain.casefold()
    return any(_stands_in(name.casefold(), folded) for name in names)


def _stands_in(name: str, text: str) -> bool:
    """Latin names as whole words; Chinese is written without spaces."""
    if not name.isascii():
        return name in text
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


@check("CK-021", on=ALL, always=True)
def ck_021_value_and_reason(look: Look) -> Iterator[Hit]:
    for name in look.sheet.missing:
        if look.sheet.missing[name] and look.get(name) is not None:
            yield look.hit(name)
    for section, lines in look.sheet.rows.items():
        for line in lines:
            for name, reason in line.missing.items():
                if line.active and reason and line.get(name) is not None:
                    yield look.hit(name, row=(section, line))


# --- visits ---------------------------------------------------------------------------------------------------------


@check("CK-018", on=PARTICIPANT, reads=("DV1", "EC"), deviation="VISIT")
def ck_018_visit_outside_its_window(look: Look) -> Iterator[Hit]:
    deviations = {sheet.get("dv_visit") for sheet in look.book.all("DV1")}
    outside = (visit for visit in look.folder.visits if _outside(visit) and visit.label not in deviations)
    for visit in outside:
        place = dating_form(look, visit)
        if place and not _delay_documented(look, visit.label):
            window = f"{visit.window_from}..{visit.window_to}"
            yield look.hit(place[1], at=place[0], day=visit.day, window=window)


def _outside(visit: VisitFacts) -> bool:
    day, first, last = visit.day, visit.window_from, visit.window_to
    return day is not None and ((first is not None and day < first) or (last is not None and day > last))


def _delay_documented(look: Look, label: str) -> bool:
    """A cycle that is late for a reason, and not later than the longest delay."""
    cycles = (sheet for sheet in look.book.all("EC") if sheet.visit == label)
    return any(
        sheet.get("ec_delay_reas") and (sheet.get("ec_delay") or 0) <= look.cfg("max_delay_days")
        for sheet in cycles
    )


@check("CK-019", on=PARTICIPANT)
def ck_019_visits_out_of_order(look: Look) -> Iterator[Hit]:
    """Planned one after the other (their windows do not meet), and kept the other way round."""
    kept = [visit for visit in look.folder.visits if visit.day and visit.code not in NOT_A_VISIT]
    for visit in kept:
        later = [
            other for other in kept if certainly_after(other.day, visit.day) and _planned_before(other, visit)
        ]
        if later and (place := dating_form(look, visit)):
            last = max(later, key=lambda other: other.day or dt.date.min)
            yield look.hit(place[1], at=place[0], day=visit.day, other=f"{last.label} {last.day}")


def _planned_before(one: VisitFacts, other: VisitFacts) -> bool:
    return certainly_before(one.window_to, other.window_from)


@check("CK-020", on=PARTICIPANT)
def ck_020_required_form_missing(look: Look) -> Iterator[Hit]:
    late = {v.label for v in look.folder.visits if v.day and v.day + 14 * DAY < look.today}
    for form in look.folder.forms:
        empty = form.status == "EXPECTED" and form.expected and form.required == "R"
        if empty and form.visit in late:
            yield look.hit(at=form)


def dating_form(look: Look, visit: VisitFacts) -> tuple[FormFacts, str] | None:
    """The form on which the day of a visit stands, and its field; the first form of the visit when there is none."""
    here = [form for form in look.folder.forms if form.visit == visit.label]
    order = {at.key: number for number, at in enumerate(forms_at(visit.code))}
    here.sort(key=lambda form: (order.get(form.key, len(order)), form.repeat))
    dated = [form for form in here if form_def(form.key).head.date]
    if dated:
        form = min(dated, key=lambda form: (form.status == "EXPECTED", form.key in EXAMINED))
        return form, form_def(form.key).head.date
    return (here[0], "") if here else None


# --- F01 ICF --------------------------------------------------------------------------------------------------------


@check("CK-003", on="ICF")
def ck_003_data_without_consent(look: Look) -> Iterator[Hit]:
    others = {form.key for form in look.folder.forms if form.status != "EXPECTED"} - {"ICF"}
    if look.get("icf_yn") == "N" and others:
        yield look.hit("icf_yn")


@check("CK-004", on="ICF")
def ck_004_version_after_signature(look: Look) -> Iterator[Hit]:
    if certainly_after(look.get("icf_version_date"), look.get("icf_dsstdat")):
        yield look.hit("icf_version_date")


@check("CK-005", on="ICF")
def ck_005_version_not_approved(look: Look) -> Iterator[Hit]:
    """Silent as long as the site has not configured any version."""
    signed, version, known = (
        look.get("icf_dsstdat"),
        look.get("icf_version"),
        look.folder.site.consent_versions,
    )
    if signed is None or version is None or not known:
        return
    approved = [name for name, since in known if since <= signed]
    if not approved or version != approved[-1]:
        yield look.hit("icf_version", icf_version=version, approved=approved[-1] if approved else None)


@check("CK-006", on="ICF")
def ck_006_representative_unexplained(look: Look) -> Iterator[Hit]:
    if look.get("icf_signatory") == "LEGAL_REP" and not look.get("icf_lar_relation"):
        yield look.hit("icf_lar_relation")


@check("CK-007", on="ICF")
def ck_007_reconsent_in_order(look: Look) -> Iterator[Hit]:
    lines = [line for line in look.lines("ICF2") if line.get("recon_dsstdat")]
    for line in lines:
        if certainly_before(line.get("recon_dsstdat"), look.get("icf_dsstdat")):
            yield look.hit("recon_dsstdat", row=("ICF2", line))
    for one, following in pairwise(lines):
        if following.get("recon_dsstdat") <= one.get("recon_dsstdat"):
            yield look.hit("recon_dsstdat", row=("ICF2", following))


@check("CK-008", on="ICF")
def ck_008_reconsent_missing(look: Look) -> Iterator[Hit]:
    """Of several newer versions the last that was due counts; consent to a still newer one will do."""
    signed = look.get("icf_dsstdat")
    days = [visit.day for visit in look.folder.visits if visit.day]
    if signed is None or not days:
        return
    newer = [(name, since) for name, since in look.folder.site.consent_versions if since > signed]
    due = [number for number, (_name, since) in enumerate(newer) if max(days) > since + 42 * DAY]
    given = {look.get("icf_version"), *(line.get("recon_version") for line in look.lines("ICF2"))}
    if due and not given.intersection(name for name, _since in newer[due[-1] :]):
        name, since = newer[due[-1]]
        yield look.hit("icf_version", version=name, effective=since)


@check("CK-009", on="ICF", reads=("EC", "LB"))
def ck_009_data_after_withdrawal(look: Look) -> Iterator[Hit]:
    """The end of the study is recorded after the withdrawal: its visit does not count."""
    withdrawn = look.get("wd_dsstdat")
    if look.get("wd_yn") != "Y" or look.get("wd_scope") != "ALL" or withdrawn is None:
        return
    days = [visit.day for visit in look.folder.visits if visit.code != "EOS"]
    days += [sheet.get("lbdat") for sheet in look.book.all("LB")]
    days.append(look.folder.last_dose)
    late = [day for day in days if day is not None and day > withdrawn]
    if late:
        yield look.hit("wd_dsstdat", wd_dsstdat=withdrawn, last=max(late))


@check("CK-010", on="ICF", reads=("EOT", "EOS"))
def ck_010_withdrawal_without_end(look: Look) -> Iterator[Hit]:
    withdrawn = look.get("wd_dsstdat")
    if look.get("wd_yn") != "Y" or withdrawn is None or look.today <= withdrawn + 14 * DAY:
        return
    if not look.folder.started("EOT") and not look.folder.started("EOS"):
        yield look.hit("wd_yn")


# --- F02 DM ---------------------------------------------------------------------------------------------------------


def completed_years(born: dt.date, day: dt.date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@check("CK-011", on="DM", reads=("ICF",))
def ck_011_not_of_age(look: Look) -> Iterator[Hit]:
    """Fires when even the earliest birth date that is possible makes the participant a minor at consent."""
    span, consent = interval(look.get("brthdat")), look.folder.consent
    if span and consent and completed_years(span[0], consent) < 18:
        yield look.hit("brthdat")


@check("CK-012", on="DM", reads=("ICF",))
def ck_012_above_the_age_limit(look: Look) -> Iterator[Hit]:
    """Fires when even the latest birth date that is possible makes the participant older (D-01)."""
    span, consent = interval(look.get("brthdat")), look.folder.consent
    if span and consent and completed_years(span[1], consent) > look.cfg("age_max"):
        yield look.hit("brthdat")


@check("CK-013", on="DM")
def ck_013_childbearing_unanswered(look: Look) -> Iterator[Hit]:
    if look.get("sex") == "F" and not look.get("wocbp"):
        yield look.hit("wocbp")


@check("CK-014", on="DM")
def ck_014_childbearing_of_a_man(look: Look) -> Iterator[Hit]:
    if look.get("sex") == "M" and look.get("wocbp"):
        yield look.hit("wocbp")


@check("CK-015", on="DM")
def ck_015_pack_years_of_a_never_smoker(look: Look) -> Iterator[Hit]:
    if look.get("su_tob") == "NEVER" and (look.get("su_packyr") or 0) > 0:
        yield look.hit("su_packyr")


@check("CK-016", on="DM", later=True)
def ck_016_same_person_twice(look: Look) -> Iterator[Hit]:
    """Asked of what is stored: the other participants are found by the birth date and sex in the tables."""
    if look.folder.site.namesakes:
        yield look.hit("brthdat", others=", ".join(look.folder.site.namesakes))
