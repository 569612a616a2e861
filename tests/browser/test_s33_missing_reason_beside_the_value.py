"""S33 Missing reason beside the value; on the imaging page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from crf.models import FormInstance
from tests import world
from tests.browser.entry import Entry
from tests.scenarios.stage import value_of
from tests.scenarios.test_s33_missing_reason_beside_the_value import ASSESSED, THREE
from trialsite.accounts.models import User


@pytest.fixture
def form(people: dict[str, User]) -> FormInstance:
    lin = people["lin"]
    made = world.screened(lin, "01-003")
    world.consent(made, lin, "2024-03-04")
    baseline = [world.target(*one, viable="20", tl_enh="TYPICAL") for one in THREE]
    world.assessed(made, lin, "SCR", "2024-03-06", baseline, None, complete=False)
    world.neoadjuvant(made, lin, 1, "2024-03-14")
    return world.form(made, "TA", "TA1")


def test_lesion_3_could_not_be_measured(form: FormInstance, entry: Entry, lin: Page) -> None:
    size = {"tl_state": "MEASURED", "tl_diam": "25", "tl_viable": "10"}
    third = {"tl_state": "NE", "tl_nereas": "Breathing artefact"}
    entry.open(form)
    entry.fill(form, ASSESSED, {"TA2": [size, size, third]})
    expect(entry.at("TA2:3/tl_diam").locator("input:not([type=hidden])")).to_be_hidden()
    entry.save()
    assert value_of(form, "TA2:3/tl_state") == "NE"
    assert value_of(form, "TA2:3/tl_diam") is None
    assert value_of(form, "TA2:3/tl_nereas") == "Breathing artefact"
    assert value_of(form, "ovresp_r_calc") == "NE"
    expect(lin.locator("aside.side").first).to_contain_text("Overall response NE")
