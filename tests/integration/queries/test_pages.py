"""The inbox, a thread, the queries of a place: who sees what, what each may do, and what the trail keeps."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crf.models import FormInstance, Query, QueryAttachment, QueryMessage, QueryState
from crf.naming import form_url
from crf.policies_review import QUERY_RIGHTS, may_move, may_query
from crf.selectors.queries import query_tiles
from crf.services.queries import query_act, query_raise
from crf.services.verification import values_verify
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from tests.integration.queries.conftest import DIAMETER, QUESTION, SignedIn
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
THREAD = "/queries/Q-01-003-1/"


def refusals(act: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action="REFUSED", path=f"@{act}"))


# --- the inbox ------------------------------------------------------------------------------------------------------


def test_a_site_sees_what_it_has_to_answer(at: SignedIn, asked: Query) -> None:
    page = at("lin").get("/queries/").content.decode()
    assert QUESTION in page and "Target lesions 1" in page and "Mo" in page
    assert page.count('tr data-query="') == 1
    assert 'name="query"' not in page  # closing is not for the site


def test_another_site_sees_nothing_of_it(at: SignedIn, asked: Query) -> None:
    page = at("wu").get("/queries/?tab=all").content.decode()
    assert QUESTION not in page and "No query has been raised." in page
    for address in (THREAD, "/p/01-003/queries/", "/p/01-003/SCR/ta/queries/", THREAD + "files/1/"):
        assert at("wu").get(address).status_code == 404
    assert at("wu").post(THREAD, {"act": "answer", "outcome": "CONFIRMED"}).status_code == 404


@pytest.mark.parametrize("name", ["p1", "p3", "ad"])
def test_who_reads_blinded_and_who_administers_see_no_query(at: SignedIn, asked: Query, name: str) -> None:
    for address in (
        "/queries/",
        THREAD,
        "/queries/metrics/",
        "/queries/export/",
        "/queries/import/",
        "/p/01-003/queries/",
    ):
        assert at(name).get(address).status_code == 404


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ("q=radiology", True), ("q=nothing+like+it", False), ("participant=01-", True), ("participant=02-", False),
        ("form=TA", True), ("form=DM", False), ("origin=PERSON", True), ("origin=CHECK", False), ("endpoint=1", True),
        ("site=01", True), ("site=02", False), ("age=0-7", True), ("age=8-14", False), ("state=OPEN&tab=all", True),
        ("state=CLOSED&tab=all", False), ("tab=close", False), ("age=x&form=NONE&state=%00&after=~", True),
    ],
)  # fmt: skip
def test_filters_stand_in_the_address(at: SignedIn, asked: Query, filters: str, shown: bool) -> None:
    found = at("mo").get("/queries/?" + (filters if "tab=" in filters else f"tab=open&{filters}"))
    assert found.status_code == 200
    assert (QUESTION in found.content.decode()) is shown


def test_pages_follow_each_other_without_gap_or_overlap(
    at: SignedIn, participant: Participant, people: dict[str, User]
) -> None:
    forms = FormInstance.objects.filter(participant=participant).exclude(form_key__in=("CPATH", "CPATHF"))
    now = timezone.now()
    for number, form in enumerate(list(forms)[:120]):
        query_raise(
            by=people["mo"], participant=participant, text=f"Question {number:03} about the form.", form=form
        )
    Query.objects.update(raised_at=now)  # one moment for all: the key decides
    client, address, seen = at("da"), "/queries/?tab=open", []
    for _page in range(4):
        page = client.get(address).content.decode()
        seen += re.findall(r'tr data-query="([^"]+)"', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        if not following:
            break
        address = following[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == Query.objects.count() > 100


def test_the_number_of_queries_does_not_grow_with_the_list(
    at: SignedIn, participant: Participant, asked: Query, people: dict[str, User]
) -> None:
    client = at("mo")
    client.get("/queries/?tab=open")

    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get("/queries/?tab=open").status_code == 200
        return len(found)

    one = count()
    imaging = world.form(participant, "TA", "SCR")
    for path in ("TA2:2/tl_diam", "TA2:2/tl_viable", "TA2:1/tl_viable", "TA2:1", ""):
        query_raise(by=people["mo"], participant=participant, text=QUESTION, form=imaging, path=path)
    assert count() == one


def test_the_inbox_shows_the_value_now_and_when_it_was_raised(
    at: SignedIn, asked: Query, imaging: FormInstance, people: dict[str, User]
) -> None:
    world.change(imaging, people["lin"], TA2_1_tl_diam="84.0")
    page = at("mo").get("/queries/?tab=open").content.decode()
    assert "84.0" in page and "82.0" in page


def test_tiles_count_what_waits(people: dict[str, User], asked: Query) -> None:
    tiles = {tile.need: tile for tile in query_tiles(people["lin"])}
    assert (tiles["answer"].count, tiles["endpoint"].count, tiles["late"].count) == (1, 1, 0)
    assert "close" not in tiles and tiles["answer"].oldest == asked.raised_at
    Query.objects.update(raised_at=timezone.now() - dt.timedelta(days=15, minutes=1))
    assert {tile.need: tile.count for tile in query_tiles(people["mo"])} == {
        "answer": 1,
        "close": 0,
        "endpoint": 1,
        "late": 1,
    }
    assert {tile.count for tile in query_tiles(people["wu"])} == {0}
    assert query_tiles(people["p1"]) == []


# --- a thread -------------------------------------------------------------------------------------------------------


def test_the_answer_proposes_nothing(at: SignedIn, asked: Query) -> None:
    page = at("lin").get(THREAD).content.decode()
    assert 'name="outcome"' in page and "checked" not in page
    assert 'data-act="close"' not in page and 'data-act="cancel"' not in page


def test_answer_return_answer_close(
    at: SignedIn, asked: Query, imaging: FormInstance, people: dict[str, User]
) -> None:
    lin, mo = at("lin"), at("mo")
    assert lin.post(THREAD, {"act": "answer", "outcome": "CONFIRMED", "text": ""}).status_code == 302
    assert mo.post(THREAD, {"act": "return", "text": "Which report is meant?"}).status_code == 302
    assert (
        lin.post(THREAD, {"act": "answer", "outcome": "CLARIFIED", "text": "That of 6 March."}).status_code
        == 302
    )
    assert mo.post(THREAD, {"act": "close", "text": ""}).status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.reopened, asked.closed_by) == (QueryState.CLOSED, 1, people["mo"])
    said = list(
        QueryMessage.objects.filter(query=asked).values_list("author_name", "role", "act", "state", "value")
    )
    assert said == [
        ("mo", "MONITOR", "raise", "OPEN", "82.0"), ("lin", "COORDINATOR", "answer", "ANSWERED", "82.0"),
        ("mo", "MONITOR", "return", "REOPENED", "82.0"), ("lin", "COORDINATOR", "answer", "ANSWERED", "82.0"),
        ("mo", "MONITOR", "close", "CLOSED", "82.0"),
    ]  # fmt: skip
    page = mo.get(THREAD).content.decode()
    assert "That of 6 March." in page and "UTC+8" in page and " UTC<" in page
    imaging.refresh_from_db()
    assert (imaging.query_open, imaging.query_answered) == (0, 0)
    assert list(participant_problems(asked.participant)) == []


@pytest.mark.parametrize(
    ("name", "act", "sentence"),
    [
        ("lin", "close", "Only monitors and data managers"), ("lin", "cancel", "Only monitors and data managers"),
        ("mo", "answer", "Only coordinators and investigators"), ("st", "comment", "Only monitors and data managers"),
        ("ins", "close", "Only monitors and data managers"), ("mo", "close", "this is not possible now"),
        ("da", "reopen", "this is not possible now"),
    ],
)  # fmt: skip
def test_wrong_role_and_wrong_state_are_refused_and_kept(
    at: SignedIn, asked: Query, name: str, act: str, sentence: str
) -> None:
    answer = at(name).post(THREAD, {"act": act, "outcome": "CONFIRMED", "text": "Typed words."})
    assert answer.status_code == 403
    assert sentence in answer.content.decode()
    asked.refresh_from_db()
    assert asked.state == QueryState.OPEN and QueryMessage.objects.count() == 1
    assert [event.actor_name for event in refusals(f"query-{act}")] == [name]


def test_twice_is_harmless(at: SignedIn, asked: Query) -> None:
    lin = at("lin")
    post = {"act": "answer", "outcome": "CONFIRMED", "text": ""}
    assert [lin.post(THREAD, post).status_code for _n in range(2)] == [302, 403]
    assert QueryMessage.objects.filter(act="answer").count() == 1


@pytest.mark.parametrize(
    ("post", "sentence"),
    [
        ({"act": "answer", "text": "Kept words."}, "choose an outcome"),
        ({"act": "answer", "outcome": "CLARIFIED", "text": " "}, "Write what you have to say."),
        ({"act": "answer", "outcome": "NONE", "text": "Kept words."}, "choose an outcome"),
        ({"act": "comment", "text": "x" * 601}, "At most 600 characters; these are 601."),
        ({"act": "comment", "text": "Her number is 110101199003078515."}, "identi"),
        ({"act": "burn", "text": "Kept words."}, "Choose what to do"),
    ],
)  # fmt: skip
def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(
    at: SignedIn, asked: Query, post: dict[str, str], sentence: str
) -> None:
    answer = at("lin").post(THREAD, post)
    page = answer.content.decode()
    assert answer.status_code == 422 and sentence in page
    assert post["text"].strip() in page
    assert QueryMessage.objects.count() == 1 and not AuditEvent.objects.filter(action="REFUSED").exists()


def test_the_drawer_answers_with_the_thread_alone(at: SignedIn, asked: Query) -> None:
    lin = at("lin")
    fragment = lin.get(THREAD, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment and QUESTION in fragment
    moved = lin.post(
        THREAD, {"act": "answer", "outcome": "CONFIRMED", "text": ""}, headers={"HX-Request": "true"}
    )
    assert moved.status_code == 200 and "data-moved" in moved.content.decode()
    again = lin.post(
        THREAD, {"act": "answer", "outcome": "CONFIRMED", "text": ""}, headers={"HX-Request": "true"}
    )
    assert again.status_code == 409  # shown in the drawer


def test_a_change_of_the_value_is_told_in_the_thread(
    at: SignedIn, asked: Query, imaging: FormInstance, people: dict[str, User]
) -> None:
    world.change(imaging, people["lin"], TA2_1_tl_diam="84.0")
    page = at("mo").get(THREAD).content.decode()
    assert "82.0 → 84.0" in page.replace(" mm", "")
    told = QueryMessage.objects.get(query=asked, act="change")
    assert (told.author_name, told.value, told.state) == ("lin", "84.0", "OPEN")


def test_what_a_person_wrote_is_never_markup(at: SignedIn, asked: Query) -> None:
    at("lin").post(THREAD, {"act": "comment", "text": "<script>alert(1)</script>"})
    for page in (at("mo").get(THREAD), at("mo").get("/queries/?tab=open")):
        assert b"<script>alert" not in page.content


# --- attachments ----------------------------------------------------------------------------------------------------


def upload(name: str, content: bytes, media_type: str = "application/pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, media_type)


def test_a_file_comes_with_an_answer_and_leaves_as_a_download(at: SignedIn, asked: Query) -> None:
    post = {"act": "answer", "outcome": "CONFIRMED", "file": upload("report.html", PDF, "text/html")}
    assert at("lin").post(THREAD, post).status_code == 302
    file = QueryAttachment.objects.get()
    assert (file.name, file.content_type, bytes(file.content)) == ("report.html.pdf", "application/pdf", PDF)
    address = f"{THREAD}files/{file.message_id}/"
    assert address in at("mo").get(THREAD).content.decode()
    answer = at("mo").get(address)
    assert answer.content == PDF and answer["Content-Type"] == "application/pdf"
    assert (
        answer["Content-Disposition"].startswith("attachment;")
        and answer["X-Content-Type-Options"] == "nosniff"
    )
    taken = AuditEvent.objects.get(action="EXPORTED", target=asked.address)
    assert (taken.actor_name, taken.new, taken.reason) == ("mo", file.sha256, file.name)
    for name in ("wu", "p1", "ad"):
        assert at(name).get(address).status_code == 404
    assert at("mo").get(f"{THREAD}files/999999/").status_code == 404
    assert list(participant_problems(asked.participant)) == []


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("report.pdf", b"MZ\x90\x00", "is no PDF, PNG or JPEG"),
        ("report.pdf", b"", "is no PDF, PNG or JPEG"),
        ("page.png", b"<svg onload=alert(1)>", "is no PDF, PNG or JPEG"),
        ("large.pdf", b"%PDF-" + b"0" * 5 * 1024 * 1024, "larger than 5 MB"),
    ],
)
def test_a_file_is_what_its_content_says(
    at: SignedIn, asked: Query, name: str, content: bytes, sentence: str
) -> None:
    post = {"act": "answer", "outcome": "CONFIRMED", "text": "Kept words.", "file": upload(name, content)}
    answer = at("lin").post(THREAD, post)
    page = answer.content.decode()
    assert answer.status_code == 422 and sentence in page and name in page and "Kept words." in page
    assert "Choose the file again" in page
    assert not QueryAttachment.objects.exists() and QueryMessage.objects.count() == 1


# --- raising --------------------------------------------------------------------------------------------------------

FIELD = "/p/01-003/SCR/ta/queries/?path=TA2:1/tl_diam"


@pytest.mark.parametrize(
    ("address", "about", "path"),
    [
        (FIELD, DIAMETER, DIAMETER), (FIELD, "TA2:1", "TA2:1"), (FIELD, "", ""), ("/p/01-003/SCR/ta/queries/", "", ""),
        ("/p/01-003/SCR/ta/queries/?path=TA2:2", "TA2:2", "TA2:2"), ("/p/01-003/SCR/ta/queries/?path=tudat", "tudat", "tudat"),
    ],
)  # fmt: skip
def test_a_monitor_asks_about_a_value_a_row_a_form(
    at: SignedIn, imaging: FormInstance, address: str, about: str, path: str
) -> None:
    assert at("mo").get(address).status_code == 200
    assert at("mo").post(address, {"text": QUESTION, "about": about}).status_code == 302
    made = Query.objects.get()
    assert (made.form_id, made.path, made.question, made.number) == (imaging.pk, path, QUESTION, 1)
    imaging.refresh_from_db()
    assert imaging.query_open == 1
    assert AuditEvent.objects.filter(action="QUERY_RAISED", target=made.address).count() == 2


def test_a_monitor_asks_about_the_participant(at: SignedIn, participant: Participant) -> None:
    assert at("da").post("/p/01-003/queries/", {"text": QUESTION}).status_code == 302
    made = Query.objects.get()
    assert (made.form, made.path, made.site_id) == (None, "", participant.site_id)
    for name, address in (("lin", "/queries/"), ("lin", "/p/01-003/queries/"), ("lin", THREAD)):
        assert QUESTION in at(name).get(address).content.decode()


@pytest.mark.parametrize("name", ["lin", "chen", "st", "ins"])
def test_who_may_not_ask_is_told_so(at: SignedIn, imaging: FormInstance, name: str) -> None:
    assert "Raise the query" not in at(name).get(FIELD).content.decode()
    answer = at(name).post(FIELD, {"text": QUESTION, "about": DIAMETER})
    assert answer.status_code == 403 and "Only monitors and data managers raise" in answer.content.decode()
    assert not Query.objects.exists() and [event.actor_name for event in refusals("query")] == [name]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write the question."), ("Please change the value to 23.", "must not propose the answer"),
        ("请把数值改为 23", "must not propose the answer"), ("x" * 601, "At most 600"),
        ("Is 110101199003078515 her number?", "identi"),
    ],
)  # fmt: skip
def test_a_question_asks(at: SignedIn, imaging: FormInstance, text: str, sentence: str) -> None:
    answer = at("mo").post(FIELD, {"text": text, "about": DIAMETER})
    page = answer.content.decode()
    assert answer.status_code == 422 and sentence in page and text in page
    assert not Query.objects.exists()


def test_one_question_at_a_value_at_a_time(at: SignedIn, asked: Query) -> None:
    answer = at("da").post(FIELD, {"text": QUESTION, "about": DIAMETER})
    assert answer.status_code == 403 and "Q-01-003-1 already asks" in answer.content.decode()
    assert Query.objects.count() == 1


def test_a_locked_form_takes_no_query(at: SignedIn, asked: Query, imaging: FormInstance) -> None:
    FormInstance.objects.filter(pk=imaging.pk).update(locked=True)
    for client, address, post in (
        (at("mo"), "/p/01-003/SCR/ta/queries/?path=tudat", {"text": QUESTION, "about": "tudat"}),
        (at("lin"), THREAD, {"act": "answer", "outcome": "CONFIRMED"}),
    ):
        answer = client.post(address, post)
        assert answer.status_code == 403 and "This form is locked" in answer.content.decode()
    assert Query.objects.count() == 1 and QueryMessage.objects.count() == 1
    FormInstance.objects.filter(pk=imaging.pk).update(locked=False, frozen=True)
    assert at("mo").post("/p/01-003/SCR/ta/queries/?path=tudat", {"text": QUESTION}).status_code == 302


@pytest.mark.parametrize(
    "path", ["nothing", "TA2:9/tl_diam", "TA9:1/x", "TA2:1/nothing", "TA2:x", "x" * 200, "TA2:1/@active"]
)
def test_a_place_that_is_not_there(at: SignedIn, imaging: FormInstance, path: str) -> None:
    answer = at("mo").post(f"/p/01-003/SCR/ta/queries/?path={path}", {"text": QUESTION, "about": path})
    assert answer.status_code in (404, 422)
    assert not Query.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "/queries/Q-%00-1/", "/queries/Q-01-003-99999999999/", "/queries/nothing/", "/queries/Q-01-003-１/",
        "/p/01-003/SCR/ta/queries/?path=TA2:1/%00", "/p/01-003/SCR/ta/queries/?path=TA2:1/",
        "/queries/Q-01-003-1/files/99999999999/",
    ],
)  # fmt: skip
def test_addresses_of_nothing(at: SignedIn, asked: Query, address: str) -> None:
    assert at("mo").get(address).status_code == 404


@pytest.mark.parametrize(
    "asks",
    [
        "after=0001-01-01T00:00:00%2B14:00~1",
        "after=2026-01-01~1",
        "after=x",
        "q=%00",
        "site=%00&participant=%00",
    ],
)
def test_filters_that_mean_nothing(at: SignedIn, asked: Query, asks: str) -> None:
    assert at("mo").get(f"/queries/?tab=open&{asks}").status_code == 200


# state × person × act: who may, by the tables alone
SITE_ACTS = {"OPEN": {"answer", "comment"}, "REOPENED": {"answer", "comment"}, "ANSWERED": {"comment"}}
ASKERS_ACTS = {
    "OPEN": {"comment", "cancel"}, "REOPENED": {"comment", "cancel"}, "ANSWERED": {"comment", "return", "close"},
    "CLOSED": {"reopen"},
}  # fmt: skip


@pytest.mark.parametrize("state", list(QueryState))
def test_every_person_every_act_every_state(asked: Query, people: dict[str, User], state: str) -> None:
    asked.state = state
    for name, person in people.items():
        expected = {"lin": SITE_ACTS, "chen": SITE_ACTS, "mo": ASKERS_ACTS, "da": ASKERS_ACTS}.get(
            name, {}
        ).get(state, set())
        for act in QUERY_RIGHTS:
            if act != "raise":
                assert bool(may_move(person, act, asked)) is (act in expected), (name, act)
        assert bool(may_query(person, "raise", asked.participant, asked.form)) is (name in ("mo", "da"))


def test_what_cannot_be_is_closed_by_the_data_alone(asked: Query, people: dict[str, User]) -> None:
    asked.state, asked.rule, asked.severity = "ANSWERED", "CK-195", "hard"
    refused = may_move(people["mo"], "close", asked)
    assert not refused and "closes by itself" in str(refused.reason)


def test_the_mark_of_verification_beside_the_history(
    at: SignedIn, imaging: FormInstance, people: dict[str, User]
) -> None:
    values_verify(by=people["mo"], form=imaging, paths=[DIAMETER, "tudat"])
    page = at("lin").get(form_url(imaging)).content.decode()
    assert page.count("mark-sdv") == 2 and "by Mo Rui" in page
    world.change(world.form(imaging.participant, "TA", "SCR"), people["lin"], TA2_1_tl_diam="84.0")
    page = at("lin").get(form_url(imaging)).content.decode()
    assert "changed since verified (82.0 mm to 84.0 mm)" in page
    assert page.count('<p class="f-hint sdv-changed">') == 1


def test_a_single_central_reading_is_not_queried(at: SignedIn, participant: Participant) -> None:
    assert at("mo").get("/p/01-003/CPATH/cpath/queries/").status_code == 404


# --- closing several ------------------------------------------------------------------------------------------------


def test_several_answers_are_closed_at_once(
    at: SignedIn, participant: Participant, imaging: FormInstance, people: dict[str, User]
) -> None:
    made = [
        query_raise(by=people["mo"], participant=participant, text=QUESTION, form=imaging, path=path)
        for path in ("tudat", "ta_method", "ta_slice")
    ]
    for query in made[:2]:
        query_act(by=people["lin"], query=query, act="answer", outcome="CONFIRMED")
    post = {"query": [query.code for query in made], "back": "tab=open&site=01"}
    answer = at("mo").post("/queries/close/", post)
    assert answer.status_code == 302 and answer["Location"] == "/queries/?tab=open&site=01"
    states = list(Query.objects.order_by("number").values_list("state", flat=True))
    assert states == ["CLOSED", "CLOSED", "OPEN"]
    assert "Q-01-003-3" in at("mo").get("/queries/?tab=open").content.decode()
    refused = at("lin").post("/queries/close/", {"query": [made[2].code]})
    assert refused.status_code == 403 and "Only monitors" in refused.content.decode()
    assert at("mo").post("/queries/close/", {"back": "tab=close"}).status_code == 422
    assert at("wu").post("/queries/close/", {"query": [made[2].code]}).status_code == 404


# --- on the entry page ----------------------------------------------------------------------------------------------


def test_the_entry_page_shows_the_question_at_its_field(
    at: SignedIn, asked: Query, imaging: FormInstance
) -> None:
    page = at("lin").get(form_url(imaging)).content.decode()
    assert page.count(QUESTION) == 2  # at the field and beside the form
    assert f'data-query-mark="{DIAMETER}"' in page and page.count("data-query-mark") == 1
    assert f'href="{THREAD}"' in page
    monitor = at("mo").get(form_url(imaging)).content.decode()
    assert monitor.count("data-query-mark") > 10 and "Query about the form" in monitor
    assert at("ins").get(form_url(imaging)).content.decode().count("data-query-mark") == 1


def test_opening_a_form_costs_one_query_more_however_many_stand(
    at: SignedIn, asked: Query, participant: Participant, imaging: FormInstance, people: dict[str, User]
) -> None:
    client = at("lin")
    client.get(form_url(imaging))

    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get(form_url(imaging))
        return len(found)

    one = count()
    for path in ("tudat", "ta_method", "TA2:2/tl_diam", "TA2:1", ""):
        query_raise(by=people["mo"], participant=participant, text=QUESTION, form=imaging, path=path)
    assert count() == one
