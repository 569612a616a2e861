"""What holds for every form, whichever: it is scheduled, shown in both languages, saved, refused, audited, read back."""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings

from crf.checks.engine import CHECKS
from crf.fields import MISS, CrfField
from crf.judging import MARKED
from crf.laboratory_reading import allowed_codes
from crf.limits import NumberRange
from crf.lookups import Surroundings
from crf.models import Finding, FindingState, FormInstance, FormStatus
from crf.naming import form_title, form_url
from crf.registry import form_def, forms, parts
from crf.samples import Sample, posted, raw_post, span, spoilt
from crf.schedule import FORMS, LINES_OF, LOGS
from crf.selectors.sheets import sheet_of
from crf.services.checking import Checked, check
from crf.services.writing import changes, each_line
from crf.sheets import Casebook, Sheet
from tests import world
from tests.contracts import html
from tests.contracts.conftest import fresh
from tests.contracts.stages import (
    PLACES,
    Place,
    before,
    empty_form,
    entered,
    found_in,
    page_named,
    sample_of,
    typed_words,
)
from trialsite.accounts.models import User
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def places(*without: str) -> Any:
    """Every place at which a form is tried out, but for forms (or pages) of which the question cannot be asked."""
    kept = [place for place in PLACES if place.key not in without and place.page not in without]
    return pytest.mark.parametrize("place", kept, ids=[place.page for place in kept], scope="module")


HEADS = tuple(LINES_OF)  # one question each
every_form = places()


