"""Eight people at a real server: opening and saving beside the plain form; 32 writers; from a save to the endpoint."""

from __future__ import annotations

import random
import time
from typing import Any

from django.db import connection

from crf.registry import form_def
from endpoints.models import EndpointState
from participants.models import Participant
from trialsite.audit.models import AuditChain, AuditEvent
from trialsite.audit.trail import chain_name, digest_of

from . import site
from .measure import median_of, percentile
from .one_user import CORRECTED, OPENED
from .server import running
from .trials import Corrector, Person, Trial, cookies_of, think, together, trial_of

EIGHT = 8


def eight(scale: float) -> dict[str, Any]:
    """All eight do the same thing meanwhile, each with a participant of its own; then all do the next thing."""
    trial = trial_of(EIGHT)
    keys = ["ICF", "DM", "HCC", "TA", "IE", "EC", "SURG", "SS"]
    cookies, rounds = cookies_of(trial.lin), max(2, int(5 * scale))
    plain = [
        {key: site.plain_copy(trial.entry(key, *OPENED[key])).pk for key in keys} for _one in range(EIGHT)
    ]
    correctors = [
        {key: Corrector(trial.entry(key, *OPENED[key]), number, CORRECTED[key]) for key in keys}
        for number in trial.numbers
    ]

    def opened(number: int) -> list[float]:
        urls = [one.next()[0] for one in correctors[number].values()]
        return [_timed(lambda: people[number].get(url), 200) for url in urls]

    def saved(number: int) -> list[float]:
        found = []
        for one in correctors[number].values():
            url, data = one.next()
            found.append(_timed(lambda: people[number].post(url, data), 302))
            one.version += 1
        return found

    def plainly_opened(number: int) -> list[float]:
        urls = [f"/plain/{key}/{pk}/" for key, pk in plain[number].items()]
        return [_timed(lambda: people[number].get(url), 200) for url in urls]

    def plainly_saved(number: int) -> list[float]:
        posts = [(f"/plain/{k}/{pk}/", trial.entry(k, *OPENED[k]).plain) for k, pk in plain[number].items()]
        return [_timed(lambda: people[number].post(url, data), 302) for url, data in posts]

    acts = {"open": opened, "plain_open": plainly_opened, "save": saved, "plain_save": plainly_saved}
    found: dict[str, list[float]] = {name: [] for name in acts}
    with running("web") as port:
        people = [Person(port, cookies) for _one in range(EIGHT)]
        for round_ in range(rounds + 1):
            for name, act in acts.items():
                times = [one for mine in together(EIGHT, act) for one in mine]
                found[name] += times if round_ else []  # the first round warms up
    return {name: median_of(times) for name, times in found.items()}


def _timed(act: Any, expected: int) -> float:
    started = time.perf_counter()
    status, body = act()
    if status != expected:
        raise RuntimeError(f"{status}: {body[:2000].decode()}")
    return (time.perf_counter() - started) * 1000


# --- from a save to the endpoint ------------------------------------------------------------------------------------


