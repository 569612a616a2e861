"""Chromium on a live site. Every page that is visited must load without an error in its console."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests import world
from tests.browser.entry import Entry
from trialsite.accounts.models import User

CHROMIUM = "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
# A refused form answers 422 or 409, a page of the other site 404: the browser notes the status, which is meant.
MEANT = re.compile(r"status of (409|422|404)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = os.path.dirname(__file__)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread; Django would take it for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    settings.DEMO = True
    return live_server.url


@pytest.fixture
def people(site: str) -> dict[str, User]:
    return world.people()


@pytest.fixture
def problems() -> list[str]:
    return []


@pytest.fixture
def signed_in(
    chromium: Browser, site: str, people: dict[str, User], problems: list[str]
) -> Iterator[Callable[..., Page]]:
    """`signed_in("lin")`: a page of that person, in a browser of their own. What goes wrong in it fails the test."""
    contexts: list[BrowserContext] = []

    def page_of(name: str) -> Page:
        from django.test import Client

        client = Client()
        client.force_login(people[name])
        context = chromium.new_context(base_url=site, viewport={"width": 1440, "height": 1000})
        context.set_default_timeout(10000)
        cookie = (
            client.cookies["sessionid"]
            if "sessionid" in client.cookies
            else next(iter(client.cookies.values()))
        )
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
        contexts.append(context)
        page = context.new_page()
        watch(page, problems)
        return page

    expect.set_options(timeout=10000)
    yield page_of
    for context in contexts:
        context.close()
    assert problems == []


def watch(page: Page, problems: list[str]) -> None:
    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not MEANT.search(message.text):
            problems.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    page.on("dialog", lambda dialog: dialog.accept())
    page.on(
        "response",
        lambda response: (
            problems.append(f"{response.url}: {response.status}") if response.status >= 500 else None
        ),
    )


@pytest.fixture
def lin(signed_in: Callable[..., Page]) -> Page:
    return signed_in("lin")


@pytest.fixture
def entry(lin: Page) -> Entry:
    return Entry(lin)
