"""How a person types a form: with the keyboard where there is a box, with the mouse where there is something to click."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from playwright.sync_api import Error, Locator, Page, expect

from crf.fields import CrfField
from crf.imaging_page import IDENTITY
from crf.models import FormInstance
from crf.naming import form_url
from crf.registry import FormDef, form_def

Values = Mapping[str, Any]
CARRIED = {name for names in IDENTITY.values() for name in names}
REFUSED = ":is(.err:not([data-standing]), .reason:not([data-reason-panel]), dialog#merge)"
ANSWERED = (
    "body:not([data-left-behind])"  # the page that came after the key, not the one on which it was pressed
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def until(page: Page, true: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait for something that no element of the page tells: a row of the database."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        page.wait_for_timeout(50)


def started(page: Page, form: str = "form[data-crf]") -> None:
    """Wait until the scripts have taken the form over. Asked from outside the page: its policy forbids eval within."""

    def asked() -> bool:
        try:
            return bool(page.evaluate(f"document.querySelector('{form}')?.started === true"))
        except Error:  # the page is on its way to another one
            return False

    until(page, asked, f"{form} to start")


class Entry:
    """One person's entry page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, form: FormInstance) -> None:
        self.page.goto(form_url(form))
        self.ready()

    def ready(self) -> None:
        """The scripts have taken over the form (they count what is left)."""
        expect(self.page.locator("form[data-crf]")).to_be_attached()
        started(self.page)

    def at(self, path: str) -> Locator:
        """The field with this path; rows are `TA2:1/tl_diam`, new rows `TA2:n1/tl_diam`."""
        return self.page.locator(f'[data-path="{path}"]')

    # --- one field --------------------------------------------------------------------------------------------------

    def answer(self, path: str, crf_field: CrfField, value: str) -> None:
        """Type or choose one answer, as the kind of field asks for it."""
        box = self.at(path)
        kind = crf_field.kind
        if kind in ("date", "pdate"):
            self._date(box, value)
        elif kind == "multi":
            for code in value.split(";"):
                box.locator(f'label.seg-opt:has(input[value="{code}"])').click()
        elif kind == "code" and box.locator("label.seg-opt").count():
            box.locator(f'label.seg-opt:has(input[value="{value}"])').click()
        elif kind == "code" or (kind == "ref" and box.locator("select").count()):
            self._choose(box.locator("select").first, value)
        else:
            self.type(box.locator("input:not([type=hidden]), textarea").first, value)

    def type(self, box: Locator, text: str) -> None:
        box.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text[:4])
        self.page.keyboard.insert_text(text[4:])
        self.page.keyboard.press("Tab")

    def _choose(self, select: Locator, value: str) -> None:
        known = select.locator("option").evaluate_all("all => all.map(one => one.value)")
        select.select_option(value if value in known else known[1])  # a person: whoever is first in the list

    def _date(self, box: Locator, value: str) -> None:
        """Day, month, year with the Tab key between, in the order of the page; `1968-05` leaves the day unknown."""
        year, month, day = (value.split("-") + ["", ""])[:3]
        box.locator("input").first.click()
        parts = {
            "y": year,
            "m": MONTHS[int(month) - 1] if month else "",
            "d": str(int(day)) if day else "UNK",
        }
        for name in box.locator("input").evaluate_all("all => all.map(one => one.name)"):
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(parts[name[-1]])
            self.page.keyboard.press("Tab")

    def missing(self, path: str, code: str) -> None:
        box = self.at(path)
        box.locator(".miss-btn").click()
        box.locator('select[name$="__miss"]').select_option(code)

    # --- a whole form -----------------------------------------------------------------------------------------------

    def fill(
        self, form: FormInstance, values: Values, rows: Mapping[str, Sequence[Values]] | None = None
    ) -> None:
        """Every answer of the dictionary. What is asked only once the server has calculated is typed after a save."""
        definition = form_def(form.form_key)
        self.add_rows(rows or {})
        todo = self.todo(definition, values, rows or {})
        for attempt in range(3):
            todo = [one for one in todo if not self._answered(*one)]
            if not todo:
                return
            assert attempt < 2, f"never asked: {[path for path, *_ in todo]}"
            self.save()
        raise AssertionError

    def todo(
        self, definition: FormDef, values: Values, rows: Mapping[str, Sequence[Values]]
    ) -> list[tuple[str, CrfField, str]]:
        """(path, field, text) in the order of the form."""
        found = []
        for section in definition.sections:
            lines = [("", values)] if not section.repeating else self._lines(section.id, rows)
            for prefix, line in lines:
                for crf_field in section.fields:
                    name = crf_field.name
                    if line.get(name) not in (None, "") and not crf_field.derived:
                        found.append((prefix + name, crf_field, str(line[name])))
                    elif line.get(f"{name}@miss"):
                        found.append((prefix + name, crf_field, f"@{line[f'{name}@miss']}"))
        return found

    def _lines(self, section: str, rows: Mapping[str, Sequence[Values]]) -> list[tuple[str, Values]]:
        shown = self.page.locator(f'[data-rows="{section}"] [data-row]')
        keys = shown.evaluate_all("all => all.map(one => one.dataset.row)")
        return [(f"{section}:{key}/", line) for key, line in zip(keys, rows.get(section, ()), strict=False)]

    def add_rows(self, rows: Mapping[str, Sequence[Values]]) -> None:
        for section, lines in rows.items():
            place = self.page.locator(f'[data-rows="{section}"] [data-row]')
            while place.count() < len(lines):
                there = place.count()
                self.page.locator(f'[data-add-row="{section}"]').click()
                expect(place).to_have_count(there + 1)

    def _answered(self, path: str, crf_field: CrfField, text: str) -> bool:
        """False while the page does not ask this yet."""
        box = self.at(path)
        if not box.count():  # identity of a lesion is carried, new rows got their numbers by a save
            if crf_field.name in CARRIED:
                return True
            path = re.sub(r":n(\d+)/", r":\1/", path)
            box = self.at(path)
        if not box.is_visible():
            return False
        if text.startswith("@"):
            self.missing(path, text[1:])
        else:
            self.answer(path, crf_field, text)
        return True

    def save(self) -> None:
        """Ctrl+S; the page comes back with what the server calculated."""
        self._leave("Control+S")
        self._done()
        self.ready()

    def complete(self) -> None:
        """Ctrl+Enter; the next form of the visit opens."""
        self._leave("Control+Enter")
        self._done()

    def _leave(self, keys: str) -> None:
        self.page.evaluate("document.body.dataset.leftBehind = ''")
        self.page.keyboard.press(keys)

    def _done(self) -> None:
        """A message of success, or the refusal as the test's failure."""
        done = self.page.locator(f"{ANSWERED} .toast-x.success, {ANSWERED} {REFUSED}").first
        expect(done).to_be_visible()
        refused = self.page.locator(REFUSED)
        assert refused.count() == 0, refused.first.inner_text()
