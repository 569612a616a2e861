"""The profile of a casebook: each part from the fields that say it, up to the cut-off, and nothing before its release."""

from __future__ import annotations

import copy
import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from crf.sheets import Casebook, Sheet
from endpoints.engine.flow import end_of, participant_flow
from endpoints.engine.safety_tables import safety_tables
from endpoints.gather import course
from endpoints.profile import profile_of
from endpoints.services import Computed, compute
from tests.participant_01_003 import pages
from tests.spec.checks.whole import folder
from tests.unit.endpoints.books import CUTOFF, assessment, resection, sheet, started

KEPT: list[Casebook] = []


def whole() -> Casebook:
    """01-003 of the book, every form derived. Not to be changed."""
    if not KEPT:
        KEPT.append(folder(pages()).book)
    return KEPT[0]


def profile(*sheets: Sheet, cutoff: dt.date = CUTOFF) -> dict[str, Any]:
    return profile_of(Casebook("01-003", [*started(), *sheets]), cutoff)


def event(number: int = 1, **more: str) -> Sheet:
    values = {
        "aespid": str(number), "ae_ctcae": "Nausea", "aestdat": "2026-01-12", "aeongo": "N", "aetoxgr": "2",
        "ae_teae": "Y", "ae_trae": "Y", "aerel_oxa": "POSSIBLE", "aerel_fu": "UNLIKELY", "aeser": "N", "aedis": "N",
    }  # fmt: skip
    return sheet("AE1", **(values | more))


