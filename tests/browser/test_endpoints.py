"""The dashboard of endpoints in a browser: its figures answer to a pointer under the page's policy, and lead to the trace."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from endpoints import drawing
from endpoints.board import state
from endpoints.models import EndpointState, TrialState
from endpoints.services import endpoints_recompute, trial_recompute
from participants.models import Participant
from tests import world
from tests.browser.test_axe import violations
from tests.integration.reports.conftest import copies
from trialsite.accounts.models import User


@pytest.fixture
def trial(people: dict[str, User]) -> Participant:
    """Six treated participants with results: what is enough for figures."""
    made = world.screened(people["lin"], "01-003")
    endpoints_recompute(made.pk)
    copies(made, people["lin"], 5)
    for place, found in enumerate(EndpointState.objects.order_by("participant__number")):
        start = {"start": "2025-01-01", "end": "2025-12-01", "days": 300 + place}
        found.summary |= {
            "sets": ["ENR", "FAS"],
            "best_change": {"RECIST 1.1": -10.0, "mRECIST": -10.0 * place},
        }
        found.summary["values"] |= {
            "MPR": {"value": "N"}, "PCR": {"value": "N"}, "PFS": {**start, "event": place == 2, "name": "Death"},
            "OS": {**start, "event": False},
        }  # fmt: skip
        found.save()
    TrialState.objects.update(version="old")
    assert trial_recompute()
    drawing.draw_missing("en", True)
    state.refresh()
    return made


def test_figures_answer_to_a_pointer_and_lead_to_the_trace(
    trial: Participant, signed_in: Callable[..., Page]
) -> None:
    page = signed_in("mo")
    page.goto("/endpoints/")
    page.locator("#fig-waterfall").scroll_into_view_if_needed()
    bars = page.locator("#fig-waterfall .chart-live g.mark-rect.role-mark path[fill]")
    expect(bars).to_have_count(6)
    expect(page.locator("#fig-waterfall svg[role=img]")).to_have_count(0)  # the drawn one has made room
    assert violations(page) == []
    bars.last.hover()
    tip = page.locator("#vg-tooltip-element.visible")
    expect(tip).to_have_text(re.compile(r"01-\d{3}: −50\.0%"))
    number = tip.inner_text().partition(":")[0]
    bars.last.click()
    page.wait_for_url(f"**/endpoints/bor_mrecist/{number}/")


def test_keys_and_controls(trial: Participant, signed_in: Callable[..., Page]) -> None:
    page = signed_in("mo")
    page.goto("/endpoints/")
    expect(page.locator("[data-board-submit]")).to_be_hidden()
    page.keyboard.press("d")
    expect(page.locator("#drawer h2").first).to_have_text("Progression-free survival")
    page.keyboard.press("Escape")
    page.locator("#criteria").select_option("mrecist")
    page.wait_for_url("**/endpoints/?criteria=mrecist")
    page.keyboard.press("t")
    page.wait_for_url("**/endpoints/pfs_mrecist/?criteria=mrecist")
    page.go_back()
    page.locator("#main").focus()
    page.keyboard.press("1")
    page.wait_for_url("**/endpoints/mpr/?criteria=mrecist")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_as_wide_as_the_window(
    trial: Participant, signed_in: Callable[..., Page], width: int
) -> None:
    page = signed_in("mo")
    page.set_viewport_size({"width": width, "height": 720})
    page.goto("/endpoints/")
    assert page.evaluate("document.documentElement.scrollWidth") == width
