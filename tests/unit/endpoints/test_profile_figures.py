"""Tables from profiles: counts by hand, identities over an invented trial, nobody, everybody, missing values."""

from __future__ import annotations

import datetime as dt
import json
import random
from typing import Any

import pytest

from crf.sheets import Casebook
from endpoints.board.safety import refused, summary
from endpoints.engine.accrual import accrual, planned
from endpoints.engine.exposure import exposure_tables
from endpoints.engine.flow import participant_flow
from endpoints.engine.profile_figures import profile_figures
from endpoints.engine.proportions import clopper_pearson
from endpoints.engine.reading_rates import pathology_tables
from endpoints.engine.safety_tables import safety_tables, serious_events
from endpoints.engine.subgroups import FACTORS, subgroups_of
from endpoints.gather import course
from endpoints.services import compute
from tests.unit.endpoints.books import started
from trialsite.kernel.planned import AccrualPlan

Pair = tuple[dict[str, Any], dict[str, Any]]


def person(sets: tuple[str, ...] = ("ENR", "FAS"), **more: Any) -> Pair:
    """`mpr`, `rvt`: of the summary; the rest parts of the profile."""
    mpr = {"value": more.pop("mpr", "N")} | ({"rvt_pct": more.pop("rvt")} if "rvt" in more else {})
    summary = {"sets": list(sets), "values": dict.fromkeys(("MPR", "PCR", "ORR", "DCR"), mpr)}
    disposition = {"screened": True, "planned": 4, "cycles": 0, "ends": {}} | more.pop("disposition", {})
    profile = {
        "baseline": {}, "disposition": disposition, "safety": [], "exposure": {}, "pathology": {"readings": []},
        "sets": {"SAF": "first_dose" in disposition or "FAS" in sets, "PPS": False}, "pps_not": [],
    }  # fmt: skip
    return summary, profile | more


def event(
    term: str, grade: int | None, related: str = "Y", soc: str = "Gastrointestinal disorders", **more: Any
) -> dict[str, Any]:
    values = {"term": term, "soc": soc, "grade": grade, "related": related, "serious": "N", **more}
    return {name: value for name, value in values.items() if value is not None}


