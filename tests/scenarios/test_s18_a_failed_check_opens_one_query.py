"""S18 A failed check opens one query and its cure closes it with evidence.

The sum of diameters falls below half of baseline while the response is typed as stable disease: CK-195 of the book.
"""

from __future__ import annotations

import pytest

from crf.models import FormInstance, Query, QueryMessage
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from tests.scenarios.stage import SignedIn, events, save
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

PLACE = "ovresp_r_inv"
ASSESSED = {
    "ta_perf": "Y", "tudat": "2024-04-10", "ta_lastdat": "2024-04-10", "ta_eval": "INVESTIGATOR", "ta_method": "MRI_MP",
    "ta_contrast": "Y", "ta_slice": "3.0", "ta_regions": "CHEST;ABDOMEN;PELVIS", "ta_samemethod": "Y", "nl_yn": "N",
    "ta_rsdat": "2024-04-10", "ntresp_r_inv": "NA", "TA2_1_tl_diam": "28", "TA2_1_tl_viable": "10",
}  # fmt: skip


@pytest.fixture
def form(participant: Participant, cast: dict[str, User]) -> FormInstance:
    """Baseline 62 mm; the first assessment afterwards is open."""
    lin = cast["lin"]
    baseline = [world.target("T01", "S8", "62", "20", tl_enh="TYPICAL")]
    world.assessed(participant, lin, "SCR", "2024-03-06", baseline, None, complete=False)
    world.neoadjuvant(participant, lin, 1, "2024-03-14")
    return world.form(participant, "TA", "TA1")


def assess(at: SignedIn, form: FormInstance, response: str) -> None:
    """28 mm is less than half of 62 mm."""
    answer = save(at("lin"), form, **ASSESSED, tresp_r_inv=response, ovresp_r_inv=response)
    assert answer.status_code == 302, answer.content.decode()[:1500]


def of_check(form: FormInstance) -> list[Query]:
    return list(Query.objects.filter(form=form, path=PLACE, origin="CHECK"))


def test_one_query_exists_and_saving_again_adds_none(at: SignedIn, form: FormInstance) -> None:
    assess(at, form, "SD")
    [query] = of_check(form)
    assert query.standing
    assert query.raised_by is None
    for _ in range(2):
        assess(at, form, "SD")
    assert [other.pk for other in of_check(form)] == [query.pk]
    assert QueryMessage.objects.filter(query=query, act="raise").count() == 1
    assert query.code in at("lin").get("/queries/").content.decode()


def test_when_the_response_becomes_pr_it_closes_by_itself_with_both_values_and_the_version_of_the_rule(
    at: SignedIn, form: FormInstance
) -> None:
    assess(at, form, "SD")
    [query] = of_check(form)
    assess(at, form, "PR")
    query.refresh_from_db()
    assert query.state == "CLOSED"
    assert query.closed_by is None, "by itself"
    assert (query.raised_value, query.closed_value) == ("SD", "PR")
    assert query.rule_version
    last = QueryMessage.objects.filter(query=query).order_by("pk").last()
    assert last is not None
    assert (last.author, last.act, last.value) == (None, "cure", "PR")
    [opened, cured] = events(form, f"{PLACE}@{query.rule}")
    assert (opened.new, cured.new) == ("OPEN", "CURED")
    assert query.rule_version in opened.reason
    assert query.rule_version in cured.reason
    assert list(participant_problems(Participant.objects.get(number="01-003"))) == []


def test_when_it_fails_again_the_same_query_opens_again(at: SignedIn, form: FormInstance) -> None:
    for response in ("SD", "PR", "SD"):
        assess(at, form, response)
    [query] = of_check(form)
    assert (query.state, query.reopened) == ("REOPENED", 1)
