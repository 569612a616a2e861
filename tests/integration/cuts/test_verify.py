"""`manage.py verify` looks at every data cut: an altered row is named."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from django.db import connection, transaction

from endpoints.cuts.verifying import cuts
from endpoints.models import CutPerson, DataCut, StoredFigures
from participants.models import Participant
from tests import world
from tests.integration.cuts.conftest import cut_of
from trialsite.accounts.models import User
from trialsite.audit.guard import lifted

pytestmark = pytest.mark.django_db(transaction=True)

Cast = dict[str, User]


def run_sql(sql: str, *values: Any) -> None:
    """As somebody with the rights of the owner could: without triggers."""
    with lifted(connection), connection.cursor() as cursor:
        cursor.execute(sql, values or None)


def told() -> list[str]:
    return [f"{one.where}: {one.message}" for one in cuts() if one is not None]


def test_an_honest_cut_then_altered_ones(
    cast: Cast, participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cut_of(cast["da"])
    world.change(world.form(participant, "TA", "TA1"), cast["lin"], tudat="2024-04-08")
    second = cut_of(cast["da"], "Second look")
    assert told() == []
    assert list(cuts()) == [None, None] and list(cuts(every=False)) == []

    row = second.people.get()
    run_sql("UPDATE endpoints_datacut SET results = %s WHERE id = %s", json.dumps({"rates": {}}), second.pk)
    assert told() == [
        f"endpoints_datacut id={second.pk} (DC-02): its figures are not those that were signed",
        f"endpoints_datacut id={second.pk} (DC-02): its figures are not those of its participants",
    ]
    run_sql("UPDATE endpoints_datacut SET results = %s WHERE id = %s", json.dumps(second.results), second.pk)

    course = row.course | {"first_dose": "2024-03-15"}
    text = zlib.compress(json.dumps(course, ensure_ascii=False).encode())
    run_sql('UPDATE endpoints_cutperson SET "case" = %s WHERE id = %s', text, row.pk)
    where = f"endpoints_cutperson id={row.pk} (DC-02 01-003)"
    assert told()[0] == f"{where}: it is not what was written: its course does not give its digest"
    assert any("not what the engine says of its course" in one for one in told())
    run_sql('UPDATE endpoints_cutperson SET "case" = %s WHERE id = %s', bytes(row.case), row.pk)

    run_sql("DELETE FROM endpoints_cutperson WHERE id = %s", row.pk)
    assert any("do not give its digest" in one for one in told())
    monkeypatch.setattr("endpoints.cuts.verifying.basis", lambda: "9.9+later/0")
    assert not any(f"id={first.pk} " in one for one in told())  # another engine: the digests still hold
    assert [one.partition(": ")[2] for one in told()] == [
        "its participants, settings and engine do not give its digest",
        "what it keeps beside courses and results of its participants is not what was signed",
    ]
    assert CutPerson.objects.count() == 1 and DataCut.objects.count() == 2 and StoredFigures.objects.exists()


CUTS, FIGURES = "UPDATE endpoints_datacut SET", "endpoints_storedfigures"
PEV = "WHERE source LIKE 'cut:%' AND population = 'PEV'"
CHANGES = {
    f"{CUTS} title = 'Another look'": "its title is not what was signed",
    f"{CUTS} at = '2024-01-01 00:00:00+00:00'": "its moment is not what was signed",
    f"{CUTS} facts = '{{}}'": "its state of the data is not that which was signed",
    f"{CUTS} chains = '{{}}'": "its heads of the audit chains are not those that were signed",
    f"{CUTS} results = '{{}}'": "its figures are not those that were signed",
    """UPDATE endpoints_cutperson SET moves = '{"MPR": {}}'""":
        "what it keeps beside courses and results of its participants is not what was signed",
    f"UPDATE {FIGURES} SET results = '{{}}' {PEV} AND evaluator <> ''":
        "its figures of PEV by INVESTIGATOR are not those that were signed",
    f"DELETE FROM {FIGURES} {PEV} AND evaluator = ''": "its figures of PEV from profiles are missing",
    f"UPDATE {FIGURES} SET population = 'XXX' {PEV} AND evaluator = ''":
        "its figures of XXX from profiles were not in it when it was signed",
}  # fmt: skip


def test_after_an_upgrade_everything_that_was_signed_is_still_looked_at(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.screened(cast["lin"], "01-003")
    cut = cut_of(cast["da"])
    monkeypatch.setattr("endpoints.cuts.verifying.basis", lambda: "9.9+later/0")
    where = f"endpoints_datacut id={cut.pk} (DC-01)"
    for sql, said in CHANGES.items():
        assert told() == []
        with transaction.atomic():
            run_sql(sql)
            found = told()
            transaction.set_rollback(True)
        assert f"{where}: {said}" in found and len(found) <= 2


def test_a_manifest_written_anew_is_not_that_of_the_trail(cast: Cast) -> None:
    cut = cut_of(cast["da"])
    signed = cut.manifest | {"title": "Another look"}
    run_sql("UPDATE endpoints_datacut SET title = %s, manifest = %s", "Another look", json.dumps(signed))
    (one,) = told()
    assert one.endswith("the trail does not say that it was confirmed with this digest")
