"""Signing sixty forms of a whole participant, through the page: what a person reads, and the act with its password."""

from __future__ import annotations

import re
import statistics
from typing import Any

from django.test import Client

from crf.selectors.signing import to_sign
from crf.services.signing import Proof, forms_sign
from tests import participant_01_003 as story
from tests import world

from . import site
from .measure import Browser, queries, quiet

FORMS = 60
SHOWN = re.compile(r'name="(version:(\d+))" value="(\d+)"')


def sign(scale: float) -> dict[str, Any]:
    """Participants of one kind; the first one warms up. Then a set of two, to count what grows with a set."""
    cast = site.people()
    world.ranges_01(cast["da"])
    people = [world.screened(cast["lin"], f"01-00{n}") for n in range(3, 6 + int(2 * scale))]
    for one in people:
        world.enter(one, cast["lin"], story.pages(), readers=(cast["p1"], cast["p2"]))
    client = site.signed_in(Client(), cast["chen"])
    browser = Browser({name: morsel.value for name, morsel in client.cookies.items()})
    reading, signing = [], []
    quiet()
    for number, participant in enumerate(people):
        page = browser.get(f"/sign/{participant.number}/")
        answer = browser.post(f"/sign/{participant.number}/", _chosen(page.body.decode(), FORMS))
        if answer.status != 302:
            raise RuntimeError(f"{participant}: {answer.status}")
        browser.cookies.pop("messages", None)
        if number:
            reading.append(page.wall)
            signing.append(answer.wall)
    last = people[-1]
    rest = list(to_sign().filter(participant=last).values_list("pk", flat=True))
    proof = Proof(("password",), first_in_session=False)

    def act(forms: list[int]) -> int:
        return queries(
            lambda: forms_sign(by=cast["chen"], participant=last, forms=forms, meaning="CONFIRM", proof=proof)
        )

    return {
        "forms": FORMS, "page_ms": statistics.median(reading), "sign_ms": statistics.median(signing),
        "worst_ms": max(signing), "queries_two": act(rest[:2]), "queries_rest": act(rest[2:62]), "rest": len(rest[2:62]),
    }  # fmt: skip


def _chosen(html: str, count: int) -> dict[str, Any]:
    """The first forms of the page, as a person posts them."""
    shown = SHOWN.findall(html)[:count]
    if len(shown) < count:
        raise RuntimeError(f"only {len(shown)} forms to sign")
    standing = re.search(r'name="queries" value="([^"]*)"', html)
    data: dict[str, Any] = {name: version for name, _form, version in shown}
    return data | {
        "form": [form for _name, form, _version in shown], "queries": standing[1] if standing else "",
        "meaning": "CONFIRM", "username": "chen", "password": "demo-chen-2026",
    }  # fmt: skip
