"""A case opens with the resection, has two places, and a third when the readers do not agree."""

from __future__ import annotations

import datetime as dt

import pytest

from crf.models import FormInstance
from crf.selectors.sheets import casebook
from crf.services.entry import Invalid
from participants.models import Participant, Visit
from pathology.blinding import LETTERS
from pathology.models import PathologyCase, Reading
from pathology.services import case_open
from tests import world
from tests.integration.pathology.conftest import Submit, answers
from tests.world import reading_save, reading_take
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db


def result_of(participant: Participant) -> dict[str, object]:
    sheet = casebook(participant.pk, ["CPATHF"]).one("CPATHF")
    return sheet.values if sheet else {}


def test_a_resection_opens_a_case_with_a_code_of_its_own(case: PathologyCase, resected: Participant) -> None:
    assert case.code[:2] == "P-"
    assert set(case.code[2:]) <= set(LETTERS)
    assert sorted(case.readings.values_list("slot", flat=True)) == ["R1", "R2"]
    assert AuditEvent.objects.filter(action="CASE_OPENED", target=case.address).count() == 1


def test_opening_twice_is_harmless(case: PathologyCase, cast: dict[str, User]) -> None:
    assert case_open(by=cast["lin"], participant=case.participant) == case
    assert AuditEvent.objects.filter(action="CASE_OPENED").count() == 1


def test_an_exploration_leaves_no_specimen(case: PathologyCase, cast: dict[str, User]) -> None:
    form = world.form(case.participant, "SURG", "SURG")
    world.change(form, cast["lin"], surg_prtrt="EXPLORE")
    case.refresh_from_db()
    assert case.closed_at is not None
    with pytest.raises(Refused):
        reading_take(by=cast["p1"], case=case)
    world.change(
        form, cast["lin"], surg_prtrt="RAS", surg_anat="Y", surg_segs="S5;S8", surg_r="R0", surg_specimen="Y"
    )
    case.refresh_from_db()
    assert case.closed_at is None


@pytest.mark.parametrize(
    ("one", "two", "need", "mpr"),
    [("8", "14", "Y", None), ("3", "6", "N", "Y"), ("30", "45", "Y", None), ("0", "1", "Y", None), ("10", "10", "N", "Y"),
     ("12", "20", "N", "N")],
)  # fmt: skip
def test_when_an_adjudicator_is_needed(
    one: str, two: str, need: str, mpr: str | None, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    """D-24: another class, or more than ten points apart."""
    submit(cast["p1"], case, one)
    assert result_of(case.participant) == {}
    submit(cast["p2"], case, two)
    found = result_of(case.participant)
    assert (found["cpf_adj_need"], found.get("cpf_mpr")) == (need, mpr)
    assert case.readings.filter(slot="ADJ").exists() is (need == "Y")


def test_the_adjudicator_decides(case: PathologyCase, cast: dict[str, User], submit: Submit) -> None:
    submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "14")
    with pytest.raises(Refused):
        reading_take(by=cast["p1"], case=case)
    submit(cast["p3"], case, "9")
    found = result_of(case.participant)
    assert (str(found["cpf_rvt"]), found["cpf_mpr"], found["cpf_pcr"]) == ("9.0", "Y", "N")
    assert found["cpf_dat"] == case.participant.site.today()
    assert FormInstance.objects.get(form_key="CPATHF").status == "COMPLETE"
    assert Visit.objects.get(participant=case.participant, code="CPATH").status == "DONE"


def test_01_003_ends_at_8_3_percent(case: PathologyCase, cast: dict[str, User]) -> None:
    readings = [("p1", ("8", "72", "20"), ("0", "60", "40")), ("p2", ("10", "65", "25"), ("0", "55", "45"))]
    for name, first, second in readings:
        typed = answers()
        rows = [
            world.nodule(1, ("60.0", "52.0", "45.0"), first),
            world.nodule(2, ("18.0", "15.0", "14.0"), second),
        ]
        typed.rows = world.typed("CPATH", {}, {"CP2": rows}).rows
        reading = reading_take(by=cast[name], case=case)
        reading_save(by=cast[name], reading=reading, typed=typed, submit=True, released=dt.date(2024, 7, 8))
    found = result_of(case.participant)
    assert (str(found["cpf_rvt"]), found["cpf_mpr"], found["cpf_pcr"]) == ("8.3", "Y", "N")
    assert found["cpf_dat"] == dt.date(2024, 7, 8)


def test_a_submitted_reading_is_locked(case: PathologyCase, cast: dict[str, User], submit: Submit) -> None:
    reading = submit(cast["p1"], case)
    form = FormInstance.objects.get(pk=reading.form_id)
    assert (form.locked, form.status) == (True, "COMPLETE")
    sheet = casebook(case.participant_id, ["CPATH"]).one("CPATH")
    assert sheet is not None
    assert sheet.get("cp_user") == cast["p1"].address
    assert sheet.get("cp_caseid") == case.code
    assert sheet.get("cp_sign").startswith(cast["p1"].address)
    with pytest.raises(Refused):
        reading_save(by=cast["p1"], reading=reading, typed=answers("9"))
    assert AuditEvent.objects.filter(action="READING_SUBMITTED", actor=cast["p1"]).count() == 1


def test_nobody_reads_a_case_twice_or_takes_a_third_place(
    case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    submit(cast["p1"], case)
    with pytest.raises(Refused) as refusal:
        reading_take(by=cast["p1"], case=case)
    assert refusal.value.code == "twice"
    with pytest.raises(Refused):
        reading_take(by=cast["p3"], case=case)  # the adjudicator is not asked
    with pytest.raises(Refused):
        reading_take(by=cast["lin"], case=case)
    submit(cast["p2"], case)
    assert Reading.objects.filter(reader__isnull=False).count() == 2


def test_shares_must_make_a_hundred(case: PathologyCase, cast: dict[str, User]) -> None:
    reading = reading_take(by=cast["p1"], case=case)
    typed = answers()
    typed.rows["CP2"][0].values["cpn_nec"] -= 2
    with pytest.raises(Invalid) as invalid:
        reading_save(by=cast["p1"], reading=reading, typed=typed, submit=True)
    assert list(invalid.value.errors) == ["CP2:n1/cpn_rvt"]
    assert "98" in invalid.value.errors["CP2:n1/cpn_rvt"]
    reading_save(by=cast["p1"], reading=reading, typed=typed)  # a draft may stand as it is


def test_what_the_system_keeps_cannot_be_posted(case: PathologyCase, cast: dict[str, User]) -> None:
    reading = reading_take(by=cast["p1"], case=case)
    typed = answers()
    typed.values |= {"cp_reader": "ADJ", "cp_sign": "user:1", "cp_user": "user:1"}
    reading_save(by=cast["p1"], reading=reading, typed=typed)
    sheet = casebook(case.participant_id, ["CPATH"]).one("CPATH")
    assert sheet is not None
    assert (sheet.get("cp_reader"), sheet.get("cp_user"), sheet.get("cp_sign")) == (
        "R1",
        cast["p1"].address,
        None,
    )
