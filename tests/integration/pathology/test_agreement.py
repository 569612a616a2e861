"""Reader agreement: only what is released, the same figures everywhere, for nobody who reads."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from crf.models import FormInstance, LocalNodule, LocalPathology
from pathology import agreement_page, drawing
from pathology.agreement.results import results_of
from pathology.agreement_report import build, definition, document
from pathology.exports.agreement import lines_of
from pathology.models import AgreementFigure, AgreementReport, PathologyCase, Reading
from pathology.selectors.agreement import material, results, version
from pathology.selectors.rereads import candidates, drawn_by_lot, planned
from pathology.services import reading_save, reading_take, reread_open
from pathology.services.agreement import (
    agreement_report_downloaded,
    agreement_report_request,
    agreement_report_retry,
)
from tests import world
from tests.integration.pathology.conftest import Submit, answers
from tests.integration.pathology.many_cases import START, again, cases_made
from tests.world import reading_notes
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

PAIRS = [
    (8, 10),
    (0, 1),
    (30, 45),
    (12, 7),
    (80, 75),
    (5, 5),
    (60, 35),
    (2, 0),
    (95, 90),
    (20, 25),
    (10, 11),
    (40, 55),
]
PAGE = "/pathology/agreement/"


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Rows written straight into the tables may repeat a version that another test had."""
    cache.clear()


