"""Queries from a spreadsheet: what was read is shown, everything wrong is told by line, all are raised or none."""

from __future__ import annotations

import codecs

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crf.models import FormInstance, Query
from crf.services.logs import log_line_add
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from tests.integration.queries.conftest import DIAMETER, QUESTION, SignedIn
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

HEAD = "participant,visit,form,row,field,question\n"
LIST = "/queries/import/"
GOOD = [
    ("01-003,SCR,TA,1,tl_diam", DIAMETER), ("01-003,scr,ta,TA2:2,tl_diam", "TA2:2/tl_diam"), ("01-003,SCR,TA,2,", "TA2:2"),
    ("01-003,SCR,TA,,tudat", "tudat"), ("01-003,SCR,TA,,TA2:2/tl_viable", "TA2:2/tl_viable"), ("01-003,SCR,TA,,", ""),
]  # fmt: skip
GOOD[2] = ("01-003,SCR,TA,TA2:2,", "TA2:2")


def text_of(*places: str, question: str = QUESTION) -> str:
    return HEAD + "".join(f"{place},{question}\n" for place in places)


def sent(client: object, text: str, action: str = "preview") -> object:
    return client.post(LIST, {"pasted": text, "action": action})  # type: ignore[attr-defined]


def test_every_kind_of_place_is_read_shown_and_raised(
    at: SignedIn, imaging: FormInstance, people: dict[str, User]
) -> None:
    line = log_line_add(by=people["lin"], participant=imaging.participant, log="AE")
    world.fill(line, people["lin"], {"aeterm": "Nausea"}, complete=False)
    client = at("mo")
    text = text_of(
        *(place for place, _path in GOOD), "01-003,,AE,1,aeterm", "01-003,log,AE/1,,", "01-003,,,,"
    )
    shown = sent(client, text)
    assert shown.status_code == 200 and shown.content.decode().count("can be raised") == len(GOOD) + 3  # type: ignore[attr-defined]
    assert not Query.objects.exists()
    assert sent(client, text, "raise").status_code == 302  # type: ignore[attr-defined]
    raised = set(Query.objects.values_list("form__form_key", "path", "origin"))
    assert raised == {("TA", path, "LIST") for _place, path in GOOD} | {
        ("AE1", "aeterm", "LIST"), ("AE1", "", "LIST"), (None, "", "LIST"),
    }  # fmt: skip
    assert sorted(Query.objects.values_list("number", flat=True)) == list(range(1, len(GOOD) + 4))
    assert list(participant_problems(imaging.participant)) == []


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("01-999,SCR,TA,,tudat", "no participant “01-999”"), ("01-003,XX9,TA,,tudat", "no visit “XX9”"),
        ("01-003,SCR,TAX,,tudat", "no form “TAX”"), ("01-003,SCR,SURG,,surg_dur", "has no form “SURG” at “SCR”"),
        ("01-003,SCR,TA,,nothing", "no field “nothing”"), ("01-003,SCR,TA,9,tl_diam", "no row “9”"),
        ("01-003,SCR,TA,x,tl_diam", "no row “x”"), ("01-003,SCR,TA,,tl_diam", "in which row"),
        ("01-003,SCR,TA,1,tudat", "does not stand in a row"), ("01-003,SCR,,,tudat", "Name the form."),
        ("01-003,,CPATH,,cp_vt", "has no form “CPATH”"), (",SCR,TA,,tudat", "no participant"),
    ],
)  # fmt: skip
def test_what_is_unknown_is_told_by_line(
    at: SignedIn, imaging: FormInstance, place: str, sentence: str
) -> None:
    text = text_of("01-003,SCR,TA,,ta_method", place)
    answer = sent(at("mo"), text, "raise")
    page = answer.content.decode()  # type: ignore[attr-defined]
    assert answer.status_code == 422 and sentence in page and "1 line cannot stand" in page  # type: ignore[attr-defined]
    assert "Raise these queries" not in page and not Query.objects.exists()


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("", "Write the question."), ("Please change it to 12.", "must not propose the answer"), ("y" * 601, "At most 600"),
        ("Is it 110101199003078515?", "identi"),
    ],
)  # fmt: skip
def test_a_question_of_a_list_is_held_to_the_same(
    at: SignedIn, imaging: FormInstance, question: str, sentence: str
) -> None:
    answer = sent(at("mo"), text_of("01-003,SCR,TA,,tudat", question=question), "raise")
    assert answer.status_code == 422 and sentence in answer.content.decode()  # type: ignore[attr-defined]
    assert not Query.objects.exists()


def test_twice_at_one_place(at: SignedIn, asked: Query) -> None:
    page = sent(at("da"), text_of("01-003,SCR,TA,1,tl_diam", "01-003,SCR,TA,,tudat", "01-003,SCR,TA,,tudat"))
    said = page.content.decode()  # type: ignore[attr-defined]
    assert "Q-01-003-1 already asks" in said and "Line 3 asks about the same place." in said
    assert "2 lines cannot stand" in said