class TestParticipant01003:
    def test_baseline(self) -> None:
        assert profile_of(whole(), CUTOFF)["baseline"] == {
            "sex": "M", "age": 55, "ecog": 0, "child_pugh": "A", "hbsag": "POS", "bclc": {"inv": "B", "calc": "B"},
            "cnlc": {"inv": "IIa", "calc": "IIa"}, "milan": "BEYOND", "afp": 1286.0, "largest": 82.0, "nodules": 2,
            "cirrhosis": "CLINICAL",
        }  # fmt: skip

    def test_dose_intensities_of_section_6(self) -> None:
        """D-18: oxaliplatin 78.9 %, camrelizumab 88.9 %, apatinib 63.5 %; the dose in mg/m² 301.6."""
        exposure = profile_of(whole(), CUTOFF)["exposure"]
        found = {
            drug: round(exposure[drug]["phases"]["NEO"]["rdi"], 1)
            for drug in ("OXA", "LLV", "FU_CI", "CAM", "APA")
        }
        assert found == {"OXA": 78.9, "LLV": 89.0, "FU_CI": 88.9, "CAM": 88.9, "APA": 63.5}
        assert (round(exposure["OXA"]["mg_m2"], 1), exposure["OXA"]["phases"]["NEO"]["weeks"]) == (301.6, 9.0)
        assert (exposure["CAM"]["mg"], exposure["CAM"]["doses"]) == (2400.0, 12)
        assert (exposure["APA"]["doses"], exposure["APA"]["held"], exposure["APA"]["compliance"]) == (
            124,
            1,
            100.0,
        )
        assert [exposure[drug]["lower"] for drug in ("OXA", "CAM", "APA")] == [1, 0, 1]
        assert (exposure["OXA"]["omitted"], exposure["delayed"]) == (0, 1)
        assert "FU_B" not in exposure

    def test_disposition(self) -> None:
        found = profile_of(whole(), CUTOFF)["disposition"]
        assert (found["consent"], found["enrolled"], found["first_dose"]) == (
            "2024-03-04",
            "2024-03-12",
            "2024-03-14",
        )
        assert (found["cycles"], found["planned"], found["adjuvant"]) == (4, 4, "2024-07-11")
        assert found["surgery"] == {"outcome": "RESECTED", "date": "2024-05-30", "margin": "R0"}
        assert found["ends"] == {"NEO": ["2024-05-22", "SURGERY"], "ADJ": ["2024-12-26", "COMPLETED"]}
        assert (found["central"], found["off"]) == ("2024-07-08", ["2026-03-16", "COMPLETED"])
        assert not {"death", "failure", "withdrawn"} & set(found)

    def test_adverse_events_of_section_6(self) -> None:
        events = profile_of(whole(), CUTOFF)["safety"]
        assert [one["no"] for one in events] == list(range(1, 14))
        assert [one["no"] for one in events if one["grade"] >= 3] == [5, 6, 12]
        assert [one["no"] for one in events if one["related"] == "N"] == [11, 12]
        assert events[5]["drugs"] == ["OXA", "LLV", "FU"]
        assert [one["no"] for one in events if one["serious"] == "Y"] == [12]
        assert [one["no"] for one in events if one.get("ir")] == [4, 13]
        assert (events[3]["rccep"], events[12]["ongoing"]) == (1, True)

    def test_pathology_and_sets(self) -> None:
        made = profile_of(whole(), CUTOFF)
        assert made["pathology"]["local"] == {"rvt": pytest.approx(9.2, abs=0.01), "mpr": "Y", "pcr": "N"}
        assert [(one["reader"], round(one["rvt"], 1), one["mpr"]) for one in made["pathology"]["readings"]] == [
            ("R1", 7.4, "Y"), ("R2", 9.2, "Y"),
        ]  # fmt: skip
        assert (made["sets"], made["pps_not"]) == ({"SAF": True, "PPS": True}, [])

    def test_it_is_plain_and_does_not_move_with_the_day(self) -> None:
        made = profile_of(whole(), CUTOFF)
        assert json.loads(json.dumps(made)) == made
        assert made == profile_of(whole(), CUTOFF + dt.timedelta(days=400))

    def test_up_to_a_cut_off(self) -> None:
        """2024-05-01: three cycles, the second apatinib period over, ten events, no operation."""
        found = profile_of(whole(), dt.date(2024, 5, 1))
        assert (found["disposition"]["cycles"], found["exposure"]["CAM"]["mg"]) == (3, 600.0)
        assert (found["exposure"]["APA"]["ongoing"], found["exposure"]["APA"]["mg"]) == (True, 23 * 250.0)
        assert "rdi" not in found["exposure"]["APA"]["phases"]["NEO"]
        assert len(found["safety"]) == 10
        assert found["disposition"]["ends"] == {}
        assert not {"surgery", "central", "off", "adjuvant"} & set(found["disposition"])
        assert found["pathology"] == {"readings": []}
        assert found["pps_not"] == ["RDI_APA"]

    @pytest.mark.parametrize(
        ("day", "kept"),
        [
            ("2024-03-03", set()),
            ("2024-03-04", {"consent"}),
            ("2024-03-12", {"consent", "enrolled"}),
            ("2024-03-14", {"consent", "enrolled", "first_dose"}),
        ],
    )
    def test_beginning(self, day: str, kept: set[str]) -> None:
        found = profile_of(whole(), dt.date.fromisoformat(day))
        assert {"consent", "enrolled", "first_dose"} & set(found["disposition"]) == kept
        assert found["sets"]["SAF"] is ("first_dose" in kept)

    def test_no_reading_leaves_before_the_release(self) -> None:
        unreleased = Casebook(
            "01-003", [copy.deepcopy(one) for one in whole() if one.key in ("CPATH", "CPATHF")]
        )
        unreleased.all("CPATHF")[0].values.pop("cpf_dat")
        assert profile_of(unreleased, CUTOFF)["pathology"] == {"readings": []}


