"""Blocks and slides: received, named, passed on, rejected, cut anew; what cannot stand is refused with its label."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from pathology.models import CustodyEvent, ItemState, PathologyCase, RecutRequest, SpecimenItem
from pathology.services import custody_note, items_receive, recut_answer, recut_ask
from pathology.services.specimens import Arrived, Passing
from pathology.views.typed import Unreadable, day_of, lines_of, moment_of
from tests.world import reading_take
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db
WHEN = dt.datetime(2024, 6, 24, 3, tzinfo=dt.UTC)
RECEIVED = Passing("RECEIVED", WHEN, "Courier", "Central laboratory", "ADEQUATE")


def slide(label: str, **more: Any) -> Arrived:
    return Arrived("SLIDE", label, **more)


def receive(
    da: User, case: PathologyCase, *arrived: Arrived, passing: Passing = RECEIVED
) -> list[SpecimenItem]:
    return items_receive(by=da, case=case, arrived=arrived, passing=passing)


def test_what_arrives_is_numbered_and_known(case: PathologyCase, cast: dict[str, User]) -> None:
    made = receive(cast["da"], case, Arrived("BLOCK", "A1", "A1", 1), slide("A1-1", block="A1", nodule=1))
    assert [(item.number, item.kind, item.label, item.stain) for item in made] == [
        (1, "BLOCK", "A1", ""), (2, "SLIDE", "A1-1", "HE"),
    ]  # fmt: skip
    case.refresh_from_db()
    assert case.state == "TO_ALLOCATE"
    event = CustodyEvent.objects.get(case=case)
    assert (event.items.count(), event.by) == (2, cast["da"])
    told = AuditEvent.objects.filter(action="MATERIAL", target=case.address).values_list("path", flat=True)
    assert sorted(told) == sorted(["@item:1", "@item:2", f"@custody:{event.pk}"])


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (slide("01-003"), "where the specimen comes from"),
        (slide("01 003 A1"), "where the specimen comes from"),
        (slide("A1", block="x01.003"), "where the specimen comes from"),
        (slide("Sun Yat-sen 1"), "where the specimen comes from"),
        (slide("A1-1", stain="Sun Yat-sen"), "where the specimen comes from"),
        (slide("病理1"), "is no label"),
        (slide(""), "is no label"),
        (slide("A" * 21), "is no label"),
        (slide("A1", nodule=0), "number from 1"),
        (Arrived("GLASS", "A1"), "Choose block or slide"),
        (slide("A1", recut_of=9), "not of this case"),
    ],
)
def test_a_label_that_cannot_stand(
    item: Arrived, words: str, case: PathologyCase, cast: dict[str, User]
) -> None:
    with pytest.raises(Refused, match=words):
        receive(cast["da"], case, slide("B1"), item)
    assert not SpecimenItem.objects.exists()  # all or none


def test_the_hospital_s_own_number_is_no_label(case: PathologyCase, cast: dict[str, User]) -> None:
    from crf.models.local_pathology import LocalPathology
    from tests import world

    form = world.form(case.participant, "LPATH", "LPATH")
    LocalPathology.objects.update_or_create(form=form, defaults={"lp_no": "S24-81234"})
    with pytest.raises(Refused, match="comes from"):
        receive(cast["da"], case, slide("S2481234-1"))


@pytest.mark.parametrize("again", ["A1-1", "a1-1"])
def test_a_label_is_there_once(again: str, case: PathologyCase, cast: dict[str, User]) -> None:
    receive(cast["da"], case, slide("A1-1"))
    with pytest.raises(Refused, match="is there already"):
        receive(cast["da"], case, slide(again))
    with pytest.raises(Refused, match="is there already"):
        receive(cast["da"], case, slide("B1"), slide("B1"))
    receive(cast["da"], case, Arrived("BLOCK", "A1-1"))  # a block may bear the name of a slide


def test_times_and_conditions(case: PathologyCase, cast: dict[str, User]) -> None:
    later = timezone.now() + dt.timedelta(minutes=5)
    for passing, words in (
        (Passing("RECEIVED", later, condition="ADEQUATE"), "in the future"),
        (Passing("RECEIVED", WHEN), "in which condition"),
        (Passing("LOST", WHEN), "what happened"),
        (Passing("RECEIVED", WHEN, "x" * 101, condition="ADEQUATE"), "100 characters"),
        (Passing("RECEIVED", WHEN, condition="ADEQUATE", note="13800138000"), "names a person"),
    ):
        with pytest.raises(Refused, match=words):
            receive(cast["da"], case, slide("A1"), passing=passing)
    assert not CustodyEvent.objects.exists()


def test_only_who_allocates_receives(case: PathologyCase, cast: dict[str, User]) -> None:
    for name in ("lin", "chen", "mo", "ins", "p1", "p3", "ad"):
        with pytest.raises(Refused, match="data manager"):
            receive(cast[name], case, slide("A1"))
    assert AuditEvent.objects.filter(action="REFUSED", path="@receive").count() == 7


def test_what_is_returned_or_not_usable_is_read_no_more(case: PathologyCase, cast: dict[str, User]) -> None:
    from pathology.selectors.reader import slides_of

    one, two, three = receive(cast["da"], case, slide("A1"), slide("A2"), slide("A3"))
    reading = reading_take(by=cast["p1"], case=case)
    broken = Passing("STORED", WHEN, note="Cracked")
    custody_note(by=cast["da"], case=case, passing=broken, items=[one], rejected=True)
    custody_note(by=cast["da"], case=case, passing=Passing("RETURNED", WHEN), items=[two])
    states = dict(SpecimenItem.objects.values_list("label", "state"))
    assert states == {"A1": ItemState.REJECTED, "A2": ItemState.RETURNED, "A3": ItemState.RECEIVED}
    assert slides_of(reading) == [three]
    assert AuditEvent.objects.filter(path="@item:1/state", new="REJECTED").count() == 1


def test_custody_is_of_this_case_s_items(case: PathologyCase, cast: dict[str, User]) -> None:
    with pytest.raises(Refused, match="Choose the blocks"):
        custody_note(by=cast["da"], case=case, passing=Passing("STORED", WHEN), items=[])


def test_a_slide_is_cut_anew(case: PathologyCase, cast: dict[str, User]) -> None:
    [old] = receive(cast["da"], case, slide("A1-1"))
    reading = reading_take(by=cast["p1"], case=case)
    with pytest.raises(Refused, match="and why"):
        recut_ask(by=cast["p1"], reading=reading, item=old, reason=" ")
    asked = recut_ask(by=cast["p1"], reading=reading, item=old, reason="Folded.")
    with pytest.raises(Refused):
        recut_answer(by=cast["p1"], recut=asked, done=True, answer="No.")
    with pytest.raises(Refused, match="what came of it"):
        recut_answer(by=cast["da"], recut=asked, done=True, answer="")
    [new] = receive(cast["da"], case, slide("A1-1R", recut_of=old.number))
    assert new.recut_of == old
    recut_answer(by=cast["da"], recut=asked, done=True, answer="A1-1R has come.")
    assert RecutRequest.objects.get().state == "DONE"
    with pytest.raises(Refused, match="has been answered"):
        recut_answer(by=cast["da"], recut=asked, done=False, answer="Again.")


def test_lines_as_they_are_pasted() -> None:
    text = "A1-1 A1 1 HE\nA1-2\tA1\t1\tHE\n\nblock A1\n蜡块 B1 B1 2\nC1,C1,2,CD34,no\nD1;D1;3"
    assert lines_of(text) == [
        Arrived("SLIDE", "A1-1", "A1", 1, "HE"), Arrived("SLIDE", "A1-2", "A1", 1, "HE"), Arrived("BLOCK", "A1", "A1"),
        Arrived("BLOCK", "B1", "B1", 2), Arrived("SLIDE", "C1", "C1", 2, "CD34", False), Arrived("SLIDE", "D1", "D1", 3),
    ]  # fmt: skip
    with pytest.raises(Unreadable, match="Line 2"):
        lines_of("A1\nA1 A1 1 HE and more of it")
    with pytest.raises(Unreadable, match="nodule"):
        lines_of("A1 A1 one HE")


def test_days_and_times_as_they_are_typed() -> None:
    assert day_of("2024-6-3") == dt.date(2024, 6, 3)
    assert day_of(" ") is None
    for wrong in ("3/6/2024", "2024-02-30", "yesterday"):
        with pytest.raises(Unreadable, match="is no date"):
            day_of(wrong)
    assert moment_of("2024-06-03", "14:30").hour == 14
    with pytest.raises(Unreadable, match="time of day"):
        moment_of("2024-06-03", "25:00")
    with pytest.raises(Unreadable, match="which day"):
        moment_of("", "")
