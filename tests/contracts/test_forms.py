"""What holds for every form, whichever: it is scheduled, shown in both languages, saved, refused, audited, read back."""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from crf.fields import MISS, CrfField
from crf.limits import NumberRange
from crf.models import Finding, FindingState, FormInstance, FormStatus
from crf.naming import form_url
from crf.registry import forms
from crf.samples import Sample, posted, raw_post, span, spoilt
from crf.schedule import FORMS, LOGS
from crf.selectors.sheets import sheet_of
from crf.services.checking import Checked, check
from crf.services.writing import changes, each_line
from crf.sheets import Sheet
from tests.contracts import html
from tests.contracts.conftest import AT_SITE, PLACES, fresh, sampled
from trialsite.accounts.models import User
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

FormOf = Callable[[str], FormInstance]
every_form = pytest.mark.parametrize("code", AT_SITE)


# --- the ways of a test ---------------------------------------------------------------------------------------------


def send(page: Client, form: FormInstance, data: dict[str, Any], **more: Any) -> Any:
    """Post a form as its page would. `more`: version, token, action, reason, `reason:path` …"""
    extra = {"version": fresh(form).version, "token": uuid.uuid4().hex, "action": "save"} | more
    return page.post(form_url(form), {**data, **extra})


def events(form: FormInstance) -> list[AuditEvent]:
    """What was written; what a limit or a check refused stands beside it (tests/integration/crf/test_checks.py)."""
    found = AuditEvent.objects.filter(target=form.address).exclude(action=Action.VALUE_REFUSED)
    return list(found.order_by("number"))


def state(form: FormInstance) -> tuple[int, str, int, Sheet]:
    """All that a refused save must leave as it was."""
    now = fresh(form)
    return now.version, now.status, len(events(now)), sheet_of(now)


def saved(page: Client, form: FormInstance, sample: Sample, **more: Any) -> None:
    response = send(page, form, sample.post(), **{"action": "complete"} | more)
    assert response.status_code == 302, said(response)


def said(response: Any) -> Any:
    reader = html.read(response)
    return reader.errors or [t for t in reader.texts if "reason" in t.lower() or "no longer" in t]


def stored_sample(sample: Sample, form: FormInstance) -> Sample:
    """The same sample over the rows that are stored now."""
    rows = frozenset(f"{s}:{line.row}" for s, lines in sheet_of(fresh(form)).rows.items() for line in lines)
    return Sample(sample.definition, sample.sheet, sample.around, rows)


def with_value(sample: Sample, prefix: str, crf_field: CrfField, value: Any) -> Sample:
    """A copy with one answer changed."""
    made = Sample(sample.definition, copy.deepcopy(sample.sheet), copy.copy(sample.around), sample.stored)
    made.around._facts = {}
    made.around.book = copy.deepcopy(sample.around.book)
    made.around.book.add(made.sheet)
    holder = next(h for p, _f, h, _r in each_line(made.definition, made.sheet) if p == prefix)
    holder.values.pop(crf_field.name, None)
    holder.missing.pop(crf_field.name, None)
    if value is not None:
        holder.values[crf_field.name] = value
    return made


def walk(sample: Sample) -> Checked:
    from crf import derivation

    derivation.derive(sample.sheet, sample.around.book)
    return check(sample.definition, sample.sheet, sample.around)


def other_answers(crf_field: CrfField, value: Any) -> list[Any]:
    """Some other allowed answers, from what the field declares."""
    if crf_field.kind == "code":
        return [code for code, _label in crf_field.options if code != value]  # type: ignore[attr-defined]
    if crf_field.kind == "text" and not getattr(crf_field, "pattern", ""):
        return ["Other words"]
    if crf_field.kind in ("int", "dec"):
        return [value + 1, value - 1]
    return []


def harmless(sample: Sample) -> Iterator[tuple[str, CrfField, Any]]:
    """(path, field, other value) that open no question, hide no answer, break no limit."""
    before = {finding.path for finding in walk(copy.deepcopy(sample)).soft}
    for prefix, crf_field, holder, _lookup in list(sample.fields()):
        for value in other_answers(crf_field, holder.values.get(crf_field.name)):
            found = walk(with_value(sample, prefix, crf_field, value))
            if not (found.hidden or found.required or found.hard or {s.path for s in found.soft} - before):
                yield prefix, crf_field, value
                break


# --- scheduled, shown -----------------------------------------------------------------------------------------------


def test_every_form_has_its_place_here() -> None:
    assert set(PLACES) == set(forms())


