"""A data manager receives slides, allocates and releases, in a browser; axe finds nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from participants.models import Participant
from pathology.models import PathologyCase, Reading, SpecimenItem
from tests import world
from tests.browser.test_axe import violations
from tests.integration.pathology.conftest import answers
from trialsite.accounts.models import User

SignedIn = Callable[[str], Page]


@pytest.fixture
def case(people: dict[str, User]) -> PathologyCase:
    participant: Participant = world.screened(people["lin"], "01-003")
    world.screening_01_003(participant, people["lin"])
    world.treatment_01_003(participant, people["lin"])
    world.operated(participant, people["lin"], "2024-05-30", "2024-06-14")
    return PathologyCase.objects.get()


def test_slides_are_received_by_keyboard(signed_in: SignedIn, case: PathologyCase) -> None:
    page = signed_in("da")
    page.goto("/pathology/")
    page.get_by_role("link", name=case.code).click()
    first = page.get_by_label("Label, line 1")
    first.fill("01-003")
    page.keyboard.press("Tab")
    page.keyboard.type("A1")
    page.get_by_label("Or many lines at once").fill("A1-2 A1 1 HE\nblock A1")
    page.locator("#receive-day").fill("2024-06-24")
    page.locator("#r-cond").select_option("ADEQUATE")
    page.locator("#r-cond").press("Tab")
    page.get_by_role("button", name="Receive", exact=True).press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("where the specimen comes from")
    expect(first).to_have_value("01-003")
    expect(page.get_by_label("Or many lines at once")).to_have_value("A1-2 A1 1 HE\nblock A1")
    assert not SpecimenItem.objects.exists()
    first.fill("A1-1")
    first.press("Enter")  # the first button of the form adds lines, and stores nothing
    expect(page.get_by_label("Label, line 8")).to_be_visible()
    page.get_by_role("button", name="Receive", exact=True).click()
    expect(page.get_by_text("3 items are received.")).to_be_visible()
    assert list(SpecimenItem.objects.values_list("label", flat=True)) == ["A1-1", "A1-2", "A1"]


def test_many_lines_are_pasted_into_the_table(signed_in: SignedIn, case: PathologyCase) -> None:
    page = signed_in("da")
    page.goto(f"/pathology/{case.code}/")
    page.get_by_label("Label, line 1").focus()
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "A1-1\\tA1\\t1\\tHE\\nA1-2\\tA1\\t1\\tHE");
            const paste = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
            document.activeElement.dispatchEvent(paste);
        }"""
    )
    expect(page.locator("#lines")).to_have_value("A1-1\tA1\t1\tHE\nA1-2\tA1\t1\tHE")


def test_a_case_is_shared_out_and_released(
    signed_in: SignedIn, case: PathologyCase, people: dict[str, User]
) -> None:
    page = signed_in("da")
    page.goto("/pathology/")
    page.get_by_role("checkbox", name=f"Choose {case.code}").check()
    expect(page.get_by_role("button", name="Share out 1")).to_be_visible()
    expect(page.get_by_role("button", name="Release 0")).to_be_visible()
    page.get_by_role("button", name="Share out").click()
    expect(page.get_by_text("2 places were given.")).to_be_visible()
    assert set(Reading.objects.values_list("reader__username", flat=True)) == {"p1", "p2"}
    for name in ("p1", "p2"):
        reading = world.reading_take(by=people[name], case=case)
        world.reading_save(by=people[name], reading=reading, typed=answers("8"), submit=True)
    page.goto("/pathology/?state=DECIDED")
    page.get_by_role("checkbox", name="Choose all that are shown").check()
    page.get_by_role("button", name="Release 1").click()
    expect(page.get_by_text(f"1 result is released: {case.code}.")).to_be_visible()
    page.goto(f"/pathology/{case.code}/")
    expect(page.get_by_role("heading", name=re.compile("^Result"))).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_axe_finds_nothing(
    signed_in: SignedIn, case: PathologyCase, people: dict[str, User], language: str
) -> None:
    User.objects.filter(username="da").update(language=language)
    world.reading_take(by=people["p1"], case=case)
    page = signed_in("da")
    for path in ("/pathology/", f"/pathology/{case.code}/"):
        page.goto(path)
        for fold in page.locator("details.fold").all():
            fold.evaluate("one => { one.open = true; }")
        assert violations(page) == []