def fresh(scale: float) -> dict[str, Any]:
    """From the start of the POST to the moment when the state is of the version that it made."""
    trial = trial_of(EIGHT + 1)
    times = max(6, int(30 * scale))
    cookies = cookies_of(trial.lin)
    with running("web", "worker", "beat") as port:
        _settle(trial)
        alone = _saves(trial, port, cookies, trial.numbers[EIGHT], times)
        crowd = together(EIGHT, lambda n: _saves(trial, port, cookies, trial.numbers[n], max(4, times // 2)))
    all_of = [one for mine in crowd for one in mine]
    return {
        "alone_p95": percentile(alone, 0.95), "alone_median": median_of(alone), "alone_n": len(alone),
        "eight_p95": percentile(all_of, 0.95), "eight_median": median_of(all_of), "eight_n": len(all_of),
    }  # fmt: skip


def _settle(trial: Trial) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and EndpointState.objects.count() < len(trial.numbers) + 1:
        time.sleep(0.1)
    time.sleep(1)


def _saves(trial: Trial, port: int, cookies: dict[str, str], number: str, times: int) -> list[float]:
    person, randomly = Person(port, cookies), random.Random(number)
    corrector = Corrector(trial.entry("TA", "TA2"), number, CORRECTED["TA"])
    pk = Participant.objects.values_list("pk", flat=True).get(number=number)
    found = []
    for _save in range(times):
        url, data = corrector.next()
        started = time.perf_counter()
        status, body = person.post(url, data)
        if status != 302:
            raise RuntimeError(f"{status}: {body[:1000].decode()}")
        corrector.version += 1
        version = Participant.objects.values_list("data_version", flat=True).get(pk=pk)
        until = started + 30
        while not EndpointState.objects.filter(pk=pk, data_version__gte=version).exists():
            if time.perf_counter() > until:
                raise RuntimeError(f"{number} not fresh after 30 s")
            time.sleep(0.005)
        found.append((time.perf_counter() - started) * 1000)
        think(randomly)
    connection.close()
    return found


# --- 32 writers -----------------------------------------------------------------------------------------------------

WRITERS, FORMS_OF_ONE = 32, ("DM", "HCC", "EC", "SURG")


def writers(scale: float) -> dict[str, Any]:
    """Four people at each of eight participants, each with a form of its own, as fast as the server takes it."""
    trial = trial_of(WRITERS // len(FORMS_OF_ONE))
    cookies = cookies_of(trial.lin)
    correctors = [
        Corrector(trial.entry(key, *OPENED[key]), number, CORRECTED[key])
        for number in trial.numbers
        for key in FORMS_OF_ONE
    ]

    def write(number: int) -> tuple[list[float], list[str]]:
        person, mine, times, failures = Person(port, cookies), correctors[number], [], []
        until = time.monotonic() + 15 * scale
        while time.monotonic() < until:
            url, data = mine.next()
            started = time.perf_counter()
            try:
                status, _body = person.post(url, data)
            except OSError as error:
                failures.append(type(error).__name__)
                person = Person(port, cookies)
                continue
            times.append((time.perf_counter() - started) * 1000)
            if status == 302:
                mine.version += 1
            else:
                failures.append(str(status))
        return times, failures

    with running("web", "worker", "beat") as port:
        done = together(WRITERS, write)
    times = [one for mine, _failed in done for one in mine]
    failures = [one for _times, failed in done for one in failed]
    lost = [f"{c.number} {c.entry.key}" for c in correctors if not _kept(c)]
    broken = [number for number in trial.numbers if not _chained(number)]
    return {
        "saves": sum(c.version - c.first for c in correctors), "failed": len(failures), "failures": sorted(set(failures)),
        "lost": len(lost), "broken_chains": len(broken), "median": median_of(times), "p95": percentile(times, 0.95),
        "per_second": sum(c.version - c.first for c in correctors) / (15 * scale),
    }  # fmt: skip


def _kept(corrector: Corrector) -> bool:
    """Version, value and trail agree with what the server acknowledged."""
    acknowledged = corrector.version - corrector.first
    form = corrector.stored()
    name = next(iter(corrector.changed))
    section, _, rest = name.partition(".")
    path = f"{section}:{rest.replace('.', '/')}" if rest else name
    events = list(
        AuditEvent.objects.filter(target=f"form:{form.pk}", path=path, action="CHANGE").order_by("number")
    )
    definition = form_def(corrector.entry.key)
    crf_field = definition.fields[name]
    value = crf_field.to_text(getattr(definition.model._default_manager.get(pk=form.pk), name))
    shown = crf_field.to_text(crf_field.parse(corrector.value))
    return (
        form.version == corrector.version
        and len(events) == acknowledged
        and value == shown
        and (not events or events[-1].new == shown)
    )


def _chained(number: str) -> bool:
    pk = Participant.objects.values_list("pk", flat=True).get(number=number)
    chain = AuditChain.objects.get(name=chain_name(pk))
    previous, count = "", 0
    for event in AuditEvent.objects.filter(chain=chain).order_by("number"):
        count += 1
        if (
            event.previous != previous
            or event.number != count
            or digest_of(chain.name, event) != event.digest
        ):
            return False
        previous = event.digest
    return (chain.length, chain.head) == (count, previous)
