"""The database refuses what goes round the services: no statement changes a locked form."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from crf import guard
from crf.models import FormInstance
from crf.models.base import CrfData, CrfRow
from participants.models import Participant
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def locked(db: None) -> FormInstance:
    """Cycle 1 with its drug rows, locked."""
    lin = world.people()["lin"]
    participant = world.screened(lin, "01-003")
    world.consent(participant, lin, "2024-03-04")
    world.neoadjuvant(participant, lin, 1, "2024-03-14")
    form = world.form(participant, "EC", "C1")
    FormInstance.objects.filter(pk=form.pk).update(locked=True)
    return form


def test_every_table_of_form_data_has_its_guard() -> None:
    from django.apps import apps

    models = [model for model in apps.get_models() if issubclass(model, CrfData | CrfRow)]
    assert len(guard.tables()) == len(models) > 40
    assert guard.missing(connection) == []


STATEMENTS = [
    "UPDATE crf_{sheet} SET ec_wt = 1 WHERE form_id = %s",
    "DELETE FROM crf_{sheet} WHERE form_id = %s",
    "UPDATE crf_{row} SET ecdstxt = 1 WHERE form_id = %s",
    "DELETE FROM crf_{row} WHERE form_id = %s",
    "UPDATE crf_forminstance SET version = version + 1 WHERE id = %s",
    "UPDATE crf_forminstance SET status = 'EXPECTED' WHERE id = %s",
    "UPDATE crf_forminstance SET active = NOT active WHERE id = %s",
    "DELETE FROM crf_forminstance WHERE id = %s",
]


def names() -> dict[str, str]:
    from crf.registry import form_def

    definition = form_def("EC")
    row = definition.section("EC2").row_model
    assert row is not None
    return {
        "sheet": definition.model._meta.db_table.removeprefix("crf_"),
        "row": row._meta.db_table.removeprefix("crf_"),
    }


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_statement_changes_a_locked_form(locked: FormInstance, statement: str) -> None:
    with pytest.raises(DatabaseError, match="the form is locked"), transaction.atomic():
        connection.cursor().execute(statement.format(**names()), [locked.pk])


def test_no_row_comes_to_a_locked_form(locked: FormInstance) -> None:
    from crf.registry import form_def

    row: Any = form_def("EC").section("EC2").row_model
    with pytest.raises(DatabaseError, match="the form is locked"), transaction.atomic():
        row.objects.create(form_id=locked.pk, row=99)


def test_marks_of_the_review_and_unlocking_go_on(locked: FormInstance) -> None:
    forms = FormInstance.objects.filter(pk=locked.pk)
    assert forms.update(frozen=True, verified="", signed="", query_open=0, finding_count=1) == 1
    assert forms.update(locked=False) == 1
    assert forms.update(version=locked.version + 1) == 1


def test_other_forms_are_untouched(locked: FormInstance) -> None:
    lin = world.people()["lin"]
    world.change(world.form(Participant.objects.get(), "ICF", "SCR"), lin, icf_copy="N")


def test_what_was_taken_off_is_put_back(db: None) -> None:
    guard.remove(connection)
    assert guard.missing(connection) != []
    assert guard.install(connection) > 40
    assert guard.missing(connection) == []
    assert guard.install(connection) == 0
