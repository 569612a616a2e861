"""The export has the rows of the screen and says so in the trail; the verifier finds in it what was altered."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from crf.exports.trail import Order, stream
from crf.selectors.trail import Filters, asked_of, scope_of
from participants.models import Participant
from pathology.models import PathologyCase
from tests import world
from tests.integration.audit.conftest import Sign
from tests.integration.audit.test_explorer import read
from trialsite.accounts.models import RoleHeld, User
from trialsite.audit.models import AuditChain, AuditEvent
from trialsite.audit.selectors import heads, heads_digest
from trialsite.web.sheets import safe

pytestmark = pytest.mark.django_db
VERIFIER = Path(settings.BASE_DIR) / "static" / "trail" / "verify_trail.py"


def taken(response: Any) -> str:
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    "query", ["", "who=lin", "participant=01-003", "field=tl_diam", "action=access", "form=TA"]
)
def test_it_has_the_rows_of_the_screen_in_their_order(
    query: str, participant: Participant, elsewhere: Participant, at: Sign
) -> None:
    client = at("da")
    wanted, url = [], f"/audit/?{query}"
    while url:
        page = client.get(url)
        wanted += [(line.chain, str(line.event.number)) for line in page.context["lines"]]
        url = f"/audit/?{page.context['older']}" if page.context["older"] else ""
    rows = rows_of(taken(client.get(f"/audit/export/csv/?{query}")))
    shown = [(row["Chain"], row["Number"]) for row in rows if row["Action (code)"] != "EXPORTED"]
    assert shown == wanted
    assert wanted


def test_it_stands_in_the_trail_with_filter_rows_and_digest(participant: Participant, at: Sign) -> None:
    text = taken(at("mo").get("/audit/export/csv/?who=lin&action=ENTER"))
    begun, ended = AuditEvent.objects.filter(action="EXPORTED").order_by("number")
    assert (begun.actor_name, begun.role, begun.path, begun.new) == (
        "mo",
        "MONITOR",
        "csv",
        "who=lin&action=ENTER; begun",
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert ended.new == f"who=lin&action=ENTER; {len(rows_of(text))} rows; SHA-256 {digest}"


def test_a_download_that_breaks_off_says_so(participant: Participant, cast: dict[str, User]) -> None:
    scope = scope_of(cast["mo"])
    pieces = stream(Order(cast["mo"], Filters(), asked_of(Filters(), cast["mo"], scope), scope, "en"), "csv")
    next(pieces)
    pieces.close()
    assert AuditEvent.objects.filter(action="EXPORTED").latest("number").new.endswith("broken off")


def test_a_file_says_labels_and_codes_and_no_formula(participant: Participant, at: Sign) -> None:
    (row,) = rows_of(taken(at("mo").get("/audit/export/csv/?field=tl_diam&action=CHANGE")))
    assert row["Reason"] == "'=transcription error"
    assert (row["Role"], row["Role (code)"]) == ("Study coordinator", "COORDINATOR")
    assert (row["Path"], row["Old value (as stored)"], row["New value (as stored)"]) == (
        "TA2:1/tl_diam",
        "62.0",
        "26.0",
    )
    assert (row["Participant"], row["Form (code)"], row["Action"]) == ("01-003", "TA", "changed")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"), ("+49 1", "'+49 1"), ("-2", "-2"), ("-2+3", "'-2+3"), ("@x", "'@x"), (" =1", "' =1"),
        ("\t=1", "'\t=1"), ("−2", "−2"), ("", ""), (None, ""), ("a=b", "a=b"), ("-1.5", "-1.5"), ("-", "'-"),
    ],
)  # fmt: skip
def test_cells_that_a_spreadsheet_would_reckon(text: Any, cell: str) -> None:
    assert safe(text) == cell


# --- JSON lines and the verifier ------------------------------------------------------------------------------------


def verify(text: str, folder: Path, *options: str) -> tuple[int, str]:
    """In a Python that knows nothing but its standard library."""
    file = folder / "trail.jsonl"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), *options, str(file)],
        capture_output=True,
        text=True,
        cwd=folder,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def whole(participant: Participant, elsewhere: Participant, at: Sign) -> str:
    return taken(at("ins").get("/audit/export/jsonl/"))


@pytest.fixture
def chain(participant: Participant) -> AuditChain:
    return AuditChain.objects.get(name=f"participant:{participant.pk}")


def test_a_whole_export_fits(whole: str, tmp_path: Path) -> None:
    code, said = verify(whole, tmp_path)
    assert (code, "3 whole chains" in said) == (0, True), said
    lines = [json.loads(line) for line in whole.splitlines()]
    assert lines[-1] == {"end": sum("number" in line for line in lines)}
    assert lines[0]["heads_digest"] in said + whole


def test_the_digest_of_a_report_is_found_again(whole: str, tmp_path: Path) -> None:
    first = json.loads(whole.splitlines()[0])
    assert verify(whole, tmp_path, "--digest", first["heads_digest"])[0] == 0
    assert verify(whole, tmp_path, "--digest", "0" * 64)[0] == 1
    assert heads_digest(heads()) != first["heads_digest"]  # the export's end is a later event


def altered(whole: str, act: Callable[[list[dict[str, Any]]], None]) -> str:
    lines = [json.loads(line) for line in whole.splitlines()]
    act(lines)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def place_of(lines: list[dict[str, Any]], chain: str, number: int) -> int:
    return next(
        i for i, line in enumerate(lines) if (line.get("chain"), line.get("number")) == (chain, number)
    )


def swapped(lines: list[dict[str, Any]], one: int) -> None:
    lines[one], lines[one + 1] = lines[one + 1], lines[one]


ATTACKS: dict[str, tuple[Callable[[list[dict[str, Any]], int], Any], int, str]] = {
    # what is done to the line, how far after it the first bad row is, what is said
    "edited": (lambda lines, i: lines[i].update(new="x"), 0, "its content does not give its digest"),
    "edited reason": (lambda lines, i: lines[i].update(reason="x"), 0, "its content does not give its digest"),
    "another person": (lambda lines, i: lines[i].update(actor_name="wu"), 0, "its content does not give its digest"),
    "deleted": (lambda lines, i: lines.pop(i), 1, "before it is missing"),
    "re-ordered": (lambda lines, i: swapped(lines, i), 1, "before it is missing"),
    "back-dated": (lambda lines, i: lines[i].update(at="2026-01-01T00:00:00.000000+00:00"), 0, "is before that of an earlier"),
    "a column less": (lambda lines, i: lines[i].pop("old"), 0, "a column is missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_what_was_altered_in_the_file_is_named(
    name: str, whole: str, chain: AuditChain, tmp_path: Path
) -> None:
    act, later, words = ATTACKS[name]
    number = chain.length // 2
    text = altered(whole, lambda lines: act(lines, place_of(lines, chain.name, number)))
    code, said = verify(text, tmp_path)
    assert code == 1
    assert said.startswith(f"WRONG  {chain.name} #{number + later} "), said
    assert words in said
    assert said.count("\n") == 1  # the first bad row alone


def test_a_missing_end_is_named(whole: str, chain: AuditChain, tmp_path: Path) -> None:
    def without_last(lines: list[dict[str, Any]]) -> None:
        lines.pop(place_of(lines, chain.name, chain.length))
        lines[-1]["end"] -= 1

    code, said = verify(altered(whole, without_last), tmp_path)
    assert (code, f"{chain.name}: #{chain.length} at its end is missing" in said) == (1, True), said
    assert "it is cut off" in verify("".join(whole.splitlines(True)[:-1]), tmp_path)[1]
    heads_gone = altered(whole, lambda lines: lines.pop(1))
    assert "whole chains; there are 2" in verify(heads_gone, tmp_path)[1]


def test_a_file_written_anew_does_not_fit_what_was_printed(
    whole: str, chain: AuditChain, tmp_path: Path
) -> None:
    """Who alters the file and makes all digests again is found by any head that was printed before."""
    printed = AuditEvent.objects.get(chain=chain, number=chain.length)
    lines = [json.loads(line) for line in whole.splitlines()]
    columns = (
        "chain", "number", "at", "actor_name", "role", "site", "action", "target", "path", "old", "new", "reason", "previous"
    )  # fmt: skip
    previous = ""
    for line in lines:
        if line.get("chain") == chain.name and "number" in line:
            if line["number"] == 3:
                line["new"] = "as if"
            line["previous"] = previous
            made = json.dumps([line[name] for name in columns], ensure_ascii=False, separators=(",", ":"))
            previous = line["digest"] = hashlib.sha256(made.encode()).hexdigest()
    for line in lines:
        if line.get("chain") == chain.name and "length" in line:
            line["head"] = previous
    all_heads = [[x["chain"], x["length"], x["head"]] for x in lines if "length" in x]
    made = json.dumps(sorted(all_heads), ensure_ascii=False, separators=(",", ":"))
    lines[0]["heads_digest"] = hashlib.sha256(made.encode()).hexdigest()
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    assert verify(text, tmp_path)[0] == 0
    expected = f"{chain.name}:{chain.length}:{printed.digest[:16]}"
    assert verify(whole, tmp_path, "--expect", expected)[0] == 0
    code, said = verify(text, tmp_path, "--expect", expected)
    assert (code, "whose digest was printed" in said) == (1, True)


def test_a_part_of_the_trail_is_verified_as_far_as_it_goes(
    participant: Participant, at: Sign, tmp_path: Path
) -> None:
    text = taken(at("da").get("/audit/export/jsonl/?who=lin&action=entry"))
    code, said = verify(text, tmp_path)
    assert (code, "no whole chain" in said) == (0, True), said
    one = taken(at("da").get("/audit/export/jsonl/?participant=01-003"))
    assert "1 whole chains" in verify(one, tmp_path)[1]


def test_of_a_monitor_s_site_the_chains_are_whole(
    participant: Participant, elsewhere: Participant, cast: dict[str, User], at: Sign, tmp_path: Path
) -> None:
    RoleHeld.objects.filter(user=cast["mo"]).update(site=world.site("01"))
    text = taken(at("mo").get("/audit/export/jsonl/"))
    assert "02-001" not in text
    assert "1 whole chains" in verify(text, tmp_path)[1]


def test_a_withheld_reading_keeps_its_place(cast: dict[str, User], at: Sign, tmp_path: Path) -> None:
    participant = world.screened(cast["lin"], "01-003")
    world.screening_01_003(participant, cast["lin"])
    world.treatment_01_003(participant, cast["lin"])
    world.operated(participant, cast["lin"], "2024-05-30", "2024-06-14")
    read(PathologyCase.objects.get(participant=participant), cast["p1"], "7")
    text = taken(at("ins").get("/audit/export/jsonl/"))
    code, said = verify(text, tmp_path)
    assert code == 0, said
    assert "withheld (place verified, content not)" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "empty"), ("nonsense", "no JSON"), ("[1]", "no exported trail"), ('{"a":1}', "no exported trail")],
)
def test_what_is_no_trail_is_said_to_be_none(text: str, said: str, tmp_path: Path) -> None:
    code, answer = verify(text, tmp_path)
    assert (code, said in answer) == (2, True)
