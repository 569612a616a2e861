"""One table: every address × every role × own and other site × nobody gives the status. A new address must be added here.

Who is not named in a row gets 404: for them the page does not exist. Nobody (not signed in) is sent to sign in.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from crf.models import (
    CopyJob,
    DeviationProposal,
    DocumentJob,
    PossibleDuplicate,
    ReferenceRange,
    TrailItem,
    UnlockRequest,
)
from crf.services.queries import File, query_act, query_raise
from crf.services.site import laboratory_add, ranges_add
from endpoints.cuts.building import moment_build
from endpoints.cuts.services import Signed, cut_confirm, moment_ask
from endpoints.models import TrialState
from endpoints.models_reports import ReportJob
from endpoints.services import endpoints_recompute, trial_recompute
from participants.models import Participant
from pathology.models import AgreementReport, PathologyCase
from tests import world
from tests.world import reading_take
from trialsite.accounts.models import Delegation, RoleHeld, Training, User
from trialsite.celery import heartbeat_file

pytestmark = pytest.mark.django_db

# People by what they are to site 01, where the participant of the table is.
SITE = frozenset({"lin", "chen"})
OTHER_SITE = frozenset({"wu", "zhao"})
VIEWERS = frozenset({"mo", "da", "st", "ins"})
READERS = frozenset({"p1", "p2", "p3"})
ADMIN = frozenset({"ad"})
PRINCIPAL = frozenset({"chen"})
VIEW = SITE | VIEWERS
TRIAL = VIEWERS  # see figures of the whole trial
EVERYBODY = SITE | OTHER_SITE | VIEWERS | READERS | ADMIN
SCREEN = SITE | OTHER_SITE
CRF = VIEW | OTHER_SITE
SIGNERS = frozenset({"chen", "zhao"})
ASKERS = frozenset({"mo", "da"})  # raise and close queries
OVERSEERS = frozenset({"mo", "da", "ins"})  # see figures about queries
NOBODY = ""


@dataclass(frozen=True)
class Line:
    """`statuses`: who gets what; the rest of the people get 404, and nobody the sign-in page (302)."""

    method: str
    path: str
    statuses: tuple[tuple[frozenset[str], int], ...]
    nobody: int = 302
    rest: int = 404
    data: dict[str, Any] = field(default_factory=dict)

    def status(self, person: str) -> int:
        if person == NOBODY:
            return self.nobody
        return next((status for people, status in self.statuses if person in people), self.rest)


def get(path: str, people: frozenset[str], status: int = 200, **more: Any) -> Line:
    return Line("get", path, ((people, status),), **more)


def post(path: str, *statuses: tuple[frozenset[str], int], **more: Any) -> Line:
    return Line("post", path, statuses, **more)


def acts(path: str) -> tuple[Line, Line]:
    """A page of the administrator that takes GET and POST; an empty form is shown again."""
    return get(path, ADMIN), post(path, (ADMIN, 200))


DATA = frozenset({"da"})
MONITOR = frozenset({"mo"})
SDV = frozenset({"mo", "da", "ins"})
AUDITORS = frozenset({"mo", "da", "ins", "ad"})
EXPORTERS = frozenset({"da", "st"})
APART = {"act": "different", "reason": "Both sites were asked"}
LAB = "/laboratories/01/URL/"
FORM = "/p/{number}/SCR/dm/"
AGAIN = "/p/{number}/EOT/eot/2/"  # a second form of the same kind at a visit
IMAGING = "/p/{number}/TA1/ta/"
ENTERED = ((SITE, 422), (VIEWERS, 403))  # an empty post: answers of a complete form would go

TRAIL_REVIEWERS = frozenset({"mo", "da"})
TRAIL_READERS = TRAIL_REVIEWERS | {"ins"}
COPIERS_01 = frozenset({"ins", "da", "chen"})
COPIERS = COPIERS_01 | {"zhao"}

TABLE: dict[str, tuple[Line, ...]] = {
    "health/": (get("/health/?format=json", EVERYBODY, nobody=200, rest=200),),
    "health/live/": (get("/health/live/", EVERYBODY, nobody=200, rest=200),),
    # --- sign-in and the own account
    "login/": (get("/login/", EVERYBODY, 302, nobody=200), post("/login/", (EVERYBODY, 302), nobody=200)),
    "login/code/": (get("/login/code/", EVERYBODY, 302),),
    "logout/": (get("/logout/", EVERYBODY, 405, nobody=405), post("/logout/", (EVERYBODY, 302))),
    "invitation/<str:key>/<str:token>/": (get("/invitation/MQ/nonsense/", EVERYBODY, 410, nobody=410),),
    "session/": (get("/session/", EVERYBODY), post("/session/", (EVERYBODY, 200))),
    "language/": (
        get("/language/", EVERYBODY, 405, nobody=405),
        post("/language/", (EVERYBODY, 302), data={"language": "en"}),
    ),
    "account/": (get("/account/", EVERYBODY),),
    "account/keys/": (post("/account/keys/", (EVERYBODY, 302), data={"keys": "off"}),),
    "account/password/": (get("/account/password/", EVERYBODY), post("/account/password/", (EVERYBODY, 200))),
    "account/second-factor/": (
        get("/account/second-factor/", EVERYBODY), post("/account/second-factor/", (EVERYBODY, 200)),
    ),
    "account/recovery-codes/": (get("/account/recovery-codes/", EVERYBODY, 302),),
    # --- administration
    "admin/": (get("/admin/", ADMIN, 302),),
    "admin/users/": (get("/admin/users/", ADMIN),),
    "admin/users/new/": acts("/admin/users/new/"),
    "admin/users/<str:username>/": (get("/admin/users/lin/", ADMIN), get("/admin/users/none/", ADMIN, 404)),
    "admin/users/<str:username>/change/": (post("/admin/users/lin/change/", (ADMIN, 422)),),
    "admin/users/<str:username>/end/": (
        get("/admin/users/lin/end/", ADMIN), post("/admin/users/lin/end/", (ADMIN, 422)),
    ),
    "admin/users/<str:username>/identity/": (post("/admin/users/lin/identity/", (ADMIN, 422)),),
    "admin/users/<str:username>/training/": (post("/admin/users/lin/training/", (ADMIN, 422)),),
    "admin/users/<str:username>/training/<int:number>/withdraw/": (
        get("/admin/users/lin/training/{training}/withdraw/", ADMIN),
        post("/admin/users/lin/training/{training}/withdraw/", (ADMIN, 422)),
        get("/admin/users/chen/training/{training}/withdraw/", ADMIN, 404),  # it is another person's
    ),
    "admin/users/<str:username>/invite/": (post("/admin/users/lin/invite/", (ADMIN, 302)),),
    "admin/users/<str:username>/factor/": (post("/admin/users/lin/factor/", (ADMIN, 422)),),
    "admin/users/<str:username>/roles/": (post("/admin/users/lin/roles/", (ADMIN, 422)),),
    "admin/users/<str:username>/roles/<int:number>/end/": acts("/admin/users/lin/roles/{role}/end/"),
    "admin/sites/": (get("/admin/sites/", ADMIN),),
    "admin/sites/new/": acts("/admin/sites/new/"),
    "admin/sites/<str:number>/": acts("/admin/sites/01/"),
    "admin/roles/": (get("/admin/roles/", ADMIN),),
    # --- who is authorised: read with the trail; a delegation log is kept by the principal investigator of its site
    "admin/attestation/": (get("/admin/attestation/", ADMIN), post("/admin/attestation/", (ADMIN, 422))),
    "persons/": (get("/persons/", AUDITORS),),
    "persons/export/": (post("/persons/export/", (AUDITORS, 200)),),
    "delegations/": (
        Line("get", "/delegations/", ((VIEWERS | ADMIN, 200), (SITE | OTHER_SITE, 302))),  # one's own, if there is one
    ),
    "delegations/<str:number>/": (
        get("/delegations/01/", VIEW | ADMIN), get("/delegations/99/", EVERYBODY, 404),
        post("/delegations/01/", (PRINCIPAL | ADMIN, 422), (VIEW, 403), data={"duties": "ENTRY"}),
    ),
    "delegations/<str:number>/confirm/": (
        post("/delegations/01/confirm/", (PRINCIPAL, 302), (VIEW | ADMIN, 403)),
    ),
    "delegations/<str:number>/attestation/": (
        get("/delegations/01/attestation/", VIEW | ADMIN),
        post("/delegations/01/attestation/", (PRINCIPAL, 422), (VIEW | ADMIN, 403)),
    ),
    "delegations/<str:number>/<int:line>/end/": (
        get("/delegations/01/{duty}/end/", VIEW | ADMIN), get("/delegations/02/{duty}/end/", VIEWERS | ADMIN, 404),
        post("/delegations/01/{duty}/end/", (PRINCIPAL | ADMIN, 422), (VIEW, 403)),
    ),
    # --- home and participants
    "": (
        Line("get", "/", ((SCREEN | {"mo", "da", "ins"}, 200), (READERS | ADMIN | {"st"}, 302))),
    ),
    "daily-mail/": (post("/daily-mail/", (EVERYBODY, 302), data={"wanted": "off"}),),
    "participants/": (get("/participants/", VIEW | OTHER_SITE),),
    "participants/new/": (
        get("/participants/new/", SCREEN), post("/participants/new/", (SCREEN, 422)),
    ),
    "participants/new/<str:number>/": (get("/participants/new/{number}/", SITE),),
    "participants/cell/<str:number>/<str:place>/": (
        get("/participants/cell/{number}/SCR/", VIEW, 302), get("/participants/cell/{number}/NONE/", VIEW, 404),
    ),
    "participants/next/<str:number>/<str:place>/": (get("/participants/next/{number}/C1/", VIEW, 302),),
    "p/<str:number>/": (get("/p/{number}/", VIEW),),
    "p/<str:number>/open/": (post("/p/{number}/open/", (SITE, 422), (VIEWERS, 403)),),
    "p/<str:number>/<visit:label>/": (get("/p/{number}/SCR/", VIEW), get("/p/{number}/CONT9/", VIEW, 404)),
    "p/<str:number>/<visit:label>/miss/": (post("/p/{number}/C2/miss/", (SITE, 422), (VIEWERS, 403)),),
    # --- who may be one person: nobody at a site learns of it
    "duplicates/": (get("/duplicates/", DATA),),
    "duplicates/<int:pk>/": (
        post("/duplicates/{duplicate}/", (DATA, 422)), post("/duplicates/{duplicate}/", (DATA, 302), data=APART),
        post("/duplicates/0/", (DATA, 404)),
    ),
    # --- what a site has of its own: read by who sees the site, changed by the data manager
    "laboratories/": (get("/laboratories/", VIEW | OTHER_SITE),),
    "laboratories/<str:number>/": (
        get("/laboratories/01/", VIEW), post("/laboratories/01/", (DATA, 422), (VIEW, 403)),
    ),
    "laboratories/<str:number>/<str:code>/": (
        get(LAB, VIEW), post(LAB, (DATA, 422), (VIEW, 403)), get("/laboratories/01/NONE/", VIEW, 404),
    ),
    "laboratories/<str:number>/<str:code>/close/": (post(LAB + "close/", (DATA, 422), (VIEW, 403)),),
    "laboratories/<str:number>/<str:code>/import/": (
        get(LAB + "import/", VIEW), post(LAB + "import/", (DATA, 422), (VIEW, 403)),
    ),
    "laboratories/<str:number>/<str:code>/results/": (
        get(LAB + "results/", VIEW), post(LAB + "results/", (SITE, 422), (VIEW, 403)),
    ),
    "laboratories/<str:number>/<str:code>/results/<int:pk>/": (
        get(LAB + "results/0/", VIEWERS),
    ),
    "laboratories/<str:number>/<str:code>/results/template/": (get(LAB + "results/template/", VIEW),),
    "laboratories/<str:number>/<str:code>/<int:row>/remove/": (
        post(LAB + "{range}/remove/", (DATA, 422), (VIEW, 403)), post(LAB + "0/remove/", (VIEW, 404)),
    ),
    "p/<str:number>/<str:label>/lb/import/": (
        get("/p/{number}/SCR/lb/import/", VIEW), post("/p/{number}/SCR/lb/import/", (SITE, 422), (VIEWERS, 403)),
    ),
    "p/<str:number>/<str:label>/lb/<int:repeat>/import/": (
        get("/p/{number}/SCR/lb/2/import/", VIEW), post("/p/{number}/SCR/lb/2/import/", (SITE, 422), (VIEWERS, 403)),
    ),
    # --- forms
    "p/<str:number>/<str:label>/<str:key>/": (
        get(FORM, VIEW), post(FORM, *ENTERED),
        get("/p/{number}/CPATH/cpath/", VIEW, 404),  # a single reading is for its reader
        get("/p/{number}/SCR/none/", VIEW, 404),
    ),
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/": (get(AGAIN, VIEW, 404), post(AGAIN, (VIEW, 404))),
    # --- logs
    "p/<str:number>/log/<str:key>/add/": (
        post("/p/{number}/log/ae/add/", (SITE, 302), (VIEWERS, 403)), post("/p/{number}/log/dth/add/", (VIEW, 404)),
    ),
    "p/<str:number>/log/<str:key>/<int:line>/copy/": (post("/p/{number}/log/ae/99/copy/", (VIEW, 404)),),
    "p/<str:number>/log/<str:key>/<int:line>/remove/": (
        get("/p/{number}/log/ae/1/remove/", VIEW), post("/p/{number}/log/ae/1/remove/", (SITE, 422), (VIEWERS, 403)),
        get("/p/{number}/log/ae/99/remove/", VIEW, 404),
    ),
    "p/<str:number>/<str:label>/<str:key>/as-of/": (
        get(FORM + "as-of/", VIEW), get(FORM + "as-of/?at=never", VIEW, 422), get("/p/{number}/CPATH/cpath/as-of/", VIEW, 404),
    ),
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/as-of/": (get(AGAIN + "as-of/", VIEW, 404),),
    "p/<str:number>/<str:label>/<str:key>/history/": (get(FORM + "history/?path=sex", VIEW),),
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/history/": (get(AGAIN + "history/", VIEW, 404),),
    "p/<str:number>/<str:label>/<str:key>/preview/": (
        post(IMAGING + "preview/", (VIEW, 200)), post(FORM + "preview/", (VIEW, 404)),
    ),
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/preview/": (post(AGAIN + "preview/", (VIEW, 404)),),
    "p/<str:number>/<str:label>/<str:key>/draft/": (post(FORM + "draft/", (SITE, 200), (VIEWERS, 409)),),
    "p/<str:number>/<str:label>/<str:key>/presence/": (
        post(FORM + "presence/", (VIEW, 200)), post(FORM + "presence/", (VIEW, 204), data={"left": "1"}),
    ),
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/presence/": (post(AGAIN + "presence/", (VIEW, 404)),),
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/draft/": (post(AGAIN + "draft/", (VIEW, 404)),),
    "p/<str:number>/<str:label>/<str:key>/draft/drop/": (post(FORM + "draft/drop/", (VIEW, 302)),),
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/draft/drop/": (post(AGAIN + "draft/drop/", (VIEW, 404)),),
    # --- verification: done by the monitor, read by the data manager and the inspector
    "sdv/": (get("/sdv/", SDV), get("/sdv/?need=changed&site=01&visit=TA1&page=2", SDV)),
    "sdv/plan/": (get("/sdv/plan/", SDV), post("/sdv/plan/", (DATA, 422), (SDV, 403))),
    "sdv/<str:number>/<visit:label>/": (
        get("/sdv/{number}/SCR/", SDV), post("/sdv/{number}/SCR/", (MONITOR, 422), (SDV, 403)),
        get("/sdv/{number}/CONT9/", SDV, 404),
    ),
    "sdv/<str:number>/<str:label>/<str:key>/": (
        get("/sdv/{number}/SCR/dm/", SDV), post("/sdv/{number}/SCR/dm/", (MONITOR, 422), (SDV, 403)),
        get("/sdv/{number}/CPATH/cpath/", SDV, 404), get("/sdv/{number}/CPATH/cpathf/", SDV, 404),
        get("/sdv/{number}/SCR/none/", SDV, 404),
    ),
    "sdv/<str:number>/<str:label>/<str:key>/<int:repeat>/": (
        get("/sdv/{number}/log/ae/1/", SDV), post("/sdv/{number}/log/ae/1/", (MONITOR, 422), (SDV, 403)),
        get("/sdv/{number}/log/ae/99/", SDV, 404),
    ),
    # --- queries: read by who sees the participant; the site answers, monitors and data managers ask and close
    "queries/": (get("/queries/", CRF),),
    "queries/close/": (post("/queries/close/", (CRF, 422)),),
    "queries/import/": (
        get("/queries/import/", CRF), post("/queries/import/", (ASKERS, 422), (CRF, 403)),
    ),
    "queries/import/template/": (get("/queries/import/template/", CRF),),
    "queries/metrics/": (get("/queries/metrics/", OVERSEERS),),
    "queries/export/": (get("/queries/export/", OVERSEERS),),
    "queries/<str:code>/": (
        get("/queries/{query}/", VIEW), get("/queries/Q-01-001-99/", VIEW, 404), post("/queries/{query}/", (VIEW, 422)),
        post("/queries/{query}/", (SITE, 422), (VIEWERS, 403), data={"act": "answer", "outcome": "CLARIFIED"}),
        post("/queries/{query}/", (SITE, 302), (VIEWERS, 403), data={"act": "answer", "outcome": "CONFIRMED"}),
        post("/queries/{query}/", (ASKERS, 302), (VIEW, 403), data={"act": "cancel", "text": "Asked twice."}),
    ),
    "queries/<str:code>/files/<int:message>/": (
        get("/queries/{query}/files/{file}/", VIEW), get("/queries/{query}/files/0/", VIEW, 404),
    ),
    "p/<str:number>/queries/": (
        get("/p/{number}/queries/", VIEW), post("/p/{number}/queries/", (ASKERS, 422), (VIEW, 403)),
    ),
    "p/<str:number>/<str:label>/<str:key>/queries/": (
        get(FORM + "queries/", VIEW), get(FORM + "queries/?path=sex", VIEW), get(FORM + "queries/?path=none", VIEW, 404),
        post(FORM + "queries/", (ASKERS, 422), (VIEW, 403)),
        post(FORM + "queries/?path=sex", (ASKERS, 302), (VIEW, 403), data={"text": "What does the source say?"}),
    ),
    "p/<str:number>/<str:label>/<str:key>/<int:repeat>/queries/": (get(AGAIN + "queries/", VIEW, 404),),
    # --- documents: the CRF for everyone who sees participants, casebooks for the site
    "documents/": (
        get("/documents/", CRF), post("/documents/", (CRF, 302), data={"kind": "BLANK", "language": "en"}),
        post("/documents/", (CRF, 422), data={"kind": "CASEBOOK", "language": "en"}),
    ),
    "documents/<int:pk>/": (get("/documents/{document}/", VIEW),),
    "documents/<int:pk>/retry/": (post("/documents/{document}/retry/", (VIEW, 302)),),
    "documents/<int:pk>/download/": (get("/documents/{document}/download/", VIEW, 404),),  # it is not ready
    "p/<str:number>/documents/": (
        get("/p/{number}/documents/", VIEW), post("/p/{number}/documents/", (VIEW, 302), data={"language": "zh"}),
    ),
    # --- signatures: read by who sees the participant, made by the investigator of the site
    "sign/": (get("/sign/", SIGNERS),),
    "sign/<str:number>/": (
        get("/sign/{number}/", VIEW), get("/sign/{number}/?visit=SCR&form=0", VIEW),
        post("/sign/{number}/", (frozenset({"chen"}), 422), (VIEW, 403)),
    ),
    "signatures/<str:number>/": (get("/signatures/{number}/", VIEW),),
    "signatures/<str:number>/<int:count>/": (get("/signatures/{number}/99/", VIEW, 404),),
    # --- central pathology: a reading belongs to its reader
    "readings/": (get("/readings/", READERS),),
    "readings/<str:code>/": (
        get("/readings/{case}/", frozenset({"p1"})), post("/readings/{case}/", (frozenset({"p1"}), 302)),
        get("/readings/P-NONE/", READERS, 404),
    ),
    "readings/<str:code>/decide/": (get("/readings/{case}/decide/", EVERYBODY, 404),),  # of the adjudicator who is asked
    "readings/<str:code>/slides/": (
        get("/readings/{case}/slides/", frozenset({"p1"})), get("/readings/P-NONE/slides/", READERS, 404),
    ),
    # No slide of the case has an image: tests/integration/pathology/test_images_http.py looks at those that have.
    "readings/<str:code>/slides/<int:number>/": (get("/readings/{case}/slides/1/", READERS, 404),),
    "readings/<str:code>/slides/<int:number>/seen/": (post("/readings/{case}/slides/1/seen/", (READERS, 404)),),
    "readings/<str:code>/slides/<int:number>/slide.json": (get("/readings/{case}/slides/1/slide.json", READERS, 404),),
    "readings/<str:code>/slides/<int:number>/small.jpeg": (get("/readings/{case}/slides/1/small.jpeg", READERS, 404),),
    "readings/<str:code>/slides/<int:number>/drawings/": (post("/readings/{case}/slides/1/drawings/", (READERS, 404)),),
    "readings/<str:code>/slides/<int:number>/drawings/<int:drawing>/remove/": (
        post("/readings/{case}/slides/1/drawings/1/remove/", (READERS, 404)),
    ),
    "readings/<str:code>/slides/<int:number>/<int:level>/<int:column>_<int:row>.jpeg": (
        get("/readings/{case}/slides/1/0/0_0.jpeg", READERS, 404),
    ),
    "pathology/<case:code>/images/": (
        get("/pathology/{case}/images/", frozenset({"da"})), post("/pathology/{case}/images/", (frozenset({"da"}), 422)),
        get("/pathology/P-2222/images/", frozenset({"da"}), 404),
    ),
    "pathology/<case:code>/images/<int:pk>/": (get("/pathology/{case}/images/1/", frozenset({"da"}), 404),),
    "pathology/<case:code>/images/<int:pk>/thumbnail.jpeg": (
        get("/pathology/{case}/images/1/thumbnail.jpeg", frozenset({"da"}), 404),
    ),
    "readings/<str:code>/take/": (post("/readings/{case}/take/", (frozenset({"p1"}), 302)),),
    "readings/guide/": (get("/readings/guide/", READERS),),
    "readings/<str:code>/draft/": (post("/readings/{case}/draft/", (frozenset({"p1"}), 200)),),
    "readings/<str:code>/draft/drop/": (post("/readings/{case}/draft/drop/", (frozenset({"p1"}), 302)),),
    "readings/<str:code>/recut/": (post("/readings/{case}/recut/", (frozenset({"p1"}), 302)),),
    "readings/<str:code>/reopen/": (post("/readings/{case}/reopen/", (frozenset({"p1"}), 302)),),
    # cases are the data manager's; who oversees the trial reads them
    "pathology/": (get("/pathology/", OVERSEERS), get("/pathology/?state=DECIDED&show=late&site=01&reader=p1", OVERSEERS)),
    "pathology/share/": (
        post("/pathology/share/", (DATA, 422), (OVERSEERS, 403)),
        post("/pathology/share/", (OVERSEERS, 404), data={"case": "P-NONE"}),
    ),
    "pathology/release/": (
        post("/pathology/release/", (DATA, 422), (OVERSEERS, 403)),
        post("/pathology/release/", (OVERSEERS, 404), data={"case": "P-NONE"}),
    ),
    "pathology/<case:code>/": (
        get("/pathology/{case}/", OVERSEERS), get("/pathology/P-NONE/", OVERSEERS, 404),
        post("/pathology/{case}/", (DATA, 422), (OVERSEERS, 403)),
        post("/pathology/{case}/", (DATA, 422), (OVERSEERS, 403), data={"act": "receive", "day": "2024-06-24"}),
    ),
    "pathology/import/": (
        get("/pathology/import/", frozenset({"da"})), post("/pathology/import/", (frozenset({"da"}), 422)),
    ),
    "pathology/import/template/": (get("/pathology/import/template/", frozenset({"da"})),),
    # --- how well readers agree: for who sees results of the trial; single readings for who exports
    "pathology/agreement/": (get("/pathology/agreement/", TRIAL),),
    "pathology/agreement/data/<str:name>/": (
        get("/pathology/agreement/data/pairs/", TRIAL), get("/pathology/agreement/data/local/", TRIAL),
        get("/pathology/agreement/data/rereads/", TRIAL), get("/pathology/agreement/data/readings/", EXPORTERS),
    ),
    "pathology/agreement/data/<str:name>/csv/": (
        post("/pathology/agreement/data/pairs/csv/", (TRIAL, 200)),
        post("/pathology/agreement/data/readings/csv/", (EXPORTERS, 200)),
    ),
    "pathology/agreement/reports/": (
        post("/pathology/agreement/reports/", (TRIAL, 302), data={"language": "en"}),
    ),
    "pathology/agreement/reports/<int:pk>/": (get("/pathology/agreement/reports/{agreement}/", TRIAL),),
    "pathology/agreement/reports/<int:pk>/retry/": (
        post("/pathology/agreement/reports/{agreement}/retry/", (TRIAL, 302)),
    ),
    "pathology/agreement/reports/<int:pk>/download/": (
        get("/pathology/agreement/reports/{agreement}/download/", TRIAL, 404),
    ),
    "pathology/rereads/": (get("/pathology/rereads/", DATA), post("/pathology/rereads/", (DATA, 422))),
    # --- freezing and locking: read by who sees the site, done by the data manager
    "locks/": (get("/locks/", CRF), get("/locks/?p={number}&site=01&show=not", VIEW)),
    "locks/act/": (
        get("/locks/act/?act=freeze&at=p:{number}", VIEW), get("/locks/act/?act=none", CRF, 404),
        post("/locks/act/", (DATA, 422), (VIEW, 403), data={"act": "lock", "at": "site:01", "sure": "1"}),
    ),
    "locks/unlocks/<int:pk>/": (
        post("/locks/unlocks/{unlock}/", (VIEW, 403), data={"decision": "agree"}),  # da asked for it
    ),
    "locks/history/": (get("/locks/history/", CRF), get("/locks/history/?p={number}", VIEW)),
    "locks/database/": (get("/locks/database/", TRIAL), post("/locks/database/", (DATA, 422), (TRIAL, 403))),
    # --- deviations that the system proposes: read by who sees the site, decided by the site
    "deviations/": (get("/deviations/", CRF), get("/deviations/?state=REJECTED&p={number}", VIEW)),
    "deviations/<int:pk>/": (post("/deviations/{deviation}/", (SITE, 422), (VIEWERS, 403)),),
    # --- the trail: who may look at it, the data manager asks for a verification
    "audit/": (get("/audit/", AUDITORS), get("/audit/?participant=none", AUDITORS, 422)),
    "audit/export/<slug:kind>/": (get("/audit/export/csv/", AUDITORS), get("/audit/export/pdf/", AUDITORS, 404)),
    "copies/": (get("/copies/", COPIERS), post("/copies/", (COPIERS, 422))),
    "copies/<int:pk>/": (get("/copies/{copy}/", COPIERS_01),),
    "copies/<int:pk>/retry/": (post("/copies/{copy}/retry/", (COPIERS_01, 302)),),
    "copies/<int:pk>/download/": (get("/copies/{copy}/download/", COPIERS_01, 404),),  # it is not ready
    "trail-review/": (get("/trail-review/", TRAIL_READERS),),
    "trail-review/look/": (post("/trail-review/look/", (TRAIL_REVIEWERS, 302), (TRAIL_READERS, 403)),),
    "trail-review/report/": (get("/trail-review/report/", TRAIL_READERS),),
    "trail-review/report/csv/": (get("/trail-review/report/csv/", TRAIL_READERS),),
    "trail-review/<int:pk>/": (
        get("/trail-review/{item}/", TRAIL_READERS), get("/trail-review/0/", TRAIL_READERS, 404),
        post("/trail-review/{item}/", (TRAIL_REVIEWERS, 422), (TRAIL_READERS, 403)),
    ),
    "audit/verification/": (
        get("/audit/verification/", AUDITORS), post("/audit/verification/", (DATA, 302), (AUDITORS, 403)),
    ),
    "audit/verification/<int:pk>/": (get("/audit/verification/0/", AUDITORS, 404),),
    # --- results
    "p/<str:number>/results/": (get("/p/{number}/results/", VIEW),),
    "p/<str:number>/report/": (
        get("/p/{number}/report/", TRIAL), post("/p/{number}/report/", (TRIAL, 302), data={"language": "en"}),
    ),
    "p/<str:number>/results/<slug:endpoint>/": (
        get("/p/{number}/results/mpr/", VIEW), get("/p/{number}/results/none/", VIEW, 404),
    ),
    "endpoints/": (get("/endpoints/", TRIAL),),
    "endpoints/figures.csv": (get("/endpoints/figures.csv", TRIAL),),
    "endpoints/figures/<slug:name>/": (get("/endpoints/figures/sets/", TRIAL),),
    "endpoints/figures/<slug:name>.svg": (get("/endpoints/figures/none.svg", TRIAL, 404),),
    "endpoints/figures/<slug:name>.json": (get("/endpoints/figures/none.json", TRIAL, 404),),
    "endpoints/figures/<slug:name>.csv": (get("/endpoints/figures/sets.csv", TRIAL),),
    "endpoints/design/": (get("/endpoints/design/", TRIAL), get("/endpoints/design/?p0=2", TRIAL, 422)),
    "endpoints/design.csv": (get("/endpoints/design.csv", TRIAL), get("/endpoints/design.csv?p0=x", TRIAL, 422)),
    "endpoints/moves/": (
        get("/endpoints/moves/", TRIAL), get("/endpoints/moves/?endpoint=mpr", TRIAL),
        get("/endpoints/moves/?set=none", TRIAL, 404),
    ),
    "endpoints/moves.csv": (get("/endpoints/moves.csv", TRIAL),),
    "endpoints/cuts/": (get("/endpoints/cuts/", TRIAL),),
    "endpoints/cuts/new/": (
        get("/endpoints/cuts/new/", TRIAL),
        post("/endpoints/cuts/new/", (DATA, 422), (TRIAL, 403), data={"cutoff": "soon"}),
    ),
    "endpoints/cuts/dry-run/<int:pk>/": (
        get("/endpoints/cuts/dry-run/{dry_run}/", TRIAL), get("/endpoints/cuts/dry-run/0/", TRIAL, 404),
        post("/endpoints/cuts/dry-run/{dry_run}/", (DATA, 422), (TRIAL, 403)),
    ),
    "endpoints/cuts/<str:code>/": (get("/endpoints/cuts/{cut}/", TRIAL), get("/endpoints/cuts/DC-99/", TRIAL, 404)),
    "endpoints/cuts/<str:code>/courses.json": (get("/endpoints/cuts/{cut}/courses.json", TRIAL),),
    "endpoints/compare/": (get("/endpoints/compare/?a={cut}&b=live", TRIAL), get("/endpoints/compare/?a=DC-99", TRIAL, 422)),
    "endpoints/compare.csv": (get("/endpoints/compare.csv?a={cut}&b=live", TRIAL),),
    "endpoints/<slug:endpoint>/": (get("/endpoints/mpr/", TRIAL),),
    "endpoints/<slug:endpoint>/data/": (get("/endpoints/pfs/data/", TRIAL),),
    "endpoints/<slug:endpoint>/<str:number>/": (get("/endpoints/mpr/{number}/", TRIAL),),
    "reports/": (get("/reports/", TRIAL),),
    "reports/<int:pk>/": (get("/reports/{job}/", TRIAL),),
    "reports/<int:pk>/retry/": (post("/reports/{job}/retry/", (TRIAL, 302)),),
    "reports/<int:pk>/download/": (get("/reports/{job}/download/", TRIAL, 404),),  # it is not ready
    "reports/<int:pk>/approve/": (
        post("/reports/{job}/approve/", (TRIAL, 403), data={"meaning": "REVIEW", "password": "x"}),
    ),
    "reports/<int:pk>/approvals.pdf": (get("/reports/{job}/approvals.pdf", TRIAL, 404),),  # nobody has signed it
    "check/": (
        get("/check/", EVERYBODY, nobody=200), post("/check/", (EVERYBODY, 422), nobody=422, data={"code": "x"}),
    ),
    "check/<str:code>/": (get("/check/9f2c41d7e41b8a06/", EVERYBODY, nobody=200),),
}  # fmt: skip


def routes(patterns: list[Any] | None = None, before: str = "") -> Iterator[str]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, before + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield before + str(entry.pattern)


def test_every_address_stands_in_the_table() -> None:
    assert set(routes()) == set(TABLE)


@pytest.fixture
def people(settings: Any, db: None) -> dict[str, User]:
    settings.DEMO = True
    return world.people()


@pytest.fixture
def places(people: dict[str, User]) -> dict[str, str]:
    """An operated participant of site 01 with results, a case that p1 reads, a report that was asked for."""
    lin = people["lin"]
    participant = world.screened(lin)
    world.screening_01_003(participant, lin)
    world.neoadjuvant(participant, lin, 1, "2024-03-14")
    world.operated(participant, lin, "2024-05-30", "2024-06-14")
    case = PathologyCase.objects.get(participant=participant)
    reading_take(by=people["p1"], case=case)
    endpoints_recompute(participant.pk)
    trial_recompute()
    job = ReportJob.objects.create(
        key="k", language="en", sections=[], sites=[], requested_by=people["mo"],
        as_of=TrialState.objects.get().as_of, trial_version=1,
    )  # fmt: skip
    dry_run = moment_ask(by=people["da"], at=timezone.now(), cutoff=timezone.localdate())
    moment_build(dry_run.pk)
    dry_run.refresh_from_db()
    signed = Signed(("password",), False, dry_run.digest, 0)
    cut = cut_confirm(by=people["da"], moment=dry_run, title="Look", reason="", replaces=None, signed=signed)
    role = RoleHeld.objects.get(user=lin)
    training = Training.objects.filter(user=lin)[0]
    duty = Delegation.objects.filter(user=lin)[0]
    document = DocumentJob.objects.create(
        key="d", kind="CASEBOOK", language="en", participant=participant, requested_by=people["mo"]
    )
    copy = CopyJob.objects.create(
        key="c",
        language="en",
        site=participant.site,
        requested_by=people["da"],
        printed_name="Da",
        role="DATA_MANAGER",
    )
    item = TrailItem.objects.create(
        participant=participant, site=participant.site, signal="NIGHT", key="lin/2024-03-04", rank=30, first=1, last=2,
        found_at=document.requested_at,
    )  # fmt: skip
    query, file = a_query(participant, people)
    agreement = AgreementReport.objects.create(key="a", language="en", requested_by=people["da"])
    return {
        "agreement": str(agreement.pk), "query": query, "file": file,
        "document": str(document.pk), "item": str(item.pk), "copy": str(copy.pk),
        "number": participant.number, "case": case.code, "job": str(job.pk), "role": str(role.pk),
        "cut": cut.code, "dry_run": str(dry_run.pk),
        "training": str(training.pk), "duty": str(duty.pk),
        "unlock": str(an_unlock(participant, people["da"]).pk), "deviation": str(a_deviation(participant).pk),
        "range": str(a_range(people["da"]).pk), "duplicate": str(a_pair(participant).pk),
    }  # fmt: skip


def a_query(participant: Participant, people: dict[str, User]) -> tuple[str, str]:
    """One that waits for its answer, with a file in its thread."""
    form = world.form(participant, "DM", "SCR")
    query = query_raise(
        by=people["mo"], participant=participant, form=form, path="ethcn", text="What does it say?"
    )
    file = File("page.pdf", "application/pdf", b"%PDF-1.7")
    message = query_act(by=people["lin"], query=query, act="comment", text="See the page.", file=file)
    return query.code, str(message.pk)


def an_unlock(participant: Participant, by: User) -> UnlockRequest:
    """A request that waits for a second person."""
    now = timezone.now()
    return UnlockRequest.objects.create(
        level="PARTICIPANT", participant=participant, reason="Source", requested_at=now, requested_by=by,
        expires_at=now + dt.timedelta(hours=72),
    )  # fmt: skip


def a_deviation(participant: Participant) -> DeviationProposal:
    return DeviationProposal.objects.create(
        participant=participant, site=participant.site, rule="CK-018", category="VISIT", place="C9",
        proposed_at=timezone.now(),
    )  # fmt: skip


def a_pair(participant: Participant) -> PossibleDuplicate:
    other = Participant.objects.create(site=world.site("02"), number="02-901")
    return PossibleDuplicate.objects.create(one=participant, other=other, raised_at=timezone.now())


def a_range(by: User) -> ReferenceRange:
    lab = laboratory_add(by=by, site=world.site(), code="URL", name_en="Laboratory")
    values = {"labr_test": "ALT", "labr_unit": "U/L", "labr_sex": "BOTH", "labr_agelo": 0, "labr_agehi": 120}
    bounds = {"labr_uln": Decimal(50), "labr_lln_miss": "NA", "labr_from": dt.date(2024, 1, 1)}
    return ranges_add(by=by, laboratory=lab, ranges=[values | bounds])[0]


def ask(client: Client, line: Line, places: dict[str, str]) -> Any:
    """One request whose changes are taken back."""
    heartbeat_file().touch()  # a worker is alive
    kept = transaction.savepoint()
    try:
        return getattr(client, line.method)(line.path.format(**places), line.data)
    finally:
        transaction.savepoint_rollback(kept)


def test_the_cast_is_everybody(people: dict[str, User]) -> None:
    assert set(people) == EVERYBODY


@pytest.mark.parametrize("person", [NOBODY, *sorted(EVERYBODY)])
def test_the_table_holds(person: str, people: dict[str, User], places: dict[str, str]) -> None:
    signed_in, wrong = Client(), []
    if person:
        signed_in.force_login(people[person])
    for line in (line for lines in TABLE.values() for line in lines):
        client = Client(raise_request_exception=False)
        client.cookies = deepcopy(signed_in.cookies)  # each request from the same fresh session
        response = ask(client, line, places)
        status = response.status_code
        if status != line.status(person):
            wrong.append(f"{line.method} {line.path} gives {status}, not {line.status(person)}")
        if not person and status == 302 and line.path != "/language/":
            assert response["Location"].startswith("/login/"), line
    assert not wrong, "\n".join(wrong)


def test_another_site_s_participant_is_answered_like_one_that_does_not_exist(
    people: dict[str, User], places: dict[str, str]
) -> None:
    """S23: the same words, the same status, for every address and both roles of the other site."""
    nobody = places | {"number": "01-999"}
    assert not Participant.objects.filter(number="01-999").exists()
    for name in sorted(OTHER_SITE):
        for line in (line for lines in TABLE.values() for line in lines if "{number}" in line.path):
            client = Client(raise_request_exception=False)
            client.force_login(people[name])
            there, none = ask(client, line, places), ask(client, line, nobody)
            assert (there.status_code, none.status_code) == (404, 404), line
            assert same_words(there, places) == same_words(none, nobody), line


def same_words(response: Any, places: dict[str, str]) -> str:
    """The page without what names the request itself."""
    text = response.content.decode().replace(places["number"], "NUMBER")
    text = re.sub(r'(csrf-token" content|csrfmiddlewaretoken" value)="[^"]*"', "", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\b[0-9a-f]{8,}\b", "", text)


def test_the_roles_of_the_table_are_those_of_the_cast(people: dict[str, User]) -> None:
    """The sets above name people by their rights: a change of the cast must be seen here."""
    from trialsite.accounts.permissions import grants_of
    from trialsite.accounts.roles import Permission

    site = world.site("01")
    may = {
        p: {n for n, u in people.items() if grants_of(u, dt.date.today()).may(p, site)} for p in Permission
    }
    assert may[Permission.VIEW] == may[Permission.RESULTS] == VIEW
    assert may[Permission.ENTER] == may[Permission.SCREEN] == SITE
    assert may[Permission.AGGREGATE] == may[Permission.REPORT] == TRIAL
    assert may[Permission.ACCOUNTS] == ADMIN
    assert may[Permission.CONFIGURE] == DATA
    assert may[Permission.READ_CENTRALLY] | may[Permission.ADJUDICATE] == READERS


# What an inspector may send: the own account, documents and files to take away, and what changes no trial data.
INSPECTORS_POSTS = {
    "/login/", "/logout/", "/session/", "/language/", "/account/keys/", "/account/password/", "/account/second-factor/",
    "/persons/export/", "/documents/", "/documents/{document}/retry/", "/p/{number}/documents/", "/p/{number}/report/",
    "/reports/{job}/retry/",
    "/check/", "/copies/", "/copies/{copy}/retry/", "/daily-mail/", "/pathology/agreement/data/pairs/csv/",
    "/pathology/agreement/reports/", "/pathology/agreement/reports/{agreement}/retry/",
    IMAGING + "preview/", FORM + "presence/", FORM + "draft/drop/",
}  # fmt: skip


def test_an_inspector_only_reads() -> None:
    posts = [line for lines in TABLE.values() for line in lines if line.method == "post"]
    assert {line.path for line in posts if line.status("ins") < 400} <= INSPECTORS_POSTS
