"""S15 Query life."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from crf.models import FormInstance, Query, QueryMessage
from participants.models import Participant
from tests import world
from tests.scenarios.stage import SignedIn, events, save, value_of
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

PLACE = "/p/01-003/LPATH/lpath/"


@pytest.fixture
def form(cast: dict[str, User]) -> FormInstance:
    """Viable tumour = 8 %, complete."""
    lin = cast["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.neoadjuvant(made, lin, 1, "2024-03-14")
    world.operated(made, lin, "2024-05-30", "2024-06-14")
    page = next(page for page in world.story.surgery() if page.key == "LPATH")
    world.enter(made, lin, [page])
    return world.form(made, "LPATH", page.visit)


@pytest.fixture
def path(form: FormInstance) -> str:
    """The share of viable tumour of the first nodule."""
    from crf.registry import form_def
    from crf.selectors.sheets import sheet_of

    section = next(s for s in form_def("LPATH").row_sections)
    name = next(f.name for f in section.fields if f.name.endswith("_rvt"))
    line = sheet_of(form).lines(section.id)[0]
    return f"{section.id}:{line.row}/{name}"


def test_query_life(at: SignedIn, form: FormInstance, path: str, cast: dict[str, User]) -> None:
    mo, lin = at("mo"), at("lin")
    before = str(value_of(form, path))

    # Mo opens a query
    asked = mo.post(
        f"{PLACE}queries/?path={path}", {"path": path, "text": "What does the uploaded report say?"}
    )
    assert asked.status_code in (200, 302), asked.content.decode()[:1500]
    query = Query.objects.get(form=form, path=path, rule="")
    Query.objects.filter(pk=query.pk).update(raised_at=timezone.now() - dt.timedelta(days=3))

    # Lin sees it in her queue; she cannot close
    assert query.code in lin.get("/queries/").content.decode()
    where = f"/queries/{query.code}/"
    refused = lin.post(where, {"act": "close"})
    assert refused.status_code == 403
    assert "Only monitors and data managers" in refused.content.decode()
    assert AuditEvent.objects.filter(action="REFUSED", target=query.address, actor_name="lin").exists()

    # she changes the value and answers "corrected per source"
    section, _sep, rest = path.partition(":")
    number, _sep, name = rest.partition("/")
    answers = {f"{section}_{number}_{name}": "12"}
    nec, stroma = name.replace("_rvt", "_nec"), name.replace("_rvt", "_str")
    answers |= {f"{section}_{number}_{nec}": "70", f"{section}_{number}_{stroma}": "18"}
    saved = save(lin, form, **answers, more={"reason": "Report of 12 June"})
    assert saved.status_code == 302, saved.content.decode()[:2000]
    assert lin.post(where, {"act": "answer", "outcome": "CORRECTED"}).status_code == 302
    assert query.code in mo.get("/queries/?tab=close").content.decode()

    # Mo closes it
    assert mo.post(where, {"act": "close"}).status_code == 302
    query.refresh_from_db()
    assert (query.state, query.outcome) == ("CLOSED", "CORRECTED")

    # the thread shows each step with person, role, time, value at the time, and days open
    page = mo.get(where).content.decode()
    for words in (
        "Mo Rui",
        "Lin Yue",
        "Study coordinator",
        "Monitor",
        "What does the uploaded report say?",
        "Corrected per source",
    ):
        assert words in page, words
    steps = list(QueryMessage.objects.filter(query=query).order_by("pk"))
    assert [step.act for step in steps if step.act != "change"] == ["raise", "answer", "close"]
    assert steps[0].value == before
    assert steps[-1].value == str(value_of(form, path)) != before
    assert all(step.at and step.role and step.author_name for step in steps)
    assert "3 d" in page
    assert [e.action for e in AuditEvent.objects.filter(target=query.address).order_by("pk")][:1] == [
        "QUERY_RAISED"
    ]
    assert events(form, path)[-1].reason == "Report of 12 June"


def test_one_question_never_proposes_its_answer(at: SignedIn, form: FormInstance, path: str) -> None:
    answer = at("mo").post(
        f"{PLACE}queries/?path={path}", {"path": path, "text": "Change this to 12, please."}
    )
    assert answer.status_code == 422
    assert "must not propose the answer" in answer.content.decode()
    assert not Query.objects.filter(form=form, rule="").exists()


def test_wu_does_not_find_it(at: SignedIn, form: FormInstance, path: str, cast: dict[str, User]) -> None:
    at("mo").post(
        f"{PLACE}queries/?path={path}", {"path": path, "text": "What does the uploaded report say?"}
    )
    query = Query.objects.get(form=form, path=path, rule="")
    for client in (at("wu"),):
        assert client.get(f"/queries/{query.code}/").status_code == 404
        assert (
            client.post(f"/queries/{query.code}/", {"act": "answer", "outcome": "CORRECTED"}).status_code
            == 404
        )
    assert Participant.objects.filter(number="01-003").exists()
