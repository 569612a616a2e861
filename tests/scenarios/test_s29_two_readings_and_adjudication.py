"""S29 Two readings and adjudication."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from crf.models import FormInstance
from crf.registry import form_def
from crf.selectors.sheets import casebook
from crf.verifying import participant_problems
from endpoints.models import EndpointState
from endpoints.services import endpoints_recompute
from participants.models import Participant
from pathology import services
from pathology.models import CaseState, ImageState, PathologyCase, Reading, SlideImage
from pathology.services import items_receive, readers_allocate
from pathology.services.specimens import Arrived, Passing
from tests import world
from tests.integration.pathology.conftest import INADEQUATE, answers, posted
from tests.scenarios.stage import SignedIn, events
from tests.world import reading_save, reading_take
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(cast: dict[str, User]) -> PathologyCase:
    lin = cast["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.treatment_01_003(made, lin)
    world.operated(made, lin, "2024-05-30", "2024-06-14")
    return PathologyCase.objects.get(participant=made)


def read(case: PathologyCase, by: User, share: str, **more: Any) -> Reading:
    """Hand in a reading: a share of viable tumour, or `missing code`."""
    reading = reading_take(by=by, case=case)
    typed = world.typed("CPATH", INADEQUATE) if share == "missing code" else answers(share, **more)
    reading_save(by=by, reading=reading, typed=typed, submit=True)
    return reading


def result(case: PathologyCase) -> dict[str, Any]:
    sheet = casebook(case.participant_id, ["CPATHF"]).one("CPATHF")
    return sheet.values if sheet else {}


def shown_share(found: dict[str, Any]) -> str:
    """As the page shows it."""
    return form_def("CPATHF").fields["cpf_rvt"].to_raw(found["cpf_rvt"])


SIGNED = {"username": "p3", "password": "demo-p3-2026"}


def with_slides(case: PathologyCase, cast: dict[str, User]) -> None:
    moment = dt.datetime(2024, 6, 20, tzinfo=dt.UTC)
    arrived = [Arrived("SLIDE", label, "A2", 1, "HE") for label in ("A2-1", "A2-2")]
    passing = Passing("RECEIVED", moment, "Courier", "Central laboratory", "ADEQUATE")
    items = items_receive(by=cast["da"], case=case, arrived=arrived, passing=passing)
    SlideImage.objects.create(
        item=items[0], version=1, state=ImageState.READY, sha256="1" * 64, source_sha256="2" * 64, source_format="jpeg",
        source_size=10, size=10, width=4000, height=3000, mpp_x=0.5, mpp_y=0.5, uploaded_by=cast["da"],
        uploaded_at=moment,
    )  # fmt: skip


def test_p3_reads_sees_both_unnamed_with_slides_and_decides(
    at: SignedIn, case: PathologyCase, cast: dict[str, User]
) -> None:
    """At the pages: 12 % of one's own first, then both readings, then 9 % with a reason."""
    with_slides(case, cast)
    read(case, cast["p1"], "8", cp_com="Foci at the rim")
    read(case, cast["p2"], "14", cp_com="Trabecular")
    readers_allocate(by=cast["da"], case=case, readers={"ADJ": cast["p3"]})
    p3, where = at("p3"), f"/readings/{case.code}/"
    before = p3.get(where).content.decode()
    assert "Foci at the rim" not in before
    assert p3.get(f"{where}decide/")["Location"] == where
    own = reading_take(by=cast["p3"], case=case)
    notes = world.reading_notes(own)
    services.reading_save(by=cast["p3"], reading=own, typed=answers("12"), notes=notes, submit=True)

    page = p3.get(f"{where}decide/").content.decode()
    for told in ("8.0 %", "14.0 %", "12.0 %", "Foci at the rim", "Trabecular", f'href="{where}slides/"'):
        assert told in page, told
    for secret in (
        case.participant.number,
        "Reader 1",
        "R1",
        "R2",
        cast["p1"].full_name,
        cast["p2"].full_name,
        "MPR",
    ):
        assert secret not in page, secret
    assert p3.get(f"{where}slides/").status_code == 200

    data = {name.replace("CP2.n1.", "CP2.1."): value for name, value in posted("9").items()}
    version = FormInstance.objects.values_list("version", flat=True).get(reading=own)
    data |= SIGNED | {"action": "confirm", "version": str(version), "token": "s29"}
    assert p3.post(f"{where}decide/", data).status_code == 422, "a reason is required"
    data["rationale"] = "The second bed holds necrosis only."
    assert p3.post(f"{where}decide/", data).status_code == 302
    world.released(case)
    assert (shown_share(result(case)), result(case)["cpf_mpr"]) == ("9.0", "Y")
    own.refresh_from_db()
    assert own.opinion["CP2:1/cpn_rvt"] == "12.0", "both values are kept"


