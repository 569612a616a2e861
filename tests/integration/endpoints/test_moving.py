"""What could move the trial's rates: from a query to the bounds and back, and what pages, traces and files show of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crf.models import Query, QueryMessage
from crf.selectors.sheets import casebook
from crf.services.queries import query_act, query_raise
from endpoints import moves, moving, services, tasks
from endpoints.engine.bounds import Share
from endpoints.gather import course, course_of
from endpoints.models import EndpointState
from endpoints.standpoint import Live
from participants.models import Participant
from tests import world
from tests.integration.endpoints.test_services import treated
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
NOW = "2024-05-02 08:00"


@pytest.fixture
def cast() -> dict[str, User]:
    return world.people()


@pytest.fixture
def responder(cast: dict[str, User]) -> Participant:
    return responding(cast["lin"])


def responding(by: User) -> Participant:
    """35 % less than at baseline, within the response window."""
    made = treated(by)
    lesion = world.target("T01", "S8", "52.0", "52.0")
    world.assessed(made, by, "TA1", "2024-04-25", [lesion], ("PR", "PR"))
    settle()
    return made


def settle() -> None:
    """What checks ask about so short a story."""
    queries = Query.objects.exclude(state="CLOSED")
    said = [QueryMessage(query=one, at=timezone.now(), act="close", state="CLOSED") for one in queries]
    QueryMessage.objects.bulk_create(said)
    queries.update(state="CLOSED")


def refreshed(participant: Participant) -> dict[str, Any]:
    services.endpoints_recompute(participant.pk)
    moving.moves_refresh()
    assert moving.moves_refresh() == 0
    return dict(EndpointState.objects.get(pk=participant.pk).moves)


def ask(cast: dict[str, User], participant: Participant, key: str, visit: str, path: str) -> Query:
    form = world.form(participant, key, visit)
    return query_raise(
        by=cast["mo"], participant=participant, form=form, path=path, text="What does the source say?"
    )


def kinds(found: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in found.get("items", [])]


def close(cast: dict[str, User], query: Query) -> None:
    for act, by in (("answer", "lin"), ("close", "mo")):
        now = Query.objects.select_related("participant__site", "form").get(pk=query.pk)
        query_act(by=cast[by], query=now, act=act, text="As in the source.", outcome="CONFIRMED")


class TestOneParticipant:
    @time_machine.travel(NOW, tick=True)
    def test_a_query_appears_and_goes(self, cast: dict[str, User], responder: Participant) -> None:
        before = refreshed(responder)
        assert "FAS" not in before["places"]["ORR"]
        assert [one["what"] for one in before["items"]] == ["SURGERY", "RECIST 1.1", "mRECIST"]
        query = ask(cast, responder, "TA", "TA1", "TA2:1/tl_diam")
        asked = refreshed(responder)
        assert asked["places"]["ORR"]["FAS"] == ["Y", "YNP", "YN"]
        assert "FAS" not in asked["places"]["ORR_MRECIST"]  # that one measures the viable part
        found = next(one for one in asked["items"] if one["kind"] == "QUERY")
        assert (found["query"], found["value"]) == (query.pk, "52.0")
        assert found["could"]["ORR"]["FAS"] == "YNP"
        close(cast, query)
        assert refreshed(responder) == before

    @pytest.mark.parametrize(("path", "again"), [("TA2:1/tl_state", 0), ("tudat", 1)])
    def test_another_day_alone(
        self, cast: dict[str, User], responder: Participant, path: str, again: int
    ) -> None:
        """A code means the same tomorrow; of a day there is one more. After the response window everything is anew."""
        with time_machine.travel(NOW, tick=True):
            ask(cast, responder, "TA", "TA1", path)
            refreshed(responder)
        for day, count in (("2024-05-03", again), ("2024-11-04", 1)):
            with time_machine.travel(f"{day} 08:00", tick=True):
                services.endpoints_recompute(responder.pk)
                standing = moving.moves_standing([responder.pk])
                assert (len(moving.moves_stale()), len(standing)) == (count, 1 - count)
                moving.moves_refresh()
                as_of, moves_now = moving.moves_standing([responder.pk])[responder.pk]
                assert str(as_of) == day
                cutoff, book = course_of(responder.pk).cutoff, casebook(responder.pk)
                assert moves_now == moving.moves_of(
                    book, cutoff, moving.open_queries([responder.pk])[responder.pk]
                )

    @time_machine.travel(NOW, tick=True)
    def test_a_query_alone_is_found(self, cast: dict[str, User], responder: Participant) -> None:
        """A query alone changes no data and no result."""
        refreshed(responder)
        version = Participant.objects.get(pk=responder.pk).data_version
        ask(cast, responder, "TA", "TA1", "TA2:1/tl_diam")
        tasks.recompute_moves()
        assert Participant.objects.get(pk=responder.pk).data_version == version
        assert "QUERY" in kinds(EndpointState.objects.get(pk=responder.pk).moves)

    @time_machine.travel(NOW, tick=True)
    def test_what_no_endpoint_reads_is_not_listed(
        self, cast: dict[str, User], responder: Participant
    ) -> None:
        before = refreshed(responder)
        for key, visit, path in (("TA", "TA1", "ta_slice"), ("ICF", "SCR", "icf_dsstdat"), ("VS", "SCR", "")):
            ask(cast, responder, key, visit, path)
        assert refreshed(responder) == before

    @time_machine.travel("2024-09-01 08:00", tick=True)
    def test_an_empty_field_of_a_form_that_is_not_started(
        self, cast: dict[str, User], responder: Participant
    ) -> None:
        """An end of treatment that is not entered yet could end the wait for a resection."""
        ask(cast, responder, "SURG", "SURG", "surg_proccur")
        found = next(one for one in refreshed(responder)["items"] if one["kind"] == "QUERY")
        assert found["could"]["MPR"]["FAS"] == "NP"

    @time_machine.travel("2024-06-20 08:00", tick=True)
    def test_waiting_for_central_pathology(self, cast: dict[str, User], responder: Participant) -> None:
        world.operated(responder, cast["lin"], "2024-05-30", "2024-06-14")
        settle()
        found = refreshed(responder)
        assert [(one["what"], one["since"]) for one in found["items"]][:1] == [("CENTRAL", "2024-05-30")]
        assert found["places"]["MPR"]["FAS"] == ["P", "P", "YN"]
        assert found["places"]["MPR"]["PEV"] == ["-", "-", "-YN"]

    @time_machine.travel(NOW, tick=True)
    def test_refused_data_that_a_query_could_set_right(self, cast: dict[str, User]) -> None:
        """A draft names a lesion that the baseline does not have (G-27): not counted until that is settled."""
        made = treated(cast["lin"])
        values = {"ta_perf": "Y", "tudat": "2024-04-25", "ta_lastdat": "2024-04-25", "nl_yn": "N"}
        lesions = {"TA2": [world.target("T02", "S5", "52.0", "52.0")]}
        world.fill(world.form(made, "TA", "TA1"), cast["lin"], values, lesions, complete=False)
        settle()
        assert refreshed(made) == {}
        ask(cast, made, "TA", "TA1", "TA2:1/tl_lnkid")
        assert refreshed(made)["places"]["ORR"]["FAS"] == ["-", "-Y", "-Y"]

    @time_machine.travel(NOW, tick=True)
    def test_pending_alone_reads_no_casebook(
        self, responder: Participant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        services.endpoints_recompute(responder.pk)
        monkeypatch.setattr(moving, "moves_of", None)
        assert moving.moves_refresh() == 1
        found = EndpointState.objects.get(pk=responder.pk).moves
        then = course_of(responder.pk)
        assert found == moving.moves_at([then], timezone.now())[responder.pk]


class TestDates:
    @time_machine.travel("2024-08-20 08:00", tick=True)
    def test_a_death_of_which_the_day_is_missing(self, cast: dict[str, User], responder: Participant) -> None:
        """Seen from the middle of the month: dead by then, or not."""
        participant = responder
        world.fill(world.form(participant, "DTH"), cast["lin"], {"dthdat": "2024-07"}, complete=False)
        settle()
        cutoff = dt.date(2024, 7, 15)
        found = moving.moves_of(casebook(participant.pk), cutoff, latest=timezone.now().date())
        item = found["items"][0]
        assert (item["kind"], item["value"]) == ("PARTIAL", "2024-07")
        assert found["places"]["MPR"]["FAS"] == ["N", "NP", "YN"]
        assert "PARTIAL" not in kinds(refreshed(participant))  # by today the day no longer matters

    @time_machine.travel("2024-08-20 08:00", tick=True)
    def test_a_therapy_of_which_the_day_is_missing(
        self, cast: dict[str, User], responder: Participant
    ) -> None:
        """It began in April: before the assessment of the 25th or after it."""
        form = world.form(responder, "SACT")
        rows = {"SA1": [{"sact_type": "TACE", "sact_stdat": "2024-04"}]}
        world.fill(form, cast["lin"], {"sact_yn": "Y"}, rows, complete=False)
        settle()
        found = refreshed(responder)
        item = next(one for one in found["items"] if one["kind"] == "PARTIAL")
        assert item["could"]["ORR"]["FAS"] == "YN"
        assert found["places"]["ORR"]["FAS"] == ["N", "YN", "YN"]


class TestMoments:
    def test_as_they_stood(self, cast: dict[str, User], responder: Participant) -> None:
        with time_machine.travel("2024-05-02 08:00", tick=True):
            before = timezone.now()
        with time_machine.travel("2024-05-03 08:00", tick=True):
            query = ask(cast, responder, "TA", "TA1", "TA2:1/tl_diam")
        with time_machine.travel("2024-05-04 08:00", tick=True):
            asked = timezone.now()
        with time_machine.travel("2024-05-05 08:00", tick=True):
            close(cast, query)
        with time_machine.travel("2024-05-06 08:00", tick=True):
            closed = timezone.now()
            standing = [bool(moving.open_queries([responder.pk], at)) for at in (before, asked, closed)]
            assert standing == [False, True, False]

    def test_the_day_of_the_site(self, cast: dict[str, User], responder: Participant) -> None:
        """At one in the morning of the 2nd a death in the month may be of the 2nd, though in UTC it is still the 1st."""
        world.fill(world.form(responder, "DTH"), cast["lin"], {"dthdat": "2024-06"}, complete=False)
        book, cutoff = casebook(responder.pk), dt.date(2024, 6, 1)
        gathered, books = course(book, responder.pk, 0, cutoff), {responder.pk: book}
        found = {}
        for hour in (15, 17):
            at = dt.datetime(2024, 6, 1, hour, tzinfo=dt.UTC)
            moved = moving.moves_at([gathered], at, books)[responder.pk]
            found[hour] = moved.get("places", {}).get("MPR", {}).get("FAS")
        assert found == {15: None, 17: ["N", "NP", "YN"]}


class TestTrial:
    @time_machine.travel(NOW, tick=True)
    def test_bounds_and_list(self, cast: dict[str, User], responder: Participant) -> None:
        responding(cast["lin"])
        settle()
        ask(cast, responder, "TA", "TA1", "TA2:1/tl_diam")
        self.computed()
        rate = moves.moves_of_rate(Live(), "ORR")
        assert rate is not None
        assert rate.open == (Share(2, 2), Share(1, 2), Share(2, 2))
        assert (rate.queries, rate.dates, rate.pending, rate.exhausted) == (1, 0, 0, True)
        assert rate.sentence == "1 open query could move ORR between 50.0% and 100.0%"
        strip = moves.strip_of(Live())
        assert [one.name for one in strip.rates] == ["MPR", "PCR", "ORR"]
        pending = strip.rates[0]
        assert (pending.open.moves, pending.all.least, pending.all.greatest) == (
            False,
            Share(0, 2),
            Share(2, 2),
        )
        shown = render_to_string("endpoints/_moves.html", {"moves": moves.Strip(strip.rates[2:])})
        assert "1 open query could move ORR between 50.0% and 100.0%" in shown
        assert "/endpoints/moves/?endpoint=orr" in shown
        assert "Show the query" in shown
        assert "nothing open" in render_to_string("endpoints/_moves.html", {"moves": moves.Strip([])})
        assert pending.sentence == "2 pending results could move MPR between 0.0% and 100.0%"

    def computed(self) -> None:
        services.endpoints_catch_up()
        moving.moves_refresh()
        services.trial_recompute()

    @time_machine.travel(NOW, tick=True)
    def test_the_page_and_its_file(
        self, cast: dict[str, User], responder: Participant, client: Client, settings: Any
    ) -> None:
        query = ask(cast, responder, "TA", "TA1", "TA2:1/tl_diam")
        self.computed()
        settings.DEMO = True
        client.force_login(cast["mo"])
        page = client.get("/endpoints/moves/?endpoint=orr")
        text = page.content.decode()
        assert query.code in text
        assert "RECIST diameter" in text or "diameter" in text
        assert "1 open query could move ORR between 0.0% and 100.0%" in text
        assert "#f-TA2-1-tl_diam" in text
        assert "Yes → " in text
        lines = client.get("/endpoints/moves.csv?endpoint=orr").content.decode().splitlines()
        assert len(lines) == 2
        assert lines[1].split(",")[0] == responder.number
        taken = AuditEvent.objects.get(action="EXPORTED")
        assert (taken.actor_name, taken.target, taken.path) == ("mo", "endpoints", "what-could-move.csv")
        assert taken.new.endswith(" · endpoint=orr")
        assert client.get("/endpoints/moves/?endpoint=none").status_code == 404
        assert client.get("/endpoints/moves/?set=none").status_code == 404
        assert client.get("/endpoints/moves/?cut=DC-99").status_code == 422
        other = client.get("/endpoints/moves/?set=ENR").content.decode()
        assert "Enrolled" in other

    @time_machine.travel(NOW, tick=True)
    def test_sets_of_the_profile_have_no_bounds(
        self, responder: Participant, cast: dict[str, User], client: Client, settings: Any
    ) -> None:
        """Nobody is told that a rate does not move where nobody knows who may enter the set."""
        self.computed()
        settings.DEMO = True
        client.force_login(cast["mo"])
        for population in ("PPS", "SAF"):
            assert moves.trial_moves(Live(), population) == []
            assert client.get(f"/endpoints/moves/?set={population}").status_code == 404
            assert client.get(f"/endpoints/moves.csv?set={population}").status_code == 404
            shown = render_to_string("endpoints/_moves.html", {"moves": moves.strip_of(Live(), population)})
            assert "no bounds" in shown
            assert "nothing open" not in shown
        page = client.get("/endpoints/moves/").content.decode()
        assert 'value="PPS"' not in page
        assert 'value="PEV"' in page

    @time_machine.travel(NOW, tick=True)
    def test_items_of_other_sites_are_counted_and_not_named(
        self, cast: dict[str, User], responder: Participant
    ) -> None:
        ask(cast, responder, "TA", "TA1", "TA2:1/tl_diam")
        self.computed()
        movers = moves.movers_of(Live())
        assert [one.number for one in moves.items_of(cast["mo"], movers, "ORR")] == [responder.number]
        assert moves.items_of(cast["wu"], movers, "ORR") == []

    @time_machine.travel(NOW, tick=True)
    def test_a_central_reading_is_not_named(self, cast: dict[str, User], responder: Participant) -> None:
        """Somebody who may see everything learns of a reading no more than its number."""
        form = world.form(responder, "TA", "TA1")
        self.computed()
        item = {
            "kind": "QUERY",
            "query": 0,
            "address": f"form:{form.pk}/CP2:1/cpn_rvt",
            "could": {"MPR": {"FAS": "YN"}},
        }
        type(form).objects.filter(pk=form.pk).update(form_key="CPATH")
        places = {"MPR": {"FAS": ["Y", "YN", "YN"]}}
        mover = moves.Mover(responder.number, "01", {"places": places, "items": [item]})
        shown = moves.items_of(cast["mo"], [mover], "MPR")[0]
        assert (shown.what, shown.href, shown.value, shown.query) == ("", "", "", "")
        assert shown.form.startswith("Central pathology, reading")

    @time_machine.travel(NOW, tick=True)
    def test_the_trace(self, cast: dict[str, User], responder: Participant) -> None:
        about = ask(cast, responder, "TA", "TA1", "TA2:1/tl_diam")
        other = ask(cast, responder, "ICF", "SCR", "icf_dsstdat")
        found = refreshed(responder)
        shown = moves.moves_for_trace(cast["mo"], responder, "ORR", found)
        assert [item.query for item in shown.items if item.query] == [about.code]
        assert [item.query for item in shown.others] == [other.code]
        assert shown.values == ["Yes", "No"]
        text = render_to_string("endpoints/_trace_moves.html", {"could_change": shown})
        assert all(part in text for part in (about.code, other.code, "What could change this?", "no change"))
        form = world.form(responder, "TA", "TA1")
        timed = moves.moves_for_trace(cast["mo"], responder, "PFS", found, [f"form:{form.pk}/TA2:1/tl_diam"])
        assert ([item.query for item in timed.items], timed.rate) == ([about.code], False)

    def test_a_batch_takes_the_same_number_of_queries(self, cast: dict[str, User]) -> None:
        with time_machine.travel(NOW, tick=True):
            counts = []
            for count in (1, 3):
                EndpointState.objects.update(moves_key="x")
                for _one in range(count):
                    made = responding(cast["lin"])
                    ask(cast, made, "TA", "TA1", "TA2:1/tl_diam")
                services.endpoints_catch_up()
                with CaptureQueriesContext(connection) as found:
                    moving.moves_refresh()
                counts.append(len(found))
                self.computed()
                with CaptureQueriesContext(connection) as found:
                    moves.items_of(cast["mo"], moves.movers_of(Live()), "ORR")
                counts.append(len(found))
            assert counts[:2] == counts[2:]
