"""S01 First entry and correction leave two rows."""

from __future__ import annotations

import pytest
from django.test import Client

from crf.models import FormInstance
from crf.naming import form_url
from participants.models import Participant
from tests import world
from tests.scenarios.stage import SignedIn, events, save, value_of
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

ASSESSMENT = {
    "ta_perf": "Y", "tudat": "2024-03-06", "ta_lastdat": "2024-03-06", "ta_eval": "INVESTIGATOR", "ta_method": "MRI_MP",
    "ta_contrast": "Y", "ta_slice": "3.0", "ta_regions": "CHEST;ABDOMEN;PELVIS", "ta_samemethod": "NA", "nl_yn": "NA",
    "ta_rsdat": "2024-03-06",
}  # fmt: skip
LESION = {
    "TA2_n1_tl_lnkid": "T01", "TA2_n1_tl_loc": "LIVER", "TA2_n1_tl_locdtl": "S8", "TA2_n1_tl_node": "N",
    "TA2_n1_tl_state": "MEASURED", "TA2_n1_tl_enh": "TYPICAL", "TA2_n1_tl_viable": "20",
}  # fmt: skip
DIAMETER = "TA2:1/tl_diam"


@pytest.fixture
def form(participant: Participant) -> FormInstance:
    made = world.form(participant, "TA", "SCR")
    assert made.version == 0, "01-003 has no tumour assessment"
    return made


def test_history_shows_two_rows_and_no_third(at: SignedIn, form: FormInstance, cast: dict[str, User]) -> None:
    lin = at("lin")
    first = save(lin, form, TA2_n1_tl_diam="62", **ASSESSMENT, **LESION, more={"action": "complete"})
    assert first.status_code == 302, first.content.decode()[:2000]
    second = save(lin, form, TA2_1_tl_diam="26", more={"reason:TA2:1/tl_diam": "transcription error"})
    assert second.status_code == 302
    assert value_of(form, DIAMETER) == 26

    one, two = events(form, DIAMETER)
    assert (one.old, one.new, one.actor_name, one.role, one.site, one.reason) == (
        "", "62.0", "lin", "COORDINATOR", "01", "",
    )  # fmt: skip
    assert (two.old, two.new, two.actor_name, two.role, two.site, two.reason) == (
        "62.0", "26.0", "lin", "COORDINATOR", "01", "transcription error",
    )  # fmt: skip
    assert one.at < two.at
    assert {event.actor_id for event in (one, two)} == {cast["lin"].pk}


def test_saying_the_same_again_adds_no_row(at: SignedIn, form: FormInstance) -> None:
    lin = at("lin")
    save(lin, form, TA2_n1_tl_diam="62", **ASSESSMENT, **LESION, more={"action": "complete"})
    save(lin, form, TA2_1_tl_diam="26", more={"reason": "transcription error"})
    assert save(lin, form, TA2_1_tl_diam="26.0", more={"reason": "once more"}).status_code == 302
    assert len(events(form, DIAMETER)) == 2


@pytest.mark.parametrize("name", ["lin", "mo", "ins"])
def test_site_and_monitor_and_inspector_read_it_at_the_field(
    name: str, at: SignedIn, form: FormInstance
) -> None:
    lin = at("lin")
    save(lin, form, TA2_n1_tl_diam="62", **ASSESSMENT, **LESION, more={"action": "complete"})
    save(lin, form, TA2_1_tl_diam="26", more={"reason": "transcription error"})
    page: Client = at(name)
    text = page.get(f"{form_url(form)}history/", {"path": DIAMETER}).content.decode()
    for word in ("62.0", "26.0", "transcription error", "Lin Yue", "Study coordinator"):
        assert word in text
