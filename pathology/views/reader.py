"""The reader's worklist and page, which know case codes only."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crf.fields import free_text
from crf.forms import read_post
from crf.lookups import Surroundings
from crf.registry import form_def
from crf.rendering import Box, findings_html
from crf.selectors.history import field_at, has_path
from crf.services.checking import check
from crf.services.entry import Invalid, Order, Stale
from crf.services.refusals import noted
from crf.services.signing import signature_failed
from crf.sheets import Casebook
from crf.typed import Typed, as_sheet, posted_version, row_path
from crf.views.posted import chosen_in, order_of, somebody_else
from crf.views.signing import FAILED
from pathology.blinding import SYSTEM_FIELDS
from pathology.checks import refusals
from pathology.models import Confidence, Mark, Reading, SpecimenItem
from pathology.notes import Notes, problems, stored_notes
from pathology.pages import ReadingBuilder
from pathology.policies import may_save
from pathology.posted import (
    NODULES,
    Beside,
    Line,
    beside,
    filled_from_blocks,
    prefilled,
    stopped,
    stored_lines,
    unasked_zeros,
    without_given,
    zeros_meant,
)
from pathology.selectors.reader import (
    Material,
    case_to_take,
    draft_of,
    material_of,
    rail,
    reading_for,
    recuts_of,
    worklist,
)
from pathology.selectors.submissions import is_submitted
from pathology.services import (
    reading_draft_drop,
    reading_draft_keep,
    reading_reopen_ask,
    reading_save,
    reading_take,
    recut_ask,
)
from pathology.services.reading import draft_post
from pathology.shown import MeanShown, after_case, blocks_shown, means_shown, slides_shown, summary, ticks
from trialsite.accounts import proving
from trialsite.accounts.door import require
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

FORM = "CPATH"
SCORED_ANSWERS = ("cp_mvi", "cp_satellite", "cp_macro_viable", "cp_ln_viable", "cp_margin")
MOST_TOLD = 300  # fields in one answer

readers = require(Permission.READ_CENTRALLY, Permission.ADJUDICATE)


# --- worklist and guide ----------------------------------------------------------------------------------------------


@readers
@require_GET
def readings(request: HttpRequest) -> HttpResponse:
    """`/readings/`; `?page=2` of what is to be read, `?done=2` of what is handed in."""
    page, done = (_number(request.GET.get(name, "")) or 1 for name in ("page", "done"))
    grants = grants_of(request.user)
    decides_only = grants.may(Permission.ADJUDICATE) and not grants.may(Permission.READ_CENTRALLY)
    context = {
        "list": worklist(request.user, page, done),
        "open_done": "done" in request.GET,
        "decides_only": decides_only,
    }
    return render(request, "pathology/worklist.html", context)


@readers
@require_GET
def guide(request: HttpRequest) -> HttpResponse:
    """`/readings/guide/`: how to read, the same for everybody."""
    return render(request, "pathology/guide.html")


@readers
@require_POST
def take(request: HttpRequest, code: str) -> HttpResponse:
    """Start a case that is allocated."""
    case = case_to_take(request.user, code)
    try:
        reading_take(by=_person(request), case=case)
    except Refused as refusal:
        messages.error(request, str(refusal.reason))
        return redirect("readings")
    return redirect("reading", code)


# --- the page --------------------------------------------------------------------------------------------------------


@readers
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def reading(request: HttpRequest, code: str) -> HttpResponse:
    """`/readings/P-7Q2M/`: one's own reading; submitted, it can only be read.

    Opening the page changes nothing: a reading begins with its first draft or save.
    """
    mine = reading_for(request.user, code)
    if request.method == "POST":
        return _posted(request, mine, code)
    if mine.opinion_at is not None and (where := _address("reading_decide", code)):
        return redirect(where)
    return _Page(request, mine, code).stored()


def _posted(request: HttpRequest, mine: Reading, code: str) -> HttpResponse:
    action = request.POST.get("action", "")
    order = order_of(request)
    if is_submitted(mine, order.token):  # a double click, or an answer that got lost
        return _done(request, mine, code, submit=action == "submit", changed=True)
    page = _Page(request, mine, code)
    page.read(request.POST)
    if page.arranged(action):
        return page.typed_again(200)
    if somebody_else(request):
        return page.refused(_("Somebody else is signed in."), 403)
    return _save(request, page, order, submit=action == "submit")


def _save(request: HttpRequest, page: _Page, order: Order, *, submit: bool) -> HttpResponse:
    person, mine, typed, notes = _person(request), page.mine, page.typed, page.beside.notes
    assert typed is not None
    if not submit:
        prefilled(typed, notes, page.material.slides)
    if errors := page.plainly_wrong(submit):
        return page.wrong(errors)
    asked = proving.asked(request, person)
    if submit and (problem := _identity(request, mine, asked)):
        return page.wrong({}, password_error=problem)
    order.clear_hidden = order.clear_hidden or typed.values.get("cp_adeq") == "INADEQUATE"
    try:
        saved = reading_save(
            by=person, reading=mine, typed=typed, notes=notes, submit=submit, order=order, components=asked
        )
    except Refused as refusal:
        return page.refused(str(refusal.reason), 403)
    except Stale:
        said = _("This reading was saved in another window. Open it again; what you typed is below.")
        return page.refused(said, 409)
    except Invalid as invalid:
        return page.wrong(invalid.errors, invalid)
    if submit:
        proving.signed(request, person)
    return _done(request, mine, page.code, submit=submit, changed=bool(saved.changed or saved.again))


def _identity(request: HttpRequest, mine: Reading, asked: tuple[str, ...]) -> str:
    """What is wrong with the signature; empty when its components are right. A failure is kept and counts (11.300)."""
    person = _person(request)
    given = {name: request.POST.get(name, "") for name in asked}
    address, participant = mine.address, mine.case.participant
    try:
        with noted(by=person, act="sign", address=address, participant=participant):
            may_save(person, mine).require()
    except Refused as refusal:
        return str(refusal.reason)
    if not all(text.strip() for text in given.values()):
        return _("Fill in everything that is asked for below “Your signature”.")
    if component := proving.wrong(request, person, given):
        signature_failed(by=person, participant=participant, forms=1, component=component)
        return str(FAILED)
    return ""


def _done(request: HttpRequest, mine: Reading, code: str, *, submit: bool, changed: bool) -> HttpResponse:
    if not submit:
        messages.success(request, _("Draft saved.") if changed else _("Nothing had changed."))
        return redirect("reading", code)
    mine.refresh_from_db(fields=["opinion_at", "submitted_at"])
    if mine.submitted_at is None:  # an adjudicator's: the decision is next
        messages.success(request, _("Your own reading is signed and kept. Here are the two readings."))
        return redirect("reading", code)
    messages.success(request, _("Case %(code)s is signed and submitted.") % {"code": code})
    return redirect("readings")


class _Page:
    """The page of one reading: from what is stored, from a draft, or from what was posted."""

    def __init__(self, request: HttpRequest, mine: Reading, code: str) -> None:
        self.request, self.mine, self.code = request, mine, code
        self.material: Material = material_of(mine)
        self.typed: Typed | None = None
        self.beside = Beside([], Notes())
        self.zeros: list[Any] = []
        self.more_nodules = self.more_blocks = 0

    # --- what stands on it

    def read(self, post: Any) -> None:
        self.typed = read_post(form_def(FORM), post)
        without_given(self.typed)
        self.beside = beside(post)
        stopped(self.typed, self.beside.notes)
        self.zeros = zeros_meant(post, self.typed)

    def arranged(self, action: str) -> bool:
        """Without JavaScript: one more nodule or block, all slides seen, shares from the blocks. Nothing is saved."""
        assert self.typed is not None
        name, _sep, rest = action.partition(":")
        if name == "add_row":
            self.more_nodules = 1 + sum(not row.key.isdigit() for row in self.typed.rows.get(NODULES, ()))
        elif name == "add_block":
            self.more_blocks = 1
        elif name == "slides_seen":
            marks = self.beside.notes.marks
            self.beside.notes.marks = {
                slide.number: Mark.SEEN.value for slide in self.material.slides
            } | marks
        elif name == "fill":
            filled_from_blocks(self.typed, self.beside.notes, _number(rest))
        else:
            return False
        return True

    def plainly_wrong(self, submit: bool) -> dict[str, str]:
        """What can be said before anybody's password is tried."""
        assert self.typed is not None
        notes = self.beside.notes
        stored = ReadingBuilder(self.mine, self.code, editable=True).stored
        errors = dict(notes.errors) | unasked_zeros(self.typed, self.zeros, stored)
        if "cp_adeq" not in self.typed.values and any(name in self.typed.values for name in SCORED_ANSWERS):
            errors["cp_adeq"] = _("Say whether the material is adequate.")
        if notes.errors or errors:
            errors |= self.typed.errors
        if submit:
            errors |= (
                problems(notes, self.material.slides, submit=True) | refusals(self.typed) | self.typed.errors
            )
            if not self.typed.errors:
                errors |= self._required(stored)
        return errors

    def _required(self, stored: Any) -> dict[str, str]:
        assert self.typed is not None
        typed = copy.deepcopy(self.typed)
        posted = [(row, row.key) for row in typed.rows.get(NODULES, ())]
        sheet = as_sheet(stored, typed, form_def(FORM))
        were = {row_path(NODULES, row.key): row_path(NODULES, was) for row, was in posted}
        found = check(form_def(FORM), sheet, Surroundings(Casebook("", [sheet]), timezone.localdate()))
        said = _("Required to complete this form.")
        errors = {}
        for path in found.required:
            row, sep, name = path.rpartition("/")
            if name in SYSTEM_FIELDS:
                continue
            errors[were.get(row, row) + sep + name] = said
        return errors

    # --- what is answered

    def stored(self) -> HttpResponse:
        draft = draft_of(self.mine) if self.editable else None
        if draft is None:
            notes = stored_notes(self.mine)
            self.beside = Beside(stored_lines(notes), notes)
            return self._answer(self._builder())
        self.read(draft_post(draft))
        assert self.typed is not None
        said = {**self.typed.errors}
        builder = self._builder(chosen=chosen_in(draft_post(draft)))
        builder.errors = {path: text for path, text in builder.errors.items() if path in said}
        return self._answer(builder, draft=draft)

    def typed_again(self, status: int, **extra: Any) -> HttpResponse:
        return self._answer(self._builder(), status, **extra)

    def refused(self, reason: str, status: int) -> HttpResponse:
        return self.typed_again(status, refusal=reason)

    def wrong(
        self, errors: dict[str, str], invalid: Invalid | None = None, password_error: str = ""
    ) -> HttpResponse:
        """The page with everything that was typed, and what is wrong where it is wrong."""
        assert self.typed is not None
        beside_form = {path: text for path, text in errors.items() if path.startswith(("@", "block."))}
        self.typed.errors |= {path: text for path, text in errors.items() if path not in beside_form}
        builder = self._builder()
        hidden = [(builder._label(path), "") for path in invalid.hidden] if invalid else []
        reasons = [(path, builder._label(path), "") for path in invalid.reasons] if invalid else []
        return self._answer(
            builder,
            422,
            note_errors=beside_form,
            hidden=hidden,
            reasons=reasons,
            password_error=password_error,
        )

    @property
    def editable(self) -> bool:
        return self.mine.submitted_at is None

    def _builder(self, **more: Any) -> ReadingBuilder:
        chosen = more.pop("chosen", None) or chosen_in(self.request.POST)
        extra = {NODULES: self.more_nodules} if self.more_nodules else None
        builder = ReadingBuilder(
            self.mine, self.code, editable=self.editable, typed=self.typed, extra_rows=extra,
            first=self._first(), chosen=chosen,
        )  # fmt: skip
        builder.zeros = {row.key for row in self.zeros}  # by the numbers that new rows have got
        return builder

    def _first(self) -> dict[str, dt.date]:
        """Days that a new reading begins with: when it was given to the reader, and today."""
        today = timezone.localdate()
        given = timezone.localtime(self.mine.allocated_at).date() if self.mine.allocated_at else today
        return {"cp_recdat": given, "cp_midat": today}

    def _answer(self, builder: ReadingBuilder, status: int = 200, **extra: Any) -> HttpResponse:
        page, mine, code = builder.page(), self.mine, self.code
        person, notes = _person(self.request), self.beside.notes
        errors: dict[str, str] = extra.get("note_errors", {})
        page.hidden, page.reasons = extra.pop("hidden", []), extra.pop("reasons", [])
        page.errors += [summary(path, text) for path, text in errors.items()]
        lines = self.beside.lines + [
            Line(f"n{len(self.beside.lines) + n}") for n in range(1, self.more_blocks + 1)
        ]
        nodules = builder.nodules()
        known = sorted({nodule.number for nodule in nodules if nodule.number}) or ["1"]
        context = {
            "page": page,
            "form": builder.form,
            "code": code,
            "reading": mine,
            "state": "submitted" if mine.submitted_at else "draft" if mine.taken_at else "open",
            "rail": rail(person, code),
            "fields": builder.fields,
            "nodules": nodules,
            "nodule_template": builder.nodule_template() if page.editable else None,
            "blocks": blocks_shown(lines, errors, known[0]),
            "block_template": blocks_shown([Line("__key__")], {}, known[0])[0],
            "several": len(known) > 1 or len({block.nodule for block in notes.blocks}) > 1,
            "means": means_shown(notes.blocks),
            "mean_template": MeanShown(0, "", ["", "", ""]),
            "material": self.material,
            "slides": slides_shown(self.material.slides, notes.marks),
            "block_names": sorted({slide.block for slide in self.material.slides if slide.block}),
            "marked": len(notes.marks),
            "comment": builder.comment(),
            "confidence": notes.confidence,
            "confidences": Confidence.choices,
            "ticks": ticks(nodules, notes, self.material.slides, builder.sheet.get("cp_blind")),
            "inadequate": builder.sheet.get("cp_adeq") == "INADEQUATE",
            "images_url": _address("reading_slides", code) if self.material.images else "",
            "recuts": recuts_of(mine),
            "reopening": after_case(mine),
            "asked": proving.asked(self.request, person),
            "username": self.request.POST.get("username", ""),
            "name": person.full_name or person.username,
            "today": builder.around.today,
            "blocks_error": errors.get("@blocks", ""),
            "slides_error": errors.get("@slides", ""),
            "confidence_error": errors.get("@confidence", ""),
            **extra,
        }  # fmt: skip
        return render(self.request, "pathology/reading.html", context, status=status)


