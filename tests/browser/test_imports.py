"""Files that are handed in, in a browser: shown, corrected on the page, confirmed; axe finds nothing, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from crf.analytes import panel_number
from crf.laboratory import NUMBERS
from crf.selectors.sheets import sheet_of
from pathology.models import PathologyCase, Reading
from pathology.services import readers_allocate
from tests import world
from tests.browser.test_axe import violations
from tests.integration.pathology.test_imports import row, table
from trialsite.accounts.models import User

SignedIn = Callable[[str], Page]
READ, STORE = "button[value=preview]", "button[value=store]"


@pytest.fixture
def case(people: dict[str, User]) -> PathologyCase:
    made = world.screened(people["lin"], "01-003")
    world.screening_01_003(made, people["lin"])
    world.neoadjuvant(made, people["lin"], 1, "2024-03-14")
    world.operated(made, people["lin"], "2024-05-30", "2024-06-14")
    found = PathologyCase.objects.get(participant=made)
    readers_allocate(by=people["da"], case=found, readers={"R1": people["p1"], "R2": people["p2"]})
    return found


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_readings_are_corrected_on_the_page_and_given_to_their_reader(
    language: str, signed_in: SignedIn, people: dict[str, User], case: PathologyCase, tmp_path: Path
) -> None:
    User.objects.filter(username__in=("da", "p1")).update(language=language)
    file = tmp_path / "readings.csv"
    file.write_text(table(row(case, cpn_rvt="7")), encoding="gb18030")
    page = signed_in("da")
    page.goto("/pathology/import/")
    assert violations(page) == []
    page.locator("input[type=file]").set_input_files(file)
    page.locator(READ).click()
    expect(page.locator("#t-problems")).to_be_visible()
    expect(page.get_by_role("cell", name="cpn_rvt")).to_be_visible()
    assert violations(page) == []
    box = page.locator("textarea[name=pasted]")
    box.fill(box.input_value().replace(",7,92,", ",8,92,"))
    page.locator(READ).click()
    expect(page.locator("#t-shown")).to_be_visible()
    expect(page.get_by_text("8.0 %", exact=True)).to_be_visible()
    assert violations(page) == []
    assert Reading.objects.filter(imported_at__isnull=False).count() == 0
    page.locator(STORE).click()
    page.wait_for_url("**/pathology/")
    reader = signed_in("p1")
    reader.goto(f"/readings/{case.code}/")
    expect(reader.locator("#imported")).to_be_visible()
    assert violations(reader) == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_results_are_corrected_with_one_reason(
    language: str, signed_in: SignedIn, people: dict[str, User], tmp_path: Path
) -> None:
    User.objects.filter(username="lin").update(language=language)
    world.ranges_01(people["da"])
    lab = world.laboratory(world.site())
    participant = world.screened(people["lin"], "01-003")
    world.consent(participant, people["lin"], "2024-03-01")
    page = signed_in("lin")
    head = "受试者编号,访视,采样时间,项目名称,结果,单位"
    for result in ("65", "165"):
        file = tmp_path / f"lis-{result}.csv"
        file.write_text(
            f"{head}\n01-003,筛选期,2024-03-05 08:30,丙氨酸氨基转移酶,{result},U/L\n", encoding="gb18030"
        )
        page.goto(f"/laboratories/01/{lab.code}/results/")
        assert violations(page) == []
        page.locator("input[type=file]").set_input_files(file)
        page.locator(READ).click()
        expect(page.locator("#t-shown")).to_be_visible()
        assert violations(page) == []
        if result == "165":
            expect(page.get_by_role("cell", name="65 U/L → 165 U/L")).to_be_visible()
            page.locator(STORE).click()
            expect(page.locator("#i-reason")).to_be_focused()  # the browser asks for the reason
            page.locator("#i-reason").fill("The laboratory corrected its report.")
        page.locator(STORE).click()
        expect(page.locator(".toast-x.success")).to_be_visible()
    form = world.form(participant, "LB", "SCR", panel_number("CHEM"))
    rows = {line.row: line for line in sheet_of(form).lines("LB2")}
    assert rows[NUMBERS["ALT"]].get("lborres") == "165"
