"""S01 First entry and correction leave two rows; typed into the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from crf.models import FormInstance
from crf.naming import form_url
from tests import world
from tests.browser.entry import Entry
from tests.scenarios.stage import rows
from tests.scenarios.test_s01_first_entry_and_correction import ASSESSMENT
from trialsite.accounts.models import User

LESION = {
    "tl_lnkid": "T01", "tl_loc": "LIVER", "tl_locdtl": "S8", "tl_node": "N", "tl_state": "MEASURED", "tl_enh": "TYPICAL",
    "tl_diam": "62", "tl_viable": "20",
}  # fmt: skip


@pytest.fixture
def form(people: dict[str, User]) -> FormInstance:
    made = world.screened(people["lin"], "01-003")
    world.consent(made, people["lin"], "2024-03-04")
    return world.form(made, "TA", "SCR")


def test_first_entry_and_correction(form: FormInstance, entry: Entry, lin: Page) -> None:
    entry.open(form)
    entry.fill(form, ASSESSMENT, {"TA2": [LESION]})
    entry.complete()

    entry.open(form)
    entry.type(entry.at("TA2:1/tl_diam").locator("input:not([type=hidden])").first, "26")
    reason = lin.locator("[data-reason-panel] input, input[name='reason']").first
    expect(reason).to_be_visible()
    reason.fill("transcription error")
    entry.save()

    assert rows(form, "TA2:1/tl_diam") == [
        ("", "62.0", "lin", "COORDINATOR", "01", ""),
        ("62.0", "26.0", "lin", "COORDINATOR", "01", "transcription error"),
    ]
    lin.goto(f"{form_url(form)}history/?path=TA2:1/tl_diam")
    for words in ("62.0", "26.0", "transcription error", "Lin Yue", "Study coordinator"):
        expect(lin.locator("main")).to_contain_text(words)