def test_every_form_is_scheduled_or_a_log() -> None:
    for code, definition in forms().items():
        if code != "CPATH":  # readings belong to a case of central pathology
            assert FORMS[code] or code in LOGS, definition


CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b[A-Za-z]{3,}(?: [a-z]{2,})+\b")
# Names that have no other form: people, hospitals, the switch of the language itself.
NAMES = re.compile(r"中文|[A-Z][a-z]+ [A-Z][a-z]+ · [\u4e00-\u9fff]+|Sun Yat-sen Demo Hospital")


@every_form
def test_it_is_shown_in_both_languages_without_a_word_of_the_other(
    code: str, form_of: FormOf, page: Client, lin: User
) -> None:
    form = form_of(code)
    english = page.get(form_url(form))
    assert english.status_code == 200
    found = [text for text in html.words(english) if CHINESE.search(NAMES.sub("", text))]
    assert found == []
    lin.language = "zh-hans"
    lin.save(update_fields=["language"])
    chinese = page.get(form_url(form))
    assert chinese.status_code == 200
    found = [text for text in html.words(chinese) if ENGLISH.search(NAMES.sub("", text))]
    assert found == []
    shown = " ".join(html.words(chinese))
    assert str(forms()[code].title.zh) in shown
    assert form.participant.number in shown


# --- saved, audited, read back --------------------------------------------------------------------------------------


@every_form
def test_a_complete_sample_is_saved_audited_and_reads_back_equal(
    code: str, form_of: FormOf, page: Client, people: dict[str, User]
) -> None:
    form = form_of(code)
    before = {event.pk for event in events(form)}
    sample = sampled(form, people["chen"])
    token = uuid.uuid4().hex
    saved(page, form, sample, token=token)
    now = fresh(form)
    assert (now.version, now.status, now.missing_count) == (1, FormStatus.COMPLETE, 0)

    stored = sheet_of(now)
    for prefix, fields, holder, row in each_line(sample.definition, sample.sheet):
        mine = stored if row is None else stored.rows[prefix.partition(":")[0]][row.row - 1]
        for crf_field in fields:
            if not crf_field.derived:
                assert mine.values.get(crf_field.name) == holder.values.get(crf_field.name), crf_field.name

    # one event per datum, from empty to what is stored, and no other
    empty = Sheet(stored.key, stored.form, stored.visit, stored.visit_order, stored.repeat)
    wanted = {c.path: (c.old, c.new, c.derived) for c in changes(sample.definition, empty, stored)}
    made = [event for event in events(form) if event.pk not in before]
    data = [e for e in made if not e.path.startswith("@") and not e.path.endswith("@soft")]
    assert len(data) == len(wanted)
    for event in data:
        old, new, derived = wanted[event.path]
        assert (event.old, event.new, event.reason) == (old, new, "")
        assert (event.actor_name, event.role, event.site) == (
            ("system", "", "01") if derived else ("lin", "COORDINATOR", "01")
        )
        assert event.action in (Action.ENTER, Action.DERIVE, Action.ROW_ADD)
        assert (event.action == Action.DERIVE) == derived
    assert [e.new for e in made if e.path == "@status"] == [FormStatus.COMPLETE]

    # the page shows what was typed, and saving the page as it stands changes nothing
    shown = html.answers(page.get(form_url(form)))
    typed = html.filled(stored_sample(sample, form).post())
    assert {name: value for name, value in shown.items() if name in typed} == typed
    held = state(form)
    assert (
        send(page, form, html.read(page.get(form_url(form)), "crf").answers | {"action": "save"}).status_code
        == 302
    )
    assert state(form) == held
    # the same submission again is the same save
    assert send(page, form, sample.post(), token=token, version=0, action="complete").status_code == 302
    assert state(form) == held


@every_form
def test_calculated_values_are_never_taken_from_a_post(
    code: str, form_of: FormOf, page: Client, people: dict[str, User]
) -> None:
    form = form_of(code)
    sample = sampled(form, people["chen"])
    saved(page, form, sample)
    held = state(form)
    sample = stored_sample(sample, form)
    data = sample.post()
    for prefix, fields, _holder, _row in each_line(sample.definition, sample.sheet):
        for crf_field in fields:
            if crf_field.derived:
                name = sample.name(prefix, crf_field.name)
                data |= raw_post(crf_field, name, "2020-01-01" if crf_field.kind == "date" else "77")
                data[f"{name}__miss"] = "UNK"
    assert send(page, form, data, reason="None of this is typed.").status_code == 302
    assert state(form) == held


# --- refused --------------------------------------------------------------------------------------------------------