class TestSafety:
    def people(self) -> list[Pair]:
        return [
            person(safety=[
                event("Nausea", 1), event("Nausea", 3), event("Vomiting", 2, "N"),
                event("Anemia", 3, soc="Blood and lymphatic system disorders", serious="Y", drugs=["OXA"]),
            ]),
            person(safety=[event("Nausea", 2, "N"), event("Vomiting", None), event("Nausea", 4, before=True)]),
            person(safety=[event("Fatigue", 5, "N", soc="General disorders", fatal=True, serious="Y", stopped=True)]),
            person(safety=[]),
            person(("ENR",), safety=[event("Nausea", 3, serious="Y", before=True)]),
        ]  # fmt: skip

    def test_how_many_had_any(self) -> None:
        found = safety_tables(self.people())
        assert found["n"] == 4  # of the safety set
        assert {name: row["x"] for name, row in found["summary"].items() if row["x"]} == {
            "ANY": 3, "RELATED": 2, "GRADE3": 2, "RELATED_GRADE3": 1, "SERIOUS": 2, "RELATED_SERIOUS": 1, "FATAL": 1,
            "DISCONTINUED": 1,
        }  # fmt: skip
        limits = clopper_pearson(3, 4, 0.95)
        assert found["summary"]["ANY"] == {
            "x": 3, "n": 4, "estimate": 0.75, "exact": {"lower": limits.lower, "upper": limits.upper},
        }  # fmt: skip
        assert (found["drugs"], found["unknown"]["grade"]) == ({"OXA": 1}, 1)

    def test_worst_grade_of_a_participant_by_term(self) -> None:
        rows = safety_tables(self.people())["terms"]
        assert [(row["soc"][:5], row["term"]) for row in rows] == [
            ("Blood", "Anemia"), ("Gastr", "Nausea"), ("Gastr", "Vomiting"), ("Gener", "Fatigue"),
        ]  # fmt: skip
        nausea, vomiting = rows[1], rows[2]
        assert nausea["all"] == {"n": 2, "grades": {"1": 0, "2": 1, "3": 1, "4": 0, "5": 0}, "grade3": 1}
        assert nausea["related"] == {"n": 1, "grades": {"1": 0, "2": 0, "3": 1, "4": 0, "5": 0}, "grade3": 1}
        assert vomiting["all"]["grades"] == {"0": 1, "1": 0, "2": 1, "3": 0, "4": 0, "5": 0}

    def test_nobody(self) -> None:
        found = safety_tables([])
        assert (found["n"], found["terms"]) == (0, [])
        assert found["summary"]["ANY"] == {
            "x": 0, "n": 0, "estimate": None, "exact": {"lower": None, "upper": None},
        }  # fmt: skip

    def test_a_participant_whose_data_are_refused_counts(self) -> None:
        """Beside the others, and their number is said: TRAE3 and SAE have no value of them (G-27)."""
        found = safety_tables([person(), ({}, person(safety=[event("Nausea", 3)])[1])])
        assert found["summary"]["RELATED_GRADE3"]["x"] == 1
        assert (found["n"], found["refused"]) == (2, 1)
        others = person(("ENR",), disposition={})
        assert safety_tables([person(), ({}, others[1])])["refused"] == 0  # not in the safety set

    def test_the_page_says_how_many_have_no_endpoint(self) -> None:
        found = safety_tables([person(), ({"refusal": {}}, person(safety=[event("Nausea", 3)])[1])])
        assert summary({"profile": {"safety": found}})[0].note.startswith(
            "Participants whose data are refused (G-27): 1."
        )
        assert refused(safety_tables([person()])) == ""

    def test_listing(self) -> None:
        people = [(f"01-{n:03}", profile) for n, (_summary, profile) in enumerate(self.people(), 1)]
        rows = serious_events(reversed(people))
        assert [(row["number"], row["term"]) for row in rows] == [
            ("01-001", "Anemia"), ("01-003", "Fatigue"), ("01-005", "Nausea"),
        ]  # fmt: skip
        assert rows[2]["before"]


class TestExposure:
    def test_of_those_who_had_the_drug(self) -> None:
        def exposed(doses: int, rdi: float | None, **more: Any) -> Pair:
            neo = {"weeks": 8.0} | ({"rdi": rdi} if rdi is not None else {})
            drug = {
                "doses": doses,
                "mg": 100.0 * doses,
                "lower": 0,
                "omitted": 0,
                "phases": {"NEO": neo},
                **more,
            }
            return person(exposure={"cycles": {"NEO": doses}, "delayed": more.get("omitted", 0), "OXA": drug})

        found = exposure_tables(
            [
                exposed(4, 100.0),
                exposed(3, 80.0, lower=2),
                exposed(2, 79.9, omitted=1),
                exposed(1, None),
                person(),
            ]
        )
        drug = found["drugs"]["OXA"]
        assert (found["n"], list(found["drugs"]), drug["n"]) == (4, ["OXA"], 4)
        assert drug["doses"] == {"n": 4, "mean": 2.5, "median": 2.5, "min": 1, "max": 4}
        rdi = drug["rdi"]["NEO"]
        assert (rdi["n"], rdi["median"], rdi["min"], rdi["max"]) == (3, 80.0, 79.9, 100.0)
        assert (rdi["high"]["x"], rdi["high"]["n"]) == (2, 3)
        assert drug["rdi"]["ADJ"]["n"] == 0
        assert (drug["lower"]["x"], drug["omitted"]["x"], found["delayed"]["x"]) == (1, 1, 1)

    def test_nobody(self) -> None:
        assert exposure_tables([])["drugs"] == {}


