"""Recomputation: who is behind, compute, write. Idempotent; two workers at once end in the same state.

A version is read before the data and compared again before the result is written: what was saved in between leaves
the participant behind, and the next message or the sweep takes it up. Locks are held for the writing only.
"""

from __future__ import annotations

import gc
import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

import structlog
from django.db import transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from crf.derivation_imaging import engine_settings
from endpoints.compact import body_of, error_body
from endpoints.engine.course import Course, derive
from endpoints.engine.evaluators import others_of, whole_summary
from endpoints.engine.figures import figures
from endpoints.engine.safety import with_safety
from endpoints.engine.steps import EngineError
from endpoints.engine.summary import Summary
from endpoints.gather import Gathered, gather, standings
from endpoints.models import EndpointRun, EndpointState, Status, TrialState
from endpoints.versions import basis, engine_version
from participants.models import Participant
from trialsite.accounts.models import Site
from trialsite.kernel.study import study

log = structlog.get_logger(__name__)

BATCH = 200
ATTEMPTS = 5


@dataclass(slots=True)
class Computed:
    """What came out for one participant, ready to be written."""

    gathered: Gathered
    status: str
    body: str = ""
    summary: Summary = field(default_factory=dict)
    error: str = ""
    address: str = ""
    failed: bool = False  # a failure that is no fault of the data: to be tried again, not kept as a result

    @property
    def result_digest(self) -> str:
        return hashlib.sha256(self.body.encode()).hexdigest()


def compute(gathered: Gathered) -> Computed:
    """Engine over one course. Refused data and failures are this participant's own (G-27)."""
    if gathered.failure is not None:
        return _failed(gathered, gathered.failure)
    try:
        course = Course.from_json(gathered.case)
        result = with_safety(course, derive(course, engine_settings()), gathered.profile)
        others = others_of(course, engine_settings())
        body = body_of(result, gathered.paths, gathered.profile_digest, others)
        return Computed(gathered, Status.OK, body, whole_summary(course, result, others, gathered.profile))
    except EngineError as error:
        return Computed(
            gathered, Status.ERROR, error_body(error, gathered.paths, gathered.profile_digest),
            {"refusal": {"message": error.message, "params": error.shown}}, str(error), gathered.paths.first(error.where)[:160],
        )  # fmt: skip
    except Exception as failure:
        return _failed(gathered, failure)


def _failed(gathered: Gathered, failure: Exception) -> Computed:
    """Nobody foresaw this: kept with its text, tried again, set aside after `ATTEMPTS`."""
    log.error("endpoints_failed", participant=gathered.participant, exc_info=failure)
    return Computed(gathered, Status.ERROR, error=f"{type(failure).__name__}: {failure}"[:500], failed=True)


# --- participants ---------------------------------------------------------------------------------------------------


def endpoints_recompute(participant: int) -> bool:
    """One participant, if behind. True when a new result was written."""
    return endpoints_recompute_many([participant]) > 0


def endpoints_recompute_many(participants: Collection[int], *, anew: bool = False) -> int:
    """Those of a batch that are behind (`anew`: all of them): a fixed number of queries.

    Returns how many got a new result.
    """
    now = basis()
    wanted = [standing for standing in standings(participants) if anew or standing.behind(now)]
    if not wanted:
        return 0
    with _without_collector():
        return _write([compute(gathered) for gathered in gather(wanted)], anew)


@contextmanager
def _without_collector() -> Iterator[None]:
    """A batch makes very many small objects and no cycles: looking for cycles meanwhile costs a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


STATE_FIELDS = (
    "data_version", "as_of", "basis", "run", "status", "attempts", "error", "error_address", "computed_at", "summary",
    "profile",
)  # fmt: skip


@transaction.atomic
def _write(results: list[Computed], anew: bool = False) -> int:
    """Lock the states, keep what is not overtaken, add runs for what is new, bring the states up to date."""
    states = _locked([one.gathered.participant for one in results])
    versions = dict(Participant.objects.filter(pk__in=list(states)).values_list("pk", "data_version"))
    kept = [
        one
        for one in results
        if versions.get(one.gathered.participant) == one.gathered.data_version
        and (anew or not _overtaken(states[one.gathered.participant], one))
    ]
    fresh = _add_runs(kept, states)
    moment = timezone.now()
    for one in kept:
        _settle(states[one.gathered.participant], one, moment)
    # All exist and are locked: an insert that always meets its conflict is Django's quickest update of many rows.
    EndpointState.objects.bulk_create(
        [states[one.gathered.participant] for one in kept],
        update_conflicts=True, unique_fields=["participant"], update_fields=STATE_FIELDS,
    )  # fmt: skip
    return fresh


def _locked(pks: list[int]) -> dict[int, EndpointState]:
    """The states of these participants, made where missing, locked until the transaction ends."""
    locked = (
        EndpointState.objects.select_for_update()
        .filter(pk__in=pks)
        .order_by("pk")
        .defer("summary", "profile")
    )
    states = {state.pk: state for state in locked}
    if len(states) < len(pks):
        made = [EndpointState(participant_id=pk) for pk in pks if pk not in states]
        EndpointState.objects.bulk_create(made, ignore_conflicts=True)
        states = {state.pk: state for state in locked.all()}
    return states


def _overtaken(state: EndpointState, one: Computed) -> bool:
    """Another worker has written this or something later."""
    if state.basis != basis() or state.as_of is None or (state.attempts and state.status == Status.ERROR):
        return False
    here = (one.gathered.data_version, one.gathered.cutoff)
    return (state.data_version, state.as_of) >= here


def _add_runs(kept: Iterable[Computed], states: dict[int, EndpointState]) -> int:
    """A run for every result that differs from the participant's last one."""
    pks = [state.run_id for state in states.values() if state.run_id]
    last = dict(EndpointRun.objects.filter(pk__in=pks).values_list("participant_id", "result_digest"))
    moment = timezone.now()
    runs = [
        _run(one, moment)
        for one in kept
        if not one.failed and last.get(one.gathered.participant) != one.result_digest
    ]
    for run in EndpointRun.objects.bulk_create(runs):
        states[run.participant_id].run = run
    return len(runs)


