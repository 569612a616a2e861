"""A case opens with the resection, has two places, and a third when the readers do not agree."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from crf.models import FormInstance
from crf.registry import form_def
from crf.selectors.sheets import casebook
from crf.services.entry import Invalid
from endpoints.models import EndpointState
from endpoints.services import endpoints_recompute
from participants.models import Participant, Visit
from pathology.blinding import LETTERS
from pathology.models import CaseState, PathologyCase, Reading
from pathology.notes import by_area
from pathology.services import case_open, case_share_out, readers_allocate, reading_confirm
from pathology.words import THREE_PEOPLE
from tests import world
from tests.integration.pathology.conftest import Bed, Submit, answers, inadequate
from tests.world import reading_save, reading_take
from trialsite.accounts import services as accounts
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db


def result_of(participant: Participant) -> dict[str, Any]:
    sheet = casebook(participant.pk, ["CPATHF"]).one("CPATHF")
    return sheet.values if sheet else {}


def shown(found: dict[str, Any]) -> str | None:
    """The share as a page shows it."""
    value = found.get("cpf_rvt")
    return None if value is None else str(form_def("CPATHF").fields["cpf_rvt"].to_raw(value))


def told(participant: Participant) -> tuple[Any, ...]:
    found = result_of(participant)
    return (
        found.get("cpf_adj_need"),
        found.get("cpf_adj_reas"),
        shown(found),
        found.get("cpf_mpr"),
        found.get("cpf_pcr"),
    )


def state(case: PathologyCase) -> str:
    case.refresh_from_db()
    return case.state


# --- a case opens and closes ----------------------------------------------------------------------------------------


def test_a_resection_opens_a_case_with_a_code_of_its_own(case: PathologyCase, resected: Participant) -> None:
    assert case.code[:2] == "P-"
    assert set(case.code[2:]) <= set(LETTERS)
    assert sorted(case.readings.values_list("slot", flat=True)) == ["R1", "R2"]
    assert AuditEvent.objects.filter(action="CASE_OPENED", target=case.address).count() == 1


def test_opening_twice_is_harmless(case: PathologyCase, cast: dict[str, User]) -> None:
    assert case_open(by=cast["lin"], participant=case.participant) == case
    assert AuditEvent.objects.filter(action="CASE_OPENED").count() == 1


def test_an_exploration_leaves_no_specimen(
    case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    reading = reading_take(by=cast["p1"], case=case)
    form = world.form(case.participant, "SURG", "SURG")
    world.change(form, cast["lin"], surg_prtrt="EXPLORE")
    assert state(case) == CaseState.CLOSED
    assert case.closed_at is not None
    for act in (
        lambda: reading_take(by=cast["p1"], case=case),
        lambda: reading_save(by=cast["p1"], reading=reading, typed=answers(), submit=True),
        lambda: readers_allocate(by=cast["da"], case=case, readers={"R2": cast["p2"]}),
        lambda: world.released(case),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "closed"
    world.change(
        form, cast["lin"], surg_prtrt="RAS", surg_anat="Y", surg_segs="S5;S8", surg_r="R0", surg_specimen="Y"
    )
    assert state(case) == CaseState.AWAITED
    assert case.closed_at is None
    submit(cast["p1"], case)


# --- D-23: the value of one reader ------------------------------------------------------------------------------------

BEDS: list[tuple[list[Bed], str, str, str]] = [
    ([("60", "52", "8"), ("18", "15", "0")], "7.362832", "7.4", "Y"),
    ([("40", "30", "20"), ("35", "30", "0"), ("10", "8", "60")], "12.360515", "12.4", "N"),
    ([("60", "52", "10")], "10", "10.0", "Y"),
    # P-3: a satellite counts by its area; unweighted it would be 32.5 %.
    ([("40", "40", "5"), ("10", "10", "60")], "8.235294", "8.2", "Y"),
    # A mean by area beside the threshold is not rounded onto it.
    ([("50", "40", "5"), ("50", "40", "15")], "10", "10.0", "Y"),
    ([("50", "40", "5"), ("50", "40", "15.02")], "10.01", "10.01", "N"),
    ([("50", "40", "5"), ("50", "40", "14.98")], "9.99", "9.99", "Y"),
    ([("40", "10", "10"), ("33", "1", "10.01")], "10.000762", "10.000762", "N"),
]


@pytest.mark.parametrize(("beds", "kept", "said", "mpr"), BEDS)
def test_d_23_the_beds_are_weighted_by_area(
    beds: list[Bed],
    kept: str,
    said: str,
    mpr: str,
    case: PathologyCase,
    cast: dict[str, User],
    submit: Submit,
) -> None:
    for name in ("p1", "p2"):
        submit(cast[name], case, answers(beds=beds))
    world.released(case)
    one = casebook(case.participant_id, ["CPATH"]).all("CPATH")[0]
    assert (Decimal(kept), mpr) == (one.get("cp_rvt_case"), one.get("cp_mpr"))
    found = result_of(case.participant)
    assert (found["cpf_rvt"], shown(found), found["cpf_mpr"]) == (Decimal(kept), said, mpr)


@pytest.mark.parametrize(
    ("share", "said", "mpr"), [("10.0", "10.0", "Y"), ("10.01", "10.01", "N"), ("9.99", "9.99", "Y")]
)
def test_p_5_the_threshold_as_it_is_typed(
    share: str, said: str, mpr: str, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    for name in ("p1", "p2"):
        submit(cast[name], case, share)
    world.released(case)
    assert told(case.participant) == ("N", None, said, mpr, "N")
    endpoints_recompute(case.participant_id)
    assert EndpointState.objects.get(pk=case.participant_id).summary["values"]["MPR"]["value"] == mpr


def test_p_2_blocks_are_weighted_by_their_bed_area(case: PathologyCase, cast: dict[str, User]) -> None:
    """What fills a nodule from its blocks: those of ux/png/pathology.png (which rounds the stroma up by mistake)."""
    from pathology.notes import Block

    shares = [("410", "5", "70", "25"), ("385", "12", "58", "30"), ("402", "7", "67", "26")]
    lines = [Block(n, 1, f"A{n}", *map(Decimal, share)) for n, share in enumerate(shares, start=1)]
    mean = by_area(lines)[1]
    assert mean.area_mm2 == 1197
    assert [round(one, 1) for one in (mean.viable, mean.necrosis, mean.stroma)] == [
        Decimal("7.9"), Decimal("65.1"), Decimal("26.9"),
    ]  # fmt: skip


# --- D-24: two readers, and a third ------------------------------------------------------------------------------------

# R1, R2, what is asked and why, the adjudicator, the released result (none: it waits). First the rows of the book.
TABLE: list[tuple[str, str, str, str | None, str | None, tuple[str | None, str, str] | None]] = [
    ("7.4", "9.2", "N", None, None, ("8.3", "Y", "N")),
    ("8", "12", "Y", "MPR_DISC", None, None),
    ("8", "12", "Y", "MPR_DISC", "9", ("9.0", "Y", "N")),
    ("30", "45", "Y", "RVT_DIFF", "35", ("35.0", "N", "N")),
    ("0", "1", "Y", "PCR_DISC", "0", ("0.0", "Y", "Y")),
    # Exactly ten points apart is agreed; a hundredth more is not.
    ("12", "22", "N", None, None, ("17.0", "N", "N")),
    ("12", "22.01", "Y", "RVT_DIFF", "20", ("20.0", "N", "N")),
    ("0", "10", "Y", "PCR_DISC", "5", ("5.0", "Y", "N")),
    ("0", "10.01", "Y", "RVT_DIFF, MPR_DISC, PCR_DISC", "0", ("0.0", "Y", "Y")),
    ("10", "10.01", "Y", "MPR_DISC", "10.01", ("10.01", "N", "N")),
    ("9.99", "10", "N", None, None, ("9.995", "Y", "N")),
    ("0", "0", "N", None, None, ("0.0", "Y", "Y")),
    ("8", "inadequate", "Y", "MPR_DISC, PCR_DISC, ADEQ_DISC", "9", ("9.0", "Y", "N")),
    ("8", "inadequate", "Y", "MPR_DISC, PCR_DISC, ADEQ_DISC", "inadequate", (None, "NE", "NE")),
    ("inadequate", "inadequate", "N", None, None, (None, "NE", "NE")),
]


def handed(share: str) -> Any:
    return inadequate() if share == "inadequate" else share


@pytest.mark.parametrize(("one", "two", "need", "reasons", "third", "final"), TABLE)
def test_d_24(
    one: str, two: str, need: str, reasons: str | None, third: str | None, final: tuple[str | None, str, str] | None,
    case: PathologyCase, cast: dict[str, User], submit: Submit,
) -> None:  # fmt: skip
    submit(cast["p1"], case, handed(one))
    assert told(case.participant) == (None,) * 5
    submit(cast["p2"], case, handed(two))
    assert told(case.participant) == (need, reasons, None, None, None)
    assert case.readings.filter(slot="ADJ").exists() is (need == "Y")
    if third is not None:
        submit(cast["p3"], case, handed(third))
    assert told(case.participant) == (need, reasons, None, None, None), "nothing stands before the release"
    if final is None:
        with pytest.raises(Refused) as refusal:
            world.released(case)
        assert refusal.value.code == "undecided"
        return
    assert state(case) == CaseState.DECIDED
    world.released(case)
    share, *classes = final
    found = result_of(case.participant)
    assert [found["cpf_mpr"], found["cpf_pcr"]] == classes
    assert found.get("cpf_rvt") == (None if share is None else Decimal(share))
    assert found["cpf_dat"] == case.participant.site.today()
    assert FormInstance.objects.get(form_key="CPATHF").status == "COMPLETE"
    assert Visit.objects.get(participant=case.participant, code="CPATH").status == "DONE"
    assert state(case) == CaseState.RELEASED


def test_in_situ_only_is_a_complete_response_with_a_flag(
    client: Client, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    """P-6: the statistician is told."""
    for name in ("p1", "p2"):
        submit(cast[name], case, answers("0", insitu="Y"))
    world.released(case)
    assert told(case.participant) == ("N", None, "0.0", "Y", "Y")
    endpoints_recompute(case.participant_id)
    summary = EndpointState.objects.get(pk=case.participant_id).summary
    assert summary["values"]["PCR"]["value"] == "Y"
    client.force_login(cast["mo"])
    why = client.get(f"/p/{case.participant.number}/results/pcr/").content.decode()
    assert "only carcinoma in situ; counted as complete, to be listed for the statistician" in why


def test_limited_sampling_leaves_the_complete_response_open(
    case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    """P-7."""
    for name in ("p1", "p2"):
        submit(cast[name], case, answers("0", cp_adeq="LIMITED", cp_adeq_reas="Few blocks"))
    world.released(case)
    assert told(case.participant) == ("N", None, "0.0", "Y", "NE")


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"cp_mvi": "M1", "cp_mvi_n": "2", "cp_mvi_far": "N"},
        {"cp_satellite": "Y"},
        {"cp_macro_viable": "Y"},
        {"cp_ln_viable": "Y"},
    ],
)
def test_tumour_elsewhere_is_no_complete_response(
    elsewhere: dict[str, str], case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    for name in ("p1", "p2"):
        submit(cast[name], case, answers("0", **elsewhere))
    world.released(case)
    assert told(case.participant) == ("N", None, "0.0", "Y", "N")


def test_01_003_ends_at_8_3_percent(case: PathologyCase, cast: dict[str, User], submit: Submit) -> None:
    submit(cast["p1"], case, answers(beds=[("60", "52", "8"), ("18", "15", "0")]))
    submit(cast["p2"], case, answers(beds=[("60", "52", "10"), ("18", "15", "0")]))
    world.released(case, "2024-07-08")
    assert told(case.participant) == ("N", None, "8.3", "Y", "N")
    assert result_of(case.participant)["cpf_dat"] == dt.date(2024, 7, 8)


# --- who reads ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def both(cast: dict[str, User]) -> dict[str, User]:
    """p3 may read as well as adjudicate."""
    accounts.role_grant(
        by=None, user=cast["p3"], role=Role.PATHOLOGIST, site=None, valid_from=dt.date(2024, 1, 1)
    )
    return cast


def test_a_reader_who_is_also_the_adjudicator_is_refused(
    case: PathologyCase, both: dict[str, User], submit: Submit
) -> None:
    """CK-240: at the allocation, as the planned adjudicator, and when the third place is given."""
    p2, p3, da = both["p2"], both["p3"], both["da"]
    for readers in ({"R1": p3, "ADJ": p3}, {"R1": p2, "R2": p2}):
        with pytest.raises(Refused, match=str(THREE_PEOPLE)):
            readers_allocate(by=da, case=case, readers=readers)
    readers_allocate(by=da, case=case, readers={"ADJ": p3})  # planned
    with pytest.raises(Refused, match=str(THREE_PEOPLE)):
        readers_allocate(by=da, case=case, readers={"R1": p3})
    readers_allocate(by=da, case=case, readers={"ADJ": None, "R1": p3})
    submit(p3, case, "8")
    submit(p2, case, "14")
    with pytest.raises(Refused, match=str(THREE_PEOPLE)):
        readers_allocate(by=da, case=case, readers={"ADJ": p3})
    assert not case.readings.get(slot="ADJ").reader_id


def test_the_database_knows_three_people_as_well(case: PathologyCase, cast: dict[str, User]) -> None:
    case.readings.filter(slot="R1").update(reader=cast["p1"])
    with pytest.raises(IntegrityError), transaction.atomic():
        case.readings.filter(slot="R2").update(reader=cast["p1"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Reading.objects.create(case=case, slot="ADJ", reader=cast["p1"])


def test_ck_240_finds_one_person_in_two_records(case: PathologyCase, cast: dict[str, User]) -> None:
    """A record that got past allocation and database: the form itself refuses."""
    first = reading_take(by=cast["p1"], case=case)
    reading_save(by=cast["p1"], reading=first, typed=answers("8"))
    second = reading_take(by=cast["p2"], case=case)
    model = form_def("CPATH").model
    model.objects.filter(form=first.form_id).update(cp_user=cast["p2"].address)
    with pytest.raises(Invalid) as invalid:
        reading_save(by=cast["p2"], reading=second, typed=answers("9"), submit=True)
    assert "cp_user" in invalid.value.errors


def test_the_planned_adjudicator_gets_the_case_when_it_is_needed(
    case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    readers_allocate(by=cast["da"], case=case, readers={"ADJ": cast["p3"]})
    submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "14")
    place = case.readings.get(slot="ADJ")
    assert (place.reader, place.due_on is not None) == (cast["p3"], True)


def test_a_planned_adjudicator_who_has_left_is_not_given_the_case(
    case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    readers_allocate(by=cast["da"], case=case, readers={"ADJ": cast["p3"]})
    accounts.user_end(by=cast["ad"], user=cast["p3"], reason="Left")
    submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "14")
    assert case.readings.get(slot="ADJ").reader is None
    assert state(case) == CaseState.ADJUDICATION


def test_sharing_out_leaves_the_planned_adjudicator_out(case: PathologyCase, both: dict[str, User]) -> None:
    readers_allocate(by=both["da"], case=case, readers={"ADJ": both["p3"]})
    assert case_share_out(by=both["da"], cases=[case], readers=[both["p3"], both["p1"], both["p2"]]) == 2
    assert set(case.readings.values_list("reader__username", flat=True)) == {"p1", "p2"}


def test_nobody_takes_what_is_not_given(case: PathologyCase, cast: dict[str, User], submit: Submit) -> None:
    from pathology.services import reading_take as take

    for name in ("p1", "p3", "lin", "da"):
        with pytest.raises(Refused) as refusal:
            take(by=cast[name], case=case)
        assert refusal.value.code == "role"
    submit(cast["p1"], case)
    assert take(by=cast["p1"], case=case).submitted_at is not None  # twice is harmless
    assert Reading.objects.filter(reader__isnull=False).count() == 1


def test_the_adjudicator_waits_until_asked(
    case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "14")
    with pytest.raises(Refused):
        reading_take(by=cast["lin"], case=case)
    reading = submit(cast["p3"], case, "9")
    reading.refresh_from_db()
    assert (reading.opinion["CP2:1/cpn_rvt"], reading.rationale) == ("9.0", "As read before.")


def test_no_decision_before_the_own_reading(
    case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "14")
    reading = reading_take(by=cast["p3"], case=case)
    with pytest.raises(Refused) as refusal:
        reading_confirm(by=cast["p3"], reading=reading, typed=answers("9"), rationale="I know already")
    assert refusal.value.code == "opinion"


# --- what is submitted stays ---------------------------------------------------------------------------------------------


def test_a_submitted_reading_is_locked(case: PathologyCase, cast: dict[str, User], submit: Submit) -> None:
    reading = submit(cast["p1"], case)
    form = FormInstance.objects.get(reading=reading)
    assert (form.locked, form.status) == (True, "COMPLETE")
    sheet = casebook(case.participant_id, ["CPATH"]).one("CPATH")
    assert sheet is not None
    assert sheet.get("cp_user") == cast["p1"].address
    assert sheet.get("cp_caseid") == case.code
    assert sheet.get("cp_sign").startswith(cast["p1"].address)
    with pytest.raises(Refused):
        reading_save(by=cast["p1"], reading=reading, typed=answers("9"))
    with pytest.raises(Refused):
        reading_save(by=cast["p1"], reading=reading, typed=answers("9"), submit=True)
    event = AuditEvent.objects.get(action="READING_SUBMITTED", actor=cast["p1"])
    assert (event.path, event.reason) == ("@locked", "username + password")


def test_shares_must_make_a_hundred(case: PathologyCase, cast: dict[str, User]) -> None:
    reading = reading_take(by=cast["p1"], case=case)
    typed = answers()
    typed.rows["CP2"][0].values["cpn_nec"] -= 2
    with pytest.raises(Invalid) as invalid:
        reading_save(by=cast["p1"], reading=reading, typed=typed, submit=True)
    assert list(invalid.value.errors) == ["CP2:n1/cpn_rvt"]
    assert "98" in invalid.value.errors["CP2:n1/cpn_rvt"]
    reading_save(by=cast["p1"], reading=reading, typed=typed)  # a draft may stand as it is


def test_what_the_system_keeps_cannot_be_posted(case: PathologyCase, cast: dict[str, User]) -> None:
    reading = reading_take(by=cast["p1"], case=case)
    typed = answers()
    typed.values |= {"cp_reader": "ADJ", "cp_sign": "user:1", "cp_user": "user:1"}
    reading_save(by=cast["p1"], reading=reading, typed=typed)
    sheet = casebook(case.participant_id, ["CPATH"]).one("CPATH")
    assert sheet is not None
    assert (sheet.get("cp_reader"), sheet.get("cp_user"), sheet.get("cp_sign")) == (
        "R1",
        cast["p1"].address,
        None,
    )