def test_a_locked_form_is_told(at: SignedIn, imaging: FormInstance) -> None:
    FormInstance.objects.filter(pk=imaging.pk).update(locked=True)
    answer = sent(at("mo"), text_of("01-003,SCR,TA,,tudat", "01-003,SCR,DM,,sex"), "raise")
    assert answer.status_code == 422 and "This form is locked" in answer.content.decode()  # type: ignore[attr-defined]
    assert not Query.objects.exists()
    [event] = AuditEvent.objects.filter(action="REFUSED")
    assert (event.target, event.path, event.actor_name, event.new) == (
        imaging.address,
        "@query",
        "mo",
        "locked",
    )


def test_looking_at_a_list_is_no_attempt(at: SignedIn, imaging: FormInstance) -> None:
    FormInstance.objects.filter(pk=imaging.pk).update(locked=True)
    assert sent(at("mo"), text_of("01-003,SCR,TA,,tudat")).status_code == 422  # type: ignore[attr-defined]
    assert not AuditEvent.objects.filter(action="REFUSED").exists()


def test_what_changed_since_it_was_read_takes_everything_back(
    at: SignedIn, imaging: FormInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form is locked between the look of the page and the raising."""
    from crf.imports import queries as reading

    text, whole = text_of("01-003,SCR,DM,,sex", "01-003,SCR,TA,,tudat"), reading.read_list

    def read_then_locked(text: str, user: object) -> reading.ReadList:
        found = whole(text, user)
        FormInstance.objects.filter(pk=imaging.pk).update(locked=True)
        return found

    monkeypatch.setattr("crf.views.query_list.read_list", read_then_locked)
    answer = sent(at("mo"), text, "raise")
    page = answer.content.decode()  # type: ignore[attr-defined]
    assert answer.status_code == 422 and "This form is locked" in page and not Query.objects.exists()  # type: ignore[attr-defined]
    assert not AuditEvent.objects.filter(action="QUERY_RAISED").exists()
    refused = AuditEvent.objects.get(action="REFUSED")
    assert (refused.actor_name, refused.target, refused.path) == ("mo", imaging.address, "@query")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"participant,visit\n01-003,SCR\n", "Columns are missing: form, row, field, question"),
        (HEAD.encode(), "no line under its heading"), (b"", "empty"), (b"\n\n", "The file has no line."),
        (b"PK\x03\x04\x00\x00\xff\xfe\x80", "The file is not text"),
        ((HEAD + '01-003,SCR,TA,,tudat,"no end\n').encode(), "The file is not text"),
        ((HEAD + "01-003,,,,,Why?\n" * 1001).encode(), "At most 1000 lines"),
        ((HEAD + "01-003,SCR,TA,,tudat," + QUESTION + "\n").encode("utf-16"), "The file is not text"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_list(at: SignedIn, imaging: FormInstance, content: bytes, sentence: str) -> None:
    answer = at("mo").post(LIST, {"file": SimpleUploadedFile("list.csv", content), "action": "preview"})
    assert answer.status_code == 422 and sentence in answer.content.decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheets_of_china(at: SignedIn, imaging: FormInstance, encoding: str, separator: str) -> None:
    head = separator.join(("受试者编号", "访视", "表单", "行", "字段", "质疑"))
    line = separator.join(("01-003", "SCR", "TA", "1", "tl_diam", "请对照影像报告核实该数值。"))
    content = codecs.encode(f"{head}\r\n{line}\r\n\r\n", encoding)
    answer = at("mo").post(LIST, {"file": SimpleUploadedFile("list.csv", content), "action": "preview"})
    page = answer.content.decode()
    assert answer.status_code == 200 and "请对照影像报告核实该数值。" in page and "can be raised" in page


def test_who_may_not_raise_is_refused_and_kept(at: SignedIn, imaging: FormInstance) -> None:
    for name in ("lin", "st", "ins"):
        assert "Only monitors and data managers raise" in at(name).get(LIST).content.decode()
        answer = sent(at(name), text_of("01-003,SCR,TA,,tudat"), "raise")
        assert answer.status_code == 403  # type: ignore[attr-defined]
    assert not Query.objects.exists()
    kept = AuditEvent.objects.filter(action="REFUSED", path="@query-list").values_list(
        "actor_name", flat=True
    )
    assert sorted(kept) == ["ins", "lin", "st"]


def test_the_template_can_be_filled_in(at: SignedIn, participant: Participant) -> None:
    answer = at("mo").get("/queries/import/template/")
    assert answer["Content-Disposition"] == 'attachment; filename="queries-template.csv"'
    text = answer.content.decode("utf-8-sig").replace("TA1,TA", "SCR,TA")
    assert sent(at("mo"), text).status_code == 200  # type: ignore[attr-defined]


def test_reading_costs_no_more_for_more_lines(at: SignedIn, imaging: FormInstance) -> None:
    client = at("mo")

    def count(*places: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert sent(client, text_of(*places)).status_code == 200  # type: ignore[attr-defined]
        return len(found)

    count("01-003,SCR,TA,1,tl_diam")
    one = count("01-003,SCR,TA,1,tl_diam")
    assert (
        count(
            *(
                f"01-003,SCR,TA,{row},{name}"
                for row in (1, 2)
                for name in ("tl_diam", "tl_viable", "tl_state")
            )
        )
        == one
    )
