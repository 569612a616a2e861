"""The page and the file of the design: who may see them, what they say of the data so far, other designs, bad parameters."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from endpoints.engine.design import Design, Targets, success
from endpoints.engine.design_current import Data, current
from endpoints.models import TrialState
from endpoints.services import trial_recompute
from tests import world
from trialsite.accounts.models import User
from trialsite.kernel import study as study_module
from trialsite.kernel.planned import planned
from trialsite.kernel.study import read
from trialsite.web import sheets

pytestmark = pytest.mark.django_db

PAGE, FILE = "/endpoints/design/", "/endpoints/design.csv"
ONE, TARGETS = Design(48, 13), Targets(0.15, 0.35, 0.025, 0.9)


@pytest.fixture
def browser_of(client: Client, settings: Any) -> Callable[[str], Client]:
    settings.DEMO = True
    people: dict[str, User] = world.people()

    def signed_in(name: str) -> Client:
        client.force_login(people[name])
        return client

    return signed_in


@pytest.fixture
def statistician(browser_of: Callable[[str], Client]) -> Client:
    return browser_of("st")


def stored(x: int, settled: int, total: int) -> None:
    """The trial's figures as they are stored, with this headline rate of MPR."""
    trial_recompute()
    state = TrialState.objects.get()
    rate = state.results["rates"]["MPR"]["FAS"]
    rate["all"] |= {"x": x, "n": total}
    rate["settled"] |= {"x": x, "n": settled}
    rate["pending"] = total - settled
    state.computed_at = timezone.now()
    state.save()


def text(browser: Client, query: str = "", status: int = 200) -> str:
    answer = browser.get(PAGE + query)
    assert answer.status_code == status
    return answer.content.decode()


def cells(browser: Client, query: str = "") -> dict[tuple[str, ...], str]:
    """The value of each line of the file by part, name, rate and prior."""
    answer = browser.get(FILE + query)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    head, *lines = csv.reader(io.StringIO(answer.content.decode().removeprefix(sheets.MARK)))
    assert head == ["part", "name", "true_rate", "prior", "value"]
    return {tuple(line[:-1]): line[-1] for line in lines}


@pytest.mark.parametrize(
    ("name", "status"),
    [("st", 200), ("mo", 200), ("da", 200), ("lin", 404), ("chen", 404), ("p1", 404), ("ad", 404)],
)
@pytest.mark.parametrize("path", [PAGE, FILE])
def test_who_enters_data_never_sees_it(
    browser_of: Callable[[str], Client], name: str, status: int, path: str
) -> None:
    assert browser_of(name).get(path).status_code == status


def test_before_the_first_figures(statistician: Client) -> None:
    """The design is there, the present state is not."""
    body = text(statistician)
    assert "One stage of 48 participants: it succeeds with 13 or more responders." in body
    assert "There are no figures yet" in body
    assert ("current", "responders", "", "") not in cells(statistician)


def test_the_configured_design_in_words_and_numbers(statistician: Client) -> None:
    body = text(statistician)
    assert "The registry record names no design; assumed, to be replaced by the signed protocol" in body
    assert "2.18%" in body  # 13 or more of 48 at 15 %: 0.021766
    assert "90.57%" in body  # at 35 %: 0.905654
    assert "does not keep the α" not in body
    assert "Koyama" not in body
    assert '<svg class="power"' in body and "style=" not in body[body.find("<main") : body.find("</main>")]


def test_the_present_data(statistician: Client) -> None:
    stored(8, 20, 25)
    made, body = current(ONE, TARGETS, Data(8, 20, 25)), text(statistician)
    assert "8 responders of 20 participants with a final result." in body
    assert "5 of the 25 in the full analysis set are pending" in body
    assert "Success takes 5 more responders among the 28 participants" in body
    assert f"{100 * made.at_p0:.1f}%" in body and f"{100 * made.beliefs[0].predictive:.1f}%" in body
    assert made.p_value is not None and f"{made.p_value:.4f}" in body


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((0, 0, 0), "as observed: no result yet"),
        ((13, 20, 20), "The 13 responders that success takes are there"),
        ((3, 40, 40), "Success can no longer be reached: it takes 10 more responders, and 8 results are still to come."),
        ((13, 48, 48), "All results are there: the design has succeeded."),
        ((12, 48, 48), "All results are there: the design has not succeeded."),
        ((14, 45, 50), "50 participants are in the full analysis set, more than the 48 planned."),
        ((9, 60, 60), "with 60, 16 or more responders keep the one-sided α."),
    ],
)  # fmt: skip
def test_what_is_so_is_said(statistician: Client, counts: tuple[int, int, int], said: str) -> None:
    stored(*counts)
    assert said in text(statistician)


