"""The participants as matrix: what a cell says, which rows a chip leaves, what the keyboard and the screen reader find."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from crf.models import FormInstance, FormStatus
from crf.schedule import VISITS
from crf.selectors import lines, work
from crf.selectors.matrix import facts, matrix_rows, text_of, visits_of
from participants.models import Participant, Visit
from tests import world
from trialsite.accounts.models import User

from .conftest import Sign, imported, overdue

Trial = dict[str, Participant]


class Page(HTMLParser):
    """Elements with their attributes, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.found if t == tag and all(a.get(k) == v for k, v in wanted.items())]


def get(client: Any, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def rows(html: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*><a[^>]*>([^<]+)</a>', html)


def names(html: str) -> dict[str, str]:
    """What each cell is called, by "01-002 SCR"."""
    said = re.findall(r'aria-label="(\d\d-\d+ [^":]+): ([^"]*)"', html)
    return dict(said)


def test_a_row_for_each_participant_of_my_sites_and_a_column_for_each_visit(at: Sign, trial: Trial) -> None:
    html = get(at("lin"), "/participants/")
    page = Page(html)
    assert rows(html) == ["01-001", "01-002", "01-003"]
    assert "02-001" not in html
    heads = [a for a in page.all("th", scope="col") if str(a.get("class", "")).startswith("vh")]
    assert len(heads) == len(VISITS) + 1 == 34  # and the logs
    assert rows(get(at("da"), "/participants/")) == ["01-001", "01-002", "01-003", "02-001"]


def test_cells_say_what_has_happened_and_what_should(at: Sign, trial: Trial) -> None:
    said = names(get(at("lin"), "/participants/"))
    assert said["01-001 SCR"] == "0/15 forms complete"
    assert said["01-002 SCR"] == "1/15 forms complete, 2 open queries"
    assert said["01-003 C2"] == "Overdue, 0/6 forms complete"
    assert said["01-003 C5"] == "not expected"
    assert said["01-003 BAS"] == "Planned, 0/4 forms complete"


def test_the_states_of_a_cell() -> None:
    expected = {
        "P0w---": "plan", "P1w---": "none", "P1o---": "due", "D1p---": "prog", "D1c--- D1w---": "prog",
        "D1c---": "comp", "D1cF--": "comp", "D1cL-- D1cL--": "lock", "D1cL-- D1cF--": "comp", "C0----": "na",
        "C1c---": "comp", "M1w---": "missed", "P1----": "plan",
    }  # fmt: skip
    assert {flags: facts("C2.1", flags).state for flags in expected} == expected
    assert facts("C2.1", "D1cF--").frozen
    asked = facts("C2.1", "D1c---q2a1 D1p---q13")
    assert (asked.queries, asked.answered) == (15, 1)


def test_the_marks_of_a_cell() -> None:
    """Verified and signed when every form is that can be; a partly verified or unsigned form keeps the mark away."""
    marked = {
        "D1c-VS": (True, True), "D1c-VS D1c-~S": (True, True), "D1c-VS D1c-PS": (False, True), "D1c-~~": (False, False),
        "D1c-VS D1c-V-": (True, False), "D1c-VX": (True, False), "D1c--S": (False, True),
    }  # fmt: skip
    found = {flags: facts("C2.1", flags) for flags in marked}
    assert {flags: (v.verified, v.signed) for flags, v in found.items()} == marked


def test_keyboard_grid(at: Sign, trial: Trial) -> None:
    page = Page(get(at("lin"), "/participants/"))
    assert page.all("table", role="grid")[0]["aria-label"]
    cells = [a for a in page.all("a") if a.get("class") == "cell"]
    assert cells
    assert all(a["tabindex"] == "-1" and a["aria-label"] for a in cells)
    assert all(str(a["href"]).startswith("/p/01-") for a in cells), "without script a cell is a link"
    overdue_cell = next(a for a in cells if str(a["aria-label"]).startswith("01-003 C2"))
    assert overdue_cell["data-pop"] == "/participants/cell/01-003/C2/"
    assert overdue_cell["data-next"] == "/participants/next/01-003/C2/"


def test_what_needs_me_glows_for_who_enters_data_only(at: Sign, trial: Trial) -> None:
    assert get(at("lin"), "/participants/").count(" todo") >= 2
    assert '<td class="c od todo' not in get(at("mo"), "/participants/")


@pytest.mark.parametrize("view", ["matrix", "list", "work"])
def test_a_chip_counts_the_rows_that_it_leaves(at: Sign, trial: Trial, view: str) -> None:
    client = at("lin")
    html = get(client, f"/participants/?view={view}")
    chips = re.findall(r'<a class="chip" href="([^"]+)"[^>]*>.*?<b>(\d+)</b></a>', html, re.DOTALL)
    assert len(chips) == 6
    for href, count in chips:
        listed = get(client, href.replace("&amp;", "&"))
        found = re.findall(r'<a class="fw-6" href="/p/', listed) if view != "matrix" else rows(listed)
        assert len(found) == int(count), href


def test_the_chips_of_the_matrix(at: Sign, trial: Trial) -> None:
    html = get(at("lin"), "/participants/")
    counted = re.findall(r"</(?:svg|span)> ([A-Z][a-z ]+) <b>(\d+)</b>|>([A-Z][a-z ]+) <b>(\d+)</b>", html)
    assert {a or c: int(b or d) for a, b, c, d in counted} == {
        "All": 3, "Needs my work": 2, "Overdue": 1, "In progress": 1, "Open queries": 1,
        "Waiting for signature": 1,
    }  # fmt: skip


def test_cells_list_and_work_agree(cast: dict[str, User], trial: Trial) -> None:
    """One definition of what is overdue, unfinished, asked about or to be signed, asked in three ways."""
    FormInstance.objects.filter(participant=trial["01-001"], form_key="SACT").update(
        status=FormStatus.IN_PROGRESS, version=1
    )
    found, _imported = matrix_rows(cast["lin"])
    for need, counted in (
        ("overdue", "overdue"),
        ("progress", "progress"),
        ("queries", "queries"),
        ("sign", "unsigned"),
    ):
        from_forms = [line.number for line in lines.work_lines(cast["lin"], need)]
        from_rows = [row.number for row in found for _ in range(getattr(row, counted))]
        assert sorted(from_forms) == sorted(from_rows), need
    day = work.trial_day()
    assert {line.number for line in lines.work_lines(cast["lin"], "overdue") if line.late(day)} == {"01-003"}


def test_a_locked_form_asks_nobody_to_answer(cast: dict[str, User], trial: Trial) -> None:
    FormInstance.objects.filter(participant=trial["01-002"], form_key="DM").update(locked=True)
    found, _imported = matrix_rows(cast["lin"])
    assert [row.queries for row in found] == [0, 0, 0]
    assert not lines.work_lines(cast["lin"], "queries")


def test_next_due_is_the_window_that_closes_first(at: Sign, trial: Trial) -> None:
    html = get(at("lin"), "/participants/")
    assert "C2 overdue 10 d" in html
    overdue(trial["01-003"], "C3", 12)
    assert "C3 overdue 12 d" in get(at("lin"), "/participants/")


def test_an_optional_visit_is_not_overdue(at: Sign, cast: dict[str, User], trial: Trial) -> None:
    where = {"participant": trial["01-001"], "code": "ADJ1", "order": 30101}
    visit = Visit.objects.create(**where)
    FormInstance.objects.create(participant=trial["01-001"], visit=visit, form_key="EC", required="C")
    overdue(trial["01-001"], "ADJ1", 30)
    html = get(at("lin"), "/participants/")
    assert names(html)["01-001 ADJ1"] == "0/1 forms complete"
    assert "ADJ1 overdue" not in html
    assert {line.number for line in lines.work_lines(cast["lin"], "overdue")} == {"01-003"}
    overdue(trial["01-001"], "ADJ1", -4)
    assert "ADJ1 in 1 d" in get(at("lin"), "/participants/")


def test_repeating_visits_share_a_column(at: Sign, trial: Trial) -> None:
    from crf.schedule import visit_order
    from crf.services.schedule import _expected
    from crf.sheets import Casebook

    for n in (1, 2, 3):
        visit = Visit.objects.create(
            participant=trial["01-001"], code="FUIMG", repeat=n, order=visit_order("FUIMG", n)
        )
        FormInstance.objects.bulk_create(_expected(trial["01-001"], visit, Casebook()))
    FormInstance.objects.filter(visit__code="FUIMG", visit__repeat=1).update(status=FormStatus.COMPLETE)
    html = get(at("lin"), "/participants/")
    assert names(html)["01-001 Follow-up imaging"] == "1/3 visits complete"
    pop = get(at("lin"), "/participants/cell/01-001/FUIMG/", **{"HX-Request": "true"})
    assert "FUIMG1" in pop
    assert "FUIMG2" in pop
    assert "FUIMG3" not in pop, "of planned visits only the next"
    assert "and 1 later visit" in pop


def test_a_missed_and_a_closed_visit(at: Sign, trial: Trial) -> None:
    Visit.objects.filter(participant=trial["01-001"], code="C3").update(status="MISSED", reason="Holiday <b>")
    Visit.objects.filter(participant=trial["01-001"], code="C4").update(status="CLOSED")
    FormInstance.objects.filter(participant=trial["01-001"], visit__code="C4").update(expected=False)
    said = names(get(at("lin"), "/participants/"))
    assert said["01-001 C3"] == said["01-001 C4"] == "not expected"
    pop = get(at("lin"), "/participants/cell/01-001/C3/", **{"HX-Request": "true"})
    assert "Missed" in pop
    assert "Holiday &lt;b&gt;" in pop


def test_single_central_readings_are_counted_nowhere(at: Sign, trial: Trial) -> None:
    visit = Visit.objects.get(participant=trial["01-001"], code="CPATH")
    FormInstance.objects.create(
        participant=trial["01-001"], visit=visit, form_key="CPATH", status="IN_PROGRESS"
    )
    assert names(get(at("lin"), "/participants/"))["01-001 CPATH"] == "Planned"
    assert next(v for v in visits_of(text_of(trial["01-001"])) if v.code == "CPATH").total == 0
    assert "cpath" not in get(at("lin"), "/p/01-001/CPATH/")
    assert not any(line.key == "CPATH" for line in lines.work_lines(User.objects.get(username="lin")))


def test_the_central_result_waits_for_nobody_at_the_site(
    at: Sign, cast: dict[str, User], trial: Trial
) -> None:
    visit = overdue(trial["01-001"], "CPATH", 30)
    FormInstance.objects.create(participant=trial["01-001"], visit=visit, form_key="CPATHF")
    assert names(get(at("lin"), "/participants/"))["01-001 CPATH"] == "Planned"
    assert {line.number for line in lines.work_lines(cast["lin"], "overdue")} == {"01-003"}
    assert "cpathf" not in get(at("lin"), "/p/01-001/CPATH/")
    FormInstance.objects.filter(form_key="CPATHF").update(status=FormStatus.COMPLETE, version=1)
    assert names(get(at("lin"), "/participants/"))["01-001 CPATH"] == "1/1 forms complete"
    assert 'href="/p/01-001/CPATH/cpathf/"' in get(at("lin"), "/p/01-001/CPATH/")


def test_what_people_wrote_is_escaped(at: Sign, trial: Trial) -> None:
    Participant.objects.filter(pk=trial["01-001"].pk).update(number='0"<i>&1')
    site = world.site("01")
    site.name_en = "<script>alert(1)</script>"
    site.save()
    for view in ("matrix", "list", "work"):
        html = get(at("lin"), f"/participants/?view={view}")
        assert "<i>" not in html
        assert "<script>alert" not in html
    assert "0&quot;&lt;i&gt;&amp;1" in get(at("lin"), "/participants/")


def test_rows_follow_on_scrolling(at: Sign, cast: dict[str, User], monkeypatch: Any) -> None:
    from crf import listing

    monkeypatch.setattr(listing, "PAGE", 2)
    for n in range(1, 6):
        world.screened(cast["lin"], f"01-{n:03}")
    client, seen = at("lin"), []
    html = get(client, "/participants/?need=")
    assert "2 of 5 shown" in html
    while True:
        seen += rows(html)
        more = re.search(r'class="more" role="row" hx-get="([^"]+)"', html)
        if not more:
            break
        html = get(client, more[1].replace("&amp;", "&"), **{"HX-Request": "true"})
        assert "<table" not in html
    assert seen == [f"01-{n:03}" for n in range(1, 6)]
    assert len(rows(get(client, "/participants/?rows=all"))) == 5


def test_imported_participants_stand_behind_a_filter(at: Sign, cast: dict[str, User], trial: Trial) -> None:
    other = imported(cast)
    overdue(other, "C2", 400)
    html = get(at("lin"), "/participants/")
    assert "01-900" not in html
    assert re.search(r"Imported data <b>1</b>", html)
    html = get(at("lin"), "/participants/?imported=1")
    assert rows(html) == ["01-900"]
    assert "Overdue" not in names(html)["01-900 C2"], "nobody has work with imported data"
    assert not [line for line in lines.work_lines(cast["lin"]) if line.number == "01-900"]


def test_filters_by_site_phase_and_period(at: Sign, trial: Trial) -> None:
    client = at("da")
    assert rows(get(client, "/participants/?site=02")) == ["02-001"]
    assert rows(get(client, "/participants/?phase=DIED")) == []
    html = get(client, "/participants/?cols=SCREENING")
    assert (
        len([a for a in Page(html).all("th", scope="col") if str(a.get("class", "")).startswith("vh")]) == 3
    )
    assert rows(get(client, "/participants/?phase=nonsense&need=nonsense&cols=x&view=y")), (
        "an old bookmark shows something"
    )


def test_an_empty_site_says_so_and_what_to_do(at: Sign) -> None:
    html = get(at("lin"), "/participants/")
    assert "No participants yet." in html
    assert "/participants/new/" in html
    assert "/participants/new/" not in get(at("mo"), "/participants/")


def test_the_forms_of_a_cell(at: Sign, trial: Trial) -> None:
    pop = get(at("lin"), "/participants/cell/01-002/SCR/", **{"HX-Request": "true"})
    assert pop.count('class="pop-row') == 15
    assert re.search(r'class="pop-row hot" href="/p/01-002/SCR/dm/"', pop)
    assert "3 required fields left, 2 open queries" in pop
    plain = at("lin").get("/participants/cell/01-002/SCR/")
    assert plain.status_code == 302
    assert plain["Location"] == "/p/01-002/SCR/"
    following = at("lin").get("/participants/next/01-002/SCR/")
    assert following["Location"] == "/p/01-002/SCR/dm/"


@pytest.mark.parametrize(
    "path",
    ["/participants/cell/02-001/SCR/", "/participants/next/02-001/SCR/", "/p/02-001/", "/p/02-001/SCR/"],
)
def test_another_site_is_not_there(at: Sign, trial: Trial, path: str) -> None:
    theirs, nobodys = at("lin").get(path), at("lin").get(path.replace("02-001", "02-999"))
    assert theirs.status_code == nobodys.status_code == 404
    said = [re.findall(r"<(?:title|h1|p)[^>]*>([^<]+)<", page.content.decode()) for page in (theirs, nobodys)]
    words = [
        [text for text in page if "<code" not in text and not re.search(r"[0-9a-f]{8}", text)]
        for page in said
    ]
    assert words[0] == words[1], "numbers cannot be probed"
    assert "02-001" not in " ".join(words[0])
    assert at("wu").get(path, headers={"HX-Request": "true"}).status_code in (200, 302)


@pytest.mark.parametrize("name", ["p1", "p3", "ad"])
def test_who_may_not_see_participants(at: Sign, trial: Trial, name: str) -> None:
    for path in (
        "/participants/",
        "/participants/new/",
        "/p/01-001/",
        "/p/01-001/SCR/",
        "/participants/cell/01-001/SCR/",
    ):
        assert at(name).get(path).status_code == 404, path