@pytest.fixture(scope="module")
def standing(place: Place, django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    """The empty form of a place, in surroundings in which it can be filled: made once for all that is asked of it.

    The transaction stands around those of the tests, and is taken back with everything in it.
    """
    with django_db_blocker.unblock(), override_settings(DEMO=True), transaction.atomic():
        cast = world.people()
        world.ranges_01(cast["da"])
        participant = entered(cast, before(place))
        yield empty_form(participant, page_named(place.page), cast["lin"]).pk
        transaction.set_rollback(True)


@pytest.fixture
def people(standing: int, db: None) -> dict[str, User]:
    return {user.username: user for user in User.objects.all()}


@pytest.fixture
def form(standing: int, db: None) -> FormInstance:
    return FormInstance.objects.select_related("participant__site", "visit").get(pk=standing)


@pytest.fixture
def sample(place: Place, form: FormInstance, lin: User) -> Sample:
    return sample_of(page_named(place.page), form, lin)


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


def holder_of(sample: Sample, prefix: str) -> Any:
    """The sheet or the row that a path begins with."""
    return next(h for p, _f, h, _r in each_line(sample.definition, sample.sheet) if p == prefix)


def with_value(sample: Sample, prefix: str, crf_field: CrfField, value: Any, missing: str = "") -> Sample:
    """A copy with one answer changed; `None` empties it."""
    sheet, around = copy.deepcopy(sample.sheet), sample.around
    book = Casebook(around.book.number, around.book, lambda: around.book.ranges)
    book.add(sheet)
    made = Sample(sample.definition, sheet, Surroundings(book, around.today), sample.stored)
    holder = holder_of(made, prefix)
    holder.values.pop(crf_field.name, None)
    holder.missing.pop(crf_field.name, None)
    if missing:
        holder.missing[crf_field.name] = missing
    elif value is not None:
        holder.values[crf_field.name] = value
    return made


def walk(form: FormInstance, sample: Sample) -> Checked:
    return found_in(sample, form.participant)


def refused(found: Checked, whole: bool) -> bool:
    """Whether a save (`whole`: of a complete form) is refused for what it says."""
    impossible = [one for one in found.raised if one.severity == "hard"]
    return bool(
        found.hard
        or (whole and (found.required or impossible))
        or any(CHECKS[one.rule].always for one in impossible)
    )


def spoken(found: Checked) -> set[tuple[str, str]]:
    """(path, rule) of everything that wants a look."""
    return {(one.path, one.rule) for one in found.soft} | {one.place for one in found.raised}


def other_answers(crf_field: CrfField, value: Any) -> list[Any]:
    """Some other allowed answers, from what the field declares."""
    if crf_field.kind == "code":
        return [code for code, _label in crf_field.options if code != value]  # type: ignore[attr-defined]
    if crf_field.kind == "text" and not getattr(crf_field, "pattern", ""):
        return ["Other words"]
    if crf_field.kind in ("int", "dec") and value is not None:
        return [value + 1, value - 1]
    return []


def harmless(form: FormInstance, sample: Sample) -> Iterator[tuple[str, CrfField, Any]]:
    """(path, field, other value) that open no question, hide no answer, break no limit, contradict nothing."""
    before = spoken(walk(form, sample))
    for prefix, crf_field, holder, _lookup in list(sample.fields()):
        if carried(form, crf_field):
            continue
        for value in other_answers(crf_field, holder.values.get(crf_field.name)):
            found = walk(form, with_value(sample, prefix, crf_field, value))
            if not (found.hidden or refused(found, whole=True) or spoken(found) - before):
                yield prefix, crf_field, value
                break


def carried(form: FormInstance, crf_field: CrfField) -> bool:
    """Identity of a lesion after the baseline: carried from there by the page, not typed."""
    from crf.imaging_page import IDENTITY

    names = {name for section in IDENTITY.values() for name in section}
    return form.form_key == "TA" and form.visit.code != "SCR" and crf_field.name in names  # type: ignore[union-attr]


# --- scheduled, shown -----------------------------------------------------------------------------------------------


def test_every_form_of_a_participant_has_its_place_here() -> None:
    """Central readings: tests/contracts/test_central_reading.py. Reference ranges: tests/integration/crf/test_laboratories.py."""
    known = {*forms(), *parts()} - {"CPATH", "CPATHF"}
    assert {place.key for place in PLACES} == known


def test_every_form_is_scheduled_or_a_log() -> None:
    scheduled = {line.partition("-")[0] for line, visits in FORMS.items() if visits}
    for code in forms():
        if code != "CPATH":  # readings belong to a case of central pathology
            assert code in scheduled or code in LOGS, code


CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b[A-Za-z]{3,}(?: [a-z]{2,})+\b")
# Names that have no other form: people, hospitals, the switch of the language itself.
NAMES = re.compile(r"中文|[A-Z][a-z]+ [A-Z][a-z]+ · [\u4e00-\u9fff]+|Sun Yat-sen Demo Hospital")


def without_names(text: str) -> str:
    """Without what is no sentence of ours: names, and what people wrote."""
    for words in typed_words():
        text = text.replace(words, "")
    return NAMES.sub("", text)


@every_form
def test_it_is_shown_in_both_languages_without_a_word_of_the_other(
    form: FormInstance, page: Client, lin: User
) -> None:
    english = page.get(form_url(form))
    assert english.status_code == 200
    found = [text for text in html.words(english) if CHINESE.search(NAMES.sub("", text))]
    assert found == []
    lin.language = "zh-hans"
    lin.save(update_fields=["language"])
    chinese = page.get(form_url(form))
    assert chinese.status_code == 200
    found = [text for text in html.words(chinese) if ENGLISH.search(without_names(text))]
    assert found == []
    shown = " ".join(html.words(chinese))
    assert str(form_title(form.form_key, form.repeat).zh) in shown
    assert form.participant.number in shown


# --- saved, audited, read back --------------------------------------------------------------------------------------


@every_form
def test_a_complete_sample_is_saved_audited_and_reads_back_equal(
    form: FormInstance, sample: Sample, page: Client
) -> None:
    before = {event.pk for event in events(form)}
    token = uuid.uuid4().hex
    saved(page, form, sample, token=token)
    now = fresh(form)
    assert (now.version, now.status, now.missing_count) == (1, FormStatus.COMPLETE, 0)

    stored = sheet_of(now)
    for prefix, fields, holder, row in each_line(sample.definition, sample.sheet):
        mine: Any = stored
        if row is not None:
            mine = next(line for line in stored.rows[prefix.partition(":")[0]] if line.row == row.row)
        for crf_field in fields:
            if not crf_field.derived:
                assert mine.values.get(crf_field.name) == holder.values.get(crf_field.name), crf_field.name

    # one event per datum, from empty to what is stored, and no other
    empty = Sheet(stored.key, stored.form, stored.visit, stored.visit_order, stored.repeat)
    wanted = {c.path: (c.old, c.new, c.derived) for c in changes(sample.definition, empty, stored)}
    made = [event for event in events(form) if event.pk not in before]
    data = [e for e in made if not e.path.startswith("@") and not MARKED.search(e.path)]
    assert {event.path for event in data} == set(wanted)
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
    again = html.read(page.get(form_url(form)), "crf").answers | {"action": "save"}
    assert send(page, form, again).status_code == 302
    assert state(form) == held
    # the same submission again is the same save
    assert send(page, form, sample.post(), token=token, version=0, action="complete").status_code == 302
    assert state(form) == held


def _calculates(key: str) -> bool:
    return any(f.derived for section in form_def(key).sections for f in section.fields)


@places(*(key for key in (*forms(), *parts()) if not _calculates(key)))
def test_calculated_values_are_never_taken_from_a_post(
    form: FormInstance, sample: Sample, page: Client
) -> None:
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


Way = list[tuple[str, CrfField, Any]]


def ways_to_spoil(form: FormInstance, sample: Sample) -> list[Way]:
    """All fields spoilt at once, each in its first way, then in its second … : (path prefix, field, wrong answer)."""
    ways: list[Way] = []
    for prefix, crf_field, holder, lookup in sample.fields():
        if carried(form, crf_field):
            continue
        wrong = spoilt(crf_field, lookup, holder.values.get(crf_field.name))
        for number, one in enumerate(one for one in wrong if "limit" not in one.kind):
            ways += [[]] * (number + 1 - len(ways))
            ways[number] = [*ways[number], (prefix, crf_field, one)]
    return ways


def chosen_from_a_list(crf_field: CrfField, path: str) -> bool:
    """A code of no list has no place in a list of choices; the message quotes it."""
    return crf_field.kind in ("code", "multi", "unit") or bool(
        crf_field.kind == "result" and allowed_codes(path)
    )


@every_form
def test_what_cannot_be_read_is_refused_at_its_field_and_stays_there(
    form: FormInstance, sample: Sample, page: Client
) -> None:
    held = state(form)
    ways = ways_to_spoil(form, sample)
    assert len(ways) > (0 if form.form_key in HEADS else 1)
    for way in ways:
        data = sample.post()
        for prefix, crf_field, one in way:
            at = sample.name(prefix, crf_field.name)
            data |= raw_post(crf_field, at, one.raw)
            if crf_field.missing:
                data[f"{at}__miss"] = one.missing
        response = send(page, form, data)
        assert response.status_code == 422
        shown = html.answers(response)
        spoilt_names = set()
        for prefix, crf_field, one in way:
            path, at = prefix + crf_field.name, sample.name(prefix, crf_field.name)
            assert html.error_at(response, path), f"{path}: no message for {one.kind} {one.raw!r}"
            kept = html.filled(raw_post(crf_field, at, one.raw))
            spoilt_names |= {name.partition("__")[0] for name in html.filled({at: "x"})}
            if one.missing != "NONSENSE" and not chosen_from_a_list(crf_field, path):
                assert {k: shown.get(k) for k in kept} == kept, f"{path}: {one.kind} is lost"
        for name, value in html.filled(sample.post()).items():
            if name.partition("__")[0] not in spoilt_names:
                assert shown.get(name) == value, f"{name} is lost"
    assert state(form) == held


def _limited(key: str) -> bool:
    """Whether a field that is typed has a limit that its declaration alone tells."""
    fields = [f for section in form_def(key).sections for f in section.fields if not f.derived]
    return any(f.hard is not None and f.kind in ("int", "dec", "date", "pdate") for f in fields)


def beyond_limits(form: FormInstance, sample: Sample) -> list[Way]:
    """Every value beyond a hard limit, as few posts as possible: together while none moves the limit of another."""
    ways: list[tuple[Way, Sample]] = []
    for prefix, crf_field, holder, lookup in sample.fields():
        wrong = spoilt(crf_field, lookup, holder.values.get(crf_field.name))
        for one in (one for one in wrong if "limit" in one.kind):
            value = crf_field.parse(one.raw)
            for number, (way, so_far) in enumerate([*ways, ([], sample)]):
                tried = with_value(so_far, prefix, crf_field, value)
                found = check(tried.definition, tried.sheet, tried.around).hard
                if not way or {p + f.name for p, f, _o in way} | {prefix + crf_field.name} <= found.keys():
                    ways[number : number + 1] = [([*way, (prefix, crf_field, one)], tried)]
                    break
    return [way for way, _sample in ways]


@places(*(key for key in (*forms(), *parts()) if not _limited(key)))
def test_hard_limits_refuse_on_both_sides(form: FormInstance, sample: Sample, page: Client) -> None:
    held = state(form)
    ways = beyond_limits(form, sample)
    assert ways
    for way in ways:
        data = sample.post()
        for prefix, crf_field, one in way:
            at = sample.name(prefix, crf_field.name)
            data |= raw_post(crf_field, at, one.raw) | ({f"{at}__miss": ""} if crf_field.missing else {})
        response = send(page, form, data)
        assert response.status_code == 422, way
        for prefix, crf_field, one in way:
            assert html.error_at(response, prefix + crf_field.name), f"{prefix}{crf_field.name} {one}"
        shown, kept = html.answers(response), html.filled(data)
        assert {k: shown.get(k) for k in kept} == kept
    assert state(form) == held


# --- S05: reasons after completion ----------------------------------------------------------------------------------


@every_form
def test_each_changed_field_of_a_complete_form_keeps_its_own_reason(
    form: FormInstance, sample: Sample, page: Client
) -> None:
    saved(page, form, sample)
    sample = untouched = stored_sample(sample, form)
    picked = []
    for prefix, crf_field, value in harmless(form, sample):
        changed = with_value(sample, prefix, crf_field, value)
        found = walk(form, changed)
        if not (found.hidden or refused(found, whole=True)):
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
    stored = [holder_of(untouched, prefix).values.get(crf_field.name) for prefix, crf_field, _value in picked]
    actions = [Action.ENTER if value is None else Action.CHANGE for value in stored]
    reasons = {f"reason:{path}": f"Reason {number}" for number, path in enumerate(paths, 1)}
    assert send(page, form, sample.post(), **reasons).status_code == 302
    new = [event for event in events(form)[held[2] :] if not MARKED.search(event.path)]
    given = {event.path: (event.action, event.reason) for event in new if event.action != Action.DERIVE}
    numbered = enumerate(zip(paths, actions, strict=True), 1)
    assert given == {path: (action, f"Reason {n}") for n, (path, action) in numbered}
    assert all(event.reason == "" for event in new if event.action == Action.DERIVE)


# --- S30: answers that no longer apply ------------------------------------------------------------------------------


def hiding(form: FormInstance, sample: Sample) -> tuple[str, CrfField, Any, Checked] | None:
    """A change of one answer by which others no longer apply."""
    for prefix, crf_field, holder, _lookup in list(sample.fields()):
        if crf_field.kind != "code":
            continue
        for value in other_answers(crf_field, holder.values.get(crf_field.name)):
            found = walk(form, with_value(sample, prefix, crf_field, value))
            if found.hidden and not refused(found, whole=False):
                return prefix, crf_field, value, found
    return None


@places(*HEADS, "EOS")
def test_hidden_answers_are_told_before_they_are_set_inactive(
    form: FormInstance, sample: Sample, page: Client
) -> None:
    saved(page, form, sample, action="save")
    sample = stored_sample(sample, form)
    change = hiding(form, sample)
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
        assert (event.actor_name, event.new) == ("lin", "")
        assert event.reason.startswith("Set inactive: "), "why it is no longer asked"
        assert event.reason.endswith(" Answered by mistake")
    assert fresh(form).version == held[0] + 1


# --- S32: usual ranges ----------------------------------------------------------------------------------------------


def unusual(form: FormInstance, sample: Sample) -> Iterator[tuple[str, CrfField, Any]]:
    """A number outside its usual range and inside the possible one, of which nothing else depends."""
    before = spoken(walk(form, sample))
    for prefix, crf_field, _holder, lookup in list(sample.fields()):
        if crf_field.kind not in ("int", "dec") or not isinstance(crf_field.soft, NumberRange):
            continue
        high, top = span(crf_field.soft, lookup)[1], span(crf_field.hard, lookup)[1]
        if high is None or top is None or high >= top:
            continue
        value = (int if crf_field.kind == "int" else type(high))(high + 1)
        found = walk(form, with_value(sample, prefix, crf_field, value))
        itself = {(prefix + crf_field.name, f"soft:{crf_field.name}")}
        if not (found.hidden or refused(found, whole=False)) and spoken(found) - before == itself:
            yield prefix, crf_field, value


def _ranged(key: str) -> bool:
    return any(
        isinstance(f.soft, NumberRange) and f.kind in ("int", "dec") and not f.derived
        for s in form_def(key).sections for f in s.fields
    )  # fmt: skip


@places(*(key for key in (*forms(), *parts()) if not _ranged(key)), "AE1/12")
def test_an_unusual_value_is_opened_confirmed_and_cured(
    form: FormInstance, sample: Sample, page: Client
) -> None:
    saved(page, form, sample, action="save")
    sample = stored_sample(sample, form)
    prefix, crf_field, value = next(unusual(form, sample))
    path, rule = prefix + crf_field.name, f"soft:{crf_field.name}"
    finding = Finding.objects.filter(form=form, path=path, rule=rule)
    data = with_value(sample, prefix, crf_field, value).post()
    others = fresh(form).finding_count

    assert send(page, form, data).status_code == 302
    assert finding.get().state == FindingState.OPEN
    assert fresh(form).finding_count == others + 1
    assert f'name="confirm:{rule}@{path}"' in page.get(form_url(form)).content.decode()
    # saving again adds none
    assert send(page, form, data).status_code == 302
    assert finding.count() == 1

    held = len(events(form))
    assert send(page, form, data, **{f"confirm:{rule}@{path}": "Measured again"}).status_code == 302
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


def left_out(form: FormInstance, sample: Sample) -> tuple[str, CrfField, Sample] | None:
    """(path prefix, field, sample without its value and with the reason of that)."""
    for prefix, crf_field, holder, _lookup in list(sample.fields()):
        if crf_field.missing and holder.values.get(crf_field.name) is not None:
            without = with_value(sample, prefix, crf_field, None, missing=crf_field.missing[0])
            found = walk(form, without)
            if not (found.hidden or refused(found, whole=True)):
                return prefix, crf_field, without
    return None


def _may_miss(key: str) -> bool:
    return any(f.missing and not f.derived for s in form_def(key).sections for f in s.fields)


@places(*(key for key in (*forms(), *parts()) if not _may_miss(key)), "EOT")  # its doses are on other forms
def test_a_missing_reason_stands_beside_the_value_never_with_it(
    form: FormInstance, sample: Sample, page: Client
) -> None:
    found = left_out(form, sample)
    assert found is not None
    prefix, crf_field, without = found
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


def disputed(form: FormInstance, sample: Sample) -> tuple[str, CrfField, Any]:
    """A field that one person changes and another empties."""
    return next(
        (prefix, crf_field, value)
        for prefix, crf_field, value in harmless(form, sample)
        if holder_of(sample, prefix).values.get(crf_field.name) is not None
        and not walk(form, with_value(sample, prefix, crf_field, None)).hidden
    )


@every_form
def test_a_stale_page_is_refused_with_both_versions_and_nothing_lost(
    form: FormInstance,
    sample: Sample,
    page: Client,
    people: dict[str, User],
    browser_of: Callable[[str], Client],
) -> None:
    saved(page, form, sample, action="save")
    sample = stored_sample(sample, form)
    prefix, crf_field, value = disputed(form, sample)
    path = prefix + crf_field.name
    theirs = with_value(sample, prefix, crf_field, value)
    mine = with_value(sample, prefix, crf_field, None)
    assert send(browser_of("chen"), form, theirs.post()).status_code == 302

    held = state(form)
    response = send(page, form, mine.post(), version=1)
    assert response.status_code == 409
    shown = html.words(response)
    assert crf_field.display(value) in shown  # what is stored now …
    assert any(str(people["chen"]) in text for text in shown)  # … and by whom
    answers = html.answers(response)
    kept = html.filled(mine.post())
    assert {k: answers.get(k) for k in kept} == kept
    assert (
        not answers.keys()
        & html.filled(
            posted(crf_field, sample.name(prefix, crf_field.name), holder_of(sample, prefix))
        ).keys()
    )
    assert state(form) == held
    # saving again is no choice; the page as it stands with a choice is
    again = html.read(response, "crf").answers | {"action": "save"}
    assert page.post(form_url(form), again).status_code == 409
    assert state(form) == held
    assert page.post(form_url(form), again | {f"merge:{path}": "mine"}).status_code == 302
    assert fresh(form).version == held[0] + 1
    assert crf_field.name not in stored_line(form, prefix).values