def enter(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def many(cast: dict[str, User]) -> list[PathologyCase]:
    return cases_made(PAIRS, [(cast["p1"], cast["p2"])], cast["p3"])


# --- what is counted --------------------------------------------------------------------------------------------------


def test_a_case_is_counted_from_its_release_on(
    case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    """As services leave it: nothing before the release, then exactly what the forms say."""
    submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "14")
    submit(cast["p3"], case, "9")
    before = version()
    assert material().cases == []
    world.released(case)
    assert version() != before
    (found,) = material().cases
    assert (found.code, found.participant, found.needed) == (case.code, case.participant.number, True)
    assert found.reasons == ("MPR_DISC",)
    assert {slot: read.value.rvt for slot, read in found.reads.items()} == {"R1": 8.0, "R2": 14.0, "ADJ": 9.0}
    assert found.final[1:] == (9.0, "Y", "N")
    assert found.final_nodules == {1: 9.0}
    own = found.reads["ADJ"].opinion
    assert own is not None
    assert own == found.reads["ADJ"].value
    assert found.local is None  # no local report yet


def test_a_reading_that_was_opened_again_is_not_counted(
    case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    from pathology.services import reading_reopen_ask, reading_reopen_decide

    reading = submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "9")
    world.released(case)
    assert len(material().cases) == 1
    reading.refresh_from_db()
    asked = reading_reopen_ask(by=cast["p1"], reading=reading, reason="Wrong slide")
    reading_reopen_decide(by=cast["da"], reopening=asked, granted=True)
    assert material().cases == []


def test_a_reread_stands_beside_the_first_reading(
    case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    """By the services: opened, read under its new code, and never a value of the trial."""
    reading = submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "9")
    world.released(case)
    reading.refresh_from_db()
    made = reread_open(by=cast["da"], reading=reading)
    assert material().again == []
    mine = reading_take(by=cast["p1"], case=made)
    before = version()
    reading_save(
        by=cast["p1"],
        reading=mine,
        typed=answers("12"),
        notes=reading_notes(mine),
        submit=True,
        components=("username",),
    )
    assert version() != before
    (found,) = material().again
    assert (found.code, found.first_code) == (made.code, case.code)
    assert (found.first.value.rvt, found.again.value.rvt) == (8.0, 12.0)
    assert (found.first.value.mpr, found.again.value.mpr) == ("Y", "N")
    (still,) = material().cases
    assert still.final.rvt == 8.5


def test_local_values_are_judged_by_the_rules_of_the_central_ones(cast: dict[str, User]) -> None:
    """D-24 of the local report: 10.0 is MPR; 0 % is pCR unless there is viable tumour elsewhere; drafts do not count."""
    made = cases_made([(0, 0), (20, 20)], [(cast["p1"], cast["p2"])], cast["p3"])
    zero = LocalPathology.objects.filter(form__participant=made[0].participant_id)
    more = LocalPathology.objects.filter(form__participant=made[1].participant_id)

    def local() -> list[tuple[float | None, str, str] | None]:
        return [case.local and case.local[1:] for case in material().cases]

    assert local() == [(4.0, "Y", "N"), (24.0, "N", "N")]
    zero.update(lp_rvt_case=0)
    LocalNodule.objects.filter(form__participant=made[0].participant_id).update(lpn_rvt=0)
    more.update(lp_rvt_case="10.0")
    assert local() == [(0.0, "Y", "Y"), (10.0, "Y", "N")]
    zero.update(lp_mvi="M1")
    more.update(lp_rvt_case="10.1")
    assert local() == [(0.0, "Y", "N"), (10.1, "N", "N")]
    FormInstance.objects.filter(participant=made[0].participant_id, form_key="LPATH").update(
        status="IN_PROGRESS"
    )
    assert local() == [None, (10.1, "N", "N")]


# --- the figures ------------------------------------------------------------------------------------------------------


def test_the_figures_of_twelve_cases(many: list[PathologyCase]) -> None:
    """The same data as `percentages` of the oracle, but for whole points: R gives ICC(2,1) 0.95."""
    found = results_of(material())
    whole = found["all"]
    assert (found["cases"], whole["n"], len(found["pairs"])) == (12, 12, 1)
    assert whole["icc"]["headline"] == "absolute"
    assert round(whole["icc"]["absolute"]["estimate"], 2) == 0.95
    assert whole["differences"]["bias"] == pytest.approx(sum(a - b for a, b in PAIRS) / 12)
    needed = sum(abs(a - b) > 10 or (a <= 10) != (b <= 10) or (a == 0) != (b == 0) for a, b in PAIRS)
    assert (found["adjudication"]["x"], found["adjudication"]["n"]) == (needed, 12)
    assert found["adjudication"]["reasons"] == {"MPR_DISC": needed, "RVT_DIFF": needed}
    assert sum(map(sum, whole["table"])) == 12
    assert found["local"]["case"]["differences"]["bias"] > 4
    assert [line[0] for line in found["local"]["far"]] == [many[9].code]


def test_readers_in_another_place_are_the_same_pair(cast: dict[str, User]) -> None:
    """Who was allocated first is chance: the pair is named, and its difference has one direction."""
    cases_made([(8, 10), (20, 25), (60, 66)], [(cast["p1"], cast["p2"])], cast["p3"])
    cases_made([(11, 9), (31, 30), (50, 41)], [(cast["p2"], cast["p1"])], cast["p3"])
    found = results_of(material())
    (pair,) = found["pairs"]
    assert pair["n"] == 6
    one, two = (found["names"][str(pk)] for pk in pair["readers"])
    assert one < two
    sign = 1 if pair["readers"][0] == cast["p1"].pk else -1
    expected = [8 - 10, 20 - 25, 60 - 66, 9 - 11, 30 - 31, 41 - 50]
    assert pair["differences"]["bias"] == pytest.approx(sign * sum(expected) / 6)


def test_other_readers_leave_only_the_one_way_correlation(cast: dict[str, User]) -> None:
    pairs = [(cast["p1"], cast["p2"]), (cast["p1"], cast["p3"])]
    cases_made(PAIRS, pairs, cast["ad"])
    found = results_of(material())
    assert [pair["n"] for pair in found["pairs"]] == [6, 6]
    assert found["all"]["icc"]["headline"] == "one"
    assert "absolute" not in found["all"]["icc"]
    assert all(pair["icc"]["headline"] == "absolute" for pair in found["pairs"])


def test_fewer_than_five_say_so(cast: dict[str, User], client: Client) -> None:
    cases_made(PAIRS[:4], [(cast["p1"], cast["p2"])], cast["p3"])
    found = results_of(material())
    assert found["all"]["few"]
    assert "icc" not in found["all"]
    assert drawing.wanted("v", found, "en") == {}
    text = enter(client, cast["da"]).get(PAGE).content.decode()
    assert "too few (n = 4)" in text
    assert "<svg role" not in text


def test_readers_who_never_differ_have_no_kappa_but_no_error(cast: dict[str, User], client: Client) -> None:
    """Zero variance everywhere: said plainly, in both languages."""
    cases_made([(5, 5)] * 6, [(cast["p1"], cast["p2"])], cast["p3"])
    found = results_of(material())
    assert found["all"]["icc"]["why"] == "constant"
    assert found["all"]["kappa"]["mpr"]["why"] == "constant"
    cards = {card.title: card.value for card in agreement_page.cards(found)}
    assert cards["Absolute agreement of two readers"] == "no variation"
    for language in ("en", "zh-hans"):
        User.objects.filter(pk=cast["da"].pk).update(language=language)
        assert enter(client, User.objects.get(pk=cast["da"].pk)).get(PAGE).status_code == 200


def test_drift_of_a_reader_is_the_reread_minus_the_first(
    many: list[PathologyCase], cast: dict[str, User]
) -> None:
    for place, case in enumerate(many[:6]):
        again(case, min(PAIRS[place][0] + place, 100), days=100 * (place + 1))
    (line,) = results_of(material())["drift"]
    assert (line["reader"], line["n"]) == (cast["p1"].pk, 6)
    assert line["differences"]["bias"] == pytest.approx(2.5)
    assert line["trend"]["slope"] == pytest.approx(1.0)  # one point in a hundred days


def test_an_opinion_that_was_revised(many: list[PathologyCase]) -> None:
    """The adjudicator of 30 and 45 answered 37 before, and 37.5 after seeing both."""
    found = results_of(material())["adjudicator"]
    decided = [(a, b) for a, b in PAIRS if abs(a - b) > 10 or (a <= 10) != (b <= 10) or (a == 0) != (b == 0)]
    assert found["revised"]["n"] == len(decided)
    assert found["revised"]["x"] == sum((a + b) % 2 for a, b in decided)


def test_as_many_queries_for_four_times_the_cases(
    cast: dict[str, User], django_assert_num_queries: Any, client: Client
) -> None:
    cases_made(PAIRS, [(cast["p1"], cast["p2"])], cast["p3"])
    with django_assert_num_queries(9):
        material()
    cases_made(PAIRS * 4, [(cast["p1"], cast["p2"])], cast["p3"])
    with django_assert_num_queries(9):
        material()


def test_figures_are_computed_once_for_a_version(
    many: list[PathologyCase], django_assert_num_queries: Any
) -> None:
    results()
    with django_assert_num_queries(4):
        results()
    Reading.objects.filter(case=many[0], slot="R1").update(seconds=999)
    assert results()[1]["readers"][0]["minutes"]["n"] == 12


# --- the page ---------------------------------------------------------------------------------------------------------


def test_readers_and_sites_never_see_it(
    many: list[PathologyCase], cast: dict[str, User], client: Client
) -> None:
    paths = [PAGE, f"{PAGE}data/pairs/", "/pathology/rereads/"]
    for name in ("p1", "p3", "lin", "chen", "ad"):
        for path in paths:
            assert enter(client, cast[name]).get(path).status_code == 404, (name, path)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_draws_in_a_worker_and_waits(
    language: str, many: list[PathologyCase], cast: dict[str, User], client: Client
) -> None:
    User.objects.filter(username="st").update(language=language)
    enter(client, User.objects.get(username="st"))
    first = client.get(PAGE)
    assert 'data-poll-url="/pathology/agreement/?poll=1&amp;drawn=0"' in first.content.decode()
    assert client.get(f"{PAGE}?poll=1&drawn=0").status_code == 204
    assert drawing.draw_missing(language) == 4  # no re-reads, so no drift
    done = client.get(f"{PAGE}?poll=1&drawn=0")
    assert done.status_code == 286
    assert done.content.decode().count('<svg role="img" aria-label=') == 4
    assert drawing.draw_missing(language) == 0
    assert AgreementFigure.objects.count() == 4


def test_no_figure_names_a_case_or_a_participant(many: list[PathologyCase]) -> None:
    drawing.draw_missing("en")
    for svg in AgreementFigure.objects.values_list("svg", flat=True):
        assert "P-T" not in svg
        assert "01-0" not in svg


def test_cases_far_apart_lead_to_the_participant(
    many: list[PathologyCase], cast: dict[str, User], client: Client
) -> None:
    text = enter(client, cast["da"]).get(PAGE).content.decode()
    far = text.partition('id="far"')[2].partition("</table>")[0]
    assert many[9].code in far
    assert f'href="/p/{many[9].participant.number}/"' in far
    assert many[3].code not in far


# --- lines ------------------------------------------------------------------------------------------------------------


def test_the_lines_are_what_the_figures_are_made_from(many: list[PathologyCase]) -> None:
    lines = lines_of("pairs", None)
    column = list(lines.heads).index("difference")
    found = results_of(material())["all"]["differences"]["bias"]
    assert sum(row[column] for row in lines.rows) / len(lines.rows) == pytest.approx(found)
    assert len(lines_of("local", None).rows) == 12
    assert lines_of("pairs", set()).rows == []  # of no site


def test_all_readings_by_nodule_as_a_file(
    many: list[PathologyCase], cast: dict[str, User], client: Client
) -> None:
    again(many[0], 9, days=90)
    response = enter(client, cast["st"]).post(f"{PAGE}data/readings/csv/")
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    adjudicated = Reading.objects.filter(slot="ADJ", case__in=many).count()
    assert len(rows) == 24 + adjudicated + 1
    first = next(row for row in rows if row["case"] == many[0].code and row["place"] == "R1")
    assert (first["reader"], first["rvt"], first["viable"], first["nodule"]) == ("p1", "8.0", "8.00", "1")
    (reread,) = [row for row in rows if row["reread_of"]]
    assert (reread["reread_of"], reread["viable"], reread["final_rvt"]) == (many[0].code, "9.00", "")
    event = AuditEvent.objects.filter(action="EXPORTED").latest("pk")
    assert event.new.startswith(f"{len(rows)} lines")


def test_single_readings_are_for_who_exports(
    many: list[PathologyCase], cast: dict[str, User], client: Client
) -> None:
    enter(client, cast["ins"])
    assert client.get(f"{PAGE}data/readings/").status_code == 404
    assert client.post(f"{PAGE}data/readings/csv/").status_code == 404
    assert client.get(f"{PAGE}data/pairs/").status_code == 200
    assert client.get(f"{PAGE}data/nothing/").status_code == 404


# --- the report -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_report_is_built_kept_and_taken(
    language: str,
    many: list[PathologyCase],
    cast: dict[str, User],
    client: Client,
    settings: Any,
    tmp_path: Any,
) -> None:
    settings.VAR_DIR = tmp_path
    job = agreement_report_request(by=cast["st"], language=language, definition=definition())
    assert agreement_report_request(by=cast["da"], language=language, definition=definition()) == job
    assert build(job.pk)
    job.refresh_from_db()
    assert (job.state, job.pages > 3) == ("READY", True)
    enter(client, cast["da"])
    assert job.sha256[:12] in client.get(PAGE).content.decode()
    taken = client.get(reverse("agreement_report_download", args=[job.pk]))
    assert b"".join(taken.streaming_content)[:5] == b"%PDF-"  # type: ignore[attr-defined]
    assert AuditEvent.objects.filter(action="REPORT_DOWNLOADED", new=job.sha256).count() == 1
    again_made = document(job.content, language, lambda done: None)
    assert again_made == document(job.content, language, lambda done: None)
    assert ('lang="zh-Hans"' in again_made) is (language == "zh-hans")