class TestSafety:
    def test_before_the_first_dose(self) -> None:
        made = profile(
            event(1, aestdat="2026-01-09"), event(2, aestdat="2026-01-10"), event(3, aestdat="2026-01")
        )
        assert {one["no"]: one.get("before", False) for one in made["safety"]} == {
            1: True,
            2: False,
            3: False,
        }

    def test_dated_after_the_cut_off(self) -> None:
        """A partial date counts from its earliest possible day (G-5)."""
        dates = ("2026-01-31", "2026-02-01", "2026-01", "2026-02")
        made = profile(
            *(event(n, aestdat=text) for n, text in enumerate(dates, 1)), cutoff=dt.date(2026, 1, 31)
        )
        assert {one["no"] for one in made["safety"]} == {1, 3}

    def test_a_line_that_was_only_opened(self) -> None:
        """Its number and the answers that are derived stand there from the beginning."""
        assert profile(sheet("AE1", aespid="1"))["safety"] == []

    @pytest.mark.parametrize(
        "written",
        [{"aeterm": "Liver failure"}, {"aestdat": "2026-01-12"}, {"aeser": "Y"}, {"aerel_cam": "PROBABLE"}],
    )
    def test_whatever_is_written_down_makes_it_an_event(self, written: dict[str, str]) -> None:
        """A serious event is reported before it is coded: it must not be taken for "no adverse event" meanwhile."""
        assert len(profile(sheet("AE1", **written))["safety"]) == 1

    def test_a_serious_event_that_is_not_coded_and_graded_yet(self) -> None:
        book = Casebook("01-003", [
            *started(),
            sheet("AE1", aeterm="Liver failure", aeser="Y", aesdth="Y", aestdat="2026-02-01"),
        ])  # fmt: skip
        gathered = course(book, 1, 0, CUTOFF)
        (kept,) = gathered.profile["safety"]
        assert (kept["verbatim"], kept["serious"], kept["fatal"]) == ("Liver failure", "Y", True)
        assert not {"term", "grade"} & set(kept)
        values = compute(gathered).summary["values"]
        assert (values["SAE"], values["TRAE3"]) == ({"value": "Y"}, {"value": "PENDING"})
        tables = safety_tables([({}, gathered.profile)])
        assert [tables["summary"][name]["x"] for name in ("ANY", "SERIOUS", "FATAL")] == [1, 1, 1]
        assert [(row["term"], row["all"]["grades"]["0"]) for row in tables["terms"]] == [("", 1)]

    def test_what_was_written_stands_beside_no_term(self) -> None:
        assert "verbatim" not in profile(event(aeterm="Feels sick"))["safety"][0]

    @pytest.mark.parametrize(("grade", "kept"), [({}, {"rccep": 0}), ({"rccep_grade": "2"}, {"rccep": 2})])
    def test_rccep_counts_before_its_grade_is_known(
        self, grade: dict[str, str], kept: dict[str, int]
    ) -> None:
        made = profile(event(rccep_yn="Y", **grade))
        assert kept.items() <= made["safety"][0].items()
        assert safety_tables([({}, made)])["summary"]["RCCEP"]["x"] == 1
        assert "rccep" not in profile(event(rccep_yn="N"))["safety"][0]

    @pytest.mark.parametrize(
        ("more", "fatal"),
        [
            ({"aetoxgr": "5"}, True),
            ({"aeout": "FATAL"}, True),
            ({"aesdth": "Y"}, True),
            ({"aetoxgr": "4"}, False),
        ],
    )
    def test_fatal(self, more: dict[str, str], fatal: bool) -> None:
        assert profile(event(**more))["safety"][0].get("fatal", False) is fatal

    def test_what_is_not_answered_is_left_out(self) -> None:
        found = profile(sheet("AE1", ae_ctcae="Fatigue", aestdat="2026-01-12"))["safety"][0]
        assert set(found) == {"form", "no", "term", "soc", "start"}


class TestCentralResult:
    """G-31: a reading belongs to its date of review; of a released result, whenever that was."""

    def both(self, day: str, **release: str) -> Computed:
        bed = {"cpn_no": "1", "cpn_len": "40", "cpn_wid": "30", "cpn_rvt": "5"}
        answers = {"cp_adeq": "ADEQUATE", "cp_mvi": "M0", "cp_satellite": "N", "cp_macro_viable": "NA",
                   "cp_ln_viable": "NA", "cp_margin": "NEG"}  # fmt: skip
        reads = [
            sheet("CPATH", "SURG", 230, cp_reader=reader, cp_midat=on, rows={"CP2": [bed]}, **answers)
            for reader, on in (("R1", "2026-04-10"), ("R2", "2026-04-12"))
        ]
        book = Casebook("01-003", [*started(), resection(), *reads, sheet("CPATHF", "SURG", 240, **release)])
        return compute(course(book, 1, 0, dt.date.fromisoformat(day)))

    @pytest.mark.parametrize(
        ("day", "mpr", "readers"),
        [
            ("2026-04-09", "PENDING", []),
            ("2026-04-11", "PENDING", ["R1"]),
            ("2026-04-12", "Y", ["R1", "R2"]),
            ("2026-04-15", "Y", ["R1", "R2"]),
            ("2026-04-20", "Y", ["R1", "R2"]),
        ],
    )
    def test_released_after_the_cut_off(self, day: str, mpr: str, readers: list[str]) -> None:
        """Headline, tables by reader and flow say the same on every day."""
        made = self.both(day, cpf_dat="2026-04-20")
        kept = made.gathered.profile
        assert made.summary["values"]["MPR"]["value"] == mpr
        assert [one["reader"] for one in kept["pathology"]["readings"]] == readers
        flow = participant_flow(
            [(made.summary, kept | {"disposition": kept["disposition"] | {"screened": True}})]
        )
        assert (flow["released"], flow["awaited"]) == ((1, 0) if "PEV" in made.summary["sets"] else (0, 1))

    def test_not_released(self) -> None:
        made = self.both("2026-04-30")
        assert made.gathered.profile["pathology"] == {"readings": []}
        assert "central" not in made.gathered.profile["disposition"]
        assert "PEV" not in made.summary["sets"]