def carried(form: FormInstance, crf_field: CrfField) -> bool:
    """Identity of a lesion after the baseline: carried from there by the page, not typed."""
    from crf.imaging_page import IDENTITY

    names = {name for section in IDENTITY.values() for name in section}
    return form.form_key == "TA" and crf_field.name in names


@every_form
def test_what_cannot_be_read_is_refused_at_its_field_and_stays_there(
    code: str, form_of: FormOf, page: Client, people: dict[str, User]
) -> None:
    """All fields are spoilt at once, each in its first way, then in its second …"""
    form = form_of(code)
    sample = sampled(form, people["chen"])
    held = state(form)
    ways: list[list[tuple[str, str, CrfField, Any]]] = []
    for prefix, crf_field, holder, lookup in sample.fields():
        if carried(form, crf_field):
            continue
        spoiled = [
            s for s in spoilt(crf_field, lookup, holder.values[crf_field.name]) if "limit" not in s.kind
        ]
        for number, one in enumerate(spoiled):
            ways += [[]] * (number + 1 - len(ways))
            ways[number] = [*ways[number], (prefix, crf_field.name, crf_field, one)]
    assert len(ways) > 1
    for way in ways:
        data = sample.post()
        for prefix, name, crf_field, one in way:
            at = sample.name(prefix, name)
            data |= raw_post(crf_field, at, one.raw)
            if crf_field.missing:
                data[f"{at}__miss"] = one.missing
        response = send(page, form, data)
        assert response.status_code == 422
        shown = html.answers(response)
        for prefix, name, crf_field, one in way:
            path = prefix + name
            assert html.error_at(response, path), f"{path}: no message for {one.kind} {one.raw!r}"
            if one.missing == "NONSENSE" or crf_field.kind in ("code", "multi"):
                continue  # a code of no list has no place in a list of choices; the message quotes it
            kept = html.filled(raw_post(crf_field, sample.name(prefix, name), one.raw))
            assert {k: shown.get(k) for k in kept} == kept, f"{path}: {one.kind} is lost"
        untouched = html.filled(sample.post())
        names = {name for p, n, f, o in way for name in html.filled(raw_post(f, sample.name(p, n), "1-1-1"))}
        names = {name.partition("__")[0] for name in names}
        for name, value in untouched.items():
            if name.partition("__")[0] not in names:
                assert shown.get(name) == value, f"{name} is lost"
    assert state(form) == held


@every_form
def test_hard_limits_refuse_on_both_sides_and_take_what_lies_on_them(
    code: str, form_of: FormOf, page: Client, people: dict[str, User]
) -> None:
    form = form_of(code)
    sample = sampled(form, people["chen"])
    held = state(form)
    tried = 0
    for prefix, crf_field, holder, lookup in list(sample.fields()):
        for one in spoilt(crf_field, lookup, holder.values[crf_field.name]):
            if "limit" not in one.kind:
                continue
            tried += 1
            data = sample.post() | raw_post(crf_field, sample.name(prefix, crf_field.name), one.raw)
            response = send(page, form, data)
            path = prefix + crf_field.name
            assert response.status_code == 422, f"{path} {one}"
            assert html.error_at(response, path), f"{path} {one}"
            shown = html.answers(response)
            kept = html.filled(data)
            assert {k: shown.get(k) for k in kept} == kept
    assert state(form) == held
    assert tried > 0 or code == "CPATH"


# --- S05: reasons after completion ----------------------------------------------------------------------------------


@every_form
def test_each_changed_field_of_a_complete_form_keeps_its_own_reason(
    code: str, form_of: FormOf, page: Client, people: dict[str, User]
) -> None:
    form = form_of(code)
    sample = sampled(form, people["chen"])
    saved(page, form, sample)
    sample = stored_sample(sample, form)
    picked = []
    for prefix, crf_field, value in harmless(sample):
        changed = with_value(sample, prefix, crf_field, value)
        if not (walk(changed).hidden or walk(changed).required or walk(changed).hard):
            picked.append((prefix, crf_field, value))
            sample = changed
        if len(picked) == 2:
            break
    assert picked
    paths = [prefix + crf_field.name for prefix, crf_field, _value in picked]
    held = state(form)
    for reasons in ({}, {f"reason:{path}": "   " for path in paths}, {"reason": " \t "}):
        response = send(page, form, sample.post(), **reasons)
        assert response.status_code == 422
        assert all(html.error_at(response, path) for path in paths)
        assert {f"reason:{path}" for path in paths} <= set(html.read(response, "crf").answers)
        assert state(form) == held
    reasons = {f"reason:{path}": f"Reason {number}" for number, path in enumerate(paths, 1)}
    assert send(page, form, sample.post(), **reasons).status_code == 302
    new = events(form)[held[2] :]
    given = {event.path: (event.action, event.reason) for event in new if event.action != Action.DERIVE}
    assert given == {path: (Action.CHANGE, f"Reason {n}") for n, path in enumerate(paths, 1)}
    assert all(event.reason == "" for event in new if event.action == Action.DERIVE)


