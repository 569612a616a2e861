"""`/check/`: is a file, or a printed code, one of ours? Open to anybody: who holds a report on paper has no account."""

from __future__ import annotations

from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from endpoints.reports import checking, codes
from endpoints.reports.checking import Answer
from trialsite.accounts.throttle import address
from trialsite.web.digesting import Digested, Digesting

log = structlog.get_logger(__name__)

LIMIT, SECONDS = 60, 60  # questions of one address in so many seconds; a hospital shares one address
LARGE, LARGE_LIMIT = (
    2**20,
    6,
)  # bytes from which a question counts as a file to be hashed, and how many of these
KINDS = (b"%PDF-", b"PK\x03\x04")  # what this system gives out: PDF, and archives of certified copies
LONGEST = 200  # characters of a code or digest, generously


@csrf_exempt  # so that nothing reads the request before it is decided how; `_asked` asks for the token
@never_cache
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """The question; a file is read in pieces, nothing of it is kept."""
    if request.method == "GET":
        return _page(request)
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if _too_many(request, "check", LIMIT) or (
        length > LARGE and _too_many(request, "check-file", LARGE_LIMIT)
    ):
        return _page(request, wrong=_("Too many questions from this address. Wait a minute."), status=429)
    if length > settings.CHECK_LARGEST + 10_000:
        return _page(request, wrong=_too_large(), status=413)
    request.upload_handlers = [Digesting(request)]
    return _asked(request)


@csrf_protect
def _asked(request: HttpRequest) -> HttpResponse:
    text = request.POST.get("code", "")[:LONGEST]
    file: Any = request.FILES.get("file")
    code = codes.typed(text)
    if file is not None:
        return _file(request, file, code if codes.CODE.fullmatch(code) else "")
    if not code:
        return _page(
            request, wrong=_("Choose a file, or type the code that stands on the paper."), status=422
        )
    if codes.SHA256.fullmatch(code):
        return _answer(request, checking.by_digest(code))
    if not codes.CODE.fullmatch(code):
        wrong = _(
            "This is no code of a report: a code has 16 digits and letters from A to F, such as 9F2C-41D7-E41B-8A06."
        )
        return _page(request, wrong=wrong, typed=text, status=422)
    return _answer(request, checking.by_code(code), code)


def _file(request: HttpRequest, file: Digested, code: str) -> HttpResponse:
    if not file.size:
        return _page(request, wrong=_("The file is empty."), status=422)
    if file.size > settings.CHECK_LARGEST:
        return _page(request, wrong=_too_large(), status=413)
    if not file.head.startswith(KINDS):
        return _page(
            request, wrong=_("This file is not a PDF. Choose the file as it was downloaded."), status=422
        )
    return _answer(request, checking.by_digest(file.sha256, code), code)


def _too_large() -> str:
    size = settings.CHECK_LARGEST // 2**20
    words = _("The file is larger than %(n)s MB. Compute its SHA-256 yourself and type that instead.")
    return words % {"n": size}


@never_cache
@require_GET
def check_code(request: HttpRequest, code: str) -> HttpResponse:
    """`/check/9f2c41d7e41b8a06/`: where the QR code leads."""
    if _too_many(request, "check", LIMIT):
        return _page(request, wrong=_("Too many questions from this address. Wait a minute."), status=429)
    plain = codes.typed(code[:LONGEST])
    return _answer(request, checking.by_code(plain), plain)


def _answer(request: HttpRequest, answer: Answer, code: str = "") -> HttpResponse:
    log.info("report_checked", outcome=answer.outcome.value)
    return _page(request, answer=answer, code=code if codes.CODE.fullmatch(code) else "")


def _page(
    request: HttpRequest, answer: Answer | None = None, *, wrong: str = "", typed: str = "", code: str = "", status: int = 200
) -> HttpResponse:  # fmt: skip
    context = {
        "answer": answer,
        "wrong": wrong,
        "typed": typed,
        "code": code,
        "largest": settings.CHECK_LARGEST // 2**20,
    }
    return render(request, "reports/check.html", context, status=status)


def _too_many(request: HttpRequest, kind: str, limit: int) -> bool:
    window = f"{kind}:{address(request)}"
    cache.add(window, 0, SECONDS)
    try:
        return cache.incr(window) > limit
    except ValueError:  # the minute ended between the two lines
        return False
