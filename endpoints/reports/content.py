"""Everything that an endpoint report says, taken in one transaction, as plain data. A report is made from this alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from crf.registry import form_def
from crf.selectors.sheets import casebooks
from crf.sheets import Casebook, Sheet
from endpoints import services
from endpoints.engine.codes import MRECIST
from endpoints.engine.steps import plain
from endpoints.models import EndpointState, Status, TrialState
from endpoints.trace import fingerprint
from endpoints.versions import engine_version
from participants.models import Participant
from trialsite.audit.models import STUDY
from trialsite.audit.selectors import heads, heads_digest, of_participants
from trialsite.audit.trail import chain_name
from trialsite.kernel.digests import digest
from trialsite.kernel.study import study

SECTIONS = (
    "glance",
    "participants",
    "primary",
    "radiology",
    "survival",
    "listing",
    "pathology",
    "methods",
    "settings",
)
CENTRAL = {
    "CPATHF": ("cpf_dat",),
    "CPATH": ("cp_reader", "cp_midat", "cp_adeq", "cp_rvt_case", "cp_mpr", "cp_pcr"),
}
BASIC = {"DM": ("sex", "brthdat")}
ROOT = Path(__file__).resolve().parents[2]


@cache
def definition() -> str:
    """Changes when a line of the report's making changes: then the same data give another file."""
    made = hashlib.sha256()
    folders = (ROOT / "endpoints" / "reports", ROOT / "endpoints" / "charts", ROOT / "templates" / "reports")
    single = (
        "endpoints/drawing.py",
        "endpoints/words.py",
        "endpoints/rows.py",
        "static/css/report.css",
        "trialsite/web/charts.py",
        "trialsite/web/pdf_child.py",
    )
    catalogues = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
    files = [path for folder in folders for path in sorted(folder.glob("*.*")) if path.is_file()]
    for path in [*files, *(ROOT / name for name in single), *catalogues]:
        made.update(path.name.encode() + b"\0" + path.read_bytes())
    return made.hexdigest()[:12]


def chain_heads() -> dict[str, Any]:
    """All audit chains in one digest, any later event changes it; each participant's head, and that of the study."""
    found = heads()
    numbers = {chain_name(pk): number for pk, number in Participant.objects.values_list("pk", "number")}
    people = [[numbers[one.name], one.length, one.head, one.name] for one in found if one.name in numbers]
    return {
        "chains": len(found),
        "events": sum(one.length for one in found),
        "digest": heads_digest(found),
        "study": next(([one.length, one.head] for one in found if one.name == STUDY), [0, ""]),
        "people": sorted(people),
    }


def key_of(state: TrialState, language: str, sections: Sequence[str], sites: Sequence[str]) -> str:
    """Names everything that goes into the file."""
    return digest(
        [
            state.version,
            str(state.as_of),
            # That of the study grows by every report that is asked for.
            heads_digest(of_participants(heads())),
            language,
            list(sections),
            list(sites),
            definition(),
        ]
    )


@transaction.atomic
def capture(sites: Sequence[str]) -> dict[str, Any]:
    """The trial as it stands. `sites` limits the listings, never the figures of the trial."""
    services.trial_recompute()
    state = TrialState.objects.get(pk=TrialState.ONLY)
    good = EndpointState.objects.of_trial().filter(status=Status.OK, run__isnull=False)
    rows = good.select_related("participant__site", "run").order_by("participant__number")
    pks = list(good.values_list("pk", flat=True))
    books = casebooks(pks, only={**CENTRAL, **BASIC})
    people = []
    for one in rows.iterator(chunk_size=500):
        assert one.run is not None
        book = books.pop(one.pk)
        person = _person(one)
        person["sex"] = str(book.value("DM", "sex") or "")
        person["born"] = str(plain(book.value("DM", "brthdat")) or "")[:4]
        person["readings"] = _readings(book)
        person["listed"] = not sites or one.participant.site.number in sites
        people.append(person)
    return {
        "as_of": str(state.as_of),
        "computed_at": state.computed_at.isoformat() if state.computed_at else "",
        "version": state.version,
        "results": state.results,
        "screened": Participant.objects.filter(imported=False).count(),
        "people": people,
        "problems": _problems(sites),
        "problem_count": EndpointState.objects.of_trial().exclude(status=Status.OK).count(),
        "chains": chain_heads(),
        "engine": engine_version(),
        "configuration": study().digest,
        "settings": _settings(),
        "sites": list(sites),
        "behind": services.stale().count(),
    }


def _person(state: EndpointState) -> dict[str, Any]:
    """One participant: summary, fingerprint, time points, and what was imputed."""
    run = state.run
    assert run is not None
    content = run.content
    return {
        "number": state.participant.number,
        "site": state.participant.site.number,
        "summary": state.summary,
        "fingerprint": fingerprint(run.input_digest, run.engine, run.configuration, run.result_digest),
        "points": [
            {name: point[name] for name in ("date", "sum", "baseline_sum")}
            for point in content["responses"].get(MRECIST, [])
        ],
        "imputed": [
            [params.get("what", ""), params.get("given", ""), params.get("date", ""), params.get("flag", "")]
            for rule, _message, params, _reads in content["steps"]
            if rule == "G-30" and "flag" in params
        ],
    }


def _readings(book: Casebook) -> list[dict[str, Any]]:
    """The submitted readings of a result that has been released: before, nobody but their readers knows them."""
    if book.value("CPATHF", "cpf_dat") is None:
        return []
    return [_reading(sheet) for sheet in book.all("CPATH") if sheet.status == "COMPLETE"]


def _reading(sheet: Sheet) -> dict[str, Any]:
    return {
        "reader": sheet.get("cp_reader"),
        "date": plain(sheet.get("cp_midat")),
        "adequacy": sheet.get("cp_adeq"),
        "rvt": form_def("CPATH").fields["cp_rvt_case"].to_raw(sheet.get("cp_rvt_case")),
        "mpr": sheet.get("cp_mpr"),
        "pcr": sheet.get("cp_pcr"),
    }


def _problems(sites: Sequence[str]) -> list[list[Any]]:
    states = EndpointState.objects.of_trial().exclude(status=Status.OK).order_by("participant__number")
    if sites:
        states = states.filter(participant__site__number__in=list(sites))
    return [
        [number, status, error, summary.get("refusal")]
        for number, status, error, summary in states.values_list(
            "participant__number", "status", "error", "summary"
        )
    ]


def _settings() -> list[list[str]]:
    """Key, value, reason; the engine's settings included."""
    whole = study()
    values: Mapping[str, Any] = {**whole.values, **whole.engine}
    return [[key, _short(values[key]), whole.reasons[key]] for key in whole.reasons]


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_short(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_short(one) for one in value)
    return str(value)
