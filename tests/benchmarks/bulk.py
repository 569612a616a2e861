"""The matrix of 200 participants; 10,000 participants recomputed from nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from typing import Any

from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from endpoints.models import EndpointState, TrialState
from participants.models import Visit

from . import site
from .measure import Browser, Sample, queries, quiet
from .trials import cookies_of, trial_of

GENERATED = 100
MATRIX = "/participants/?view=matrix"


def matrix(scale: float) -> dict[str, Any]:
    trial = trial_of(199)
    browser = Browser(cookies_of(trial.lin))
    if (answer := browser.get(MATRIX)).status != 200:
        raise RuntimeError(f"{MATRIX}: {answer.status}")
    quiet()
    sample = Sample()
    for _time in range(max(8, int(30 * scale))):
        sample.add(browser.get(MATRIX))
    return {
        "ms": sample.median, "cpu": sample.median_cpu, "queries": queries(lambda: browser.get(MATRIX)),
        "participants": 200, "visits": Visit.objects.filter(participant=trial.participant).count(),
        "cells": len(re.findall(rb'role="gridcell"', answer.body)),
    }  # fmt: skip


def scratch(scale: float) -> dict[str, Any]:
    """Copies of a hundred invented participants, `manage.py recompute` in two processes: a tenth of them, then all."""
    with override_settings(DEMO=True):
        call_command("demo", participants=GENERATED, seed=7, verbosity=0)
    copies = max(9, int(10_000 * scale) // GENERATED - 1)
    few, many = GENERATED * ((copies + 1) // 10), GENERATED * (copies + 1)
    site.copy_everybody(few // GENERATED - 1)
    site.analyse()
    EndpointState.objects.all().delete()
    first = _recomputed()
    site.copy_everybody(copies + 1 - few // GENERATED, first=few // GENERATED)
    site.analyse()
    TrialState.objects.all().delete()
    EndpointState.objects.all().delete()
    second = _recomputed()
    return {
        "few": few, "few_s": first[0], "few_mb": first[1], "many": many, "many_s": second[0], "many_mb": second[1],
        "done": EndpointState.objects.filter(status="OK").count(),
    }  # fmt: skip


def _recomputed() -> tuple[float, float]:
    """Seconds with the start of Python taken off, and the peak of the process that took most memory."""
    connections.close_all()
    command = [sys.executable, "manage.py", "recompute", "--processes", "2"]
    started = time.perf_counter()
    text = subprocess.run(
        [sys.executable, "-c", PEAK, *command],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ.copy(),
    ).stdout
    _whole = time.perf_counter() - started
    said, peak = text.rsplit("\n", 2)[0], text.strip().rsplit("\n", 1)[1]
    found = re.search(r"([\d.]+) s\b", said)
    assert found is not None, text
    return float(found[1]), int(peak) / 1024


# A process of its own, so that the peak is of this run alone.
PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
