"""Forms to the engine's input (endpoint rules, section 9: what the application maps)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from crf.sheets import Casebook, Sheet
from endpoints.engine.course import Course
from endpoints.gather import course
from endpoints.mapping import Mapping
from endpoints.services import Computed, compute
from tests.unit.endpoints.books import CUTOFF, assessment, mapping, resection, result, sheet, started


def case(*sheets: Sheet) -> dict[str, Any]:
    """The case, known to be readable by the engine."""
    made = mapping(*sheets).case
    Course.from_json(made)
    return made


class TestDates:
    def test_enrolment_dose_and_diagnosis_with_their_fields(self) -> None:
        hcc = sheet("HCC", "SCR", 10, hcc_mhstdat="2025-12")
        made = mapping(hcc)
        assert (made.case["enrolled"], made.case["diagnosed"]) == ("2026-01-08", "2025-12")
        assert (made.case["first_dose"], made.case["last_study_dose"]) == ("2026-01-10", "2026-01-11")
        assert made.paths.address("diagnosed") == f"form:{hcc.form}/hcc_mhstdat"
        assert str(made.paths.address("first_dose")).endswith("/EC2:1/ecstdat")
        assert str(made.paths.address("last_study_dose")).endswith("/EC2:1/ecendat")

    def test_a_screen_failure_is_not_enrolled(self) -> None:
        book = Casebook("01-004", [sheet("IE", "SCR", 10, enr_yn="N", enr_dsstdat="2026-01-08")])
        assert Mapping(book, CUTOFF, evaluator="INVESTIGATOR").case["enrolled"] is None

    def test_death_and_end_of_study(self) -> None:
        made = case(sheet("DTH", dthdat="2026-10"), sheet("EOS", "EOS", 999, eos_dsstdat="2026-10-20"))
        assert (made["death"], made["end_of_study"]) == ({"date": "2026-10"}, {"date": "2026-10-20"})

    @pytest.mark.parametrize(
        ("reason", "planned"),
        [("SURGERY", True), ("COMPLETED", None), ("PD", False), ("AE", False)],
    )
    def test_end_of_neoadjuvant_treatment(self, reason: str, planned: bool | None) -> None:
        adjuvant = sheet(
            "EOT", "EOT", 400, eot_phase="ADJ", eot_dsstdat="2026-09-01", eot_dsdecod="COMPLETED"
        )
        made = case(
            adjuvant, sheet("EOT", "EOT", 400, eot_phase="NEO", eot_dsstdat="2026-03-05", eot_dsdecod=reason)
        )
        assert made["end_of_treatment"] == {"date": "2026-03-05", "surgery_planned": planned}


class TestSurgery:
    def test_a_resection(self) -> None:
        form = resection(surg_ablation="Y")
        made = mapping(form)
        assert made.case["surgery"] == {
            "date": "2026-03-20", "performed": True, "resected": True, "margin": "R0", "tumour_left": True,
        }  # fmt: skip
        assert made.paths.address("surgery.margin") == f"form:{form.form}/surg_r"

    def test_an_exploration(self) -> None:
        assert case(resection(surg_prtrt="EXPLORE"))["surgery"]["resected"] is False

    def test_not_operated(self) -> None:
        made = case(sheet("SURG", "SURG", 210, surg_proccur="N", surg_reasoc="PD"))["surgery"]
        assert (made["performed"], made["date"]) == (False, None)

    def test_half_entered_is_no_operation_yet(self) -> None:
        assert (
            case(sheet("SURG", "SURG", 210, surg_proccur="Y", surg_prstdat="2026-03-20"))["surgery"] is None
        )

    def test_the_resection_goes_before_an_exploration(self) -> None:
        explored = resection(surg_prtrt="EXPLORE", surg_prstdat="2026-03-01")
        assert case(explored, resection())["surgery"]["date"] == "2026-03-20"


READ = {
    "cp_reader": "R1", "cp_midat": "2026-04-20", "cp_adeq": "ADEQUATE", "cp_mvi": "M0", "cp_satellite": "N",
    "cp_macro_viable": "NA", "cp_ln_viable": "NA", "cp_margin": "NEG",
}  # fmt: skip
NODULE = {"cpn_no": "1", "cpn_len": "60.0", "cpn_wid": "52.0", "cpn_rvt": "8.0"}


RELEASED = sheet("CPATHF", "CPATH", 240, cpf_dat="2026-05-02")


def reading(status: str = "COMPLETE", **more: str) -> Sheet:
    return sheet("CPATH", "CPATH", 240, status=status, rows={"CP2": [NODULE]}, **(READ | more))


class TestCutOff:
    """G-5, G-31: what is dated after the cut-off decides nothing before it."""

    EXPLORED = {"surg_prtrt": "EXPLORE", "surg_prstdat": "2026-03-01"}

    def both(self, day: str, *sheets: Sheet) -> Computed:
        return compute(course(Casebook("01-003", [*started(), *sheets]), 1, 0, dt.date.fromisoformat(day)))

    @pytest.mark.parametrize(("surgeon", "local"), [("R0", "R1"), ("R1", "R0"), ("", "R0")])
    def test_margin_of_a_later_report(self, surgeon: str, local: str) -> None:
        """Margin, set, DFS and the table of margins rest on what was reported by then."""
        operation = resection(surg_r=surgeon or "R0")
        if not surgeon:
            del operation.values["surg_r"]
        report = sheet("LPATH", "SURG", 215, lp_midat="2026-04-05", lp_r=local)
        for day, margin in (("2026-03-31", surgeon or None), ("2026-04-05", local)):
            made = self.both(day, operation, report)
            assert made.gathered.case["surgery"]["margin"] == margin
            assert made.gathered.profile["disposition"]["surgery"].get("margin") == margin
            assert ("R0" in made.summary["sets"], bool(made.summary["values"]["DFS"])) == (
                margin == "R0",
            ) * 2
            source = operation if margin == surgeon or margin is None else report
            assert made.gathered.paths.first("surgery.margin").startswith(f"form:{source.form}/")

    def test_an_exploration_before_a_resection_after(self) -> None:
        """G-25: explored is N; a later resection opens it again from its day on."""
        operations = resection(**self.EXPLORED), resection(surg_prstdat="2026-04-20")
        read = reading(cp_midat="2026-05-10"), sheet("CPATHF", "SURG", 230, cpf_dat="2026-05-20")
        assert self.both("2026-03-31", operations[0]).summary["values"]["MPR"] == {"value": "N"}
        for sheets in (operations, (*operations, *read)):
            made = self.both("2026-03-31", *sheets)
            assert (made.error, made.summary["values"]["MPR"]) == ("", {"value": "N"})
            assert made.gathered.profile["disposition"]["surgery"]["outcome"] == "EXPLORED"
        made = self.both("2026-04-20", *operations)
        assert made.summary["values"]["MPR"] == {"value": "PENDING"}
        assert made.gathered.profile["disposition"]["surgery"]["outcome"] == "RESECTED"

    def test_not_operated_before_a_resection_after(self) -> None:
        refused = sheet("SURG", "SURG", 210, surg_proccur="N")
        made = self.both("2026-03-31", refused, resection(surg_prstdat="2026-04-20"))
        assert made.summary["values"]["MPR"] == {"value": "N"}
        assert made.gathered.profile["disposition"]["surgery"] == {"outcome": "NOT_DONE"}

    def test_a_later_operation_still_proves_life_and_limits_dates(self) -> None:
        """G-6, G-30: dates do not move from one cut-off to the next."""
        operations = resection(**self.EXPLORED), resection(surg_prstdat="2026-04-20")
        dead = sheet("DTH", dthdat="2026-04")
        assert self.both("2026-04-10", *operations, dead).summary["values"]["OS"]["event"] is False
        for start, day in (("2026-03", "2026-03-01"), ("2026-04", None), ("2026-04-05", "2026-04-05")):
            taken = sheet("SACT", sact_yn="Y", rows={"SA1": [{"sact_type": "TACE", "sact_stdat": start}]})
            made = self.both("2026-04-10", *operations, taken).gathered.case["therapies"]
            assert [one["date"] for one in made] == [day] * (day is not None)

    def test_the_only_operation_is_there_for_the_checks(self) -> None:
        made = self.both("2026-03-01", resection())
        assert (made.gathered.case["surgery"]["date"], made.summary["values"]["MPR"]) == (
            "2026-03-20", {"value": "PENDING"},
        )  # fmt: skip


class TestPathology:
    def test_a_submitted_reading(self) -> None:
        made = mapping(resection(), reading(), RELEASED)
        read = made.case["pathology"]["reads"][0]
        assert (read["reader"], read["final"], read["viable_elsewhere"]) == ("Reader 1", True, False)
        assert read["nodules"][0]["viable_pct"] == "8.00"
        assert str(made.paths.address("pathology.reads[0].nodules[0].viable_pct")).endswith("/CP2:1/cpn_rvt")
        assert len(made.paths.address("pathology.reads[0].viable_elsewhere") or ()) == 5

    def test_one_that_is_being_written_stays_with_its_reader(self) -> None:
        assert case(resection(), reading("IN_PROGRESS"), RELEASED)["pathology"] is None

    def test_before_the_release_every_reading_stays_with_its_reader(self) -> None:
        unreleased = sheet("CPATHF", "CPATH", 240, cpf_adj_need="N")
        assert case(resection(), reading(), reading(cp_reader="R2"), unreleased)["pathology"] is None

    def test_the_adjudicator_is_apart(self) -> None:
        readings = (reading(), reading(cp_reader="R2"), reading(cp_reader="ADJ"))
        made = case(resection(), *readings, RELEASED)["pathology"]
        assert [read["reader"] for read in made["reads"]] == ["Reader 1", "Reader 2"]
        assert made["adjudication"]["reader"] == "Adjudicator"

    @pytest.mark.parametrize(
        ("finding", "elsewhere"),
        [
            ({"cp_mvi": "M1"}, True),
            ({"cp_mvi": "M2"}, True),
            ({"cp_mvi": "NE"}, None),
            ({"cp_satellite": "U"}, None),
            ({"cp_satellite": "U", "cp_ln_viable": "Y"}, True),
            ({"cp_macro_viable": "Y"}, True),
            ({"cp_margin": "POS"}, True),
            ({"cp_margin": "NE"}, None),
            ({"cp_ln_viable": "N"}, False),
        ],
    )
    def test_viable_tumour_elsewhere(self, finding: dict[str, str], elsewhere: bool | None) -> None:
        """P-6: unknown stays unknown; one finding is enough."""
        assert (
            case(resection(), reading(**finding), RELEASED)["pathology"]["reads"][0]["viable_elsewhere"]
            is elsewhere
        )


def lesion(number: str, certain: str, on: str, organ: str = "LIVER") -> dict[str, str]:
    return {"nl_lnkid": number, "nl_loc": organ, "nl_firstdat": on, "nl_diam": "15.0", "nl_certain": certain}


def follow_up(*sheets: Sheet) -> list[tuple[str, str, str | None]]:
    return [(f["date"], f["recurrence"], f["kind"]) for f in case(resection(), *sheets)["follow_up"]]


class TestFollowUp:
    def test_no_new_lesion_on_the_last_scan(self) -> None:
        clean = assessment("FUIMG1", 501, "2026-06-12", ta_lastdat="2026-06-14", ovresp_r_inv="NED")
        assert follow_up(clean) == [("2026-06-14", "no", None)]

    def test_a_new_lesion_on_the_day_it_was_seen(self) -> None:
        seen = assessment("FUIMG1", 501, "2026-06-12", ta_lastdat="2026-06-14", nl_yn="Y",
                          new=[lesion("N01", "UNEQUIVOCAL", "2026-06-13", "LUNG")])  # fmt: skip
        assert follow_up(seen) == [("2026-06-13", "yes", "distant")]

    def test_an_equivocal_lesion_that_becomes_certain_is_dated_back(self) -> None:
        """R-61."""
        first = assessment("FUIMG1", 501, "2026-06-12", nl_yn="Y", ovresp_r_inv="NED",
                           new=[lesion("N01", "EQUIVOCAL", "2026-06-12")])  # fmt: skip
        then = assessment(
            "FUIMG2", 502, "2026-09-04", nl_yn="Y", new=[lesion("N01", "UNEQUIVOCAL", "2026-09-04")]
        )
        assert follow_up(first) == [("2026-06-12", "no", None)]
        assert follow_up(first, then)[1] == ("2026-06-12", "yes", "local")

    @pytest.mark.parametrize(
        ("answers", "said"),
        [
            ({"nl_yn": "Y"}, "yes"),
            ({"nl_yn": "N", "ovresp_r_inv": "PD"}, "yes"),
            ({"nl_yn": "U"}, "not_evaluable"),
            ({"nl_yn": "N", "ovresp_r_inv": "NE"}, "not_evaluable"),
            ({"nl_yn": "N"}, "no"),
        ],
    )
    def test_answers_without_a_lesion(self, answers: dict[str, str], said: str) -> None:
        assert follow_up(assessment("FUIMG1", 501, "2026-06-12", **answers))[0][1] == said

    def test_a_contact_alone_proves_life_only(self) -> None:
        """G-21: a telephone call is no assessment."""
        contact = sheet("SS", "SURV1", 601, ss_dat="2026-07-01", ss_status="ALIVE", ss_lastalive="2026-06-30",
                        ss_disease="NED", ss_event_yn="N")  # fmt: skip
        made = case(resection(), contact)
        assert (made["follow_up"], made["alive_on"]) == ([], ["2026-06-30"])

    @pytest.mark.parametrize(
        ("basis", "found"), [("PATHOLOGY", 1), ("IMAGING", 1), ("CLINICAL", 0), ("AFP", 0)]
    )
    def test_a_recurrence_from_a_contact(self, basis: str, found: int) -> None:
        contact = event("2026-07-01", basis, "IH_NEAR;LUNG")
        assert follow_up(contact) == [("2026-07-01", "yes", "distant")] * found

    def test_without_a_resection_there_is_none(self) -> None:
        assert case(assessment("TA1", 119, "2026-02-05", "50.0"))["follow_up"] == []

    def test_images_after_the_resection_are_no_time_points(self) -> None:
        """R-92, G-38."""
        made = case(resection(), assessment("FUIMG1", 501, "2026-06-12"))
        assert [row["name"] for row in made["imaging"]] == ["SCR", "SCR"]
        assert made["alive_on"] == ["2026-06-12"]


def event(on: str, basis: str = "IMAGING", sites: str = "IH_NEAR") -> Sheet:
    return sheet("SS", "SURV1", 601, ss_dat=on, ss_status="ALIVE", ss_lastalive=on, ss_event_yn="Y", ss_event_dat=on,
                 ss_event_basis=basis, ss_event_site=sites)  # fmt: skip


class TestProgressionFromAContact:
    """A documented progression without a resection stands only on the contact form: used as it is (G-24, G-37)."""

    def test_it_is_a_progression_by_both_criteria(self) -> None:
        contact = event("2026-04-01")
        made = mapping(contact)
        rows = made.case["imaging"][-2:]
        assert {(row["criteria"], row["overall"], row["date"]) for row in rows} == {
            ("RECIST 1.1", "PD", "2026-04-01"),
            ("mRECIST", "PD", "2026-04-01"),
        }
        assert made.paths.address("imaging[3].overall") == f"form:{contact.form}/ss_event_yn"

    def test_it_ends_progression_free_survival(self) -> None:
        pfs = result(assessment("TA1", 119, "2026-02-05", "50.0"), event("2026-04-01")).endpoints["PFS"]
        assert (pfs.to_json()["end"], pfs.to_json()["event"]) == ("2026-04-01", True)

    def test_an_assessment_of_the_day_speaks_for_itself(self) -> None:
        stable = assessment("TA1", 119, "2026-02-05", "60.0")
        assert len(case(stable, event("2026-02-05"))["imaging"]) == 4


class TestRest:
    def test_therapies_may_lack_their_day(self) -> None:
        rows = {"SA1": [{"sact_type": "TACE", "sact_stdat": "2026-09"}, {"sact_type": "RT"}]}
        form = sheet("SACT", sact_yn="Y", rows=rows)
        made = mapping(form)
        assert made.case["therapies"] == [{"date": "2026-09", "name": "TACE", "protocol": False}]
        assert made.paths.address("therapies[0].date") == f"form:{form.form}/SA1:1/sact_stdat"

    def test_removed_rows_do_not_count(self) -> None:
        form = sheet("SACT", rows={"SA1": [{"sact_type": "TACE", "sact_stdat": "2026-09-01"}]})
        form.rows["SA1"][0].active = False
        assert case(form)["therapies"] == []

    def test_an_address_for_every_path(self) -> None:
        made = mapping(resection(), reading(), assessment("TA1", 119, "2026-02-05", "50.0"))
        assert str(made.paths.address("imaging[1].target[0].mm")).endswith("/TA2:1/tl_diam")
        assert str(made.paths.address("imaging[3].target[0].mm")).endswith("/TA2:1/tl_viable")
        assert str(made.paths.address("imaging[1]")).endswith("/tudat")
        assert str(made.paths.address("imaging[1].target[0]")).endswith("/TA2:1/tl_lnkid")
        assert made.paths.address("imaging") is None
        assert made.paths.address("data_cutoff") is None
