"""One participant: facts, timeline, visit pages, opening and missing visits."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import translation

from crf.models import FormInstance
from crf.selectors.participants import strip_of
from crf.selectors.timeline import span
from participants.models import Participant, Visit
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

from .conftest import Sign, imported

Trial = dict[str, Participant]
WHY = {"reason": "Asked by the investigator"}


def test_the_page_shows_facts_visits_forms_and_logs(at: Sign, trial: Trial) -> None:
    html = at("lin").get("/p/01-002/").content.decode()
    assert "1 Mar 2024" in html
    assert 'href="/p/01-002/SCR/icf/"' in html
    assert 'href="/p/01-002/log/sact/"' in html
    assert "Continue: Demographics, SCR" in html
    assert html.index('id="SCR"') < html.index('id="C1"') < html.index('id="SURG"') < html.index('id="EOS"')
    assert 'hx-get="/p/01-002/results/?compact=1"' in html
    unfinished = at("lin").get("/p/01-002/?show=unfinished").content.decode()
    assert 'id="SCR"' in unfinished
    assert 'id="SURG"' not in unfinished


def test_windows_follow_the_course(at: Sign, cast: dict[str, User]) -> None:
    participant = world.screened(cast["lin"], "01-003")
    world.screening_01_003(participant, cast["lin"])
    world.treatment_01_003(participant, cast["lin"])
    html = at("lin").get("/p/01-003/").content.decode()
    assert "in window" in html
    assert re.search(r"window \d", html)
    assert "First dose (C1D1)" in html


def test_the_strip_takes_two_queries(
    cast: dict[str, User], trial: Trial, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(2):  # type: ignore[operator]
        strip = strip_of(trial["01-002"], "SCR")
    assert [visit.label for visit in strip.visits][:3] == ["SCR", "BAS", "C1"]
    assert [visit.label for visit in strip.visits if visit.current] == ["SCR"]
    assert len(strip.visits) <= 16


def test_the_visit_page(at: Sign, trial: Trial) -> None:
    html = at("lin").get("/p/01-002/SCR/").content.decode()
    assert "3 required fields left, 2 open queries" in html
    assert 'href="/p/01-002/BAS/"' in html
    assert at("lin").get("/p/01-002/XYZ9/").status_code == 404
    assert at("lin").get("/p/01-002/C5/").status_code == 404, "not opened"


def test_an_unscheduled_visit_is_opened_with_a_reason(at: Sign, trial: Trial) -> None:
    answer = at("lin").post("/p/01-001/open/", {"label": "UNS1"} | WHY)
    assert answer["Location"] == "/p/01-001/UNS1/"
    again = at("lin").post("/p/01-001/open/", {"label": "UNS1"} | WHY)
    assert again["Location"] == "/p/01-001/UNS1/"
    assert Visit.objects.filter(participant=trial["01-001"], code="UNS").count() == 1
    event = AuditEvent.objects.get(path="@opened")
    assert (event.new, event.reason, event.actor_name) == ("UNS1", WHY["reason"], "lin")
    page = at("lin").get("/p/01-001/").content.decode()
    assert "opened: Asked by the investigator" in page
    assert 'value="UNS2"' in page


def test_a_visit_is_not_opened_without_a_reason_and_what_was_typed_stays(at: Sign, trial: Trial) -> None:
    answer = at("lin").post("/p/01-001/open/", {"label": "C5", "reason": "  "})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Say why this visit is opened." in html
    assert '<option value="C5" selected>' in html
    assert not Visit.objects.filter(participant=trial["01-001"], code="C5").exists()
    assert at("lin").post("/p/01-001/open/", {"label": "nonsense"} | WHY).status_code == 422


def test_a_visit_is_missed_with_a_reason_once(at: Sign, trial: Trial) -> None:
    assert at("lin").post("/p/01-001/C2/miss/", {"reason": ""}).status_code == 422
    for _ in range(2):
        answer = at("lin").post("/p/01-001/C2/miss/", {"reason": "On holiday"})
        assert answer["Location"] == "/p/01-001/C2/"
    assert AuditEvent.objects.filter(new="MISSED", reason="On holiday").count() == 1
    assert "On holiday" in at("lin").get("/p/01-001/C2/").content.decode()
    refused = at("lin").post("/p/01-002/SCR/miss/", {"reason": "Not there"})
    assert refused.status_code == 422
    assert "Data were entered" in refused.content.decode()


@pytest.mark.parametrize("path", ["/p/01-001/open/", "/p/01-001/C2/miss/"])
def test_who_may_not_act_on_visits(at: Sign, trial: Trial, path: str) -> None:
    acts = AuditEvent.objects.filter(action="VISIT")
    before = acts.count()
    assert at("mo").post(path, {"label": "UNS1"} | WHY).status_code == 403
    assert at("wu").post(path, {"label": "UNS1"} | WHY).status_code == 404
    assert at("p1").post(path, {"label": "UNS1"} | WHY).status_code == 404
    assert at("lin").get(path).status_code == 405
    assert acts.count() == before
    monitor = at("mo").get("/p/01-001/").content.decode()
    assert "Only coordinators and investigators of the site open visits." in monitor
    assert "/open/" not in monitor


def test_no_visit_is_opened_after_the_end(at: Sign, trial: Trial) -> None:
    Participant.objects.filter(pk=trial["01-001"].pk).update(state="DIED")
    answer = at("lin").post("/p/01-001/open/", {"label": "UNS1"} | WHY)
    assert answer.status_code == 422
    assert "No further visits: Died." in answer.content.decode()


def test_imported_participants_say_that_they_are(at: Sign, cast: dict[str, User]) -> None:
    imported(cast)
    assert "Imported data: read only." in at("lin").get("/p/01-900/").content.decode()


def test_a_window_in_words() -> None:
    day = dt.date
    assert span(day(2026, 11, 10), day(2026, 11, 18)) == "10 – 18 Nov 2026"
    assert span(day(2026, 11, 28), day(2026, 12, 4)) == "28 Nov – 4 Dec 2026"
    assert span(day(2026, 12, 28), day(2027, 1, 4)) == "28 Dec 2026 – 4 Jan 2027"
    assert span(day(2026, 11, 10), day(2026, 11, 10)) == "10 Nov 2026"
    assert span(None, None) == ""
    with translation.override("zh-hans"):
        assert span(day(2026, 11, 28), day(2026, 12, 4)) == "2026年11月28日 – 12月4日"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_both_languages(at: Sign, trial: Trial, language: str) -> None:
    User.objects.filter(username="lin").update(language=language)
    FormInstance.objects.filter(participant=trial["01-002"], form_key="DM").update(frozen=True)
    client = at("lin")
    for path in ("/", "/participants/", "/participants/?view=list", "/participants/?view=work", "/participants/new/",
                 "/p/01-002/", "/p/01-002/SCR/", "/participants/new/01-002/"):  # fmt: skip
        html = client.get(path).content.decode()
        assert ("人口学资料" in html or "筛选期" in html or "中山" in html) == (language != "en"), path