# --- drafts ----------------------------------------------------------------------------------------------------------


@readers
@require_POST
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """`/readings/P-7Q2M/draft/`: keep what is typed; say what the limits say of the fields that were left."""
    mine, person = reading_for(request.user, code), _person(request)
    if somebody_else(request):
        return JsonResponse({"refused": _("Somebody else is signed in.")}, status=409)
    if (version := posted_version(request.POST.get("version", ""))) is None:
        version = 0
    try:
        if mine.taken_at is None and mine.submitted_at is None:  # who types has begun
            reading_take(by=person, case=case_to_take(person, code))
            mine.refresh_from_db(fields=["taken_at", "seen_at"])
        kept = reading_draft_keep(by=person, reading=mine, post=request.POST, version=version)
    except Refused as refusal:
        return JsonResponse({"refused": str(refusal.reason)}, status=409)
    now = f"{timezone.localtime():%H:%M:%S}"
    return JsonResponse({"saved": now if kept else "", "fields": _told(mine, code, request.POST)})


def _told(mine: Reading, code: str, post: Any) -> dict[str, dict[str, str]]:
    """What is said at each field that was left, by its path on the page."""
    touched = [path for path in post.getlist("touched")[:MOST_TOLD] if ":" in path or path.startswith("cp_")]
    if not touched:
        return {}
    definition = form_def(FORM)
    typed = read_post(definition, post)
    posted = [(section, row, row.key) for section, rows in typed.rows.items() for row in rows]
    builder = ReadingBuilder(mine, code, editable=True, typed=typed, chosen=chosen_in(post))
    numbers = {row_path(section, was): row_path(section, row.key) for section, row, was in posted}
    found = {}
    for path in touched:
        row, sep, name = path.rpartition("/")
        real = numbers.get(row, row) + sep + name
        crf_field = field_at(definition, real) if has_path(definition, real) else None
        if crf_field is not None and (builder.is_shown(crf_field) or sep):
            box = Box(crf_field, real, real, findings=builder.findings.get(real, []), chosen=builder.chosen)
            found[path] = {"error": builder.errors.get(real, ""), "html": findings_html(box)}
    return found


