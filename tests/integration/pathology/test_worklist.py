"""A reader's worklist and rail with thousands of cases: a page of them, in as many queries as with ten."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pathology.models import PathologyCase, Reading
from pathology.selectors.reader import PER_PAGE, rail, worklist
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db


def many(case: PathologyCase, reader: User, first: int, number: int) -> None:
    """Every second one is handed in."""
    now, today = timezone.now(), timezone.localdate()
    cases = PathologyCase.objects.bulk_create(
        [
            PathologyCase(
                participant_id=case.participant_id,
                code=f"P-{n:06}",
                reread_of=case,
                opened_at=now,
                state="READING",
            )
            for n in range(first, first + number)
        ]
    )
    Reading.objects.bulk_create(
        [
            Reading(
                case=one, slot="R1", reader=reader, allocated_at=now, due_on=today + dt.timedelta(n % 40 - 5),
                taken_at=now if n % 2 else None, submitted_at=now if n % 2 else None,
            )
            for n, one in enumerate(cases)
        ]
    )  # fmt: skip


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_as_many_queries_with_five_thousand_as_with_ten(
    client: Client, case: PathologyCase, cast: dict[str, User], capsys: Any
) -> None:
    client.force_login(cast["p1"])
    many(case, cast["p1"], 0, 10)
    client.get("/readings/")
    few = [queries(client, address) for address in ("/readings/", "/readings/P-000002/")]
    many(case, cast["p1"], 10, 4990)
    assert [queries(client, address) for address in ("/readings/", "/readings/P-000002/")] == few
    text = client.get("/readings/?page=3").content.decode()
    assert text.count('class="todo"') == PER_PAGE
    assert "Page 3 of 50" in text
    assert client.get("/readings/?page=999&done=999").status_code == 200


def test_what_is_overdue_comes_first_and_the_page_is_in_the_rail(
    case: PathologyCase, cast: dict[str, User]
) -> None:
    many(case, cast["p1"], 0, 400)
    found = worklist(cast["p1"])
    days = [line.days for line in found.todo]
    assert days == sorted(days, key=lambda day: day if day is not None else 0)
    assert found.todo[0].overdue
    assert (found.waiting, found.handed_in) == (200, 200)
    last = worklist(cast["p1"], page=99).todo[-1].code
    beside = rail(cast["p1"], last)
    assert last in [line.code for line in beside.todo]
    assert len(beside.todo) + len(beside.submitted) < 45
