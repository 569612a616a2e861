"""A form as it was at any moment: values, status, marks, signature, holds and queries, from the trail alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from urllib.parse import quote

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crf.models import FormInstance
from crf.selectors.as_was import AsWas, as_was, events_of, stops_of, texts
from crf.selectors.sheets import sheet_of
from crf.services.holding import hold_lift, hold_put
from crf.services.queries import query_act, query_raise
from crf.services.signing import Proof, forms_sign
from crf.services.verification import values_verify
from participants.models import Participant
from tests import world
from tests.integration.trail_review.conftest import FIRST
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)
ADDRESS = "/p/01-003/SCR/dm/as-of/"
ANSWERS = {"sex": "M", "su_tob": "FORMER", "su_packyr": "20"}


@pytest.fixture
def form(participant: Participant, cast: dict[str, User]) -> FormInstance:
    """The demographics: entered at hour 0, the packs corrected at 1, verified and signed, corrected again, locked."""
    form = world.form(participant, "DM", "SCR")
    with time_machine.travel(FIRST, tick=False):
        world.fill(form, cast["lin"], ANSWERS, complete=False)
    with time_machine.travel(FIRST + HOUR, tick=False):
        world.change(form, cast["lin"], su_packyr="22")
    with time_machine.travel(FIRST + 2 * HOUR, tick=False):
        query_raise(
            by=cast["mo"], participant=participant, form=again(form), path="su_tob", text="Please check."
        )
    with time_machine.travel(FIRST + 3 * HOUR, tick=False):
        values_verify(by=cast["mo"], form=again(form), paths=["su_packyr"])
    return again(form)


def again(form: FormInstance) -> FormInstance:
    return FormInstance.objects.select_related("participant__site", "visit").get(pk=form.pk)


def at(form: FormInstance, moment: dt.datetime) -> AsWas:
    return as_was(again(form), moment)


# --- it works -------------------------------------------------------------------------------------------------------


def test_each_moment_has_its_values(form: FormInstance) -> None:
    assert texts(at(form, FIRST - MINUTE).sheet) == {}
    assert at(form, FIRST).sheet.get("su_packyr") == 20
    assert at(form, FIRST + HOUR - MINUTE).sheet.get("su_packyr") == 20
    assert at(form, FIRST + HOUR).sheet.get("su_packyr") == 22


def test_a_moment_after_the_last_is_the_form_as_it_is(form: FormInstance) -> None:
    assert texts(at(form, FIRST + 9 * HOUR).sheet) == texts(sheet_of(again(form)))


def test_the_stops_say_when_who_and_what(form: FormInstance) -> None:
    stops = stops_of(events_of(form))
    told = [(stop.at, stop.username, stop.role) for stop in stops if stop.at >= FIRST]
    assert told == [
        (FIRST, "lin", "COORDINATOR"), (FIRST + HOUR, "lin", "COORDINATOR"), (FIRST + 2 * HOUR, "mo", "MONITOR"),
        (FIRST + 3 * HOUR, "mo", "MONITOR"),
    ]  # fmt: skip
    corrected = next(stop for stop in stops if stop.at == FIRST + HOUR)
    assert dict(corrected.changes) == {"su_packyr": "20.0"}


def test_marks_and_queries_are_those_of_the_moment(form: FormInstance, cast: dict[str, User]) -> None:
    assert at(form, FIRST + HOUR).queries == []
    assert dict(at(form, FIRST + 2 * HOUR).marks) == {}
    before = at(form, FIRST + 3 * HOUR)
    assert dict(before.marks) == {"su_packyr": "22.0"}
    assert [(q.path, q.state, q.question) for q in before.queries] == [("su_tob", "OPEN", "Please check.")]
    query = form.queries.get(rule="")  # type: ignore[attr-defined]
    with time_machine.travel(FIRST + 4 * HOUR, tick=False):
        query_act(by=cast["lin"], query=query, act="answer", outcome="CONFIRMED")
        world.change(form, cast["lin"], su_packyr="24")
    after = at(form, FIRST + 4 * HOUR)
    assert (dict(after.marks), after.fell) == ({}, {"su_packyr"})
    assert [q.state for q in after.queries] == ["ANSWERED"]
    assert [q.state for q in at(form, FIRST + 3 * HOUR).queries] == ["OPEN"]


def test_holds_and_their_end(participant: Participant, cast: dict[str, User]) -> None:
    form = world.form(participant, "ICF", "SCR")  # complete
    with time_machine.travel(FIRST + 4 * HOUR, tick=False):
        hold_put(by=cast["da"], kind="FREEZE", target=again(form), reason="Data review.")
    with time_machine.travel(FIRST + 5 * HOUR, tick=False):
        hold_lift(by=cast["da"], target=again(form), reason="Review over.")
    assert [at(form, FIRST + n * HOUR).frozen for n in (3, 4, 5)] == [False, True, False]


def test_a_signature_stands_until_it_is_void(participant: Participant, cast: dict[str, User]) -> None:
    form = world.form(participant, "ICF", "SCR")  # complete
    proof = Proof(("username", "password"), True)
    with time_machine.travel(FIRST, tick=False):
        forms_sign(by=cast["chen"], participant=participant, forms=[form.pk], meaning="CONFIRM", proof=proof)
    with time_machine.travel(FIRST + HOUR, tick=False):
        world.change(form, cast["lin"], icf_dssttim="09:40")
    stood, fallen = at(form, FIRST), at(form, FIRST + HOUR)
    assert stood.signature is not None and (stood.signature.name, stood.signed) == (
        cast["chen"].full_name,
        "S",
    )
    assert fallen.signature is not None and (fallen.signature.void_at, fallen.signed) == (FIRST + HOUR, "V")
    assert at(form, FIRST - MINUTE).signature is None


def test_the_definition_of_the_time_is_named_when_it_was_another(
    form: FormInstance, cast: dict[str, User]
) -> None:
    FormInstance.objects.filter(pk=form.pk).update(definition="olddef000000")
    with time_machine.travel(FIRST + 5 * HOUR, tick=False):
        world.change(form, cast["lin"], su_packyr="25")
    assert at(form, FIRST + HOUR).definition == "olddef000000"
    assert at(form, FIRST + 5 * HOUR).definition == again(form).definition != "olddef000000"


def test_a_removed_row_is_there_until_it_was_removed(participant: Participant, cast: dict[str, User]) -> None:
    form = world.form(participant, "TA", "SCR")
    lesions = [world.target("T01", "S8", "82.0", "80.0", tl_enh="TYPICAL")]
    with time_machine.travel(FIRST, tick=False):
        world.assessed(participant, cast["lin"], "SCR", "2024-03-06", lesions, None, complete=False)
    with time_machine.travel(FIRST + HOUR, tick=False):
        world.fill(
            form, cast["lin"], {"ta_perf": "Y"}, {"TA2": [{"@remove": "Not a target."}]}, complete=False, reason="Wrong.",
        )  # fmt: skip
    assert [row.active for row in at(form, FIRST).sheet.rows["TA2"]] == [True]
    gone = at(form, FIRST + HOUR).sheet.rows["TA2"][0]
    assert (gone.active, gone.removed_reason) == (False, "Not a target.")


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_page_marks_what_changed_and_says_both_clocks(
    form: FormInstance, signed_in: Callable[[str], Client]
) -> None:
    page = signed_in("mo").get(f"{ADDRESS}?at=2026-11-20T07:03:00Z").content.decode()
    assert 'class="f was-changed" id="f-su_packyr"' in page
    assert "before: 20" in page
    assert "15:03:00" in page and "07:03:00 UTC" in page


def test_compare_with_now(form: FormInstance, signed_in: Callable[[str], Client]) -> None:
    page = signed_in("mo").get(f"{ADDRESS}?at=2026-11-20T06:03:00Z&compare=now").content.decode()
    assert "now: 22" in page
    assert "now: " not in signed_in("mo").get(f"{ADDRESS}?at=2026-11-20T06:03:00Z").content.decode()


def test_previous_and_next_are_links(form: FormInstance, signed_in: Callable[[str], Client]) -> None:
    client = signed_in("lin")
    page = client.get(f"{ADDRESS}?at=2026-11-20T07:03:00Z").content.decode()
    assert f"?at={quote('2026-11-20T06:03:00Z', safe='')}" in page
    assert f"?at={quote('2026-11-20T08:03:00Z', safe='')}" in page


def test_the_slider_without_script_is_a_question(
    form: FormInstance, signed_in: Callable[[str], Client]
) -> None:
    place = next(stop.place for stop in stops_of(events_of(form)) if stop.at == FIRST)
    response = signed_in("lin").get(f"{ADDRESS}?stop={place}")
    assert response.context["was"].at == FIRST


def test_labels_are_in_the_language_of_the_reader(
    form: FormInstance, cast: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    User.objects.filter(username="mo").update(language="zh-hans")
    assert "性别" in signed_in("mo").get(ADDRESS).content.decode()


@pytest.mark.parametrize(
    "query", ["at=yesterday", "at=2026-13-45T00:00:00Z", "stop=99999", "stop=0", "stop=x", "at=%00"]
)
def test_what_cannot_be_read_is_said(
    query: str, form: FormInstance, signed_in: Callable[[str], Client]
) -> None:
    response = signed_in("mo").get(f"{ADDRESS}?{query}")
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()


def test_a_moment_without_a_zone_is_the_site_s(
    form: FormInstance, signed_in: Callable[[str], Client]
) -> None:
    was = signed_in("mo").get(f"{ADDRESS}?at=2026-11-20T14:03:00").context["was"]
    assert was.at == FIRST


def test_another_site_s_form_is_not_there(form: FormInstance, signed_in: Callable[[str], Client]) -> None:
    for name, status in (("lin", 200), ("ins", 200), ("st", 200), ("wu", 404), ("ad", 404), ("p1", 404)):
        assert signed_in(name).get(ADDRESS).status_code == status, name


def test_a_single_reading_is_not_there(participant: Participant, signed_in: Callable[[str], Client]) -> None:
    assert signed_in("da").get("/p/01-003/CPATH/cpath/as-of/").status_code == 404


def test_the_entry_page_leads_here(form: FormInstance, signed_in: Callable[[str], Client]) -> None:
    assert f'href="{ADDRESS}"' in signed_in("lin").get("/p/01-003/SCR/dm/").content.decode()


def test_the_number_of_queries_does_not_grow_with_the_history(
    form: FormInstance, cast: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    client = signed_in("mo")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get(ADDRESS)
        return len(seen)

    queries()
    few = queries()
    for packs in range(30, 40):
        world.change(form, cast["lin"], su_packyr=str(packs))
    assert queries() == few
