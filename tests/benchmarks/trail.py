"""The trail with 1,000,000 events: the first page of each filter of the explorer, and the verifier's walk over all chains."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.audit.models import STUDY, AuditChain, AuditEvent
from trialsite.audit.seals import seal
from trialsite.audit.trail import COLUMNS, _digest, _moment, chain_name
from trialsite.audit.verifying import Walk
from trialsite.db.rows import insert

from . import site
from .measure import Browser, Sample, queries, quiet
from .trials import cookies_of, trial_of

WHOLE = 1_000_000
DAYS = 730
STUDYS = 0.05  # the share of the study's chain: sign-ins, accounts, files

FILTERS = {
    "no filter": "", "day": "from={day}&to={day}", "earlier than": "to={early}", "person": "who=lin", "rare person": "who=wu",
    "system": "who=system", "participant": "participant={number}", "site": "site=01", "site without events": "site=02",
    "common form": "form=LB", "rare form": "form=EOS", "common field": "field=lbstresn", "rare field": "field=sex",
    "common action": "action=CHANGE", "rare action": "action=LOCKED_OUT", "group of actions": "action=access",
    "words, by participant": "participant={number}&q=37", "words, by day": "from={day}&to={day}&q=37",
    "several": "who=lin&form=TA&action=CHANGE&from={month}",
}  # fmt: skip


def trail(scale: float) -> dict[str, Any]:
    """First pages in milliseconds and queries; events verified a second."""
    made = trial_of(199)
    events = int(WHOLE * scale)
    _fill(events)
    site.analyse()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    now = timezone.now()
    given = {
        "day": f"{now - dt.timedelta(days=365):%Y-%m-%d}", "early": f"{now - dt.timedelta(days=DAYS - 5):%Y-%m-%d}",
        "month": f"{now - dt.timedelta(days=400):%Y-%m-%d}", "number": made.numbers[7],
    }  # fmt: skip
    browser = Browser(cookies_of(User.objects.get(username="mo")))
    browser.get("/audit/")
    quiet()
    found: dict[str, Any] = {"events": AuditEvent.objects.count(), "filters": {}}
    for name, query in FILTERS.items():
        path = f"/audit/?{query.format(**given)}"
        found["filters"][name] = _page(browser, path)
    walk = Walk(list(AuditChain.objects.order_by("pk")))
    started = time.perf_counter()
    problems = [one for one in walk.problems() if one is not None]
    found |= {
        "verify_s": time.perf_counter() - started,
        "problems": len(problems),
        "chains": len(walk.chains),
    }
    started = time.perf_counter()
    found["seals"] = seal(walk.sound)
    found["seal_s"] = time.perf_counter() - started
    return found


def _page(browser: Browser, path: str) -> dict[str, Any]:
    sample = Sample()
    for _time in range(7):
        answer = browser.get(path)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        sample.add(answer)
    return {
        "ms": sample.median, "worst": max(sample.wall), "cpu": sample.median_cpu,
        "queries": queries(lambda: browser.get(path)), "rows": max(answer.body.count(b"<tr>") - 1, 0),
    }  # fmt: skip


# --- a million events -----------------------------------------------------------------------------------------------


def _fill(events: int) -> None:
    """Chains as honest ones: numbers, times and digests fit. Two years of work, every participant's alike."""
    chance = random.Random(7)
    people = list(Participant.objects.order_by("pk"))
    patterns = list(
        AuditEvent.objects.exclude(chain__name=STUDY).filter(target__startswith="form:").order_by("number")
        .values_list("target", "action", "path", "old", "new", "reason", "actor__username")
    )  # fmt: skip
    users = {user.username: user for user in User.objects.all()}
    each = int(events * (1 - STUDYS)) // len(people)
    for person in people:
        chain, _made = AuditChain.objects.get_or_create(name=chain_name(person.pk))
        # A copy's forms have the numbers of the original's and as much more as its own.
        _write(chain, _entered(chance, patterns, person.pk - people[0].pk, each, users))
    study = AuditChain.objects.get(name=STUDY)
    _write(study, _of_study(chance, int(events * STUDYS), list(users.values())))


def _entered(
    chance: random.Random, patterns: list[Any], offset: int, count: int, users: dict[str, User]
) -> Iterator[tuple[Any, ...]]:
    """What was entered for one participant, and then corrections of it, again and again."""
    for n in range(count):
        target, action, path, old, new, reason, name = patterns[n % len(patterns)]
        target = f"form:{int(target.removeprefix('form:')) + offset}"
        if n >= len(patterns):
            action, old, new = "CHANGE", new, str(chance.randrange(1000) / 10)
            reason = "Corrected after source check."
        who = users.get("wu" if chance.random() < 0.0005 else name or "")
        named = (who.pk, who.username, "COORDINATOR") if who else (None, "system", "")
        yield *named, "01", action, target, path, old, new, reason


ACCESS = {
    "SIGNED_IN": 40, "SIGNED_OUT": 30, "SESSION_TIMEOUT": 20, "SIGN_IN_FAILED": 8, "REPORT_DOWNLOADED": 2,
    "LOCKED_OUT": 0.05,
}  # fmt: skip


def _of_study(chance: random.Random, count: int, users: list[User]) -> Iterator[tuple[Any, ...]]:
    for _n in range(count):
        user, action = chance.choice(users), chance.choices(list(ACCESS), list(ACCESS.values()))[0]
        own = action in ("SIGNED_IN", "SIGNED_OUT", "REPORT_DOWNLOADED")
        named = (user.pk, user.username) if own else (None, "system")
        yield *named, "", "", action, user.address, "", "", "password", ""


@transaction.atomic
def _write(chain: AuditChain, events: Iterator[tuple[Any, ...]]) -> None:
    """Continues a chain; the times go evenly from its last event's to now, or over two years in a new one."""
    rows, number, previous = [], chain.length, chain.head
    listed = list(events)
    end = timezone.now()
    start = end - dt.timedelta(days=DAYS)
    if number:  # what was entered a moment ago is the oldest: the bench's tables forbid no past time
        with connection.cursor() as cursor:
            _lift(cursor)
            cursor.execute("DELETE FROM audit_auditevent WHERE chain_id = %s", [chain.pk])
            _restore(cursor)
        number, previous = 0, ""
    step = (end - start) / max(len(listed) + 40, 1)
    jitter = dt.timedelta(seconds=chain.pk * 7919 % 3600)  # no two participants at the same moment
    for place, (actor, name, *content) in enumerate(listed):
        number += 1
        at = start + jitter + step * (place // 20 * 20)  # a save writes many at one moment
        digest = _digest(chain.name, number, _moment(at), name, *content, previous)
        rows.append((chain.pk, number, at, actor, name, *content, previous, digest))
        previous = digest
    insert(AuditEvent, COLUMNS, rows)
    AuditChain.objects.filter(pk=chain.pk).update(length=number, head=previous, at=end)


def _lift(cursor: Any) -> None:
    from trialsite.audit import guard

    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE") if connection.vendor == "postgresql" else None
    for sql in guard.drop_statements(connection.vendor, guard.TRAIL):
        cursor.execute(sql)


def _restore(cursor: Any) -> None:
    from trialsite.audit import guard

    guard.restore(connection, guard.TRAIL)
