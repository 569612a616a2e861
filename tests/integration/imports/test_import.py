"""Real tables of others become participants and assessments; what the forms cannot hold is kept and said."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from crf.imports.comparison import compare
from crf.models import FormInstance, ImportBatch, ImportedForm
from crf.policies import may_change
from crf.selectors.replay import replayed
from crf.selectors.sheets import casebook
from participants.models import Participant, Visit
from tests.integration.imports.conftest import PUBLIC, Spoil
from trialsite.accounts.models import Site, User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def load(directory: Path, **more: object) -> str:
    out = StringIO()
    call_command("import_sdtm", str(directory), user="da", yes=True, stdout=out, stderr=StringIO(), **more)
    return out.getvalue()


def test_a_preview_stores_nothing(tables: Path, da: User) -> None:
    text = load(tables, preview=True)
    assert "01-701-1133  RADIOLOGIST 2  4" in text
    assert "Preview only" in text
    assert not Participant.objects.exists()
    assert not ImportBatch.objects.exists()


def test_participants_readers_and_visits(tables: Path, da: User) -> None:
    load(tables)
    participant = Participant.objects.get(number="01-701-1015")
    assert (participant.imported, participant.site.number, participant.created_by) == (True, "701", da)
    forms = FormInstance.objects.filter(participant=participant, form_key="TA").select_related("visit")
    assert {(f.visit.code, f.repeat, f.evaluator) for f in forms if f.visit} == {
        (code, repeat, name)
        for code in ("SCR", "UNS")
        for repeat, name in ((1, ""), (2, "RADIOLOGIST 1"), (3, "RADIOLOGIST 2"))
    }
    visits = Visit.objects.filter(participant=participant).values_list("code", "repeat", "reason")
    assert ("UNS", 1, "WEEK 3") in visits
    assert {code for code, _n, _reason in visits} == {"SCR", "C1", "UNS"}  # nothing else is expected of it
    book = casebook(participant.pk)
    sheet = next(s for s in book.all("TA") if s.visit == "SCR" and s.repeat == 1)
    assert [(r.get("tl_lnkid"), r.get("tl_loc"), r.get("tl_node"), str(r.get("tl_diam"))) for r in sheet.lines("TA2")] == [
        ("T01", "ADRENAL", "N", "21.0"), ("T02", "LYMPH_NODE", "Y", "32.0"), ("T03", "OTHER", "N", "24.0"),
        ("T04", "BONE", "N", "19.0"),
    ]  # fmt: skip
    assert book.value("EC", "ec_d1dat") == dt.date(2014, 1, 2)
    died = casebook(Participant.objects.get(number="01-701-1211").pk)
    assert str(died.value("DTH", "dthdat")) == "2013-01-14"
    assert Participant.objects.get(number="01-701-1211").state == "DIED"


def test_a_lesion_that_a_reader_left_out_is_not_evaluable(tables: Path, da: User) -> None:
    load(tables)
    book = casebook(Participant.objects.get(number="01-701-1015").pk)
    week6 = next(s for s in book.all("TA") if s.visit == "UNS2" and s.repeat == 1)
    assert [r.get("tl_state") for r in week6.lines("TA2")].count("NE") == 2


def test_the_partial_date_is_kept_as_it_is_written(tables: Path, da: User) -> None:
    """G-10: entered as the earliest possible day, with its flag; the original stands in the trail and with the form."""
    text = load(tables)
    assert "2014-02 is entered as 2014-02-01 with imputation flag D" in text
    form = FormInstance.objects.get(
        participant__number="01-701-1015", form_key="TA", visit__repeat=2, visit__code="UNS", repeat=1
    )
    event = AuditEvent.objects.get(target=form.address, path="tudat")
    assert event.new == "2014-02-01"
    assert event.reason.startswith("2014-02 → 2014-02-01: Day unknown (imputation flag D)")
    kept = ImportedForm.objects.get(form=form)
    assert kept.rows[0]["values"]["TRDTC"] == "2014-02"


def test_exact_diameters_are_kept_beside_the_rounded_ones(tables: Path, da: User) -> None:
    load(tables)
    kept = ImportedForm.objects.filter(form__participant__number="01-701-1133", form__form_key="TA")
    remarks = [remark for form in kept for remark in form.remarks]
    assert any(source == "4.95" and now == "5.0" for _path, source, now, _why in remarks)


def test_everything_is_in_the_trail(tables: Path, da: User) -> None:
    load(tables)
    event = AuditEvent.objects.get(action="IMPORT")
    assert event.actor == da
    assert event.new.count("SHA-256") == 4
    for participant in Participant.objects.all():
        book, told = casebook(participant.pk), replayed(participant.pk).book()
        for sheet in book:
            other = next(s for s in told.all(sheet.key) if s.form == sheet.form)
            assert (sheet.values, sheet.missing) == (other.values, other.missing)
            assert {k: [(r.row, r.values) for r in v] for k, v in sheet.rows.items()} == {
                k: [(r.row, r.values) for r in v] for k, v in other.rows.items()
            }
    entered = AuditEvent.objects.filter(action="ENTER", actor=da)
    assert not entered.exclude(reason__contains=":").exists()  # each says file and line, or what was done


def test_imported_data_are_not_changed_by_hand(tables: Path, da: User) -> None:
    load(tables)
    assert may_change(FormInstance.objects.filter(form_key="TA")[0]).code == "imported"


def test_the_same_files_again(tables: Path, da: User) -> None:
    load(tables)
    events = AuditEvent.objects.count()
    assert "Nothing is loaded" in load(tables)
    assert AuditEvent.objects.count() == events
    assert ImportBatch.objects.count() == 1


def test_one_site_for_all(tables: Path, da: User) -> None:
    load(tables, site="90")
    assert set(Participant.objects.values_list("site__number", flat=True)) == {"90"}
    assert not Site.objects.filter(number="701").exists()


def test_other_lesion_ids_are_mapped_and_kept(tables: Path, spoil: Spoil, da: User) -> None:
    def rename(rows: list[dict[str, str]], column: str) -> None:
        for row in rows:
            if row["USUBJID"] == "01-701-1133":
                row[column] = row[column].replace("T0", "LESION-")

    spoil("tu", lambda rows: rename(rows, "TULNKID"))
    spoil("tr", lambda rows: rename(rows, "TRLNKID"))
    load(tables)
    sheet = casebook(Participant.objects.get(number="01-701-1133").pk).all("TA")[0]
    assert [row.get("tl_lnkid") for row in sheet.lines("TA2")] == ["T01", "T02", "T03"]
    assert sheet.lines("TA2")[0].get("tl_locdtl") == "LESION-1: ESOPHAGUS"


def test_responses_without_measurements_are_used_as_they_are(tables: Path, spoil: Spoil, da: User) -> None:
    spoil("tr", lambda rows: rows.__setitem__(slice(None), [r for r in rows if r["VISIT"] != "WEEK 9"]))
    load(tables)
    lines = [line for line in compare() if line.visit == "WEEK 9"]
    assert lines
    assert all(line.ours == line.published for line in lines)


def test_the_public_data_go_in_whole(whole: Path, da: User, tmp_path: Path) -> None:
    """306 participants, one partial date; 65 of 66 published responses are ours, and the rule says why one is not."""
    text = load(whole, report=tmp_path / "report.json")
    assert Participant.objects.filter(imported=True).count() == 306
    assert "65 of 66 agree" in text
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["published"], report["agree"]) == (66, 65)
    (line,) = report["differences"]
    assert (line["participant"], line["reader"], line["visit"]) == ("01-701-1133", "RADIOLOGIST 2", "WEEK 9")
    assert (line["published"], line["ours"], line["rule"]) == ("PR", "PD", "R-66")
    assert {row["reader"]: row["differ"] for row in report["readers"]} == {
        "INVESTIGATOR": 0, "RADIOLOGIST 1": 0, "RADIOLOGIST 2": 1,
    }  # fmt: skip


def test_a_published_response_that_counts_missing_lesions_as_gone(
    tables: Path, spoil: Spoil, da: User
) -> None:
    """R-26: "CR" of a visit at which two lesions were not measured and the others were gone."""

    def gone(rows: list[dict[str, str]]) -> None:
        for row in rows:
            if row["USUBJID"] == "01-701-1015" and row["VISIT"] == "WEEK 6" and not row["TREVALID"]:
                row["TRORRES"] = "0"

    spoil("tr", gone)
    spoil(
        "rs",
        lambda rows: [
            r.update(RSORRES="CR")
            for r in rows
            if r["USUBJID"] == "01-701-1015" and r["VISIT"] == "WEEK 6" and not r["RSEVALID"]
        ],
    )
    load(tables)
    line = next(line for line in compare() if not line.agrees and line.visit == "WEEK 6")
    assert (line.published, line.ours, line.rule) == ("CR", "NE", "R-26")


def test_the_licence_stands_beside_the_data() -> None:
    assert "Apache License" in (PUBLIC / "LICENSE").read_text()
