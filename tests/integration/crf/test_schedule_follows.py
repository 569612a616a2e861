"""The schedule through the services: a decision, a serology, a date that is corrected; calculations after corrections."""

from __future__ import annotations

import copy
import datetime as dt
from decimal import Decimal

import pytest

from crf import derivation
from crf.models import FormInstance, ReferenceRange
from crf.registry import form_def
from crf.selectors.sheets import casebook, sheet_of
from crf.services.findings import participants_check
from crf.services.regrading import laboratory_regrade
from crf.services.schedule import visit_miss
from crf.services.site import range_remove, ranges_add
from crf.services.writing import changes
from participants.models import Participant, Visit
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> dict[str, User]:
    return world.people()


def wanted(participant: Participant, key: str, repeat: int = 1) -> set[str]:
    """Visits at which a form is expected."""
    found = FormInstance.objects.filter(participant=participant, form_key=key, repeat=repeat, expected=True)
    return set(found.values_list("visit__code", flat=True))


def demographics(participant: Participant, by: User, **values: str) -> None:
    usual = {
        "dmdat": "2024-03-04", "brthdat": "1968-05", "sex": "M", "race": "ASIAN", "ethnic_cn": "HAN",
        "su_tob": "NEVER", "su_alc": "NEVER", "fh_hcc": "N",
    }  # fmt: skip
    names = form_def("DM").fields
    given = {name: value for name, value in (usual | values).items() if name in names}
    world.fill(world.form(participant, "DM", "SCR"), by, given, complete=False)


def test_forms_follow_what_is_known_of_the_participant(cast: dict[str, User]) -> None:
    from crf.planning import PREGNANCY, VIROLOGY

    lin = cast["lin"]
    participant = world.screened(lin)
    assert wanted(participant, "LB", PREGNANCY) == set()
    demographics(participant, lin, sex="F", wocbp="Y")
    assert wanted(participant, "LB", PREGNANCY) == {"SCR", "BAS", "EOT"}
    world.change(world.form(participant, "DM", "SCR"), lin, wocbp="N_SURG")
    assert wanted(participant, "LB", PREGNANCY) == set()
    world.fill(world.form(participant, "HEP", "SCR"), lin, {"hbsag": "POS"}, complete=False)
    assert {"SCR", "TA1", "EOT"} <= wanted(participant, "LB", VIROLOGY)
    said = AuditEvent.objects.filter(path="@expected", new="", old="LB")
    assert said.count() == 3  # three pregnancy tests that are no longer asked for


def test_a_decision_opens_cycles_and_the_next_one_closes_them(cast: dict[str, User]) -> None:
    lin = cast["lin"]
    participant = world.screened(lin)
    world.screening_01_003(participant, lin)
    given = [page for page in world.quickly("treatment") if page.key not in ("EOT", "PREOP")]
    world.enter(participant, lin, given)
    form = world.form(participant, "PREOP", "TA2")
    world.fill(form, lin, {"po_dat": "2024-05-22", "po_decision": "MORE_CYCLES"}, complete=False)
    labels = set(Visit.objects.filter(participant=participant).values_list("code", flat=True))
    assert {"C5", "C6", "TA3"} <= labels
    assert wanted(participant, "EC") >= {"C5", "C6"}
    world.change(world.form(participant, "PREOP", "TA2"), lin, po_decision="NO_SURGERY")
    closed = Visit.objects.filter(participant=participant, code__in=["C5", "C6", "TA3", "SURG", "POD1"])
    assert set(closed.values_list("status", flat=True)) == {"CLOSED"}
    assert Visit.objects.filter(participant=participant, code="CONT", status="PLANNED").exists()
    assert "SURG" not in wanted(participant, "SURG")


def test_a_visit_follows_the_correction_of_the_date_that_dated_it(cast: dict[str, User]) -> None:
    lin = cast["lin"]
    participant = world.screened(lin)
    world.consent(participant, lin, "2024-03-04")

    def dated() -> dt.date | None:
        return Visit.objects.get(participant=participant, code="BAS").actual_date

    sample = world.form(participant, "LB", "BAS", repeat=1)
    world.fill(sample, lin, {"lbperf": "Y", "lbdat": "2024-03-11"}, complete=False)
    assert dated() == dt.date(2024, 3, 11)
    world.change(sample, lin, lbdat="2024-03-10")
    assert dated() == dt.date(2024, 3, 10)
    signs = world.form(participant, "VS", "BAS")
    world.fill(signs, lin, {"vsperf": "Y", "vsdat": "2024-03-12"}, complete=False)
    assert dated() == dt.date(2024, 3, 12)  # the examination dates the visit
    world.change(sample, lin, lbdat="2024-03-11")
    assert dated() == dt.date(2024, 3, 12)


