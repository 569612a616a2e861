"""Every figure of the trial, again from a file: `manage.py course --all` and the engine without Django."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from crf.derivation_imaging import engine_settings
from endpoints import report_data, services, standing_figures
from endpoints.board.choice import choice_of
from endpoints.board.sources import evaluators_of
from endpoints.engine.figures import POPULATIONS
from endpoints.engine.settings import Settings
from endpoints.models import EndpointState, Status, StoredFigures, TrialState
from endpoints.standpoint import AtCut, Live
from endpoints.tasks import recompute_figures, recompute_trial
from participants.models import Participant
from tests import world
from tests.integration.cuts.conftest import cut_of
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[3]
MAIN = "INVESTIGATOR"
LESION = {"tl_enh": "TYPICAL"}

# As on a machine with nothing but Python: what is not of the engine cannot be imported.
PLAIN = """
import runpy, sys
for name in ("django", "celery", "pandas", "crf", "participants", "pathology", "structlog"):
    sys.modules[name] = None
sys.argv[1:] = ["trial"]
runpy.run_module("endpoints.engine", run_name="__main__")
"""


@pytest.fixture
def lin() -> User:
    return world.people()["lin"]


def treated(by: User, *sums: str, evaluator: str = MAIN) -> Participant:
    """Enrolled and dosed, with one measured lesion at each assessment by this evaluator."""
    made = world.screened(by)
    world.consent(made, by, "2024-03-04")
    read(made, by, "SCR", "2024-03-06", "80.0", evaluator)
    world.enrol(made, by, "2024-03-12")
    world.neoadjuvant(made, by, 1, "2024-03-14")
    for visit, day, mm in zip(("TA1", "TA2"), ("2024-04-18", "2024-05-20"), sums, strict=False):
        read(made, by, visit, day, mm, evaluator)
    return made


def read(made: Participant, by: User, visit: str, day: str, mm: str, evaluator: str) -> None:
    lesion = world.target("T01", "S8", mm, mm, **(LESION if visit == "SCR" else {}))
    answer = None if visit == "SCR" else ("PR", "PR")
    whole = visit == "SCR"  # an incomplete one would be filled on enrolment
    world.assessed(made, by, visit, day, [lesion], answer, complete=whole, ta_eval=evaluator)


def bad(by: User) -> Participant:
    """A lesion that is missing at baseline (G-27)."""
    made = treated(by)
    values = {"ta_perf": "Y", "tudat": "2024-04-18", "ta_lastdat": "2024-04-18", "nl_yn": "N"}
    lesions = {"TA2": [world.target("T02", "S5", "20.0", "20.0")]}
    world.fill(world.form(made, "TA", "TA1"), by, values, lesions, complete=False)
    return made


def trial(lin: User) -> None:
    """Three participants, one of them refused, one read by the central readers alone."""
    treated(lin, "50.0", "40.0")
    treated(lin, "50.0", "90.0", evaluator="BICR")
    bad(lin)
    services.endpoints_catch_up()
    services.trial_recompute()
    assert standing_figures.figures_refresh()


def again(*arguments: str) -> tuple[int, dict[str, Any]]:
    out = StringIO()
    call_command("course", "--all", *arguments, stdout=out)
    made = subprocess.run(
        [sys.executable, "-c", PLAIN],
        input=out.getvalue(),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert not made.stderr
    return made.returncode, json.loads(made.stdout)[0]


def text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def test_the_file_gives_every_figure_of_the_trial(lin: User) -> None:
    trial(lin)
    status, found = again()
    assert (status, found["participants"], len(found["errors"])) == (1, 3, 1)
    assert found["errors"][0]["where"].startswith("participants[2].course.imaging[")
    state = TrialState.objects.get()
    assert text(found["figures"]["FAS"][MAIN]) == text(state.results)
    source = standing_figures.source_of(state)
    for population in POPULATIONS:
        for evaluator in (MAIN, "BICR"):
            shown = standing_figures.figures_for(source, population, evaluator)
            assert text(found["figures"][population][evaluator]) == text(shown)
        tables = Live().figures(population)["profile"]
        assert text(found["tables"]["ALL" if population == "FAS" else population]) == text(tables)
    good = EndpointState.objects.filter(status=Status.OK).order_by("participant__number")
    summaries = [state.summary for state in good.select_related("participant")]
    assert text([{k: v for k, v in one.items() if k != "id"} for one in found["values"]]) == text(summaries)


def test_the_file_of_a_cut_gives_the_figures_of_the_cut(lin: User) -> None:
    treated(lin, "50.0", "90.0")
    cut = cut_of(world.people()["da"])
    treated(lin, "50.0")  # after the cut
    status, found = again("--cut", cut.code)
    assert (status, found["id"], found["participants"]) == (0, "DC-01", 1)
    assert text(found["figures"]["FAS"][MAIN]) == text(cut.results)
    for population in POPULATIONS:
        shown = standing_figures.figures_for(cut.address, population)
        assert text(found["figures"][population][MAIN]) == text(shown)
        tables = AtCut(cut).figures(population)["profile"]
        assert text(found["tables"]["ALL" if population == "FAS" else population]) == text(tables)


def test_another_evaluator_stands_beside_the_headline(lin: User) -> None:
    trial(lin)
    source = standing_figures.source_of(TrialState.objects.get())
    central = standing_figures.figures_for(source, "FAS", "BICR")
    assert central is not None
    assert (central["sets"]["FAS"], central["sets"]["REV"], central["errors"]) == (2, 1, 1)
    assert central["best"]["BOR_RECIST"] == {"PR": 1, "NE": 1}
    assert TrialState.objects.get().results["sets"]["REV"] == 1
    assert standing_figures.other_evaluators() == ["BICR"]
    run = EndpointState.objects.filter(summary__has_key="evaluators").get().run
    assert run is not None
    assert run.content["evaluators"]["BICR"]["endpoints"]["BOR_RECIST"]["value"] == "PR"


def test_a_cut_keeps_its_evaluator_when_another_is_configured(lin: User, monkeypatch: Any) -> None:
    treated(lin, "50.0", "90.0")
    treated(lin, "50.0", "90.0", evaluator="BICR")
    cut = cut_of(world.people()["da"])
    before = {one: AtCut(cut).figures(one) for one in ("FAS", "ENR")}
    assert all(before.values())
    changed = Settings.from_json(engine_settings().to_json() | {"evaluator": "BICR"})
    monkeypatch.setattr("endpoints.standpoint.engine_settings", lambda: changed)
    assert {one: AtCut(cut).figures(one) for one in before} == before
    assert (AtCut(cut).evaluator, Live().evaluator) == (MAIN, "BICR")
    assert evaluators_of(AtCut(cut)) == ["BICR"]
    choice = choice_of({"cut": cut.code, "evaluator": "BICR"}, lin)
    assert (choice.problems, choice.main_evaluator, choice.view.evaluator) == ([], False, "BICR")
    assert choice_of({"cut": cut.code, "evaluator": MAIN}, lin).main_evaluator


def test_traces_behind_figures_of_an_evaluator_are_those_of_the_evaluator(
    lin: User, client: Client, settings: Any
) -> None:
    trial(lin)
    settings.DEMO = True  # no second factor
    client.force_login(User.objects.get(username="mo"))
    number = EndpointState.objects.get(summary__has_key="evaluators").participant.number
    ending = f"/{number}/?evaluator=BICR"
    for address in ("/endpoints/bor_recist/", "/endpoints/figures/swimmer/"):
        assert ending in client.get(address, {"evaluator": "BICR"}).content.decode(), address
        assert "evaluator=BICR" not in client.get(address).content.decode().split("<main", 1)[-1], address
    run = EndpointState.objects.get(participant__number=number).run_id
    for key, value in (("run", str(run)), ("at", timezone.now().isoformat())):
        page = client.get(
            f"/endpoints/bor_recist/{number}/", {key: value, "evaluator": "BICR"}
        ).content.decode()
        part = urlencode({key: value})
        assert f'href="/endpoints/bor_recist/{number}/?{part}"' in page, (
            "the settings' evaluator, at the same moment"
        )
        assert f'href="/endpoints/bor_recist/{number}/?{part}&amp;evaluator=BICR"' in page


class TestRefresh:
    def test_once_for_a_headline(self, lin: User) -> None:
        assert not standing_figures.figures_refresh()
        services.endpoints_recompute(treated(lin).pk)
        recompute_trial()
        recompute_figures()
        assert not standing_figures.figures_are_behind()
        assert not standing_figures.figures_refresh()
        rows = StoredFigures.objects.values_list("population", "evaluator")
        beside = {(population, MAIN) for population in POPULATIONS if population != "FAS"}
        assert set(rows) == beside | {(population, standing_figures.PROFILE) for population in POPULATIONS}

    def test_the_old_stay_until_the_new_are_there(self, lin: User) -> None:
        services.endpoints_recompute(treated(lin).pk)
        services.trial_recompute()
        standing_figures.figures_refresh()
        before = standing_figures.source_of(TrialState.objects.get())
        StoredFigures.objects.create(source="cut:1", population="ENR", evaluator=MAIN, results={})
        services.endpoints_recompute(treated(lin).pk)
        assert not standing_figures.figures_refresh()  # the headline comes first
        services.trial_recompute()
        assert standing_figures.figures_are_behind()
        assert standing_figures.figures_for(before, "ENR") is not None
        assert standing_figures.figures_refresh()
        now = standing_figures.source_of(TrialState.objects.get())
        assert standing_figures.figures_for(before, "ENR") is None
        found = standing_figures.figures_for(now, "ENR")
        assert found is not None
        assert found["sets"]["ENR"] == 2
        assert StoredFigures.objects.filter(source="cut:1").exists()


def test_after_a_save_the_last_figures_stay_with_their_time(lin: User, client: Client, settings: Any) -> None:
    """Nothing is blank while the figures beside the headline are computed again; what is older says so."""
    settings.DEMO = True
    treated(lin, "50.0")
    services.endpoints_catch_up()
    services.trial_recompute()
    assert standing_figures.figures_refresh()
    assert Live().earlier is None
    StoredFigures.objects.create(source="moment:1", population="ENR", evaluator=MAIN, results={"sets": {}})
    then = StoredFigures.objects.exclude(source="moment:1").latest("created_at").created_at
    before = Live().figures("ENR")
    treated(lin, "50.0", evaluator="BICR")
    services.endpoints_catch_up()
    services.trial_recompute()
    after = Live()
    assert after.earlier == then
    assert after.figures("ENR") == before
    assert after.figures()["sets"]["FAS"] == 2, "the headline is new"
    assert after.figures()["profile"]["flow"]["enrolled"] == 1
    client.force_login(world.people()["mo"])
    for address in ("/endpoints/?set=ENR", "/endpoints/"):
        page = client.get(address).content.decode()
        assert 'id="earlier"' in page and then.isoformat() in page
        assert "data-poll-url" in page
    assert client.get("/endpoints/figures.csv?set=ENR").status_code == 404, "no file of earlier figures"
    assert client.get("/endpoints/figures/flow.csv").status_code == 404
    assert client.get("/endpoints/figures.csv").status_code == 200
    assert standing_figures.figures_refresh()
    assert Live().earlier is None
    assert Live().figures("ENR")["sets"]["ENR"] == 2
    page = client.get("/endpoints/?set=ENR").content.decode()
    assert 'id="earlier"' not in page
    assert client.get("/endpoints/figures.csv?set=ENR").status_code == 200


def test_the_file_is_the_same_every_time(lin: User, tmp_path: Path) -> None:
    treated(lin, "50.0")
    file = tmp_path / "trial.json"
    call_command("course", "--all", out=file)
    one = list(report_data.live_people())
    settings = engine_settings().to_json()
    rates, plan = standing_figures.null_rates(), report_data.study().planned.accrual
    made = report_data.trial_case_json(one, name="live", settings=settings, rates=rates, plan=plan)
    assert made == file.read_bytes()
    assert json.loads(made) == [
        report_data.trial_case(one, name="live", settings=settings, rates=rates, plan=plan)
    ]


def test_calls_that_make_no_sense() -> None:
    for arguments in ([], ["01-001", "--all"], ["01-001", "--cut", "DC-01"], ["--all", "--cut", "DC-07"]):
        with pytest.raises(CommandError):
            call_command("course", *arguments)
