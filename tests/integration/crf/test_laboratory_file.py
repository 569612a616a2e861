"""A laboratory's file: many participants, one line for each result, shown with what it changes, stored all or none."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crf.analytes import panel_number
from crf.imports import laboratory_job
from crf.imports.laboratory import read_laboratory_file, template
from crf.laboratory import NUMBERS
from crf.models import FormInstance, FormStatus, HoldKind, ImportBatch, Laboratory, ResultsJob
from crf.selectors.sheets import sheet_of
from crf.services.holding import hold_put
from crf.services.laboratory_file import Changed, Plan, Rejected, results_import, results_judge
from crf.sheets import RowValues
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

HEM, CHEM, UA = (panel_number(name) for name in ("HEM", "CHEM", "UA"))
HEAD = "participant,visit,lbdat,lbtim,test,result,unit"


def file(*lines: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *lines, ""]).encode()


@pytest.fixture
def people(settings: Any) -> dict[str, User]:
    settings.DEMO = True
    return world.people()


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    made = world.screened(people["lin"])
    world.consent(made, people["lin"], "2024-03-01")
    return made


@pytest.fixture
def lab(people: dict[str, User]) -> Laboratory:
    world.ranges_01(people["da"])
    return world.laboratory(world.site())


def judged(by: User, lab: Laboratory, content: bytes) -> Plan:
    return results_judge(by=by, laboratory=lab, file=read_laboratory_file(content, lab))


def stored(by: User, lab: Laboratory, content: bytes, reason: str = "") -> ImportBatch:
    plan = judged(by, lab, content)
    assert plan.file.problems == []
    again = read_laboratory_file(content, lab)
    return results_import(by=by, laboratory=lab, file=again, seen=plan.digest, reason=reason)


def wrong(by: User, lab: Laboratory, content: bytes) -> list[tuple[int, str, str]]:
    values = AuditEvent.objects.exclude(action="REFUSED").count()
    found = judged(by, lab, content).file.problems
    assert AuditEvent.objects.exclude(action="REFUSED").count() == values
    assert not ImportBatch.objects.exists()
    return [(problem.line, problem.column, problem.why) for problem in found]


def panel(participant: Participant, repeat: int) -> FormInstance:
    return world.form(participant, "LB", "SCR", repeat)


def result(participant: Participant, repeat: int, code: str) -> RowValues:
    return next(row for row in sheet_of(panel(participant, repeat)).lines("LB2") if row.row == NUMBERS[code])


# --- it works --------------------------------------------------------------------------------------------------------


def test_results_go_through_the_ordinary_save(
    people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    n = participant.number
    content = file(
        f"{n},SCR,2024-03-05,08:30,ALT,165,U/L",
        f"{n},筛选期,2024/3/5,8:30,CHOL,200,mg/dL",
        f"{n},Screening,2024年3月5日,08:30,HGB,<９５,g/L",
        f"{n},scr,2024-03-05,08:30,白细胞,5.2,×10⁹/L",
        f"{n},SCR,2024-03-05,08:30,UPROTDIP,2+,",
        f"{n},SCR,2024-03-05,08:30,CREAT,ND,",
    )
    plan = judged(people["lin"], lab, content)
    assert plan.file.problems == []
    assert (plan.corrections, len(plan.lines)) == (0, 6)
    assert panel(participant, CHEM).version == 0, "nothing is stored by looking"
    batch = stored(people["lin"], lab, content)
    alt, cholesterol = result(participant, CHEM, "ALT"), result(participant, CHEM, "CHOL")
    assert (alt.get("lborres"), alt.get("lbnrind"), alt.get("lbtoxgr")) == ("165", "HIGH", 2)
    assert (cholesterol.get("lborresu"), str(cholesterol.get("lbstresn"))) == ("mg/dL", "5.1720")
    assert result(participant, HEM, "HGB").get("lbop") == "LT"
    assert result(participant, UA, "UPROTDIP").get("lborres") == "P2"
    assert result(participant, CHEM, "CREAT").missing == {"lborres": "ND"}
    sheet = sheet_of(panel(participant, CHEM))
    assert (sheet.get("lbperf"), sheet.get("lbnam"), sheet.get("lbtim").strftime("%H:%M")) == (
        "Y",
        lab.address,
        "08:30",
    )
    assert panel(participant, CHEM).status == FormStatus.IN_PROGRESS
    event = AuditEvent.objects.get(
        target=panel(participant, CHEM).address, path=f"LB2:{NUMBERS['ALT']}/lborres"
    )
    assert (event.actor_name, event.reason) == ("lin", f"{batch.address}, 2–7")
    [told] = AuditEvent.objects.filter(action="IMPORT")
    assert (told.target, told.site) == (batch.address, "01")
    assert batch.digest in told.new
    assert list(participant_problems(participant)) == []


def test_what_is_derived_is_shown_before(
    people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    n = participant.number
    [line] = judged(people["lin"], lab, file(f"{n},SCR,2024-03-05,,ALT,165,U/L")).lines
    assert (line.after.get("lbnrind"), line.after.get("lbtoxgr")) == ("HIGH", 2)
    assert line.new


def test_values_that_are_there_are_corrected_with_one_reason(
    people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    n, lin = participant.number, people["lin"]
    stored(lin, lab, file(f"{n},SCR,2024-03-05,,ALT,65,U/L", f"{n},SCR,2024-03-05,,AST,41,U/L"))
    later = file(
        f"{n},SCR,2024-03-05,,ALT,70,U/L",
        f"{n},SCR,2024-03-05,,AST,41,U/L",
        f"{n},SCR,2024-03-05,,GGT,30,U/L",
    )
    plan = judged(lin, lab, later)
    assert [(line.corrects, line.new) for line in plan.lines] == [
        (True, False),
        (False, False),
        (False, True),
    ]
    with pytest.raises(Refused, match="Say why values"):
        results_import(by=lin, laboratory=lab, file=read_laboratory_file(later, lab), seen=plan.digest)
    assert result(participant, CHEM, "ALT").get("lborres") == "65"
    batch = stored(lin, lab, later, "The laboratory sent a corrected report.")
    event = AuditEvent.objects.filter(path=f"LB2:{NUMBERS['ALT']}/lborres").order_by("pk").last()
    assert event is not None
    assert (event.old, event.new) == ("65", "70")
    assert event.reason == f"The laboratory sent a corrected report.; {batch.address}, 2–4"


def test_a_sample_of_which_the_file_says_something_else_is_shown(
    people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    n, lin = participant.number, people["lin"]
    stored(lin, lab, file(f"{n},SCR,2024-03-05,08:30,ALT,65,U/L"))
    plan = judged(lin, lab, file(f"{n},SCR,2024-03-06,08:30,AST,41,U/L"))
    assert [(one.name, str(one.before), str(one.after)) for one in plan.heads] == [
        ("lbdat", "2024-03-05", "2024-03-06")
    ]
    assert plan.corrections == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_headers_of_a_hospital(
    encoding: str, separator: str, people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    head = "受试者编号,访视,采样时间,项目名称,结果,单位,标本号"
    line = f"{participant.number},筛选期,2024-03-05 08:30:00,丙氨酸氨基转移酶,65,U/L,A1"
    stored(people["lin"], lab, f"{head}\r\n{line}\r\n".replace(",", separator).encode(encoding))
    sheet = sheet_of(panel(participant, CHEM))
    assert (str(sheet.get("lbdat")), sheet.get("lbtim").strftime("%H:%M")) == ("2024-03-05", "08:30")
    assert sheet.get("lbrefid") == "A1"


def test_the_template_is_a_header(people: dict[str, User], lab: Laboratory) -> None:
    made = io.StringIO()
    csv.writer(made).writerow(template())
    assert [why for _l, _c, why in wrong(people["lin"], lab, made.getvalue().encode())] == [
        "There is no line below the header."
    ]


# --- what cannot be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        ("01-999,SCR,2024-03-05,,ALT,65,U/L", "participant", "no participant of this number"),
        ("N,C9,2024-03-05,,ALT,65,U/L", "visit", "no visit of this name"),
        ("N,,2024-03-05,,ALT,65,U/L", "visit", "no visit of this name"),
        ("N,SCR,2024-03-05,,ALAT,65,U/L", "test", "not a test of the catalogue"),
        ("N,SCR,2024-03-05,,ALT,high,U/L", "result", "neither a number"),
        ("N,SCR,2024-03-05,,ALT,,U/L", "result", "There is no result"),
        ("N,SCR,2024-03-05,,ALT,65,g/L", "unit", "is reported in U/L, not in g/L"),
        ("N,SCR,2024-03-05,,ALT,65,", "unit", "Say the unit"),
        ("N,SCR,05.03.2024,,ALT,65,U/L", "lbdat", "Write it as 2026-03-01"),
        ("N,SCR,2024-02-30,,ALT,65,U/L", "lbdat", "not a day of the calendar"),
        ("N,SCR,,08:30,ALT,65,U/L", "lbdat", "on which day"),
        ("N,SCR,2024-03-05,25:00,ALT,65,U/L", "lbtim", "HH:MM"),
        ("N,SCR,2024-03-05,,UPROTDIP,0.3,", "result", "UPROTDIP is one of"),
        ("N,SCR,2024-02-01,,ALT,65,U/L", "lbdat", ""),  # before consent
        ("N,SCR,2999-03-05,,ALT,65,U/L", "lbdat", ""),
        ("N,SCR,2024-03-05,,ALT,99999,U/L", "result", ""),  # beyond the hard limit
        ("N,SCR,2024-03-05,,ALT,=1+1,U/L", "result", "neither a number"),
    ],
)
def test_a_line_that_cannot_be(
    line: str, column: str, says: str, people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    good = f"{participant.number},SCR,2024-03-05,,AST,41,U/L"
    found = wrong(people["lin"], lab, file(line.replace("N,", f"{participant.number},", 1)))
    assert [(at, where) for at, where, why in found if says in why] == [(2, column)], found
    both = wrong(people["lin"], lab, file(good, line.replace("N,", f"{participant.number},", 1)))
    assert both, "and with it nothing of the file"


def test_lines_that_contradict_each_other(
    people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    n = participant.number
    found = wrong(
        people["lin"], lab,
        file(
            f"{n},SCR,2024-03-05,,ALT,65,U/L", f"{n},SCR,2024-03-06,,AST,41,U/L", f"{n},SCR,2024-03-05,,ALT,66,U/L",
        ),
    )  # fmt: skip
    assert found == [
        (3, "lbdat", "Line 2 says something else of the same sample."),
        (4, "test", "ALT stands in line 2 already."),
    ]


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 0, "empty"),
        (HEAD.encode(), 1, "no line below the header"),
        (b"participant,visit,test,result,unit\na,b,c,d,e\n", 1, "This column is missing"),
        (b"participant,visit,lbdat,test,result,unit,unit\na,b,c,d,e,f,g\n", 1, "twice"),
        (
            b"participant,visit,lbdat,test,result,unit,doctor\na,b,c,d,e,f,g\n",
            1,
            "No column of a laboratory file",
        ),
        (file("a,b,c"), 2, "3 cells in a table of 7 columns"),
        (file('"a,b,c,d,e,f,g'), 2, "quotation marks"),
        (file("a,b,c,d,\0,f,g"), 2, "NUL bytes"),
        (b"PK\x03\x04zip", 0, "Excel workbook"),
        (file("x" * 10_000_000), 0, "larger than"),
        (file(*["a,b,c,d,e,f,g"] * 5_001), 5_002, "More than 5,000 lines"),
    ],
    ids=range(11),
)
def test_a_file_that_is_none(
    content: bytes, line: int, says: str, people: dict[str, User], lab: Laboratory
) -> None:
    found = wrong(people["lin"], lab, content)
    assert [at for at, _column, why in found if says in why][:1] == [line], found[:3]


# --- who and when ----------------------------------------------------------------------------------------------------


def test_another_sites_participant_does_not_exist(
    people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    """S23: the answer is the same whether the number is in use elsewhere or nowhere."""
    theirs = world.laboratory(world.site("02"))
    there = wrong(people["wu"], theirs, file(f"{participant.number},SCR,2024-03-05,,ALT,65,U/L"))
    none = wrong(people["wu"], theirs, file("01-999,SCR,2024-03-05,,ALT,65,U/L"))
    assert there == none == [(2, "participant", "This site has no participant of this number.")]
    with pytest.raises(Refused):
        judged(people["wu"], lab, file(f"{participant.number},SCR,2024-03-05,,ALT,65,U/L"))
    client = Client()
    client.force_login(people["wu"])
    assert client.get(reverse("laboratory_file", args=["01", lab.code])).status_code == 404


@pytest.mark.parametrize("name", ["da", "mo", "st", "ins"])
def test_the_wrong_role_may_not(
    name: str, people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    content = file(f"{participant.number},SCR,2024-03-05,,ALT,65,U/L")
    with pytest.raises(Refused):
        results_import(by=people[name], laboratory=lab, file=read_laboratory_file(content, lab), seen="")
    client = Client()
    client.force_login(people[name])
    where = reverse("laboratory_file", args=["01", lab.code])
    page = client.get(where)
    assert page.status_code == 200
    assert "<textarea" not in page.content.decode()
    assert client.post(where, {"pasted": content.decode()}).status_code == 403
    assert AuditEvent.objects.filter(action="REFUSED", actor_name=name).count() == 2


@pytest.mark.parametrize("kind", [HoldKind.LOCK, HoldKind.FREEZE])
def test_a_held_form_is_refused_by_name_and_the_attempt_kept(
    kind: HoldKind,
    people: dict[str, User],
    participant: Participant,
    lab: Laboratory,
    anything_is_ready: None,
) -> None:
    """S07: at the preview and at the confirmation; the forms beside it get nothing either."""
    n, lin = participant.number, people["lin"]
    content = file(f"{n},SCR,2024-03-05,,WBC,5.2,10^9/L", f"{n},SCR,2024-03-05,,ALT,65,U/L")
    seen = judged(lin, lab, content).digest
    FormInstance.objects.filter(pk=panel(participant, CHEM).pk).update(
        **{"locked" if kind == HoldKind.LOCK else "frozen": True}
    )
    [(line, _column, why)] = wrong(lin, lab, content)
    assert line == 3
    assert ("This form is locked" if kind == HoldKind.LOCK else "This form is frozen") in why
    [problem] = judged(lin, lab, content).file.problems
    assert problem.value == f"{n} SCR Laboratory: Biochemistry"
    with pytest.raises(Rejected):
        results_import(by=lin, laboratory=lab, file=read_laboratory_file(content, lab), seen=seen)
    assert panel(participant, HEM).version == panel(participant, CHEM).version == 0
    refusals = AuditEvent.objects.filter(action="REFUSED", target=panel(participant, CHEM).address)
    assert {event.actor_name for event in refusals} == {"lin"}
    assert len(refusals) == 3


def test_a_locked_site_takes_no_file(
    people: dict[str, User], participant: Participant, lab: Laboratory, anything_is_ready: None
) -> None:
    hold_put(by=people["da"], kind=HoldKind.LOCK, target=participant.site)
    with pytest.raises(Refused, match="locked"):
        judged(people["lin"], lab, file(f"{participant.number},SCR,2024-03-05,,ALT,65,U/L"))


def test_the_same_file_twice_is_refused(
    people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    content = file(f"{participant.number},SCR,2024-03-05,,ALT,65,U/L")
    stored(people["lin"], lab, content)
    with pytest.raises(Refused, match="The same file is not imported twice"):
        judged(people["lin"], lab, content)
    with pytest.raises(Refused, match="The same file is not imported twice"):
        results_import(by=people["lin"], laboratory=lab, file=read_laboratory_file(content, lab), seen="")
    assert ImportBatch.objects.count() == 1


def test_what_is_confirmed_is_what_was_shown(
    people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    n, lin = participant.number, people["lin"]
    content = file(f"{n},SCR,2024-03-05,,ALT,65,U/L")
    seen = judged(lin, lab, content).digest
    stored(lin, lab, file(f"{n},SCR,2024-03-05,,ALT,66,U/L"))
    with pytest.raises(Changed):
        results_import(
            by=lin, laboratory=lab, file=read_laboratory_file(content, lab), seen=seen, reason="x y"
        )
    assert result(participant, CHEM, "ALT").get("lborres") == "66"


def test_all_or_nothing(people: dict[str, User], participant: Participant, lab: Laboratory) -> None:
    """The third participant's panel fails in the middle of the store: the first is not there either."""
    lin = people["lin"]
    other = world.screened(lin, "01-777")
    world.consent(other, lin, "2024-03-01")
    content = file(*(f"{n},SCR,2024-03-05,,ALT,65,U/L" for n in (participant.number, other.number)))
    seen = judged(lin, lab, content).digest
    events = AuditEvent.objects.count()
    steps = []

    def step() -> None:
        steps.append(1)
        if len(steps) == 2:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        results_import(by=lin, laboratory=lab, file=read_laboratory_file(content, lab), seen=seen, step=step)
    assert panel(participant, CHEM).version == panel(other, CHEM).version == 0
    assert AuditEvent.objects.count() == events
    assert not ImportBatch.objects.exists()