class TestFlow:
    def invented(self, rng: random.Random) -> Pair:
        """Any combination of answers, also those that should not occur."""
        disposition: dict[str, Any] = {}
        if rng.random() < 0.8:
            disposition |= {"enrolled": "2026-01-08"}
        elif rng.random() < 0.5:
            disposition |= {"failure": rng.choice(["IE_NOT_MET", "WITHDREW", "UNKNOWN"])}
        for name, values in {
            "first_dose": ["2026-01-10"], "withdrawn": ["2026-03-01"], "death": ["2026-04"], "central": ["2026-05-01"],
            "adjuvant": ["2026-06-01"], "off": [["2026-07-01", code] for code in ("COMPLETED", "DEATH", "LOST", None)],
            "surgery": [
                {"outcome": "RESECTED", "margin": "R0"}, {"outcome": "RESECTED"}, {"outcome": "EXPLORED"},
                {"outcome": "NOT_DONE", "reason": "PD"}, {"outcome": "NOT_DONE"},
            ],
            "ends": [{"NEO": ["2026-03-01", code]} for code in ("SURGERY", "PD", "AE", None)],
        }.items():  # fmt: skip
            if rng.random() < 0.6:
                disposition[name] = rng.choice(values)
        return person((), disposition=disposition | ({"screened": None} if rng.random() < 0.05 else {}))

    def test_numbers_add_up(self) -> None:
        rng = random.Random(5)
        found = participant_flow([self.invented(rng) for _ in range(2000)])
        of = {
            name: sum(found[name].values())
            for name in ("failed", "never_dosed", "not_resected", "margin", "end")
        }
        assert found["screened"] == of["failed"] + found["in_screening"] + found["enrolled"]
        assert found["enrolled"] == of["never_dosed"] + found["treated"] == of["end"]
        assert found["treated"] == of["not_resected"] + found["resected"]
        assert found["resected"] == of["margin"] == found["released"] + found["awaited"]
        assert 1800 < found["screened"] < 2000
        assert all(found[name] > 0 for name in ("in_screening", "treated", "released", "awaited", "adjuvant"))

    @pytest.mark.parametrize(
        ("disposition", "reason"),
        [
            ({}, "WAITING"),
            ({"surgery": {"outcome": "NOT_DONE", "reason": "FLR"}}, "NOSURGREAS.FLR"),
            ({"surgery": {"outcome": "EXPLORED"}, "death": "2026-04"}, "RESTYPE.EXPLORE"),
            ({"ends": {"NEO": ["2026-03-01", "PD"]}, "death": "2026-04"}, "EOTREAS.PD"),
            ({"ends": {"NEO": ["2026-03-01", "SURGERY"]}}, "WAITING"),
            ({"ends": {"NEO": ["2026-03-01", "COMPLETED"]}, "off": ["2026-04-01", "LOST"]}, "EOSREAS.LOST"),
            ({"death": "2026-04"}, "DEATH"),
            ({"withdrawn": "2026-04-01"}, "WITHDRAWN"),
        ],
    )
    def test_why_not_resected(self, disposition: dict[str, Any], reason: str) -> None:
        given = {"enrolled": "2026-01-08", "first_dose": "2026-01-10", **disposition}
        assert participant_flow([person(disposition=given)])["not_resected"] == {reason: 1}

    def test_nobody_and_no_profile(self) -> None:
        assert participant_flow([])["screened"] == participant_flow([({}, {})])["screened"] == 0


