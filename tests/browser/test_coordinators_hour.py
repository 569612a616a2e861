"""A coordinator's hour: forms of 01-003's screening (book, section 6) typed by keyboard alone, English and Chinese.

Seven forms, one of each kind of question: consent, demographics, disease with its rows, serology, vital signs, a panel
of the laboratory, the ECG. `test_01_003` types the imaging grid and eligibility.

No mouse: forms are found with `/`, fields are reached with Tab, choices made with digits, arrows and Space, and each
form is completed with Ctrl+Enter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from crf.fields import CrfField
from crf.models import FormInstance, FormStatus
from crf.registry import form_def
from crf.selectors.sheets import sheet_of
from participants.models import Participant
from tests import participant_01_003 as story
from tests import world
from tests.browser.entry import MONTHS, Entry
from trialsite.accounts.models import User

BY_KEYBOARD = ("ICF/SCR", "DM/SCR", "HCC/SCR", "HEP/SCR", "VS/SCR", "LB/SCR/HEM", "EG/SCR")
# What the form refers to, or a rule asks for, entered before.
BEFORE = ("MH", "MH1/1", "CM", "CM1/1")
FARTHEST = 400  # steps of the Tab key on one page


class Keyboard(Entry):
    """One person who never touches the mouse."""

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def find(self, words: str) -> None:
        """`/`, a few letters of participant and form, Enter: two actions to any form."""
        self.page.locator("body").evaluate("body => document.activeElement?.blur()")
        self.press("/")
        self.page.keyboard.type(words)
        self.press("Enter")
        self.page.wait_for_url("**/p/01-003/**")
        self.ready()

    def reach(self, path: str) -> bool:
        """Tab forwards until the focus is in the field; False when the page does not ask it."""
        if not self.at(path).count() or not self.at(path).is_visible():
            return False
        for _step in range(FARTHEST):
            here = self.page.evaluate("document.activeElement?.closest('[data-path]')?.dataset.path ?? ''")
            if here == path:
                return True
            self.press("Tab")
        raise AssertionError(f"{path} cannot be reached with the Tab key")

    def answer(self, path: str, crf_field: CrfField, value: str) -> None:
        kind = self.page.evaluate("document.activeElement.type ?? ''")
        if crf_field.kind in ("date", "pdate"):
            self._typed_date(value)
        elif kind == "radio":
            codes = (
                self.at(path).locator("input[type=radio]").evaluate_all("all => all.map(one => one.value)")
            )
            self.press(str(codes.index(value) + 1))
        elif kind == "checkbox":
            self._ticked(path, value.split(";"))
        elif kind == "select-one":
            self._listed(value)
        else:
            self.press("Control+A")
            self.page.keyboard.type(value)

    def _listed(self, value: str) -> None:
        """Down the list with the arrow key."""
        options = self.page.evaluate("[...document.activeElement.options].map(one => one.value)")
        wanted = options.index(value) if value in options else 1  # a person: whoever is first
        now = self.page.evaluate("document.activeElement.selectedIndex")
        for _step in range(wanted - now):
            self.press("ArrowDown")

    def _ticked(self, path: str, values: list[str]) -> None:
        for _step in range(FARTHEST):
            if self.page.evaluate("document.activeElement.closest('[data-path]')?.dataset.path") != path:
                return
            if self.page.evaluate("document.activeElement.value") in values:
                self.press("Space")
            self.press("Tab")

    def _typed_date(self, value: str) -> None:
        """In the order of the boxes on the page, which is that of the language."""
        year, month, day = (value.split("-") + ["", ""])[:3]
        names = self.page.evaluate(
            "[...document.activeElement.closest('.pdate').querySelectorAll('input')].map(one => one.name)"
        )
        english = names[0].endswith("__d")
        word = MONTHS[int(month) - 1] if english and month else month.lstrip("0")
        parts = {"y": year, "m": word, "d": str(int(day)) if day else "UNK" if month else ""}
        for number, name in enumerate(names):
            self.press("Control+A")
            if parts[name[-1]]:
                self.page.keyboard.type(parts[name[-1]])
            if number + 1 < len(names):
                self.press("Tab")

    def enter(self, page: story.Page, values: dict[str, Any], rows: dict[str, Any]) -> None:
        for section, lines in rows.items():
            self._rows(section, len(lines))
        self.page.locator("body").evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0); }")
        for path, crf_field, text in self.todo(form_def(page.key), values, rows):
            if self.reach(path):
                self.answer(path, crf_field, text)

    def todo(self, definition: Any, values: Any, rows: Any) -> list[tuple[str, CrfField, str]]:
        """Rows of the laboratory are named by their analyte's number; others by their place."""
        if definition.code != "LB":
            return super().todo(definition, values, rows)
        found = super().todo(definition, values, {})
        fields = definition.section("LB2").fields
        for number, line in enumerate(rows["LB2"], 1):
            asked = [f for f in fields if line and line.get(f.name) and f.name != "lborresu"]
            found += [(f"LB2:{number}/{f.name}", f, line[f.name]) for f in asked]
        return found

    def _rows(self, section: str, count: int) -> None:
        button = self.page.locator(f'[data-add-row="{section}"]')
        while button.count() and self.page.locator(f'[data-rows="{section}"] [data-row]').count() < count:
            button.focus()
            self.press("Enter")


@pytest.fixture
def cast(people: dict[str, User]) -> dict[str, User]:
    world.ranges_01(people["da"])
    return people


@pytest.mark.parametrize(("language", "size"), [("en", (1440, 900)), ("zh-hans", (1280, 720))])
def test_screening_by_keyboard_alone(
    cast: dict[str, User], signed_in: Callable[..., Page], language: str, size: tuple[int, int]
) -> None:
    by = cast["lin"]
    by.language = language
    by.save(update_fields=["language"])
    participant = world.screened(by, story.NUMBER)
    lin = signed_in("lin")
    lin.set_viewport_size({"width": size[0], "height": size[1]})
    hands = Keyboard(lin)
    lin.goto("/")
    for page in story.screening():
        if page.name in BEFORE:
            world.enter(participant, by, [page])
        elif page.name in BY_KEYBOARD:
            _typed(hands, participant, by, page)


def _typed(hands: Keyboard, participant: Participant, by: User, page: story.Page) -> None:
    form = world.form(participant, page.key, page.visit, page.repeat)
    hands.find(f"01-003 {WORDS[page.name]}")
    values = world._referred(participant, by, page.values)
    rows = {
        section: [line and world._referred(participant, by, line) for line in lines]
        for section, lines in page.rows.items()
    }
    hands.enter(page, values, rows)
    hands.complete()
    expect(hands.page.locator(".toast-x.success").first).to_be_visible()
    stored = FormInstance.objects.get(pk=form.pk)
    assert stored.status == FormStatus.COMPLETE, page.name
    sheet = sheet_of(FormInstance.objects.select_related("participant__site", "visit").get(pk=form.pk))
    wanted = world.typed(page.key, values, rows)
    for name, value in wanted.values.items():
        if name != "icf_investigator":
            assert sheet.values.get(name) == value, (page.name, name)


# What a person types to find the form, in letters that both languages know.
WORDS = {
    "ICF/SCR": "icf", "DM/SCR": "dm", "HCC/SCR": "hcc", "HEP/SCR": "hep", "VS/SCR": "scr vs", "LB/SCR/HEM": "scr hem",
    "EG/SCR": "scr eg",
}  # fmt: skip
