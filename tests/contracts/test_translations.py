"""Every sentence of the sources stands in the catalogue, in Chinese, with its placeholders; and pages show no English."""

from __future__ import annotations

import ast
import datetime as dt
import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from crf.registry import form_def, forms, parts
from endpoints.engine.steps import EngineError
from endpoints.models import EndpointState, Status
from endpoints.reports.content import SECTIONS, capture
from endpoints.reports.document import document_of
from endpoints.services import endpoints_recompute, trial_recompute
from pathology.models import PathologyCase
from tests import participant_01_003 as story
from tests import world
from tests.world import reading_take
from tools.translations import CATALOGUE, extract
from trialsite.accounts.models import User

# What stays as it is: names of measures, criteria and methods, as Chinese papers write them; the site's own names.
SAME = {
    "pCR", "mRECIST", "ycT", "ypT", "ypN", "ypTNM", "irAE", "mFOLFOX", "Kaplan", "Meier", "Clopper", "Pearson", "Wilson",
    "Greenwood", "Brookmeyer", "Crowley", "log", "Child", "Pugh", "Edmondson", "Clavien", "Dindo", "Mosteller", "DuBois",
    "English", "Asia", "Shanghai", "Esc", "Enter", "Alt", "Ctrl", "Cookie", "true", "false", "time", "event", "resected",
    "min", "mm", "cm", "kg", "mg", "mL", "Python", "SQLite", "PostgreSQL", "scipy", "altair",
    "vl", "convert", "python", "weasyprint", "ng", "Simon", "Jeffreys", "Beta", "Koyama", "Chen",
}  # fmt: skip
SITES = {"Sun", "Yat", "sen", "West", "China", "Harbin", "Demo", "Hospital"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NAMED = re.compile(r"%\(\w+\)[.\d]*[sdf]|\{\w*\}|%s")
TAG = re.compile(r"</?\w+>")
CODE = re.compile(r"<(script|style|code|kbd|template)\b.*?</\1>", re.DOTALL)
SPOKEN = re.compile(r'\s(?:aria-label|title|placeholder|alt|data-[a-z-]+)="([^"]*)"')
WORD = re.compile(r"(?<![\w/.@:-])[A-Za-z]*[a-z]{2,}[A-Za-z]*(?![\w@])")


@dataclass
class Entry:
    sources: list[str] = field(default_factory=list)  # singular and plural
    chinese: list[str] = field(default_factory=list)
    context: str = ""
    fuzzy: bool = False


def entries(path: Path) -> dict[tuple[str, str], Entry]:
    """The catalogue by context and sentence."""
    found = {}
    for block in path.read_text().split("\n\n"):
        entry, into = Entry(), [""]
        for line in block.splitlines():
            if line.startswith("#"):
                entry.fuzzy |= line.startswith("#,") and "fuzzy" in line
                continue
            keyword, _space, text = line.partition(" ") if not line.startswith('"') else ("", "", line)
            if keyword == "msgctxt":
                entry.context = ast.literal_eval(text)
            elif keyword.startswith("msg"):
                into = entry.chinese if keyword.startswith("msgstr") else entry.sources
                into.append(ast.literal_eval(text))
            else:
                into[-1] += ast.literal_eval(text)
        if entry.sources and entry.sources[0]:
            found[entry.context, entry.sources[0]] = entry
    return found


@pytest.fixture(scope="module")
def catalogue() -> dict[tuple[str, str], Entry]:
    return entries(CATALOGUE)


def english_in(text: str) -> set[str]:
    return set(WORD.findall(text)) - SAME


# --- the catalogue ------------------------------------------------------------------------------------------------


def test_the_catalogue_has_the_sentences_of_the_sources_and_no_other(
    catalogue: dict[tuple[str, str], Entry], tmp_path: Path
) -> None:
    made = entries(extract(tmp_path))
    assert catalogue.keys() ^ made.keys() == set(), "make messages, then translate"


def test_every_sentence_is_translated(catalogue: dict[tuple[str, str], Entry]) -> None:
    assert not [key for key, entry in catalogue.items() if entry.fuzzy or not all(entry.chinese)]


def test_placeholders_and_tags_are_kept(catalogue: dict[tuple[str, str], Entry]) -> None:
    wrong = []
    for (_context, source), entry in catalogue.items():
        said = entry.sources[-1]  # the plural, which names its number
        for pattern in (NAMED, TAG):
            if sorted(pattern.findall(entry.chinese[0])) != sorted(pattern.findall(said)):
                wrong.append(source)
    assert not wrong


def test_chinese_is_chinese(catalogue: dict[tuple[str, str], Entry]) -> None:
    """What has no Chinese character is a code, a name or a number."""
    kept = {entry.chinese[0] for entry in catalogue.values() if not CHINESE.search(entry.chinese[0])}
    assert not {text: words for text in kept if (words := english_in(NAMED.sub("", text)))}


def test_chinese_sentences_have_chinese_punctuation(catalogue: dict[tuple[str, str], Entry]) -> None:
    wrong = re.compile(
        r"[\u4e00-\u9fff][,;:?!]|[,;:?!]\s*[\u4e00-\u9fff]|[\u4e00-\u9fff]\.(?:\s|$)|\([^)]*[\u4e00-\u9fff]"
    )
    assert not [text for entry in catalogue.values() if wrong.search(text := NAMED.sub("", entry.chinese[0]))]


# --- pages --------------------------------------------------------------------------------------------------------

PAGES: dict[str, list[str]] = {
    "": ["/login/"],
    "lin": [
        "/", "/participants/", "/participants/?view=list", "/participants/?view=work", "/participants/new/",
        "/participants/new/01-003/", "/participants/cell/01-003/TA1/", "/p/01-003/", "/p/01-003/SCR/", "/p/01-003/SURG/",
        "/p/01-003/SCR/icf/", "/p/01-003/SCR/dm/", "/p/01-003/SCR/ie/", "/p/01-003/SCR/hcc/", "/p/01-003/SCR/ta/",
        "/p/01-003/TA2/ta/", "/p/01-003/TA2/ta/history/", "/p/01-003/C1/ec/", "/p/01-003/EOT/eot/", "/p/01-003/SURG/surg/",
        "/p/01-003/results/", "/p/01-003/results/mpr/", "/p/01-003/results/pfs/", "/p/01-003/results/bor_recist/",
        "/p/01-004/", "/p/01-004/SCR/icf/", "/account/", "/account/password/", "/nothing/",
    ],
    "p1": ["/readings/", "/readings/{case}/"],
    "da": ["/pathology/", "/participants/"],
    "st": ["/endpoints/", "/endpoints/mpr/", "/endpoints/pfs/", "/endpoints/pfs/data/", "/endpoints/os/01-003/", "/reports/",
           "/endpoints/design/", "/endpoints/moves/", "/endpoints/cuts/", "/endpoints/trae3/", "/check/"],
    "ad": ["/admin/users/", "/admin/users/new/", "/admin/users/lin/", "/admin/sites/", "/admin/sites/new/", "/admin/roles/"],
}  # fmt: skip


@cache
def field_names() -> set[str]:
    """The trace names the fields that it read."""
    books = [*forms().values(), *parts().values()]
    return {one.name for book in books for section in book.sections for one in section.fields}


def english_of(page: str, people: dict[str, User]) -> set[str]:
    """English words that a reader of the page sees or hears; people, accounts and sites have their names."""
    body = CODE.sub(" ", page[max(0, page.find("<body")) :])  # or a fragment
    heard = SPOKEN.findall(body)
    text = html.unescape(" | ".join([re.sub(r"<[^>]*>", " | ", body), *(one for one in heard if " " in one)]))
    for person in people.values():
        text = text.replace(str(person), " ").replace(person.full_name, " ")
    text = re.sub(
        r"\buser:\d+", " ", text
    )  # the address of somebody who may not be chosen, as the form keeps it
    return english_in(text) - people.keys() - SITES - field_names() - {"ng"}  # ng/mL


@pytest.fixture
def trial(browser_of: Callable[[str], Client], people: dict[str, User]) -> dict[str, str]:
    """01-003 operated and with results; 01-004 new; a case that p1 reads; everybody reads Chinese."""
    for person in people.values():
        person.language = "zh-hans"
        person.save(update_fields=["language"])
    lin = people["lin"]
    participant = world.screened(lin, "01-003")
    world.screening_01_003(participant, lin)
    world.treatment_01_003(participant, lin)
    world.operated(participant, lin, "2024-05-30", "2024-06-14")
    world.screened(lin, "01-004")
    case = PathologyCase.objects.get(participant=participant)
    reading_take(by=people["p1"], case=case)
    endpoints_recompute(participant.pk)
    trial_recompute()
    return {"case": case.code}


# Free text keeps its language: words that the people of the story wrote.
WRITTEN = {
    word
    for page in story.pages()
    for name, value in page.values.items()
    if (kept := form_def(page.key).fields.get(name))
    and kept.kind in ("text", "long")
    and not name.startswith("@")
    for word in re.findall(r"[A-Za-z]+", str(value))
}


def test_pages_show_no_english(
    trial: dict[str, str], people: dict[str, User], browser_of: Callable[[str], Client]
) -> None:
    found = {}
    for person, paths in PAGES.items():
        client = browser_of(person) if person else Client(headers={"accept-language": "zh-hans"})
        for path in paths:
            response = client.get(
                path.format(**trial), headers={"hx-request": "true"} if "/cell/" in path else {}
            )
            assert response.status_code == (404 if path == "/nothing/" else 200), path
            assert response["Content-Language"] == "zh-hans", path
            if words := {
                one for one in english_of(response.content.decode(), people) if one.strip(".") not in WRITTEN
            }:
                found[path] = sorted(words)
    assert not found


def test_refusals_are_chinese(
    trial: dict[str, str], people: dict[str, User], browser_of: Callable[[str], Client]
) -> None:
    client = browser_of("lin")
    empty = client.post("/p/01-004/SCR/dm/", {"action": "complete"})
    assert empty.status_code == 422
    assert not english_of(empty.content.decode(), people)
    frozen = browser_of("mo").post("/p/01-004/SCR/dm/", {"action": "complete"})
    assert frozen.status_code == 403
    assert not english_of(frozen.content.decode(), people)


def test_the_report_has_no_english(trial: dict[str, str], people: dict[str, User]) -> None:
    with translation.override("en"):  # a worker's own language must not matter
        made = document_of(capture([]), "zh-hans", SECTIONS, lambda *_: None)
    body = re.sub(r'<(\w+)[^>]* lang="en">.*?</\1>', "", made.html)
    body = re.sub(r"[\w-]+\.json", "", body)  # names of the files that are attached
    left = english_of(body, people) - setting_names(body)
    assert not left, left
    assert "页" in made.css


def setting_names(page: str) -> set[str]:
    """Keys and values of the settings, which are the same in every language; their reasons are not."""
    rows = re.findall(
        r'<tr><th scope="row">(.*?)</th><td>(.*?)</td>', page[page.find('<table class="settings"') :]
    )
    return set(WORD.findall(html.unescape(" ".join(key + " " + value for key, value in rows))))


def test_refused_data_say_why_in_chinese(
    trial: dict[str, str], people: dict[str, User], browser_of: Callable[[str], Client]
) -> None:
    state = EndpointState.objects.get(participant__number="01-003")
    error = EngineError(
        "imaging[0].targets[1].state",
        "Lesion {lesion} is {state}, which contradicts a diameter of {mm} mm.",
        {"lesion": "T02", "state": "absent", "mm": 12},
    )
    state.status, state.error = Status.ERROR, str(error)
    state.summary = {"refusal": {"message": error.message, "params": error.shown}}
    state.save()
    trial_recompute()
    for person, path in (("st", "/endpoints/"), ("st", "/endpoints/mpr/"), ("lin", "/p/01-003/results/")):
        page = browser_of(person).get(path).content.decode()
        assert "病灶 T02 的状态为“消失”，与径线 12 mm 相矛盾。" in page, path
        assert not english_of(page, people), path
    assert "T02 的状态" in document_of(capture([]), "zh-hans", SECTIONS, lambda *_: None).html


def test_dates_of_the_pages_are_written_in_chinese(
    trial: dict[str, str], browser_of: Callable[[str], Client]
) -> None:
    page = browser_of("lin").get("/p/01-003/").content.decode()
    day = dt.date(2024, 5, 30)
    assert f"{day.year}年{day.month}月{day.day}日" in page
