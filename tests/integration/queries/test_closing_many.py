"""Several queries closed at once: each for itself, and what was refused stays in the trail."""

from __future__ import annotations

import pytest

from crf.models import FormInstance, Query
from crf.services.queries import queries_close, query_act, query_raise
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)


def asked(by: User, participant: Participant, form: FormInstance, path: str) -> Query:
    made = query_raise(by=by, participant=participant, form=form, path=path, text="What does the report say?")
    return Query.objects.select_related("participant__site", "form__visit").get(pk=made.pk)


def test_one_that_cannot_be_closed_keeps_none_of_the_others_back(
    people: dict[str, User], participant: Participant, imaging: FormInstance
) -> None:
    answered = asked(people["mo"], participant, imaging, "TA2:1/tl_diam")
    query_act(by=people["lin"], query=answered, act="answer", outcome="CONFIRMED")
    waiting = asked(people["mo"], participant, imaging, "TA2:2/tl_diam")
    done, left = queries_close(by=people["mo"], queries=[waiting, answered])
    assert [query.pk for query in done] == [answered.pk]
    assert [query.pk for query, _why in left] == [waiting.pk]
    refused = AuditEvent.objects.get(action="REFUSED", target=waiting.address)
    assert (refused.path, refused.new, refused.actor_name) == ("@query-close", "state", "mo")
    assert str(left[0][1]) == refused.reason
