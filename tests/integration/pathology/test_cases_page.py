"""The worklist of cases and the page of one case: who sees them, what is shown when, what an act says and what it refuses."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pathology.models import CustodyEvent, PathologyCase, Reading, RecutRequest, Reopening, SpecimenItem
from pathology.selectors.workload import workload
from pathology.services import (
    case_share_out,
    items_receive,
    readers_allocate,
    reading_reopen_ask,
    recut_ask,
    reread_open,
)
from pathology.services.specimens import Arrived, Passing
from tests.integration.pathology.conftest import Submit
from tests.world import reading_take, released
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db
WHEN = dt.datetime(2024, 6, 24, 3, tzinfo=dt.UTC)


def enter(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    """What a person reads: without marks, blanks drawn together."""
    plain = re.sub(r"<script.*?</script>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(plain.split())


def received(case: PathologyCase, da: User, *labels: str) -> list[SpecimenItem]:
    passing = Passing("RECEIVED", WHEN, "Courier", "Central laboratory", "ADEQUATE")
    arrived = [Arrived("SLIDE", label, "A1", 1) for label in labels or ("A1-1", "A1-2")]
    return items_receive(by=da, case=case, arrived=arrived, passing=passing)


def page(client: Client, case: PathologyCase) -> str:
    return client.get(f"/pathology/{case.code}/").content.decode()


def act(client: Client, case: PathologyCase, **data: Any) -> Any:
    return client.post(f"/pathology/{case.code}/", data)


# --- the list -------------------------------------------------------------------------------------------------------


def test_filters_find_the_case(client: Client, case: PathologyCase, cast: dict[str, User]) -> None:
    """Every filter that the tiles of the home page and the chips lead to."""
    received(case, cast["da"])
    enter(client, cast["da"])

    def there(query: str) -> bool:
        response = client.get(f"/pathology/?{query}")
        assert response.status_code == 200
        return f'href="/pathology/{case.code}/"' in response.content.decode()

    assert there("")
    assert there("state=TO_ALLOCATE")
    assert not there("state=AWAITED")
    assert there(f"q={case.code[2:].lower()}")
    assert there("q=01-003")
    assert not there("q=02-")
    assert there("site=01")
    assert not there("site=02")
    assert not there("reader=p1")
    assert there("state=nonsense&show=nonsense&page=99")
    given = timezone.localdate() - dt.timedelta(30)
    readers = {"R1": cast["p1"], "R2": cast["p2"]}
    readers_allocate(by=cast["da"], case=case, readers=readers, due=given + dt.timedelta(1), on=given)
    assert there("reader=p1")
    assert there("show=late")
    assert there("state=READING&show=late")
    assert not there("show=recut")
    recut_ask(
        by=cast["p1"],
        reading=reading_take(by=cast["p1"], case=case),
        item=case.items.first(),
        reason="Folded.",
    )
    assert there("show=recut")
    assert not there("show=reopening")


def test_tiles_count_what_their_lists_show(
    client: Client, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    enter(client, cast["da"])
    submit(cast["p1"], case)
    submit(cast["p2"], case)
    case.refresh_from_db()
    assert case.state == "DECIDED"
    home = client.get("/").content.decode()
    found = re.search(r'href="/pathology/\?state=DECIDED".*?</a>', home, re.DOTALL)
    assert found
    assert re.search(r">\s*1\s*<", found[0]), found[0]


def test_the_workload_of_a_reader(case: PathologyCase, cast: dict[str, User], submit: Submit) -> None:
    given = timezone.localdate() - dt.timedelta(20)
    readers_allocate(
        by=cast["da"], case=case, readers={"R1": cast["p1"]}, due=given + dt.timedelta(3), on=given
    )
    loads = {one.user.username: one for one in workload(timezone.localdate())}
    assert set(loads) == {"p1", "p2", "p3"}
    assert (loads["p1"].open, loads["p1"].late, loads["p1"].submitted) == (1, 1, 0)
    assert (loads["p1"].reads, loads["p1"].adjudicates, loads["p3"].adjudicates) == (True, False, True)
    submit(cast["p1"], case)
    one = next(one for one in workload(timezone.localdate()) if one.user == cast["p1"])
    assert (one.open, one.late, one.submitted) == (0, 0, 1)
    assert one.days == pytest.approx(20, abs=1)


def test_a_page_makes_the_same_queries_for_many(
    client: Client, case: PathologyCase, cast: dict[str, User], django_assert_max_num_queries: Any
) -> None:
    from participants.models import Participant

    enter(client, cast["da"])
    client.get("/pathology/")
    counts = []
    for first, last in ((0, 8), (8, 45)):
        for n in range(first, last):
            person = Participant.objects.create(site=case.participant.site, number=f"01-8{n:02}")
            made = PathologyCase.objects.create(
                participant=person, code=f"P-X{n:03}", opened_at=timezone.now(), state="READING"
            )
            Reading.objects.create(case=made, slot="R1", reader=cast["p1"])
            Reading.objects.create(case=made, slot="R2", reader=cast["p2"])
        with django_assert_max_num_queries(24) as asked:
            assert client.get("/pathology/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


# --- sharing out and releasing ----------------------------------------------------------------------------------------


def test_cases_are_shared_out_evenly(client: Client, case: PathologyCase, cast: dict[str, User]) -> None:
    enter(client, cast["da"])
    nothing = client.post("/pathology/share/", {"among": ["p1", "p2"]})
    assert nothing.status_code == 422
    assert "Choose the cases" in text_of(nothing)
    one = client.post("/pathology/share/", {"case": case.code, "among": ["p1"], "due": "soon"})
    assert one.status_code == 422
    kept = one.content.decode()
    assert re.search(rf'value="{case.code}" checked', kept)
    assert 'value="soon"' in kept
    assert re.search(r'value="p1" checked', kept)
    assert not re.search(r'value="p2" checked', kept)
    past = client.post("/pathology/share/", {"case": case.code, "among": ["p1", "p2"], "due": "2024-01-01"})
    assert "lies in the past" in text_of(past)
    assert not Reading.objects.filter(reader__isnull=False).exists()
    done = client.post("/pathology/share/", {"case": case.code, "among": ["p1", "p2"]}, follow=True)
    assert "2 places were given" in text_of(done)
    assert set(Reading.objects.values_list("reader__username", flat=True)) == {"p1", "p2"}


def test_who_is_named_as_adjudicator_gets_no_place(case: PathologyCase, cast: dict[str, User]) -> None:
    case.adjudicator = cast["p2"]
    case.save(update_fields=["adjudicator"])
    case_share_out(by=cast["da"], cases=[case], readers=[cast["p1"], cast["p2"]])
    assert set(Reading.objects.values_list("reader__username", flat=True)) == {"p1", None}


def test_releasing_tells_what_was_refused(
    client: Client, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    enter(client, cast["da"])
    early = client.post("/pathology/release/", {"case": case.code})
    assert early.status_code == 403
    assert f"{case.code} : There is nothing to release yet" in text_of(early)
    assert re.search(rf'value="{case.code}" checked', early.content.decode())
    submit(cast["p1"], case)
    submit(cast["p2"], case)
    done = client.post("/pathology/release/", {"case": case.code}, follow=True)
    assert f"1 result is released: {case.code}." in text_of(done)
    again = client.post("/pathology/release/", {"case": case.code})
    assert "released already" in text_of(again)


# --- allocation on the page of a case -----------------------------------------------------------------------------------


def test_readers_are_chosen_and_taken_back(
    client: Client, case: PathologyCase, cast: dict[str, User]
) -> None:
    enter(client, cast["da"])
    due = str(timezone.localdate() + dt.timedelta(5))
    asked = {"reader.R1": "p1", "reader.R2": "p2", "reader.ADJ": "p3", "due.R1": due, "due.R2": ""}
    done = client.post(f"/pathology/{case.code}/", {"act": "allocate", **asked}, follow=True)
    assert "is saved" in text_of(done)
    places = {p.slot: p for p in Reading.objects.select_related("reader")}
    case.refresh_from_db()
    assert (str(places["R1"].reader), str(places["R1"].due_on)) == (str(cast["p1"]), due)
    assert places["R2"].due_on == timezone.localdate() + dt.timedelta(14)
    assert case.adjudicator == cast["p3"]
    swapped = {"reader.R1": "p2", "reader.R2": "p1"}
    assert client.post(f"/pathology/{case.code}/", {"act": "allocate", **swapped}).status_code == 302
    assert dict(Reading.objects.values_list("slot", "reader__username")) == {"R1": "p2", "R2": "p1"}
    assert client.post(f"/pathology/{case.code}/", {"act": "allocate", "reader.R1": ""}).status_code == 302
    assert dict(Reading.objects.values_list("slot", "reader__username")) == {"R1": None, "R2": "p1"}
    told = AuditEvent.objects.filter(action="READING_ALLOCATED", path="@reader")
    assert told.count() == 5


def test_refusals_keep_what_was_chosen(client: Client, case: PathologyCase, cast: dict[str, User]) -> None:
    enter(client, cast["da"])
    same = act(client, case, act="allocate", **{"reader.R1": "p1", "reader.R2": "p1"})
    assert same.status_code == 422
    assert "three different people" in text_of(same)
    assert len(re.findall(r'<option value="p1" selected>', same.content.decode())) == 2
    wrong = act(client, case, act="allocate", **{"reader.R1": "lin"})
    assert "cannot read at this place" in text_of(wrong)
    unknown = act(client, case, act="allocate", **{"reader.R1": "nobody"})
    assert "no reader of this name" in text_of(unknown)
    reading_take(by=cast["p1"], case=case)
    begun = act(client, case, act="allocate", **{"reader.R1": "p2"})
    assert begun.status_code == 403
    assert "is being read already" in text_of(begun)


def test_of_two_who_allocate_at_once_one_is_told(
    client: Client, case: PathologyCase, cast: dict[str, User]
) -> None:
    enter(client, cast["da"])
    readers_allocate(by=cast["da"], case=case, readers={"R1": cast["p2"]}, seen={"R1": ""})
    late = act(client, case, act="allocate", **{"reader.R1": "p1", "was.R1": ""})
    assert late.status_code == 403
    assert "Somebody else has allocated this case" in text_of(late)
    assert Reading.objects.get(case=case, slot="R1").reader == cast["p2"]


def test_a_day_that_is_over_may_stand_but_is_not_given(
    case: PathologyCase, cast: dict[str, User], client: Client
) -> None:
    enter(client, cast["da"])
    given = timezone.localdate() - dt.timedelta(30)
    due = given + dt.timedelta(3)
    readers_allocate(by=cast["da"], case=case, readers={"R1": cast["p1"]}, due=due, on=given)
    kept = {"reader.R1": "p1", "due.R1": str(due), "was_due.R1": str(due), "reader.R2": "p2"}
    assert act(client, case, act="allocate", **kept).status_code == 302
    moved = kept | {"due.R1": str(due - dt.timedelta(1))}
    assert "lies in the past" in text_of(act(client, case, act="allocate", **moved))
    later = kept | {"due.R1": str(timezone.localdate() + dt.timedelta(2))}
    assert act(client, case, act="allocate", **later).status_code == 302
    assert Reading.objects.get(slot="R1").due_on == timezone.localdate() + dt.timedelta(2)


# --- material -----------------------------------------------------------------------------------------------------------


def arrival(**more: Any) -> dict[str, Any]:
    return {
        "act": "receive", "rows": "2", "r1.kind": "SLIDE", "r1.label": "A1-1", "r1.block": "A1", "r1.nodule": "1", "r1.stain": "",
        "r1.bed": "N", "lines": "A1-2 A1 1 HE\nblock A1", "day": "2024-06-24", "time": "11:00", "condition": "LIMITED",
        "origin": "Courier", "destination": "Central laboratory", "note": "One box", **more,
    }  # fmt: skip


def test_material_is_received_from_the_table_and_from_lines(
    client: Client, case: PathologyCase, cast: dict[str, User]
) -> None:
    enter(client, cast["da"])
    done = client.post(f"/pathology/{case.code}/", arrival(), follow=True)
    assert "3 items are received" in text_of(done)
    assert list(SpecimenItem.objects.values_list("label", "kind", "stain", "bed")) == [
        ("A1-1", "SLIDE", "HE", False), ("A1-2", "SLIDE", "HE", True), ("A1", "BLOCK", "", True),
    ]  # fmt: skip
    event = CustodyEvent.objects.get()
    assert (event.condition, event.origin, event.note) == ("LIMITED", "Courier", "One box")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"r1.label": "01-003-A1"}, "where the specimen comes from"),
        ({"r1.label": "Harbin 7"}, "where the specimen comes from"),
        ({"lines": "A1-1 A1 1 HE"}, "is there already"),
        ({"day": "2999-01-01"}, "in the future"),
        ({"day": ""}, "on which day"),
        ({"time": "99:99"}, "time of day"),
        ({"condition": ""}, "in which condition"),
        ({"r1.nodule": "x"}, "number of a nodule"),
        (
            {"r1.label": "", "r1.block": "", "r1.nodule": "", "lines": ""},
            "Say which blocks or slides arrived",
        ),
    ],
)
def test_what_cannot_arrive_keeps_what_was_typed(
    wrong: dict[str, str], words: str, client: Client, case: PathologyCase, cast: dict[str, User]
) -> None:
    enter(client, cast["da"])
    data = arrival(**wrong)
    response = client.post(f"/pathology/{case.code}/", data)
    assert response.status_code == 422
    assert words in text_of(response)
    html = response.content.decode()
    for name in ("r1.label", "note", "day", "time", "origin"):
        if data[name]:
            assert f'value="{data[name]}"' in html, name
    if data["lines"]:
        assert f">{data['lines']}</textarea>" in html
    assert not SpecimenItem.objects.exists()


def test_more_lines_without_script(client: Client, case: PathologyCase, cast: dict[str, User]) -> None:
    enter(client, cast["da"])
    html = client.post(f"/pathology/{case.code}/", arrival(act="rows", rows="4")).content.decode()
    assert 'name="r8.label"' in html
    assert 'value="A1-1"' in html
    assert not SpecimenItem.objects.exists()


def test_custody_of_chosen_items(client: Client, case: PathologyCase, cast: dict[str, User]) -> None:
    enter(client, cast["da"])
    one, two = received(case, cast["da"])
    data = {
        "act": "custody",
        "item": str(one.number),
        "kind": "LENT",
        "day": "2024-07-01",
        "destination": "Reading room",
    }
    assert "Noted for 1 item." in text_of(client.post(f"/pathology/{case.code}/", data, follow=True))
    html = page(client, case)
    assert "Reading room" in html
    silent = client.post(f"/pathology/{case.code}/", data | {"rejected": "1"})
    assert silent.status_code == 422
    assert "why the material cannot be used" in text_of(silent)
    assert re.search(rf'name="item" value="{one.number}" checked', silent.content.decode())
    none = client.post(f"/pathology/{case.code}/", data | {"item": ""})
    assert "Choose the blocks or slides" in text_of(none)
    two.refresh_from_db()
    assert two.state == "RECEIVED"


def test_expected_against_received(client: Client, case: PathologyCase, cast: dict[str, User]) -> None:
    from crf.models.local_pathology import LocalPathology
    from tests import world

    form = world.form(case.participant, "LPATH", "LPATH")
    LocalPathology.objects.update_or_create(form=form, defaults={"lp_slides_sent": 16})
    received(case, cast["da"])
    enter(client, cast["da"])
    assert "2 of 16" in text_of(client.get("/pathology/"))
    assert "Slides received 2" in text_of(client.get(f"/pathology/{case.code}/"))


# --- requests -----------------------------------------------------------------------------------------------------------


def test_who_asks_for_a_new_slide_is_not_named(
    client: Client, case: PathologyCase, cast: dict[str, User]
) -> None:
    [old, _other] = received(case, cast["da"])
    recut_ask(by=cast["p2"], reading=reading_take(by=cast["p2"], case=case), item=old, reason="Folded over.")
    enter(client, cast["da"])
    html = page(client, case)
    section = html[html.index('id="recuts"') : html.index('id="material"')]
    assert "Folded over." in section
    assert str(cast["p2"]) not in section
    history = html[html.index('id="history"') : html.index("</details>", html.index('id="history"'))]
    line = next(row for row in history.split("<tr>") if "Folded over." in row)
    assert "A reader" in line
    assert str(cast["p2"]) not in line
    asked = RecutRequest.objects.get()
    empty = act(client, case, act="recut", recut=asked.pk, done="1", answer="")
    assert empty.status_code == 422
    alone = client.post(f"/pathology/{case.code}/", arrival(recut_of=str(old.number)))
    assert "received alone" in text_of(alone)
    one = arrival(recut_of=str(old.number), lines="", **{"r1.label": "A1-1R"})
    assert client.post(f"/pathology/{case.code}/", one).status_code == 302
    assert SpecimenItem.objects.get(label="A1-1R").recut_of == old
    assert (
        act(client, case, act="recut", recut=asked.pk, done="1", answer="A1-1R is there.").status_code == 302
    )
    assert act(client, case, act="recut", recut=0, done="1", answer="x").status_code == 404


def test_two_persons_open_a_reading_again(
    client: Client, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    reading = submit(cast["p1"], case)
    submit(cast["p2"], case)
    released(case)
    enter(client, cast["da"])
    done = client.post(
        f"/pathology/{case.code}/",
        {"act": "reopen", "reading": reading.pk, "reason": "Wrong slide."},
        follow=True,
    )
    assert "Another person decides" in text_of(done)
    own = Reopening.objects.get()
    alone = act(client, case, act="decide", reopening=own.pk, granted="1")
    assert alone.status_code == 422
    assert "who asked does not decide" in text_of(alone)
    Reopening.objects.all().delete()
    reading.refresh_from_db()
    asked = reading_reopen_ask(by=cast["p1"], reading=reading, reason="A block was missing.")
    assert "A block was missing." in page(client, case)
    silent = act(client, case, act="decide", reopening=asked.pk, granted="0", answer=" ")
    assert "Say why" in text_of(silent)
    assert act(client, case, act="decide", reopening=asked.pk, granted="1").status_code == 302
    case.refresh_from_db()
    assert case.state != "RELEASED"
    assert "Viable" not in page(client, case)


# --- what is shown when -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["da", "mo", "ins"])
def test_no_percentage_before_the_release(
    name: str, client: Client, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    submit(cast["p1"], case, "37", cp_com="Written by the first reader")
    submit(cast["p2"], case, "37")
    enter(client, cast[name])
    html = page(client, case)
    for secret in ("37.0", "37%", "Written by the first reader", "Local and central"):
        assert secret not in html
    assert "MPR" not in text_of(client.get(f"/pathology/{case.code}/"))
    released(case)
    html = page(client, case)
    assert "37.0%" in html
    assert "Local and central" in html
    assert f"/p/{case.participant.number}/results/mpr/" in html


def test_after_the_release_opinion_and_decision_are_shown(
    client: Client, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "31")
    submit(cast["p3"], case, "9")
    enter(client, cast["da"])
    assert "As read before." not in page(client, case)  # why the adjudicator decided: with the result
    released(case)
    words = text_of(client.get(f"/pathology/{case.code}/"))
    for expected in (
        "8.0%",
        "31.0%",
        "Adjudicator, own reading",
        "Adjudicator, decision",
        "As read before.",
        "High",
    ):
        assert expected in words


def test_local_and_central_far_apart(
    client: Client, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    from crf.models import FormInstance
    from crf.models.local_pathology import LocalPathology
    from tests import world

    form = world.form(case.participant, "LPATH", "LPATH")
    LocalPathology.objects.update_or_create(form=form, defaults={"lp_rvt_case": "60"})
    FormInstance.objects.filter(pk=form.pk).update(status="COMPLETE")
    submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "8")
    released(case)
    enter(client, cast["da"])
    words = text_of(client.get(f"/pathology/{case.code}/"))
    assert "60.0% 8.0% −52.0%" in words
    assert "CK-252" in words


def test_who_oversees_reads_and_does_nothing(
    client: Client, case: PathologyCase, cast: dict[str, User]
) -> None:
    received(case, cast["da"])
    for name in ("mo", "ins"):
        enter(client, cast[name])
        html = page(client, case)
        assert "a data manager acts here" in html
        assert 'name="act"' not in html
        assert client.post("/pathology/share/", {"case": case.code, "among": ["p1", "p2"]}).status_code == 403
        assert act(client, case, act="allocate", **{"reader.R1": "p1"}).status_code == 403
    for name in ("lin", "chen", "st", "ad", "p1", "p2", "p3"):
        enter(client, cast[name])
        assert client.get("/pathology/").status_code == 404
        assert client.get(f"/pathology/{case.code}/").status_code == 404
        assert act(client, case, act="allocate").status_code == 404


def test_a_re_read_is_allocated_to_its_reader_for_good(
    client: Client, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    """The data manager moves its last day; who only reads meets it once it is over."""
    reading = submit(cast["p1"], case)
    submit(cast["p2"], case)
    released(case)
    reading.refresh_from_db()
    reading.case.refresh_from_db()
    again = reread_open(by=cast["da"], reading=reading)
    enter(client, cast["da"])
    html = page(client, again)
    assert case.code in html
    assert 'name="act" value="receive"' not in html
    due = timezone.localdate() + dt.timedelta(3)
    data = {"reader.R1": "p1", "due.R1": str(due)}
    assert act(client, again, act="allocate", **data).status_code == 302
    assert Reading.objects.get(case=again).due_on == due
    assert f'href="/pathology/{again.code}/"' in client.get("/pathology/?show=reread").content.decode()
    enter(client, cast["mo"])
    assert client.get(f"/pathology/{again.code}/").status_code == 404


def test_an_unknown_act_is_asked_for(client: Client, case: PathologyCase, cast: dict[str, User]) -> None:
    enter(client, cast["da"])
    assert act(client, case).status_code == 422
    assert act(client, case, act="erase").status_code == 422
    with pytest.raises(Refused):
        readers_allocate(by=cast["mo"], case=case, readers={"R1": cast["p1"]})