# --- the page --------------------------------------------------------------------------------------------------------


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(content|seal)" value="([^"]*)"', page))


@pytest.fixture
def lin(people: dict[str, User]) -> Client:
    made = Client()
    made.force_login(people["lin"])
    return made


def test_from_the_file_to_the_form(lin: Client, participant: Participant, lab: Laboratory) -> None:
    where = reverse("laboratory_file", args=["01", lab.code])
    n = participant.number
    assert "Import results" in lin.get(reverse("laboratory", args=["01", lab.code])).content.decode()
    upload = SimpleUploadedFile("lis.csv", file(f"{n},SCR,2024-03-05,,ALT,165,U/L"), "text/csv")
    page = lin.post(where, {"file": upload, "action": "preview"}).content.decode()
    for text in ("1 result as it will be stored", "165 U/L", "High · grade 2"):
        assert text in page
    assert lin.post(where, hidden(page) | {"action": "store"}).status_code == 302
    assert result(participant, CHEM, "ALT").get("lborres") == "165"
    later = lin.post(where, {"pasted": file(f"{n},SCR,2024-03-05,,ALT,66,U/L").decode(), "action": "preview"})
    page = later.content.decode()
    assert '<s class="text-mid">165 U/L</s> → <b>66 U/L</b>' in page
    unexplained = lin.post(where, hidden(page) | {"action": "store", "reason": "  "})
    assert unexplained.status_code == 422
    assert "Say why values" in unexplained.content.decode()
    done = lin.post(where, hidden(page) | {"action": "store", "reason": "Corrected report"})
    assert done.status_code == 302
    assert result(participant, CHEM, "ALT").get("lborres") == "66"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_errors_on_the_page_and_as_a_file(
    language: str, people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    User.objects.filter(pk=people["lin"].pk).update(language=language)
    client = Client()
    client.force_login(User.objects.get(pk=people["lin"].pk))
    where = reverse("laboratory_file", args=["01", lab.code])
    answer = client.post(where, {"pasted": file(f"{participant.number},SCR,2024-03-05,,=1+1,1,U/L").decode()})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "=1+1,1,U/L" in page, "what was handed in stands there for correction"
    errors = client.post(where, {"content": hidden(page)["content"], "action": "problems"})
    lines = list(csv.reader(io.StringIO(errors.content.decode("utf-8-sig"))))
    assert lines[1][:3] == ["2", "test", "'=1+1"], "no formula in a spreadsheet"


def test_a_seal_of_another_laboratory_or_person_is_none(
    lin: Client, people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    from crf.services.site import laboratory_add

    other = laboratory_add(by=people["da"], site=world.site(), code="SECOND", name_en="Second")
    text = file(f"{participant.number},SCR,2024-03-05,,ALT,65,U/L").decode()
    where = reverse("laboratory_file", args=["01", lab.code])
    fields = hidden(lin.post(where, {"pasted": text, "action": "preview"}).content.decode())
    elsewhere = reverse("laboratory_file", args=["01", other.code])
    assert lin.post(elsewhere, fields | {"action": "store"}).status_code == 422
    chen = Client()
    chen.force_login(people["chen"])
    assert chen.post(where, fields | {"action": "store"}).status_code == 422
    assert not ImportBatch.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_lines(
    people: dict[str, User], participant: Participant, lab: Laboratory, django_assert_num_queries: Any
) -> None:
    tests = ("ALT", "AST", "GGT", "ALP")
    one, many = ([f"{participant.number},SCR,2024-03-05,,{t},41,U/L" for t in tests[:k]] for k in (1, 4))
    for lines in (one, many):
        with django_assert_num_queries(1):
            read_laboratory_file(file(*lines), lab)


# --- long files, in the worker ---------------------------------------------------------------------------------------


@pytest.fixture
def long_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as a long one."""
    monkeypatch.setattr("crf.views.laboratory_file.AT_ONCE", 0)


def job_of(answer: Any) -> ResultsJob:
    assert answer.status_code == 302
    return ResultsJob.objects.get(pk=int(answer.headers["Location"].rstrip("/").rpartition("/")[2]))


def test_a_long_file_is_read_and_stored_in_the_worker(
    lin: Client, people: dict[str, User], participant: Participant, lab: Laboratory, long_file: None
) -> None:
    where = reverse("laboratory_file", args=["01", lab.code])
    text = file(f"{participant.number},SCR,2024-03-05,,ALT,165,U/L").decode()
    answer = lin.post(where, {"pasted": text, "action": "preview"})
    job, page = job_of(answer), answer.headers["Location"]
    waiting = lin.get(page).content.decode()
    assert "data-poll-url" in waiting
    chen = Client()
    chen.force_login(people["chen"])
    assert chen.get(page).status_code == 404, "it is for who handed it in"
    assert laboratory_job.run(job.pk)
    assert not laboratory_job.run(job.pk), "twice is harmless"
    assert lin.get(page + "?poll=1").status_code == 286
    seen = lin.get(page).content.decode()
    assert "High · grade 2" in seen
    assert panel(participant, CHEM).version == 0
    stored_by = lin.post(where, hidden(seen) | {"action": "store"})
    assert laboratory_job.run(job_of(stored_by).pk)
    assert lin.get(stored_by.headers["Location"]).status_code == 302
    assert result(participant, CHEM, "ALT").get("lborres") == "165"
    assert job_of(stored_by).inputs is None, "the file is not kept once it is stored"
    assert not ResultsJob.objects.filter(act="LOOK").exists()


def test_a_long_correction_without_a_reason_asks_for_it_again(
    lin: Client, people: dict[str, User], participant: Participant, lab: Laboratory, long_file: None
) -> None:
    n = participant.number
    stored(people["lin"], lab, file(f"{n},SCR,2024-03-05,,ALT,65,U/L"))
    where = reverse("laboratory_file", args=["01", lab.code])
    answer = lin.post(where, {"pasted": file(f"{n},SCR,2024-03-05,,ALT,66,U/L").decode()})
    laboratory_job.run(job_of(answer).pk)
    page = lin.get(answer.headers["Location"]).content.decode()
    without = lin.post(where, hidden(page) | {"action": "store", "reason": ""})
    assert without.status_code == 422
    assert "Say why values" in without.content.decode()
    done = lin.post(where, hidden(page) | {"action": "store", "reason": "Corrected report"})
    laboratory_job.run(job_of(done).pk)
    assert result(participant, CHEM, "ALT").get("lborres") == "66"


def test_a_lost_worker_is_replaced_and_files_of_yesterday_are_forgotten(
    people: dict[str, User], participant: Participant, lab: Laboratory
) -> None:
    lin, content = people["lin"], file(f"{participant.number},SCR,2024-03-05,,ALT,65,U/L")
    plan = judged(lin, lab, content)
    job = laboratory_job.results_job_ask(
        by=lin, laboratory=lab, content=content, name="", store={"seen": plan.digest, "reason": ""}
    )
    results_import(by=lin, laboratory=lab, file=read_laboratory_file(content, lab), seen=plan.digest)
    assert laboratory_job.run(job.pk), "the first worker had stored everything before it was lost"
    job.refresh_from_db()
    assert job.outcome == {"stored": 1}
    ResultsJob.objects.update(requested_at=timezone.now() - dt.timedelta(days=2))
    laboratory_job.results_job_ask(by=lin, laboratory=lab, content=content, name="")
    assert ResultsJob.objects.count() == 1
