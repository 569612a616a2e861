"""Invented courses: one participant's whole way, drawn by lot from its own seed, so that any of them can be made alone."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any

from .imaging import Burden, tenth
from .story import (
    DAY,
    Complication,
    Contact,
    Cycle,
    Death,
    EndOfPhase,
    EndOfStudy,
    NewLesion,
    Nodule,
    Operation,
    Period,
    Read,
    Scan,
    Story,
    Therapy,
    Values,
)  # fmt: skip
from .truth import needs_adjudication

MAX_DAYS = 758  # the last visit: 24 months after the first dose
LATE = ("LAB", "LOGISTIC", "SUBJECT", "PHYSICIAN")
FAILURES = ("IE_NOT_MET", "WITHDREW", "INVESTIGATOR")
NOT_OPERATED = ("UNRESECT", "REFUSAL", "FLR", "COMORBID", "CCR")
RESECTIONS = (
    ("RAS", "S5;S8", "Y"), ("RPS", "S6;S7", "Y"), ("LLS", "S2;S3", "Y"), ("RH", "S5;S6;S7;S8", "Y"), ("LH", "S2;S3;S4", "Y"),
    ("SEGMENT", "S6", "Y"), ("WEDGE", "S4", "N"), ("BISEG", "S5;S6", "Y"),
)  # fmt: skip
THERAPIES = (
    ("TACE", "TACE with epirubicin"), ("ABLATION", "Microwave ablation"), ("TARGETED", "Lenvatinib"),
    ("HAIC", "HAIC FOLFOX"), ("ICI", "Atezolizumab + bevacizumab"),
)  # fmt: skip
COMPLICATIONS = ("ASCITES", "PLEURAL", "BILELEAK", "SSI", "PNEUMONIA")


def days(number: float) -> dt.timedelta:
    return dt.timedelta(days=int(number))


@dataclass
class Draft:
    """A course in the making; `stop` is the day after which nothing more happens."""

    rng: Random
    story: dict[str, Any]
    burden: Burden
    cycles: list[Cycle] = field(default_factory=list)
    apatinib: list[Period] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    ends: list[EndOfPhase] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    therapies: list[Therapy] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    operation: Operation | None = None
    event: dt.date | None = None  # progression or recurrence
    death: dt.date | None = None

    @property
    def c1(self) -> dt.date:
        return self.cycles[0].day

    def made(self) -> Story:
        return Story(
            **self.story, cycles=tuple(self.cycles), apatinib=tuple(self.apatinib), scans=tuple(self.scans),
            operation=self.operation, reads=tuple(self.reads), ends=tuple(self.ends), contacts=tuple(self.contacts),
            therapies=tuple(self.therapies),
        )  # fmt: skip


def course(seed: str, number: str, site: str, consent: dt.date) -> Story:
    """The whole course of one participant who consented on a day, without regard to today."""
    rng = Random(f"{seed}/{number}")  # noqa: S311 – invented people, not secrets
    burden = Burden.drawn(rng)
    draft = Draft(rng, {}, burden)
    imaging = consent + days(rng.randint(1, 3))
    decided = consent + days(rng.randint(6, 12))
    person = _person(rng, consent)
    draft.story = {
        "number": number, "site": site, "consent": consent, "person": person,
        "disease": _disease(rng, burden, imaging, consent), "nodules": _nodules(burden),
        "baseline": burden.baseline(imaging), "decided": decided, "size": _size(rng, person["sex"]),
    }  # fmt: skip
    if rng.random() < 0.09:
        draft.story["failure"] = rng.choice(FAILURES)
        return draft.made()
    enrolled = decided + days(rng.randint(0, 1))
    draft.story["enrolled"] = enrolled
    if rng.random() < 0.02:
        gone = enrolled + days(rng.randint(1, 4))
        draft.story |= {"withdrawn": gone, "end": EndOfStudy(gone, "WITHDRAWAL")}
        return draft.made()
    _treat(draft, enrolled + days(rng.randint(1, 4)))
    return _leave(draft)


# --- who and what -------------------------------------------------------------------------------------------------


def _person(rng: Random, consent: dt.date) -> Values:
    sex = "M" if rng.random() < 0.82 else "F"
    age = rng.randint(31, 74)
    born = f"{consent.year - age}-{rng.randint(1, 12):02}"
    tobacco = rng.choice(("NEVER", "FORMER", "CURRENT"))
    values = {
        "brthdat": born, "sex": sex, "race": "ASIAN", "ethcn": rng.choices(("HAN", "ZHUANG", "HUI", "MANCHU"), (92, 3, 2, 3))[0],
        "su_tob": tobacco, "su_alc": rng.choice(("NEVER", "NEVER", "FORMER")), "famhx_hcc": rng.choice(("N", "N", "Y", "U")),
    }  # fmt: skip
    if sex == "F":
        values["wocbp"] = "N_POSTMENO" if age > 52 else "Y"
    if tobacco != "NEVER":
        values["su_packyr"] = str(rng.randint(3, 45))
    return values


def _size(rng: Random, sex: str) -> Values:
    height = round(rng.gauss(169 if sex == "M" else 158, 5), 1)
    weight = round(min(max(rng.gauss(68 if sex == "M" else 57, 8), 45), 98), 1)
    surface = math.sqrt(height * weight / 3600)
    return {"ec_ht": f"{height:.1f}", "ec_wt": f"{weight:.1f}", "ec_bsa": f"{surface:.2f}"}


def _disease(rng: Random, burden: Burden, imaging: dt.date, consent: dt.date) -> Values:
    largest = burden.sizes[0]
    alone = burden.count == 1
    month = (consent - days(rng.randint(20, 60))).strftime("%Y-%m")
    return {
        "hcc_mhstdat": month, "hcc_dxbasis": rng.choice(("CLINICAL_CN", "CLINICAL_CN", "CLINICAL_AASLD")),
        "hcc_aetiology": rng.choice(("HBV", "HBV", "HBV", "HBV", "HCV", "MASLD", "HBV;ALCOHOL")),
        "hcc_cirrhosis": rng.choice(("NONE", "CLINICAL", "CLINICAL")), "hcc_pht": "N",
        "hcc_varices": rng.choice(("NONE", "NONE", "MILD")), "hcc_prior": "NONE", "hcc_imgdat": imaging,
        "hcc_nodcount": str(burden.count), "hcc_uncountable": "N", "hcc_maxdiam": str(largest), "hcc_macrovi": "N",
        "hcc_ehs": "N", "hcc_rupture": "N", "hcc_bclc": "A" if alone else "B", "hcc_cnlc": "Ib" if alone else "IIa",
        "hcc_ct": "T1b" if alone else "T3" if largest > 50 else "T2", "hcc_cn": "N0", "hcc_cm": "M0",
        "hcc_mdtdat": imaging + DAY, "hcc_resect": rng.choice(("POTENTIAL", "RESECTABLE")),
        "hcc_noupfront": rng.choice(("HIGH_RISK", "HIGH_RISK", "FLR", "MARGIN", "LOCATION")),
        "hcc_icgr15": f"{rng.uniform(2, 12):.1f}", "hcc_flr_pct": str(rng.randint(42, 78)),
    }  # fmt: skip


def _nodules(burden: Burden) -> tuple[Values, ...]:
    sizes = [*burden.sizes, *([min(tenth(10), burden.sizes[-1])] if burden.nontarget else [])]
    return tuple(
        {"nod_no": str(n), "nod_segment": segment, "nod_diam": str(size), "nod_enhance": "TYPICAL"}
        for n, (size, segment) in enumerate(zip(sizes, burden.segments, strict=False), 1)
    )


# --- before the operation -----------------------------------------------------------------------------------------


def _treat(draft: Draft, first: dt.date) -> None:
    """Up to four cycles with an assessment after the second and the fourth."""
    rng = draft.rng
    ending = rng.choices(("PD1", "PD2", "SD", "PR", "CR"), (5, 9, 42, 41, 3))[0]
    if rng.random() < 0.012:
        draft.death = first + days(rng.randint(32, 52))
    day, level = first, "0"
    for number in range(1, 5):
        late, reduced = 0, False
        if number > 1:
            late = rng.choices((0, rng.randint(1, 3), rng.randint(5, 9), 14), (68, 17, 12, 3))[0]
            reduced = level == "0" and late > 3 and rng.random() < 0.7
            level = "-1" if reduced else level
            day += days(14 + late)
        if draft.death and day + 2 * DAY >= draft.death:
            break
        draft.cycles.append(
            Cycle(f"C{number}", "NEO", number, day, rng.choice(LATE) if late > 3 else "", level, reduced)
        )
        if number == 2 and _assess(draft, "TA1", day + days(rng.randint(9, 13)), _first(rng, ending)):
            break
        if number == 4 and _assess(draft, "TA2", day + days(rng.randint(14, 18)), _second(rng, ending)):
            break
    _neo_apatinib(draft)
    if draft.death:
        return
    last = draft.scans[-1].last
    if draft.event:
        draft.ends.append(EndOfPhase("NEO", last + days(rng.randint(1, 4)), "PD"))
        return
    _decide(draft, last)


def _first(rng: Random, ending: str) -> tuple[str, str]:
    """Responses by RECIST and mRECIST at the first assessment."""
    if ending == "PD1":
        return "PD", "PD"
    if ending in ("SD", "PD2"):
        return "SD", "SD" if ending == "PD2" else rng.choice(("SD", "SD", "PR"))
    return rng.choice((("SD", "PR"), ("SD", "PR"), ("PR", "PR")))


def _second(rng: Random, ending: str) -> tuple[str, str]:
    if ending == "PD2":
        return "PD", "PD"
    if ending == "SD":
        return "SD", rng.choice(("SD", "PR", "PR"))
    return (ending, "CR" if ending == "CR" or rng.random() < 0.12 else "PR")


def _assess(draft: Draft, visit: str, first: dt.date, responses: tuple[str, str]) -> bool:
    """True when it shows a progression: by growth, or by a new lesion while the targets are stable."""
    if draft.death and first >= draft.death:
        return True
    rng, (r, m) = draft.rng, responses
    before = draft.scans[-1].mrecist if draft.scans else None
    if before and before.overall in ("PR", "CR") and m == "SD":  # a rise would be a progression
        m = "PR"
    last = first + (DAY if rng.random() < 0.1 else 0 * DAY)
    new = None
    if r == "PD":
        last = first
        if rng.random() < 0.5:
            r, m = "SD", "SD" if before is None or before.overall == "SD" else "PR"
            new = NewLesion("LIVER", draft.burden.segments[-1], tenth(rng.uniform(11, 26)), first)
    scan = draft.burden.scan(visit, first, last, r, m, new)
    draft.scans.append(scan)
    assert scan.recist is not None
    if scan.recist.overall == "PD":
        draft.event = scan.first if new else scan.last
    return scan.recist.overall == "PD"


def _neo_apatinib(draft: Draft) -> None:
    rng, start = draft.rng, draft.c1
    end = draft.cycles[-1].day + days(11)
    if draft.death:
        end = min(end, draft.death - DAY)
    if draft.event:  # stopped when the progression is seen
        end = min(end, draft.event)
    if rng.random() < 0.25 and (end - start).days > 40:
        held = start + days(rng.randint(16, 26))
        back = held + days(rng.choice((7, 10, 14)))
        draft.apatinib += [
            Period("NEO", start, held - DAY, 250, "QD"), Period("NEO", held, back - DAY, 0, "HELD", "PHYSICIAN"),
            Period("NEO", back, end, 250, "QOD", "PHYSICIAN"),
        ]  # fmt: skip
    else:
        draft.apatinib.append(Period("NEO", start, end, 250, "QD"))


def _decide(draft: Draft, last: dt.date) -> None:
    """The multidisciplinary decision: operation, exploration, none."""
    rng = draft.rng
    planned = max(draft.cycles[-1].last + days(rng.randint(21, 34)), last + days(5))
    choice = rng.choices(("R0", "R1", "EXPLORE", "NONE", "UNPLANNED"), (72, 9, 4, 8, 7))[0]
    decided = last + days(rng.randint(1, 3))
    if choice == "UNPLANNED":
        draft.ends.append(EndOfPhase("NEO", decided, "PHYSICIAN", "Remnant liver too small for a resection"))
        return
    draft.ends.append(EndOfPhase("NEO", decided, "SURGERY"))
    if choice == "NONE":
        draft.operation = Operation(planned, "NONE", rng.choice(NOT_OPERATED))
        return
    draft.operation = _operate(rng, planned, choice, draft.burden.count)
    if choice != "EXPLORE":
        _read(draft)


def _operate(rng: Random, day: dt.date, kind: str, count: int) -> Operation:
    kept = rng.randint(7, 16)
    home = day + days(kept)
    trouble = []
    if rng.random() < 0.3 and kind != "EXPLORE":
        start = day + days(rng.randint(2, 5))
        grade = rng.choice(("I", "II", "II", "IIIa"))
        trouble.append(
            Complication(
                rng.choice(COMPLICATIONS), start, home, grade, "" if grade == "I" else "Drain, antibiotics"
            )
        )
    values: Values = {
        "surg_dur": str(rng.randint(140, 390)), "surg_approach": rng.choice(("OPEN", "LAP", "LAP", "ROBOT")),
        "surg_ntum": str(count), "surg_extra": "N", "surg_ablation": "N", "surg_thrombect": "N", "surg_lnd": "N",
        "surg_pringle": "Y", "surg_pringle_min": str(rng.randint(15, 60)), "surg_ebl": str(rng.randint(60, 900)),
        "surg_rbc": "0", "surg_plasma": "0", "surg_icu": str(rng.randint(0, 2)), "surg_phlf": "NONE",
        "surg_bile": "NONE", "surg_phh": "NONE", "surg_comp_yn": "Y" if trouble else "N", "surg_reop": "N",
        "surg_readm30": "N",
    }  # fmt: skip
    if kind == "EXPLORE":
        values["surg_prtrt"] = "EXPLORE"
    else:
        what, segments, anatomical = rng.choice(RESECTIONS)
        values |= {
            "surg_prtrt": what, "surg_segs": segments, "surg_anat": anatomical, "surg_r": kind, "surg_specimen": "Y",
        }  # fmt: skip
    return Operation(day, kind, "", values, home, tuple(trouble))


# --- central pathology --------------------------------------------------------------------------------------------


def _read(draft: Draft) -> None:
    """Two readings around the truth of the specimen, and a third where they do not agree."""
    rng = draft.rng
    assert draft.operation is not None
    recist = draft.scans[-1].recist
    deep = recist is not None and recist.overall in ("PR", "CR")
    kind = rng.choices(("none", "few", "some", "many"), (20, 32, 30, 18) if deep else (3, 12, 40, 45))[0]
    low, high = {"none": (0, 0), "few": (1, 9), "some": (12, 45), "many": (50, 92)}[kind]
    beds = [(size, rng.uniform(0.72, 0.95), rng.randint(low, high)) for size in draft.burden.sizes]
    received = draft.operation.day + days(rng.randint(15, 28))
    apart = 9 if rng.random() < 0.15 else 1.6
    days_of = (received + days(rng.randint(3, 12)), received + days(rng.randint(4, 16)))
    mvi = rng.choice(("M0", "M0", "M0", "M1")) if kind in ("some", "many") else "M0"
    one = Read("p1", received, days_of[0], _beds(rng, beds, 0.8), mvi)
    two = Read("p2", received, days_of[1], _beds(rng, beds, apart), mvi)
    draft.reads += [one, two]
    if needs_adjudication(one, two):
        draft.reads.append(
            Read("p3", received, max(days_of) + days(rng.randint(4, 14)), _beds(rng, beds, 0.8), mvi)
        )
    draft.story["released"] = max(read.day for read in draft.reads) + days(3)


def _beds(rng: Random, beds: list[tuple[Decimal, float, int]], noise: float) -> tuple[Nodule, ...]:
    found = []
    for size, shrunk, viable in beds:
        seen = 0 if viable == 0 and noise < 2 else min(98, max(0, round(rng.gauss(viable, noise))))
        necrosis = round((100 - seen) * 0.7)
        length, width, height = (tenth(max(6.0, float(size) * shrunk * part)) for part in (0.8, 0.66, 0.6))
        found.append(Nodule(length, width, height, seen, necrosis, 100 - seen - necrosis))
    return tuple(found)


# --- afterwards ---------------------------------------------------------------------------------------------------


def _leave(draft: Draft) -> Story:
    """Follow-up until recurrence or progression, death, loss, withdrawal or 24 months."""
    operation = draft.operation
    if draft.death is None:
        if operation and operation.resected:
            _adjuvant(draft)
            _watch_resected(draft)
        elif not draft.event:
            _watch_unresected(draft)
        if draft.event:
            _after_event(draft)
    return _close(draft)


def _adjuvant(draft: Draft) -> None:
    rng = draft.rng
    assert draft.operation is not None
    if rng.random() < 0.15:
        return
    day, planned = (
        draft.operation.day + days(rng.randint(35, 52)),
        8 if rng.random() < 0.85 else rng.randint(2, 6),
    )
    start = day
    for number in range(1, planned + 1):
        draft.cycles.append(Cycle(f"ADJ{number}", "ADJ", number, day))
        day += days(21)
    end = draft.cycles[-1].day + days(20)
    draft.apatinib.append(Period("ADJ", start, end, 250, "QOD" if rng.random() < 0.3 else "QD", "PHYSICIAN"))
    reason = "COMPLETED" if planned == 8 else rng.choice(("PHYSICIAN", "WITHDRAWAL"))
    words = "Stopped early after discussion with the participant" if reason == "PHYSICIAN" else ""
    draft.ends.append(EndOfPhase("ADJ", end + DAY, reason, words))


def _watch_resected(draft: Draft) -> None:
    """Every twelve weeks; a recurrence is seen by the first imaging after it."""
    rng = draft.rng
    assert draft.operation is not None
    viable = min((read.viable for read in draft.reads), default=Decimal(50))
    median = 640 if viable <= 10 else 270
    relapse = draft.operation.day + days(rng.expovariate(math.log(2) / median))
    for n in range(1, 9):
        day = draft.operation.day + days(84 * n + rng.randint(-6, 6))
        if day > draft.c1 + days(730):
            break
        new = None
        if day >= relapse:
            organ, where = rng.choices(
                (("LIVER", draft.burden.segments[-1]), ("LUNG", "Right lower lobe")), (80, 20)
            )[0]
            new = NewLesion(organ, where, tenth(rng.uniform(11, 32)), day)
        draft.scans.append(draft.burden.resected(f"FUIMG{n}", day, new))
        if new:
            draft.event = day
            break
    if draft.event:
        _stop_treatment(draft, draft.event)


def _stop_treatment(draft: Draft, day: dt.date) -> None:
    """A recurrence ends adjuvant treatment."""
    kept = [cycle for cycle in draft.cycles if cycle.phase == "NEO" or cycle.day < day]
    if len(kept) == len(draft.cycles):
        return
    draft.cycles[:] = kept
    given = any(cycle.phase == "ADJ" for cycle in kept)
    draft.ends[:] = [end for end in draft.ends if end.phase == "NEO"]
    periods = [period for period in draft.apatinib if period.phase == "NEO" or (given and period.start < day)]
    draft.apatinib[:] = [
        period
        if period.phase == "NEO"
        else Period("ADJ", period.start, day - DAY, period.dose, period.schedule, period.reason)
        for period in periods
    ]
    if given:
        draft.ends.append(EndOfPhase("ADJ", day + days(2), "RECURRENCE"))


def _watch_unresected(draft: Draft) -> None:
    """Every eight weeks from the first dose, until progression or another treatment."""
    rng, last = draft.rng, draft.scans[-1].last
    if rng.random() < 0.4:
        start = last + days(rng.randint(12, 40))
        draft.therapies.append(_therapy(rng, start, "CHOICE"))
        return
    relapse = last + days(rng.expovariate(math.log(2) / 260))
    first = next(n for n in range(1, 9) if draft.c1 + days(56 * n) > last + days(20))
    before = draft.scans[-1]
    assert before.recist is not None
    assert before.mrecist is not None
    for n in range(first, 9):
        day = draft.c1 + days(56 * n + rng.randint(-4, 4))
        target = ("PD", "PD") if day >= relapse else (before.recist.target, before.mrecist.target)
        if _assess(draft, f"FUIMG{n}", day, target):
            break


def _after_event(draft: Draft) -> None:
    rng = draft.rng
    assert draft.event is not None
    if rng.random() < 0.7:
        draft.therapies.append(
            _therapy(rng, draft.event + days(rng.randint(7, 26)), "RECURRENCE" if _out(draft) else "PD")
        )
    survival = rng.expovariate(math.log(2) / 300)
    draft.death = max(draft.event + days(survival), draft.event + days(30))


def _out(draft: Draft) -> bool:
    return bool(draft.operation and draft.operation.resected)


def _therapy(rng: Random, start: dt.date, reason: str) -> Therapy:
    kind, words = rng.choice(THERAPIES)
    text = start.strftime("%Y-%m") if rng.random() < 0.15 else start.isoformat()
    return Therapy(start + days(4), text, kind, words, reason)


def _close(draft: Draft) -> Story:
    """Contacts, loss, withdrawal, death and the end of study; nothing is kept that lies after the end."""
    rng, c1 = draft.rng, draft.c1
    last_day = c1 + days(rng.randint(720, 750))
    if draft.death is None and not draft.event and rng.random() < 0.05:
        draft.death = c1 + days(rng.randint(150, 720))
    leaves = rng.random()
    withdrawn = c1 + days(rng.randint(70, 600)) if leaves < 0.035 else None
    lost = c1 + days(rng.randint(150, 600)) if 0.035 <= leaves < 0.07 else None
    stop = min(day for day in (draft.death, withdrawn, lost, last_day + DAY) if day)
    _contacts(draft, stop, last_day)
    story = draft.made().until(stop - DAY)
    changes: dict[str, Any] = {}
    if draft.death == stop:
        changes |= _death(rng, story, draft.event, stop)
    elif withdrawn == stop:
        changes |= {"withdrawn": stop, "end": EndOfStudy(stop, "WITHDRAWAL")}
    elif lost == stop:
        changes |= _lost(story, stop)
    else:
        changes |= {"end": EndOfStudy(last_day + days(4), "COMPLETED")}
        if not story.therapies:
            changes["no_therapy"] = last_day
    return replace(story, **changes)


def _contacts(draft: Draft, stop: dt.date, last_day: dt.date) -> None:
    """Safety follow-up, imaging, and survival contacts where no other contact lies in their window."""
    rng, c1 = draft.rng, draft.c1
    if not draft.ends or draft.ends[0].day >= stop:
        return
    draft.contacts += [_at_imaging(draft, scan) for scan in draft.scans if scan.visit.startswith("FUIMG")]
    over = treatment_end(draft.ends)
    visits: list[tuple[str, dt.date]] = []
    if over:
        visits.append(("SFU30", draft.cycles[-1].last + days(rng.randint(26, 34))))
        visits.append(("SFU90", draft.cycles[-1].day + days(rng.randint(82, 98))))
    visits.append(("SURVEND", last_day))
    for visit, day in visits:
        _contact(draft, visit, day, stop)
    for n in range(1, 9):
        due, day = c1 + days(84 * n), c1 + days(84 * n + rng.randint(-10, 10))
        met = any(abs((contact.day - due).days) <= 14 for contact in draft.contacts)
        if over and over < day and not met:
            _contact(draft, f"SURV{n}", day, stop)


def treatment_end(ends: Sequence[EndOfPhase]) -> dt.date | None:
    """The disposition that leads to follow-up; a neoadjuvant phase that ends in surgery goes on."""
    return max((end.day for end in ends if (end.phase, end.reason) != ("NEO", "SURGERY")), default=None)


def _contact(draft: Draft, visit: str, day: dt.date, stop: dt.date) -> None:
    if day >= stop:
        return
    phone = draft.rng.random() < 0.35 and visit != "SURVEND"
    known = draft.event is not None and draft.event < day
    disease = (
        "RECURRENCE" if known and _out(draft) else "PROGRESSION" if known else "NED" if _out(draft) else "AWD"
    )
    draft.contacts.append(Contact(visit, day, "PHONE" if phone else "CLINIC", "ALIVE", day, disease))


def _at_imaging(draft: Draft, scan: Scan) -> Contact:
    """The contact of the same day as follow-up imaging."""
    if scan.resected and scan.new:
        site = "IH_DISTANT" if scan.new.organ == "LIVER" else "LUNG"
        return Contact(scan.visit, scan.last, "CLINIC", "ALIVE", scan.last, "RECURRENCE", scan.new.seen, site)
    assert scan.resected or scan.recist is not None
    worse = scan.recist is not None and scan.recist.overall == "PD"
    return Contact(
        scan.visit,
        scan.last,
        "CLINIC",
        "ALIVE",
        scan.last,
        "NED" if scan.resected else "PROGRESSION" if worse else "AWD",
    )


def _death(rng: Random, story: Story, event: dt.date | None, day: dt.date) -> dict[str, Any]:
    text = day.strftime("%Y-%m") if rng.random() < 0.15 else day.isoformat()
    cause, words = (
        ("HCC", "Progression of hepatocellular carcinoma") if event else ("OTHER", "Sudden death at home")
    )
    return {"death": Death(day, text, cause, words), "end": EndOfStudy(day + days(6), "DEATH")}


def _lost(story: Story, stop: dt.date) -> dict[str, Any]:
    """The contact that found nobody; alive was the participant on the last day before."""
    alive = max(day for day in story.days() if day < stop)
    used = {contact.visit for contact in story.contacts}
    over = treatment_end(story.ends)
    assert story.first_dose is not None
    days_of = {n: story.first_dose + days(84 * n) for n in range(1, 9)}
    free = (
        n
        for n, day in days_of.items()
        if f"SURV{n}" not in used and day > alive + days(28) and over and day > over
    )
    number = next(free, None)
    if number is None:
        return {"end": EndOfStudy(stop, "LOST")}
    contact = Contact(f"SURV{number}", stop, "PHONE", "LOST", alive)
    return {"contacts": (*story.contacts, contact), "end": EndOfStudy(stop + days(30), "LOST")}
