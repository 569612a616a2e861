"""Opening and saving a form makes the same number of queries whatever the size of the trial: 10 participants or 100.

And what a save calculates from a part of the casebook is what the whole casebook gives.
"""

from __future__ import annotations

import uuid
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crf import derivation
from crf.models import FormInstance
from crf.naming import form_url
from crf.registry import form_def
from crf.selectors.sheets import casebook
from crf.services.writing import changes
from participants.models import Participant
from tests import world
from tests.benchmarks.copies import copy, post_of
from trialsite.accounts.models import User
from trialsite.db.prepared import LONGEST, Prepared

OPENED = {
    "ICF": ("SCR", 1), "DM": ("SCR", 1), "HCC": ("SCR", 1), "TA": ("TA2", 1), "IE": ("SCR", 1), "EC": ("C1", 1),
    "EOT": ("EOT", 2), "SURG": ("SURG", 1), "SACT": ("", 1), "SS": ("SURV5", 1), "EOS": ("EOS", 1),
}  # fmt: skip
# The answer that is corrected: a field that nothing else reads, and one that a plan or a calculation reads.
CORRECTED = {
    "DM": {"su_packyr": "16"}, "TA": {"TA2.1.tl_diam": "56.0"}, "SURG": {"surg_ebl": "400"}, "SS": {"ss_attempts": "2"},
}  # fmt: skip


@pytest.fixture
def lin(db: Any, settings: Any) -> User:
    settings.DEMO = True
    return world.people()["lin"]


@pytest.fixture
def participant(lin: User) -> Participant:
    return world.participant_01_003(lin, "01-003")


@pytest.fixture
def browser(client: Client, lin: User) -> Client:
    client.force_login(lin, "trialsite.accounts.backends.AccountBackend")
    client.get("/")
    return client


def forms_of(participant: Participant) -> dict[str, FormInstance]:
    return {key: world.form(participant, key, visit, repeat) for key, (visit, repeat) in OPENED.items()}


def opening(browser: Client, participant: Participant) -> dict[str, int]:
    found = {}
    browser.get("/account/")  # what is asked once a minute, whoever comes, is asked now
    for key, form in forms_of(participant).items():
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(form_url(form)).status_code == 200
        found[key] = len(queries)
    return found


def saving(browser: Client, participant: Participant) -> dict[str, int]:
    from crf.selectors.sheets import sheet_of

    found = {}
    for key, changed in CORRECTED.items():
        form = forms_of(participant)[key]
        data = (
            post_of(sheet_of(form))
            | changed
            | {"version": form.version, "token": uuid.uuid4().hex, "action": "save"}
        )
        with CaptureQueriesContext(connection) as queries:
            answer = browser.post(form_url(form), data | {"reason": "Source checked."})
        assert answer.status_code == 302, answer.content.decode()[:3000]
        found[key] = len(queries)
    return found


def test_opening_and_saving_do_not_grow_with_the_trial(browser: Client, participant: Participant) -> None:
    numbers = copy(participant, 8)
    one, other = (Participant.objects.get(number=number) for number in numbers[:2])
    few = opening(browser, one), saving(browser, one)
    copy(participant, 90, first=9)
    assert Participant.objects.count() == 99
    assert (opening(browser, other), saving(browser, other)) == few


def test_the_number_of_queries_is_bounded(browser: Client, participant: Participant) -> None:
    """A page asks who, where and what; nothing is asked for each field or row. The operation reads every form that
    proves life, and the laboratory (G-6, D-25). One query tells what is asked at all fields of the form."""
    assert max(opening(browser, participant).values()) <= 37
    assert max(saving(browser, participant).values()) <= 60


def test_stored_calculations_are_those_of_the_whole_casebook(lin: User, participant: Participant) -> None:
    """A save reads what it needs and derives the forms that read it: deriving everything anew changes nothing."""
    world.change(world.form(participant, "ICF", "SCR"), lin, icf_dsstdat="2024-03-03")
    world.change(
        world.form(participant, "SS", "SURVEND"), lin, ss_dat="2026-03-13", ss_lastalive="2026-03-13"
    )
    world.change(world.form(participant, "EC", "C1"), lin, ec_wt="71.0")
    world.change(world.form(participant, "TA", "SCR"), lin, TA2_1_tl_diam="83.0")
    book = casebook(participant.pk)
    book.number = participant.number
    for sheet in book:
        before = deepcopy(sheet)
        derivation.derive(sheet, book)
        assert changes(form_def(sheet.key), before, sheet) == [], sheet.key


def test_prepared_queries_give_what_the_query_gives(participant: Participant) -> None:
    def build(forms: list[int]) -> Any:
        return FormInstance.objects.filter(pk__in=forms).select_related("visit").order_by("pk")

    prepared = Prepared(build, forms=[1])
    every = list(FormInstance.objects.order_by("pk").values_list("pk", flat=True))
    for count in (0, 1, 2, 3, 5, len(every)):
        found = prepared(forms=every[:count])
        assert found == list(build(every[:count]))
        with CaptureQueriesContext(connection) as queries:
            assert [form.visit for form in found] == [form.visit for form in build(every[:count])]
        assert len(queries) <= 1
    assert prepared(forms=[0] * LONGEST + every) == list(build(every))
