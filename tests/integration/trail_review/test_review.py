"""Trail review: looked through by rules, signed off by people, open again with new events, audited, reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crf.models import Signal, TrailCursor, TrailItem, TrailLook, TrailReview
from crf.selectors.trail_review import items_for, review_tiles
from crf.services import trail_review as services
from crf.services.verification import values_verify
from crf.trail_review_tasks import trail_look_run, trail_look_sweep
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from tests.integration.trail_review.conftest import FIRST
from trialsite.accounts.models import User
from trialsite.audit.models import AuditChain, AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
NOTE = "Compared with the report of the scan: the correction is right."
LIST = "/trail-review/"


def look(by: User | None = None) -> services.Tally:
    asked = services.trail_look_ask(by=by)
    tally = services.trail_look(asked.pk)
    assert tally is not None
    return tally


def corrected(participant: Participant, cast: dict[str, User], at: dt.datetime, *values: str) -> None:
    form = world.form(participant, "DM", "SCR")
    for place, value in enumerate(values):
        with time_machine.travel(at + place * HOUR, tick=False):
            if form.version == 0 and place == 0:
                world.fill(form, cast["lin"], {"su_tob": "FORMER", "su_packyr": value}, complete=False)
            else:
                world.change(form, cast["lin"], su_packyr=value)


@pytest.fixture
def item(participant: Participant, cast: dict[str, User]) -> TrailItem:
    """Packs of cigarettes that went from 20 to 22 and back."""
    corrected(participant, cast, FIRST, "20", "22", "20")
    with time_machine.travel(FIRST + 9 * HOUR, tick=False):
        look()
    return TrailItem.objects.select_related("participant__site", "site").get(signal=Signal.BACK_AND_FORTH)


def review(by: User, item: TrailItem, conclusion: str = "NO_FINDING", note: str = NOTE) -> TrailReview:
    return services.trail_item_review(by=by, item=item, conclusion=conclusion, note=note)


# --- looking --------------------------------------------------------------------------------------------------------


def test_it_finds_the_value_that_went_back(item: TrailItem) -> None:
    assert item.key.endswith("/su_packyr")
    assert item.detail["values"] == ["", "20.0", "22.0", "20.0"]
    assert (item.site.number, item.reviewed_at) == ("01", None)


def test_only_new_events_are_read(item: TrailItem, participant: Participant, cast: dict[str, User]) -> None:
    with time_machine.travel(FIRST + 10 * HOUR, tick=False):
        assert look().events == 0
        assert (
            TrailCursor.objects.get().number == AuditChain.objects.get(name__startswith="participant:").length
        )
        world.change(world.form(participant, "DM", "SCR"), cast["lin"], su_packyr="30")
        assert 0 < look().events < 10


def test_twice_is_the_same_item(item: TrailItem, participant: Participant, cast: dict[str, User]) -> None:
    TrailCursor.objects.update(number=0)
    before = set(TrailItem.objects.values_list("signal", "key"))
    with time_machine.travel(FIRST + 10 * HOUR, tick=False):
        assert look().found == 0
    assert set(TrailItem.objects.values_list("signal", "key")) == before


def test_a_run_that_another_worker_has_is_left_alone(cast: dict[str, User]) -> None:
    asked = services.trail_look_ask(by=cast["mo"])
    assert services.trail_look(asked.pk) is not None
    assert services.trail_look(asked.pk) is None


def test_the_night_asks_once(participant: Participant) -> None:
    trail_look_sweep()
    trail_look_sweep()
    run = TrailLook.objects.get()
    assert run.asked_by is None
    trail_look_run(run.pk)
    assert not services.look_due()


def test_a_broken_run_keeps_what_it_did_and_says_why(
    participant: Participant, cast: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(services, "looked", fail)
    asked = services.trail_look_ask(by=cast["mo"])
    with pytest.raises(RuntimeError):
        services.trail_look(asked.pk)
    assert TrailLook.objects.get().error == "RuntimeError: broken"
    assert TrailItem.objects.count() == 0
    assert TrailCursor.objects.count() == 0


def test_who_typed_and_verified_under_two_accounts(participant: Participant, cast: dict[str, User]) -> None:
    """Roles forbid it for one account; a second account with the same name is found."""
    User.objects.filter(username="mo").update(full_name=cast["lin"].full_name)
    form = world.form(participant, "ICF", "SCR")
    with time_machine.travel(FIRST, tick=False):
        values_verify(by=cast["mo"], form=form, paths=["icf_dsstdat"])
        look()
    assert TrailItem.objects.get(signal=Signal.SAME_PERSON).detail["names"] == ["lin", "mo"]


def test_single_readings_are_not_looked_at(participant: Participant, cast: dict[str, User]) -> None:
    """What is found would tell a value of a blinded reading."""
    with time_machine.travel(FIRST + 9 * HOUR, tick=False):  # 23:03 at the site
        world.operated(participant, cast["lin"], "2024-05-30", "2024-06-14")
        nodules = [world.nodule(1, ("30", "20", "20"), ("8", "80", "12"))]
        world.central_reading(participant, cast["p1"], "R1", "2024-06-20", nodules, "2024-06-10")
        look()
    assert AuditEvent.objects.filter(actor_name="p1", action="ENTER").exists()
    assert not [item.key for item in TrailItem.objects.all() if "p1" in str(item.detail) or "p1" in item.key]


# --- signing off ----------------------------------------------------------------------------------------------------


def test_a_monitor_signs_off_with_name_time_and_event(item: TrailItem, cast: dict[str, User]) -> None:
    with time_machine.travel(FIRST + 20 * HOUR, tick=False):
        made = review(cast["mo"], item)
    item.refresh_from_db()
    assert (item.conclusion, item.reviewed_by, item.reviewed_at) == (
        "NO_FINDING",
        cast["mo"],
        FIRST + 20 * HOUR,
    )
    assert (made.printed_name, made.role, made.last) == (cast["mo"].full_name, "MONITOR", item.last)
    event = AuditEvent.objects.get(action="TRAIL_REVIEWED")
    assert (event.actor_name, event.target, event.new, event.reason) == (
        "mo",
        item.address,
        "NO_FINDING",
        NOTE,
    )


def test_twice_is_refused_and_changes_nothing(item: TrailItem, cast: dict[str, User]) -> None:
    review(cast["mo"], item)
    with pytest.raises(Refused, match="reviewed this already"):
        review(cast["da"], item, "CORRECTIVE", "Second thoughts.")
    assert TrailReview.objects.count() == 1
    item.refresh_from_db()
    assert item.conclusion == "NO_FINDING"


@pytest.mark.parametrize("name", ["lin", "chen", "ins", "st", "ad"])
def test_other_roles_do_not_review(name: str, item: TrailItem, cast: dict[str, User]) -> None:
    with pytest.raises(Refused, match="Monitors and data managers"):
        review(cast[name], item)
    assert TrailReview.objects.count() == 0
    assert AuditEvent.objects.filter(action="REFUSED", actor_name=name, target=item.address).exists()


@pytest.mark.parametrize(
    ("conclusion", "note"), [("", NOTE), ("FINE", NOTE), ("NO_FINDING", "  "), ("NO_FINDING", "")]
)
def test_a_conclusion_and_a_note_are_needed(
    conclusion: str, note: str, item: TrailItem, cast: dict[str, User]
) -> None:
    with pytest.raises(Refused):
        review(cast["mo"], item, conclusion, note)
    assert TrailReview.objects.count() == 0


def test_new_events_open_it_again_and_the_review_stays(
    item: TrailItem, participant: Participant, cast: dict[str, User]
) -> None:
    review(cast["mo"], item)
    with time_machine.travel(dt.datetime.now(dt.UTC) + HOUR, tick=False):
        world.change(world.form(participant, "DM", "SCR"), cast["lin"], su_packyr="22")
        assert look().reopened == 1
    item.refresh_from_db()
    assert (item.reviewed_at, item.conclusion) == (None, "")
    assert TrailReview.objects.get().conclusion == "NO_FINDING"
    opened = AuditEvent.objects.filter(action="TRAIL_REVIEWED").order_by("-pk")[0]
    assert (opened.actor_name, opened.old, opened.new) == ("system", "NO_FINDING", "")
    assert [p for p in participant_problems(participant) if "trailitem" in p.where] == []


def test_what_somebody_saw_must_be_what_is_there(item: TrailItem, cast: dict[str, User]) -> None:
    item.last -= 1  # the page was opened before the last event came
    with pytest.raises(Refused, match="Events were added"):
        review(cast["mo"], item)


def test_a_review_that_the_trail_does_not_know_is_a_problem(
    item: TrailItem, participant: Participant
) -> None:
    TrailItem.objects.filter(pk=item.pk).update(conclusion="NO_FINDING")
    found = [p for p in participant_problems(participant) if "trailitem" in p.where]
    assert [p.where for p in found] == [f"crf_trailitem id={item.pk}"]


# --- pages ----------------------------------------------------------------------------------------------------------


def test_the_list_ranks_and_filters(item: TrailItem, signed_in: Callable[[str], Client]) -> None:
    page = signed_in("mo").get(LIST)
    assert [one.item.rank for one in page.context["told"]] == sorted(
        (one.item.rank for one in page.context["told"]), reverse=True
    )
    assert "20.0 → 22.0 → 20.0" in page.content.decode()
    assert not signed_in("mo").get(f"{LIST}?signal=SAME_PERSON").context["told"]
    assert not signed_in("mo").get(f"{LIST}?site=02").context["told"]
    assert not signed_in("mo").get(f"{LIST}?state=reviewed").context["told"]


def test_who_may_see_it(item: TrailItem, signed_in: Callable[[str], Client]) -> None:
    for name, status in (
        ("mo", 200),
        ("da", 200),
        ("ins", 200),
        ("lin", 404),
        ("chen", 404),
        ("ad", 404),
        ("p1", 404),
    ):
        for path in (LIST, f"{LIST}{item.pk}/", f"{LIST}report/"):
            assert signed_in(name).get(path).status_code == status, (name, path)


def test_a_monitor_of_another_site_sees_nothing_of_it(
    item: TrailItem, cast: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    cast["mo"].roles_held.update(site=world.site("02"))
    assert not signed_in("mo").get(LIST).context["told"]
    assert signed_in("mo").get(f"{LIST}{item.pk}/").status_code == 404
    assert (
        signed_in("mo").post(f"{LIST}{item.pk}/", {"conclusion": "NO_FINDING", "note": NOTE}).status_code
        == 404
    )


def test_an_item_shows_its_events_with_ways_on(item: TrailItem, signed_in: Callable[[str], Client]) -> None:
    page = signed_in("ins").get(f"{LIST}{item.pk}/").content.decode()
    assert "/p/01-003/SCR/dm/as-of/?at=2026-11-20T06%3A03%3A00Z" in page
    assert "/p/01-003/SCR/dm/history/" in page
    assert "/audit/?participant=01-003" in page
    assert "<textarea" not in page  # an inspector reads


def test_sign_off_by_the_page(item: TrailItem, signed_in: Callable[[str], Client]) -> None:
    client = signed_in("mo")
    wrong = client.post(f"{LIST}{item.pk}/", {"conclusion": "", "note": NOTE, "last": item.last})
    assert wrong.status_code == 422
    assert NOTE in wrong.content.decode()
    right = {"conclusion": "QUERY", "note": NOTE, "last": item.last}
    assert client.post(f"{LIST}{item.pk}/", right).status_code == 302
    assert client.post(f"{LIST}{item.pk}/", right).status_code == 409
    assert signed_in("ins").post(f"{LIST}{item.pk}/", right).status_code == 403


def test_look_now(participant: Participant, signed_in: Callable[[str], Client]) -> None:
    assert signed_in("ins").post(f"{LIST}look/").status_code == 403
    assert signed_in("mo").post(f"{LIST}look/").status_code == 302
    assert signed_in("da").post(f"{LIST}look/").status_code == 302
    assert TrailLook.objects.count() == 1  # one at a time


def test_the_report_says_what_was_looked_at_by_whom(
    item: TrailItem, cast: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    review(cast["mo"], item)
    page = signed_in("ins").get(f"{LIST}report/")
    assert page.context["coverage"].events == TrailLook.objects.get().events > 0
    assert cast["mo"].full_name in page.content.decode()
    file = b"".join(signed_in("ins").get(f"{LIST}report/csv/").streaming_content).decode()  # type: ignore[attr-defined]
    assert NOTE in file and "01-003" in file
    assert AuditEvent.objects.filter(action="EXPORTED", actor_name="ins", target="trail-review").exists()


def test_the_tile(item: TrailItem, cast: dict[str, User]) -> None:
    tile = review_tiles(cast["mo"])
    assert tile is not None
    assert (tile["count"], tile["href"]) == (items_for(cast["mo"]).count(), LIST)
    assert tile["oldest"] == FIRST + 9 * HOUR
    assert review_tiles(cast["lin"]) is None


def test_the_number_of_queries_does_not_grow(
    item: TrailItem, cast: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    client = signed_in("mo")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get(LIST)
        return len(seen)

    queries()
    few = queries()
    for n in range(20):
        TrailItem.objects.create(
            participant=item.participant, site=item.site, signal="BACK_AND_FORTH", key=f"{item.key}{n}", rank=n, first=1,
            last=2, detail=item.detail, found_at=item.found_at,
        )  # fmt: skip
    assert queries() == few