def test_a_report_needs_a_released_case_and_a_right(cast: dict[str, User], many: list[PathologyCase]) -> None:
    for name in ("p1", "lin"):
        with pytest.raises(Refused):
            agreement_report_request(by=cast[name], language="en", definition="")
    job = agreement_report_request(by=cast["st"], language="en", definition="")
    with pytest.raises(Refused):
        agreement_report_downloaded(by=cast["p1"], job=job)
    AgreementReport.objects.filter(pk=job.pk).update(state="FAILED")
    agreement_report_retry(by=cast["st"], job=job)
    job.refresh_from_db()
    assert job.state == "QUEUED"


def test_nothing_released_nothing_to_report(cast: dict[str, User], client: Client) -> None:
    with pytest.raises(Refused):
        agreement_report_request(by=cast["st"], language="en", definition="")
    text = enter(client, cast["st"]).get(PAGE).content.decode()
    assert "No central result is released yet." in text


# --- planned re-reads -------------------------------------------------------------------------------------------------


def test_drawn_by_lot_old_enough_and_never_twice(many: list[PathologyCase], cast: dict[str, User]) -> None:
    chosen = drawn_by_lot([cast["p1"].pk, cast["p2"].pk], 5, 60)
    assert sorted(reading.reader.username for reading in chosen if reading.reader) == ["p1"] * 5 + ["p2"] * 5
    assert len({reading.pk for reading in chosen}) == 10
    assert drawn_by_lot([cast["p1"].pk], 5, 3650) == []
    assert len(drawn_by_lot([cast["p1"].pk], 50, 0)) == 12
    assert drawn_by_lot([cast["p3"].pk], 5, 0) == []  # an adjudication is not read again


