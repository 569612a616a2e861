"""The rules of the trail review as tables: events in, what deserves a look out."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import zoneinfo
from collections.abc import Sequence

import pytest

from crf.models import Signal
from crf.trail_rules import (
    Context,
    Found,
    Seen,
    at_night,
    back_and_forth,
    before_signature,
    late_change,
    looked,
    person_of,
    same_person,
    too_fast,
)

NOON = dt.datetime(2026, 11, 2, 4, 0, tzinfo=dt.UTC)  # 12:00 at the sites
CONTEXT = Context(
    zoneinfo.ZoneInfo("Asia/Shanghai"), {"form:1": "TA", "form:2": "DM"},
    {"lin": "linxia", "lin2": "linxia", "mo": "mochen"},
)  # fmt: skip
DIAMETER, METHOD = "TA2:1/tl_diam", "ta_method"


class Chain:
    """Events one after the other."""

    def __init__(self) -> None:
        self.events: list[Seen] = []

    def add(
        self, after: float, action: str, path: str, old: str = "", new: str = "", who: str = "lin", target: str = "form:1",
    ) -> Chain:  # fmt: skip
        """`after`: minutes after noon."""
        at = NOON + dt.timedelta(minutes=after)
        self.events.append(Seen(len(self.events) + 1, at, who, action, target, path, old, new, ""))
        return self

    def enter(self, after: float, path: str, new: str, **more: str) -> Chain:
        return self.add(after, "ENTER", path, "", new, **more)

    def change(self, after: float, path: str, old: str, new: str, **more: str) -> Chain:
        return self.add(after, "CHANGE", path, old, new, **more)

    def verified(self, after: float, path: str, text: str, who: str = "mo") -> Chain:
        return self.add(after, "VERIFIED", f"{path}@sdv", "", text, who=who)

    def signed(self, after: float, signature: str = "signature:1") -> Chain:
        return self.add(after, "SIGNED", "@signature", "", signature, who="chen")


def one(found: Sequence[Found]) -> Found:
    assert len(found) == 1
    return found[0]


DAY = 24 * 60

LATE = [
    # what happened to the diameter, and the reasons that are told
    ("just entered", Chain().enter(0, DIAMETER, "62").change(5, DIAMETER, "62", "26"), None),
    ("a month later", Chain().enter(0, DIAMETER, "62").change(30 * DAY, DIAMETER, "62", "26"), ["late"]),
    ("a day less", Chain().enter(0, DIAMETER, "62").change(29 * DAY, DIAMETER, "62", "26"), None),
    (
        "verified", Chain().enter(0, DIAMETER, "62").verified(9, DIAMETER, "62").change(10, DIAMETER, "62", "26"),
        ["verified"],
    ),
    (
        "another field verified",
        Chain().enter(0, DIAMETER, "62").verified(9, METHOD, "CT").change(10, DIAMETER, "62", "26"), None,
    ),
    (
        "verification had fallen",
        Chain().enter(0, DIAMETER, "62").verified(9, DIAMETER, "62")
        .add(10, "VERIFICATION_FELL", f"{DIAMETER}@sdv", "62", "", "system").change(11, DIAMETER, "6", "26"), None,
    ),
    ("signed", Chain().enter(0, DIAMETER, "62").signed(9).change(10, DIAMETER, "62", "26"), ["signed"]),
    (
        "signature void already",
        Chain().enter(0, DIAMETER, "62").signed(9).add(10, "SIGNATURE_VOID", "@signature", "signature:1", "", "system")
        .change(11, DIAMETER, "62", "26"), None,
    ),
    ("not critical", Chain().enter(0, "ta_comment", "a").signed(9).change(10, "ta_comment", "a", "b"), None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "chain", "why"), LATE, ids=[line[0] for line in LATE])
def test_late_change(name: str, chain: Chain, why: list[str] | None) -> None:
    found = list(late_change(chain.events, CONTEXT))
    assert [one.detail["why"] for one in found] == ([why] if why else [])


def test_a_change_after_the_signature_outranks_one_that_is_only_late() -> None:
    late = one(list(late_change(LATE[1][1].events, CONTEXT)))
    signed = one(list(late_change(LATE[6][1].events, CONTEXT)))
    assert signed.rank > late.rank


def test_before_signature() -> None:
    near = Chain().enter(0, METHOD, "CT").change(50, METHOD, "CT", "MRI").signed(55)
    found = one(list(before_signature(near.events, CONTEXT)))
    assert (found.key, found.detail["values"], found.detail["seconds"]) == ("signature:1", 1, 300)
    assert found.detail["events"] == [2, 3]
    far = Chain().enter(0, METHOD, "CT").signed(10.1)
    assert list(before_signature(far.events, CONTEXT)) == []


def test_at_night_by_the_clock_of_the_site() -> None:
    def night(first: float, values: int = 20) -> list[Found]:
        chain = Chain()
        for n in range(values):
            chain.enter(first, f"TA2:{n}/tl_diam", "1")
        return list(at_night(chain.events, CONTEXT))

    found = one(night(10 * 60))  # 22:00
    assert (found.key, found.detail["values"]) == ("lin/2026-11-02", 20)
    assert one(night(17 * 60 + 59)).key == "lin/2026-11-02"  # 05:59 of the next day
    assert night(18 * 60) == []  # 06:00
    assert night(10 * 60 - 1) == []
    assert night(10 * 60, 19) == []


def test_the_same_person_by_account_and_by_name() -> None:
    def verified_by(who: str) -> list[Found]:
        return list(
            same_person(Chain().enter(0, METHOD, "CT").verified(5, METHOD, "CT", who).events, CONTEXT)
        )

    assert verified_by("mo") == []
    assert one(verified_by("lin")).detail["names"] == ["lin"]
    assert one(verified_by("lin2")).detail["names"] == ["lin", "lin2"]  # another account, the same name


@pytest.mark.parametrize(
    ("one_name", "other", "same"),
    [("Lin Xia", "LIN  Xia", True), ("Lin Xia", "Xia, Lin", True), ("Ｌin Xia", "lin-xia", True), ("Lin Xia", "Lin Xiao", False)],
)  # fmt: skip
def test_names(one_name: str, other: str, same: bool) -> None:
    assert (person_of("a", one_name) == person_of("b", other)) is same


def test_people_without_a_name_are_told_apart_by_their_accounts() -> None:
    assert person_of("a", "") != person_of("b", "")


BACK = [
    (["62", "26", "62"], 1), (["62", "26", "27"], 0), (["62", "26", "62", "26"], 1), (["62", "62"], 0), (["62"], 0),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "number"), BACK)
def test_back_and_forth(texts: list[str], number: int) -> None:
    chain = Chain().enter(0, DIAMETER, texts[0])
    for before, after in itertools.pairwise(texts):
        if before != after:
            chain.change(1, DIAMETER, before, after)
    assert len(list(back_and_forth(chain.events, CONTEXT))) == number


def test_faster_than_it_can_be_read() -> None:
    def saves(seconds: float, values: int) -> list[Found]:
        chain = Chain().enter(0, "sex", "M", target="form:2")
        for n in range(values):
            chain.enter(seconds / 60, f"TA2:{n}/tl_diam", "1")
        return list(too_fast(chain.events, CONTEXT))

    found = one(saves(8, 10))
    assert (found.key, found.detail["saves"]) == ("lin/2026-11-02", [["form:1", 10, 8.0]])
    assert saves(10, 10) == []
    assert saves(1, 9) == []


def test_what_the_system_did_is_not_looked_at() -> None:
    chain = Chain()
    for n in range(30):
        chain.add(11 * 60, "DERIVE", f"TA2:{n}/tl_diam", "1", "2", "system")
        chain.change(11 * 60, f"TA2:{n}/tl_diam", "2", "1", who="system")
    assert looked(chain.events, CONTEXT) == []


def test_only_what_has_a_new_event_is_found_again() -> None:
    chain = Chain().enter(0, DIAMETER, "62").change(1, DIAMETER, "62", "26").change(2, DIAMETER, "26", "62")
    assert [found.signal for found in looked(chain.events, CONTEXT, since=2)] == [Signal.BACK_AND_FORTH]
    assert looked(chain.events, CONTEXT, since=3) == []


@pytest.mark.parametrize("seed", range(20))
def test_piece_by_piece_finds_what_one_look_finds(seed: int) -> None:
    """A look after every few events ends with the items of one look over all of them."""
    chance = random.Random(seed)
    chain = Chain()
    minutes, values = 0.0, ["62", "26", "30"]
    for _n in range(120):
        minutes += chance.choice([0, 0, 0, 0.05, 3, 200, 1500])
        path = chance.choice([DIAMETER, METHOD, "TA2:2/tl_diam"])
        act = chance.random()
        if act < 0.8:
            chain.change(
                minutes,
                path,
                chance.choice(values),
                chance.choice(values),
                who=chance.choice(["lin", "lin2"]),
            )
        elif act < 0.9:
            chain.verified(minutes, path, "62", chance.choice(["mo", "lin"]))
        else:
            chain.signed(minutes, f"signature:{len(chain.events)}")
    kept: dict[tuple[str, str], Found] = {}
    since = 0
    while since < len(chain.events):
        until = min(since + chance.randint(1, 30), len(chain.events))
        kept |= {(f.signal, f.key): f for f in looked(chain.events[:until], CONTEXT, since)}
        since = until
    whole = {(f.signal, f.key): f for f in looked(chain.events, CONTEXT)}
    assert kept == whole