class TestPartialDates:
    """G-30: profile and endpoints put a record on the same side of the cut-off."""

    def both(self, day: str, *sheets: Sheet) -> tuple[dict[str, Any], dict[str, Any]]:
        made = compute(course(Casebook("01-003", [*started(), *sheets]), 1, 0, dt.date.fromisoformat(day)))
        assert made.error == ""
        return made.summary["values"], made.gathered.profile

    @pytest.mark.parametrize(
        ("day", "died"),
        [("2026-02-28", False), ("2026-03-09", False), ("2026-03-10", True), ("2026-04-01", True)],
    )
    def test_death(self, day: str, died: bool) -> None:
        """In March, and seen alive on the 10th: dead from that day on."""
        alive = sheet("SS", "FU1", 300, ss_dat="2026-03-10", ss_status="ALIVE", ss_lastalive="2026-03-10")
        values, kept = self.both(day, alive, sheet("DTH", dthdat="2026-03", dth_cause="PD"))
        assert values["OS"]["event"] is died
        assert end_of(kept["disposition"]) == ("DEATH" if died else "WAITING")
        assert ("cause" in kept["disposition"]) is died

    def test_death_without_any_later_contact(self) -> None:
        values, kept = self.both("2026-03-01", sheet("DTH", dthdat="2026-03"))
        assert (values["OS"]["event"], kept["disposition"]["death"]) == (True, "2026-03")

    def test_death_of_a_course_that_cannot_be_read(self) -> None:
        """Whose data are refused has a flow, too: there the last contact is the limit."""
        alive = sheet("SS", "FU1", 300, ss_dat="2026-03-10", ss_status="ALIVE", ss_lastalive="2026-03-10")
        scan = assessment("TA1", 119, "2026-02-05", "50.0")
        scan.rows["TA2"][0].values["tl_diam"] = Decimal(-1)
        book = Casebook("01-003", [*started(), scan, alive, sheet("DTH", dthdat="2026-03")])
        made = compute(course(book, 1, 0, dt.date(2026, 3, 5)))
        assert made.error
        assert "death" not in made.gathered.profile["disposition"]

    def test_therapy(self) -> None:
        """In March, operated on the 20th: it began then (G-30), so on the 15th there was none."""
        taken = sheet("SACT", sact_yn="Y", rows={"SA1": [{"sact_type": "TACE", "sact_stdat": "2026-03"}]})
        for day in ("2026-03-15", "2026-03-19", "2026-03-20", "2026-04-30"):
            _values, kept = self.both(day, taken, resection())
            assert "THERAPY" not in kept["pps_not"]
        _values, kept = self.both("2026-03-15", taken)
        assert "THERAPY" in kept["pps_not"]