def test_neither_sees_the_other_s(at: SignedIn, case: PathologyCase, cast: dict[str, User]) -> None:
    read(case, cast["p1"], "8")
    read(case, cast["p2"], "14")
    for own, other in (("p1", "14.0"), ("p2", "8.0")):
        page = at(own).get(f"/readings/{case.code}/").content.decode()
        assert other not in page
        assert "discordant" not in page.lower()


def test_8_and_14_are_discordant_across_10_and_p3_decides(
    at: SignedIn, case: PathologyCase, cast: dict[str, User]
) -> None:
    read(case, cast["p1"], "8")
    read(case, cast["p2"], "14")
    found = result(case)
    assert (found["cpf_adj_need"], found["cpf_adj_reas"]) == ("Y", "MPR_DISC")
    assert found.get("cpf_rvt") is None
    assert found.get("cpf_mpr") is None
    case.refresh_from_db()
    assert case.state == CaseState.ADJUDICATION
    readers_allocate(by=cast["da"], case=case, readers={"ADJ": cast["p3"]})
    assert case.code in at("p3").get("/readings/").content.decode()
    mo = at("mo").get(f"/p/{case.participant.number}/CPATH/cpathf/").content.decode()
    assert "MPR_DISC" in mo

    read(case, cast["p3"], "9", cp_com="The second bed holds necrosis only.")
    assert result(case).get("cpf_rvt") is None, "not before it is released"
    world.released(case)
    found = result(case)
    assert (shown_share(found), found["cpf_mpr"]) == ("9.0", "Y")
    endpoints_recompute(case.participant_id)
    state = EndpointState.objects.get(pk=case.participant_id)
    assert state.summary["values"]["MPR"]["value"] == "Y"
    why = at("mo").get(f"/p/{case.participant.number}/results/mpr/").content.decode()
    for sentence in ("Reader 1: 8.0 %", "Reader 2: 14.0 %", "Adjudicator: 9.0 %", "do not agree (MPR)"):
        assert sentence in why, "provenance lists three readings"
    assert list(participant_problems(Participant.objects.get(pk=case.participant_id))) == []
    assert case.readings.filter(submitted_at__isnull=False).count() == 3


def test_3_and_6_ask_for_no_adjudication(case: PathologyCase, cast: dict[str, User]) -> None:
    read(case, cast["p1"], "3")
    read(case, cast["p2"], "6")
    world.released(case)
    found = result(case)
    assert (found["cpf_adj_need"], shown_share(found), found["cpf_mpr"]) == ("N", "4.5", "Y")
    assert not case.readings.filter(slot="ADJ").exists()


def published() -> list[tuple[str, ...]]:
    """The table of docs/central-reading.md."""
    text = (Path(settings.BASE_DIR) / "docs/central-reading.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows]


KINDS = ("value", "missing code", "empty")


def test_the_published_table_names_the_nine_pairs() -> None:
    assert [row[:2] for row in published()] == [(one, two) for one in KINDS for two in KINDS]


@pytest.mark.parametrize("row", published(), ids=lambda row: f"{row[0]}, {row[1]}")
def test_each_of_the_nine_pairs_gives_the_outcome_of_the_published_table(
    row: tuple[str, ...], case: PathologyCase, cast: dict[str, User]
) -> None:
    one, two, adjudication, value, mpr = row
    for kind, name, share in ((one, "p1", "8"), (two, "p2", "10")):
        if kind != "empty":
            read(case, cast[name], share if kind == "value" else kind)
    case.refresh_from_db()
    if case.state == CaseState.DECIDED:
        world.released(case)
    found = result(case)
    asked = case.readings.filter(slot="ADJ").exists()
    if adjudication.startswith("not asked"):
        assert not asked
        assert found.get("cpf_adj_need") == (None if adjudication.endswith("yet") else "N")
    elif adjudication.startswith("asked"):
        assert asked
        assert "ADEQ_DISC" in found["cpf_adj_reas"]
    if value.startswith("mean"):
        assert (shown_share(found), found["cpf_mpr"], asked) == ("9.0", "Y", False)
        return
    assert found.get("cpf_rvt") is None
    assert found.get("cpf_mpr") == {"not evaluable": "NE"}.get(mpr)
    if asked:
        read(case, cast["p3"], "9")
        world.released(case)
        assert (shown_share(result(case)), result(case)["cpf_mpr"]) == ("9.0", "Y")


def test_who_read_what_stays_in_the_trail(case: PathologyCase, cast: dict[str, User]) -> None:
    readings = [read(case, cast[name], share) for name, share in (("p1", "8"), ("p2", "14"), ("p3", "9"))]
    shares = [events(reading.form, "CP2:1/cpn_rvt") for reading in readings if reading.form]
    assert [(e[0].new, e[0].actor_name) for e in shares] == [("8.0", "p1"), ("14.0", "p2"), ("9.0", "p3")]