class TestAccrual:
    PLAN = AccrualPlan(dt.date(2026, 1, 1), 2.0, 5)

    def people(self, *days: str) -> list[Pair]:
        return [person(disposition={"enrolled": day}) for day in days]

    def test_by_month_with_the_empty_ones(self) -> None:
        found = accrual([*self.people("2026-02-03", "2026-02-28", "2026-04-01"), person(())], self.PLAN)
        assert [(row["month"], row["n"], row["total"], row["planned"]) for row in found["months"]] == [
            ("2026-01", 0, 0, 2.0), ("2026-02", 2, 2, 4.0), ("2026-03", 0, 2, 5.0), ("2026-04", 1, 3, 5.0),
        ]  # fmt: skip
        assert (found["n"], found["target"]) == (3, 5)

    def test_over_a_turn_of_the_year_and_before_the_plan(self) -> None:
        found = accrual(self.people("2025-12-31", "2026-01-01"), self.PLAN)
        assert [(row["month"], row["planned"]) for row in found["months"]] == [
            ("2025-12", 0.0),
            ("2026-01", 2.0),
        ]

    def test_recruiting_that_stopped_is_seen_until_the_cut_off(self) -> None:
        """The months since the last enrolment count: on plan in February, behind it in April."""
        pairs = [
            ({**summary, "until": day}, profile)
            for day, (summary, profile) in zip(
                ("2026-03-31", "2026-04-01"), self.people("2026-01-20", "2026-02-03"), strict=True
            )
        ]
        found = accrual(pairs, self.PLAN)
        assert [(row["month"], row["n"], row["total"], row["planned"]) for row in found["months"]] == [
            ("2026-01", 1, 1, 2.0), ("2026-02", 1, 2, 4.0), ("2026-03", 0, 2, 5.0), ("2026-04", 0, 2, 5.0),
        ]  # fmt: skip

    def test_a_computed_participant_says_the_cut_off(self) -> None:
        made = compute(course(Casebook("01-003", started()), 1, 0, dt.date(2026, 3, 31)))
        found = accrual([(made.summary, made.gathered.profile)])
        assert [row["month"] for row in found["months"]] == ["2026-01", "2026-02", "2026-03"]

    def test_a_plan_that_starts_within_a_month(self) -> None:
        assert planned(AccrualPlan(dt.date(2026, 2, 15), 2.0, 50), "2026-02") == 1.0
        assert planned(AccrualPlan(dt.date(2026, 2, 15), 2.0, 50), "2026-03") == 3.0

    def test_without_plan_and_without_participants(self) -> None:
        assert accrual(self.people("2026-02-03"))["months"] == [
            {"month": "2026-02", "n": 1, "total": 1, "planned": None}
        ]
        assert accrual([], self.PLAN) == {"months": [], "n": 0, "target": 5}


class TestSubgroups:
    def people(self) -> list[Pair]:
        rng = random.Random(11)
        made = []
        for _ in range(300):
            baseline = {
                "sex": rng.choice("MF"), "age": rng.randint(50, 70), "ecog": rng.choice([0, 1, 2]),
                "hbsag": rng.choice(["POS", "NEG"]), "bclc": {"calc": rng.choice("ABC")},
                "afp": rng.choice([399.9, 400.0]),
                "largest": rng.choice([99.9, 100.0]), "nodules": rng.randint(1, 5),
                "cirrhosis": rng.choice(["NONE", "HIST", "CLINICAL"]),
            }  # fmt: skip
            kept = {name: value for name, value in baseline.items() if rng.random() < 0.9}
            made.append(person(mpr=rng.choice(["Y", "N", "PENDING"]), baseline=kept))
        return made

    def test_levels_add_up_to_the_whole(self) -> None:
        found = subgroups_of([*self.people(), person(("ENR",), mpr="Y")], "MPR")
        overall = found["overall"]
        assert overall["n"] == 300
        assert [factor["factor"] for factor in found["factors"]] == list(FACTORS)
        for factor in found["factors"]:
            for name in ("x", "n", "pending"):
                assert sum(level[name] for level in factor["levels"]) == overall[name], factor["factor"]
            assert factor["levels"][-1]["level"] == "UNKNOWN"

    def test_limits_belong_to_the_upper_level(self) -> None:
        for name, key, below, at in (
            ("AGE", "age", 59, 60),
            ("AFP", "afp", 399.9, 400.0),
            ("LARGEST", "largest", 99.9, 100.0),
        ):
            people = [person(mpr="Y", baseline={key: below}), person(mpr="N", baseline={key: at})]
            factor = next(one for one in subgroups_of(people, "MPR")["factors"] if one["factor"] == name)
            assert [(level["level"], level["x"], level["n"]) for level in factor["levels"]] == [
                ("LT", 1, 1),
                ("GE", 0, 1),
            ]
            assert factor["limit"] == at

    @pytest.mark.parametrize(
        ("baseline", "level"),
        [
            ({"nodules": 1}, "ONE"),
            ({"nodules": 2}, "FEW"),
            ({"nodules": 3}, "FEW"),
            ({"nodules": 4}, "MANY"),
            ({"uncountable": True}, "MANY"),
            ({}, "UNKNOWN"),
        ],
    )
    def test_number_of_tumours(self, baseline: dict[str, Any], level: str) -> None:
        factor = subgroups_of([person(baseline=baseline)], "MPR")["factors"][-1]
        assert {one["level"] for one in factor["levels"] if one["n"]} == {level}

    def test_other_stages_follow(self) -> None:
        people = [
            person(baseline={"bclc": {"inv": "C"}}),
            person(baseline={"bclc": {"inv": "C", "calc": "B"}}),
        ]
        factor = next(one for one in subgroups_of(people, "MPR")["factors"] if one["factor"] == "BCLC")
        assert [(one["level"], one["n"]) for one in factor["levels"]] == [("A", 0), ("B", 1), ("C", 1)]


