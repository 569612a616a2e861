"""Edit checks at work: in a save, in the worker, by hand; each act of them in the trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from crf import judging
from crf.checks.engine import CHECKS, Check, Hit, Look
from crf.models import CheckState, ConsentVersion, Finding, FindingState, FormInstance, FormStatus
from crf.selectors.findings import shown
from crf.selectors.folder import folders
from crf.services import findings
from crf.services.entry import Invalid, Order, Saved, form_save
from crf.services.findings import participant_check
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

SIGNED = {
    "icf_yn": "Y", "icf_dsstdat": "2024-03-04", "icf_version": "1.0", "icf_version_date": "2024-01-15",
    "icf_signatory": "PARTICIPANT", "icf_witness": "NA", "icf_copy": "Y", "icf_samples": "Y", "wd_yn": "N",
}  # fmt: skip
BACKWARDS = {"ICF2": [("2024-05-02", "2.0"), ("2024-05-02", "3.0")]}


@pytest.fixture
def lin(db: None, settings: Any) -> User:
    settings.DEMO = True
    return world.people()["lin"]


@pytest.fixture
def participant(lin: User) -> Participant:
    made = world.screened(lin)
    ConsentVersion.objects.create(
        site=made.site, version="1.1", version_date="2024-01-10", effective_from="2024-01-15"
    )
    return made


@pytest.fixture
def summer() -> Iterator[Any]:
    with time_machine.travel(dt.datetime(2024, 6, 1, 2, tzinfo=dt.UTC), tick=False) as clock:
        yield clock


def form_of(participant: Participant, key: str = "ICF", visit: str = "SCR") -> FormInstance:
    return world.form(participant, key, visit)


def save(
    participant: Participant, by: User, key: str = "ICF", rows: Any = None, confirmed: Any = None, complete: bool = False,
    reason: str = "", **values: str,
) -> Saved:  # fmt: skip
    """Save a form with the usual answers, but for these."""
    if key == "ICF":
        values = SIGNED | {"icf_investigator": by.address} | values
    lines = {
        section: [
            {"recon_dsstdat": on, "recon_version": version, "recon_reason": "ICF_UPDATE"}
            for on, version in given
        ]
        for section, given in (rows or {}).items()
    }
    typed = world.typed(key, values, lines)
    order = Order(complete=complete, confirmed=confirmed or {}, reason=reason, clear_hidden=True)
    return form_save(by=by, form=form_of(participant, key), typed=typed, order=order)


def finding(rule: str) -> Finding:
    return Finding.objects.get(rule=rule)


def events(rule: str) -> list[tuple[str, str, str, str]]:
    """Action, actor, old and new state of what happened to a rule."""
    found = AuditEvent.objects.filter(path__endswith=f"@{rule}").order_by("pk")
    return [(e.action, e.actor_name, e.old, e.new) for e in found]


OPENED = (Action.FINDING, "system", "", FindingState.OPEN)


# --- soft -----------------------------------------------------------------------------------------------------------


def test_a_soft_finding_is_opened_shown_confirmed_and_stays_so(participant: Participant, lin: User) -> None:
    save(participant, lin)
    found, form = finding("CK-005"), form_of(participant)
    assert (found.state, found.severity, found.path, form.finding_count) == (
        FindingState.OPEN,
        "soft",
        "icf_version",
        1,
    )
    assert found.rule_version == CHECKS["CK-005"].version
    assert found.raised_at
    [line] = shown(form)["icf_version"]
    assert line.message == "Consent signed on a version not approved for this site on that date."
    assert line.confirm_name == "confirm:CK-005@icf_version"

    save(participant, lin, confirmed={"CK-005@icf_version": " Approved by the committee by letter. "})
    found = finding("CK-005")
    assert (found.state, found.reason) == (FindingState.CONFIRMED, "Approved by the committee by letter.")
    assert (found.settled_by, form_of(participant).finding_count) == (lin, 0)

    save(participant, lin, icf_dssttim="09:20")  # another answer: what was confirmed is the same
    assert finding("CK-005").state == FindingState.CONFIRMED
    assert events("CK-005") == [OPENED, (Action.CONFIRM, "lin", FindingState.OPEN, FindingState.CONFIRMED)]


def test_the_trail_says_rule_version_message_and_what_was_found(participant: Participant, lin: User) -> None:
    save(participant, lin)
    said = AuditEvent.objects.get(action=Action.FINDING).reason
    for part in (
        "CK-005",
        CHECKS["CK-005"].version,
        CHECKS["CK-005"].message.en,
        CHECKS["CK-005"].message.zh,
        "icf_version=1.0",
    ):
        assert part in said  # fmt: skip


def test_another_value_opens_it_again_and_a_right_one_cures_it(participant: Participant, lin: User) -> None:
    save(participant, lin, confirmed={"CK-005@icf_version": "By letter."})
    save(participant, lin, icf_version="0.9")
    found = finding("CK-005")
    assert (found.state, found.reason, found.settled_by) == (FindingState.OPEN, "", None)
    save(participant, lin, icf_version="1.1")
    assert finding("CK-005").state == FindingState.CURED
    assert form_of(participant).finding_count == 0
    assert events("CK-005") == [
        OPENED,
        (Action.CONFIRM, "lin", FindingState.OPEN, FindingState.CONFIRMED),
        (Action.FINDING, "system", FindingState.CONFIRMED, FindingState.OPEN),
        (Action.FINDING, "system", FindingState.OPEN, FindingState.CURED),
    ]


def test_a_bare_path_confirms_the_limit_of_its_field_and_no_check(
    participant: Participant, lin: User
) -> None:
    save(participant, lin, confirmed={"icf_version": "By letter."})
    assert finding("CK-005").state == FindingState.OPEN


# --- hard -----------------------------------------------------------------------------------------------------------


def test_a_hard_finding_is_kept_with_a_draft_and_refuses_completion(
    participant: Participant, lin: User
) -> None:
    save(participant, lin, rows=BACKWARDS, icf_version="1.1")
    found, form = finding("CK-007"), form_of(participant)
    assert (found.state, found.severity, found.path) == (FindingState.OPEN, "hard", "ICF2:2/recon_dsstdat")
    assert form.status == FormStatus.IN_PROGRESS

    with pytest.raises(Invalid) as refused:
        save(participant, lin, rows=BACKWARDS, icf_version="1.1", complete=True)
    assert refused.value.errors == {
        "ICF2:2/recon_dsstdat": "Re-consent dates must follow the first consent in order."
    }
    assert form_of(participant).version == form.version
    last = AuditEvent.objects.order_by("-pk")[0]
    assert (last.action, last.path, last.new, last.actor_name) == (
        Action.VALUE_REFUSED, "ICF2:2/recon_dsstdat@refused", "2024-05-02", "lin",
    )  # fmt: skip
    assert CHECKS["CK-007"].message.en in last.reason

    save(
        participant,
        lin,
        rows={"ICF2": [("2024-05-02", "2.0"), ("2024-05-03", "3.0")]},
        icf_version="1.1",
        complete=True,
    )
    assert finding("CK-007").state == FindingState.CURED
    assert form_of(participant).status == FormStatus.COMPLETE
    assert list(participant_problems(participant)) == []


def test_nobody_can_confirm_a_hard_finding(participant: Participant, lin: User) -> None:
    save(participant, lin, rows=BACKWARDS, confirmed={"CK-007@ICF2:2/recon_dsstdat": "It was so."})
    assert finding("CK-007").state == FindingState.OPEN


def test_a_complete_form_refuses_a_hard_finding(participant: Participant, lin: User) -> None:
    save(participant, lin, icf_version="1.1", complete=True)
    with pytest.raises(Invalid) as refused:
        save(participant, lin, rows=BACKWARDS, icf_version="1.1", reason="Found in the source.")
    assert list(refused.value.errors) == ["ICF2:2/recon_dsstdat"]


def test_what_a_hard_limit_refused_is_in_the_trail(participant: Participant, lin: User, summer: Any) -> None:
    with pytest.raises(Invalid):
        save(participant, lin, icf_dsstdat="2024-06-02")
    found = AuditEvent.objects.filter(action=Action.VALUE_REFUSED).order_by("pk")
    assert [(e.path, e.new, e.reason.partition(" ")[0]) for e in found] == [
        ("icf_dsstdat@refused", "2024-06-02", "hard:icf_dsstdat"), ("icf_dsstdat@refused", "2024-06-02", "CK-001"),
    ]  # fmt: skip
    assert form_of(participant).version == 0
    assert not AuditEvent.objects.filter(action=Action.ENTER).exists()
    assert list(participant_problems(participant)) == []


@pytest.mark.parametrize("text", ["110101199003074258", "her phone 13800138000"])
def test_a_personal_identifier_is_refused_and_kept_nowhere(
    text: str, participant: Participant, lin: User
) -> None:
    with pytest.raises(Invalid) as refused:
        save(participant, lin, icf_signatory="LEGAL_REP", icf_lar_relation=text)
    assert refused.value.errors == {
        "icf_lar_relation": "Possible personal identifier in free text. Remove it."
    }
    last = AuditEvent.objects.order_by("-pk")[0]
    assert (last.action, last.path, last.old, last.new) == (
        Action.VALUE_REFUSED,
        "icf_lar_relation@refused",
        "",
        "",
    )
    for event in AuditEvent.objects.all():
        assert text not in f"{event.old} {event.new} {event.reason}"
    assert not Finding.objects.exists()


def test_reasons_name_nobody_either(participant: Participant, lin: User) -> None:
    save(participant, lin, complete=True)
    for given in (
        {"confirmed": {"CK-005@icf_version": "call 13800138000"}},
        {"reason": "110101199003074258"},
    ):
        with pytest.raises(Invalid) as refused:
            save(participant, lin, icf_dssttim="09:20", **given)  # type: ignore[arg-type]
        assert list(refused.value.errors.values()) == [
            "Possible personal identifier in free text. Remove it."
        ]
    for event in AuditEvent.objects.all():
        assert "13800138000" not in event.reason
        assert "110101199003074258" not in event.reason


def test_names_of_a_file_are_refused(
    participant: Participant, lin: User, tmp_path: Any, settings: Any
) -> None:
    settings.NAMES_FILE = str(tmp_path / "names.txt")
    (tmp_path / "names.txt").write_text("# participants\n王小明\n", "utf-8")
    with pytest.raises(Invalid):
        save(participant, lin, icf_signatory="LEGAL_REP", icf_lar_relation="王小明之女")
    save(participant, lin, icf_signatory="LEGAL_REP", icf_lar_relation="其女")


def test_a_check_that_breaks_hinders_nobody(
    participant: Participant, lin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(look: Look) -> Iterator[Hit]:
        raise ZeroDivisionError

    one = CHECKS["CK-005"]
    save(participant, lin)
    others = tuple(other for other in judging.checks_when_saved("ICF") if other is not one)
    defect = Check(one.text, broken, one.on)
    monkeypatch.setattr(judging, "checks_when_saved", lambda key: (*others, defect))
    save(participant, lin, icf_version="1.1", icf_dssttim="09:20")
    assert finding("CK-005").state == FindingState.OPEN  # not asked, so not cured


# --- other forms and other days, in the worker ----------------------------------------------------------------------


def born(participant: Participant, by: User, when: str = "1940-05", on: str = "2024-03-04") -> None:
    save(participant, by, "DM", dmdat=on, brthdat=when, sex="M")


def test_a_form_that_reads_the_saved_one_is_judged_by_the_worker(participant: Participant, lin: User) -> None:
    born(participant, lin)
    assert not Finding.objects.exists()
    save(participant, lin, icf_version="1.1")
    assert participant_check(participant.pk)
    found = finding("CK-012")
    assert (found.form, found.path, found.state) == (form_of(participant, "DM"), "brthdat", FindingState.OPEN)
    assert form_of(participant, "DM").finding_count >= 1
    assert events("CK-012") == [OPENED]
    assert list(participant_problems(participant)) == []


def test_twice_is_harmless(participant: Participant, lin: User) -> None:
    born(participant, lin)
    save(participant, lin)
    participant_check(participant.pk)
    before = AuditEvent.objects.count(), list(Finding.objects.order_by("pk").values_list())
    participant_check(participant.pk)
    assert (AuditEvent.objects.count(), list(Finding.objects.order_by("pk").values_list())) == before


def test_the_worker_leaves_what_was_confirmed(participant: Participant, lin: User) -> None:
    save(participant, lin, confirmed={"CK-005@icf_version": "By letter."})
    participant_check(participant.pk)
    assert finding("CK-005").state == FindingState.CONFIRMED


def test_a_finding_of_another_look_can_be_confirmed_in_a_save(
    participant: Participant, lin: User, summer: Any
) -> None:
    """CK-020 is asked for the participant, not for the form: a save neither cures nor forgets it."""
    world.fill(
        form_of(participant, "DM"),
        lin,
        {"dmdat": "2024-05-01", "brthdat": "1968-05", "sex": "M"},
        complete=False,
    )
    participant_check(participant.pk)
    late = Finding.objects.filter(rule="CK-020", form__form_key="HCC").get()
    assert FormInstance.objects.get(pk=late.form_id).finding_count == 1
    form = form_of(participant, "HCC")
    form_save(
        by=lin, form=form, typed=world.typed("HCC", {"hcc_uncountable": "N"}), order=Order(confirmed={"CK-020@": "Late source."})
    )  # fmt: skip
    late.refresh_from_db()
    assert (late.state, late.reason) == (FindingState.CONFIRMED, "Late source.")


def test_a_day_that_passes_opens_and_the_form_cures(participant: Participant, lin: User, summer: Any) -> None:
    save(participant, lin, icf_version="1.1", icf_dsstdat="2024-05-18")
    participant_check(participant.pk)
    assert not Finding.objects.filter(rule="CK-020").exists()
    assert not findings.stale().exists()
    summer.shift(dt.timedelta(days=1))
    assert list(findings.stale()) == [participant]
    assert findings.checks_catch_up() == 1
    late = Finding.objects.get(rule="CK-020", form=form_of(participant, "DM"))
    assert late.state == FindingState.OPEN
    born(participant, lin, "1968-05", on="2024-05-18")
    participant_check(participant.pk)
    late.refresh_from_db()
    assert late.state == FindingState.CURED


def test_who_is_behind(participant: Participant, lin: User) -> None:
    assert list(findings.stale()) == [participant]
    participant_check(participant.pk)
    assert not findings.stale().exists()
    save(participant, lin)
    assert list(findings.stale()) == [participant]
    participant_check(participant.pk)
    CheckState.objects.update(rules="older")
    assert list(findings.stale()) == [participant]
    Participant.objects.update(imported=True)
    assert not findings.stale().exists()


def test_what_is_overtaken_is_not_kept(
    participant: Participant, lin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody saves while the rules run: the result is of yesterday, the next round makes it new."""
    save(participant, lin)
    real = findings._judge

    def meanwhile(*args: Any) -> Any:
        Participant.objects.update(data_version=F("data_version") + 1)
        return real(*args)

    monkeypatch.setattr(findings, "_judge", meanwhile)
    assert not participant_check(participant.pk)
    assert not CheckState.objects.exists()