def test_those_never_read_again_come_first(many: list[PathologyCase], cast: dict[str, User]) -> None:
    for case in many[:10]:
        again(case, 9, days=1)
    chosen = {reading.case_id for reading in drawn_by_lot([cast["p1"].pk], 2, 0)}
    assert chosen == {many[10].pk, many[11].pk}


def test_the_data_manager_plans_by_lot(
    many: list[PathologyCase], cast: dict[str, User], client: Client
) -> None:
    enter(client, cast["da"])
    due = (dt.date.today() + dt.timedelta(20)).isoformat()
    asked = {"action": "draw", "reader": "p1", "each": "3", "days": "0", "due": due}
    assert client.post("/pathology/rereads/", asked).status_code == 302
    lines = planned()
    assert [(line.reader, line.state, line.due_on.isoformat()) for line in lines if line.due_on] == [
        (str(cast["p1"]), "waiting", due)
    ] * 3
    assert len({line.first_code for line in lines}) == 3
    assert candidates(cast["p1"].pk).count() == 9
    text = client.get("/pathology/rereads/").content.decode()
    assert all(line.code in text for line in lines)


def test_the_data_manager_chooses(many: list[PathologyCase], cast: dict[str, User], client: Client) -> None:
    enter(client, cast["da"])
    one, two = candidates(cast["p2"].pk)[:2]
    due = (dt.date.today() + dt.timedelta(20)).isoformat()
    client.post("/pathology/rereads/", {"action": "chosen", "reading": [one.pk, two.pk, "x"], "due": due})
    assert {line.first_code for line in planned()} == {one.case.code, two.case.code}
    client.post("/pathology/rereads/", {"action": "chosen", "reading": [one.pk], "due": due})
    assert len(planned()) == 2  # it is with the reader already


