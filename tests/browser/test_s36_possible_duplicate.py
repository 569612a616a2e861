"""S36 A possible duplicate is decided by the data manager on the page; the site sees nothing of it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from crf.models import PossibleDuplicate
from crf.services.findings import participants_check
from tests import world
from tests.browser.entry import Entry
from trialsite.accounts.models import User


def test_the_data_manager_decides(people: dict[str, User], signed_in: Callable[..., Page]) -> None:
    known = world.screened(people["lin"], "01-003")
    world.consent(known, people["lin"], "2024-03-04")
    born = {"sex": "M", "brthdat": "1968-05-11"}
    world.fill(world.form(known, "DM", "SCR"), people["lin"], born, complete=False)
    twin = world.screened(people["wu"], "02-001", "02")
    world.consent(twin, people["wu"], "2024-04-02")

    wu = Entry(signed_in("wu"))
    form = world.form(twin, "DM", "SCR")
    wu.open(form)
    wu.fill(form, born)
    wu.save()  # entry goes on
    participants_check([twin.pk])
    wu.page.reload()
    expect(wu.page.locator("body")).not_to_contain_text("01-003")
    expect(wu.page.locator("body")).not_to_contain_text("uplicate")

    da = signed_in("da")
    da.goto("/")
    da.get_by_role("link", name="Duplicates").click()
    expect(da.locator("main")).to_contain_text("01-003")
    expect(da.locator("main")).to_contain_text("02-001")
    da.get_by_role("button", name="Different people").click()
    expect(da.locator(".err")).to_contain_text("Say how you know.")
    da.get_by_label("How do you know?").fill("Both sites were asked")
    da.get_by_role("button", name="Different people").click()
    expect(da.locator("main")).to_contain_text("No pair waits for a decision.")
    assert PossibleDuplicate.objects.get().reason == "Both sites were asked"
