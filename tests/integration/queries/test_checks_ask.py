"""What checks ask: one thread for each field and check; cured, it closes with both values and the rule's version."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from crf.models import Finding, FormInstance, Query, QueryMessage, QueryState
from crf.services.findings import participant_check
from crf.services.queries import FindingMove, findings_followed
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from tests.integration.queries.conftest import SignedIn
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def demographics(participant: Participant, people: dict[str, User]) -> FormInstance:
    """Pack-years beyond the soft limit, not justified."""
    form = world.form(participant, "DM", "SCR")
    world.fill(form, people["lin"], {"sex": "M", "su_tob": "FORMER", "su_packyr": "160"}, complete=False)
    return world.form(participant, "DM", "SCR")


def states(form: FormInstance) -> list[tuple[str, str, str, str]]:
    return list(
        Query.objects.filter(form=form).order_by("number").values_list("path", "rule", "origin", "state")
    )


def test_a_limit_that_is_not_justified_is_asked_once(
    demographics: FormInstance, people: dict[str, User]
) -> None:
    one = [("su_packyr", "soft:su_packyr", "CHECK", "OPEN")]
    assert states(demographics) == one
    world.change(demographics, people["lin"], su_tob="CURRENT")
    participant_check(demographics.participant.pk)
    assert states(demographics) == one
    query = Query.objects.get(form=demographics)
    assert (query.raised_by, query.raised_value, query.question) == (None, "160.0", "")
    assert list(participant_problems(demographics.participant)) == []


def test_a_limit_justified_at_once_asks_nothing(participant: Participant, people: dict[str, User]) -> None:
    """S32: a query is raised unless a justification is given."""
    from crf.services.entry import Order, form_save

    form = world.form(participant, "DM", "SCR")
    typed = world.typed("DM", {"sex": "M", "su_tob": "FORMER", "su_packyr": "160"})
    form_save(
        by=people["lin"],
        form=form,
        typed=typed,
        order=Order(confirmed={"su_packyr": "Checked against the source"}),
    )
    assert Finding.objects.get().state == "CONFIRMED" and not Query.objects.exists()


def test_cured_it_closes_with_both_values_and_the_version_and_opens_again(
    demographics: FormInstance, people: dict[str, User]
) -> None:
    world.change(demographics, people["lin"], su_packyr="30")
    query = Query.objects.get()
    assert (query.state, query.raised_value, query.closed_value, query.closed_by) == (
        "CLOSED",
        "160.0",
        "30.0",
        None,
    )
    assert query.rule_version
    closed = AuditEvent.objects.get(action="QUERY_CLOSED", target=query.address)
    assert (closed.actor_name, closed.old, closed.new) == ("system", "OPEN", "CLOSED")
    assert closed.reason == f"soft:su_packyr {query.rule_version}"
    world.change(world.form(demographics.participant, "DM", "SCR"), people["lin"], su_packyr="170")
    query.refresh_from_db()
    assert (query.state, query.raised_value, query.closed_value, query.reopened) == (
        "REOPENED",
        "170.0",
        "",
        1,
    )
    assert list(QueryMessage.objects.filter(query=query).values_list("act", flat=True)) == [
        "raise", "change", "cure", "recur",
    ]  # fmt: skip
    assert list(participant_problems(demographics.participant)) == []


def test_an_answer_that_keeps_the_value_confirms_the_finding(
    at: SignedIn, demographics: FormInstance, people: dict[str, User]
) -> None:
    query = Query.objects.select_related("participant").get()
    answer = at("lin").post(
        f"/queries/{query.code}/", {"act": "answer", "outcome": "CONFIRMED", "text": "Seen twice."}
    )
    assert answer.status_code == 302
    finding = Finding.objects.get()
    assert (finding.state, finding.reason) == ("CONFIRMED", "Seen twice.")
    assert finding.settled_by == people["lin"]
    assert Query.objects.get().state == QueryState.ANSWERED


def test_the_site_reads_the_words_of_the_check(at: SignedIn, demographics: FormInstance) -> None:
    code = Query.objects.select_related("participant").get().code
    for address in ("/queries/", f"/queries/{code}/"):
        page = at("lin").get(address).content.decode()
        assert "Pack-years" in page and "unusual" in page
    # At the field the finding says it; the query is named beside it.
    page = at("lin").get("/p/01-003/SCR/dm/").content.decode()
    at_field = page[page.index('id="f-su_packyr"') :]
    assert f">{code}</a>" in at_field and at_field.count("unusual") >= 1


def moves(act: str, number: int) -> list[FindingMove]:
    return [FindingMove(act, "su_packyr", f"CK-{n:03}", "v1", found=str(n)) for n in range(number)]


@pytest.mark.parametrize("act", ["opened", "cured"])
def test_forty_findings_cost_what_one_costs(
    participant: Participant, people: dict[str, User], act: str
) -> None:
    form = world.form(participant, "DM", "SCR")

    def follow(act: str, number: int) -> int:
        with transaction.atomic():
            chain = trail.participant_chain(participant)
            with CaptureQueriesContext(connection) as found:
                entries = findings_followed(by=people["lin"], form=form, moves=moves(act, number))
            trail.append_all(chain, entries, by=people["lin"], site=participant.site)
        return len(found)

    one = follow("opened", 1)
    many = follow("opened", 40)
    if act == "cured":
        follow("cured", 40)
        assert set(Query.objects.values_list("state", flat=True)) == {"CLOSED"}
    assert many <= one + 1
    assert Query.objects.count() == 40
    assert sorted(Query.objects.values_list("number", flat=True)) == list(range(1, 41))
    assert list(participant_problems(participant)) == []


def test_a_central_reading_is_never_asked_about(participant: Participant) -> None:
    """A thread would show the reading to the site."""
    for key in ("CPATH", "CPATHF"):
        form = FormInstance(pk=1, form_key=key, participant=participant)
        move = FindingMove("opened", "cp_vt", "CK-001", "v1")
        assert findings_followed(by=None, form=form, moves=[move]) == []
    assert not Query.objects.exists()
