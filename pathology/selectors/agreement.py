"""Released readings for the statistics of agreement, and for who may know whose they are.

Nothing that is not released is read here: a reading that was opened again withdraws the release of its case.
The number of queries does not depend on the number of cases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache as once
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, QuerySet, Sum

from crf import derived
from crf.derivation import central_reading
from crf.models import (
    CentralNodule,
    CentralReading,
    CentralResult,
    FormStatus,
    LocalNodule,
    LocalPathology,
)
from pathology.agreement.readings import Again, Case, Material, Read, Value
from pathology.agreement.results import results_of
from pathology.models import CaseState, PathologyCase, Reading
from pathology.recorded import sheet_from
from trialsite.accounts.models import User
from trialsite.accounts.permissions import Grants
from trialsite.accounts.roles import Permission
from trialsite.kernel.digests import digest
from trialsite.kernel.study import study

KEPT = 24 * 3600  # seconds that figures are kept; another version has another name
RELEASED = PathologyCase.objects.filter(state=CaseState.RELEASED, reread_of__isnull=True)


def released() -> QuerySet[PathologyCase]:
    return RELEASED.all()


def reread() -> QuerySet[PathologyCase]:
    """Re-reads that were handed in, of cases that are still released."""
    return PathologyCase.objects.filter(
        state=CaseState.RELEASED, reread_of__state=CaseState.RELEASED, closed_at__isnull=True
    )


@once
def making() -> str:
    """Changes when a line of the statistics changes."""
    here = Path(__file__)
    files = [*sorted((here.parents[1] / "agreement").glob("*.py")), here]
    return digest([file.read_text(encoding="utf-8") for file in files])


# --- the version of the data --------------------------------------------------------------------------------------


def version() -> str:
    """Changes with everything that the figures are made from. Five queries that only count.

    `data_version` of the participants moves with every saved form: readings, results and local reports.
    """
    cases = released().aggregate(Count("pk"), Max("pk"), Sum("pk"), Sum("participant__data_version"))
    reads = Reading.objects.filter(case__in=released()).aggregate(
        Count("submitted_at"), Max("submitted_at"), Sum("seconds")
    )
    again = Reading.objects.filter(case__in=reread()).aggregate(
        Count("submitted_at"), Max("submitted_at"), Sum("version"), Sum("pk")
    )
    parts = [cases, reads, again, sorted(_names().items()), study().digest, making()]
    return digest([str(part) for part in parts])


def results() -> tuple[str, dict[str, Any]]:
    """The version and its figures; computed when nobody asked for this version before."""
    key = version()
    kept = cache.get(f"agreement:{key}")
    if kept is None:
        kept = results_of(material())
        cache.set(f"agreement:{key}", kept, KEPT)
    return key, kept


# --- reading the tables -------------------------------------------------------------------------------------------


def material() -> Material:
    """Every released case with its readings, and the re-reads of them."""
    reads = _reads()
    finals = _finals()
    local, local_nodules = _local()
    cases = []
    places: dict[int, dict[str, Read]] = defaultdict(dict)
    for case, read in reads:
        places[case][read.slot] = read
    for pk, code, participant, number, site in released().values_list(
        "pk", "code", "participant_id", "participant__number", "participant__site_id"
    ):
        if participant not in finals:
            continue
        needed, reasons, final = finals[participant]
        cases.append(
            Case(
                pk, code, number, site, places[pk], needed, reasons, final,
                local.get(participant), local_nodules.get(participant, {}),
            )
        )  # fmt: skip
    return Material(sorted(cases, key=lambda case: case.code), _again(cases), _names())


COLUMNS = (
    "pk", "case_id", "slot", "reader_id", "form_id", "confidence", "seconds", "submitted_at", "opinion",
)  # fmt: skip
AGAIN = (
    "pk", "case__code", "slot", "reader_id", "confidence", "seconds", "submitted_at", "content", "case__reread_of",
)  # fmt: skip
LOCAL = (
    "form__participant_id", "lp_rvt_case", "lp_mvi", "lp_satellite", "lp_macro_viable", "lp_macro", "lp_ln_pos", "lp_margin",
)  # fmt: skip


def _reads() -> list[tuple[int, Read]]:
    forms = {"form__reading__case__in": released()}
    values = {
        form: Value(adequacy or "", _float(rvt), mpr or "NE", pcr or "NE")
        for form, adequacy, rvt, mpr, pcr in CentralReading.objects.filter(**forms).values_list(
            "form_id", "cp_adeq", "cp_rvt_case", "cp_mpr", "cp_pcr"
        )
    }
    nodules = _nodules(CentralNodule.objects.filter(active=True, **forms), "form_id", "cpn_no", "cpn_rvt")
    found = []
    rows: Any = Reading.objects.filter(case__in=released(), submitted_at__isnull=False, form__isnull=False)
    for pk, case, slot, reader, form, confidence, seconds, at, opinion in rows.values_list(*COLUMNS):
        if form in values:
            own = _read_of(opinion)
            shares = nodules.get(form, {})
            read = Read(pk, slot, reader, values[form], confidence, seconds, at, shares, own)
            found.append((case, read))
    return found


def _again(cases: list[Case]) -> list[Again]:
    """A re-read beside what the same person read first."""
    known: dict[int | None, Case] = {case.pk: case for case in cases}
    rows: Any = Reading.objects.filter(case__in=reread(), submitted_at__isnull=False)
    found = []
    for pk, code, slot, reader, confidence, seconds, at, content, first in rows.values_list(*AGAIN):
        before, value = known.get(first), _read_of(content)
        if before is None or value is None:
            continue
        again = Read(pk, slot, reader, value, confidence, seconds, at)
        found += [
            Again(code, before.code, before.participant, before.site, read, again)
            for read in before.reads.values()
            if read.reader == reader
        ]
    return found


def _read_of(content: Mapping[str, str]) -> Value | None:
    """D-23, D-24 of answers that are kept as texts; what is noted beside the form (`@…`) is not one of them."""
    answers = {path: text for path, text in content.items() if not path.startswith("@")}
    read = central_reading(sheet_from(answers)) if answers else None
    return Value(read.adequacy, _float(read.rvt), read.mpr, read.pcr) if read else None


def _finals() -> dict[int, tuple[bool, tuple[str, ...], Value]]:
    rows = CentralResult.objects.filter(form__participant__pathology_cases__in=released())
    return {
        participant: (need == "Y", _reasons(reasons), Value("", _float(rvt), mpr or "NE", pcr or "NE"))
        for participant, need, reasons, rvt, mpr, pcr in rows.values_list(
            "form__participant_id", "cpf_adj_need", "cpf_adj_reas", "cpf_rvt", "cpf_mpr", "cpf_pcr"
        )
    }


def _reasons(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _local() -> tuple[dict[int, Value], dict[int, dict[int, float]]]:
    """F14 as it was completed, judged by the same rules (D-24): viable tumour elsewhere rules pCR out."""
    complete = {
        "form__participant__pathology_cases__in": released(),
        "form__status": FormStatus.COMPLETE,
        "form__active": True,
    }
    nodules = _nodules(
        LocalNodule.objects.filter(active=True, **complete), "form__participant_id", "lpn_no", "lpn_rvt"
    )
    threshold = float(study()["mpr_threshold_pct"])
    found = {}
    rows: Any = LocalPathology.objects.filter(**complete)
    for participant, rvt, mvi, satellite, thrombus, macro, nodes, margin in rows.values_list(*LOCAL):
        if rvt is None:
            continue
        value, viable = float(rvt), nodules.get(participant, {})
        elsewhere = study()["pcr_specimen_wide"] and derived.viable_elsewhere(
            mvi, satellite, thrombus or ("NA" if macro == "N" else None), "Y" if nodes else "N", margin
        )
        clear = bool(viable) and not any(viable.values()) and elsewhere is False
        found[participant] = Value(
            "", value, "Y" if value <= threshold + float(derived.TOLERANCE) else "N", "Y" if clear else "N"
        )
    return found, nodules


def _nodules(rows: QuerySet[Any], *names: str) -> dict[int, dict[int, float]]:
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for holder, number, viable in rows.values_list(*names):
        if number is not None and viable is not None:
            found[holder][number] = float(viable)
    return found


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _names() -> dict[int, str]:
    """Everybody who ever read, by key."""
    people = User.objects.filter(readings__submitted_at__isnull=False).distinct()
    return {person.pk: str(person) for person in people.only("pk", "full_name", "username")}


# --- for whom -----------------------------------------------------------------------------------------------------


def sites_of(grants: Grants) -> set[int] | None:
    """Sites whose single participants the person may know; none: all."""
    return grants.sites(Permission.RESULTS)


def mine(lines: list[Any], sites: set[int] | None) -> list[Any]:
    """Only lines of sites that the person may know. Figures of the trial are for all who may open the page."""
    return lines if sites is None else [line for line in lines if line.site in sites]