def test_the_same_person_twice_at_a_site(participant: Participant, lin: User) -> None:
    other, elsewhere = world.screened(lin), world.screened(world.people()["wu"], site_number="02")
    for one, by in ((participant, lin), (other, lin), (elsewhere, world.people()["wu"])):
        save(one, by, icf_version="1.1")
        born(one, by, "1968-05")
    born(other, lin, "1968-06")
    for one in (participant, other, elsewhere):
        participant_check(one.pk)
    assert not Finding.objects.filter(rule="CK-016").exists()
    born(other, lin, "1968-05")
    participant_check(participant.pk)
    assert finding("CK-016").value == f"others={other.number}"


def test_many_folders_are_read_with_the_queries_of_one(participant: Participant, lin: User) -> None:
    people = [participant, *(world.screened(lin) for _ in range(4))]
    for one in people:
        save(one, lin)
        born(one, lin)
    found = []
    for some in (people[:1], people):
        with CaptureQueriesContext(connection) as queries:
            assert len(folders([one.pk for one in some])) == len(some)
        found.append(len(queries))
    assert found[0] == found[1]


# --- by hand --------------------------------------------------------------------------------------------------------


def run_checks(*args: str) -> str:
    out = StringIO()
    call_command("run_checks", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_dry_run_lists_who_would_be_affected_and_writes_nothing(
    participant: Participant, lin: User
) -> None:
    born(participant, lin)
    save(participant, lin, icf_version="1.1")
    before = AuditEvent.objects.count()
    said = run_checks("--dry-run", "--check", "CK-012", "CK-013")
    line = "\t".join(
        [participant.number, "DM SCR", "brthdat", "CK-012", "opened", "Age above the eligibility limit. Check criterion I02."]
    )  # fmt: skip
    assert line in said.splitlines()
    assert "1 participants, 1 affected: 1 findings would be opened, 0 would be cured" in said
    assert (AuditEvent.objects.count(), Finding.objects.count()) == (before, 0)


def test_some_checks_over_some_participants(participant: Participant, lin: User) -> None:
    other = world.screened(lin)
    for one in (participant, other):
        born(one, lin)
        save(one, lin)
    Finding.objects.update(state=FindingState.CURED)
    assert f"{other.number}\t" in run_checks(
        "--participant", other.number, "--site", "01", "--check", "CK-012"
    )
    assert [f.form.participant for f in Finding.objects.filter(rule="CK-012")] == [other]
    assert not Finding.objects.filter(state=FindingState.OPEN).exclude(rule="CK-012").exists()
    assert "0 affected" in run_checks("--participant", other.number, "--check", "CK-012")


def test_unknown_names_are_refused(participant: Participant) -> None:
    for args in (["--check", "CK-999"], ["--participant", "99-999"]):
        with pytest.raises(CommandError):
            run_checks(*args)
