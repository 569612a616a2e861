"""The audit explorer: every filter finds its events, nobody sees more than they may, no filter costs more queries."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crf.selectors.trail import GROUPS, scope_of
from participants.models import Participant
from pathology.models import PathologyCase
from tests import world
from tests.integration.audit.conftest import Sign
from tests.integration.audit.owner import sql
from tests.integration.pathology.conftest import answers
from tests.world import reading_save, reading_take
from trialsite.accounts.models import RoleHeld, User
from trialsite.accounts.services import role_grant
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def numbers(response: Any) -> list[tuple[str, int]]:
    """What the page lists: chain and number of each event."""
    assert response.status_code == 200, response.content.decode()[:2000]
    return [(line.chain, line.event.number) for line in response.context["lines"]]


def events(response: Any) -> list[AuditEvent]:
    return [line.event for line in response.context["lines"]]


def text(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def test_the_newest_come_first_and_pages_join_without_gap_or_double(
    participant: Participant, at: Sign
) -> None:
    client, seen, url = at("mo"), [], "/audit/?participant=01-003"
    while url:
        response = client.get(url)
        seen += events(response)
        url = f"/audit/?{response.context['older']}" if response.context["older"] else ""
    wanted = AuditEvent.objects.filter(chain__name=f"participant:{participant.pk}").order_by("-at", "-id")
    assert [e.pk for e in seen] == [e.pk for e in wanted]
    assert len(seen) > 100


FILTERS: dict[str, dict[str, Any]] = {
    "who=lin": {"actor__username": "lin"},
    "who=system": {"actor": None},
    "participant=01-003": {"chain__name__startswith": "participant", "site": "01"},
    "site=02": {"site": "02"},
    "action=ENTER": {"action": "ENTER"},
    "action=access": {"action__in": GROUPS["access"]},
    "action=rights": {"action__in": GROUPS["rights"]},
    "field=sex": {"path__in": ["sex", "sex@miss"]},
    "field=tl_diam": {"path": "TA2:1/tl_diam"},
    "field=email": {"path": "email"},
    "from=2026-01-01": {"at__gte": "2026-01-01T00:00:00+08:00"},
    "to=2026-01-01": {"at__lt": "2026-01-02T00:00:00+08:00"},
    "participant=01-003&q=transcription": {"reason__contains": "transcription"},
    "who=lin&q=26.0": {"actor__username": "lin", "new__contains": "26.0"},
}


@pytest.mark.parametrize("query", FILTERS)
def test_a_filter_finds_its_events_and_no_others(
    query: str, participant: Participant, elsewhere: Participant, at: Sign
) -> None:
    client = at("da")
    if "email" in query:
        lin = User.objects.get(username="lin")
        from trialsite.accounts.services import user_change

        user_change(by=User.objects.get(username="ad"), user=lin, full_name="Lin", email="lin@example.org")
    response = client.get(f"/audit/?{query}")
    wanted = AuditEvent.objects.filter(**FILTERS[query]).order_by("-at", "-id")
    assert [e.pk for e in events(response)] == [e.pk for e in wanted[:50]]
    shown = wanted.count()
    assert (response.context["count"], response.context["beyond"]) == (min(shown, 1000), shown > 1000)
    assert shown or query == "to=2026-01-01"


def test_a_form_is_found_by_its_key_however_many_there_are(
    participant: Participant, at: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = at("da")
    form = world.form(participant, "TA", "SCR")
    few = numbers(client.get("/audit/?form=TA"))
    assert few
    monkeypatch.setattr("crf.selectors.trail.FEW", 0)
    assert numbers(client.get("/audit/?form=TA")) == few
    assert all(
        e.target == form.address or e.action == "FORM_EXPECTED" for e in events(client.get("/audit/?form=TA"))
    )
    assert numbers(client.get("/audit/?form=TA&participant=01-003")) == few


def test_a_line_says_it_in_words_with_the_way_to_the_field(participant: Participant, at: Sign) -> None:
    response = at("mo").get("/audit/?field=tl_diam&action=CHANGE")
    (line,) = response.context["lines"]
    assert "(lin)" in line.who
    assert (line.role, line.participant, line.visit) == ("Study coordinator", "01-003", "SCR")
    assert "diameter" in line.what.lower()
    assert ("62" in line.old, "26" in line.new, line.reason) == (True, True, "=transcription error")
    assert line.href == "/p/01-003/SCR/ta/#f-TA2:1/tl_diam"
    shown = text(response)
    assert f"{line.utc:%Y-%m-%d %H:%M:%S} UTC" in shown
    assert (line.local.utcoffset(), line.utc.utcoffset()) == (dt.timedelta(hours=8), dt.timedelta())
    assert f"{line.local:%Y-%m-%d %H:%M:%S}" in shown
    assert (
        line.local.utcoffset()
        == line.utc.replace(tzinfo=None) - line.utc.replace(tzinfo=None) + line.local.utcoffset()
    )
    assert at("mo").get(line.href.partition("#")[0]).status_code == 200


def test_failed_sign_ins_and_changed_rights_are_in_it(cast: dict[str, User], at: Sign) -> None:
    Client().post("/login/", {"login": "lin", "password": "wrong"})
    role_grant(by=cast["ad"], user=cast["lin"], role="INVESTIGATOR", site=world.site(), reason="Cover")
    client = at("ad")
    shown = text(client.get("/audit/?action=SIGN_IN_FAILED"))
    assert "sign-in failed" in shown
    assert "(lin)" in shown
    shown = text(client.get("/audit/?action=ROLE_GRANTED"))
    assert "Investigator @01" in shown
    assert "Cover" in shown


@pytest.mark.parametrize(
    ("path", "new"), [("tudat", "no day"), ("TA9:1/none", "x"), ("gone", "x"), ("TA2:1/tl_diam", "wide")]
)
def test_what_no_definition_understands_is_shown_as_it_stands(
    path: str, new: str, participant: Participant, at: Sign
) -> None:
    """An altered trail, or a field of an earlier version of the form."""
    victim = AuditEvent.objects.filter(path="tudat").first()
    assert victim is not None
    sql("UPDATE audit_auditevent SET path = %s, new = %s WHERE id = %s", path, new, victim.pk)
    response = at("da").get(f"/audit/?participant=01-003&field={path}&action=ENTER")
    assert new in [line.new for line in response.context["lines"]]
    assert b"".join(at("da").get("/audit/export/csv/?participant=01-003"))


# --- who sees what --------------------------------------------------------------------------------------------------


def test_the_administrator_sees_accounts_and_no_participant(participant: Participant, at: Sign) -> None:
    response = at("ad").get("/audit/")
    assert {line.chain for line in response.context["lines"]} == {"study"}
    for query in ("participant=01-003", "site=01", "form=DM", "field=sex", "who=lin", "who=lin&q=M"):
        answer = at("ad").get(f"/audit/?{query}")
        assert answer.status_code == 422 or all(line.chain == "study" for line in answer.context["lines"])
    assert "01-003" not in text(response)


def test_a_monitor_of_one_site_sees_that_site(
    participant: Participant, elsewhere: Participant, cast: dict[str, User], at: Sign
) -> None:
    RoleHeld.objects.filter(user=cast["mo"]).update(site=world.site("01"))
    client = at("mo")
    seen = events(client.get("/audit/"))
    assert seen
    assert {e.site for e in seen} == {"01"}
    assert events(client.get("/audit/?site=02")) == []
    assert events(client.get("/audit/?who=wu")) == []
    assert events(client.get("/audit/?action=access")) == []
    missing, other = (text(client.get(f"/audit/?participant={n}")) for n in ("09-999", "02-001"))
    assert "There is no participant with this number." in other
    assert missing.replace("09-999", "") == other.replace("02-001", "")


@pytest.mark.parametrize("name", ["lin", "chen", "st", "p1", "p3"])
def test_for_others_it_does_not_exist(name: str, cast: dict[str, User], at: Sign) -> None:
    for url in ("/audit/", "/audit/export/csv/", "/audit/verification/"):
        assert at(name).get(url).status_code == 404


# --- blinding -------------------------------------------------------------------------------------------------------


@pytest.fixture
def resected(cast: dict[str, User]) -> Participant:
    participant = world.screened(cast["lin"], "01-003")
    world.screening_01_003(participant, cast["lin"])
    world.treatment_01_003(participant, cast["lin"])
    world.operated(participant, cast["lin"], "2024-05-30", "2024-06-14")
    return participant


def read(case: PathologyCase, by: User, viable: str) -> None:
    reading = reading_take(by=by, case=case)
    reading_save(by=by, reading=reading, typed=answers(viable), submit=True)


@pytest.mark.parametrize("name", ["mo", "da", "ins"])
def test_a_single_reading_is_not_to_be_seen_before_the_result(
    name: str, resected: Participant, cast: dict[str, User], at: Sign
) -> None:
    case = PathologyCase.objects.get(participant=resected)
    read(case, cast["p1"], "7")
    client = at(name)
    found = client.get("/audit/?who=p1")
    lines = [line for line in found.context["lines"] if line.form_key == "CPATH"]
    assert lines
    assert all(line.withheld and not (line.old or line.new or line.path or line.reason) for line in lines)
    for query in ("field=cpn_rvt", "who=p1&q=7", "form=CPATH&field=cp_adeq"):
        assert client.get(f"/audit/?{query}").context["count"] == 0
    assert client.get("/audit/?form=CPATH").context["count"] > 10
    csv = b"".join(client.get("/audit/export/csv/?form=CPATH")).decode()
    lines_of_file = b"".join(client.get("/audit/export/jsonl/?form=CPATH")).decode()
    for secret in ("cpn_rvt", "cp_adeq", "ADEQUATE", "CP2"):
        assert secret not in found.content.decode()
        assert secret not in csv
        assert secret not in lines_of_file
    assert '"withheld":true' in lines_of_file
    read(case, cast["p2"], "8")  # they agree, but only the release makes it a result
    assert client.get("/audit/?field=cpn_rvt").context["count"] == 0
    world.released(case)
    after = client.get("/audit/?who=p1")
    assert "cpn_rvt" in after.content.decode()
    assert client.get("/audit/?field=cpn_rvt").context["count"] == 2


# --- bad input and cost ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("from=24.11.2026", "from", "This is no day"),
        ("from=2026-11-25&to=2026-11-24", "to", "not after the other one"),
        ("to=2026-02-30", "to", "This is no day"),
        ("who=nobody", "who", "Nobody has this user name."),
        ("participant=01-999", "participant", "There is no participant with this number."),
        ("form=XX", "form", "There is no such form."),
        ("field=nonsense", "field", "There is no field with this name in the forms."),
        ("action=NONE", "action", "There is no such action."),
        ("q=26", "q", "This is too much to search."),
    ],
)
def test_a_filter_that_cannot_be_is_refused_with_what_was_typed(
    query: str, field: str, said: str, participant: Participant, at: Sign
) -> None:
    response = at("da").get(f"/audit/?{query}")
    assert response.status_code == 422
    assert said in response.context["errors"][field]
    assert query.partition("=")[2].partition("&")[0] in response.content.decode()
    refused = at("da").get(f"/audit/export/csv/?{query}")
    assert refused.status_code == 422
    assert not AuditEvent.objects.filter(action="EXPORTED").exists()


def test_words_in_too_many_rows_ask_to_narrow(
    participant: Participant, at: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert at("da").get("/audit/?who=lin&q=26").status_code == 200
    monkeypatch.setattr("trialsite.audit.exploring.SEARCHED", 3)
    assert at("da").get("/audit/?who=lin&q=26").status_code == 422
    assert at("da").get("/audit/?participant=01-003&who=wu&q=26").status_code == 200


def test_nonsense_in_the_key_of_a_page_is_the_first_page(participant: Participant, at: Sign) -> None:
    first = numbers(at("da").get("/audit/?participant=01-003"))
    assert numbers(at("da").get("/audit/?participant=01-003&after=x-y")) == first


def test_queries_do_not_grow_with_the_trail(
    participant: Participant, cast: dict[str, User], at: Sign
) -> None:
    client = at("da")
    client.get("/audit/")

    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get("/audit/")
        return len(caught)

    before = count()
    for number in range(2, 6):
        other = world.screened(cast["lin"], f"01-1{number:02}")
        world.fill(world.form(other, "DM", "SCR"), cast["lin"], {"sex": "M"}, complete=False)
    assert count() <= before <= 20


def test_a_reader_who_sees_participants_nowhere_has_no_withheld_targets(cast: dict[str, User]) -> None:
    scope = scope_of(cast["ad"])
    assert (scope.study, scope.participants, scope.withheld) == (True, False, frozenset())
