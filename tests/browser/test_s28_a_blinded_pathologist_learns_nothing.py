"""S28 A blinded pathologist learns nothing, in Chromium: the DOM, every answer of the network, every file name."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Download, Page, Response, expect

from pathology.models import PathologyCase, Reading
from tests.scenarios.test_s28_a_blinded_pathologist_learns_nothing import (
    _without_tokens,
    assert_silent,
    read_by_p2,
)
from trialsite.accounts.models import User

OURS = re.compile(r"/static/")  # scripts, styles and fonts are the same for everybody


class Ear:
    """Keeps everything that reaches the browser of a reader."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.heard: list[tuple[str, str]] = []
        page.on("response", self._response)
        page.on("download", self._download)

    def _response(self, response: Response) -> None:
        if OURS.search(response.url):
            return
        head = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        body = ""
        if not 300 <= response.status < 400 and response.request.method != "HEAD":
            try:
                body = response.text()
            except Exception:  # a beacon, or the page has gone on: there is nothing to read
                body = ""
        self.heard.append((f"{response.request.method} {response.url}", f"{response.url}\n{head}\n{body}"))

    def _download(self, download: Download) -> None:
        self.heard.append((f"file of {download.url}", f"{download.url} {download.suggested_filename}"))

    def look(self, where: str) -> None:
        """The page as it stands, with what scripts made of it."""
        self.heard.append((where, self.page.content()))


@pytest.fixture
def case(people: dict[str, User]) -> PathologyCase:
    return read_by_p2(people)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_s28_p1_walks_every_page_and_learns_nothing(
    language: str, case: PathologyCase, signed_in: Callable[..., Page]
) -> None:
    User.objects.filter(username="p1").update(language=language)
    page = signed_in("p1")
    ear = Ear(page)
    page.goto("/")
    ear.look("home")
    for link in sorted(
        set(page.locator("a[href^='/']").evaluate_all("all => all.map(one => one.getAttribute('href'))"))
    ):
        page.goto(link)
        ear.look(link)
    page.goto(f"/readings/{case.code}/")
    shares = page.locator("[data-share]")
    for box, text in zip(shares.all(), ("8", "72", "20"), strict=True):
        box.fill(text)
    page.locator("[data-add-block]").click()
    ear.look("blocks")
    page.locator("[data-all-seen]").click()
    page.locator("label:has([name=cp_adeq][value=ADEQUATE])").click()
    page.locator("label:has([name=cp_satellite][value=Y])").click()
    page.locator("[name=cp_recdat__y]").fill("2023")  # before everything: refused in words that tell nothing
    page.locator("[name=cp_com]").fill("Trabecular")
    expect(page.locator("[data-save-state]")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))
    ear.look("typed")
    page.locator("[data-block] [data-remove-block]").first.click()
    page.keyboard.press("Control+S")
    expect(page.locator(".err[role=alert]")).to_be_visible()
    ear.look("refused")
    page.locator("#recut summary").click()
    page.locator("#recut-reason").fill("Folded")
    page.locator("[form=recut-form]:is(button)").click()
    expect(page.locator(".recut")).to_be_visible()
    ear.look("asked for a new slide")
    for address in (
        f"/readings/{case.code}/slides/",
        "/readings/P-0000/",
        "/p/01-003/",
        "/pathology/",
        "/endpoints/",
    ):
        page.goto(address)
        ear.look(address)
    assert Reading.objects.get(case=case, reader__username="p1").submitted_at is None
    assert len(ear.heard) > 25
    for where, text in ear.heard:
        typed = text.replace("/p/01-003/", "") if "/p/01-003/" in where else text  # P1 typed it
        assert_silent(where, _without_tokens(typed), case.participant)
