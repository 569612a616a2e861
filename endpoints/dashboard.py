"""What pages of the trial's results share: who may know participants, who is not counted, best responses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language

from endpoints import words
from endpoints.models import EndpointState, Status
from endpoints.panel import address_href
from endpoints.standpoint import Kept, Standpoint
from endpoints.trace import Places
from trialsite.accounts.permissions import Grants
from trialsite.accounts.roles import Permission

SHOWN_PROBLEMS = 50
RESPONSES = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "MISSING")


@dataclass(frozen=True, slots=True)
class Problem:
    """A participant whose data are refused, or who was set aside."""

    number: str
    text: str
    href: str
    parked: bool


def knows_all(grants: Grants) -> bool:
    """Whether the person may know every participant: then figures name them."""
    return grants.sites(Permission.RESULTS) is None


def language_code() -> str:
    """The two languages that there are."""
    return "zh-hans" if (get_language() or "").startswith("zh") else "en"


def best_responses(results: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """How many have each best response, by RECIST 1.1 and by mRECIST."""
    recist, mrecist = results["best"]["BOR_RECIST"], results["best"]["BOR_MRECIST"]
    found = [(code, recist.get(code, 0), mrecist.get(code, 0)) for code in RESPONSES]
    return [row for row in found if row[0] in ("CR", "PR", "SD", "PD", "NE") or row[1] or row[2]]


def problems_of(point: Standpoint, grants: Grants) -> tuple[int, list[Problem]]:
    """How many participants are not counted because their data are refused or they are set aside, and those of them that
    the person may see."""
    found, path = _refused(point)
    states = grants.limit(found, Permission.RESULTS, f"{path}site").order_by(f"{path}number")
    shown = list(states[:SHOWN_PROBLEMS])
    places = Places(one.error_address for one in shown)
    return found.count(), [
        Problem(
            one.participant.number,
            words.refusal(one.summary, one.error),
            address_href(one.error_address, places),
            one.status == Status.PARKED,
        )
        for one in shown
    ]


def _refused(point: Standpoint) -> tuple[QuerySet[Any], str]:
    """Rows without a result, and the way from a row to the participant's number and site."""
    if isinstance(point, Kept):
        kept = point.people().exclude(status=Status.OK)
        return kept.select_related("participant").defer("case", "body"), ""
    live = EndpointState.objects.of_trial().exclude(status=Status.OK)
    return live.select_related("participant"), "participant__"