def test_a_missed_visit_keeps_its_reason(cast: dict[str, User]) -> None:
    lin = cast["lin"]
    participant = world.screened(lin)
    visit = Visit.objects.get(participant=participant, code="C1D8")
    visit_miss(by=lin, visit=visit, reason="Away from home.")
    visit.refresh_from_db()
    assert (visit.status, visit.reason) == ("MISSED", "Away from home.")


# --- calculations -----------------------------------------------------------------------------------------------------


def stale(participant: Participant) -> dict[str, list[str]]:
    """Forms whose stored calculations are not those of the whole casebook."""
    book = casebook(participant.pk)
    book.number = participant.number
    found = {}
    for sheet in book:
        before = copy.deepcopy(sheet)
        derivation.derive(sheet, book)
        if diff := changes(form_def(sheet.key), before, sheet):
            found[f"{sheet.key}/{sheet.visit}/{sheet.repeat}"] = [c.path for c in diff]
    return found


def test_a_save_derives_again_all_that_it_reaches(cast: dict[str, User]) -> None:
    """Nothing that a later derivation of everything would change is left behind by a correction."""
    lin = cast["lin"]
    participant = world.participant_01_003_whole(cast)
    assert stale(participant) == {}

    def row(visit: str, panel: int, test: str, **values: str) -> None:
        from crf.laboratory import NUMBERS

        form = world.form(participant, "LB", visit, repeat=panel)
        world.change(form, lin, **{f"LB2_{NUMBERS[test]}_{name}": text for name, text in values.items()})

    row("BAS", 2, "AST", lborres="38", lbclsig="")
    assert stale(participant) == {}  # the baseline is normal now: later grades count by the limit
    row("POD5", 2, "BILI", lborres="20", lbclsig="")
    assert stale(participant) == {}
    assert sheet_of(world.form(participant, "SURG", "SURG")).get("surg_phlf_calc") == "N"
    world.change(world.form(participant, "VS", "SCR"), lin, height="172.0")
    assert stale(participant) == {}
    world.change(world.form(participant, "VS", "BAS"), lin, weight="71.0", cp_ascites="MILD")
    assert stale(participant) == {}
    world.change(world.form(participant, "DM", "SCR"), lin, brthdat="1969-05")
    assert stale(participant) == {}
    world.change(world.form(participant, "EC", "C4"), lin, ec_wt="69.0")
    assert stale(participant) == {}
    world.change(world.form(participant, "EOS", "EOS"), lin, eos_dsstdat="2026-03-17")
    world.change(
        world.form(participant, "SS", "SURVEND"), lin, ss_dat="2026-03-13", ss_lastalive="2026-03-13"
    )
    assert stale(participant) == {}


def test_results_are_graded_again_when_the_ranges_change(cast: dict[str, User]) -> None:
    lin, da = cast["lin"], cast["da"]
    world.ranges_01(da)
    participant = world.screened(lin)
    world.consent(participant, lin, "2024-03-04")
    demographics(participant, lin)
    old = ReferenceRange.objects.select_related("laboratory__site").get(labr_test="PLAT")
    form = world.form(participant, "LB", "BAS", repeat=1)
    values = {"lbperf": "Y", "lbdat": "2024-03-12", "lbnam": old.laboratory.address}
    from crf.laboratory import NUMBERS

    lines = [None] * (NUMBERS["PLAT"] - 1) + [{"lborres": "118", "lborresu": "10^9/L"}]
    world.fill(form, lin, values, {"LB2": lines}, complete=False)  # type: ignore[dict-item]

    def graded() -> tuple[object, object]:
        line = next(
            r for r in sheet_of(FormInstance.objects.get(pk=form.pk)).lines("LB2") if r.get("lborres")
        )
        return line.get("lbtoxgr"), line.get("lbornrlo")

    assert graded() == (1, Decimal("125.0000"))
    participants_check([participant.pk])
    range_remove(by=da, row=old, reason="Typing error.")
    assert participants_check([participant.pk]) == [participant.pk]
    assert graded() == (None, None)
    new = {
        "labr_test": "PLAT", "labr_unit": "10^9/L", "labr_sex": "BOTH", "labr_agelo": 0, "labr_agehi": 120,
        "labr_lln": Decimal(100), "labr_uln": Decimal(350), "labr_from": dt.date(2023, 1, 1),
    }  # fmt: skip
    ranges_add(by=da, laboratory=old.laboratory, ranges=[new])
    assert laboratory_regrade(by=None, participant=participant) > 0
    assert graded() == (0, Decimal("100.0000"))
    events = AuditEvent.objects.filter(target=form.address, path__endswith="lbtoxgr")
    assert [event.new for event in events.order_by("number")] == ["1", "", "0"]
    assert laboratory_regrade(by=None, participant=participant) == 0