@readers
@require_POST
def draft_drop(request: HttpRequest, code: str) -> HttpResponse:
    """Give up one's own draft and go back to what is stored."""
    mine = reading_for(request.user, code)
    try:
        reading_draft_drop(by=_person(request), reading=mine)
    except Refused as refusal:
        messages.error(request, str(refusal.reason))
    return redirect("reading", code)


# --- asking ----------------------------------------------------------------------------------------------------------


@readers
@require_POST
def recut(request: HttpRequest, code: str) -> HttpResponse:
    """A slide cannot be read, or one is missing: the data manager is asked, and does not learn who asks."""
    mine = reading_for(request.user, code)
    item = _slide(mine, request.POST.get("slide", ""))
    try:
        recut_ask(
            by=_person(request), reading=mine, item=item, reason=free_text(request.POST.get("reason", ""))
        )
    except Refused as refusal:
        messages.error(request, str(refusal.reason))
    else:
        messages.success(request, _("The data manager has been asked, without your name."))
    return redirect("reading", code)


def _slide(mine: Reading, number: str) -> SpecimenItem | None:
    return next((s for s in material_of(mine).slides if str(s.number) == number), None)


@readers
@require_POST
def reopen(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for one's own submitted reading to be opened; another person decides."""
    mine = reading_for(request.user, code)
    try:
        reading_reopen_ask(
            by=_person(request), reading=mine, reason=free_text(request.POST.get("reason", ""))[:500]
        )
    except Refused as refusal:
        messages.error(request, str(refusal.reason))
    else:
        messages.success(request, _("The data manager has been asked to reopen it."))
    return redirect("reading", code)


def _address(name: str, code: str) -> str:
    try:
        return reverse(name, args=[code])
    except NoReverseMatch:
        return ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _person(request: HttpRequest) -> User:
    """Behind the door there is always a person."""
    assert isinstance(request.user, User)
    return request.user
