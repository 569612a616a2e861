"""The least and the greatest x / n, worlds of several items, critical points."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from endpoints.engine.bounds import (
    AT,
    NOWHERE,
    PLACES,
    OpenItem,
    Share,
    bounds,
    outcome_of_case,
    reachable,
    settled,
    with_pending,
)
from endpoints.engine.critical import numbers, representatives
from endpoints.engine.settings import DEFAULTS

Case = dict[str, Any]


def read(reader: str, viable: str, **more: Any) -> Case:
    nodule = {
        "id": "1",
        "length_mm": "30",
        "width_mm": "20",
        "height_mm": "10",
        "viable_pct": viable,
        "in_situ_only": False,
    }
    made = {
        "reader": reader,
        "final": True,
        "date": "2026-04-10",
        "adequacy": "ADEQUATE",
        "nodules": [nodule],
    }
    return made | {"viable_elsewhere": False} | more


def case(**more: Any) -> Case:
    made: Case = {
        "id": "01-001", "data_cutoff": "2026-05-01", "final": False, "enrolled": "2026-01-08", "diagnosed": None,
        "first_dose": "2026-01-10", "last_study_dose": "2026-02-20", "imaging": [], "end_of_treatment": None,
        "surgery": None, "pathology": None, "follow_up": [], "therapies": [], "alive_on": [], "death": None,
        "end_of_study": None,
    }  # fmt: skip
    return made | more


SURGERY = {"date": "2026-03-20", "performed": True, "resected": True, "margin": "R0", "tumour_left": False}


def outcome(one: Case) -> str | None:
    return outcome_of_case(one, DEFAULTS)


def replacing(key: str, name: str, *values: Any) -> OpenItem[Case]:
    def worlds(world: Case) -> Iterator[Case]:
        for value in values:
            yield world | {name: value}

    return OpenItem(key, worlds)


class TestReach:
    def test_without_items_only_the_present(self) -> None:
        found = reachable(case(), [], outcome)
        assert found.at("MPR") == {"P"}
        assert found.exhausted

    def test_what_the_engine_refuses_is_no_resolution(self) -> None:
        resected = case(
            surgery=SURGERY, pathology={"reads": [read("A", "3"), read("B", "4")], "adjudication": None}
        )
        refused = resected["pathology"] | {"reads": [read("A", "3"), read("B", "101")]}
        found = reachable(resected, [replacing("q", "pathology", refused)], outcome)
        assert found.at("MPR") == {"Y"}

    def test_a_participant_whose_data_are_refused_may_come_in(self) -> None:
        bad = case(first_dose="2026-01-10", last_study_dose="2026-01-01")
        found = reachable(bad, [replacing("q", "last_study_dose", "2026-02-20")], outcome)
        assert found.now == NOWHERE
        assert found.at("MPR") == {"-", "P"}

    def test_an_item_that_flips(self) -> None:
        reads = {"reads": [read("A", "3"), read("B", "4")], "adjudication": None}
        start = case(surgery=SURGERY, pathology=reads)
        other = {"reads": [read("A", "3"), read("B", "30")], "adjudication": read("C", "12")}
        items = [replacing("a", "pathology", other), replacing("b", "enrolled", None)]
        found = reachable(start, items, outcome)
        assert found.at("MPR") == {"Y", "N", "-"}
        assert found.flips("MPR") == ["a", "b"]
        assert found.flips("ORR") == ["b"]
        assert found.exhausted

    def test_too_many_are_assumed(self) -> None:
        items = [
            replacing(str(n), "alive_on", *([f"2026-04-{day:02}"] for day in range(1, 29))) for n in range(3)
        ]
        found = reachable(case(), items, outcome, limit=100)
        assert not found.exhausted
        assert found.at("MPR") == {"P", "Y", "N", "-"}

    def test_one_allowance_for_everything(self) -> None:
        """Whatever is open of a participant, no more worlds than allowed; what is left out is assumed."""
        evaluated = 0

        def counting(one: Case) -> str | None:
            nonlocal evaluated
            evaluated += 1
            return outcome(one)

        # Five groups of items, each of its own rates, whose combinations would be 3 ** 5 worlds each.
        groups = [
            replace(
                replacing(f"{name}{n}", f"of {name} {n}", "a", "b"),
                assume=lambda rate, _set, name=name: frozenset("YN" if rate == name else ""),
            )
            for name in ("MPR", "PCR", "ORR", "DCR", "R0")
            for n in range(5)
        ]
        found = reachable(case(), groups, counting, limit=300)
        assert evaluated <= 301
        assert {PLACES[n][0] for n in found.assumed} == {"MPR", "PCR", "ORR", "DCR", "R0"} - {"MPR"}
        assert found.at("ORR") == {"P", "Y", "N"}
        evaluated = 0
        found = reachable(case(), groups, counting, limit=7)
        assert evaluated == 8
        assert found.alone["R04"][AT["R0", "FAS"]] >= {"Y", "N"}

    def test_what_a_larger_group_has_settled_is_not_done_again(self) -> None:
        evaluated = 0

        def counting(one: Case) -> str | None:
            nonlocal evaluated
            evaluated += 1
            return outcome(one)

        items = [replacing(str(n), "alive_on", ["2026-04-01"], ["2026-04-02"]) for n in range(3)]
        items[2] = replace(items[2], assume=lambda name, _set: frozenset("Y" if name == "MPR" else ""))
        assert reachable(case(), items, counting).exhausted
        assert evaluated == 1 + 3 * 2 + 3**3


class TestPending:
    def test_without_a_resection_everything_may_come(self) -> None:
        here = outcome(case())
        assert here is not None
        values = settled(here)
        assert values[AT["MPR", "FAS"]] == {"Y", "N"}
        assert values[AT["MPR", "PEV"]] == {"Y", "N", "-"}
        assert values[AT["ORR", "REV"]] == {"Y", "N", "-"}

    def test_waiting_for_the_central_result(self) -> None:
        here = outcome(case(surgery=SURGERY))
        assert here is not None
        values = settled(here)
        assert (values[AT["PCR", "FAS"]], values[AT["PCR", "RES"]]) == ({"Y", "N"}, {"Y", "N"})
        assert values[AT["MPR", "PEV"]] == {"Y", "N", "-"}
        assert values[AT["ORR", "FAS"]] == {"N"}  # closed by the resection

    @pytest.mark.parametrize("left", [{"margin": "R2"}, {"tumour_left": True}])
    def test_tumour_left_behind_leaves_no_complete_response(self, left: Case) -> None:
        here = outcome(case(surgery=SURGERY | left))
        assert here is not None
        assert here[AT["PCR", "FAS"]] == "Q"
        values = settled(here)
        assert (values[AT["PCR", "FAS"]], values[AT["MPR", "FAS"]]) == ({"N"}, {"Y", "N"})

    @pytest.mark.parametrize("left", [{}, {"margin": "R2"}])
    @pytest.mark.parametrize("first", ["0", "60"])
    def test_no_central_result_leaves_what_is_said(self, left: Case, first: str) -> None:
        """Two readings and an adjudication of every kind, added to what is there."""
        start = case(surgery=SURGERY | left, pathology={"reads": [read("A", first)], "adjudication": None})
        here = outcome(start)
        assert here is not None
        kinds: list[tuple[str, Case]] = [
            ("0", {}),
            ("100", {}),
            ("20", {}),
            ("40", {}),
            ("0", {"viable_elsewhere": True}),
            ("0", {"adequacy": "INADEQUATE"}),
        ]
        found = set()
        for (second, more), (third, last) in itertools.product(kinds, kinds):
            reads = [read("A", first), read("B", second, **more)]
            found.add(
                outcome(start | {"pathology": {"reads": reads, "adjudication": read("C", third, **last)}})
            )
        for name in ("MPR", "PCR", "MPR_30", "MPR_50"):
            came = {one[AT[name, "FAS"]] for one in found if one}
            assert came == settled(here)[AT[name, "FAS"]]

    def test_a_scan_to_come_reaches_the_response(self) -> None:
        """What an open window is said to leave open can come: a response and a progression."""
        here = outcome(case())
        came = set()
        for overall in ("PR", "PD"):
            row = {"evaluator": "INVESTIGATOR", "criteria": "RECIST 1.1", "name": "TA1", "baseline": False,
                   "date": "2026-05-02", "last_scan_date": None, "target": [], "nontarget": [], "new": [],
                   "new_lesions": None, "overall": overall}  # fmt: skip
            later = outcome(case(data_cutoff="2026-05-02", imaging=[row]))
            assert later is not None
            came.add(later[AT["ORR", "FAS"]])
        assert here is not None
        assert came == settled(here)[AT["ORR", "FAS"]]

    def test_pending_letters_are_dissolved(self) -> None:
        assert with_pending(frozenset("PQ-")) == {"Y", "N", "-"}
        assert with_pending(frozenset("Q")) == {"N"}


class TestTrial:
    def test_the_example_of_the_page(self) -> None:
        """22 of 47, one counted could fall, one could rise, nobody leaves."""
        movers = [("Y", frozenset("YN")), ("N", frozenset("YN")), ("N", frozenset("N"))]
        found = bounds(movers, Share(21, 44))
        assert found == (Share(22, 47), Share(21, 47), Share(23, 47))

    def test_leaving_the_set(self) -> None:
        found = bounds([("Y", frozenset("Y-")), ("N", frozenset("N-"))], Share(4, 8))
        assert found == (Share(5, 10), Share(4, 9), Share(5, 9))

    def test_nobody_in_the_set(self) -> None:
        found = bounds([])
        assert (found.now.estimate, found.moves) == (None, False)

    def test_against_every_combination(self) -> None:
        """Exact: the least and the greatest of all combinations of random movers."""
        rng = random.Random(7)
        letters = "YNP-"
        for _ in range(300):
            others = Share(*sorted((rng.randrange(4), rng.randrange(1, 9))))
            movers = []
            for _mover in range(rng.randrange(5)):
                values = rng.sample(letters, rng.randrange(1, 5))
                movers.append((values[0], frozenset(values)))
            shares = []
            for chosen in itertools.product(*(values for _now, values in movers)):
                x = others.x + sum(one == "Y" for one in chosen)
                shares.append(Fraction(x, others.n + sum(one != "-" for one in chosen)))
            found = bounds(movers, others)
            assert (found.least.estimate, found.greatest.estimate) == (min(shares), max(shares))


class TestCritical:
    def test_every_stretch_has_a_number(self) -> None:
        rng = random.Random(3)
        for _ in range(200):
            points = sorted(
                {Fraction(rng.randrange(-20, 220), rng.choice((1, 1, 3))) for _ in range(rng.randrange(8))}
            )
            low, high = sorted((rng.randrange(0, 60), rng.randrange(0, 60)))

            def stretch(number: int, points: list[Fraction] = points) -> tuple[int, bool]:
                return sum(point < number for point in points), number in points

            found = {stretch(one) for one in representatives(points, low, high)}
            assert found == {stretch(one) for one in range(low, high + 1)}

    def test_decimals_keep_their_step(self) -> None:
        found = numbers([Fraction(10), Fraction(100, 3)], Decimal("0.1"), Decimal(0), Decimal(50))
        assert found == [Decimal(text) for text in ("0.0", "10.0", "10.1", "33.4", "50.0")]


def test_there_is_a_letter_for_every_place() -> None:
    here = outcome(case())
    assert here is not None
    assert len(here) == len(PLACES) == len(NOWHERE)
