"""A certified copy holds everything, proves itself with the standard library alone, and names what was changed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import transaction

from crf.copies.archive import Archived, Certifier, archive_write
from crf.services.queries import File, query_act, query_raise
from crf.services.signing import Proof, forms_sign
from crf.services.verification import values_verify
from participants.models import Participant
from tests import world
from tests.integration.trail_review.conftest import FIRST
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

AT = FIRST + dt.timedelta(hours=12)
BY = Certifier("ins", "Yin Si", "INSPECTOR")
SECRET = "31.4"  # the value of a single reading


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture(scope="module")
def trial(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, User]]:
    """A small trial, once for the module: 01-003 with everything that a copy speaks of, 02-001 at the other site."""
    from django.test import override_settings

    with django_db_blocker.unblock(), transaction.atomic(), override_settings(DEMO=True):
        with time_machine.travel(FIRST, tick=False):
            cast = world.people()
            one = world.screened(cast["lin"], "01-003")
            world.consent(one, cast["lin"], "2024-03-04")
            other = world.screened(cast["wu"], "02-001", "02")
            world.consent(other, cast["wu"], "2024-03-05")
            world.operated(one, cast["lin"], "2024-05-30", "2024-06-14")
            nodules = [world.nodule(1, ("30", "20", "20"), (SECRET, "50.0", "18.6"))]
            world.central_reading(one, cast["p1"], "R1", "2024-06-20", nodules, "2024-06-10")
            form = world.form(one, "ICF", "SCR")
            values_verify(by=cast["mo"], form=form, paths=["icf_dsstdat"])
            proof = Proof(("username", "password"), True)
            forms_sign(by=cast["chen"], participant=one, forms=[form.pk], meaning="CONFIRM", proof=proof)
            world.change(
                world.form(one, "ICF", "SCR"), cast["lin"], icf_dssttim="09:40", reason="=1+1 source"
            )
            raised = query_raise(
                by=cast["mo"],
                participant=one,
                form=world.form(one, "ICF", "SCR"),
                path="icf_copy",
                text="Please check.",
            )
            scan = File("../scan report.pdf", "application/pdf", b"%PDF-1.4 scan")
            query_act(by=cast["lin"], query=raised, act="answer", outcome="CONFIRMED", file=scan)
        yield cast
        transaction.set_rollback(True)


@pytest.fixture
def db_of_module(trial: dict[str, User], db: None) -> dict[str, User]:
    return trial


def written(folder: Path, name: str = "copy.zip", **more: Any) -> Archived:
    return archive_write(folder / name, by=BY, at=AT, **more)


@pytest.fixture
def copy(db_of_module: dict[str, User], tmp_path: Path) -> Archived:
    return written(tmp_path)


@pytest.fixture
def of_site(db_of_module: dict[str, User], tmp_path: Path) -> Archived:
    return written(tmp_path, "site.zip", site=world.site("01"))


def names(copy: Archived) -> list[str]:
    with zipfile.ZipFile(copy.path) as archive:
        return archive.namelist()


def read(copy: Archived, name: str) -> str:
    with zipfile.ZipFile(copy.path) as archive:
        return archive.read(name).decode("utf-8-sig")


def table(copy: Archived, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(read(copy, name))))


def verified(path: Path, tools: Path, *more: str) -> tuple[int, str]:
    """The verifier that lies in the copy, run as an inspector runs it: nothing but the standard library."""
    command = [sys.executable, "-I", "-S", str(tools / "verify_copy.py"), str(path), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def tools(copy: Archived, tmp_path: Path) -> Path:
    """Both verifiers, taken from the copy."""
    folder = tmp_path / "tools"
    with zipfile.ZipFile(copy.path) as archive:
        archive.extract("verify_copy.py", folder)
        archive.extract("verify_trail.py", folder)
    return folder


# --- it proves itself -----------------------------------------------------------------------------------------------


def test_its_own_verifier_finds_it_sound(copy: Archived, tools: Path) -> None:
    code, said = verified(copy.path, tools, "--digest", copy.sha256)
    assert (code, said.startswith("Verified: ")) == (0, True), said
    assert f"{AuditEvent.objects.count()} events" in said
    assert "certified by Yin Si on 2026-11-20T18:03:00+00:00" in said


def test_unpacked_it_is_sound_as_well(copy: Archived, tmp_path: Path) -> None:
    with zipfile.ZipFile(copy.path) as archive:
        archive.extractall(tmp_path / "folder")
    assert verified(tmp_path / "folder", tmp_path / "folder")[0] == 0


def test_the_same_content_gives_the_same_bytes(copy: Archived, tmp_path: Path) -> None:
    assert written(tmp_path, "again.zip").sha256 == copy.sha256


def rebuilt(copy: Archived, to: Path, change: Callable[[str, bytes], bytes | None], **added: bytes) -> Path:
    """The archive with some files changed, left out (`None`) or added, and everything else as it was."""
    with zipfile.ZipFile(copy.path) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in added.items():
            new.writestr(name, content)
    return to


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "name",
    ["data/ICF.csv", "participants/01-003/data.json", "participants/01-003/trail.jsonl", "study/trail.jsonl",
     "verify_trail.py", "README.txt", "manifest.json"],
)  # fmt: skip
def test_one_changed_byte_is_named(name: str, copy: Archived, tools: Path, tmp_path: Path) -> None:
    forged = rebuilt(copy, tmp_path / "forged.zip", lambda n, c: flipped(c) if n == name else c)
    code, said = verified(forged, tools)
    assert (code, said) == (1, f"WRONG  {name}: its content does not give its SHA-256\n")


def test_a_file_that_is_missing_or_was_added_is_named(copy: Archived, tools: Path, tmp_path: Path) -> None:
    less = rebuilt(copy, tmp_path / "less.zip", lambda n, c: None if n == "data/ICF.csv" else c)
    assert verified(less, tools) == (1, "WRONG  data/ICF.csv: it is missing\n")
    more = rebuilt(copy, tmp_path / "more.zip", lambda n, c: c, extra=b"x")
    assert verified(more, tools)[1].startswith("WRONG  extra: it was added")


def test_new_digests_do_not_hide_a_changed_event(copy: Archived, tools: Path, tmp_path: Path) -> None:
    """Somebody changes a value in the trail and writes manifest and digests anew."""
    import hashlib

    name = "participants/01-003/trail.jsonl"
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(copy.path) as archive:
        files = {one: archive.read(one) for one in archive.namelist()}
    files[name] = files[name].replace(b'"new":"2024-03-04"', b'"new":"2024-03-05"', 1)
    manifest = json.loads(files["manifest.json"])
    digest = hashlib.sha256(files[name]).hexdigest()
    next(one for one in manifest["files"] if one["path"] == name)["sha256"] = digest
    files["manifest.json"] = json.dumps(manifest).encode()
    sums = {one: hashlib.sha256(content).hexdigest() for one, content in files.items() if one != "SHA256SUMS"}
    files["SHA256SUMS"] = "".join(f"{made}  {one}\n" for one, made in sums.items()).encode()
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(forged, "w") as archive:
        for one, content in files.items():
            archive.writestr(one, content)
    code, said = verified(forged, tools)
    assert code == 1
    assert said.startswith(f"WRONG  {name}: participant:") and "its content does not give its digest" in said
    assert verified(forged, tools, "--digest", copy.sha256)[1].startswith(
        "WRONG  forged.zip: it is not the archive"
    )


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_copy_is_said_to_be_none(content: bytes, tools: Path, tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_bytes(content)
    assert verified(tmp_path / "no.zip", tools)[0] == 2


def test_the_manifest_and_the_sums_list_every_file(copy: Archived) -> None:
    listed = {one["path"] for one in copy.manifest["files"]} | {"manifest.json", "SHA256SUMS"}
    assert listed == set(names(copy))
    assert len(names(copy)) == len(set(names(copy)))


# --- it holds everything --------------------------------------------------------------------------------------------


def test_data_as_codes_and_words(copy: Archived) -> None:
    rows = table(copy, "data/ICF.csv")
    assert [(row["participant"], row["icf_dsstdat"]) for row in rows] == [
        ("01-003", "2024-03-04"),
        ("02-001", "2024-03-05"),
    ]
    assert (rows[0]["icf_yn"], rows[0]["icf_yn_en"], rows[0]["icf_yn_zh"]) == ("Y", "Yes", "是")
    data = json.loads(read(copy, "participants/01-003/data.json"))
    consent = next(form for form in data["forms"] if form["form"] == "ICF")
    assert (consent["values"]["icf_dssttim"], consent["signed"]) == ("09:40", "V")


def test_every_event_of_the_trail(copy: Archived) -> None:
    lines = [
        json.loads(line)
        for name in names(copy)
        if name.endswith("trail.jsonl")
        for line in read(copy, name).splitlines()
    ]
    digests = {line["digest"] for line in lines if "digest" in line}
    assert digests == set(AuditEvent.objects.values_list("digest", flat=True))
    words = table(copy, "participants/01-003/trail.csv")
    assert any(
        row["old"] == "09:20" and row["new"] == "09:40" and row["reason"] == "'=1+1 source" for row in words
    )


def test_queries_with_their_attachments(copy: Archived) -> None:
    query = next(
        q
        for q in json.loads(read(copy, "participants/01-003/queries.json"))
        if q["question"] == "Please check."
    )
    assert [step["act"] for step in query["messages"]] == ["raise", "answer"]
    file = query["messages"][1]["attachment"]
    assert (file["name"], ".." in file["file"]) == ("../scan report.pdf", False)
    with zipfile.ZipFile(copy.path) as archive:
        assert archive.read(file["file"]) == b"%PDF-1.4 scan"


def test_signatures_with_what_became_of_them(copy: Archived) -> None:
    signature = json.loads(read(copy, "participants/01-003/signatures.json"))[0]
    assert signature["username"] == "chen"
    assert len(signature["digest"]) == len(signature["forms"][0]["values_digest"]) == 64
    assert "icf_dssttim" in signature["forms"][0]["void_detail"]


def test_verification_people_definitions_and_a_casebook(copy: Archived) -> None:
    assert [row["path"] for row in table(copy, "review/verification.csv")] == ["icf_dsstdat"]
    roles = {(row["username"], row["role"], row["site_number"]) for row in table(copy, "people/roles.csv")}
    assert ("lin", "COORDINATOR", "01") in roles
    assert table(copy, "people/delegation.csv")
    assert "password" not in " ".join(read(copy, "people/accounts.csv").splitlines()[0].split(","))
    assert {form["id"] for form in json.loads(read(copy, "definitions/data-dictionary.json"))}
    assert "01-003" in read(copy, "participants/01-003/casebook.html")
    assert "{{page" not in read(copy, "participants/01-003/casebook.html")


def test_the_readme_says_by_whom_when_and_the_heads_in_both_languages(copy: Archived) -> None:
    text = read(copy, "README.txt")
    assert (
        text.count("Yin Si")
        == text.count(copy.manifest["heads_digest"])
        == text.count("2026-11-20T18:03:00")
        == 2
    )
    assert "核证副本" in text


# --- what it does not hold ------------------------------------------------------------------------------------------


def test_single_readings_before_release_are_left_out_and_named(copy: Archived) -> None:
    assert AuditEvent.objects.filter(new=SECRET).exists()
    for name in names(copy):
        assert SECRET not in read(copy, name), name
    left = next(one for one in copy.manifest["left_out"] if one["what"] == "single central readings")
    assert left["forms"]
    assert "data/CPATH.csv" not in names(copy)


def test_the_copy_of_a_site_holds_nothing_of_another(of_site: Archived) -> None:
    for name in names(of_site):
        text = read(of_site, name)
        assert "02-001" not in text, name
        assert SECRET not in text, name
    assert [row["number"] for row in json.loads(read(of_site, "sites/sites.json"))] == ["01"]
    people = {row["username"] for row in table(of_site, "people/accounts.csv")}
    assert people == {"lin", "chen"}
    assert not [name for name in names(of_site) if name.startswith("study/")]
    assert "study chain" in {one["what"] for one in of_site.manifest["left_out"]}


def test_the_copy_of_a_site_is_sound(of_site: Archived, tools: Path) -> None:
    code, said = verified(of_site.path, tools)
    assert code == 0, said
    assert "Site 01" in said


def test_a_copy_that_breaks_off_leaves_nothing(
    db_of_module: dict[str, User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crf.copies import archive

    def fail(*args: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(archive, "write_holds", fail)
    with pytest.raises(OSError, match="disk full"):
        written(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_one_participant_at_a_time(db_of_module: dict[str, User], tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    written(tmp_path, tell=lambda done, whole: told.append((done, whole)))
    assert told == [(0, Participant.objects.count()), (1, Participant.objects.count())]
