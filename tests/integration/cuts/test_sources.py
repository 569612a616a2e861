"""The engine's version covers every line that has a part in a result."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from endpoints import gather, versions
from endpoints.services import compute
from participants.models import Participant
from tests.integration.cuts.conftest import read_by_two
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

OUTSIDE = ("models", "participants", "trialsite", "tests", ".venv", "migrations")
SERVICE = "endpoints/services.py"  # calls the engine and writes: it computes nothing itself


def ran(act: Callable[[], Any]) -> set[str]:
    """Files of the project of which a function ran."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, _arg: Any) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    root = f"{versions.ROOT}/"
    return {one.removeprefix(root) for one in files if one.startswith(root)}


def test_whatever_runs_from_forms_to_a_result_is_covered(
    cast: dict[str, User], participant: Participant
) -> None:
    read_by_two(participant, cast["lin"])
    wanted = gather.standings([participant.pk])
    used = ran(lambda: [compute(one) for one in gather.gather(wanted)])
    known = {one.relative_to(versions.ROOT).as_posix() for one in versions.sources()}
    missing = {one for one in used - known if not any(part in one.split("/") for part in OUTSIDE)}
    assert missing == {SERVICE}
    assert len(used & known) > 40


def test_what_the_list_once_lacked_is_in_it() -> None:
    known = {one.relative_to(versions.ROOT).as_posix() for one in versions.sources()}
    assert known >= {
        "crf/derived.py", "crf/derivation_visit.py", "crf/derivation_events.py", "crf/laboratory.py", "crf/ctcae.py",
        "crf/facts.py", "crf/selectors/replay.py", "crf/selectors/sheets.py", "endpoints/compact.py",
        "endpoints/engine/course.py", "endpoints/engine/safety.py", "endpoints/mapping.py", "endpoints/profile_sets.py",
        "trialsite/kernel/partial_date.py",
    }  # fmt: skip
    assert not any("/models" in one or one.startswith("trialsite/web") for one in known)
