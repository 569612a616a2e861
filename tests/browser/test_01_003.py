"""Participant 01-003 of the CRF book (section 6), typed into the pages, ends as section 6.7 says.

Screening, the delayed third cycle, the tumour assessments, the operation and two survival contacts are typed; the rest
comes through the same services. Central readings are typed in `test_reading.py` and in scenario S29.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from crf.models import FormInstance, FormStatus
from crf.schedule import visit_label
from endpoints.models import EndpointState
from endpoints.services import endpoints_recompute, trial_recompute
from participants.models import Participant
from pathology.models import PathologyCase
from tests import world
from tests.browser.entry import Entry
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

BY_HAND = {
    ("ICF", "SCR"), ("DM", "SCR"), ("HCC", "SCR"), ("TA", "SCR"), ("IE", "SCR"), ("EC", "C3"), ("TA", "TA1"),
    ("TA", "TA2"), ("SURG", "SURG"), ("SS", "SFU30"), ("SS", "SURVEND"),
}  # fmt: skip


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, entry: Entry) -> list[str]:
    """The steps of `tests.world` with these forms typed into the page; gives what was typed."""
    through_services, made = world.fill, []

    def fill(form: FormInstance, by: User, values: Any, rows: Any = None, *args: Any, **more: Any) -> Any:
        label = visit_label(form.visit.code, form.visit.repeat) if form.visit else ""
        if form.form_key == "CPATH":
            read(User.objects.get(username={1: "p1", 2: "p2"}[form.repeat]), form, values, rows)
        elif (form.form_key, label) in BY_HAND:
            entry.open(form)
            entry.fill(form, values, rows)
            entry.complete()
        else:
            return through_services(form, by, values, rows, *args, **more)
        made.append(f"{form.form_key} {label}")
        return None

    monkeypatch.setattr(world, "fill", fill)
    return made


def read(by: User, form: FormInstance, values: Any, rows: Any) -> None:
    """A central reading: allocated, read and signed."""
    case = PathologyCase.objects.get(participant_id=form.participant_id)
    reading = world.reading_take(by=by, case=case)
    world.reading_save(by=by, reading=reading, typed=world.typed("CPATH", values, rows), submit=True)


def test_participant_01_003(
    people: dict[str, User], lin: Page, typed: list[str], signed_in: Callable[..., Page]
) -> None:
    by = people["lin"]
    for number in ("01-001", "01-002", "01-003"):
        lin.goto("/participants/new/")
        if lin.locator('input[name="site"]').count():
            lin.locator('label.seg-opt:has(input[name="site"])').first.click()
        lin.locator("main form button.btn-primary").click()
        lin.wait_for_url(f"**/participants/new/{number}/")
    participant = Participant.objects.get(number="01-003")
    world.screening_01_003(participant, by)
    participant.refresh_from_db()
    assert participant.state == "ENROLLED"
    world.treatment_01_003(participant, by)
    world.surgery_01_003(participant, by)
    world.follow_up_01_003(participant, by)
    assert len(typed) == len(BY_HAND) + 2
    by_hand = FormInstance.objects.filter(
        participant=participant, form_key__in={key for key, _v in BY_HAND}, version__gt=0
    )
    assert set(by_hand.values_list("status", flat=True)) == {FormStatus.COMPLETE}

    assert endpoints_recompute(participant.pk)
    values = EndpointState.objects.get(pk=participant.pk).summary["values"]
    assert (values["MPR"]["value"], round(float(values["MPR"]["rvt_pct"]), 1)) == ("Y", 8.3)
    assert values["PCR"]["value"] == "N"
    assert (values["BOR_RECIST"]["value"], values["BOR_MRECIST"]["value"]) == ("PR", "PR")
    assert {name: (values[name]["days"], values[name]["event"]) for name in ("DFS", "PFS", "OS")} == {
        "DFS": (589, False), "PFS": (666, False), "OS": (729, False),
    }  # fmt: skip
    trial_recompute()

    # … and so say the pages: the participant's results, the reasons of MPR, the trial's list
    lin.goto("/p/01-003/results/")
    for text in ("RVT 8.3%", "8 Jan 2026", "12 Mar 2026"):
        expect(lin.locator("main")).to_contain_text(text)
    for slug, days in (("dfs", "589"), ("pfs", "666"), ("os", "729")):
        lin.goto(f"/p/01-003/results/{slug}/")
        expect(lin.locator("main")).to_contain_text(days)
    lin.goto("/p/01-003/results/mpr/")
    expect(lin.locator(".ans .v")).to_contain_text("Yes")
    expect(lin.locator("main")).to_contain_text("8.3")
    mo = signed_in("mo")
    mo.goto("/endpoints/")
    expect(mo.locator("main")).to_contain_text("1/1")
    assert AuditEvent.objects.filter(actor_name="lin", role="COORDINATOR", site="01").count() > 300
