"""An inspector in a browser: reads a form as it was by the slider, takes a certified copy, verifies it; reviews stand."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Page, expect

from crf.copies.build import build
from crf.models import CopyJob, TrailItem
from crf.services.trail_review import trail_look, trail_look_ask
from participants.models import Participant
from tests import world
from tests.browser.test_axe import LANGUAGES, speaks, violations
from trialsite.accounts.models import User

FIRST = dt.datetime(2026, 11, 20, 6, 3, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
AS_WAS = "/p/01-003/SCR/dm/as-of/"


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    with time_machine.travel(FIRST - HOUR, tick=False):
        made = world.screened(people["lin"], "01-003")
        world.consent(made, people["lin"], "2024-03-04")
    form = world.form(made, "DM", "SCR")
    with time_machine.travel(FIRST, tick=False):
        world.fill(form, people["lin"], {"su_tob": "FORMER", "su_packyr": "20"}, complete=False)
    for hours, packs in ((1, "22"), (2, "20")):
        with time_machine.travel(FIRST + hours * HOUR, tick=False):
            world.change(form, people["lin"], su_packyr=packs)
    trail_look(trail_look_ask(by=None).pk)
    return made


def packs(page: Page) -> str:
    return page.locator('[data-path="su_packyr"] .f-value').inner_text()


def test_the_slider(participant: Participant, signed_in: Callable[..., Page]) -> None:
    page = signed_in("ins")
    page.goto("/p/01-003/SCR/dm/")
    page.get_by_role("link", name="As it was").click()
    expect(page).to_have_url(f"{page.url.split('/p/')[0]}{AS_WAS}")
    slider = page.get_by_role("slider")
    last = int(slider.get_attribute("max") or "0")
    assert packs(page).startswith("20")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#stop-words")).to_contain_text("15:03:00")
    page.wait_for_url("**/as-of/?at=2026-11-20T07%3A03%3A00Z")
    assert packs(page).startswith("22")
    expect(page.locator('[data-path="su_packyr"]')).to_have_class("f was-changed")
    expect(page.get_by_role("slider")).to_have_value(str(last - 1))
    page.get_by_role("link", name="Previous").click()
    assert packs(page).startswith("20")
    page.get_by_role("link", name="Compare with now").click()
    expect(page.get_by_text("Every value is what it is now.")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".was-now")).to_contain_text("now: 20")


def test_a_certified_copy(
    participant: Participant, signed_in: Callable[..., Page], settings: object, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path / "var"  # type: ignore[attr-defined]
    page = signed_in("ins")
    page.goto("/participants/")
    banner = page.get_by_role("note")
    expect(banner).to_contain_text("Inspection: read only")
    banner.get_by_role("link", name="Certified copy").click()
    page.get_by_role("button", name="Certified copy").click()
    expect(page.locator(".job")).to_contain_text("You can leave this page")
    assert build(CopyJob.objects.get().pk)  # the worker
    ready = page.get_by_role("link", name="Download")
    expect(ready).to_be_visible()
    with page.expect_download() as taking:
        ready.click()
    path = tmp_path / "copy.zip"
    taking.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        for name in ("verify_copy.py", "verify_trail.py"):
            archive.extract(name, tmp_path)
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify_copy.py"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_monitor_signs_off(participant: Participant, signed_in: Callable[..., Page]) -> None:
    page = signed_in("mo")
    page.goto("/trail-review/?signal=BACK_AND_FORTH")
    page.get_by_role("link", name="01-003").click()
    page.get_by_role("link", name="As it was").first.click()
    expect(page.locator(".was-time")).to_be_visible()
    page.go_back()
    page.get_by_label("No finding").check()
    page.get_by_label("What you looked at and found").fill("Compared with the notes.")
    page.get_by_role("button", name="Sign off").click()
    expect(page).to_have_url(page.url.split("/trail-review/")[0] + "/trail-review/")
    assert TrailItem.objects.get(signal="BACK_AND_FORTH").conclusion == "NO_FINDING"


@pytest.mark.parametrize("language", LANGUAGES)
def test_accessible(
    language: str, participant: Participant, people: dict[str, User], signed_in: Callable[..., Page]
) -> None:
    speaks(people, language)
    item = TrailItem.objects.get(signal="BACK_AND_FORTH")
    pages = {
        "ins": [f"{AS_WAS}?stop=2", f"{AS_WAS}?stop=1&compare=now", "/p/01-003/SCR/icf/as-of/", "/copies/", "/trail-review/"],
        "mo": [f"/trail-review/{item.pk}/", "/trail-review/report/"],
    }  # fmt: skip
    found = []
    for name, paths in pages.items():
        page = signed_in(name)
        for path in paths:
            page.goto(path, wait_until="load")
            found += violations(page)
    assert not found, "\n".join(found)
