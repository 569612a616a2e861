"""Bad tables: the row, the column, the value and why, all at once; and nothing is loaded."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crf.imports.preview import preview
from crf.imports.source import read_source
from crf.imports.tables import Problem, read_directory
from participants.models import Participant
from tests.integration.imports.conftest import Spoil
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def problems(directory: Path) -> list[Problem]:
    source = read_source(read_directory(directory))
    preview(source)
    return source.problems


def test_the_tables_are_good(tables: Path) -> None:
    assert problems(tables) == []


Change = Callable[[list[dict[str, str]]], Any]
CASES: list[tuple[str, str, Change, tuple[int, str, str], str]] = [
    ("bad number", "tr", lambda r: r[0].update(TRORRES="21,5 cm"), (2, "TRORRES", "21,5 cm"), "no measurement"),
    ("negative", "tr", lambda r: r[1].update(TRORRES="-4"), (3, "TRORRES", "-4"), "not negative"),
    ("unit", "tr", lambda r: r[0].update(TRORRESU="cm"), (2, "TRORRESU", "cm"), "Unknown unit"),
    ("unknown lesion", "tr", lambda r: r[0].update(TRLNKID="T09"), (2, "TRLNKID", "T09"), "Unknown lesion"),
    ("unknown test", "tr", lambda r: r[0].update(TRTESTCD="VOLUME"), (2, "TRTESTCD", "VOLUME"), "Unknown code"),
    ("unknown participant", "tr", lambda r: r[0].update(USUBJID="01-999"), (2, "USUBJID", "01-999"), "not in DM"),
    ("impossible date", "tr", lambda r: r[0].update(TRDTC="2014-02-30"), (2, "TRDTC", "2014-02-30"), "no date"),
    ("year only", "tr", lambda r: r[0].update(TRDTC="2014"), (2, "TRDTC", "2014"), "Year and month"),
    ("reader", "tr", lambda r: r[0].update(TREVAL="NURSE"), (2, "TREVAL", "NURSE"), "Unknown evaluator"),
    ("reader without name", "tr", lambda r: r[0].update(TREVALID=""), (2, "TREVALID", ""), "needs an identifier"),
    ("response", "rs", lambda r: r[0].update(RSORRES="BETTER"), (2, "RSORRES", "BETTER"), "Unknown code"),
    ("response twice", "rs", lambda r: r.append(r[0] | {"RSSEQ": "99"}), (0, "RSTESTCD", "OVRLRESP"), "Duplicate key"),
    ("sequence twice", "rs", lambda r: r[1].update(RSSEQ="1"), (3, "RSSEQ", "1"), "Duplicate key"),
    ("participant twice", "dm", lambda r: r.append(dict(r[0])), (0, "USUBJID", "01-701-1015"), "Duplicate key"),
    ("sex", "dm", lambda r: r[0].update(SEX="X"), (2, "SEX", "X"), "Unknown code"),
    ("first dose", "dm", lambda r: r[0].update(RFXSTDTC="2014-01"), (2, "RFXSTDTC", "2014-01"), "must be complete"),
    ("lesion twice", "tu", lambda r: r.append(r[0] | {"TUSEQ": "99"}), (0, "TULNKID", "T01"), "Duplicate key"),
    ("kind of lesion", "tu", lambda r: r[0].update(TUORRES="BENIGN"), (2, "TUORRES", "BENIGN"), "Unknown code"),
    ("not measured", "tu", lambda r: r.append(r[0] | {"TUSEQ": "99", "TULNKID": "T05"}), (0, "TULNKID", "T05"), "G-39"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "file", "how", "where", "why"), CASES, ids=[case[0] for case in CASES])
def test_a_bad_row(
    name: str, file: str, how: Change, where: tuple[int, str, str], why: str, tables: Path, spoil: Spoil
) -> None:
    spoil(file, how)
    found = problems(tables)
    row, column, value = where
    assert [
        p
        for p in found
        if (p.column, p.value) == (column, value) and why in p.why and (not row or p.row == row)
    ], found


def test_a_measurement_said_twice_differently(tables: Path, spoil: Spoil) -> None:
    spoil("tr", lambda rows: rows.append(rows[0] | {"TRSEQ": "999", "TRORRES": "55"}))
    assert [p.why for p in problems(tables)] == ["Duplicate key: row 2 says something else of this lesion."]
    spoil("tr", lambda rows: rows[-1].update(TRORRES=rows[0]["TRORRES"]))
    assert problems(tables) == []  # the same again counts once


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe\x00\x01", "not a text file"),
        (b"PK\x03\x04 rest of an archive", "columns DOMAIN and USUBJID are missing"),
        (b"name;value\nx;1\n", "columns DOMAIN and USUBJID are missing"),
        (b'DOMAIN,USUBJID\n"TR,1', "no SDTM table"),
        (b"", "columns DOMAIN and USUBJID are missing"),
        (b"DOMAIN,USUBJID\nTR,1,2\n", "3 cells in a table of 2 columns"),
    ],
)
def test_a_file_that_is_no_table(content: bytes, why: str, tables: Path) -> None:
    (tables / "other.csv").write_bytes(content)
    found = [p for p in problems(tables) if p.file == "other.csv"]
    assert why in found[0].why


def test_a_missing_column_is_named_once(tables: Path, spoil: Spoil) -> None:
    spoil("tr", lambda rows: [row.pop("TRLNKID") for row in rows])
    assert [(p.row, p.column, p.why) for p in problems(tables)] == [(1, "TRLNKID", "This column is missing.")]


def test_a_missing_table(tables: Path) -> None:
    (tables / "dm.csv").unlink()
    assert "There is no table DM." in [p.why for p in problems(tables)]


def test_all_problems_at_once_and_nothing_loaded(
    tables: Path, spoil: Spoil, da: User, tmp_path: Path
) -> None:
    spoil("tr", lambda rows: [row.update(TRORRES="?") for row in rows[:7]])
    spoil("dm", lambda rows: rows[0].update(SEX="?"))
    out, events = StringIO(), AuditEvent.objects.count()
    with pytest.raises(CommandError, match="8 problems"):
        call_command("import_sdtm", str(tables), user="da", yes=True, problems=tmp_path / "p.csv", stdout=out)
    assert (tmp_path / "p.csv").read_text().count("\n") == 9
    assert "TRORRES" in out.getvalue()
    assert not Participant.objects.exists()
    assert AuditEvent.objects.count() == events


def test_a_form_that_refuses_a_value_stops_everything(tables: Path, spoil: Spoil, da: User) -> None:
    """A birth before 1920 is beyond the limits of the book: found while loading, and everything is taken back."""
    spoil("dm", lambda rows: rows[1].update(BRTHDTC="1890-01-01"))
    with pytest.raises(CommandError, match="1 problem"):
        call_command("import_sdtm", str(tables), user="da", yes=True, stdout=StringIO())
    assert not Participant.objects.exists()


@pytest.mark.parametrize("name", ["lin", "mo", "p1", "ad", "nobody"])
def test_only_a_data_manager_imports(name: str, tables: Path, da: User) -> None:
    with pytest.raises(CommandError):
        call_command("import_sdtm", str(tables), user=name, yes=True, stdout=StringIO())
    assert not Participant.objects.exists()


def test_a_number_in_use(tables: Path, da: User) -> None:
    from tests import world

    lin = User.objects.get(username="lin")
    world.screened(lin, "01-701-1015")
    with pytest.raises(CommandError, match="Nothing was loaded"):
        call_command("import_sdtm", str(tables), user="da", yes=True, stdout=StringIO())
    assert Participant.objects.count() == 1
