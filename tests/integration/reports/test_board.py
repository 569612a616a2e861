"""The dashboard of endpoints: what its address chooses, what its figures say and to whom, and trials of odd shapes."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crf.derivation_imaging import engine_settings
from crf.selectors.sheets import casebooks
from endpoints import drawing, plotting
from endpoints.board import state
from endpoints.board.choice import choice_of
from endpoints.board.controls import controls_of
from endpoints.cuts import data_state
from endpoints.cuts.building import moment_build
from endpoints.cuts.services import moment_ask
from endpoints.engine.profile_figures import profile_figures
from endpoints.mapping import FIELDS
from endpoints.models import EndpointState, Moment, StoredFigures, TrialState
from endpoints.models_reports import Figure
from endpoints.services import trial_recompute
from endpoints.standing_figures import figures_refresh
from endpoints.standpoint import Live
from participants.models import Participant
from tests.integration.cuts.conftest import cut_of
from tests.integration.reports.conftest import copies
from trialsite.accounts.models import RoleHeld, User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.study import study

pytestmark = pytest.mark.django_db


def page_of(client: Any, **asked: str) -> str:
    answer = client.get("/endpoints/", asked)
    assert answer.status_code == 200
    return answer.content.decode()


def change(number: str, **values: Any) -> None:
    """Other results for one participant, as if its data had changed."""
    found = EndpointState.objects.get(participant__number=number)
    found.summary["values"] |= values
    found.as_of = None
    found.save()
    EndpointState.objects.filter(pk=found.pk).update(as_of=timezone.localdate())
    TrialState.objects.update(version="old")
    assert trial_recompute()


def with_profiles() -> None:
    """What the profiles give stands in the stored figures."""
    original = EndpointState.objects.get(participant__number="01-003")
    EndpointState.objects.exclude(pk=original.pk).update(profile=original.profile)
    kept = TrialState.objects.get()
    found = profile_figures(
        [(line.summary, line.profile) for line in Live().lines()], engine_settings(), study().planned.accrual
    )
    kept.results["subgroups"] = found.pop("subgroups")
    kept.results["profile"] = found
    kept.save()


# --- the address ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"cut": "DC-99"}, 404, "There is no data cut DC-99."),
        ({"cut": "<b>"}, 404, "There is no data cut &lt;b&gt;."),
        ({"at": "yesterday"}, 400, "This is no date that can be read: yesterday"),
        ({"at": "2999-01-01"}, 400, "in the future"),
        ({"set": "XYZ"}, 400, "There is no analysis set XYZ"),
        ({"criteria": "who"}, 400, "There are no imaging criteria who"),
        ({"evaluator": "NOBODY"}, 400, "There is no evaluator NOBODY"),
        ({"compare": "DC-77"}, 404, "There is no data cut DC-77 to compare with."),
    ],
)
def test_what_cannot_be_read_is_said_and_defaults_are_shown(
    trial: Participant, enter: Any, asked: dict[str, str], status: int, said: str
) -> None:
    answer = enter("mo").get("/endpoints/", asked)
    page = answer.content.decode()
    assert answer.status_code == status
    assert said in page
    assert "Live, data not locked" in page
    assert "Major pathological response" in page


def test_each_analysis_set_shows_its_own_figures(trial: Participant, enter: Any) -> None:
    change("02-101", MPR={"value": "N"})
    summary = EndpointState.objects.get(participant__number="02-101").summary
    summary["sets"] = ["ENR", "FAS"]
    EndpointState.objects.filter(participant__number="02-101").update(summary=summary)
    TrialState.objects.update(version="older")
    assert trial_recompute()
    client = enter("mo")
    waiting = page_of(client, set="PEV")
    assert "The figures of this analysis set are being computed" in waiting
    assert "data-poll-url" in waiting
    assert figures_refresh()
    assert "6/6" in page_of(client, set="PEV")
    assert "6/7" in page_of(client)
    listed = client.get("/endpoints/mpr/", {"set": "PEV"}).content.decode()
    names = set(re.findall(r"/endpoints/mpr/(\d\d-\d{3})/", listed))
    assert len(names) == 6
    assert "02-101" not in names


def test_the_criteria_choose_the_endpoint_of_a_card(trial: Participant, enter: Any) -> None:
    change("01-101", ORR_MRECIST={"value": "N"}, ORR={"value": "Y"})
    client = enter("mo")
    assert "/endpoints/orr/" in page_of(client)
    cards = page_of(client, criteria="mrecist").split('id="fig-')[0]
    assert "/endpoints/orr_mrecist/?criteria=mrecist" in cards
    assert "/endpoints/pfs_mrecist/?criteria=mrecist" in cards
    recist = page_of(client, criteria="recist").split('id="fig-')[0]
    assert "/endpoints/dor_recist/?criteria=recist" in recist


def test_the_choice_goes_along_with_every_link_of_a_figure(trial: Participant, enter: Any) -> None:
    page = page_of(enter("mo"), criteria="mrecist")
    tools = re.findall(r'href="(/endpoints/figures/[^"]+)"', page)
    assert len(tools) > 10
    assert all(link.endswith("?criteria=mrecist") for link in tools)


# --- cuts and moments -------------------------------------------------------------------------------------------------


def test_a_moment_shows_how_far_it_is_and_then_its_figures(
    original: Participant, cast: dict[str, User], enter: Any, django_capture_on_commit_callbacks: Any
) -> None:
    at = timezone.now()
    moment = moment_ask(by=cast["mo"], at=at)
    client, asked = enter("mo"), {"at": at.isoformat()}
    Moment.objects.filter(pk=moment.pk).update(progress=40)
    waiting = page_of(client, **asked)
    assert '<progress class="pb" max="100" value="40"' in waiting
    assert client.get("/endpoints/mpr/", asked).status_code == 202
    have = re.search(r"have=([^\"]+)\"", waiting)
    assert have
    poll = re.search(r'data-poll-url="([^"]+)"', waiting)
    assert poll
    address = poll[1].replace("&amp;", "&")
    assert client.get(address, headers={"HX-Polling": "1"}).status_code == 204
    Moment.objects.filter(pk=moment.pk).update(progress=0)
    assert moment_build(moment.pk)
    answer = client.get(address, headers={"HX-Polling": "1"})
    assert answer.status_code == 286
    assert "1/1" in answer.content.decode()
    assert "As of " in page_of(client, **asked)


def test_show_without_a_change_asks_for_the_same_moment(
    original: Participant, cast: dict[str, User], enter: Any
) -> None:
    choice = choice_of({"at": "2026-05-31"}, cast["mo"])
    shown = controls_of(choice)
    assert shown.at == "2026-05-31T23:59:59"
    form = {"at": shown.at, **dict(shown.kept_for_at)}
    assert choice_of(form, cast["mo"]).standpoint.source == choice.standpoint.source
    other = choice_of(form | {"at": "2026-05-31T12:00"}, cast["mo"]).standpoint
    assert other.at is not None
    assert (other.source != choice.standpoint.source, other.at.minute) == (True, 0)
    assert Moment.objects.count() == 2
    for odd in ("yesterday", "2026-02-31T00:00", "0001-01-01T00:00+14:00"):
        assert (
            choice_of({"at": "2026-05-31", "exact": odd}, cast["mo"]).standpoint.source
            == choice.standpoint.source
        )
    page = enter("mo").get("/endpoints/", {"at": "2026-05-31"}).content.decode()
    assert 'step="1" value="2026-05-31T23:59:59"' in page
    assert re.search(r'name="exact" value="2026-05-31T\d\d:59:59\.999999', page)


def test_a_moment_that_failed_says_why(original: Participant, cast: dict[str, User], enter: Any) -> None:
    at = timezone.now()
    moment = moment_ask(by=cast["mo"], at=at)
    Moment.objects.filter(pk=moment.pk).update(state="FAILED", error="OSError: the disk is full")
    assert "the disk is full" in page_of(enter("mo"), at=at.isoformat())


def test_a_cut_stays_and_is_compared_with_now(
    original: Participant, cast: dict[str, User], enter: Any
) -> None:
    cut = cut_of(cast["da"])
    client = enter("mo")
    trial_recompute()
    same = page_of(client, cut=cut.code, compare="live")
    assert f"Data cut {cut.code}" in same
    assert "same in Live" in same
    assert f"Snapshot {cut.digest[:8]}" in same
    change("01-003", MPR={"value": "N"})
    moved = page_of(client, compare=cut.code)
    assert f"100.0% (1/1) in {cut.code}" in moved
    assert f"/endpoints/compare/?a={cut.code}&amp;b=live" in moved
    assert "1/1" in page_of(client, cut=cut.code)
    listed = client.get("/endpoints/mpr/", {"cut": cut.code}).content.decode()
    assert f"/endpoints/mpr/01-003/?cut={cut.code}" in listed
    assert '<b class="fw-6">Yes</b>' in listed


# --- figures ----------------------------------------------------------------------------------------------------------


def test_figures_of_profiles_stand_on_the_page(trial: Participant, enter: Any) -> None:
    with_profiles()
    client = enter("mo")
    assert drawing.draw_missing("en", True) == 13
    assert state.refresh()
    page = page_of(client)
    for said in ("MPR by subgroup", "Residual viable tumour", "Accrual against plan", "Participant flow", "Adverse events",
                 "Exposure to the study drugs", "Consented and screened"):  # fmt: skip
        assert said in page, said
    assert "data-poll-url" not in page
    for name in (
        "subgroups",
        "rvt",
        "accrual",
        "flow",
        "sae",
        "safety",
        "terms",
        "exposure",
        "sets",
        "best",
        "forest",
    ):
        answer = client.get(f"/endpoints/figures/{name}/")
        assert answer.status_code == 200, name
        assert client.get(f"/endpoints/figures/{name}.csv").status_code == 200
    assert client.get("/endpoints/figures/none/").status_code == 404


def test_without_profiles_the_page_is_whole(trial: Participant, enter: Any) -> None:
    page = page_of(enter("mo"))
    assert "MPR by subgroup" not in page
    assert "Sensitivity analyses" in page
    assert enter("mo").get("/endpoints/figures/subgroups/").status_code == 404


def test_a_figure_that_breaks_stops_no_other(trial: Participant, enter: Any, monkeypatch: Any) -> None:
    real = plotting.draw_both

    def breaks(name: str, *args: Any, **more: Any) -> tuple[str, str]:
        if name == "os":
            raise ValueError("odd")
        return real(name, *args, **more)

    monkeypatch.setattr(plotting, "draw_both", breaks)
    drawing.draw_missing("en", True)
    page = page_of(enter("mo"))
    assert "This figure could not be drawn" in page
    assert page.count('<svg role="img" aria-label="Kaplan') == 3


def test_the_browser_gets_names_and_addresses_only_for_who_may_know(
    trial: Participant, cast: dict[str, User], enter: Any
) -> None:
    drawing.draw_missing("en", True)
    client = enter("mo")
    answer = client.get("/endpoints/figures/waterfall.json")
    assert "no-store" in answer["Cache-Control"]
    spec = answer.content.decode()
    assert "/endpoints/bor_mrecist/01-003/" in spec
    assert "§" not in spec
    assert json.loads(spec)["config"]["background"] is None
    RoleHeld.objects.filter(user=cast["mo"]).update(site=Participant.objects.get(number="01-003").site)
    cast["mo"]._grants = None  # type: ignore[attr-defined]
    drawing.draw_missing("en", False)
    figures = ("waterfall.json", "swimmer.json", "waterfall/", "spider.csv", "swimmer.svg")
    for address in ("/endpoints/", *(f"/endpoints/figures/{name}" for name in figures)):
        answer = client.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200, address
        drawn = address.endswith((".json", ".svg", "/endpoints/"))
        assert bool(re.search(rb"01-(003|10\d)", body)) is not drawn, address
        assert not re.search(rb"02-10\d", body), f"{address}: nobody of another site"
    assert enter("lin").get("/endpoints/figures/waterfall.json").status_code == 404


def test_a_figure_that_a_choice_has_not_has_no_table_either(trial: Participant, enter: Any) -> None:
    assert figures_refresh()
    kept = StoredFigures.objects.get(population="PEV", evaluator=engine_settings().evaluator)
    StoredFigures.objects.create(source=kept.source, population="FAS", evaluator="R2", results=kept.results)
    client = enter("mo")
    for name, asked in (("spider", {"evaluator": "R2"}), ("forest", {"set": "PEV"})):
        for form in ("/", ".csv"):
            assert client.get(f"/endpoints/figures/{name}{form}").status_code == 200
            assert client.get(f"/endpoints/figures/{name}{form}", asked).status_code == 404
    assert client.get("/endpoints/figures/waterfall/", {"evaluator": "R2"}).status_code == 200


def test_earlier_figures_stand_beside_new_ones_in_no_file_and_with_their_time_on_the_page(
    trial: Participant, cast: dict[str, User], enter: Any
) -> None:
    cut = cut_of(cast["da"])
    trial_recompute()
    assert figures_refresh()
    kept = StoredFigures.objects.filter(population="PEV", evaluator=engine_settings().evaluator).latest("pk")
    for population in ("FAS", "PEV"):
        StoredFigures.objects.create(
            source=Live().source, population=population, evaluator="R2", results=kept.results
        )
    client, compared = enter("mo"), {"cut": cut.code, "set": "PEV", "compare": "live"}

    def file(**asked: str) -> str:
        answer = client.get("/endpoints/figures.csv", asked)
        return b"".join(answer.streaming_content).decode() if answer.streaming else str(answer.status_code)

    assert "Evaluator R2" in file()
    assert "in Live" in file(**compared)
    assert 'id="other-earlier"' not in page_of(client, **compared)
    TrialState.objects.update(version="newer")
    assert "MPR" in file()
    assert "Evaluator R2" not in file(), "its data are those before the change"
    assert "Evaluator R2" not in page_of(client)
    assert file(**compared) == "404"
    assert 'id="other-earlier"' in page_of(client, **compared)
    assert "in Live" in file(cut=cut.code, compare="live"), "the headline is new"


def test_of_few_nobody_is_listed_for_who_may_not_know_everybody(
    original: Participant, cast: dict[str, User], enter: Any
) -> None:
    copies(original, cast["lin"], drawing.FEWEST - 2)
    assert trial_recompute()
    with_profiles()
    client = enter("mo")
    names = ("waterfall", "swimmer", "spider")
    assert all(b"01-003" in client.get(f"/endpoints/figures/{name}/").content for name in names)
    assert b"Every value" in client.get("/endpoints/figures/rvt/").content
    RoleHeld.objects.filter(user=cast["mo"]).update(site=original.site)
    assert not any(b"01-003" in client.get(f"/endpoints/figures/{name}/").content for name in names)
    assert b"Every value" not in client.get("/endpoints/figures/rvt/").content


def test_serious_events_are_listed_for_the_sites_that_one_sees(
    trial: Participant, cast: dict[str, User], enter: Any
) -> None:
    event = {"term": "=cmd()", "grade": 3, "related": "Y", "serious": "Y", "start": "2024-03-01"}
    for found in EndpointState.objects.all():
        found.profile = {"safety": [event], "sets": {"SAF": True}}
        found.save()
    client = enter("mo")
    everywhere = b"".join(client.get("/endpoints/figures/sae.csv").streaming_content).decode()
    assert "02-101" in everywhere
    assert "'=cmd()" in everywhere, "a spreadsheet must not take it for a formula"
    RoleHeld.objects.filter(user=cast["mo"]).update(site=Participant.objects.get(number="01-003").site)
    assert "02-101" not in client.get("/endpoints/figures/sae/").content.decode()
    assert "01-003" in client.get("/endpoints/figures/sae/").content.decode()


def test_the_file_says_what_the_page_says(trial: Participant, enter: Any) -> None:
    client = enter("mo")
    answer = client.get("/endpoints/figures.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert answer["Content-Disposition"].endswith('_FAS.csv"')
    found = list(csv.reader(io.StringIO(text)))
    mpr = next(row for row in found if row[:1] == ["MPR"])
    results = TrialState.objects.get().results["rates"]["MPR"]["FAS"]["all"]
    assert mpr[3] == f"{results['x']}/{results['n']}"
    changes = b"".join(client.get("/endpoints/figures/waterfall.csv").streaming_content).decode()
    assert re.search(r"\r\n01-003,-\d+\.\d,", changes), "a minus that a spreadsheet reads"


def test_files_of_figures_stand_in_the_trail(trial: Participant, enter: Any) -> None:
    client = enter("mo")
    client.get("/endpoints/figures/waterfall/")
    assert not AuditEvent.objects.filter(action="EXPORTED").exists(), "a page that is read is no file"
    for name in (
        "figures.csv",
        "figures/waterfall.csv?criteria=mrecist",
        "figures/none.csv",
        "moves.csv?set=PEV",
    ):
        client.get(f"/endpoints/{name}")
    cards, waterfall, moves = AuditEvent.objects.filter(action="EXPORTED").order_by("number")
    assert {cards.actor_name, waterfall.actor_name} == {"mo"}
    assert cards.path.startswith("endpoints_") and waterfall.path.startswith("waterfall_")
    assert (moves.subject, moves.actor_name) == ("endpoints/what-could-move.csv", "mo")
    assert waterfall.new.startswith("live ") and waterfall.new.endswith(" · criteria=mrecist")


def test_the_state_of_live_data_is_counted_as_that_of_a_cut(
    original: Participant, cast: dict[str, User], enter: Any
) -> None:
    people = {one.pk: (one.number, one.site.number) for one in Participant.objects.select_related("site")}
    books = casebooks(list(people), only=FIELDS)
    exact = data_state.totals([one.to_json() for one in data_state.of_tables(people, books).values()])
    found = state.live_state()
    assert (found.fields, found.verified, found.signed) == (
        exact["fields"], exact["verified"], exact["casebooks_signed"],
    )  # fmt: skip
    assert found.fields > 100
    trial_recompute()
    assert state.refresh()
    assert not state.refresh(), "just counted"
    assert "0/1</b> casebooks signed" in page_of(enter("mo"))


# --- trials of odd shapes ---------------------------------------------------------------------------------------------


def test_one_participant(original: Participant, enter: Any) -> None:
    trial_recompute()
    page = page_of(enter("mo"))
    assert "Fewer than five participants: numbers only." in page
    assert 'class="cib' not in page
    assert "1/1" in page
    assert not drawing.draw_missing("en", True)


@pytest.mark.parametrize("event", [True, False])
def test_all_have_an_event_or_nobody_has(
    original: Participant, cast: dict[str, User], enter: Any, event: bool
) -> None:
    copies(original, cast["lin"], 5)
    for found in EndpointState.objects.all():
        for name in ("PFS", "OS", "DFS", "DOR"):
            found.summary["values"][name]["event"] = event
        found.save()
    trial_recompute()
    drawing.draw_missing("en", True)
    assert not Figure.objects.filter(svg="")
    page = page_of(enter("mo"))
    assert ("6/6 events" if event else "0/6 events") in page
    pfs = page.split("PFS, median")[1][:300]
    assert ('<div class="v">NR' in pfs) is not event


def test_participants_in_error_are_not_counted_and_named(trial: Participant, enter: Any) -> None:
    EndpointState.objects.filter(participant__number="02-101").update(status="ERROR", error="two truths")
    TrialState.objects.update(version="old")
    assert trial_recompute()
    page = page_of(enter("mo"))
    assert "1 participant is not counted" in page
    assert "two truths" in page
    assert "6/6" in page


# --- speed ------------------------------------------------------------------------------------------------------------


def test_queries_do_not_grow(original: Participant, cast: dict[str, User], enter: Any) -> None:
    client, counts = enter("mo"), []
    for number, site in ((5, "01"), (9, "02")):
        copies(original, cast["lin" if site == "01" else "wu"], number, site)
        trial_recompute()
        with_profiles()
        figures_refresh()
        drawing.draw_missing("en", True)
        TrialState.objects.update(counted_at=None)
        state.refresh()
        for address in ("/endpoints/", "/endpoints/?set=PEV", "/endpoints/pfs/?criteria=mrecist"):
            client.get(address)
            with CaptureQueriesContext(connection) as made:
                assert client.get(address).status_code == 200
            counts.append(len(made))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 26
    assert StoredFigures.objects.exists()