# --- S30: answers that no longer apply ------------------------------------------------------------------------------


def hiding(sample: Sample) -> tuple[str, CrfField, Any, Checked] | None:
    """A change of one answer by which others no longer apply."""
    for prefix, crf_field, holder, _lookup in list(sample.fields()):
        if crf_field.kind != "code":
            continue
        for value in other_answers(crf_field, holder.values.get(crf_field.name)):
            found = walk(with_value(sample, prefix, crf_field, value))
            if found.hidden and not found.hard:
                return prefix, crf_field, value, found
    return None


WITH_CONDITIONS = [code for code in AT_SITE if code != "EOS"]


@pytest.mark.parametrize("code", WITH_CONDITIONS)
def test_hidden_answers_are_told_before_they_are_set_inactive(
    code: str, form_of: FormOf, page: Client, people: dict[str, User]
) -> None:
    form = form_of(code)
    sample = sampled(form, people["chen"])
    saved(page, form, sample, action="save")
    sample = stored_sample(sample, form)
    change = hiding(sample)
    assert change is not None
    prefix, crf_field, value, found = change
    data = with_value(sample, prefix, crf_field, value).post()
    held = state(form)
    response = send(page, form, data)
    assert response.status_code == 422
    assert "clear_hidden" in response.content.decode()
    told = html.read(response).texts
    for path, hidden in found.hidden.items():
        assert any(str(hidden.label) in text for text in told), f"{path} is not told"
    kept = html.filled(data)
    shown = html.answers(response)
    assert {k: shown.get(k) for k in kept} == kept  # she may step back
    assert state(form) == held

    assert send(page, form, data, clear_hidden="1", reason="Answered by mistake").status_code == 302
    new = {event.path: event for event in events(form)[held[2] :] if event.action == Action.CLEAR}
    for path in found.hidden:
        event = new.get(path) or new.get(path + MISS)
        assert event is not None, f"{path} was not cleared"
        assert (event.actor_name, event.reason, event.new) == ("lin", "Answered by mistake", "")
    assert fresh(form).version == held[0] + 1


# --- S32: usual ranges ----------------------------------------------------------------------------------------------


def unusual(sample: Sample) -> Iterator[tuple[str, CrfField, Any]]:
    """A number outside its usual range and inside the possible one, of which nothing else depends."""
    for prefix, crf_field, holder, lookup in list(sample.fields()):
        if crf_field.kind not in ("int", "dec") or not isinstance(crf_field.soft, NumberRange):
            continue
        high, top = span(crf_field.soft, lookup)[1], span(crf_field.hard, lookup)[1]
        if high is None or top is None or high >= top:
            continue
        value = type(holder.values[crf_field.name])(high + 1)
        found = walk(with_value(sample, prefix, crf_field, value))
        if not (found.hard or found.hidden or found.required) and prefix + crf_field.name in {
            s.path for s in found.soft
        }:
            yield prefix, crf_field, value


def _ranged(code: str) -> bool:
    return any(
        isinstance(f.soft, NumberRange) and f.kind in ("int", "dec") and not f.derived
        for s in forms()[code].sections for f in s.fields
    )  # fmt: skip


@pytest.mark.parametrize("code", [code for code in AT_SITE if _ranged(code)])
def test_an_unusual_value_is_opened_confirmed_and_cured(
    code: str, form_of: FormOf, page: Client, people: dict[str, User]
) -> None:
    form = form_of(code)
    sample = sampled(form, people["chen"])
    saved(page, form, sample, action="save")
    sample = stored_sample(sample, form)
    prefix, crf_field, value = next(unusual(sample))
    path = prefix + crf_field.name
    finding = Finding.objects.filter(form=form, path=path)
    data = with_value(sample, prefix, crf_field, value).post()
    others = fresh(form).finding_count

    assert send(page, form, data).status_code == 302
    assert finding.get().state == FindingState.OPEN
    assert fresh(form).finding_count == others + 1
    assert f'name="confirm:{path}"' in page.get(form_url(form)).content.decode()
    # saving again adds none
    assert send(page, form, data).status_code == 302
    assert finding.count() == 1

    held = len(events(form))
    assert send(page, form, data, **{f"confirm:{path}": "Measured again"}).status_code == 302
    assert (finding.get().state, finding.get().reason) == (FindingState.CONFIRMED, "Measured again")
    assert fresh(form).finding_count == others
    event = events(form)[held]
    assert (event.action, event.path, event.old, event.new, event.reason, event.actor_name) == (
        Action.CONFIRM, f"{path}@soft", FindingState.OPEN, FindingState.CONFIRMED, "Measured again", "lin",
    )  # fmt: skip

    held = len(events(form))
    assert send(page, form, sample.post()).status_code == 302
    assert finding.get().state == FindingState.CURED
    cured = [e for e in events(form)[held:] if e.path == f"{path}@soft"]
    assert [(e.new, e.actor_name) for e in cured] == [(FindingState.CURED, "system")]


