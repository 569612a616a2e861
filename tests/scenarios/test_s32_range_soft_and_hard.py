"""S32 Range: soft and hard.

The book's limits of creatinine: 35 to 150 µmol/L usual, 10 to 2500 possible (crf-book 2.8.1).
"""

from __future__ import annotations

from typing import Any

import pytest

from crf.analytes import ANALYTES
from crf.models import Finding, FormInstance, Query
from participants.models import Participant
from tests import world
from tests.scenarios.stage import SignedIn, again, events, save, value_of
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

ROW = list(ANALYTES).index("CREAT") + 1
RESULT = f"LB2:{ROW}/lborres"
JUSTIFIED = {f"confirm:CK-080@{RESULT}": "Checked against the source"}


@pytest.fixture
def form(participant: Participant, cast: dict[str, User]) -> FormInstance:
    world.ranges_01(cast["da"])
    return world.form(participant, "LB", "SCR", 2)


def typed(at: SignedIn, form: FormInstance, value: str, **more: str) -> Any:
    lab = world.laboratory(form.participant.site).address
    result = {f"LB2_{ROW}_lborres": value, f"LB2_{ROW}_lborresu": "umol/L"}
    return save(at("lin"), form, lbperf="Y", lbdat="2024-03-05", lbnam=lab, **result, more=more)


def finding(form: FormInstance) -> str:
    return Finding.objects.filter(form=form, path=RESULT).values_list("state", flat=True).first() or ""


def query(form: FormInstance) -> str:
    return Query.objects.filter(form=form, path=RESULT).values_list("state", flat=True).first() or ""


def test_240_asks_for_a_justification_and_raises_a_query(at: SignedIn, form: FormInstance) -> None:
    assert typed(at, form, "240").status_code == 302
    assert value_of(form, RESULT) == "240"
    page = at("lin").get(f"/p/{form.participant.number}/SCR/lb/2/").content.decode()
    assert "Unusual value. Confirm value and unit." in page
    assert f'name="confirm:CK-080@{RESULT}"' in page
    assert (finding(form), query(form)) == ("OPEN", "OPEN")
    assert again(form).query_open


def test_a_justification_given_at_once_raises_none(at: SignedIn, form: FormInstance) -> None:
    assert typed(at, form, "240", **JUSTIFIED).status_code == 302
    assert (finding(form), query(form)) == ("CONFIRMED", "")
    kept = events(form, f"{RESULT}@CK-080")
    assert [(e.action, e.new) for e in kept] == [("FINDING", "OPEN"), ("CONFIRM", "CONFIRMED")]
    assert kept[-1].reason == "Checked against the source"


@pytest.mark.parametrize("value", ["2501", "2600", "9.9", "0"])
def test_what_is_not_possible_is_refused(value: str, at: SignedIn, form: FormInstance) -> None:
    answer = typed(at, form, value, **JUSTIFIED)
    assert answer.status_code == 422
    assert "Value is not possible. Check value and unit." in answer.content.decode()
    assert f'value="{value}"' in answer.content.decode(), "nothing typed is lost"
    assert again(form).version == 0


@pytest.mark.parametrize("value", ["35", "150"])
def test_soft_bounds_pass(value: str, at: SignedIn, form: FormInstance) -> None:
    assert typed(at, form, value).status_code == 302
    assert (value_of(form, RESULT), finding(form), query(form)) == (value, "", "")


@pytest.mark.parametrize("value", ["10", "2500"])
def test_hard_bounds_pass(value: str, at: SignedIn, form: FormInstance) -> None:
    assert typed(at, form, value).status_code == 302
    assert (value_of(form, RESULT), finding(form)) == (value, "OPEN")


@pytest.mark.parametrize(
    ("name", "value", "soft"),
    [
        ("su_packyr", "0.1", False),
        ("su_packyr", "80", False),
        ("su_packyr", "0", True),
        ("su_packyr", "200", True),
    ],
)
def test_bounds_of_a_field(name: str, value: str, soft: bool, at: SignedIn, participant: Participant) -> None:
    """Pack-years: 0.1 to 80 usual, 0 to 200 possible."""
    form = world.form(participant, "DM", "SCR")
    assert save(at("lin"), form, su_tob="FORMER", **{name: value}).status_code == 302
    assert Finding.objects.filter(form=form, path=name, state="OPEN").exists() is soft
    assert Query.objects.filter(form=form, path=name).exists() is soft
    beyond = save(at("lin"), form, su_tob="FORMER", **{name: "200.1"})
    assert beyond.status_code == 422


def test_the_first_typed_value_the_prompt_and_the_final_value_are_in_the_trail(
    at: SignedIn, form: FormInstance
) -> None:
    typed(at, form, "2600")
    typed(at, form, "240")
    typed(at, form, "77")
    [refused] = events(form, f"{RESULT}@refused")
    assert (refused.new, refused.actor_name) == ("2600", "lin")
    assert "Value is not possible. Check value and unit." in refused.reason
    [opened, cured] = events(form, f"{RESULT}@CK-080")
    assert (opened.new, cured.new) == ("OPEN", "CURED")
    assert "Unusual value. Confirm value and unit." in opened.reason
    assert "CREAT=240" in opened.reason
    assert [(e.old, e.new) for e in events(form, RESULT)] == [("", "240"), ("240", "77")]
    assert query(form) == "CLOSED"
