"""Everything that an endpoint report says, taken in one transaction, as plain data. A report is made from this alone.

The content comes from a standpoint: of a cut from its own rows and nothing live, else from the trial as it stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from crf.derivation_imaging import engine_settings
from endpoints import services
from endpoints.cuts.data_state import totals
from endpoints.engine.figures import all_figures
from endpoints.engine.profile_figures import profile_figures
from endpoints.models import Status
from endpoints.models_cuts import DataCut, StoredFigures
from endpoints.models_reports import ReportJob, ReportKind
from endpoints.planned import Planned, accrual_plan, planned_now, planned_of
from endpoints.reports import codes
from endpoints.reports.choices import SECTIONS
from endpoints.reports.opened import capture_open
from endpoints.reports.people import People, people_of
from endpoints.standing_figures import PROFILE
from endpoints.standpoint import AtCut, Line, Live, Standpoint
from participants.models import Participant
from trialsite.audit.models import STUDY
from trialsite.audit.selectors import heads, heads_digest, of_participants
from trialsite.audit.trail import chain_name
from trialsite.kernel.digests import digest

ROOT = Path(__file__).resolve().parents[2]


@cache
def definition() -> str:
    """Changes when a line of the report's making changes: then the same data give another file."""
    made = hashlib.sha256()
    makers = [ROOT / "endpoints" / name for name in ("reports", "charts", "engine")]
    folders = (*makers, ROOT / "templates" / "reports")
    single = (
        "endpoints/board/parts.py",
        "endpoints/board/safety.py",
        "endpoints/drawing.py",
        "endpoints/moves.py",
        "endpoints/ordering.py",
        "endpoints/plotting.py",
        "endpoints/words.py",
        "endpoints/rows.py",
        "endpoints/trace.py",
        "static/css/report.css",
        "trialsite/web/charts.py",
        "trialsite/web/figures.py",
        *(f"trialsite/web/{path.name}" for path in sorted((ROOT / "trialsite" / "web").glob("pdf*.py"))),
    )
    catalogues = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
    files = [
        path
        for folder in folders
        for path in sorted(folder.rglob("*.*"))
        if path.is_file() and path.suffix in (".py", ".html")
    ]
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


def key_of(
    standpoint: Standpoint, language: str, sections: Sequence[str], sites: Sequence[str], number: str = ""
) -> str:
    """Names everything that goes into the file."""
    if standpoint.cut is not None:
        data = [standpoint.source, standpoint.cut.digest]
    else:
        # The chain of the study grows by every report that is asked for; cuts are named by a participant's report.
        cuts = list(DataCut.objects.order_by("pk").values_list("digest", flat=True)) if number else []
        data = [standpoint.source, heads_digest(of_participants(heads())), *cuts]
    return digest([data, language, list(sections), list(sites), number, codes.site_address(), definition()])


def content_of(job: ReportJob) -> dict[str, Any]:
    """The content of a job: of the trial or of one participant, of its cut or live."""
    standpoint = AtCut(job.cut) if job.cut is not None else None
    if job.kind == ReportKind.PARTICIPANT and job.participant is not None:
        from endpoints.reports.person import capture_person

        return capture_person(job.participant, standpoint)
    return capture(job.sites, standpoint)


@transaction.atomic
def capture(sites: Sequence[str], standpoint: Standpoint | None = None) -> dict[str, Any]:
    """The trial from a standpoint (none: as it stands). `sites` limits what names participants, never the figures."""
    if standpoint is None:
        services.trial_recompute()
        standpoint = Live()
    results, planned = standpoint.results, _planned(standpoint)
    people = people_of(standpoint, sites)
    everybody = list(standpoint.lines())
    bad = [line for line in everybody if line.status != Status.OK]
    return frame_of(standpoint) | {
        "kind": str(ReportKind.TRIAL),
        "results": results,
        "figures": _figures(standpoint, people, len(bad)),
        "planned": {name: value for name, value in planned.items() if name != "settings"},
        "screened": _screened(standpoint, people),
        "people": people.rows,
        "profile": _profile(standpoint, people),
        "open": capture_open([line for line in everybody if line.status == Status.OK], sites),
        "courses": people.courses,
        "totals": totals(people.states.values()),
        "problems": [_problem(line) for line in bad if not sites or line.site in sites],
        "problem_count": len(bad),
        "settings": planned["settings"],
        "sites": list(sites),
        "behind": services.stale().count() if standpoint.live else 0,
    }


def frame_of(standpoint: Standpoint) -> dict[str, Any]:
    """What every report says of its standpoint: the cut or the moment, versions, heads of the chains."""
    at = standpoint.computed_at
    cut = standpoint.cut
    return {
        "as_of": str(standpoint.as_of),
        "computed_at": at.isoformat() if at else "",
        "version": standpoint.state.version if isinstance(standpoint, Live) and standpoint.state else standpoint.source,
        "cut": _cut(cut) if cut is not None else None,
        "chains": cut.chains if cut is not None else chain_heads(),
        "engine": standpoint.engine,
        "configuration": standpoint.configuration,
        "engine_settings": standpoint.engine_settings,
        codes.ADDRESS: codes.site_address(),
    }  # fmt: skip


def _cut(cut: DataCut) -> dict[str, Any]:
    replaced = cut.replaces
    return {
        "code": cut.code,
        "title": cut.title,
        "reason": cut.reason,
        "at": cut.at.isoformat(),
        "cutoff": cut.cutoff.isoformat(),
        "final": cut.final,
        "replaces": replaced.code if replaced is not None else "",
        "digest": cut.digest,
        "confirmed_by": cut.manifest.get("name", ""),
        "role": cut.manifest.get("role", ""),
        "confirmed_at": cut.confirmed_at.isoformat(),
    }


def _figures(standpoint: Standpoint, people: People, refused: int) -> list[list[Any]]:
    """Figures of every analysis set by every evaluator: set, evaluator, figures. A cut keeps its own. `refused`: how many
    have no result (G-27); every set says so as the headline does."""
    if not standpoint.live:
        every = StoredFigures.objects.filter(source=standpoint.source).order_by("population", "evaluator")
        kept = every.exclude(evaluator=PROFILE)
        rows = [list(row) for row in kept.values_list("population", "evaluator", "results")]
        if rows:
            return rows
    pairs = [(row["summary"], row["profile"]) for row in people.rows]
    made = all_figures(pairs, engine_settings(), _planned(standpoint)["null_rates"], refused)
    return [[population, evaluator, made[population, evaluator]] for population, evaluator in sorted(made)]


def _profile(standpoint: Standpoint, people: People) -> dict[str, Any]:
    """Safety, exposure, accrual, subgroups, pathology by reader. Whose data are refused has a profile alone."""
    summaries = {row["number"]: row["summary"] for row in people.rows}
    pairs = [(summaries.get(number, {}), profile) for number, profile in people.profiles.items()]
    return profile_figures(pairs, engine_settings(), accrual_plan(_planned(standpoint)))


def _planned(standpoint: Standpoint) -> Planned:
    """Null rates, accrual plan, design and settings: those that a cut keeps, else those of today."""
    return planned_now() if standpoint.cut is None else planned_of(standpoint.cut)


def _screened(standpoint: Standpoint, people: People) -> int:
    if standpoint.live:
        return Participant.objects.filter(imported=False).count()
    return len(people.states)


def _problem(line: Line) -> list[Any]:
    return [line.number, line.status, line.error, line.summary.get("refusal")]


__all__ = ["SECTIONS", "capture", "chain_heads", "content_of", "definition", "frame_of", "key_of"]
