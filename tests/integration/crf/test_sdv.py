"""Verification: a mark on each value, which falls with it and with nothing else; who may, when, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from crf.models import FormInstance, MarkState, VerificationMark, VerificationPlan
from crf.registry import form_def
from crf.selectors.replay import replayed
from crf.selectors.sheets import sheet_of
from crf.services.entry import Order, form_save
from crf.services.logs import log_line_remove
from crf.services.verification import forms_verify, values_verify, verification_take_back
from crf.services.verification_plan import plan_catch_up, plan_set, plans_behind, plans_set
from crf.typed import Typed
from crf.verifying_review import review_problems
from participants.models import Participant
from tests import world
from trialsite.accounts.models import RoleHeld, User
from trialsite.accounts.roles import Role, conflict
from trialsite.accounts.services import role_grant
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

DIAMETER = "TA2:1/tl_diam"
OTHER = "TA2:2/tl_diam"
DRAWN = {"hep_lbperf": "Y", "hep_lbdat": "2024-03-05"}


@pytest.fixture
def cast(settings: Any) -> dict[str, User]:
    settings.DEMO = True
    return world.people()


@pytest.fixture
def participant(cast: dict[str, User]) -> Participant:
    made = world.screened(cast["lin"], "01-003")
    world.consent(made, cast["lin"], "2024-03-04")
    return made


@pytest.fixture
def scan(cast: dict[str, User], participant: Participant) -> FormInstance:
    """A complete assessment with two target lesions."""
    lesions = [
        world.target("T01", "S8", "82.0", "80.0", tl_enh="TYPICAL"),
        world.target("T02", "S6", "41.0", "40.0", tl_enh="TYPICAL"),
    ]
    world.assessed(participant, cast["lin"], "SCR", "2024-03-06", lesions, None)
    return world.form(participant, "TA", "SCR")


def again(form: FormInstance) -> FormInstance:
    return FormInstance.objects.select_related("participant__site", "visit").get(pk=form.pk)


def marks(form: FormInstance) -> dict[str, str]:
    return dict(VerificationMark.objects.filter(form=form).values_list("path", "state"))


def events(action: str) -> list[tuple[str, str, str, str]]:
    found = AuditEvent.objects.filter(action=action).order_by("pk")
    return [(e.actor_name, e.path, e.old, e.new) for e in found]


def consistent(participant: Participant) -> bool:
    """The trail, replayed, says the same as the tables."""
    return list(review_problems(participant, replayed(participant.pk))) == []


# --- it works ---------------------------------------------------------------------------------------------------------


def test_one_value(cast: dict[str, User], scan: FormInstance) -> None:
    assert values_verify(by=cast["mo"], form=scan, paths=[DIAMETER], seen={DIAMETER: "82.0"}) == [DIAMETER]
    assert marks(scan) == {DIAMETER: MarkState.VALID}
    assert again(scan).verified == "P"
    assert events("VERIFIED") == [("mo", DIAMETER + "@sdv", "", "82.0")]


def test_twice_is_harmless(cast: dict[str, User], scan: FormInstance) -> None:
    for _time in range(2):
        values_verify(by=cast["mo"], form=scan, paths=[DIAMETER])
    assert len(events("VERIFIED")) == 1


def test_a_row_and_the_whole_form(cast: dict[str, User], scan: FormInstance) -> None:
    row = values_verify(by=cast["mo"], form=scan, paths=["TA2:1"])
    assert {path.partition("/")[0] for path in row} == {"TA2:1"} and "TA2:1/tl_locdtl" in row
    values_verify(by=cast["mo"], form=scan)
    assert again(scan).verified == "V"
    assert marks(scan)["tudat"] == MarkState.VALID
    assert "ta_slice" not in marks(scan)  # not critical


def test_what_is_calculated_is_not_verified(cast: dict[str, User], scan: FormInstance) -> None:
    with pytest.raises(Refused, match="no answer"):
        values_verify(by=cast["mo"], form=scan, paths=["sum_recist"])
    values_verify(by=cast["mo"], form=scan)
    assert "sum_recist" not in marks(scan)


def test_a_form_in_which_the_plan_asks_nothing_is_looked_at(
    cast: dict[str, User], participant: Participant
) -> None:
    form = world.form(participant, "MH")
    world.fill(form, cast["lin"], {"mhyn": "N"})
    form = again(form)
    assert values_verify(by=cast["mo"], form=form) == [""]
    assert again(form).verified == "V"
    assert consistent(participant)
    plan_set(by=cast["da"], form_key="MH", level="ALL")
    assert again(form).verified == "P"


# --- what falls, and what does not ------------------------------------------------------------------------------------


def test_a_changed_value_drops_its_own_mark_only(cast: dict[str, User], scan: FormInstance) -> None:
    """S22."""
    values_verify(by=cast["mo"], form=scan)
    before = marks(scan)
    world.change(scan, cast["lin"], TA2_1_tl_diam="86.0")
    assert marks(scan) == before | {DIAMETER: MarkState.CHANGED}
    assert again(scan).verified == "P"
    mark = VerificationMark.objects.get(form=scan, path=DIAMETER)
    assert (mark.value, mark.changed_value) == ("82.0", "86.0")
    assert events("VERIFICATION_FELL") == [("system", DIAMETER + "@sdv", "82.0", "")]
    assert consistent(scan.participant)


def test_a_restored_value_is_not_verified_by_itself(cast: dict[str, User], scan: FormInstance) -> None:
    values_verify(by=cast["mo"], form=scan)
    world.change(scan, cast["lin"], TA2_1_tl_diam="86.0")
    world.change(scan, cast["lin"], TA2_1_tl_diam="82.0")
    assert marks(scan)[DIAMETER] == MarkState.CHANGED
    assert again(scan).verified == "P"
    values_verify(by=cast["mo"], form=again(scan), paths=[DIAMETER])
    assert again(scan).verified == "V"
    assert consistent(scan.participant)


def test_a_new_answer_makes_the_form_partly_verified(cast: dict[str, User], scan: FormInstance) -> None:
    values_verify(by=cast["mo"], form=scan)
    world.change(scan, cast["lin"], ta_lastdat="2024-03-07")
    values_verify(by=cast["mo"], form=again(scan), paths=["ta_lastdat"])
    assert again(scan).verified == "V"


def test_a_removed_row_falls_and_its_going_can_be_verified(cast: dict[str, User], scan: FormInstance) -> None:

    values_verify(by=cast["mo"], form=scan)
    typed = Typed.of(sheet_of(again(scan)))
    row = next(row for row in typed.rows["TA2"] if row.key == "2")
    row.remove, row.reason = True, "Entered twice."
    form_save(
        by=cast["lin"], form=again(scan), typed=typed, order=Order(reason="Entered twice.", clear_hidden=True)
    )
    states = marks(scan)
    assert {states[path] for path in states if path.startswith("TA2:2/")} == {MarkState.CHANGED}
    assert states[DIAMETER] == MarkState.VALID
    assert again(scan).verified != ""
    values_verify(
        by=cast["mo"], form=again(scan), seen={path: "" for path in states if path.startswith("TA2:2/")}
    )
    assert again(scan).verified == "V"
    assert not VerificationMark.objects.filter(form=scan, state=MarkState.CHANGED).exists()
    assert consistent(scan.participant)


def test_a_missing_reason_is_verified_and_falls(cast: dict[str, User], participant: Participant) -> None:
    form = world.form(participant, "HEP", "SCR")
    world.fill(form, cast["lin"], DRAWN, complete=False)
    plan_set(by=cast["da"], form_key="HEP", level="ALL")
    fields = form_def("HEP").fields
    name = next(n for n, f in fields.items() if f.missing and not f.derived and not f.requirement.when)
    told = {name: fields[name].missing[0]}
    world.fill(again(form), cast["lin"], DRAWN, missing=told, complete=False)
    values_verify(by=cast["mo"], form=again(form), paths=[name])
    assert marks(form) == {name: MarkState.VALID}
    world.fill(again(form), cast["lin"], DRAWN, complete=False, reason="Found.")
    assert marks(form) == {name: MarkState.CHANGED}
    assert consistent(participant)


def test_a_line_taken_out_of_its_log(cast: dict[str, User], participant: Participant) -> None:
    line = world.line(participant, cast["lin"], "AE")
    world.fill(line, cast["lin"], {"aeterm": "Nausea", "aetoxgr": "2"}, complete=False)
    values_verify(by=cast["mo"], form=again(line), paths=["aeterm", "aetoxgr"])
    log_line_remove(by=cast["lin"], form=again(line), reason="Entered twice.")
    assert set(marks(line).values()) == {MarkState.CHANGED}
    values_verify(by=cast["mo"], form=again(line))
    assert again(line).verified == "V"
    assert consistent(participant)


def test_a_line_taken_out_that_nobody_verified_is_not_verified(
    cast: dict[str, User], participant: Participant
) -> None:
    line = world.line(participant, cast["lin"], "AE")
    world.fill(line, cast["lin"], {"aeterm": "Nausea"}, complete=False)
    log_line_remove(by=cast["lin"], form=again(line), reason="Entered twice.")
    with pytest.raises(Refused, match="taken out"):
        values_verify(by=cast["mo"], form=again(line))


# --- taken back -------------------------------------------------------------------------------------------------------


def test_taken_back_with_a_reason(cast: dict[str, User], scan: FormInstance) -> None:
    values_verify(by=cast["mo"], form=scan)
    with pytest.raises(Refused, match="Say why"):
        verification_take_back(by=cast["mo"], form=again(scan), path=DIAMETER, reason="  ")
    assert marks(scan)[DIAMETER] == MarkState.VALID
    verification_take_back(by=cast["mo"], form=again(scan), path=DIAMETER, reason="Wrong report.")
    assert marks(scan)[DIAMETER] == MarkState.TAKEN_BACK
    assert again(scan).verified == "P"
    event = AuditEvent.objects.get(action="VERIFICATION_BACK")
    assert (event.path, event.old, event.new, event.reason) == (
        DIAMETER + "@sdv",
        "82.0",
        "",
        "Wrong report.",
    )
    with pytest.raises(Refused, match="not verified"):
        verification_take_back(by=cast["mo"], form=again(scan), path=DIAMETER, reason="Again.")
    assert consistent(scan.participant)


# --- who and when -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lin", "chen", "da", "st", "ins", "ad", "wu", "p1"])
def test_only_the_monitor(name: str, cast: dict[str, User], scan: FormInstance) -> None:
    with pytest.raises(Refused, match="Only monitors"):
        values_verify(by=cast[name], form=scan, paths=[DIAMETER])
    with pytest.raises(Refused, match="Only monitors"):
        verification_take_back(by=cast[name], form=scan, path=DIAMETER, reason="Not right.")
    assert marks(scan) == {}
    assert [who for who, *_rest in events("REFUSED")] == [name, name]


def test_a_monitor_of_another_site(cast: dict[str, User], scan: FormInstance) -> None:

    RoleHeld.objects.filter(user=cast["mo"]).update(site=world.site("02"))
    mo = User.objects.get(pk=cast["mo"].pk)
    with pytest.raises(Refused, match="Only monitors"):
        values_verify(by=mo, form=scan)


def test_frozen_may_locked_may_not(cast: dict[str, User], scan: FormInstance) -> None:
    """S10, S07."""
    FormInstance.objects.filter(pk=scan.pk).update(frozen=True)
    assert values_verify(by=cast["mo"], form=again(scan), paths=[DIAMETER])
    FormInstance.objects.filter(pk=scan.pk).update(locked=True)
    stale = scan  # a tab that was open before the lock
    with pytest.raises(Refused, match="locked: verification is closed"):
        values_verify(by=cast["mo"], form=stale, paths=[OTHER])
    with pytest.raises(Refused, match="locked"):
        verification_take_back(by=cast["mo"], form=stale, path=DIAMETER, reason="Wrong report.")
    done, left = forms_verify(by=cast["mo"], forms=[again(scan)])
    assert done == [] and "locked" in left[0][1]
    assert marks(scan) == {DIAMETER: MarkState.VALID}
    refused = AuditEvent.objects.filter(action="REFUSED", target=scan.address)
    assert [(e.actor_name, e.path, e.new) for e in refused.order_by("pk")] == [
        ("mo", "@verify", "locked")
    ] * 3


def test_nothing_entered(cast: dict[str, User], participant: Participant) -> None:
    with pytest.raises(Refused, match="Nothing has been entered"):
        values_verify(by=cast["mo"], form=world.form(participant, "DM", "SCR"))


def test_nobody_verifies_oneself(cast: dict[str, User], scan: FormInstance) -> None:
    """The roles exclude each other; and who was a coordinator before does not verify what was entered then."""

    assert conflict(Role.COORDINATOR, Role.MONITOR) and conflict(Role.INVESTIGATOR, Role.MONITOR)
    with pytest.raises(Refused):
        role_grant(by=cast["ad"], user=cast["lin"], role="MONITOR", site=None, reason="Cover")
    RoleHeld.objects.filter(user=cast["lin"]).update(role="MONITOR", site=None)
    lin = User.objects.get(pk=cast["lin"].pk)
    with pytest.raises(Refused, match="yourself"):
        values_verify(by=lin, form=scan, paths=[DIAMETER])
    assert marks(scan) == {}


# --- what was seen ----------------------------------------------------------------------------------------------------


def test_a_value_that_changed_meanwhile_is_refused(cast: dict[str, User], scan: FormInstance) -> None:
    world.change(scan, cast["lin"], TA2_1_tl_diam="86.0")
    with pytest.raises(Refused, match=r"it was 82\.0 mm, now it is 86\.0 mm"):
        values_verify(by=cast["mo"], form=again(scan), paths=[DIAMETER], seen={DIAMETER: "82.0"})
    assert marks(scan) == {}


def test_a_value_that_was_not_shown_is_refused(cast: dict[str, User], scan: FormInstance) -> None:
    with pytest.raises(Refused, match="changed while"):
        values_verify(by=cast["mo"], form=scan, paths=["TA2:1"], seen={DIAMETER: "82.0"})
    with pytest.raises(Refused, match="changed while"):
        values_verify(by=cast["mo"], form=scan, seen={DIAMETER: "82.0"})
    assert marks(scan) == {}


def test_forms_of_another_version_are_left_out(cast: dict[str, User], scan: FormInstance) -> None:
    shown = {scan.pk: scan.version}
    world.change(scan, cast["lin"], TA2_1_tl_diam="86.0")
    done, left = forms_verify(by=cast["mo"], forms=[again(scan)], versions=shown)
    assert (done, [why for _form, why in left]) == (
        [], ["This form was changed while you were looking at it. Look at it again."]
    )  # fmt: skip
    assert marks(scan) == {}


@pytest.mark.parametrize("path", ["nonsense", "TA2:9", "TA2:1/nonsense", "XX:1/tl_diam", "", "TA2"])
def test_a_place_that_is_not_there(path: str, cast: dict[str, User], scan: FormInstance) -> None:
    with pytest.raises(Refused, match="no answer"):
        values_verify(by=cast["mo"], form=scan, paths=[path])


# --- the plan ---------------------------------------------------------------------------------------------------------


def test_the_plan(cast: dict[str, User], scan: FormInstance) -> None:
    values_verify(by=cast["mo"], form=scan)
    assert again(scan).verified == "V"
    plan_set(by=cast["da"], form_key="TA", level="ALL")
    assert again(scan).verified == "P"
    plan_set(by=cast["da"], form_key="TA", level="NONE")
    assert again(scan).verified == "V"
    found = (
        AuditEvent.objects.filter(action="PLAN_CHANGED").order_by("pk").values_list("target", "old", "new")
    )
    assert list(found) == [("plan:TA", "CRITICAL", "ALL"), ("plan:TA", "ALL", "NONE")]


def test_all_or_none_of_a_plan(cast: dict[str, User]) -> None:
    with pytest.raises(Refused):
        plans_set(by=cast["da"], levels={"TA": "ALL", "DM": "SOME"})
    with pytest.raises(Refused):
        plans_set(by=cast["da"], levels={"TA": "ALL", "CPATH": "ALL"})
    assert not VerificationPlan.objects.exists()
    assert plans_set(by=cast["da"], levels={"TA": "CRITICAL"}) == []


@pytest.mark.parametrize("name", ["mo", "lin", "ins", "ad"])
def test_only_the_data_manager_plans(name: str, cast: dict[str, User]) -> None:
    with pytest.raises(Refused, match="Only data managers"):
        plan_set(by=cast[name], form_key="TA", level="ALL")
    assert not VerificationPlan.objects.exists()


def test_many_forms_are_counted_in_the_worker(
    cast: dict[str, User], scan: FormInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    values_verify(by=cast["mo"], form=scan)
    monkeypatch.setattr("crf.services.verification_plan.AT_ONCE", 0)
    plan = plan_set(by=cast["da"], form_key="TA", level="ALL")
    assert not plan.counted and again(scan).verified == "V"
    assert [p.form_key for p in plans_behind()] == ["TA"]
    assert plan_catch_up("TA") == 1
    assert again(scan).verified == "P"
    assert not plans_behind().exists()
    assert plan_catch_up("TA") == 1 and again(scan).verified == "P"  # twice is harmless