def _run(one: Computed, moment: datetime) -> EndpointRun:
    gathered = one.gathered
    return EndpointRun(
        participant_id=gathered.participant, data_version=gathered.data_version, engine=engine_version(),
        configuration=study().digest, cutoff=gathered.cutoff, input_digest=gathered.digest,
        result_digest=one.result_digest, body=zlib.compress(one.body.encode(), 1), error=one.error, created_at=moment,
    )  # fmt: skip


def _settle(state: EndpointState, one: Computed, moment: datetime) -> None:
    same = (state.data_version, state.basis) == (one.gathered.data_version, basis())
    state.data_version, state.as_of, state.basis = one.gathered.data_version, one.gathered.cutoff, basis()
    state.attempts = 0 if not one.failed else (state.attempts if same else 0) + 1
    state.status = Status.PARKED if state.attempts >= ATTEMPTS else one.status
    state.error, state.error_address, state.summary = one.error, one.address, one.summary
    state.profile = one.gathered.profile
    state.computed_at = moment


def stale(part: int = 0, parts: int = 1) -> QuerySet[Participant]:
    """Participants who are behind; one of several equal parts of them."""
    state = EndpointState.objects.filter(participant=OuterRef("pk"))
    settled = state.filter(data_version=OuterRef("data_version"), basis=basis()).exclude(
        status=Status.ERROR, attempts__gt=0
    )
    days = [Q(site=site, endpoint_state__as_of__lt=site.today()) for site in Site.objects.all()]
    before = Q(~Exists(settled))
    for day in days:
        before |= day
    found = Participant.objects.filter(before).order_by("pk")
    return found if parts == 1 else found.annotate(part=F("pk") % parts).filter(part=part)


def endpoints_catch_up(part: int = 0, parts: int = 1, size: int = BATCH) -> int:
    """The next batch of those behind. Returns how many were found: fewer than `size` means none are left."""
    wanted = list(stale(part, parts).values_list("pk", flat=True)[:size])
    if wanted:
        endpoints_recompute_many(wanted)
    return len(wanted)


# --- the trial ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrialVersion:
    """Which results the trial's figures rest on: how many participants, the latest run and the sum of all, the day."""

    text: str
    as_of: date | None


def trial_version() -> TrialVersion:
    found = EndpointState.objects.aggregate(
        n=Count("pk"), last=Max("run_id"), all=Sum("run_id"), as_of=Max("as_of")
    )
    bad = EndpointState.objects.of_trial().exclude(status=Status.OK).count()
    text = f"{found['n']}/{found['last'] or 0}/{found['all'] or 0}/{bad}/{basis()}"
    return TrialVersion(text, found["as_of"])


def trial_ask() -> bool:
    """Whether the caller is the one to send the message: a hundred participants ask once."""
    if TrialState.objects.filter(pk=TrialState.ONLY, asked=False).update(asked=True):
        return True
    if TrialState.objects.filter(pk=TrialState.ONLY).exists():
        return False
    TrialState.objects.bulk_create([TrialState(asked=True)], ignore_conflicts=True)
    return True


def trial_is_behind() -> bool:
    state = TrialState.objects.filter(pk=TrialState.ONLY).only("version", "as_of").first()
    now = trial_version()
    return state is None or (state.version, state.as_of) != (now.text, now.as_of)


def trial_recompute() -> bool:
    """The trial's figures, if behind. True when they were computed anew."""
    TrialState.objects.bulk_create([TrialState()], ignore_conflicts=True)
    TrialState.objects.filter(pk=TrialState.ONLY, asked=True).update(asked=False)
    with transaction.atomic():
        # The lock comes first: a second worker waits here and then finds nothing to do.
        state = TrialState.objects.select_for_update().defer("results").get(pk=TrialState.ONLY)
        now = trial_version()
        if (state.version, state.as_of) == (now.text, now.as_of):
            return False
        good = EndpointState.objects.of_trial().filter(status=Status.OK, run__isnull=False).order_by("pk")
        summaries = good.values_list("summary", flat=True).iterator(chunk_size=500)
        results = figures(summaries, engine_settings(), null_rates=study().values.get("null_rates"))
        results["errors"] = EndpointState.objects.of_trial().exclude(status=Status.OK).count()
        state.version, state.as_of, state.computed_at, state.results = (
            now.text,
            now.as_of,
            timezone.now(),
            results,
        )
        state.save(update_fields=["version", "as_of", "computed_at", "results"])
    return True


def batches(pks: Collection[int], size: int = BATCH) -> Iterator[list[int]]:
    """Slices of a batch's size."""
    every = list(pks)
    for start in range(0, len(every), size):
        yield every[start : start + size]
