"""Values are verified against the source, field by field or many at once; marks are taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.models import FormInstance, MarkState, VerificationMark
from crf.naming import label_of
from crf.policies_review import may_verify
from crf.reasons import reason_given
from crf.registry import form_def
from crf.selectors.sdv import entered_by
from crf.selectors.sheets import sheet_of
from crf.selectors.values import answers, words_of
from crf.sheets import Sheet
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import Refused, refused

from .refusals import noted
from .verification_marks import SDV, WHOLE, level_of, planned, remaining, state_stored

Marks = dict[str, VerificationMark]


def values_verify(
    *, by: User, form: FormInstance, paths: Collection[str] | None = None, seen: Mapping[str, str] | None = None
) -> list[str]:  # fmt: skip
    """Mark values as compared with the source; gives the paths that were marked now.

    `paths`: these fields, or rows (`TA2:3`: its answered fields); `None`: all that the plan asks and nobody verified
    yet. Of a value that was verified and is gone, the going is verified. A form in which the plan asks nothing is
    marked as a whole.
    `seen`: the texts that the page showed, by path: what is not among them as it stands now is refused.
    `form` comes from the door with participant, site and visit at hand. Raises `Refused`.
    """
    with (
        noted(by=by, act="verify", address=form.address, participant=form.participant),
        transaction.atomic(),
    ):
        return _verified(by, form, paths, seen)


def forms_verify(
    *, by: User, forms: Iterable[FormInstance], versions: Mapping[int, int] | None = None
) -> tuple[list[FormInstance], list[tuple[FormInstance, str]]]:
    """Everything that the plan asks of several forms (a visit): those done, and those left out with the reason.

    `versions`: of the forms that the page showed, by key; another one is left out.
    """
    done, left = [], []
    for form in forms:
        try:
            with (
                noted(by=by, act="verify", address=form.address, participant=form.participant),
                transaction.atomic(),
            ):
                _verified(by, form, None, None, version=None if versions is None else versions.get(form.pk))
            done.append(form)
        except Refused as no:
            left.append((form, str(no.reason)))
    return done, left


def verification_take_back(*, by: User, form: FormInstance, path: str, reason: str) -> None:
    """A mark was set by mistake. Raises `Refused`."""
    with (
        noted(by=by, act="verify", address=form.address, participant=form.participant),
        transaction.atomic(),
    ):
        may_verify(by, form).require()
        kept = reason_given(reason, _("Say why the verification is taken back."))
        chain = trail.participant_chain(form.participant_id)
        _fresh(form)
        may_verify(by, form).require()
        marks = _marks(form)
        mark = marks.get(path)
        if mark is None or mark.state != MarkState.VALID:
            refused(_("This value is not verified."), "state").require()
        assert mark is not None
        mark.state = MarkState.TAKEN_BACK
        mark.save(update_fields=["state"])
        _store(form, sheet_of(form), marks)
        entry = Entry(Action.VERIFICATION_BACK, form.address, path + SDV, mark.value, "", kept)
        trail.append_all(chain, [entry], by=by, site=form.participant.site)


def _verified(
    by: User, form: FormInstance, paths: Collection[str] | None, seen: Mapping[str, str] | None,
    version: int | None = None,
) -> list[str]:  # fmt: skip
    may_verify(by, form).require()
    chain = trail.participant_chain(form.participant_id)
    _fresh(form)
    may_verify(by, form).require()
    if entered_by(by, [form]):
        refused(_("You entered data on this form yourself: somebody else verifies it."), "self").require()
    if version is not None and version != form.version:
        refused(
            _("This form was changed while you were looking at it. Look at it again."), "changed"
        ).require()
    sheet, marks = sheet_of(form), _marks(form)
    found = _there(form, sheet)
    found |= {
        path: "" for path, mark in marks.items() if path not in found and mark.state != MarkState.TAKEN_BACK
    }
    wanted = _asked(form, sheet, marks) if paths is None else _chosen(form, found, paths)
    _unchanged(form, found, wanted, seen)
    entries = _marked(by, form, marks, {path: found.get(path, "") for path in wanted})
    _store(form, sheet, marks)
    trail.append_all(chain, entries, by=by, site=form.participant.site)
    return [entry.path.removesuffix(SDV) for entry in entries]


def _fresh(form: FormInstance) -> None:
    form.refresh_from_db(fields=["locked", "frozen", "active", "version", "verified", "status"])


def _marks(form: FormInstance) -> Marks:
    return {mark.path: mark for mark in VerificationMark.objects.filter(form=form)}


def _there(form: FormInstance, sheet: Sheet) -> dict[str, str]:
    """Text by path of every answer; of a line that was taken out of its log there is none."""
    if not form.active:
        return {}
    return {path: text for path, text, _field in answers(form_def(form.form_key), sheet)}


def _asked(form: FormInstance, sheet: Sheet, marks: Marks) -> list[str]:
    wanted = [path for path, _text in planned(sheet, level_of(sheet.key))] if form.active else []
    held = any(mark.state == MarkState.VALID for mark in marks.values())
    return remaining(wanted, marks.values()) or ([] if wanted or held else [WHOLE])


def _chosen(form: FormInstance, found: dict[str, str], paths: Collection[str]) -> list[str]:
    wanted: list[str] = []
    for path in paths:
        inside = (
            [path] if path in found else [place for place in found if path and place.startswith(path + "/")]
        )
        if not inside:
            refused(
                _("There is no answer at “%(field)s” to verify.") % {"field": _name(form, path)}, "field"
            ).require()
        wanted += inside
    return list(dict.fromkeys(wanted))


def _name(form: FormInstance, path: str) -> str:
    try:
        return label_of(form_def(form.form_key), path)
    except StopIteration:  # no such section
        return path


def _unchanged(
    form: FormInstance, found: dict[str, str], wanted: Iterable[str], seen: Mapping[str, str] | None
) -> None:
    definition = form_def(form.form_key)
    for path in wanted if seen is not None else ():
        assert seen is not None
        old, new = seen.get(path), found.get(path, "")
        if path != WHOLE and old != new:
            shown = [words_of(definition, path, text) or _("empty") for text in (old or "", new)]
            refused(
                _(
                    "“%(field)s” changed while you were looking at it: it was %(old)s, now it is %(new)s. Compare it again."
                )
                % {"field": label_of(definition, path), "old": shown[0], "new": shown[1]},
                "changed",
            ).require()


def _marked(by: User, form: FormInstance, marks: Marks, texts: Mapping[str, str]) -> list[Entry]:
    now, entries, made = timezone.now(), [], []
    for path, text in texts.items():
        mark = marks.get(path)
        if mark is not None and mark.state == MarkState.VALID and mark.value == text:
            continue
        fresh = marks[path] = mark or VerificationMark(form=form, path=path)
        fresh.value, fresh.state, fresh.verified_at, fresh.verified_by = text, MarkState.VALID, now, by
        fresh.changed_at, fresh.changed_value = None, ""
        if mark is None:
            made.append(fresh)
        else:
            fresh.save()
        entries.append(Entry(Action.VERIFIED, form.address, path + SDV, "", text))
    VerificationMark.objects.bulk_create(made)
    return entries


def _store(form: FormInstance, sheet: Sheet, marks: Marks) -> None:
    form.verified = state_stored(form.pk, sheet, level_of(form.form_key), marks.values(), there=form.active)
