"""S07 A lock holds against every road in. (The roads below the pages: tests/integration/crf/test_holds.py.)"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from crf.models import Draft, FormInstance, HoldKind, Query, VerificationMark
from crf.selectors.sheets import sheet_of
from crf.services.holding import hold_put
from crf.services.loading import Load
from crf.services.signing import Proof, forms_sign
from crf.services.verification import values_verify
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from tests.scenarios.stage import SignedIn, again, save, shown
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

SAYS = "This form is locked"
Road = Callable[[SignedIn, FormInstance, dict[str, Any]], Any]


@pytest.fixture
def pathology(cast: dict[str, User]) -> FormInstance:
    """01-003's pathology form with values, verified, signed and locked."""
    lin = cast["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.neoadjuvant(made, lin, 1, "2024-03-14")
    world.operated(made, lin, "2024-05-30", "2024-06-14")
    page = next(page for page in world.story.surgery() if page.key == "LPATH")
    world.enter(made, lin, [page])
    form = world.form(made, "LPATH", page.visit)
    values_verify(by=cast["mo"], form=form)
    proof = Proof(("username", "password"), True)
    Query.objects.filter(form=form).update(state="CLOSED")
    FormInstance.objects.filter(pk=form.pk).update(query_open=0, query_answered=0)
    forms_sign(by=cast["chen"], participant=made, forms=[form.pk], meaning="CONFIRM", proof=proof)
    return again(form)


@pytest.fixture
def stale(at: SignedIn, pathology: FormInstance) -> dict[str, Any]:
    """The page in Lin's other tab, opened before the lock."""
    return shown(at("lin"), pathology)


@pytest.fixture
def locked(cast: dict[str, User], pathology: FormInstance, stale: dict[str, Any]) -> FormInstance:
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=pathology)
    return again(pathology)


def address(form: FormInstance) -> str:
    assert form.visit is not None
    return f"/p/{form.participant.number}/LPATH/lpath/"


def by_import(at: SignedIn, form: FormInstance, page: dict[str, Any]) -> str:
    da = User.objects.get(username="da")
    with pytest.raises(Refused) as no, Load(by=da, participant=form.participant) as load:
        load.save(
            load.form("LPATH", "LPATH"),
            world.typed("LPATH", {"lp_rvt": "12"} if "lp_rvt" in _names() else {}),
        )
    return str(no.value.reason)


def _names() -> set[str]:
    from crf.registry import form_def

    return set(form_def("LPATH").fields)


def by_sdv(at: SignedIn, form: FormInstance, page: dict[str, Any]) -> Any:
    return at("mo").post(
        f"/sdv/{form.participant.number}/LPATH/lpath/",
        {"all": "1", "cover": json.dumps(["lp_repdat"]), "seen": "{}"},
    )


ROADS: dict[str, tuple[str, Road]] = {
    "web form": ("lin", lambda at, form, page: save(at("lin"), form, page | {"version": str(form.version)}, more=CHANGE)),
    "stale open tab": ("lin", lambda at, form, page: save(at("lin"), form, page, more=CHANGE)),
    "complete": ("lin", lambda at, form, page: save(at("lin"), form, page, more=CHANGE | {"action": "complete"})),
    "draft": ("lin", lambda at, form, page: at("lin").post(f"{address(form)}draft/", page | CHANGE)),
    "keep draft": ("lin", lambda at, form, page: save(at("lin"), form, page, more={"action": "keep_draft"})),
    "import": ("da", by_import),
    "SDV tick": ("mo", by_sdv),
    "query": ("mo", lambda at, form, page: at("mo").post(f"{address(form)}queries/", {"text": "What does it say?"})),
}  # fmt: skip
CHANGE = {"reason": "Corrected", "confirm:x": "y", "clear_hidden": "1"}


def contents(form: FormInstance) -> tuple[Any, ...]:
    now, sheet = again(form), sheet_of(again(form))
    marks = list(
        VerificationMark.objects.filter(form=form).order_by("path").values_list("path", "value", "state")
    )
    return (
        now.version, now.status, now.locked, now.signed, now.verified, str(sheet.values), str(sheet.missing), marks,
        Query.objects.filter(form=form).count(), Draft.objects.filter(form=form).count(),
    )  # fmt: skip


@pytest.mark.parametrize("road", ROADS)
def test_each_road_is_refused_names_the_lock_changes_nothing_and_is_logged(
    road: str, at: SignedIn, locked: FormInstance, stale: dict[str, Any]
) -> None:
    who, act = ROADS[road]
    before, logged = contents(locked), AuditEvent.objects.filter(action="REFUSED").count()
    response = act(at, locked, stale)
    said = response if isinstance(response, str) else _said(response)
    assert SAYS in said, road
    if not isinstance(response, str):
        assert response.status_code in (403, 409), road
    assert contents(locked) == before
    [event] = AuditEvent.objects.filter(action="REFUSED").order_by("pk")[logged:]
    assert (event.actor_name, event.new) == (who, "locked")
    assert event.target in (locked.address, f"participant:{locked.participant_id}")
    assert SAYS in event.reason
    assert list(participant_problems(Participant.objects.get(pk=locked.participant_id))) == []


def _said(response: Any) -> str:
    if response["Content-Type"].startswith("application/json"):
        return str(response.json())
    return response.content.decode()


def test_bulk_action_leaves_the_locked_form_out_and_says_so(at: SignedIn, locked: FormInstance) -> None:
    before = contents(locked)
    answer = at("mo").post(
        f"/sdv/{locked.participant.number}/LPATH/", {"whole": "1", "form": [str(locked.pk)]}
    )
    assert answer.status_code != 302
    assert contents(locked) == before


def test_the_page_says_that_it_is_locked_and_offers_nothing(at: SignedIn, locked: FormInstance) -> None:
    page = at("lin").get(address(locked)).content.decode()
    assert SAYS in page
    assert 'name="action" value="save"' not in page
    history = at("mo").get(f"{address(locked)}history/").content.decode()
    assert "locked" in history
