"""Logs: the table of the lines, adding, copying and taking out a line, the head's question, references to lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crf.models import Draft, FormInstance
from crf.registry import form_def
from crf.selectors.logs import log_of, sae_path
from crf.selectors.references import reference_choices
from crf.selectors.sheets import casebook, sheet_of
from crf.services.entry import Invalid
from crf.services.logs import log_line_add, log_line_copy, log_line_remove
from crf.sheets import Sheet
from crf.span_figure import Scale, span_figure
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

NAUSEA = {
    "aeterm": "Nausea", "aestdat": "2024-03-14", "aeongo": "N", "aeendat": "2024-03-18", "aetoxgr": "2", "aeser": "N",
    "aerel_oxa": "PROBABLE", "aerel_cam": "UNLIKELY", "aeacn_oxa": "DOSE_NOT_CHANGED",
}  # fmt: skip
PRESSURE = {
    "aeterm": "Hypertension",
    "aestdat": "2024-04-05",
    "aeongo": "Y",
    "aetoxgr": "3",
    "aeacn_apa": "DOSE_REDUCED",
}
AE = "/p/01-003/log/ae/"
TERM = {
    "ae": {"aeterm": "Nausea"}, "cm": {"cmtrt": "Entecavir", "cmdose": "0.5"}, "mh": {"mhterm": "Hepatitis B"},
    "pr": {"prtrt": "Port"}, "dv": {"dvterm": "Late visit"},
}  # fmt: skip
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def demonstration(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def cast() -> dict[str, User]:
    return world.people()


@pytest.fixture
def participant(cast: dict[str, User]) -> Participant:
    return world.screened(cast["lin"], "01-003")


@pytest.fixture
def at(cast: dict[str, User]) -> Callable[[str], Client]:
    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(cast[name], "trialsite.accounts.backends.AccountBackend")
        return client

    return signed_in


@pytest.fixture
def events(participant: Participant, cast: dict[str, User]) -> list[FormInstance]:
    return [event(participant, cast["lin"], **values) for values in (NAUSEA, PRESSURE)]


def event(participant: Participant, by: User, log: str = "AE", **values: str) -> FormInstance:
    line = log_line_add(by=by, participant=participant, log=log)
    world.fill(line, by, values, complete=False)
    return line


def page_of(client: Client, address: str = AE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


# --- the table --------------------------------------------------------------------------------------------------------


def test_a_line_is_readable_without_opening_it(at: Any, events: Any) -> None:
    html = page_of(at("lin"))
    row = html[html.index('id="line-1"') : html.index('id="line-2"')]
    for words in ("Nausea", "14 Mar 2024", "18 Mar 2024", "OXA ✓", "none"):
        assert words in row, words
    assert "CAM ✓" not in row
    other = html[html.index('id="line-2"') :]
    assert "continues" in other
    assert "Dose reduced: APA" in other
    assert "Grade 3 or higher" in other


def test_an_empty_log_asks_to_confirm_that_there_is_nothing(at: Any, participant: Participant) -> None:
    html = page_of(at("lin"))
    assert "No adverse event recorded. Confirm none since last visit." in html
    assert 'name="aeyn"' in html
    assert "Add event" in html
    assert "Add event" not in page_of(at("mo")), "a monitor enters nothing"


def test_sorting_and_filters_are_in_the_address(at: Any, events: Any) -> None:
    lin = at("lin")
    assert _numbers(page_of(lin, AE + "?sort=-n")) == [2, 1]
    assert _numbers(page_of(lin, AE + "?sort=grade")) == [2, 1]
    assert _numbers(page_of(lin, AE + "?sort=-start")) == [2, 1]
    assert _numbers(page_of(lin, AE + "?show=grade3")) == [2]
    assert _numbers(page_of(lin, AE + "?show=nonsense&sort=nonsense")) == [1, 2]


def _numbers(html: str) -> list[int]:
    return [int(part.split('"')[0]) for part in html.split('<tr data-line="')[1:]]


def test_the_number_of_queries_does_not_grow_with_the_lines(
    at: Any, events: Any, participant: Any, cast: Any
) -> None:
    lin = at("lin")
    page_of(lin)
    with CaptureQueriesContext(connection) as few:
        page_of(lin)
    for _ in range(6):
        event(participant, cast["lin"], **NAUSEA)
    with CaptureQueriesContext(connection) as many:
        page_of(lin)
    assert len(many) == len(few)


def test_a_bar_says_in_which_cycle_it_begins() -> None:
    scale = Scale(
        dt.date(2024, 3, 4), dt.date(2024, 5, 1), (("C1", dt.date(2024, 3, 14)), ("C2", dt.date(2024, 3, 28)))
    )
    bar = str(span_figure(scale, dt.date(2024, 4, 5), dt.date(2024, 4, 12)))
    assert "C2 day 9" in bar
    assert "style=" not in bar
    early = str(span_figure(scale, dt.date(2024, 3, 5), dt.date(2024, 3, 6), goes_on=True))
    assert "day" not in early.split("aria-label")[1].split(">")[0]
    assert "continues" in early


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("log", ["ae", "cm", "mh", "pr", "dv"])
def test_every_log_has_its_page(
    at: Any, participant: Participant, cast: Any, log: str, language: str
) -> None:
    User.objects.filter(username="lin").update(language=language)
    log_line_copy(by=cast["lin"], form=event(participant, cast["lin"], log.upper(), **TERM[log]))
    html = page_of(at("lin"), f"/p/01-003/log/{log}/")
    assert _numbers(html) == [1, 2], "a line that waits as a draft is listed"
    assert page_of(at("lin"), f"/p/01-003/log/{log}/1/")


# --- lines ------------------------------------------------------------------------------------------------------------


def test_adding_opens_the_next_line(at: Any, events: Any) -> None:
    answer = at("lin").post(AE + "add/")
    assert answer["Location"] == AE + "3/"
    again = at("lin").post(AE + "add/")
    assert again["Location"] == AE + "3/", "a line that was never saved is given again"
    assert at("mo").post(AE + "add/").status_code == 403
    assert at("wu").post(AE + "add/").status_code == 404
    for address in ("dth/add/", "sact/add/", "dth/1/copy/", "dth/1/remove/"):
        assert at("lin").post(f"/p/01-003/log/{address}").status_code == 404, "no log of records"


def test_the_form_of_a_line_stands_alone_in_the_drawer(at: Any, events: Any) -> None:
    lin = at("lin")
    part = lin.get(AE + "1/", headers=HTMX).content.decode()
    assert "<html" not in part
    assert 'data-line-form="1"' in part
    assert 'name="aeterm"' in part
    whole = page_of(lin, AE + "1/")
    assert "<html" in whole
    assert 'name="aeterm"' in whole


def test_saving_and_completing_from_the_drawer(at: Any, events: Any) -> None:
    lin = at("lin")
    line = events[0]
    post = {"version": 1, "token": "a" * 20, "action": "save", "aeterm": "Vomiting"}
    saved = lin.post(AE + "1/", post | _posted(line), headers=HTMX)
    assert (saved.status_code, saved["Location"]) == (302, AE + "1/")
    wrong = lin.post(
        AE + "1/", post | _posted(line) | {"aetoxgr": "9", "version": 2, "token": "b" * 20}, headers=HTMX
    )
    assert wrong.status_code == 422
    assert "<html" not in wrong.content.decode()
    assert sheet_of(line).get("aeterm") == "Vomiting"


def _posted(line: FormInstance) -> dict[str, Any]:
    from tests.benchmarks.copies import post_of

    kept = post_of(sheet_of(line))
    kept.pop("aeterm")
    return kept


def test_a_copy_has_a_new_number_and_no_dates(participant: Participant, cast: Any, events: Any) -> None:
    made = log_line_copy(by=cast["lin"], form=events[0])
    assert (made.repeat, made.version) == (3, 0), "nothing is data until it is saved"
    content = Draft.objects.get(form=made, user=cast["lin"]).content
    assert content["aeterm"] == ["Nausea"]
    assert content["aerel_oxa"] == ["PROBABLE"]
    assert not [name for name in content if name.startswith(("aestdat", "aeendat"))]
    assert casebook(participant.pk).all("AE1")[-1].repeat == 2


def test_a_line_that_was_never_saved_is_not_copied(at: Any, events: Any) -> None:
    lin = at("lin")
    lin.post(AE + "add/")
    refused = lin.post(AE + "3/copy/")
    assert refused.status_code == 422
    assert "Save this line first" in refused.content.decode()


def test_a_copy_through_the_browser(at: Any, events: Any) -> None:
    lin = at("lin")
    answer = lin.post(AE + "2/copy/")
    assert answer["Location"] == AE + "3/"
    assert 'value="Hypertension"' in page_of(lin, AE + "3/")
    assert "Draft" in page_of(lin)
    assert at("mo").post(AE + "2/copy/").status_code == 403


def test_a_line_is_taken_out_with_a_reason(at: Any, events: Any, participant: Participant) -> None:
    lin = at("lin")
    refused = lin.post(AE + "1/remove/", {"reason": "  "})
    assert refused.status_code == 422
    assert "Say why this line is taken out." in refused.content.decode()
    assert lin.post(AE + "1/remove/", {"reason": "Entered twice"})["Location"] == AE
    html = page_of(lin)
    assert _numbers(html) == [2]
    assert "Entered twice" in html
    assert "This line was taken out of the log." in page_of(lin, AE + "1/")
    assert AuditEvent.objects.filter(path="@active", reason="Entered twice").count() == 1
    assert [s.repeat for s in casebook(participant.pk).all("AE1")] == [2]
    assert lin.post(AE + "add/")["Location"] == AE + "3/", "a number is never used again"


# --- the head ---------------------------------------------------------------------------------------------------------


def test_the_head_cannot_say_no_while_there_are_lines(
    participant: Participant, cast: Any, events: Any
) -> None:
    head = world.form(participant, "AE")
    with pytest.raises(Invalid) as refused:
        world.fill(head, cast["lin"], {"aeyn": "N"}, complete=False)
    assert "2 lines" in refused.value.errors["aeyn"]
    for line in events:
        log_line_remove(by=cast["lin"], form=line, reason="Not an event")
    world.fill(head, cast["lin"], {"aeyn": "N"})
    assert sheet_of(head).get("aeyn") == "N"


def test_the_page_says_where_head_and_lines_disagree(at: Any, participant: Participant, cast: Any) -> None:
    head = world.form(participant, "AE")
    world.fill(head, cast["lin"], {"aeyn": "Y"}, complete=False)
    assert "answered with Yes" in page_of(at("lin"))
    world.fill(world.form(participant, "AE"), cast["lin"], {"aeyn": "N"}, complete=False)
    event(participant, cast["lin"], **NAUSEA)
    assert "answered with No" in page_of(at("lin"))


# --- the report of a serious event -------------------------------------------------------------------------------------


def sae(**values: Any) -> Sheet:
    return Sheet("AE1", values={"aeser": "Y", **values})


@pytest.mark.parametrize(
    ("aware", "reported", "today", "state", "words"),
    [
        (None, None, 3, "none", "clock starts"),
        (3, None, 3, "prog", "Report by 4 Jun 2024 (24 h)."),
        (3, None, 4, "prog", "Report by 4 Jun 2024 (24 h)."),
        (3, None, 5, "due", "Report overdue by 1 day."),
        (3, None, 7, "due", "Report overdue by 3 days."),
        (3, 4, 9, "comp", "Reported within 24 h."),
        (3, 5, 9, "comp", "Reported 1 day late."),
    ],
)
def test_the_clock_of_a_serious_event(aware: Any, reported: Any, today: int, state: str, words: str) -> None:
    """Days are known, hours are not: 24 h from awareness end with the next day."""
    day = {n: dt.date(2024, 6, n) for n in (3, 4, 5, 7, 9)}
    path = sae_path(sae(sae_awaredat=day.get(aware), sae_repdat=day.get(reported)), day[today])
    assert path is not None
    assert path.state == state
    assert words in path.words


def test_only_a_serious_event_has_a_clock() -> None:
    assert sae_path(Sheet("AE1", values={"aeser": "N"}), dt.date(2024, 6, 3)) is None


# --- references -------------------------------------------------------------------------------------------------------


def test_references_offer_lines_by_their_names(participant: Participant, cast: Any, events: Any) -> None:
    cycle = world.form(participant, "EC", "C1")
    field = form_def("EC").fields["ec_delay_aeref"]
    assert reference_choices(cycle, field) == [("1", "#1 Nausea"), ("2", "#2 Hypertension")]
    history = event(participant, cast["lin"], "MH", mhterm="Hepatitis B")
    both = reference_choices(cycle, form_def("LB").section("LB2").fields[-2])
    assert ("AE:1", "AE #1 Nausea") in both
    assert (f"MH:{history.repeat}", "MH #1 Hepatitis B") in both
    visits = reference_choices(cycle, form_def("DV1").fields["dv_visit"])
    assert visits[0][0] == "SCR"


def test_a_reference_to_a_line_that_is_not_there_is_refused(
    participant: Participant, cast: Any, events: Any
) -> None:
    medication = event(participant, cast["lin"], "CM", cmtrt="Ondansetron")
    values = {"cmtrt": "Ondansetron", "cm_indtype": "AE"}
    world.fill(medication, cast["lin"], values | {"cmaeno": "2"}, complete=False)
    assert sheet_of(medication).get("cmaeno") == "AE:2"
    with pytest.raises(Invalid) as refused:
        world.fill(medication, cast["lin"], values | {"cmaeno": "9"}, complete=False)
    assert "AE #9" in refused.value.errors["cmaeno"]
    log_line_remove(by=cast["lin"], form=events[0], reason="Entered twice")
    with pytest.raises(Invalid):
        world.fill(medication, cast["lin"], values | {"cmaeno": "1"}, complete=False)
    deviation = event(participant, cast["lin"], "DV", dvterm="Late visit")
    with pytest.raises(Invalid):
        world.fill(deviation, cast["lin"], {"dvterm": "Late visit", "dv_visit": "FUIMG7"}, complete=False)


def test_the_table_is_that_of_the_day(participant: Participant, cast: Any, events: Any) -> None:
    log = log_of(world.form(participant, "AE"), dt.date(2024, 4, 30))
    assert [line.number for line in log.lines] == [1, 2]
    assert log.filters("")[0][2] == 2
    assert Decimal(log.lines[1].grade) == 3