class TestPerProtocol:
    def cycles(self) -> list[Sheet]:
        """Two cycles on time at full dose, apatinib daily, staged B beyond Milan; weight 70 kg, height 171 cm."""
        doses = {"OXA": "155", "LLV": "365", "FU_CI": "4375", "CAM": "200"}
        made = []
        for number, day in ((1, "2026-01-10"), (2, "2026-01-24")):
            rows: list[dict[str, str]] = [
                {"ectrt": drug, "ecoccur": "Y" if drug in doses else "N", "ecstdat": day, "ecendat": day}
                | ({"ecdstxt": doses[drug]} if drug in doses else {})
                for drug in ("OXA", "LLV", "FU_B", "FU_CI", "CAM")
            ]
            period = {
                "apa_phase": "NEO", "apa_ecstdat": "2026-01-10", "apa_ecendat": "2026-02-06", "apa_dose": "250",
                "apa_frq": "QD",
            }  # fmt: skip
            made.append(
                sheet(
                    "EC", f"C{number}", 100 + number, ec_phase="NEO", ec_cycle=str(number), ec_given="Y", ec_d1dat=day,
                    ec_wt="70.0", ec_ht="171.0", rows={"EC2": rows, "EC3": [period] if number == 1 else []},
                )
            )  # fmt: skip
        return made

    def book(self, *more: Sheet, without: str = "", cycles: list[Sheet] | None = None) -> Casebook:
        base = [
            sheet("IE", "SCR", 10, enr_yn="Y", enr_dsstdat="2026-01-08"),
            sheet(
                "HCC", "SCR", 10, hcc_nodcount="2", hcc_maxdiam="82.0", hcc_macrovi="N", hcc_ehs="N", hcc_uncountable="N",
                hcc_milan_calc="BEYOND",
            ),
            *(self.cycles() if cycles is None else cycles),
        ]  # fmt: skip
        return Casebook("01-009", [one for one in [*base, *more] if one.key != without])

    def reasons(self, *more: Sheet, without: str = "", cycles: list[Sheet] | None = None) -> list[str]:
        found = profile_of(self.book(*more, without=without, cycles=cycles), CUTOFF)
        assert found["sets"]["PPS"] is (found["pps_not"] == [])
        return list(found["pps_not"])

    def test_inside(self) -> None:
        assert self.reasons() == []

    def test_not_treated(self) -> None:
        assert self.reasons(cycles=[]) == ["FAS"]
        assert self.reasons(without="IE") == ["FAS"]

    def test_excluded_by_the_data_review(self) -> None:
        assert self.reasons(sheet("DV1", dvstdat="2026-01-20", dv_sev="MAJOR", dv_pp="Y")) == ["DEVIATION"]
        assert self.reasons(sheet("DV1", dvstdat="2026-01-20", dv_sev="MAJOR", dv_pp="N")) == []

    def test_one_cycle(self) -> None:
        assert self.reasons(cycles=self.cycles()[:1]) == ["CYCLES"]

    def test_dose_intensity(self) -> None:
        cycles = self.cycles()
        cycles[1].rows["EC2"][0].values["ecoccur"] = "N"  # half the oxaliplatin
        assert self.reasons(cycles=cycles) == ["RDI_OXA"]
        cycles = self.cycles()
        del cycles[0].rows["EC3"][0].values["apa_ecendat"]  # goes on: not known yet
        assert self.reasons(cycles=cycles) == ["RDI_APA"]

    def test_therapy_before_surgery(self) -> None:
        def therapy(start: str) -> Sheet:
            return sheet("SACT", sact_yn="Y", rows={"SA1": [{"sact_stdat": start}]})

        assert self.reasons(therapy("2026-03-19"), resection()) == ["THERAPY"]
        assert self.reasons(therapy("2026-03-20"), resection()) == []
        assert self.reasons(therapy("2026-03"), resection()) == []  # may be after the operation (G-30)
        assert self.reasons(therapy("2026-02"), resection()) == ["THERAPY"]
        assert self.reasons(therapy("2026-05-01")) == ["THERAPY"]  # no operation, and treatment has not ended
        ended = sheet("EOT", eot_phase="NEO", eot_dsstdat="2026-04-01", eot_dsdecod="PD")
        assert self.reasons(therapy("2026-05-01"), ended) == []

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"hcc_milan_calc": "WITHIN"}, ["I05"]),
            ({"hcc_macrovi": "Y"}, ["I04"]),
            ({"hcc_milan_calc": "NE", "hcc_nodcount": None}, ["I04", "I05"]),
        ],
    )
    def test_eligibility_truly_met(self, changes: dict[str, Any], expected: list[str]) -> None:
        book = self.book()
        hcc = book.all("HCC")[0]
        hcc.values = {name: value for name, value in (hcc.values | changes).items() if value is not None}
        assert profile_of(book, CUTOFF)["pps_not"] == expected

    def test_the_investigator_says_what_cannot_be_calculated(self) -> None:
        book = self.book()
        book.all("HCC")[0].values = {"hcc_bclc": "B"}
        book.all("IE")[0].values["ie_milan_inv"] = "BEYOND"
        assert profile_of(book, CUTOFF)["pps_not"] == []

    def test_apatinib_five_on_two_off(self) -> None:
        """D-18: 56 days of 5ON2OFF are 40 doses: 71.4 %; all taken every day 100 %."""
        for schedule, rdi in (("5ON2OFF", 71.4), ("QD", 100.0)):
            cycles = self.cycles()
            period = cycles[0].rows["EC3"][0].values
            period.update(apa_ecendat=dt.date(2026, 3, 6), apa_frq=schedule)
            found = profile_of(self.book(cycles=cycles), CUTOFF)["exposure"]["APA"]["phases"]["NEO"]
            assert (round(found["rdi"], 1), found["weeks"]) == (rdi, 8.0)


