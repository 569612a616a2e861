"""The page of one reading: from what is stored, from a draft, or from what was posted."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.forms import read_post
from crf.lookups import Surroundings
from crf.registry import form_def
from crf.services.checking import check
from crf.services.entry import Invalid
from crf.sheets import Casebook
from crf.typed import Typed, as_sheet, row_path
from crf.views.posted import chosen_in
from pathology.blinding import SYSTEM_FIELDS
from pathology.checks import refusals
from pathology.models import Confidence, Mark, Reading
from pathology.notes import Notes, problems, stored_notes
from pathology.pages import ReadingBuilder
from pathology.posted import (
    NODULES,
    Beside,
    Line,
    beside,
    filled_from_blocks,
    stopped,
    stored_lines,
    unasked_zeros,
    without_given,
    zeros_meant,
)
from pathology.selectors.images import beds_drawn
from pathology.selectors.reader import Material, draft_of, material_of, rail, recuts_of
from pathology.services.reading import draft_post
from pathology.shown import MeanShown, after_case, blocks_shown, means_shown, slides_shown, summary, ticks
from trialsite.accounts import proving
from trialsite.accounts.models import User

FORM = "CPATH"
SCORED_ANSWERS = ("cp_mvi", "cp_satellite", "cp_macro_viable", "cp_ln_viable", "cp_margin")


class Page:
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
            filled_from_blocks(self.typed, self.beside.notes, number(rest))
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
        who, notes = person(self.request), self.beside.notes
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
            "rail": rail(who, code),
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
            "images_url": reverse("reading_slides", args=[code]) if self.material.images else "",
            "drawn": beds_drawn(mine) if self.material.images else [],
            "recuts": recuts_of(mine),
            "reopening": after_case(mine),
            "asked": proving.asked(self.request, who),
            "username": self.request.POST.get("username", ""),
            "name": who.full_name or who.username,
            "today": builder.around.today,
            "blocks_error": errors.get("@blocks", ""),
            "slides_error": errors.get("@slides", ""),
            "confidence_error": errors.get("@confidence", ""),
            **extra,
        }  # fmt: skip
        return render(self.request, "pathology/reading.html", context, status=status)


def number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def person(request: HttpRequest) -> User:
    """Behind the door there is always a person."""
    assert isinstance(request.user, User)
    return request.user
