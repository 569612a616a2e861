"""Figures about queries, and the list as a file."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.utils import timezone

from crf.models import FormInstance, Query
from crf.selectors.queries import queries_for
from crf.selectors.query_figures import metrics
from crf.services.queries import query_act, query_raise
from participants.models import Participant
from tests import world
from tests.integration.queries.conftest import DIAMETER, QUESTION, SignedIn
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
datetimes = dict[int, Query]


@pytest.fixture
def several(participant: Participant, imaging: FormInstance, people: dict[str, User]) -> datetimes:
    """Raised 3, 10, 20 and 40 days ago; the third was answered after 4 days, the last closed after 6, unchanged."""
    now = timezone.now()
    made = {}
    for days, path in ((3, "tudat"), (10, "ta_method"), (20, "ta_slice"), (40, DIAMETER)):
        query = query_raise(by=people["mo"], participant=participant, text=QUESTION, form=imaging, path=path)
        if days >= 20:
            query_act(by=people["lin"], query=query, act="answer", outcome="CONFIRMED")
        if days == 40:
            query_act(by=people["mo"], query=query, act="close")
        Query.objects.filter(pk=query.pk).update(
            raised_at=now - days * DAY, answered_at=now - days * DAY + 4 * DAY if days >= 20 else None,
            closed_at=now - days * DAY + 6 * DAY if days == 40 else None,
        )  # fmt: skip
        made[days] = query
    return made


def test_figures_by_site_form_and_rule(several: datetimes, people: dict[str, User]) -> None:
    found = metrics(queries_for(people["mo"]))
    whole = found.whole
    assert (whole.open, whole.answered, whole.closed, whole.total) == (2, 1, 1, 4)
    assert whole.buckets == [1, 1, 1, 0]
    assert (whole.median_answer, whole.median_close, whole.share_unchanged) == (4.0, 6.0, 100.0)
    assert [(one.name, one.total) for one in found.sites] == [("01", 4)]
    assert [(one.name, one.total) for one in found.forms] == [("TA", 4)]
    assert [(one.title, one.total) for one in found.rules] == [("Asked by people", 4)]


def test_a_change_counts_as_one(several: datetimes, imaging: FormInstance, people: dict[str, User]) -> None:
    Query.objects.filter(pk=several[40].pk).update(closed_value="84.0")
    assert metrics(queries_for(people["mo"])).whole.share_unchanged == 0.0


def test_buckets_have_no_gap(several: datetimes, people: dict[str, User]) -> None:
    for days, at in ((0, 0), (7, 0), (8, 1), (14, 1), (15, 2), (28, 2), (29, 3), (400, 3)):
        Query.objects.update(state="OPEN", raised_at=timezone.now() - days * DAY - dt.timedelta(minutes=1))
        expected = [0, 0, 0, 0]
        expected[at] = 4
        assert metrics(queries_for(people["mo"])).whole.buckets == expected


def test_the_page_is_for_who_oversees(at: SignedIn, several: datetimes) -> None:
    for name in ("mo", "da", "ins"):
        page = at(name).get("/queries/metrics/").content.decode()
        assert "100.0% without a change of data" in page
    for name in ("lin", "chen", "st", "p1", "ad"):
        assert at(name).get("/queries/metrics/").status_code == 404
        assert at(name).get("/queries/export/").status_code == 404
    assert "/queries/metrics/" not in at("lin").get("/queries/").content.decode()


def rows_of(client: object, query: str) -> list[dict[str, str]]:
    answer = client.get(f"/queries/export/?{query}")  # type: ignore[attr-defined]
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_file_holds_the_list_with_every_step(at: SignedIn, several: datetimes) -> None:
    rows = rows_of(at("da"), "tab=all")
    assert len(rows) == 4 + 2 + 1
    assert [row["Query"] for row in rows[:3]] == ["Q-01-003-4"] * 3  # oldest first
    assert [row["Step"] for row in rows[:3]] == ["asked", "answered", "closed"]
    first = rows[0]
    assert (first["Participant"], first["Site"], first["Visit"], first["Form (code)"], first["Path"]) == (
        "01-003", "01", "SCR", "TA", DIAMETER,
    )  # fmt: skip
    assert (first["Question"], first["State"], first["Value when raised"]) == (QUESTION, "Closed", "82.0 mm")
    assert len(rows_of(at("da"), "tab=close")) == 2
    assert rows_of(at("da"), "tab=all&site=02") == []


def test_that_it_left_stands_in_the_trail(at: SignedIn, several: datetimes) -> None:
    rows_of(at("ins"), "tab=open&site=01")
    said = list(
        AuditEvent.objects.filter(action="EXPORTED").order_by("pk").values_list("actor_name", "target", "new")
    )
    assert [who for who, _target, _new in said] == ["ins", "ins"] and said[0][1] == "export:queries"
    assert said[0][2].endswith("; begun") and "site=01" in said[0][2]
    assert "4 rows; SHA-256 " in said[1][2]


def test_a_spreadsheet_takes_nothing_for_a_formula(
    at: SignedIn, participant: Participant, imaging: FormInstance, people: dict[str, User]
) -> None:
    query = query_raise(
        by=people["mo"], participant=participant, text="=HYPERLINK(1)", form=imaging, path="tudat"
    )
    query_act(by=people["lin"], query=query, act="comment", text="@SUM(A1)")
    rows = rows_of(at("da"), "tab=all")
    assert rows[0]["Question"] == "'=HYPERLINK(1)" and rows[1]["Text"] == "'@SUM(A1)"


def test_the_file_speaks_the_language_of_the_reader(
    at: SignedIn, several: datetimes, people: dict[str, User]
) -> None:
    User.objects.filter(username="da").update(language="zh-hans")
    client = at("da")
    answer: Any = client.get("/queries/export/?tab=all", headers={"Accept-Language": "zh-hans"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "肿瘤影像评估" in text and world.site().number in text
