"""The endpoints of 500 participants: figures, dashboard, moment, cut, comparison, one changed value.

A hundred participants of the demonstration trial with their trail, and four copies of the tables of each.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from crf.services import findings
from endpoints import drawing, moving, services, standing_figures
from endpoints.board import state
from endpoints.board.choice import choice_of
from endpoints.cuts.building import moment_build
from endpoints.cuts.services import Signed, cut_confirm, moment_ask
from endpoints.dashboard import knows_all
from endpoints.models import DataCut, EndpointState, Figure, Moment, StoredFigures, TrialState
from endpoints.standpoint import Live
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of
from trialsite.audit.models import AuditEvent

from . import site
from .copies import analyse, copy_everybody
from .measure import Answer, Browser, Sample, median_of, percentile, queries, quiet
from .one_user import CORRECTED
from .server import running
from .trials import Corrector, Person, Trial, cookies_of

PARTICIPANTS = 500
GENERATED = 100  # with a trail of their own; the rest are copies of their tables
SEEN = 12  # views of each page


def generated(count: int) -> dict[str, User]:
    """So many participants of the demonstration trial (those that exist are kept), its people as ordinary accounts."""
    with override_settings(DEMO=True):
        call_command("demo", participants=count, seed=7, endpoints_only=True, verbosity=0)
    return site.people()


def grown() -> None:
    """Everybody five times."""
    copy_everybody(PARTICIPANTS // GENERATED - 1)
    analyse()


def timed(act: Callable[[], Any]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def recomputed() -> float:
    """Everybody who is behind, in this process: seconds."""
    return timed(lambda: [services.endpoints_recompute_many(some) for some in _behind()])


def _behind() -> list[list[int]]:
    return list(services.batches(services.stale().order_by("pk").values_list("pk", flat=True)))


def figures_anew() -> dict[str, float]:
    """Seconds of the headline, and of the figures of every other analysis set and evaluator."""
    TrialState.objects.all().delete()
    StoredFigures.objects.all().delete()
    return {
        "headline_s": timed(services.trial_recompute), "figures_s": timed(standing_figures.figures_refresh),
        "stored": StoredFigures.objects.count(),
    }  # fmt: skip


def moves_anew() -> float:
    """What open items could still change, of everybody: seconds. One call does as much as a task may."""
    started = time.perf_counter()
    while moving.moves_refresh():
        pass
    return time.perf_counter() - started


# --- moment, cut, pages ---------------------------------------------------------------------------------------------


def board(scale: float) -> dict[str, Any]:
    """Every page of the endpoints, and what is computed behind it. The moment of the past comes first: copies have no trail."""
    cast = generated(max(5, int(GENERATED * scale)))
    found: dict[str, Any] = {"past": _moment(cast["da"], at=_half_way())}
    grown()
    found |= {"participants": Participant.objects.count(), "derive_s": recomputed()}
    found |= figures_anew() | {"moves_s": moves_anew(), "counted_s": timed(state.refresh)}
    found["moment"] = _moment(cast["da"], cutoff=timezone.localdate())
    moment = Moment.objects.filter(cutoff__isnull=False).get()
    found["cut_s"] = timed(lambda: _cut(cast["da"], moment))
    found["pages"] = _pages(cast["st"], moment)
    return found


def _half_way() -> dt.datetime:
    """The moment at which half of the trail was written."""
    times = AuditEvent.objects.order_by("at").values_list("at", flat=True)
    return times[times.count() // 2]


def _moment(by: User, **wanted: Any) -> dict[str, Any]:
    """The trial as of a moment, as the worker computes it."""
    wanted.setdefault("at", timezone.now())
    asked = moment_ask(by=by, **wanted)
    seconds = timed(lambda: moment_build(asked.pk))
    made = Moment.objects.get(pk=asked.pk)
    if made.state != "READY":
        raise RuntimeError(f"{made}: {made.error}")
    return {"s": seconds, "participants": made.participants}


def _cut(by: User, moment: Moment) -> DataCut:
    signed = Signed(("username", "password"), True, moment.digest, 0)
    return cut_confirm(by=by, moment=moment, title="First look", reason="", replaces=None, signed=signed)


def _pages(who: User, moment: Moment) -> dict[str, Any]:
    """The first view of the dashboard before anything is drawn; then every page as it stands."""
    browser, named = Browser(cookies_of(who)), knows_all(grants_of(who))
    _ok(browser.get("/participants/"))
    Figure.objects.all().delete()
    quiet()
    first = _ok(browser.get("/endpoints/"))
    pages: dict[str, Any] = {
        "dashboard, first view": {
            "ms": first.wall,
            "worst": first.wall,
            "cpu": first.cpu,
            "kb": len(first.body) // 1024,
        }
    }
    addresses = _addresses(moment)
    drawn = [timed(lambda: drawing.draw_missing("en", named, _view(path, who)))
             for path in addresses.values() if path.startswith("/endpoints/?") or path == "/endpoints/"]  # fmt: skip
    pages["dashboard, first view"]["drawn_s"] = drawn[0]
    for name, path in addresses.items():
        pages[name] = _page(browser, path)
    return pages


def _view(path: str, who: User) -> drawing.View:
    return choice_of(dict(parse_qsl(urlsplit(path).query)), who).view


def _addresses(moment: Moment) -> dict[str, str]:
    cut = DataCut.objects.get()
    operated = EndpointState.objects.filter(summary__values__MPR__value="Y").order_by("pk").first()
    number = (operated or EndpointState.objects.order_by("pk")[0]).participant.number
    asked = timezone.localtime(Moment.objects.order_by("pk")[0].at).isoformat().replace("+", "%2B")
    return {
        "dashboard": "/endpoints/", "dashboard, asking again": "/endpoints/?poll=1",
        "dashboard, pathology-evaluable": "/endpoints/?set=PEV",
        "dashboard, enrolled, mRECIST": "/endpoints/?set=ENR&criteria=mrecist",
        "dashboard of a data cut": f"/endpoints/?cut={cut.code}",
        "dashboard as of a moment": f"/endpoints/?at={asked}",
        "numbers behind a curve": "/endpoints/figures/pfs/", "participants of an endpoint": "/endpoints/mpr/",
        "trace": f"/endpoints/mpr/{number}/", "trace in a data cut": f"/endpoints/mpr/{number}/?cut={cut.code}",
        "what could move it": "/endpoints/moves/", "data cuts": "/endpoints/cuts/",
        "one data cut": f"/endpoints/cuts/{cut.code}/", "dry run": f"/endpoints/cuts/dry-run/{moment.pk}/",
        "cut compared with now": f"/endpoints/compare/?a={cut.code}&b=live",
    }  # fmt: skip


def _page(browser: Browser, path: str) -> dict[str, Any]:
    sample = Sample()
    for turn in range(SEEN + 2):
        answer = _ok(browser.get(path))
        if turn > 1:
            sample.add(answer)
    return {
        "ms": sample.median, "worst": max(sample.wall), "cpu": sample.median_cpu,
        "queries": queries(lambda: browser.get(path)), "kb": len(answer.body) // 1024,
    }  # fmt: skip


def _ok(answer: Answer) -> Answer:
    if answer.status not in (200, 204, 286):
        raise RuntimeError(f"{answer.status}: {answer.body[:2000].decode(errors='replace')}")
    return answer


# --- one changed value ----------------------------------------------------------------------------------------------


def changed(scale: float) -> dict[str, Any]:
    """From the POST of one corrected answer to the fresh headline figures of 500 participants, and to all the others."""
    lin = generated(max(5, int(GENERATED * scale)))["lin"]
    grown()
    participant = world.participant_01_003(lin, "01-903")
    trial = Trial(lin, participant, [], site.entries(participant))
    recomputed()
    figures_anew()
    moves_anew()  # what the workers would be busy with at first; so are the edit checks
    while findings.checks_catch_up():
        pass
    headline, stored = [], []
    with running("web", "worker", "beat") as port:
        cookies = cookies_of(lin)
        corrector = Corrector(trial.entry("TA", "TA2"), participant.number, CORRECTED["TA"])
        for turn in range(max(3, int(20 * scale)) + 1):
            times = _saved(Person(port, cookies), corrector, participant.pk)
            if turn:  # the first one starts everything
                headline.append(times[0])
                stored.append(times[1])
    connection.close()
    return {
        "participants": Participant.objects.count(), "n": len(headline),
        "headline_median": median_of(headline), "headline_p95": percentile(headline, 0.95),
        "stored_median": median_of(stored), "stored_p95": percentile(stored, 0.95),
    }  # fmt: skip


def _saved(person: Person, corrector: Corrector, pk: int) -> tuple[float, float]:
    """Seconds until the headline rests on the new result, and until the figures beside it do."""
    url, data = corrector.next()
    runs = EndpointState.objects.values_list("run_id", flat=True)
    before, started = runs.get(pk=pk), time.perf_counter()
    status, body = person.post(url, data)
    if status != 302:
        raise RuntimeError(f"{status}: {body[:1000].decode()}")
    corrector.version += 1
    _until(lambda: runs.get(pk=pk) != before and not services.trial_is_behind())
    headline = time.perf_counter() - started
    _until(lambda: Live().figures("PEV") != {})
    stored = time.perf_counter() - started
    time.sleep(0.5)
    return headline, stored


def _until(there: Callable[[], bool], patience: float = 60) -> None:
    end = time.monotonic() + patience
    while not there():
        if time.monotonic() > end:
            raise RuntimeError(f"not fresh after {patience:.0f} s")
        time.sleep(0.01)