def test_the_file_has_every_number_at_full_precision(statistician: Client) -> None:
    stored(8, 20, 25)
    made, found = current(ONE, TARGETS, Data(8, 20, 25)), cells(statistician)
    for point in (0.0, 0.15, 0.27, 0.35, 1.0):
        assert float(found["configured", "success", str(point), ""]) == success(ONE, point)
    assert float(found["current", "conditional_power", "0.15", ""]) == made.at_p0
    assert float(found["current", "conditional_power", "0.4", ""]) == made.at_observed
    assert (
        float(found["current", "predictive_probability", "", "Beta(0.5, 0.5)"]) == made.beliefs[1].predictive
    )
    assert found["current", "pending", "", ""] == "5"
    assert found["simon-optimal", "n1", "", ""] == "22"
    assert found["origin", "settings", "", ""] == study_module.study().digest


# --- other designs ------------------------------------------------------------------------------------------------


def test_other_designs_by_address(statistician: Client) -> None:
    """Simon 1989, table 1: 2/18, 6/35 and 2/22, 6/33."""
    query = "?p0=0.10&p1=0.30&alpha=0.05&power=0.90"
    body = text(statistician, query)
    assert all(
        said in body
        for said in ("2 or fewer of 18", "7 or more of 35", "2 or fewer of 22", "7 or more of 33")
    )
    assert 'value="0.10"' in body
    found = cells(statistician, query)
    assert (found["simon-minimax", "n1", "", ""], found["simon-minimax", "n", "", ""]) == ("22", "33")
    only = text(statistician, query + "&kind=simon-minimax")
    assert "2 or fewer of 22" in only and "2 or fewer of 18" not in only


def test_nothing_found_is_said(statistician: Client) -> None:
    query = "?p0=0.15&p1=0.16&alpha=0.025&power=0.90"
    assert text(statistician, query).count("No design with at most 150 participants.") == 3
    assert cells(statistician, query)["single-stage", "found", "", ""] == "0"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?p0=2", "Enter a number between 0 and 1, for example 0.15."),
        ("?p0=0", "Enter a number between 0 and 1, for example 0.15."),
        ("?p0=NaN", "Enter a number between 0 and 1, for example 0.15."),
        ("?p0=", "Enter a number between 0 and 1, for example 0.15."),
        ("?alpha=fifteen", "Enter a number between 0 and 1, for example 0.15."),
        ("?p0=0.4&p1=0.3", "The alternative rate p₁ must be greater than the null rate p₀."),
        ("?alpha=0.95", "The power must be greater than α."),
        ("?kind=three", "three"),
    ],
)
def test_what_makes_no_sense_is_refused_and_kept(statistician: Client, query: str, said: str) -> None:
    body = text(statistician, query, 422)
    assert said in body
    assert "These designs cannot be looked for" in body
    assert "One stage of 48 participants" in body  # the rest of the page stands
    for pair in query[1:].split("&"):
        name, _, value = pair.partition("=")
        assert name == "kind" or f'name="{name}" value="{value}"' in body
    assert statistician.get(FILE + query).status_code == 422


def test_typed_text_is_escaped(statistician: Client) -> None:
    body = text(statistician, "?p0=%22%3E%3Cscript%3E", 422)
    assert "<script>" not in body[body.find("<main") :]
    assert "&quot;&gt;&lt;script&gt;" in body


# --- a two-stage design is configured ------------------------------------------------------------------------------


@pytest.fixture
def two_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simon's optimal design for 10 % against 30 % stands in the study file."""
    known = read()
    design = {
        "kind": "simon", "p0": 0.1, "p1": 0.3, "alpha": 0.05, "power": 0.9, "n1": 18, "stop_up_to": 2, "n": 35, "success_from": 7
    }  # fmt: skip
    values = known.values | {"design": design, "null_rates": {"MPR": 0.1}}
    other = dataclasses.replace(known, values=values, planned=planned(values))
    for module in ("endpoints.designing", "endpoints.design_sheet"):
        monkeypatch.setattr(f"{module}.study", lambda: other)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((0, 16, 16), "The first stage did not reach more responders than stop the trial"),
        ((2, 18, 18), "The first stage did not reach more responders than stop the trial"),
        ((4, 25, 25), "Totals do not say how the first 18 participants ended"),
        ((3, 17, 17), "Success takes 4 more responders among the 18 participants"),
    ],
)
def test_two_stages(two_stages: None, statistician: Client, counts: tuple[int, int, int], said: str) -> None:
    stored(*counts)
    body = text(statistician)
    assert said in body
    assert "the trial stops with 2 or fewer responders among the first 18" in body
    assert "Koyama and Chen 2008" in body
    assert body.count("<polyline") == 2
    assert cells(statistician)["configured", "stop_up_to", "", ""] == "2"
