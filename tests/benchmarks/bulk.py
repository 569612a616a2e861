"""The matrix of 200 participants; 10,000 participants recomputed from nothing."""

from __future__ import annotations

import time
from typing import Any

from django.core.management import call_command
from django.test import override_settings

from endpoints import services
from endpoints.gather import gather, standings
from endpoints.models import EndpointState, StoredFigures, TrialState
from participants.models import Participant, Visit
from trialsite.accounts.models import User

from . import site
from .copies import analyse, copy_everybody
from .measure import Browser, Sample, command, queries, quiet
from .trials import cookies_of

GENERATED = 100
MATRIX = "/participants/?view=matrix"


def matrix(scale: float) -> dict[str, Any]:
    """Two hundred invented participants, as a monitor of all sites sees them."""
    monitor = generated()["mo"]
    copy_everybody(1)
    analyse()
    browser = Browser(cookies_of(monitor))
    if (answer := browser.get(MATRIX)).status != 200:
        raise RuntimeError(f"{MATRIX}: {answer.status}")
    quiet()
    sample = Sample()
    for _time in range(max(8, int(40 * scale))):
        sample.add(browser.get(MATRIX))
    return {
        "ms": sample.median, "cpu": sample.median_cpu, "queries": queries(lambda: browser.get(MATRIX)),
        "participants": Participant.objects.count(),
        "visits": round(Visit.objects.count() / Participant.objects.count()), "cells": answer.body.count(b'role="gridcell"'),
    }  # fmt: skip


def generated() -> dict[str, User]:
    """A hundred participants of the demonstration trial with what endpoints read, and its people as ordinary accounts."""
    with override_settings(DEMO=True):
        call_command("demo", participants=GENERATED, seed=7, endpoints_only=True, verbosity=0)
    return site.people()


def scratch(scale: float) -> dict[str, Any]:
    """Copies of a hundred invented participants, `manage.py recompute` in two processes: a tenth of them, then all."""
    generated()
    copies = max(9, int(10_000 * scale) // GENERATED - 1)
    few, many = GENERATED * ((copies + 1) // 10), GENERATED * (copies + 1)
    copy_everybody(few // GENERATED - 1)
    analyse()
    EndpointState.objects.all().delete()
    first = _recomputed()
    copy_everybody(copies + 1 - few // GENERATED, first=few // GENERATED)
    analyse()
    TrialState.objects.all().delete()
    EndpointState.objects.all().delete()
    second = _recomputed()
    TrialState.objects.all().delete()
    StoredFigures.objects.all().delete()
    last = EndpointState.objects.latest("computed_at").computed_at
    again = _recomputed()  # nobody is behind: the figures alone
    if EndpointState.objects.latest("computed_at").computed_at != last:
        raise RuntimeError("The engine was changed meanwhile: participants were computed once more.")
    names = ("s", "cpu", "mb")
    return {
        "few": few, "many": many, "done": EndpointState.objects.filter(status="OK").count(),
        **{f"few_{name}": value for name, value in zip(names, first, strict=True)},
        **{f"many_{name}": value for name, value in zip(names, second, strict=True)},
        **{f"figures_{name}": value for name, value in zip(names, again, strict=True)},
        "sets": StoredFigures.objects.count() + 1, "parts": _parts(),
    }  # fmt: skip


def _parts() -> dict[str, float]:
    """Processor milliseconds for each participant of one batch: reading with course and profile, engine and text, writing."""
    pks = list(Participant.objects.order_by("pk").values_list("pk", flat=True)[:GENERATED])
    at = [time.process_time()]

    def passed() -> float:
        at.append(time.process_time())
        return (at[-1] - at[-2]) * 1000 / len(pks)

    with services._without_collector():
        gathered = list(gather(standings(pks)))
        reading = passed()
        made = [services.compute(one) for one in gathered]
        engine = passed()
        services._write(made, anew=True)
    return {"reading": reading, "engine": engine, "writing": passed()}


def _recomputed() -> tuple[float, float, float]:
    """Seconds as the command says, processor seconds of all its processes, peak of the one that took most memory."""
    return command("recompute", "--processes", "2")
