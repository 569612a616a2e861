"""The whole book: an adverse event (its largest form), all edit checks, the casebook as PDF."""

from __future__ import annotations

import resource
import statistics
import time
import uuid
from typing import Any

from django.test import Client

from crf.checks import CHECKS
from crf.documents.build import build
from crf.documents.services import document_request
from crf.judging import judged
from crf.models import DocumentKind, FormInstance
from crf.naming import form_url
from crf.selectors.folder import folders
from crf.selectors.sheets import sheet_of
from participants.models import Participant
from tests import participant_01_003 as story
from tests import world
from trialsite.accounts.models import User

from . import site
from .copies import copy, post_of
from .measure import Browser, command, queries, quiet

FEW, MANY = 5, 50  # lines of the log of adverse events
PARTICIPANTS = 500
LANGUAGES = ("en", "both")


# --- as a log grows -------------------------------------------------------------------------------------------------


def rows(scale: float) -> dict[str, Any]:
    """The same pages of a participant with few records and of one with many."""
    cast = site.people()
    late = Typist(cast["lin"], world.participant_01_003_whole(cast, "01-004"))
    early, treated = (
        Typist(cast["lin"], world.screened(cast["lin"], number)) for number in ("01-003", "01-005")
    )
    early.enter(story.screening())
    treated.enter([*story.screening(), *story.treatment(), *story.surgery()])
    world.fill(world.form(early.participant, "AE"), cast["lin"], {"aeyn": "Y"})
    found = {}
    for count in (FEW, max(FEW + 1, int(MANY * scale))):
        early.events(count)
        found[f"AE, {count} lines"] = early.at("AE1", 1, "aeterm", ("Nausea", "Vomiting"))
        found[f"AE log, {count} lines"] = early.opened(f"/p/{early.participant.number}/log/ae/")
    for one in (treated, late):
        found[f"LB, {one.count('LB')} panels"] = one.at("LB", 1, "LB2.1.lborres", ("5.5", "5.7"))
    return found


class Typist:
    """A coordinator at a participant's forms."""

    def __init__(self, by: User, participant: Participant) -> None:
        self.by, self.participant = by, participant
        client = site.signed_in(Client(), by)
        self.browser = Browser({name: morsel.value for name, morsel in client.cookies.items()})
        self.browser.get("/plain/DM/")

    def count(self, key: str) -> int:
        return FormInstance.objects.filter(participant=self.participant, form_key=key, version__gt=0).count()

    def enter(self, pages: list[story.Page]) -> None:
        """Pages of the story; central readings are not the coordinator's."""
        world.enter(self.participant, self.by, [page for page in pages if not page.key.startswith("CPATH")])

    def events(self, count: int) -> None:
        """More events of the log."""
        first = next(page for page in story.treatment() if page.key == "AE1")
        for number in range(self.count("AE1") + 1, count + 1):
            form = world.line(self.participant, self.by, "AE")
            values = dict(first.values) | {"aeterm": f"Event {number}"}
            world.fill(form, self.by, values, complete=False)
        site.analyse()

    def opened(self, url: str) -> dict[str, Any]:
        quiet()
        times = [_ok(self.browser.get(url), 200).cpu for _time in range(12)][2:]
        return {"open_cpu": statistics.median(times), "open_queries": queries(lambda: self.browser.get(url))}

    def at(self, key: str, repeat: int, name: str, values: tuple[str, str]) -> dict[str, Any]:
        """Opening and correcting one stored record."""
        form = world.form(self.participant, key, "SCR" if key == "LB" else "", repeat)
        url, post = form_url(form), post_of(sheet_of(form))
        found = self.opened(url)
        turn = [form.version]

        def save() -> Any:
            data = post | {
                name: values[turn[0] % 2], "version": str(turn[0]), "token": uuid.uuid4().hex, "action": "save",
                "reason": "Source checked.",
            }  # fmt: skip
            turn[0] += 1
            return _ok(self.browser.post(url, data), 302)

        times = [save().cpu for _time in range(12)][2:]
        return found | {"save_cpu": statistics.median(times), "save_queries": queries(save)}


def _ok(answer: Any, status: int) -> Any:
    if answer.status != status:
        errors = [part[:300] for part in answer.body.decode().split('role="alert"')[1:]]
        raise RuntimeError(f"{answer.status}: {errors}")
    return answer


# --- all edit checks ------------------------------------------------------------------------------------------------


def whole() -> tuple[dict[str, User], Participant]:
    """Participant 01-003 with every form of the book."""
    cast = site.people()
    participant = world.participant_01_003_whole(cast)
    site.analyse()
    return cast, participant


def checks(scale: float) -> dict[str, Any]:
    """All checks and limits of one whole participant in this process; `manage.py run_checks` over copies of it."""
    _cast, participant = whole()
    read, judge, found = [], [], 0
    quiet()
    for _time in range(max(5, int(20 * scale))):
        started = time.process_time()
        [held] = folders([participant.pk])
        between = time.process_time()
        found = len(judged(held.folder, {}))
        read.append((between - started) * 1000)
        judge.append((time.process_time() - between) * 1000)
    count = max(10, int(PARTICIPANTS * scale))
    copy(participant, count - 1)
    site.analyse()
    few = command("run_checks", "--dry-run", "--participant", participant.number)
    dry, written, again = (command("run_checks", *more) for more in (["--dry-run"], [], []))
    names = ("s", "cpu", "mb")
    return {
        "checks": len(CHECKS), "read": statistics.median(read), "judge": statistics.median(judge), "found": found,
        "queries": queries(lambda: folders([participant.pk])), "participants": count,
        "forms": FormInstance.objects.filter(version__gt=0).count(), "one_mb": few[2],
        **{f"{what}_{name}": value for what, run in (("dry", dry), ("written", written), ("again", again))
           for name, value in zip(names, run, strict=True)},
    }  # fmt: skip


# --- the casebook ---------------------------------------------------------------------------------------------------


def casebook(scale: float) -> dict[str, Any]:
    """The casebook of the whole participant as the worker builds it: content, layout in a child process, one file.

    The peak is of the largest child so far.
    """
    cast, participant = whole()
    found: dict[str, Any] = {}
    for language in LANGUAGES if scale >= 1 else LANGUAGES[:1]:
        job = document_request(
            by=cast["lin"], kind=DocumentKind.CASEBOOK, language=language, participant=participant
        )
        started, cpu = time.perf_counter(), _used()
        if not build(job.pk):
            raise RuntimeError(f"{job}: {job.error}")
        seconds, cpu = time.perf_counter() - started, _used() - cpu
        job.refresh_from_db()
        found[language] = {"pages": job.pages, "s": seconds, "cpu": cpu, "kb": job.size / 1024}
        found[language]["mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return found


def _used() -> float:
    mine, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return mine.ru_utime + mine.ru_stime + children.ru_utime + children.ru_stime
