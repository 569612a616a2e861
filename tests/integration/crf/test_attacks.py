"""What a careless or hostile hand may try on logs, laboratories, drafts and imports: refused in words, nothing lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crf.documents.capture import capture
from crf.documents.casebook import casebook_document
from crf.documents.tongue import LANGUAGES
from crf.models import Draft, FormInstance, Laboratory, Presence, ReferenceRange
from crf.naming import form_url
from crf.selectors.replay import replayed
from crf.selectors.sheets import sheet_of
from crf.services import findings, regrading
from crf.services.drafts import LARGEST
from crf.services.entry import Invalid
from crf.services.findings import participants_check
from crf.services.logs import log_line_add, log_line_remove
from crf.services.site import consent_version_add, laboratory_add, laboratory_end, ranges_add
from crf.site_ranges import Problems, read_file
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

CARD = "110101199003070018"  # the pattern of an identity card, nobody's number
CHEM = 2


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
        client.force_login(cast[name])
        return client

    return signed_in


@pytest.fixture
def lab(cast: dict[str, User]) -> Laboratory:
    return laboratory_add(by=cast["da"], site=world.site(), code="CENTRAL", name_en="Central laboratory")


@pytest.fixture
def line(participant: Participant, cast: dict[str, User]) -> FormInstance:
    made = log_line_add(by=cast["lin"], participant=participant, log="AE")
    world.fill(
        made, cast["lin"], {"aeterm": "Nausea", "aestdat": "2024-03-14", "aetoxgr": "2"}, complete=False
    )
    return made


# --- drafts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mo", "st", "da", "ins"])
def test_who_may_not_enter_keeps_no_draft(name: str, at: Any, participant: Participant) -> None:
    form = world.form(participant, "DM", "SCR")
    answer = at(name).post(form_url(form), {"version": "0", "action": "keep_draft", "sex": "M"})
    assert (answer.status_code, Draft.objects.count()) == (403, 0)


def test_a_draft_keeps_no_identity_number(at: Any, participant: Participant) -> None:
    form = world.form(participant, "DM", "SCR")
    typed = {"version": "0", "ethcn_oth": "身份证 １１０１０５１９４９１２３１００２X", "su_packyr": "12.5"}
    assert at("lin").post(f"{form_url(form)}draft/", typed).status_code == 200
    assert Draft.objects.get(form=form).content == {"su_packyr": ["12.5"]}


def test_a_draft_that_is_too_large_is_not_said_to_be_kept(at: Any, participant: Participant) -> None:
    form = world.form(participant, "DM", "SCR")
    answer = at("lin").post(
        form_url(form), {"version": "0", "action": "keep_draft", "ethcn_oth": "x" * (LARGEST + 1)}
    )
    assert (answer.status_code, Draft.objects.count()) == (422, 0)
    assert "xxxx" in answer.content.decode(), "what was typed stays on the page"


def test_results_from_a_file_do_not_make_an_old_draft_new(
    at: Any, participant: Participant, lab: Laboratory, cast: dict[str, User]
) -> None:
    """A draft that was begun before somebody else saved must still be told so after an import."""
    form = world.form(participant, "LB", "SCR", CHEM)
    lin = at("lin")
    lin.post(f"{form_url(form)}draft/", {"version": "0", "lbperf": "Y", "LB2.11.lborres": "40"})
    world.consent(participant, cast["lin"], "2024-03-01")
    world.fill(form, cast["chen"], {"lbperf": "Y", "lbdat": "2024-03-05"}, complete=False)
    assert (
        lin.post(f"{form_url(form)}import/", {"action": "take", "pasted": "ALT,65,U/L\n"}).status_code == 302
    )
    assert Draft.objects.get().version == 0


@pytest.mark.parametrize(
    "path",
    [
        "/",
        ":/x",
        "TA2:/tl_diam",
        "TA2:x/tl_diam",
        "TA2:n/tl_diam",
        "LB2:99999999999/lborres",
        "@active",
        "a:b:c/d",
    ],
)
def test_a_draft_is_told_of_any_path(path: str, at: Any, participant: Participant) -> None:
    for key, repeat in (("LB", 2), ("DM", 1)):
        form = world.form(participant, key, "SCR", repeat)
        answer = at("lin").post(f"{form_url(form)}draft/", {"version": "0", "touched": path})
        assert answer.status_code == 200


@pytest.mark.parametrize("act", ["confirm", "in vain", "nothing"])
def test_what_was_set_back_is_not_taken_for_untouched(
    act: str, participant: Participant, cast: dict[str, User], at: Any
) -> None:
    """A colleague saves without changing a value; the weight is set back to what it was before: that is a change."""
    lin = cast["lin"]
    world.consent(participant, lin, "2024-03-01")
    form = world.form(participant, "VS", "SCR")
    for weight in ("60", "200"):
        values = {"vsperf": "Y", "vsdat": "2024-03-05", "weight": weight}
        world.fill(form, lin, values, complete=False)
    page = {
        "vsperf": "Y",
        "vsdat__y": "2024",
        "vsdat__m": "3",
        "vsdat__d": "5",
        "version": "2",
        "action": "save",
    }
    said = {
        "confirm": {"confirm:soft:weight@weight": "Checked at the source."}, "in vain": {"confirm:CK-065@height": "Yes."},
        "nothing": {},
    }[act]  # fmt: skip
    assert at("chen").post(form_url(form), page | {"token": "a", "weight": "200"} | said).status_code == 302
    assert at("lin").post(form_url(form), page | {"token": "b", "weight": "60"}).status_code == 302
    assert sheet_of(form).get("weight") == 60


# --- logs -------------------------------------------------------------------------------------------------------------


def test_two_people_who_add_a_line_at_once_get_two_lines(
    participant: Participant, cast: dict[str, User]
) -> None:
    """One event typed over another would be lost."""
    first = log_line_add(by=cast["lin"], participant=participant, log="AE")
    assert log_line_add(by=cast["lin"], participant=participant, log="AE").pk == first.pk, "twice is harmless"
    assert log_line_add(by=cast["chen"], participant=participant, log="AE").pk != first.pk


def test_a_line_whose_author_went_away_is_given_again(
    participant: Participant, cast: dict[str, User]
) -> None:
    first = log_line_add(by=cast["lin"], participant=participant, log="AE")
    Presence.objects.update(seen_at=timezone.now() - dt.timedelta(minutes=5))
    assert log_line_add(by=cast["chen"], participant=participant, log="AE").pk == first.pk


def test_a_save_that_was_under_way_does_not_reach_a_line_that_was_taken_out(
    participant: Participant, cast: dict[str, User], line: FormInstance
) -> None:
    opened = world.form(participant, "AE1", repeat=line.repeat)
    log_line_remove(by=cast["lin"], form=line, reason="Entered twice.")
    with pytest.raises(Refused):
        world.fill(opened, cast["chen"], {"aeterm": "Vomiting"}, complete=False)
    assert sheet_of(line).get("aeterm") == "Nausea"


def test_the_reason_of_a_removal_names_nobody(at: Any, line: FormInstance) -> None:
    answer = at("lin").post("/p/01-003/log/ae/1/remove/", {"reason": f"Belongs to {CARD}"})
    assert answer.status_code == 422
    assert not AuditEvent.objects.filter(reason__contains=CARD).exists()
    line.refresh_from_db()
    assert line.active


def test_the_reason_of_a_removal_keeps_no_control_characters(
    cast: dict[str, User], line: FormInstance
) -> None:
    log_line_remove(by=cast["lin"], form=line, reason="Entered\x00 twice.")
    assert line.removed_reason == "Entered twice."


def test_the_trail_tells_that_a_line_was_taken_out(
    participant: Participant, cast: dict[str, User], line: FormInstance
) -> None:
    log_line_remove(by=cast["lin"], form=line, reason="Entered twice.")
    assert list(participant_problems(participant)) == []
    assert [s.form for s in replayed(participant.pk).book().all("AE1")] == []
    FormInstance.objects.filter(pk=line.pk).update(active=True)
    assert list(participant_problems(participant))


def test_what_was_calculated_from_a_line_is_calculated_without_it(
    participant: Participant, cast: dict[str, User]
) -> None:
    """The last day alive must not rest on an event that was taken out."""
    world.consent(participant, cast["lin"], "2024-03-01")
    line = log_line_add(by=cast["lin"], participant=participant, log="AE")
    world.fill(line, cast["lin"], {"aeterm": "Nausea", "aestdat": "2024-03-14"}, complete=False)
    end = FormInstance.objects.select_related("participant__site", "visit").get(form_key="EOS")
    world.fill(end, cast["lin"], {"eos_dsstdat": "2024-03-20"}, complete=False)
    assert sheet_of(end).get("eos_lastcontact") == dt.date(2024, 3, 14)
    log_line_remove(by=cast["lin"], form=line, reason="Entered twice.")
    assert sheet_of(end).get("eos_lastcontact") == dt.date(2024, 3, 1)
    participant.refresh_from_db()
    assert list(participant_problems(participant)) == []


# --- laboratories -----------------------------------------------------------------------------------------------------


def test_a_closed_laboratory_gets_no_ranges(at: Any, lab: Laboratory, cast: dict[str, User]) -> None:
    laboratory_end(by=cast["da"], laboratory=lab, reason="Contract ended.")
    given = {
        "test": "ALT", "unit": "U/L", "sex": "BOTH", "agelo": "0", "agehi": "120", "lln": "9", "uln": "50",
        "valid_from": "2024-01-01",
    }  # fmt: skip
    answer = at("da").post("/laboratories/01/CENTRAL/", given)
    assert (answer.status_code, ReferenceRange.objects.count()) == (422, 0)
    rows = "test,unit,sex,lln,uln,from\nALT,U/L,M,9,50,2024-01-01\n"
    answer = at("da").post("/laboratories/01/CENTRAL/import/", {"action": "store", "pasted": rows})
    assert (answer.status_code, ReferenceRange.objects.count()) == (422, 0)


def test_new_results_do_not_name_a_closed_laboratory(
    participant: Participant, cast: dict[str, User], lab: Laboratory
) -> None:
    world.consent(participant, cast["lin"], "2024-03-01")
    values = {"lbperf": "Y", "lbdat": "2024-03-05", "lbnam": lab.address}
    kept = world.form(participant, "LB", "SCR", 1)
    world.fill(kept, cast["lin"], values, complete=False)
    laboratory_end(by=cast["da"], laboratory=lab, reason="Contract ended.")
    with pytest.raises(Invalid):
        world.fill(world.form(participant, "LB", "SCR", CHEM), cast["lin"], values, complete=False)
    world.change(kept, cast["lin"], lbdat="2024-03-06")
    assert sheet_of(kept).get("lbnam") == lab.address


@pytest.mark.parametrize("name", ["close/", "1/remove/"])
def test_reasons_at_a_site_name_nobody(name: str, at: Any, lab: Laboratory, cast: dict[str, User]) -> None:
    row = read_file("test,unit,sex,lln,uln,from\nALT,U/L,M,9,50,2024-01-01\n")
    made = ranges_add(by=cast["da"], laboratory=lab, ranges=row)[0]
    address = f"/laboratories/01/CENTRAL/{name.replace('1', str(made.pk))}"
    assert at("da").post(address, {"reason": f"See {CARD}"}).status_code == 422
    assert not AuditEvent.objects.filter(reason__contains=CARD).exists()


@pytest.mark.parametrize(
    "text",
    ["test,unit,lln,uln,from\n" + "x" * 200_000, "x" * 200_000 + "\nALT", "test,unit,lln,uln,from\rALT,U/L,9,50,2024-01-01\r",
     'test,unit,lln,uln,from\n"ALT', "test,unit,lln,uln,from\nALT,U/L,NaN,Infinity,2024-01-01",
     "test,unit,lln,uln,from\nALT,U/L,1e400,1e999999,2024-01-01"],
)  # fmt: skip
def test_a_file_of_ranges_that_is_no_table_is_refused_in_words(text: str, at: Any, lab: Laboratory) -> None:
    answer = at("da").post("/laboratories/01/CENTRAL/import/", {"action": "store", "pasted": text})
    assert answer.status_code in (200, 302, 422)
    upload = at("da").post("/laboratories/01/CENTRAL/import/", {"action": "store", "file": _file(text)})
    assert upload.status_code in (200, 302, 422)


def _file(text: str) -> Any:
    return SimpleUploadedFile("ranges.csv", text.encode())


@pytest.mark.parametrize(
    "text", ["x" * 200_000, "ALT\r65\rU/L", 'ALT,"65', "ALT,65\x00,U/L", "ALT,1e999,U/L"]
)
def test_a_file_of_results_that_is_no_table_is_refused_in_words(
    text: str, at: Any, participant: Participant
) -> None:
    for given in ({"pasted": text}, {"file": _file(text)}):
        answer = at("lin").post(f"/p/01-003/SCR/lb/{CHEM}/import/", {"action": "take"} | given)
        assert answer.status_code in (200, 302, 422)


def test_two_thousand_ranges_are_stored_or_none(lab: Laboratory, cast: dict[str, User]) -> None:
    """The longest file; the last row overlaps the first."""
    first = dt.date(2020, 1, 1)
    days = [first + dt.timedelta(n) for n in range(1999)]
    rows = "".join(f"ALT,U/L,9,50,{day},{day}\n" for day in [*days, first])
    with pytest.raises(Problems) as told:
        ranges_add(by=cast["da"], laboratory=lab, ranges=read_file("test,unit,lln,uln,from,to\n" + rows))
    assert list(told.value.rows) == [2000]
    assert ReferenceRange.objects.count() == 0
    with pytest.raises(Problems):
        read_file("test,unit,lln,uln,from,to\n" + rows + rows)


# --- the worker -------------------------------------------------------------------------------------------------------


def test_one_participant_that_cannot_be_graded_does_not_hold_up_the_others(
    participant: Participant, cast: dict[str, User], monkeypatch: Any
) -> None:
    world.consent(participant, cast["lin"], "2024-03-01")
    world.fill(
        world.form(participant, "LB", "SCR", 1),
        cast["lin"],
        {"lbperf": "Y", "lbdat": "2024-03-05"},
        complete=False,
    )
    other = world.screened(cast["lin"], "01-004")

    def broken(**_: Any) -> int:
        raise ValueError

    monkeypatch.setattr(regrading, "laboratory_regrade", broken)
    assert set(participants_check([participant.pk, other.pk])) == {participant.pk, other.pk}


def test_ranges_that_change_while_a_participant_is_judged_are_not_overlooked(
    participant: Participant, cast: dict[str, User], lab: Laboratory, monkeypatch: Any
) -> None:
    """The result of the old ranges must not count as that of the new ones."""
    row = read_file("test,unit,sex,lln,uln,from\nALT,U/L,M,9,50,2024-01-01\n")
    judge = findings._judge

    def judged_meanwhile(*args: Any) -> Any:
        ranges_add(by=cast["da"], laboratory=lab, ranges=row)
        return judge(*args)

    monkeypatch.setattr(findings, "_judge", judged_meanwhile)
    participants_check([participant.pk])
    monkeypatch.undo()
    assert participant in findings.stale()
    participants_check([participant.pk])
    assert participant not in findings.stale()


def test_a_consent_version_is_judged_at_once(participant: Participant, cast: dict[str, User]) -> None:
    participants_check([participant.pk])
    assert participant not in findings.stale()
    consent_version_add(
        by=cast["da"], site=world.site(), version="3.0", version_date=dt.date(2024, 1, 1),
        effective_from=dt.date(2024, 2, 1),
    )  # fmt: skip
    assert participant in findings.stale()


@pytest.mark.parametrize(
    ("address", "more"), [("open/", {"label": "UNS1"}), ("C2/miss/", {}), ("open/", {"label": "UNS99999"})]
)
def test_reasons_of_visits_name_nobody(
    address: str, more: dict[str, str], at: Any, participant: Participant
) -> None:
    answer = at("lin").post(f"/p/01-003/{address}", {"reason": f"Asked by {CARD}"} | more)
    assert answer.status_code == 422
    assert not AuditEvent.objects.filter(reason__contains=CARD).exists()


@pytest.mark.parametrize("label", ["UNS²", "UNS٣", "ADJ①", "scr", "UNS0", "UNS-1"])
def test_a_visit_that_cannot_be_is_not_there(label: str, at: Any, participant: Participant) -> None:
    lin = at("lin")
    assert lin.get(f"/p/01-003/{label}/vs/").status_code == 404
    assert lin.post("/p/01-003/open/", {"label": label, "reason": "Unwell."}).status_code == 422


# --- pages and documents ----------------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def test_hostile_words_are_shown_as_words(
    participant: Participant, cast: dict[str, User], lab: Laboratory, at: Any
) -> None:
    """In tables of logs, references, laboratories, the course, the history and the casebook."""
    lin = cast["lin"]
    world.consent(participant, lin, "2024-03-01")
    for log, term in (("AE", "aeterm"), ("CM", "cmtrt"), ("MH", "mhterm"), ("PR", "prtrt"), ("DV", "dvterm")):
        line = log_line_add(by=lin, participant=participant, log=log)
        world.fill(line, lin, {term: HOSTILE}, complete=False)
    gone = log_line_add(by=lin, participant=participant, log="AE")
    world.fill(gone, lin, {"aeterm": HOSTILE}, complete=False)
    log_line_remove(by=lin, form=gone, reason=HOSTILE)
    other = laboratory_add(by=cast["da"], site=world.site(), code="X", name_en=HOSTILE, name_zh=HOSTILE)
    world.fill(
        world.form(participant, "LB", "SCR", 1), lin, {"lbperf": "Y", "lbnam": other.address}, complete=False
    )
    pages = [
        "", "log/ae/", "log/ae/1/", "log/ae/1/remove/", "log/ae/2/", "log/ae/1/history/", "log/cm/", "log/cm/1/",
        "log/mh/", "log/pr/1/", "log/dv/", "SCR/lb/1/", "SCR/",
    ]  # fmt: skip
    for page in [f"/p/01-003/{page}" for page in pages] + ["/laboratories/01/", "/laboratories/01/X/"]:
        answer = at("lin").get(page)
        assert answer.status_code == 200, page
        assert "<script>alert" not in answer.content.decode(), page
        assert "<img src=x" not in answer.content.decode(), page
    for language in LANGUAGES:
        document = casebook_document(capture(participant, language), language)
        text = "".join(document.parts)
        assert "&lt;script&gt;alert" in text
        assert "<script" not in text
        assert "<img src=x" not in text


def test_who_takes_a_line_out_is_told_what_names_it(
    at: Any, participant: Participant, cast: dict[str, User], line: FormInstance
) -> None:
    lin = cast["lin"]
    page = f"/p/{participant.number}/log/ae/{line.repeat}/remove/"
    assert "go on naming it" not in at("lin").get(page).content.decode()
    drug = log_line_add(by=lin, participant=participant, log="CM")
    given = {"cmtrt": "Ondansetron", "cmcat": "GENERAL", "cm_indtype": "AE", "cmaeno": str(line.repeat)}
    world.fill(world.form(participant, "CM1", "", drug.repeat), lin, given, complete=False)
    told = at("lin").get(page).content.decode()
    assert "go on naming it" in told
    assert "Concomitant medication #1" in told
