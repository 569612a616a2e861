"""S33 Missing reason beside the value."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from crf.fields import MISS, CrfField
from crf.models import FormInstance, TargetLesion
from crf.registry import forms
from participants.models import Participant
from tests import world
from tests.scenarios.stage import SignedIn, again, events, rows, save, value_of
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

THREE = (("T01", "S8", "62"), ("T02", "S5", "30"), ("T03", "S6", "20"))


@pytest.fixture
def form(participant: Participant, cast: dict[str, User]) -> FormInstance:
    """The first assessment after baseline, three target lesions."""
    lin = cast["lin"]
    baseline = [world.target(*one, viable="20", tl_enh="TYPICAL") for one in THREE]
    world.assessed(participant, lin, "SCR", "2024-03-06", baseline, None, complete=False)
    world.neoadjuvant(participant, lin, 1, "2024-03-14")
    return world.form(participant, "TA", "TA1")


ASSESSED = {
    "ta_perf": "Y", "tudat": "2024-04-10", "ta_lastdat": "2024-04-10", "ta_eval": "INVESTIGATOR", "ta_method": "MRI_MP",
    "ta_contrast": "Y", "ta_slice": "3.0", "ta_regions": "CHEST;ABDOMEN;PELVIS", "ta_samemethod": "Y", "nl_yn": "N",
    "ta_rsdat": "2024-04-10",
}  # fmt: skip


def lesions(third: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, (name, segment, _mm) in enumerate(THREE, 1):
        row = {"tl_lnkid": name, "tl_loc": "LIVER", "tl_locdtl": segment, "tl_node": "N"}
        size = {"tl_state": "MEASURED", "tl_diam": "50" if number == 1 else "25", "tl_viable": "10"}
        found |= {f"TA2_{number}_{k}": v for k, v in (row | (third if number == 3 else size)).items()}
    return found


def saved(at: SignedIn, form: FormInstance, third: dict[str, str], **more: str) -> Any:
    """The page carries the lesions of baseline; their state and size are typed."""
    return save(at("lin"), form, **ASSESSED, **lesions(third), more=more)


NOT_EVALUABLE = {"tl_state": "NE", "tl_nereas": "Breathing artefact over segment 6"}


def test_not_evaluable_with_a_comment_takes_the_value_s_place(at: SignedIn, form: FormInstance) -> None:
    assert saved(at, form, NOT_EVALUABLE).status_code == 302
    assert value_of(form, "TA2:3/tl_state") == "NE"
    assert value_of(form, "TA2:3/tl_diam") is None
    assert value_of(form, "TA2:3/tl_nereas") == "Breathing artefact over segment 6"


def test_overall_response_becomes_ne_as_recist_says(at: SignedIn, form: FormInstance) -> None:
    """RECIST 1.1, 4.4: a target lesion that cannot be assessed, and no progression: not evaluable."""
    saved(at, form, NOT_EVALUABLE)
    assert value_of(form, "tresp_r_calc") == "NE"
    assert value_of(form, "ovresp_r_calc") == "NE"
    assert events(form, "ovresp_r_calc")[-1].actor_name == "system"


def test_value_and_reason_cannot_both_be_filled(at: SignedIn, form: FormInstance) -> None:
    both = saved(at, form, NOT_EVALUABLE | {"tl_diam": "18"})
    assert both.status_code == 422
    assert "will be set inactive" in both.content.decode()
    assert again(form).version == 0
    coded = save(at("lin"), form, ta_perf="Y", ta_slice="3.0", more={"ta_slice__miss": "NAV"})
    assert coded.status_code == 422 or value_of(form, "ta_slice") is None


def test_a_code_of_missing_and_a_value_are_refused_with_words(at: SignedIn, participant: Participant) -> None:
    form = world.form(participant, "DM", "SCR")
    answer = save(at("lin"), form, su_tob="FORMER", su_packyr="12", more={"su_packyr__miss": "UNK"})
    assert answer.status_code == 422
    assert "Give a value or a reason why it is missing, not both." in answer.content.decode()
    assert again(form).version == 0


def test_the_database_itself_keeps_numbers_and_reasons_apart() -> None:
    """A column of numbers beside a column of reasons, for every number of the book that may be missing."""
    names = {
        model._meta.db_table: {column.name for column in connection.introspection.get_table_description(
            connection.cursor(), model._meta.db_table)}
        for model in (TargetLesion,)
    }  # fmt: skip
    assert {"tl_viable", "tl_viable_miss"} <= names[TargetLesion._meta.db_table]
    numbers: list[CrfField] = [
        field for definition in forms().values() for section in definition.sections for field in section.fields
        if field.missing and field.kind in ("int", "dec")
    ]  # fmt: skip
    assert len(numbers) > 10
    for field in numbers:
        model = field.model
        assert model._meta.get_field(f"{field.name}_miss").get_internal_type() == "CharField"
        assert field.get_internal_type() in ("IntegerField", "DecimalField", "PositiveIntegerField"), (
            field.name
        )


def test_the_trail_shows_the_change_of_reason(at: SignedIn, participant: Participant) -> None:
    form, lin = world.form(participant, "DM", "SCR"), at("lin")
    save(lin, form, su_tob="FORMER", more={"su_packyr__miss": "UNK"})
    save(lin, form, su_packyr="12", more={"su_packyr__miss": ""})
    assert [row[:2] for row in rows(form, "su_packyr" + MISS)] == [("", "UNK"), ("UNK", "")]
    assert [row[:2] for row in rows(form, "su_packyr")] == [("", "12.0")]
    page = lin.get(f"/p/{participant.number}/SCR/dm/history/", {"path": "su_packyr"}).content.decode()
    assert "Unknown" in page


def test_the_trail_shows_why_the_comment_was_changed(at: SignedIn, form: FormInstance) -> None:
    saved(at, form, NOT_EVALUABLE)
    save(at("lin"), form, TA2_3_tl_nereas="Embolised between the scans")
    assert [row[:2] for row in rows(form, "TA2:3/tl_nereas")] == [
        ("", "Breathing artefact over segment 6"), ("Breathing artefact over segment 6", "Embolised between the scans"),
    ]  # fmt: skip
