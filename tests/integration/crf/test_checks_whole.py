"""Participant 01-003 whole, from the tables: what a save finds of its own form is what the worker finds of it."""

from __future__ import annotations

from typing import Any

import pytest

from crf.judging import Raised, checks_when_saved, judged, judged_sheet
from crf.models import Finding, FindingState, FormInstance, InformedConsent, Severity, StudyTreatment
from crf.selectors.folder import SavingFolder, StoredBook, folders
from crf.selectors.sheets import Reading
from crf.services.findings import participant_check
from crf.sheets import Casebook
from participants.models import Participant
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def participant(db: None, settings: Any) -> Participant:
    settings.DEMO = True
    return world.participant_01_003_whole(world.people())


def while_saving(participant: Participant, form: FormInstance, whole: Casebook) -> set[Raised]:
    """What the checks of a form say when it is saved again as it is."""
    sheet = next(sheet for sheet in whole if sheet.form == form.pk)
    reading = Reading(participant.pk, without=form.pk)
    book = Casebook(participant.number, ranges=lambda: whole.ranges)
    book.add(sheet)
    folder = SavingFolder(participant, StoredBook(book, reading), participant.site.today())
    return {raised for _check, raised in judged_sheet(sheet, folder, {})}


def test_no_hard_finding_and_a_save_agrees_with_the_worker(participant: Participant) -> None:
    """crf-book 6: this participant loads with zero hard errors.

    What a save and the worker find of a form is the same, or a finding would be cured by the one and opened by the
    other, again and again. Two answers are changed behind the services, so that rules have something to say.
    """
    assert participant_check(participant.pk)
    assert not Finding.objects.filter(severity=Severity.HARD).exclude(state=FindingState.CURED).exists()

    InformedConsent.objects.update(icf_dsstdat="2024-03-20")
    StudyTreatment.objects.filter(form__visit__code="C1").update(ec_wt="95.0")
    [held] = folders([participant.pk])
    failed: dict[str, Exception] = {}
    found = judged(held.folder, failed)
    assert failed == {}
    assert {raised.rule for raised in found} > {"CK-002", "CK-080"}
    for form in FormInstance.objects.filter(participant=participant, version__gt=0).select_related("visit"):
        asked = {one.id for one in checks_when_saved(form.form_key)}
        expected = {raised for raised in found if raised.form == form.pk and raised.rule in asked}
        assert while_saving(participant, form, held.folder.book) == expected, form
