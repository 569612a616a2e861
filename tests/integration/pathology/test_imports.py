"""Readings from a file: read in whatever way spreadsheets write them, judged as any reading, drafts of their readers."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from crf.models import FormInstance, FormStatus, ImportBatch
from crf.selectors.sheets import sheet_of
from pathology.imports import columns, read_readings, template
from pathology.models import PathologyCase, Reading, ReadingDraft
from pathology.services import readers_allocate, reading_save
from pathology.services.imports import Changed, Rejected, readings_import, readings_judge
from tests.integration.pathology.conftest import Submit, answers
from tests.world import reading_take
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

ROW = {
    "cp_recdat": "2024-06-24", "cp_midat": "2024-07-02", "cp_blind": "Y", "cp_slides": "14", "cp_slides_bed": "10",
    "cp_adeq": "ADEQUATE", "cp_mvi": "M0", "cp_mvi_n": "0", "cp_satellite": "N", "cp_macro_viable": "NA",
    "cp_ln_viable": "NA", "cp_margin": "NEG", "cp_margin_mm": "12.0", "cpn_no": "1", "cpn_len": "60", "cpn_wid": "52",
    "cpn_hgt": "45", "cpn_nslides": "5", "cpn_rvt": "8", "cpn_nec": "92", "cpn_str": "0", "cpn_hist": "HCC",
    "cpn_edm": "II", "confidence": "HIGH",
}  # fmt: skip


def table(*rows: dict[str, str], separator: str = ",", heads: dict[str, str] | None = None) -> str:
    names = list(rows[0])
    made = io.StringIO()
    writer = csv.writer(made, delimiter=separator)
    writer.writerow([(heads or {}).get(name, name) for name in names])
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return made.getvalue()


@pytest.fixture
def allocated(case: PathologyCase, cast: dict[str, User]) -> PathologyCase:
    readers_allocate(
        by=cast["da"], case=case, readers={"R1": cast["p1"], "R2": cast["p2"], "ADJ": cast["p3"]}
    )
    return case


def row(case: PathologyCase, reader: str = "p1", **more: str) -> dict[str, str]:
    return {"case": case.code, "reader": reader} | ROW | more


def stored(by: User, text: str | bytes) -> ImportBatch:
    content = text if isinstance(text, bytes) else text.encode()
    plan = readings_judge(by=by, file=read_readings(content))
    assert plan.file.problems == []
    return readings_import(by=by, file=read_readings(content), seen=plan.digest)


def wrong(by: User, text: str | bytes) -> list[tuple[int, str, str]]:
    content = text if isinstance(text, bytes) else text.encode()
    before = AuditEvent.objects.exclude(action="REFUSED").count()
    found = readings_judge(by=by, file=read_readings(content)).file.problems
    assert AuditEvent.objects.exclude(action="REFUSED").count() == before
    assert not ImportBatch.objects.exists()
    return [(problem.line, problem.column, problem.why) for problem in found]


# --- it works --------------------------------------------------------------------------------------------------------


def test_a_reading_becomes_a_draft_of_its_reader(allocated: PathologyCase, cast: dict[str, User]) -> None:
    second = {
        "cpn_no": "2", "cpn_rvt": "0", "cpn_nec": "60", "cpn_str": "40", "cpn_hist": "NOTUMOUR", "cpn_edm": "NA",
        "cpn_insitu": "N",
    }  # fmt: skip
    names = [*row(allocated), "cpn_insitu"]
    lines = [{name: row(allocated, cpn_insitu="").get(name, "") for name in names}, row(allocated) | second]
    batch = stored(cast["da"], table(*lines))
    reading = Reading.objects.get(case=allocated, reader=cast["p1"])
    assert reading.form is not None
    sheet = sheet_of(reading.form)
    assert [(line.get("cpn_no"), str(line.get("cpn_rvt"))) for line in sheet.lines("CP2")] == [
        (1, "8.00"),
        (2, "0.00"),
    ]
    assert sheet.get("cp_user") == cast["p1"].address
    assert sheet.get("cp_reader") == "R1"
    assert sheet.get("cp_caseid") == allocated.code
    assert sheet.get("cp_sign") is None
    assert (reading.confidence, reading.submitted_at, reading.taken_at) == ("HIGH", None, None)
    assert reading.imported_at is not None
    assert reading.form.status == FormStatus.IN_PROGRESS
    assert not reading.form.locked
    event = AuditEvent.objects.get(action="IMPORT", target=reading.address)
    assert event.actor_name == "da"
    assert event.new == f"SHA-256 {batch.digest}"
    value = AuditEvent.objects.get(target=reading.address, path="CP2:1/cpn_rvt")
    assert (value.actor_name, value.reason) == ("da", f"{batch.address}, 2–3")
    assert AuditEvent.objects.filter(chain__name="study", action="IMPORT", target=batch.address).count() == 1


def test_the_reader_looks_and_signs(allocated: PathologyCase, cast: dict[str, User]) -> None:
    stored(cast["da"], table(row(allocated)))
    reading = reading_take(by=cast["p1"], case=allocated)
    assert reading.imported_at is not None
    from crf.typed import Typed
    from tests.world import reading_save as signed

    signed(by=cast["p1"], reading=reading, typed=Typed.of(sheet_of(reading.form)), submit=True)
    reading.refresh_from_db()
    assert reading.submitted_at is not None
    submitted = AuditEvent.objects.get(action="READING_SUBMITTED", target=reading.address)
    assert submitted.actor_name == "p1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("language", ["name", "en", "zh", "template"])
def test_as_spreadsheets_write_it(
    encoding: str, separator: str, language: str, allocated: PathologyCase, cast: dict[str, User]
) -> None:
    heads = {}
    for column in columns():
        label = {"name": column.name, "template": column.header}.get(language) or getattr(
            column.label, language
        )
        heads[column.name] = label
    line = row(
        allocated,
        cp_adeq="充分" if language == "zh" else "Adequate",
        cp_midat="2024年7月2日",
        cp_recdat="2024/6/24",
    )
    text = table(line, separator=separator, heads=heads).replace("\n", "\r\n")
    line_zh = dict(columns_of("cp_adeq"))
    text = text.replace(
        "充分" if language == "zh" else "Adequate", line_zh["zh" if language == "zh" else "en"]
    )
    stored(cast["da"], text.encode(encoding))
    reading = Reading.objects.get(case=allocated, reader=cast["p1"])
    sheet = sheet_of(reading.form)  # type: ignore[arg-type]
    assert sheet.get("cp_adeq") == "ADEQUATE"
    assert sheet.get("cp_midat").isoformat() == "2024-07-02"


def columns_of(name: str) -> list[tuple[str, str]]:
    [column] = [column for column in columns() if column.name == name]
    label = dict(column.allowed)["ADEQUATE"]
    return [("en", label.en), ("zh", label.zh)]


def test_full_width_digits_decimal_commas_and_percent_signs(
    allocated: PathologyCase, cast: dict[str, User]
) -> None:
    line = row(allocated, cpn_rvt="８,５%", cpn_nec="91.5 %", cpn_len="６０", cp_blind="是", confidence="高")
    stored(cast["da"], table(line))
    [nodule] = sheet_of(Reading.objects.get(reader=cast["p1"]).form).lines("CP2")  # type: ignore[arg-type]
    assert str(nodule.get("cpn_rvt")) == "8.50"


def test_a_missing_height_keeps_its_reason(allocated: PathologyCase, cast: dict[str, User]) -> None:
    stored(cast["da"], table(row(allocated, cpn_hgt="NAV")))
    [nodule] = sheet_of(Reading.objects.get(reader=cast["p1"]).form).lines("CP2")  # type: ignore[arg-type]
    assert nodule.missing == {"cpn_hgt": "NAV"}


def test_inadequate_slides_have_no_nodule(allocated: PathologyCase, cast: dict[str, User]) -> None:
    kept = ("case", "reader", "cp_recdat", "cp_midat", "cp_blind", "cp_slides", "cp_slides_bed", "confidence")
    line = {name: text if name in kept else "" for name, text in row(allocated).items()}
    line |= {"cp_adeq": "INADEQUATE", "cp_adeq_reas": "Autolysis"}
    stored(cast["da"], table(line))
    assert sheet_of(Reading.objects.get(reader=cast["p1"]).form).lines("CP2") == []  # type: ignore[arg-type]
    [told] = wrong_of(
        cast["da"], table(row(allocated, "p2", cp_adeq="INADEQUATE", cp_adeq_reas="x")), "cpn_no"
    )
    assert told[0] == 2
    assert "Inadequate" in told[2]


def wrong_of(by: User, text: str, column: str) -> list[tuple[int, str, str]]:
    found = readings_judge(by=by, file=read_readings(text.encode())).file.problems
    return [(one.line, one.column, one.why) for one in found if one.column == column]


def test_a_corrected_file_replaces_an_earlier_one(allocated: PathologyCase, cast: dict[str, User]) -> None:
    stored(cast["da"], table(row(allocated), row(allocated, cpn_no="2")))
    later = table(row(allocated, cpn_no="2", cpn_rvt="20", cpn_nec="80"))
    plan = readings_judge(by=cast["da"], file=read_readings(later.encode()))
    [filled] = plan.filled
    assert filled.old["CP2:2/cpn_rvt"] == "8.0"
    assert filled.new["CP2:2/cpn_rvt"] == "20.0"
    assert "CP2:1/cpn_rvt" not in filled.new
    stored(cast["da"], later)
    sheet = sheet_of(Reading.objects.get(reader=cast["p1"]).form)  # type: ignore[arg-type]
    assert [(line.row, line.get("cpn_no")) for line in sheet.lines("CP2")] == [(2, 2)]


def test_a_re_read_is_imported_as_any_other(
    allocated: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    from pathology.services import reread_open
    from tests.world import released

    first = submit(cast["p1"], allocated)
    submit(cast["p2"], allocated)
    released(allocated)
    first.refresh_from_db()
    again = reread_open(by=cast["da"], reading=Reading.objects.get(pk=first.pk))
    stored(cast["da"], table(row(again, cpn_rvt="9", cpn_nec="91")))
    reading = Reading.objects.get(case=again)
    assert reading.content["CP2:1/cpn_rvt"] == "9.0"
    assert reading.imported_at is not None
    assert reading.submitted_at is None


# --- what cannot be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "column", "says"),
    [
        ({"case": "P-NONE"}, "case", "No case with readers has this code"),
        ({"reader": "nobody"}, "reader", "not allocated to this reader"),
        ({"reader": "lin"}, "reader", "not allocated to this reader"),
        ({"case": ""}, "case", "names its case"),
        ({"cpn_rvt": "7"}, "cpn_rvt", "this is 99 %"),
        ({"cpn_rvt": "9"}, "cpn_rvt", "this is 101 %"),
        ({"cpn_rvt": "108"}, "cpn_rvt", ""),
        ({"cpn_rvt": "8.555"}, "cpn_rvt", "At most 2 decimal places"),
        ({"cpn_rvt": "eight"}, "cpn_rvt", "is not a number"),
        ({"cpn_rvt": "1e1"}, "cpn_rvt", "is not a number"),
        ({"cp_midat": "02.07.2024"}, "cp_midat", "Write it as 2026-03-01"),
        ({"cp_midat": "7/2/2024"}, "cp_midat", "Write it as 2026-03-01"),
        ({"cp_midat": "2024-02-30"}, "cp_midat", "not a day of the calendar"),
        ({"cp_midat": "2024-05-01"}, "cp_midat", ""),  # before the slides were received
        ({"cp_recdat": "2024-05-01"}, "cp_recdat", ""),  # before the operation
        ({"cp_adeq": "FINE"}, "cp_adeq", "is not a code of this list"),
        ({"cp_mvi": ""}, "cp_mvi", "Required"),
        ({"cp_mvi": "M1"}, "", ""),  # CK-247
        ({"cp_mvi_far": "N"}, "cp_mvi_far", "leave it empty"),
        ({"cpn_insitu": "N"}, "cpn_insitu", "leave it empty"),
        ({"cpn_len": ""}, "cpn_len", "Required"),
        ({"cpn_no": "51"}, "cpn_no", ""),
        ({"cp_com": "Reported by Dr. Wang Xiaoming, tel. 13800138000"}, "cp_com", "names a person"),
        ({"confidence": "very"}, "confidence", "is not a code of this list"),
        ({"cp_slides": "2147483648"}, "cp_slides", "too large"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_told_with_line_and_column(
    change: dict[str, str], column: str, says: str, allocated: PathologyCase, cast: dict[str, User]
) -> None:
    found = wrong(cast["da"], table(row(allocated) | change))
    assert {line for line, _where, _why in found} == {2}
    assert [why for _line, where, why in found if where == column or not column if says in why], found


def test_lines_that_contradict_each_other(allocated: PathologyCase, cast: dict[str, User]) -> None:
    found = wrong(cast["da"], table(row(allocated), row(allocated, cpn_no="2", cp_mvi="M2")))
    assert (3, "cp_mvi", "Line 2 says something else of the same reading.") in found
    twice = wrong(cast["da"], table(row(allocated), row(allocated)))
    assert [(line, column) for line, column, _why in twice] == [(2, "cpn_no"), (3, "cpn_no")]
    assert "Another row has this nodule number" in twice[0][2]


def test_every_error_of_every_line_is_told_at_once(allocated: PathologyCase, cast: dict[str, User]) -> None:
    lines = [row(allocated, cpn_rvt="x"), row(allocated, "p2", cpn_len="0", cp_adeq="?")]
    assert [(line, column) for line, column, _why in wrong(cast["da"], table(*lines))] == [
        (2, "cpn_rvt"), (3, "cp_adeq"),
    ]  # fmt: skip


GOOD = "case,reader,cpn_no\nP-2222,p1,1\n"


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 0, "empty"),
        (b"\xef\xbb\xbf \r\n", 0, "empty"),
        (GOOD.encode().splitlines()[0], 1, "no line below the header"),
        (b"P-2222,p1,1\nP-2222,p1,2\n", 1, "No column of a reading has this name"),
        (b"case,reader\nP-2222,p1\n", 1, "This column is missing"),
        (b"case,reader,cpn_no,cpn_no\nP-2222,p1,1,1\n", 1, "twice"),
        (b"case,reader,cpn_no,cp_mpr\nP-2222,p1,1,Y\n", 1, "The system keeps this value itself"),
        (b"case,reader,cpn_no,colour\nP-2222,p1,1,red\n", 1, "No column of a reading has this name"),
        (b"case,reader,,cpn_no\nP-2222,p1,,1\n", 1, "has no name"),
        (GOOD.replace("p1", "p\x001").encode(), 2, "NUL bytes"),
        (GOOD.replace("p1", "p\x071").encode(), 2, "control characters"),
        (GOOD.replace("p1", '"p1').encode(), 2, "quotation marks"),
        (GOOD.replace("p1", '"p"1').encode(), 2, "quotation marks"),
        (GOOD.replace("p1", "p1,8").encode(), 2, "4 cells in a table of 3 columns"),
        (GOOD.replace(",1\n", "\n").encode(), 2, "2 cells in a table of 3 columns"),
        (b"PK\x03\x04" + b"x" * 90, 0, "Excel workbook"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 90, 0, "Excel workbook"),
        (GOOD.encode() + b"x" * 10_000_000, 0, "larger than"),
        (GOOD.encode() + b"x" * 30_000, 3, "30,000 characters"),
        (GOOD.encode() + "P-2222,张,2\n".encode() + "P-2222,李,3\n".encode("gb18030"), 4, "another encoding"),
        (b"\xef\xbb\xbf" + GOOD.encode() + "P-2222,李,3\n".encode("gb18030"), 3, "another encoding"),
        (GOOD.encode() + b"P-2222,\xff\xff,3\n", 3, "neither UTF-8 nor GB18030"),
        (b"\xff\xfe" + b"a" * 9, 0, "not text"),
        (GOOD.encode() + b"P-2222,p1,1\n" * 1_000, 1_002, "More than 1,000 lines"),
        (bytes(range(256)), 1, "NUL bytes"),
    ],
    ids=range(25),
)  # fmt: skip
def test_a_file_that_is_none(content: bytes, line: int, says: str, cast: dict[str, User]) -> None:
    found = wrong(cast["da"], content)
    assert (found[0][0], says in found[0][2]) == (line, True), found[:3]


@pytest.mark.parametrize(
    "word", ["=1+1", "@SUM(A1)", "<script>alert(1)</script>", "'; DROP TABLE x; --", "\u202e", "a" * 9000]
)
def test_words_of_attackers_are_only_words(
    word: str, allocated: PathologyCase, cast: dict[str, User]
) -> None:
    for name in ("case", "reader", "cpn_rvt", "cp_adeq", "cp_midat"):
        assert wrong(cast["da"], table(row(allocated) | {name: word}))


# --- who and when ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lin", "chen", "mo", "st", "ad", "ins", "p1", "p3"])
def test_the_wrong_role_may_not(name: str, allocated: PathologyCase, cast: dict[str, User]) -> None:
    with pytest.raises(Refused):
        readings_judge(by=cast[name], file=read_readings(table(row(allocated)).encode()))
    with pytest.raises(Refused):
        readings_import(by=cast[name], file=read_readings(table(row(allocated)).encode()), seen="")
    assert AuditEvent.objects.filter(action="REFUSED", actor_name=name).count() == 2


def test_a_signed_reading_is_refused_and_the_attempt_kept(
    allocated: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    """S07: the lock holds against this road too, at the preview and at the confirmation."""
    free = table(row(allocated), row(allocated, "p2"))
    seen = readings_judge(by=cast["da"], file=read_readings(free.encode())).digest
    reading = submit(cast["p1"], allocated)
    before = sheet_of(FormInstance.objects.get(pk=reading.form_id))
    [(line, column, why)] = wrong(cast["da"], free)
    assert (line, column) == (2, "case")
    assert "submitted and is locked" in why
    with pytest.raises(Rejected):
        readings_import(by=cast["da"], file=read_readings(free.encode()), seen=seen)
    assert sheet_of(FormInstance.objects.get(pk=reading.form_id)).values == before.values
    assert not Reading.objects.filter(imported_at__isnull=False).exists(), (
        "the other reading is not stored either"
    )
    refusals = AuditEvent.objects.filter(action="REFUSED", target=reading.address)
    assert [(event.actor_name, event.new) for event in refusals] == [("da", "locked")] * 2


def test_what_the_reader_wrote_is_not_replaced(allocated: PathologyCase, cast: dict[str, User]) -> None:
    reading = reading_take(by=cast["p1"], case=allocated)
    reading_save(by=cast["p1"], reading=reading, typed=answers("30"))
    [(_line, _column, why)] = wrong(cast["da"], table(row(allocated)))
    assert "The reader has written in this reading" in why
    other = reading_take(by=cast["p2"], case=allocated)
    ReadingDraft.objects.create(reading=other, version=0, content={"cp_com": ["x"]}, kept_at=other.taken_at)
    [(_line, _column, why)] = wrong(cast["da"], table(row(allocated, "p2")))
    assert "The reader has written in this reading" in why


def test_an_adjudicator_is_not_imported(
    allocated: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    submit(cast["p1"], allocated, "8")
    submit(cast["p2"], allocated, "30")
    [(_line, _column, why)] = wrong(cast["da"], table(row(allocated, "p3")))
    assert "adjudicator's reading is not imported" in why


def test_a_frozen_result_refuses(allocated: PathologyCase, cast: dict[str, User]) -> None:
    FormInstance.objects.filter(participant=allocated.participant, form_key="CPATHF").update(frozen=True)
    [(_line, _column, why)] = wrong(cast["da"], table(row(allocated)))
    assert "frozen or locked" in why


def test_the_same_file_twice_is_refused(allocated: PathologyCase, cast: dict[str, User]) -> None:
    text = table(row(allocated))
    stored(cast["da"], text)
    with pytest.raises(Refused, match="was imported on"):
        readings_judge(by=cast["da"], file=read_readings(text.encode()))
    with pytest.raises(Refused, match="was imported on"):
        readings_import(by=cast["da"], file=read_readings(text.encode()), seen="")
    assert ImportBatch.objects.count() == 1


def test_what_is_confirmed_is_what_was_shown(allocated: PathologyCase, cast: dict[str, User]) -> None:
    """Another import came between the preview and the confirmation."""
    text = table(row(allocated))
    plan = readings_judge(by=cast["da"], file=read_readings(text.encode()))
    stored(cast["da"], table(row(allocated, cpn_rvt="50", cpn_nec="50")))
    with pytest.raises(Changed):
        readings_import(by=cast["da"], file=read_readings(text.encode()), seen=plan.digest)
    assert ImportBatch.objects.count() == 1


def test_all_or_nothing(
    allocated: PathologyCase, cast: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second reading fails in the middle of the store: the first is not there either."""
    from pathology.services import imports

    text = table(row(allocated), row(allocated, "p2"))
    seen = readings_judge(by=cast["da"], file=read_readings(text.encode())).digest
    calls = []
    right = imports.notes_store

    def fails(*args: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError
        return right(*args, **more)

    monkeypatch.setattr(imports, "notes_store", fails)
    events = AuditEvent.objects.count()
    with pytest.raises(RuntimeError):
        readings_import(by=cast["da"], file=read_readings(text.encode()), seen=seen)
    assert not Reading.objects.filter(imported_at__isnull=False).exists()
    assert not ImportBatch.objects.exists()
    assert AuditEvent.objects.count() == events


# --- the page --------------------------------------------------------------------------------------------------------


def enter(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def upload(text: str | bytes, name: str = "readings.csv") -> dict[str, Any]:
    content = text if isinstance(text, bytes) else text.encode()
    return {"file": SimpleUploadedFile(name, content, "text/csv"), "action": "preview"}


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(content|seal)" value="([^"]*)"', page))


def test_from_the_file_to_the_reader(client: Client, allocated: PathologyCase, cast: dict[str, User]) -> None:
    enter(client, cast["da"])
    where = reverse("readings_import")
    shown = client.post(where, upload(table(row(allocated))))
    assert shown.status_code == 200
    page = shown.content.decode()
    for text in (allocated.code, "Pan Shu", "8.0 %", "Adequate", "1 reading as it will be stored"):
        assert text in page
    assert not ImportBatch.objects.exists()
    done = client.post(where, hidden(page) | {"action": "store"})
    assert done.status_code == 302
    assert Reading.objects.get(reader=cast["p1"]).imported_at is not None
    again = client.post(where, hidden(page) | {"action": "store"})
    assert again.status_code == 422
    assert "was imported on" in again.content.decode()


def test_another_file_or_person_cannot_confirm(
    client: Client, allocated: PathologyCase, cast: dict[str, User]
) -> None:
    from trialsite.web.handed_in import carried

    enter(client, cast["da"])
    where = reverse("readings_import")
    fields = hidden(client.post(where, upload(table(row(allocated)))).content.decode())
    other = carried(table(row(allocated, cpn_rvt="9", cpn_nec="91")).encode())
    for data in (fields | {"content": other}, fields | {"seal": "x"}, {"content": fields["content"]}, {}):
        answer = client.post(where, data | {"action": "store"})
        assert answer.status_code == 422
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_errors_on_the_page_and_as_a_file(
    language: str, client: Client, allocated: PathologyCase, cast: dict[str, User]
) -> None:
    User.objects.filter(pk=cast["da"].pk).update(language=language)
    enter(client, User.objects.get(pk=cast["da"].pk))
    where = reverse("readings_import")
    answer = client.post(where, upload(table(row(allocated, cpn_rvt="=1+1", cp_com="mine & yours"))))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "<code>cpn_rvt</code>" in page
    assert "mine &amp; yours" in page, "what was handed in stands there for correction"
    file = client.post(where, {"content": hidden(page)["content"], "action": "problems"})
    assert file["Content-Type"].startswith("text/csv")
    lines = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert lines[1][:3] == ["2", "cpn_rvt", "'=1+1"], "no formula in a spreadsheet"


def test_a_corrected_file_is_pasted(client: Client, allocated: PathologyCase, cast: dict[str, User]) -> None:
    enter(client, cast["da"])
    where = reverse("readings_import")
    page = client.post(where, {"pasted": table(row(allocated)), "action": "preview"})
    assert page.status_code == 200
    assert "seal" in hidden(page.content.decode())
    empty = client.post(where, {"action": "preview"})
    assert empty.status_code == 422
    assert "Choose a file or paste the rows." in empty.content.decode()


def test_the_template_reads_as_a_header(client: Client, cast: dict[str, User]) -> None:
    enter(client, cast["da"])
    file = client.get(reverse("readings_template"))
    [line] = csv.reader(io.StringIO(file.content.decode("utf-8-sig")))
    assert line == template()
    assert "no line below the header" in wrong(cast["da"], file.content)[0][2]


def test_readers_and_others_find_no_such_page(client: Client, cast: dict[str, User]) -> None:
    for name in ("p1", "p3", "lin", "mo", "st", "ad", "ins"):
        enter(client, cast[name])
        for address in ("readings_import", "readings_template"):
            assert client.get(reverse(address)).status_code == 404
        assert client.post(reverse("readings_import"), upload("x")).status_code == 404


def test_the_reader_is_told_until_the_reading_is_signed(
    client: Client, allocated: PathologyCase, cast: dict[str, User]
) -> None:
    enter(client, cast["p1"])
    where = reverse("reading", args=[allocated.code])
    assert "check and sign" not in client.get(reverse("readings")).content.decode()
    stored(cast["da"], table(row(allocated)))
    assert "check and sign" in client.get(reverse("readings")).content.decode()
    page = client.get(where).content.decode()
    assert "These values were imported from a file on" in page
    [box] = re.findall(r'<input[^>]*name="CP2\.1\.cpn_rvt"[^>]*>', page)
    assert 'value="8' in box
    assert "Da Ning" not in page, "who imported is nothing that a reader needs"
    Reading.objects.filter(reader=cast["p1"]).update(submitted_at="2024-07-03T00:00Z")
    assert "These values were imported" not in client.get(where).content.decode()
