"""Central pathology with 5,000 cases: the data manager's worklist and its filters, a reader's worklist, the page of a reading."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from django.test import override_settings
from django.utils import timezone

from crf.models import FormInstance
from crf.models.local_pathology import LocalPathology
from participants.models import Participant
from pathology.models import CaseState, PathologyCase, Reading, RecutRequest, Slot, SpecimenItem
from tests import world
from trialsite.accounts import services
from trialsite.accounts.models import User
from trialsite.accounts.roles import Role

from . import site
from .measure import Browser, Sample, queries, quiet
from .trials import cookies_of

CASES = 5_000
READERS = 8
SLIDES = 12  # of each case
# How far cases of a trial are that has been read for two years.
SHARES = {
    CaseState.RELEASED: 80, CaseState.READING: 10, CaseState.TO_ALLOCATE: 4, CaseState.AWAITED: 3,
    CaseState.ADJUDICATION: 2, CaseState.DECIDED: 1,
}  # fmt: skip
LISTS = {
    "all": "", "ready to release": "state=DECIDED", "being read": "state=READING", "released": "state=RELEASED",
    "last page of all": "page=100", "overdue": "show=late", "new slides asked for": "show=recut",
    "to open again": "show=reopening", "one site": "site=01", "one reader": "reader=p1", "words": "q=P-B",
}  # fmt: skip


def central(scale: float) -> dict[str, Any]:
    """Milliseconds and queries of each page."""
    cast = site.people()
    code = _one_to_read(cast)
    made = _fill(int(CASES * scale), _readers(cast))
    site.analyse()
    manager, reader = (Browser(cookies_of(User.objects.get(username=name))) for name in ("da", "p1"))
    quiet()
    case = PathologyCase.objects.filter(state=CaseState.RELEASED).order_by("pk")[10]
    pages: dict[str, Any] = {
        f"worklist: {name}": (manager, f"/pathology/?{query}") for name, query in LISTS.items()
    }
    pages |= {
        "one case": (manager, f"/pathology/{case.code}/"), "home": (manager, "/"),
        "reader's worklist": (reader, "/readings/"), "reading page": (reader, f"/readings/{code}/"),
    }  # fmt: skip
    return {"cases": made + 1, "pages": {name: _page(*page) for name, page in pages.items()}}


def _page(browser: Browser, path: str) -> dict[str, Any]:
    sample = Sample()
    for turn in range(8):
        answer = browser.get(path)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        if turn:
            sample.add(answer)
    return {
        "ms": sample.median, "worst": max(sample.wall), "cpu": sample.median_cpu,
        "queries": queries(lambda: browser.get(path)), "kb": len(answer.body) // 1024,
    }  # fmt: skip


def _one_to_read(cast: dict[str, User]) -> str:
    """A whole participant, whose case the first reader has begun."""
    participant = world.screened(cast["lin"], "01-003")
    world.screening_01_003(participant, cast["lin"])
    world.treatment_01_003(participant, cast["lin"])
    world.operated(participant, cast["lin"], "2024-05-30", "2024-06-14")
    case = PathologyCase.objects.get()
    _items([case])
    with override_settings(DEMO=True):
        world.reading_take(by=cast["p1"], case=case)
    return case.code


def _readers(cast: dict[str, User]) -> list[User]:
    made = [cast["p1"], cast["p2"]]
    for number in range(len(made) + 1, READERS + 1):
        one = services.user_create(by=None, username=f"reader{number}", full_name=f"Reader {number}")
        services.role_grant(
            by=None, user=one, role=Role.PATHOLOGIST, site=None, valid_from=dt.date(2024, 1, 1)
        )
        made.append(one)
    return made


def _fill(count: int, readers: list[User]) -> int:
    """Tables only: what the pages read."""
    chance = random.Random(7)
    today, now = timezone.localdate(), timezone.now()
    hospitals = [world.site(number) for number in ("01", "02", "03")]
    people = Participant.objects.bulk_create(
        [Participant(site=hospitals[n % 3], number=f"{n % 3 + 1:02}-{1000 + n}") for n in range(count)],
        batch_size=1000,
    )
    states = chance.choices(list(SHARES), list(SHARES.values()), k=count)
    cases = PathologyCase.objects.bulk_create(
        [
            PathologyCase(
                participant=one, code=f"P-B{n:04}", state=state,
                opened_at=now - dt.timedelta(days=720 * (count - n) // count),
            )
            for n, (one, state) in enumerate(zip(people, states, strict=True))
        ],
        batch_size=1000,
    )  # fmt: skip
    _reports(people)
    _items([case for case in cases if case.state != CaseState.AWAITED])
    readings = [one for case in cases for one in _places(chance, case, readers, today, now)]
    Reading.objects.bulk_create(readings, batch_size=1000)
    open_ones = Reading.objects.filter(submitted_at__isnull=True, taken_at__isnull=False).order_by("pk")[:40]
    RecutRequest.objects.bulk_create(
        [RecutRequest(case_id=one.case_id, reading=one, reason="Folded", asked_at=now) for one in open_ones]
    )
    return count


def _reports(people: list[Participant]) -> None:
    forms = FormInstance.objects.bulk_create(
        [FormInstance(participant=one, form_key="LPATH", required="R", status="COMPLETE", version=1) for one in people],
        batch_size=1000,
    )  # fmt: skip
    LocalPathology.objects.bulk_create(
        [LocalPathology(form=form, lp_slides_sent=SLIDES, lp_rvt_case=8) for form in forms], batch_size=1000
    )


def _items(cases: list[PathologyCase]) -> None:
    SpecimenItem.objects.bulk_create(
        [
            SpecimenItem(case=case, number=n, kind="SLIDE", label=f"A{n}", block="A", nodule=1, stain="HE")
            for case in cases
            for n in range(1, SLIDES + 1)
        ],
        batch_size=2000,
    )


def _places(
    chance: random.Random, case: PathologyCase, readers: list[User], today: dt.date, now: dt.datetime
) -> list[Reading]:
    pair = chance.sample(readers, 2)
    read = case.state in (CaseState.RELEASED, CaseState.DECIDED, CaseState.ADJUDICATION)
    given = read or case.state == CaseState.READING
    at = case.opened_at + dt.timedelta(days=3)
    made = []
    for slot, reader in zip((Slot.FIRST, Slot.SECOND), pair, strict=True):
        one = Reading(case=case, slot=slot)
        if given:
            one.reader, one.allocated_at = reader, min(at, now)
            one.due_on = today + dt.timedelta(days=chance.randint(-6, 14))
            if read or chance.random() < 0.5:
                one.taken_at = one.allocated_at
            if read:
                one.submitted_at = min(one.allocated_at + dt.timedelta(days=chance.randint(1, 12)), now)
        made.append(one)
    return made
