"""A post whose page is older than what is stored."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest
from django.utils.translation import gettext as _

from crf.merging import MINE, THEIRS, Merged, merge
from crf.models import FormInstance
from crf.registry import form_def
from crf.selectors.history import HistoryLine, changed_since
from crf.selectors.sheets import sheet_of
from crf.typed import Typed, posted_version

from .posted import posted


def shown_version(request: HttpRequest) -> int:
    """The version that the page showed."""
    return posted_version(request.POST.get("version", "")) or 0


def merge_post(request: HttpRequest, form: FormInstance, typed: Typed) -> Merged:
    """What others saved put into what was typed. Choices count for the version that they were made against."""
    choices = posted(request.POST, "merge:")
    if posted_version(request.POST.get("merged_with", "")) != form.version:
        choices = {}
    choices = {path: choice for path, choice in choices.items() if choice in (MINE, THEIRS)}
    before = changed_since(form, shown_version(request))
    return merge(form_def(form.form_key), sheet_of(form), before, typed, choices)


def who_of(since: Sequence[HistoryLine]) -> str:
    """Everybody who saved in the meantime."""
    return _(", ").join(dict.fromkeys(line.who for line in since))


def attempt_of(request: HttpRequest) -> str:
    """What the person wanted before something was asked: saving, or completing."""
    wanted = request.POST.get("action", "")
    if wanted not in ("save", "complete"):
        wanted = request.POST.get("attempt", "")
    return wanted if wanted in ("save", "complete") else "save"
