"""Cases that are older than their states, and readings that were taken before readings were allocated."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import F


def settle(apps: Any, schema_editor: Any) -> None:
    """How far each case is, from what stands in the tables, as `pathology.lifecycle.state_of` says it of this time.

    A migration keeps its own words: the rule of the application may change, what this one did may not.
    """
    cases, readings = apps.get_model("pathology", "PathologyCase"), apps.get_model("pathology", "Reading")
    readings.objects.filter(taken_at__isnull=False, allocated_at__isnull=True).update(
        allocated_at=F("taken_at")
    )
    results = apps.get_model("crf", "CentralResult").objects.filter(form__form_key="CPATHF")
    known = {
        participant: (status == "COMPLETE", need == "Y")
        for participant, status, need in results.values_list(
            "form__participant_id", "form__status", "cpf_adj_need"
        )
    }
    places: dict[int, dict[str, Any]] = {}
    for place in readings.objects.all():
        places.setdefault(place.case_id, {})[place.slot] = place
    received = set(apps.get_model("pathology", "SpecimenItem").objects.values_list("case_id", flat=True))
    for case in cases.objects.all():
        released, needed = known.get(case.participant_id, (False, False))
        state = _state(case, places.get(case.pk, {}), released, needed, case.pk in received)
        if state != case.state:
            cases.objects.filter(pk=case.pk).update(state=state)


def _state(case: Any, places: dict[str, Any], released: bool, needed: bool, received: bool) -> str:
    pair = [places[slot] for slot in ("R1", "R2") if slot in places]
    read = bool(pair) and all(place.submitted_at for place in pair)
    third = places.get("ADJ")
    if case.closed_at is not None:
        return "CLOSED"
    if case.reread_of_id is not None and read:
        return "RELEASED"
    if case.reread_of_id is None and released:
        return "RELEASED"
    if read and needed and not (third and third.submitted_at):
        return "ADJUDICATION"
    if read:
        return "DECIDED"
    if pair and all(place.reader_id for place in pair):
        return "READING"
    return "TO_ALLOCATE" if received else "AWAITED"


class Migration(migrations.Migration):
    dependencies = [
        ("pathology", "0004_reading_imported"),
    ]

    operations = [
        migrations.RunPython(settle, migrations.RunPython.noop),
    ]