class TestDisposition:
    def test_screen_failure(self) -> None:
        book = Casebook("01-004", [
            sheet("ICF", icf_yn="Y", icf_dsstdat="2026-01-02"),
            sheet("IE", enr_yn="N", iedat="2026-01-09", sf_reason="IE_NOT_MET"),
        ])  # fmt: skip
        assert profile_of(book, CUTOFF)["disposition"]["failure"] == "IE_NOT_MET"
        early = profile_of(book, dt.date(2026, 1, 8))["disposition"]
        assert "failure" not in early
        assert early["screened"]

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ({"surg_proccur": "N", "surg_reasoc": "PD"}, {"outcome": "NOT_DONE", "reason": "PD"}),
            (
                {"surg_proccur": "Y", "surg_prstdat": "2026-03-20", "surg_prtrt": "EXPLORE"},
                {"outcome": "EXPLORED", "date": "2026-03-20"},
            ),
        ],
    )
    def test_no_resection(self, values: dict[str, str], expected: dict[str, str]) -> None:
        assert profile(sheet("SURG", "SURG", 210, **values))["disposition"]["surgery"] == expected

    def test_local_pathology_says_the_margin(self) -> None:
        assert profile(resection(surg_r="R0"))["disposition"]["surgery"]["margin"] == "R0"
        local = sheet("LPATH", "LPATH", 211, lp_r="R1")
        assert profile(resection(surg_r="R0"), local)["disposition"]["surgery"]["margin"] == "R1"

    def test_a_death_known_to_the_month(self) -> None:
        death = sheet("DTH", dthdat="2026-05", dth_cause="HCC")
        assert profile(death)["disposition"]["death"] == "2026-05"
        assert "death" not in profile(death, cutoff=dt.date(2026, 4, 30))["disposition"]

    def test_an_empty_casebook(self) -> None:
        made = profile_of(Casebook("01-001"), CUTOFF)
        assert made["baseline"] == {"bclc": {}, "cnlc": {}}
        assert (made["safety"], made["exposure"], made["sets"]) == ([], {}, {"SAF": False, "PPS": False})
        assert made["disposition"] == {"planned": 4, "cycles": 0, "ends": {}}


class TestLocalPathology:
    @pytest.mark.parametrize(
        ("rvt", "more", "expected"),
        [
            ("10", {}, ("Y", "N")),
            ("10.1", {}, ("N", "N")),
            ("0", {}, ("Y", "Y")),
            ("0", {"lp_mvi": "M1"}, ("Y", "N")),
            ("0", {"lp_macro": "Y", "lp_macro_viable": "U"}, ("Y", "NE")),
            ("0", {"lp_ln_ex": "3", "lp_ln_pos": "1"}, ("Y", "N")),
            ("0", {"lp_ln_ex": "3", "lp_ln_pos": "0"}, ("Y", "Y")),
        ],
    )
    def test_by_the_rules_of_a_reader(
        self, rvt: str, more: dict[str, str], expected: tuple[str, str]
    ) -> None:
        values = {
            "lp_mvi": "M0",
            "lp_satellite": "N",
            "lp_macro": "N",
            "lp_ln_ex": "0",
            "lp_margin": "NEG",
        } | more
        bed = {"lpn_len": "60.0", "lpn_wid": "52.0", "lpn_hgt": "45.0", "lpn_rvt": rvt}
        local = profile(resection(), sheet("LPATH", "LPATH", 211, rows={"LP3": [bed]}, **values))[
            "pathology"
        ]["local"]
        assert (local["mpr"], local["pcr"]) == expected
        assert local["rvt"] == float(rvt)

    def test_without_nodules_there_is_no_value(self) -> None:
        assert "local" not in profile(resection(), sheet("LPATH", "LPATH", 211, lp_r="R0"))["pathology"]