# --- S33: missing reasons -------------------------------------------------------------------------------------------


def _may_miss(code: str) -> bool:
    return any(f.missing and not f.derived for s in forms()[code].sections for f in s.fields)


@pytest.mark.parametrize("code", [code for code in AT_SITE if _may_miss(code)])
def test_a_missing_reason_stands_beside_the_value_never_with_it(
    code: str, form_of: FormOf, page: Client, people: dict[str, User]
) -> None:
    form = form_of(code)
    sample = sampled(form, people["chen"])
    for prefix, crf_field, _holder, _lookup in list(sample.fields()):
        without = with_value(sample, prefix, crf_field, None)
        holder = next(h for p, _f, h, _r in each_line(without.definition, without.sheet) if p == prefix)
        if crf_field.missing:
            holder.missing[crf_field.name] = crf_field.missing[0]
        if crf_field.missing and not walk(without).hidden:
            break
    else:
        pytest.fail("no field may be missing")
    saved(page, form, without)
    line = stored_line(form, prefix)
    assert crf_field.name not in line.values
    assert line.missing[crf_field.name] == crf_field.missing[0]
    path = prefix + crf_field.name
    entered = [e for e in events(form) if e.path in (path, path + MISS)]
    assert [(e.path, e.old, e.new) for e in entered] == [(path + MISS, "", crf_field.missing[0])]

    # the value arrives: the reason goes, both in the trail
    sample = stored_sample(sample, form)
    held = len(events(form))
    assert send(page, form, sample.post(), reason="Report found").status_code == 302
    line = stored_line(form, prefix)
    assert crf_field.name in line.values
    assert crf_field.name not in line.missing
    moved = {e.path: (e.old, bool(e.new)) for e in events(form)[held:] if e.path in (path, path + MISS)}
    assert moved == {path: ("", True), path + MISS: (crf_field.missing[0], False)}


def stored_line(form: FormInstance, prefix: str) -> Any:
    stored = sheet_of(fresh(form))
    if not prefix:
        return stored
    section, _, number = prefix.rstrip("/").partition(":")
    return next(line for line in stored.rows[section] if line.row == int(number))


# --- S34: two people, one form --------------------------------------------------------------------------------------


@every_form
def test_a_stale_page_is_refused_with_both_versions_and_nothing_lost(
    code: str, form_of: FormOf, page: Client, people: dict[str, User], browser_of: Callable[[str], Client]
) -> None:
    form = form_of(code)
    sample = sampled(form, people["chen"])
    saved(page, form, sample, action="save")
    sample = stored_sample(sample, form)
    prefix, crf_field, value = next(harmless(sample))
    theirs = with_value(sample, prefix, crf_field, value)
    assert send(browser_of("chen"), form, theirs.post()).status_code == 302

    held = state(form)
    response = send(page, form, sample.post(), version=1)
    assert response.status_code == 409
    shown = html.words(response)
    holder = next(h for p, _f, h, _r in each_line(theirs.definition, theirs.sheet) if p == prefix)
    assert crf_field.display(holder.values[crf_field.name]) in shown  # what is stored now …
    assert str(people["chen"]) in shown  # … and by whom
    mine = html.filled(posted(crf_field, sample.name(prefix, crf_field.name), _holder_of(sample, prefix)))
    answers = html.answers(response)
    kept = html.filled(sample.post())
    assert {k: answers.get(k) for k in kept} == kept
    assert mine.items() <= answers.items()
    assert state(form) == held
    # saving again over it is a choice: the page carries the version that is stored now
    now = html.read(response, "crf").answers["version"]
    assert now == [str(held[0])]
    assert send(page, form, sample.post(), version=now[0]).status_code == 302
    assert fresh(form).version == held[0] + 1


def _holder_of(sample: Sample, prefix: str) -> Any:
    return next(h for p, _f, h, _r in each_line(sample.definition, sample.sheet) if p == prefix)