@pytest.mark.parametrize(
    "wrong",
    [
        {"due": ""},
        {"due": "2020-01-01"},
        {"each": "0"},
        {"each": "900"},
        {"days": "-3"},
        {"action": "chosen"},
    ],
)
def test_bad_input_plans_nothing(
    wrong: dict[str, str], many: list[PathologyCase], cast: dict[str, User], client: Client
) -> None:
    due = (dt.date.today() + dt.timedelta(20)).isoformat()
    asked = {"action": "draw", "each": "3", "days": "0", "due": due} | wrong
    response = enter(client, cast["da"]).post("/pathology/rereads/", asked)
    assert response.status_code == 422
    assert "Nothing was planned" in response.content.decode()
    assert planned() == []


def test_a_reread_tells_its_reader_nothing(
    many: list[PathologyCase], cast: dict[str, User], client: Client
) -> None:
    """Neither the word, nor the first code, nor that it is one."""
    first = many[0].readings.get(slot="R1")
    made = reread_open(by=cast["da"], reading=first, due=START.date())
    enter(client, cast["p1"])
    for path in ("/readings/", f"/readings/{made.code}/"):
        text = client.get(path).content.decode().lower()
        assert made.code.lower() in text
        assert "re-read" not in text
        assert "reread" not in text
    assert many[0].code not in client.get(f"/readings/{made.code}/").content.decode().partition("<main")[2]