class TestPathology:
    def read(self, source: str, rvt: float, mpr: str, pcr: str = "N") -> dict[str, Any]:
        return {"reader": source, "adequacy": "ADEQUATE", "rvt": rvt, "mpr": mpr, "pcr": pcr}

    def test_the_same_participants_by_each_source(self) -> None:
        resected = ("ENR", "FAS", "RES", "PEV")
        surgery = {"surgery": {"outcome": "RESECTED", "margin": "R0"}}
        people = [
            person(resected, mpr="Y", rvt=8.0, disposition=surgery, pathology={
                "local": {"rvt": 12.0, "mpr": "N", "pcr": "N"},
                "readings": [self.read("R1", 9.0, "Y"), self.read("R2", 7.0, "Y")],
            }),
            person(resected, rvt=30.0, disposition=surgery, pathology={
                "readings": [self.read("R1", 8.0, "Y"), self.read("R2", 12.0, "N"), self.read("ADJ", 30.0, "N")],
            }),
            person(("ENR", "FAS", "RES"), disposition={"surgery": {"outcome": "RESECTED"}}, pathology={
                "local": {"rvt": 0.0, "mpr": "Y", "pcr": "Y"}, "readings": [],
            }),
            person(),
        ]  # fmt: skip
        found = pathology_tables(people)
        assert found["rvt"] == [8.0, 30.0]
        counts = {
            source: {
                name: (part["MPR"][name]["x"], part["MPR"][name]["n"]) for name in ("FAS", "PEV", "READ")
            }
            for source, part in found["sources"].items()
        }
        assert counts == {
            "R1": {"FAS": (2, 4), "PEV": (2, 2), "READ": (2, 2)},
            "R2": {"FAS": (1, 4), "PEV": (1, 2), "READ": (1, 2)},
            "ADJ": {"FAS": (0, 4), "PEV": (0, 2), "READ": (0, 1)},
            "LOCAL": {"FAS": (1, 4), "PEV": (0, 2), "READ": (1, 2)},
        }
        assert found["sources"]["R2"]["rvt"] == [7.0, 12.0]
        assert {code: one["x"] for code, one in found["margin"].items()} == {
            "R0": 2,
            "R1": 0,
            "R2": 0,
            "UNKNOWN": 1,
        }

    def test_two_readings_by_one_role_say_nothing(self) -> None:
        twice = {"readings": [self.read("R1", 8.0, "Y"), self.read("R1", 9.0, "Y")]}
        assert pathology_tables([person(pathology=twice)])["sources"]["R1"]["MPR"]["READ"]["n"] == 0


def test_everything_is_plain_in_every_set() -> None:
    rng = random.Random(3)
    people = (
        [TestFlow().invented(rng) for _ in range(50)] + TestSafety().people() + TestSubgroups().people()[:20]
    )
    for population in ("", "FAS", "ENR", "SAF", "PPS", "RES"):
        made = profile_figures(people, plan=TestAccrual.PLAN, population=population)
        assert json.loads(json.dumps(made)) == made
        assert set(made) == {"safety", "exposure", "flow", "accrual", "subgroups", "pathology"}
    assert profile_figures([])["flow"]["screened"] == 0
    assert profile_figures(people, population="PPS")["safety"]["n"] == 0
