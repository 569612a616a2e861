"""The generator knows the truth; the engine, from the forms alone, must find the same."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crf.checks import hits_of
from crf.derivation_imaging import engine_settings
from crf.models import FormInstance
from crf.selectors.folder import folders
from crf.selectors.replay import replayed
from crf.selectors.sheets import casebook
from endpoints.engine.course import Course, derive
from endpoints.engine.safety import with_safety
from endpoints.gather import books_of, course
from participants.models import Participant
from pathology.models import PathologyCase, Reading, RecutRequest, Reopening
from pathology.selectors.cases import late
from trialsite.demo.cohort import stories
from trialsite.demo.truth import truth_of

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 10, 31)


@pytest.fixture(autouse=True)
def demonstration(settings: Any) -> None:
    settings.DEMO = True


def make(participants: int = 12, seed: int = 7, today: dt.date = TODAY, **more: Any) -> str:
    """`endpoints_only`: quick; without it everything that the clinic notes is entered as well."""
    out = StringIO()
    more.setdefault("endpoints_only", True)
    call_command(
        "demo", participants=participants, seed=seed, today=today, stdout=out, stderr=StringIO(), **more
    )
    return out.getvalue()


def found(number: str, today: dt.date) -> dict[str, Any]:
    """The endpoints by the engine, in the shape of the truth."""
    pk = Participant.objects.get(number=number).pk
    book = books_of([pk])[pk]
    book.number = number
    gathered = course(book, pk, 0, today)
    assert gathered.failure is None
    read = Course.from_json(gathered.case)
    every = with_safety(read, derive(read, engine_settings()), gathered.profile).to_json()["endpoints"]
    if every["MPR"]["value"] is None:
        return {"in_fas": False}
    times = {
        name: {key: every[name][key] for key in ("start", "end", "days", "event", "name")}
        for name in ("PFS", "DFS", "DOR", "OS")
    }
    return {
        "in_fas": True,
        **{name: every[name]["value"] for name in ("MPR", "PCR", "ORR", "DCR", "R0", "TRAE3", "SAE")},
        **{name: [every[name]["value"], every[name]["date"]] for name in ("BOR_RECIST", "BOR_MRECIST")},
        "RVT": pytest.approx(every["MPR"]["rvt_pct"]) if every["MPR"].get("rvt_pct") is not None else None,
        **{name: value if value["end"] else None for name, value in times.items()},
    }


@pytest.mark.parametrize(("seed", "count", "quick"), [(3, 20, True), (7, 20, True), (4, 3, False)])
def test_the_engine_finds_the_truth(seed: int, count: int, quick: bool, tmp_path: Path) -> None:
    """With and without what the clinic notes: no endpoint reads it."""
    make(count, seed, truth=tmp_path / "truth.json", endpoints_only=quick)
    truth = json.loads((tmp_path / "truth.json").read_text())["participants"]
    assert len(truth) == count
    for number, expected in truth.items():
        assert expected == found(number, TODAY), number


def test_01_003_is_the_story_of_the_book() -> None:
    make(12)
    expected = found("01-003", TODAY)
    assert (expected["MPR"], expected["PCR"]) == ("Y", "N")
    assert expected["RVT"] == 8.275 or expected["RVT"] == pytest.approx(8.28, abs=0.05)
    assert (expected["BOR_RECIST"][0], expected["BOR_MRECIST"][0]) == ("PR", "PR")
    assert (expected["PFS"]["days"], expected["DFS"]["days"], expected["OS"]["days"]) == (666, 589, 729)
    assert not any(expected[name]["event"] for name in ("PFS", "DFS", "OS"))


def test_the_same_seed_gives_the_same_trial() -> None:
    one = [truth_of(story, TODAY) for story in stories(30, 5, TODAY)]
    assert one == [truth_of(story, TODAY) for story in stories(30, 5, TODAY)]
    assert one != [truth_of(story, TODAY) for story in stories(30, 6, TODAY)]


def test_a_second_run_makes_nothing_twice() -> None:
    make(6)
    forms = FormInstance.objects.count()
    assert "6 existed already" in make(6)
    assert FormInstance.objects.count() == forms


def test_an_interrupted_run_is_finished_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    from trialsite.management.commands import demo

    real, calls = demo.write, []

    def stops(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(demo, "write", stops)
    with pytest.raises(KeyboardInterrupt):
        make(6)
    assert Participant.objects.count() == 3
    monkeypatch.setattr(demo, "write", real)
    assert "3 participants made" in make(6)
    assert Participant.objects.count() == 6


def test_every_state_of_progress_occurs() -> None:
    """Over many participants: screening to death, pending and final results, each kind of event."""
    every = [truth_of(story, TODAY) for story in stories(400, 1, TODAY)]
    treated = [one for one in every if one["in_fas"]]
    assert {one["MPR"] for one in treated} == {"Y", "N", "PENDING"}
    assert {one["PCR"] for one in treated} == {"Y", "N", "PENDING"}
    assert {one["PFS"]["name"] for one in treated} >= {
        "Progression", "Recurrence", "Death", "New anticancer therapy", "Last adequate assessment",
    }  # fmt: skip
    assert {one["BOR_RECIST"][0] for one in treated} == {"CR", "PR", "SD", "PD", "NE"}
    assert any(len(story.reads) == 3 for story in stories(100, 1, TODAY))
    for name, values in (("R0", {"Y", "N", None}), ("TRAE3", {"Y", "N"}), ("SAE", {"Y", "N"})):
        assert {one[name] for one in treated} == values


def test_what_the_clinic_notes_breaks_no_rule() -> None:
    """Every form that a participant should have by now is there, and no hard check fires."""
    make(3, seed=7, endpoints_only=False)
    for participant in Participant.objects.all():
        [held] = folders([participant.pk])
        folder = held.folder
        wrong = [(check.id, hit) for check, hit in hits_of(folder) if check.hard]
        assert wrong == [], participant.number
        assert {"LB", "VS", "HEP", "EG", "AE", "MH", "CM"} <= {sheet.key for sheet in folder.book}


def test_the_trail_tells_the_same_as_the_tables() -> None:
    make(2, seed=9, endpoints_only=False)
    for participant in Participant.objects.all():
        told = replayed(participant.pk).book()
        for sheet in casebook(participant.pk):
            other = next(s for s in told.all(sheet.key) if s.form == sheet.form)
            assert (sheet.values, sheet.missing) == (other.values, other.missing), sheet.key


def test_submitted_readings_are_of_different_people() -> None:
    make(8)
    readings = Reading.objects.filter(submitted_at__isnull=False).select_related("reader")
    assert readings
    assert {r.reader.username for r in readings if r.reader} <= {"p1", "p2", "p3"}


def test_central_reading_is_left_at_every_stage() -> None:
    """A data manager finds something of each kind; what is not released is pending, and one result waits to be reopened."""
    make(24)
    assert set(PathologyCase.objects.values_list("state", flat=True)) == {
        "AWAITED", "TO_ALLOCATE", "READING", "ADJUDICATION", "DECIDED", "RELEASED",
    }  # fmt: skip
    assert late(timezone.localdate()).count() == 2
    assert RecutRequest.objects.filter(state="OPEN").count() == 1
    asked = Reopening.objects.select_related("reading__case").get()
    assert (asked.granted, asked.reading.case.state, asked.asked_by) == (
        None,
        "RELEASED",
        asked.reading.reader,
    )
    told = {story.number: (story, truth_of(story, TODAY)) for story in stories(24, 7, TODAY)}
    assert told["01-003"][0].central == ""
    for case in PathologyCase.objects.select_related("participant"):
        story, expected = told[case.participant.number]
        assert (expected["MPR"] == "PENDING") is (case.state != "RELEASED"), (
            case.participant.number,
            story.central,
        )
        assert found(case.participant.number, TODAY)["MPR"] == expected["MPR"]


def test_only_in_demonstration_mode(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="demonstration mode only"):
        make(1)


def test_not_in_the_future() -> None:
    with pytest.raises(CommandError, match="future"):
        make(1, today=dt.date(2999, 1, 1))
