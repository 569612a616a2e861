"""One table: every address that names a form × every person × the state of the form gives the status.

The addresses come from the URL map: a new one that names a form fails here until it has its line. Who is in no row of a
line gets 404 in every state, and so does everybody of another site.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from crf.models import FormInstance
from crf.registry import form_def
from crf.selectors.sheets import sheet_of
from crf.selectors.values import answers
from crf.services.queries import query_raise
from crf.services.signing import Proof, forms_sign
from participants.models import Participant
from tests import world
from tests.contracts.test_urls import SITE, VIEW, VIEWERS, routes
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

STATES = ("expected", "in progress", "complete", "frozen", "locked", "signed", "removed")
ASKERS = frozenset({"mo", "da"})
MONITOR = frozenset({"mo"})
SIGNER = frozenset({"chen"})
SDV = frozenset({"mo", "da", "ins"})
# One person for each set of rights; two of the site, because only one of them signs.
ASKED_AS = ("lin", "chen", "mo", "da", "st", "ins", "wu", "p1", "ad")
Stage = dict[tuple[bool, str], FormInstance]  # by: a line of a log, its state
Statuses = int | tuple[int, int, int, int, int, int, int]  # one for every state, or one for each

# A log's lines have every state; a form at a visit is not removed.
FORMS = {
    "expected": "IE", "in progress": "VS", "complete": "DM", "frozen": "EG", "locked": "ICF", "signed": "HCC",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """What a request gives, by group of people. `{form}`, `{version}`, `{query}` are put in."""

    method: str
    people: tuple[tuple[frozenset[str], Statuses], ...]
    data: dict[str, str] = field(default_factory=dict)
    path: str = ""  # where the address does not say the form itself

    def status(self, person: str, state: str) -> int:
        for group, statuses in self.people:
            if person in group:
                return statuses if isinstance(statuses, int) else statuses[STATES.index(state)]
        return 404


def get(*people: tuple[frozenset[str], Statuses], **more: Any) -> Row:
    return Row("get", people, **more)


def post(*people: tuple[frozenset[str], Statuses], **more: Any) -> Row:
    return Row("post", people, **more)


#            expected  in progress  complete  frozen  locked  signed  removed
SAVED = (302, 302, 422, 403, 403, 422, 403)  # nothing typed: a complete form asks for its answers
DRAFTED = (200, 200, 200, 409, 409, 200, 409)
ASKED = (302, 302, 302, 302, 403, 302, 403)
VERIFIED = (403, 302, 302, 302, 403, 302, 403)  # nothing to compare before anything is entered
REMOVED = (302, 302, 302, 403, 403, 302, 403)
COPIED = (422, 302, 302, 302, 302, 302, 302)  # a copy is a line of its own; of nothing there is none

ENTRY = (
    get((VIEW, 200)),
    post((SITE, SAVED), (VIEWERS, 403), data={"version": "{version}", "action": "save"}),
)
DRAFT = (post((SITE, DRAFTED), (VIEWERS, 409)),)
DROP = (post((VIEW, 302)),)
PRESENCE = (post((VIEW, 200)),)
READ = (get((VIEW, 200)),)
LIVE = (post(),)  # only some forms have it
QUERIES = (get((VIEW, 200)), post((ASKERS, ASKED), (VIEW, 403), data={"text": "What does the source say?"}))
SOURCE = (get((SDV, 200)), post((MONITOR, VERIFIED), (SDV, 403), data={"tick": "{path}", "seen": "{seen}"}))

TABLE: dict[str, tuple[Row, ...]] = {
    "p/<str:number>/<str:label>/<str:key>/": ENTRY,
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/": ENTRY,
    "p/<str:number>/<str:label>/<str:key>/draft/": DRAFT,
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/draft/": DRAFT,
    "p/<str:number>/<str:label>/<str:key>/draft/drop/": DROP,
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/draft/drop/": DROP,
    "p/<str:number>/<str:label>/<str:key>/presence/": PRESENCE,
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/presence/": PRESENCE,
    "p/<str:number>/<str:label>/<str:key>/history/": READ,
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/history/": READ,
    "p/<str:number>/<str:label>/<str:key>/as-of/": READ,
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/as-of/": READ,
    "p/<str:number>/<str:label>/<str:key>/preview/": LIVE,
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/preview/": LIVE,
    "p/<str:number>/<str:label>/<str:key>/queries/": QUERIES,
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/queries/": QUERIES,
    "sdv/<str:number>/<str:label>/<str:key>/": SOURCE,
    "sdv/<str:number>/<str:label>/<str:key>/<int:repeat>/": SOURCE,
    "p/<str:number>/log/<str:key>/<int:line>/copy/": (post((SITE, COPIED), (VIEWERS, 403)),),
    "p/<str:number>/log/<str:key>/<int:line>/remove/": (
        get((VIEW, 200)), post((SITE, REMOVED), (VIEWERS, 403), data={"reason": "Entered twice"}),
        post((SITE, (422, 422, 422, 403, 403, 422, 403)), (VIEWERS, 403)),  # the reason is asked for
    ),
}  # fmt: skip

# Addresses that name no form and act on one all the same.
SIGNED = (422, 422, 302, 302, 422, 422, 422)
CREDENTIALS = {"form": "{form}", "version:{form}": "{version}", "meaning": "CONFIRM", "queries": "{queries}",
               "username": "chen", "password": "demo-chen-2026"}  # fmt: skip
ANSWERED = (302, 302, 302, 302, 403, 302, 403)
BESIDE: dict[str, tuple[Row, ...]] = {
    "sign/<str:number>/": (post((SIGNER, SIGNED), (VIEW, 403), data=CREDENTIALS, path="/sign/01-003/"),),
    "queries/<str:code>/": (
        post(
            (SITE, ANSWERED),
            (VIEW, 403),
            path="/queries/{query}/",
            data={"act": "answer", "outcome": "CONFIRMED"},
        ),
    ),
}


def names_a_form(route: str) -> bool:
    return "<str:key>" in route and ("<str:label>" in route or "<int:line>" in route)


def test_every_address_that_names_a_form_stands_in_the_table() -> None:
    named = {route for route in routes() if names_a_form(route)}
    # Results of a laboratory are read from a file for one panel: the form is said by `lb`.
    assert named == set(TABLE)
    assert set(BESIDE) <= set(routes())


@pytest.fixture
def people(settings: Any, db: None) -> dict[str, User]:
    settings.DEMO = True
    return world.people()


@pytest.fixture
def stage(people: dict[str, User]) -> Stage:
    """By (line of a log?, state): a form that stands so."""
    lin = people["lin"]
    made = world.screened(lin, "01-003")
    world.consent(made, lin, "2024-03-04")
    world.enter(made, lin, [p for p in world.quickly("screening") if p.key in ("DM", "HCC", "EG")])
    world.fill(world.form(made, "VS", "SCR"), lin, {"vsperf": "Y"}, complete=False)
    found = {(False, state): world.form(made, key, "SCR") for state, key in FORMS.items()}
    term = {"aeterm": "Nausea"}
    for state in STATES:
        line = world.line(made, lin, "AE")
        if state != "expected":
            world.fill(line, lin, term, complete=False)
        found[True, state] = line
        if state == "expected":  # an empty line is given again: this one is not
            FormInstance.objects.filter(pk=line.pk).update(version=1)
    for (_line, state), form in found.items():
        stand(form, state)
    return {key: again(form) for key, form in found.items()}


def again(form: FormInstance) -> FormInstance:
    return FormInstance.objects.select_related("participant__site", "visit").get(pk=form.pk)


def stand(form: FormInstance, state: str) -> None:
    """The state as the tables keep it; findings and queries would be other reasons to refuse."""
    marks: dict[str, Any] = {
        "expected": {"version": 0, "status": "EXPECTED"}, "in progress": {"status": "IN_PROGRESS"},
        "complete": {"status": "COMPLETE"}, "frozen": {"status": "COMPLETE", "frozen": True},
        "locked": {"status": "COMPLETE", "locked": True}, "signed": {"status": "COMPLETE"},
        "removed": {"active": False, "removed_reason": "Twice"},
    }[state]  # fmt: skip
    form.queries.all().update(state="CANCELLED")
    form.findings.all().update(state="CURED")
    FormInstance.objects.filter(pk=form.pk).update(query_open=0, query_answered=0, finding_count=0, **marks)
    if state == "signed":
        proof = Proof(("username", "password"), True)
        chen = User.objects.get(username="chen")
        forms_sign(by=chen, participant=form.participant, forms=[form.pk], meaning="CONFIRM", proof=proof)


def requests(stage: Stage, people: dict[str, User]) -> Iterator[tuple[str, str, Row, str, dict[str, str]]]:
    """(route, state, row, path, data)."""
    for (line, state), form in stage.items():
        numbered = f"log/ae/{form.repeat}" if line else f"SCR/{form.form_key.lower()}"
        words = {
            "form": str(form.pk),
            "version": str(form.version),
            "queries": "",
            "query": "",
        } | first_answer(form)
        for route, rows in TABLE.items():
            if ("<int:" in route) is not line:
                continue
            root = "/sdv" if route.startswith("sdv/") else "/p"
            tail = route.rpartition(">/")[2]
            for row in rows:
                yield route, state, row, f"{root}/01-003/{numbered}/{tail}", filled(row.data, words)
        for route, rows in BESIDE.items():
            for row in rows:
                with_query = words | ({"query": asked(form, people)} if "{query}" in row.path else {})
                yield route, state, row, row.path.format(**with_query), filled(row.data, with_query)


def first_answer(form: FormInstance) -> dict[str, str]:
    found = next(answers(form_def(form.form_key), sheet_of(form)), None) if form.version else None
    path, text = found[:2] if found else ("", "")
    return {"path": path, "seen": json.dumps({path: text} if found else {})}


def filled(data: dict[str, str], words: dict[str, str]) -> dict[str, str]:
    return {name.format(**words): text.format(**words) for name, text in data.items()}


def asked(form: FormInstance, people: dict[str, User]) -> str:
    """A query that was raised before the form came into its state."""
    state = {"locked": form.locked, "active": form.active}
    FormInstance.objects.filter(pk=form.pk).update(locked=False, active=True)
    query = query_raise(
        by=people["mo"], participant=form.participant, form=again(form), text="What does it say?"
    )
    FormInstance.objects.filter(pk=form.pk).update(**state)
    return query.code


def test_the_table_holds(people: dict[str, User], stage: Stage) -> None:
    clients = {}
    for name in ASKED_AS:
        clients[name] = Client(raise_request_exception=False)
        clients[name].force_login(people[name])
    wrong = []
    outer = transaction.savepoint()
    for route, state, row, path, data in requests(stage, people):
        for name in ASKED_AS:
            kept = transaction.savepoint()
            got = getattr(clients[name], row.method)(path, data).status_code
            transaction.savepoint_rollback(kept)
            if got != row.status(name, state):
                wrong.append(
                    f"{state}: {name} {row.method} {path} ({route}) gives {got}, not {row.status(name, state)}"
                )
        transaction.savepoint_rollback(outer)
        outer = transaction.savepoint()
    assert not wrong, f"{len(wrong)} differ\n" + "\n".join(wrong)


def test_a_participant_of_the_table_is_not_seen_elsewhere(people: dict[str, User], stage: Stage) -> None:
    """404 in every state alike: a state must not tell that a form exists."""
    assert Participant.objects.filter(number="01-003").exists()
    client = Client(raise_request_exception=False)
    client.force_login(people["wu"])
    answers = {
        client.get(f"/p/01-003/log/ae/{form.repeat}/").status_code
        for (line, _s), form in stage.items()
        if line
    }
    assert answers == {404}
