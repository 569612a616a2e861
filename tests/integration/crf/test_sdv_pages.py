"""The pages of the verification: what is on the list, a form beside its source, a visit at once, the plan."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crf.models import FormInstance, MarkState, VerificationMark, VerificationPlan
from crf.selectors.sdv import Filters, fallen_marks, progress_of, sdv_tiles
from crf.selectors.sdv_lists import PAGE, neighbours, worklist
from crf.selectors.sheets import sheet_of
from crf.services.entry import Order, form_save
from crf.services.verification import forms_verify, values_verify
from crf.services.verification_plan import plan_set
from crf.typed import Typed
from participants.models import Participant
from tests import world
from tests.benchmarks.copies import copy
from trialsite.accounts.models import RoleHeld, User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

SCAN = "/sdv/01-003/SCR/ta/"
DIAMETER = "TA2:1/tl_diam"


@pytest.fixture
def cast(settings: Any) -> dict[str, User]:
    settings.DEMO = True
    return world.people()


@pytest.fixture
def participant(cast: dict[str, User]) -> Participant:
    """Consent and a scan, complete; demographics begun."""
    made = world.screened(cast["lin"], "01-003")
    world.consent(made, cast["lin"], "2024-03-04")
    lesions = [world.target("T01", "S8", "82.0", "80.0", tl_enh="TYPICAL")]
    world.assessed(made, cast["lin"], "SCR", "2024-03-06", lesions, None)
    world.fill(world.form(made, "DM", "SCR"), cast["lin"], {"sex": "M"}, complete=False)
    return made


@pytest.fixture
def scan(participant: Participant) -> FormInstance:
    return world.form(participant, "TA", "SCR")


@pytest.fixture
def at(cast: dict[str, User]) -> Callable[[str], Client]:
    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(cast[name], "trialsite.accounts.backends.AccountBackend")
        return client

    return signed_in


def again(form: FormInstance) -> FormInstance:
    return FormInstance.objects.select_related("participant__site", "visit").get(pk=form.pk)


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def seen(page: Any) -> dict[str, str]:
    return json.loads(page.context["page"].seen)


# --- the list -----------------------------------------------------------------------------------------------------


def test_what_is_on_the_list(cast: dict[str, User], scan: FormInstance) -> None:
    """Complete forms of which the plan asks something; those that are only begun are on another list."""
    found = worklist(cast["mo"], Filters())
    assert [(one.number, [line.key for line in lines]) for one, lines in found.lines] == [
        ("01-003", ["ICF", "TA"])
    ]
    begun = worklist(cast["mo"], Filters(need="unfinished"))
    assert [line.key for _one, lines in begun.lines for line in lines] == ["DM"]


def test_changed_first_with_what_when_by_whom_and_why(
    cast: dict[str, User], scan: FormInstance, at: Callable[[str], Client]
) -> None:
    values_verify(by=cast["mo"], form=scan)
    assert "changed since verified" not in text(at("mo").get("/sdv/")).lower().replace(
        ">changed since verified<", ""
    )
    world.change(scan, cast["lin"], reason="Report addendum.", TA2_1_tl_diam="86.0")
    page = text(at("mo").get("/sdv/"))
    assert "changed since verified (82.0 mm to 86.0 mm)" in page
    assert str(cast["lin"]) in page and "Report addendum." in page and str(cast["mo"]) in page
    assert page.index("changed since verified (82.0") < page.index('id="forms"')
    form = text(at("mo").get(SCAN))
    assert "changed since verified (82.0 mm to 86.0 mm)" in form and "82.0 mm → 86.0 mm" in form
    assert "Report addendum." in form


def test_s22_one_item_and_partly_verified(cast: dict[str, User], participant: Participant) -> None:
    """S22: all is verified; one value changes; the queue has one item, the form is partly verified, the rest stands."""
    forms = list(
        FormInstance.objects.filter(participant=participant, version__gt=0).select_related(
            "participant__site", "visit"
        )
    )
    done, left = forms_verify(by=cast["mo"], forms=forms)
    assert len(done) == 3 and left == []
    assert (sdv_tiles(cast["mo"]).to_verify, sdv_tiles(cast["mo"]).changed) == (0, 0)
    world.change(world.form(participant, "TA", "SCR"), cast["lin"], TA2_1_tl_diam="86.0")
    found = worklist(cast["mo"], Filters())
    assert (found.changed_count, found.count, [form.marks[0].mark.path for form in found.changed]) == (
        1,
        1,
        [DIAMETER],
    )
    assert (sdv_tiles(cast["mo"]).to_verify, sdv_tiles(cast["mo"]).changed) == (1, 1)
    states = dict(
        FormInstance.objects.filter(pk__in=[form.pk for form in forms]).values_list("form_key", "verified")
    )
    assert states == {"ICF": "V", "TA": "P", "DM": "V"}
    assert VerificationMark.objects.exclude(state=MarkState.VALID).count() == 1


def test_nothing_left(cast: dict[str, User], participant: Participant, at: Callable[[str], Client]) -> None:
    forms = FormInstance.objects.filter(participant=participant, status="COMPLETE").select_related(
        "participant__site", "visit"
    )
    forms_verify(by=cast["mo"], forms=forms)
    assert "All critical fields verified." in text(at("mo").get("/sdv/"))


def test_filters_are_in_the_address(
    cast: dict[str, User], scan: FormInstance, at: Callable[[str], Client]
) -> None:
    def keys(query: str) -> list[str]:
        return [
            line.key for _one, lines in at("mo").get(f"/sdv/?{query}").context["work"].lines for line in lines
        ]

    assert keys("form=TA") == ["TA"]
    assert keys("visit=SCR&form=ICF") == ["ICF"]
    assert keys("visit=log") == keys("visit=TA1") == keys("participant=01-999") == keys("site=02") == []
    assert keys("participant=01-003&site=01") == ["ICF", "TA"]
    assert keys("need=all") == ["ICF", "DM", "TA"]
    assert keys("need=nonsense&page=nonsense") == ["ICF", "TA"]
    values_verify(by=cast["mo"], form=scan)
    assert keys("need=verified") == ["TA"]
    assert keys("need=changed") == []


def test_percentages(cast: dict[str, User], scan: FormInstance) -> None:
    values_verify(by=cast["mo"], form=scan)
    found = worklist(cast["mo"], Filters())
    assert [(site.number, site.verified, site.total) for site in found.sites] == [("01", 1, 3)]
    one = next(iter(progress_of(cast["mo"], Filters()).values()))
    assert one.percent == pytest.approx(100 / 3)


def test_a_monitor_of_one_site_sees_that_site(
    cast: dict[str, User], scan: FormInstance, at: Callable[[str], Client]
) -> None:
    world.screened(cast["wu"], "02-001", "02")
    RoleHeld.objects.filter(user=cast["mo"]).update(site=world.site("02"))
    mo = User.objects.get(pk=cast["mo"].pk)
    found = worklist(mo, Filters())
    assert (found.count, [site.number for site in found.sites], sdv_tiles(mo).to_verify) == (0, ["02"], 0)
    for path in (SCAN, "/sdv/01-003/SCR/"):
        assert at("mo").get(path).status_code == at("mo").post(path).status_code == 404


def test_pages_of_the_list(cast: dict[str, User], participant: Participant) -> None:
    """Each form once, in order, on whatever page it falls."""
    copy(participant, 60)
    pages = [worklist(cast["mo"], Filters(), page) for page in (1, 2, 3)]
    assert (pages[0].count, pages[0].pages) == (122, 3)
    assert [page.rows for page in pages] == [PAGE, PAGE, 22]
    keys = [(line.number, line.key) for page in pages for _one, lines in page.lines for line in lines]
    assert len(set(keys)) == 122 and keys == sorted(keys)
    assert worklist(cast["mo"], Filters(), 99).page == 3


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == 200
    return len(found)


def test_the_number_of_queries_does_not_grow(
    cast: dict[str, User], participant: Participant, scan: FormInstance, at: Callable[[str], Client]
) -> None:
    values_verify(by=cast["mo"], form=scan)
    world.change(scan, cast["lin"], TA2_1_tl_diam="86.0")
    mo, paths = (
        at("mo"),
        ("/sdv/", "/sdv/?site=01&visit=SCR", SCAN, SCAN + "?show=all", "/sdv/01-003/SCR/", "/sdv/plan/"),
    )
    copy(participant, 8)
    assert mo.get("/sdv/").status_code == 200  # the first request of a session asks more
    few = [queries(mo, path) for path in paths]
    copy(participant, 90, first=9)
    assert [queries(mo, path) for path in paths] == few
    assert max(few) <= 34


def test_the_lists_are_read_from_indexes(cast: dict[str, User], participant: Participant) -> None:
    """What there is to verify is counted from one index, what changed is found by another: 100,000 forms are no matter."""
    copy(participant, 90)
    by, now = cast["mo"], timezone.now()
    pks = list(FormInstance.objects.filter(version__gt=0).values_list("pk", flat=True))
    kept = [(pk, f"x{n}", "VALID") for pk in pks for n in range(10)] + [(pks[0], "y", "CHANGED")]
    VerificationMark.objects.bulk_create(
        VerificationMark(form_id=pk, path=path, state=state, verified_by=by, verified_at=now)
        for pk, path, state in kept
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as found:
        progress_of(cast["mo"], Filters())
        list(fallen_marks(cast["mo"]).values_list("pk"))
    counting = next(query["sql"] for query in found.captured_queries if "GROUP BY" in query["sql"])
    assert "form_to_verify" in plan_of(counting)
    assert "mark_changed" in plan_of(found.captured_queries[-1]["sql"])


def plan_of(sql: str) -> str:
    word = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{word} {sql}".replace("%", "%%"), [])
        return " ".join(str(row) for row in cursor.fetchall())


# --- one form -----------------------------------------------------------------------------------------------------


def test_critical_first_and_only(scan: FormInstance, at: Callable[[str], Client]) -> None:
    page = at("mo").get(SCAN).context["page"]
    assert page.show == "critical" and all(row.critical for row in page.rows)
    everything = at("mo").get(SCAN + "?show=all").context["page"]
    for group in everything.groups:
        kinds = [row.critical for row in group.rows]
        assert kinds == sorted(kinds, reverse=True)
    assert {row.path for row in everything.rows} > {row.path for row in page.rows}
    assert {"ta_slice", "sum_recist"} <= {row.path for row in everything.rows}


def test_one_tick(cast: dict[str, User], scan: FormInstance, at: Callable[[str], Client]) -> None:
    mo = at("mo")
    page = mo.get(SCAN)
    answer = mo.post(SCAN, {"tick": DIAMETER, "seen": page.context["page"].seen, "show": "critical"})
    assert (answer.status_code, answer["Location"]) == (302, SCAN + "?show=critical#v-TA2-1-tl_diam")
    assert list(VerificationMark.objects.values_list("path", "value")) == [(DIAMETER, "82.0")]
    assert f"Verified by {cast['mo']}" in text(mo.get(SCAN))


def test_the_button_covers_what_it_lists(scan: FormInstance, at: Callable[[str], Client]) -> None:
    mo = at("mo")
    page = mo.get(SCAN).context["page"]
    number = len(page.remaining)
    assert f"Verify {number} remaining" in text(mo.get(SCAN))
    assert mo.post(SCAN, {"all": "1", "cover": page.covers, "seen": page.seen}).status_code == 302
    assert VerificationMark.objects.filter(state=MarkState.VALID).count() == number
    assert again(scan).verified == "V"
    assert mo.get(SCAN).context["page"].remaining == []


def test_what_came_meanwhile_is_not_covered(
    cast: dict[str, User], scan: FormInstance, at: Callable[[str], Client]
) -> None:
    mo = at("mo")
    page = mo.get(SCAN).context["page"]
    typed = Typed.of(sheet_of(again(scan)))
    lesion = world.target("T02", "S6", "41.0", "40.0", tl_enh="TYPICAL")
    typed.rows["TA2"] += world.typed("TA", {}, {"TA2": [None, lesion]}).rows["TA2"]
    form_save(
        by=cast["lin"], form=again(scan), typed=typed, order=Order(reason="Second lesion.", clear_hidden=True)
    )
    assert mo.post(SCAN, {"all": "1", "cover": page.covers, "seen": page.seen}).status_code == 302
    assert again(scan).verified == "P"
    assert not VerificationMark.objects.filter(path__startswith="TA2:2/").exists()


def test_a_value_that_changed_meanwhile(
    cast: dict[str, User], scan: FormInstance, at: Callable[[str], Client]
) -> None:
    mo = at("mo")
    page = mo.get(SCAN).context["page"]
    world.change(scan, cast["lin"], TA2_1_tl_diam="86.0")
    for act in ({"tick": DIAMETER}, {"tick": "TA2:1"}, {"all": "1", "cover": page.covers}):
        answer = mo.post(SCAN, act | {"seen": page.seen})
        assert answer.status_code == 409
        assert "it was 82.0 mm, now it is 86.0 mm" in text(answer)
    assert not VerificationMark.objects.exists()
    assert AuditEvent.objects.filter(action="REFUSED", actor=cast["mo"], new="changed").count() == 3


@pytest.mark.parametrize(
    "posted",
    [
        {}, {"tick": ""}, {"tick": DIAMETER}, {"tick": DIAMETER, "seen": "{"}, {"tick": DIAMETER, "seen": "[]"},
        {"tick": DIAMETER, "seen": '{"TA2:1/tl_diam": 82}'}, {"all": "1"}, {"all": "1", "cover": "[1]"},
        {"all": "1", "cover": '["sum_recist"]', "seen": "{}"}, {"tick": "../../etc", "seen": "{}"}, {"take_back": DIAMETER},
        {"take_back": DIAMETER, "reason": "Why."}, {"whole": "1"},
    ],
)  # fmt: skip
def test_nonsense_verifies_nothing(
    posted: dict[str, str], scan: FormInstance, at: Callable[[str], Client]
) -> None:
    answer = at("mo").post(SCAN, posted)
    assert answer.status_code in (409, 422)
    assert "Not verified" in text(answer)
    assert not VerificationMark.objects.exists()


def test_taking_back_asks_why(cast: dict[str, User], scan: FormInstance, at: Callable[[str], Client]) -> None:
    values_verify(by=cast["mo"], form=scan)
    mo = at("mo")
    asked = mo.get(SCAN + f"?back={DIAMETER}")
    assert "Take the verification back" in text(asked)
    empty = mo.post(SCAN, {"take_back": DIAMETER, "reason": " "})
    assert (
        empty.status_code == 422 and "Say why" in text(empty) and "Take the verification back" in text(empty)
    )
    assert mo.post(SCAN, {"take_back": DIAMETER, "reason": "Wrong report."}).status_code == 302
    assert "Verification taken back" in text(mo.get(SCAN))
    assert again(scan).verified == "P"


def test_readers_read(scan: FormInstance, at: Callable[[str], Client]) -> None:
    """The data manager and the inspector see everything and have no button; by direct request they are refused."""
    for name in ("da", "ins"):
        page = at(name).get(SCAN)
        words = text(page)
        assert "Only monitors verify" in words
        assert 'name="tick"' not in words and 'name="all"' not in words
        answer = at(name).post(SCAN, {"tick": DIAMETER, "seen": page.context["page"].seen})
        assert answer.status_code == 403
    assert not VerificationMark.objects.exists()


def test_locked_and_frozen(cast: dict[str, User], scan: FormInstance, at: Callable[[str], Client]) -> None:
    """S07, S10: the tab that stays open is refused when the lock comes."""
    mo = at("mo")
    page = mo.get(SCAN).context["page"]
    FormInstance.objects.filter(pk=scan.pk).update(frozen=True)
    assert mo.post(SCAN, {"tick": DIAMETER, "seen": page.seen}).status_code == 302
    FormInstance.objects.filter(pk=scan.pk).update(locked=True)
    answer = mo.post(SCAN, {"tick": "tudat", "seen": page.seen})
    assert answer.status_code == 403 and "This form is locked: verification is closed." in text(answer)
    assert 'name="tick"' not in text(mo.get(SCAN))
    assert AuditEvent.objects.filter(action="REFUSED", target=scan.address, new="locked").count() == 1
    assert worklist(cast["mo"], Filters(form="TA")).count == 0


def test_lines_of_a_log(cast: dict[str, User], participant: Participant, at: Callable[[str], Client]) -> None:
    line = world.line(participant, cast["lin"], "AE")
    world.fill(line, cast["lin"], {"aeterm": "Nausea", "aetoxgr": "2"}, complete=False)
    mo, path = at("mo"), f"/sdv/01-003/log/ae/{line.repeat}/"
    page = mo.get(path).context["page"]
    assert mo.post(path, {"tick": "aetoxgr", "seen": page.seen}).status_code == 302
    assert VerificationMark.objects.get().path == "aetoxgr"


def test_values_are_escaped(
    cast: dict[str, User], participant: Participant, at: Callable[[str], Client]
) -> None:
    line = world.line(participant, cast["lin"], "AE")
    world.fill(line, cast["lin"], {"aeterm": "<b>'\"&"}, complete=False)
    page = at("mo").get(f"/sdv/01-003/log/ae/{line.repeat}/")
    assert "<b>'" not in page.content.decode() and seen(page)["aeterm"] == "<b>'\"&"


def test_the_keys_lead_on(cast: dict[str, User], participant: Participant) -> None:
    copy(participant, 2)
    consent, scan = world.form(participant, "ICF", "SCR"), world.form(participant, "TA", "SCR")
    after = neighbours(cast["mo"], consent)
    assert (after.before, after.after) == ("", SCAN) or after.after == SCAN
    others = sorted(Participant.objects.exclude(pk=participant.pk).values_list("number", flat=True))
    following = [number for number in others if number > "01-003"]
    on = neighbours(cast["mo"], scan)
    assert on.before == "/sdv/01-003/SCR/icf/"
    assert on.after == on.participant == (f"/sdv/{following[0]}/SCR/icf/" if following else "")


# --- a visit ------------------------------------------------------------------------------------------------------


def test_a_visit_at_once(
    cast: dict[str, User], participant: Participant, at: Callable[[str], Client]
) -> None:
    mo = at("mo")
    page = mo.get("/sdv/01-003/SCR/")
    assert [line.form.form_key for line in page.context["offered"]] == ["ICF", "TA"]
    why = {line.form.form_key: str(line.may.reason) for line in page.context["others"]}
    assert why["DM"] == "This form is not complete. Verify it by itself."
    assert why["HCC"] == "Nothing has been entered on this form."
    data = {"form": [line.form.pk for line in page.context["offered"]]}
    data |= {f"version.{line.form.pk}": line.form.version for line in page.context["offered"]}
    assert mo.post("/sdv/01-003/SCR/", data).status_code == 302
    states = dict(
        FormInstance.objects.filter(participant=participant)
        .exclude(verified="")
        .values_list("form_key", "verified")
    )
    assert states == {"ICF": "V", "TA": "V"}
    assert mo.post("/sdv/01-003/SCR/", data).status_code == 302  # twice is harmless
    assert AuditEvent.objects.filter(action="VERIFIED").count() == VerificationMark.objects.count()


def test_what_a_visit_leaves_out(
    cast: dict[str, User], participant: Participant, scan: FormInstance, at: Callable[[str], Client]
) -> None:
    """One form was locked, one changed since the page was shown: the others are verified, these are named."""
    mo = at("mo")
    lines = mo.get("/sdv/01-003/SCR/").context["offered"]
    data = {"form": [line.form.pk for line in lines]} | {
        f"version.{line.form.pk}": line.form.version for line in lines
    }
    FormInstance.objects.filter(pk=lines[0].form.pk).update(locked=True)
    world.change(scan, cast["lin"], TA2_1_tl_diam="86.0")
    answer = mo.post("/sdv/01-003/SCR/", data)
    assert answer.status_code == 409
    assert "locked: verification is closed" in text(answer) and "changed while you were looking" in text(
        answer
    )
    assert not VerificationMark.objects.exists()
    assert AuditEvent.objects.filter(action="REFUSED").count() == 2
    nothing = mo.post("/sdv/01-003/SCR/", {"form": data["form"]})  # no version was shown
    assert nothing.status_code == 409 and not VerificationMark.objects.exists()


@pytest.mark.parametrize("name", ["da", "ins"])
def test_readers_verify_no_visit(name: str, scan: FormInstance, at: Callable[[str], Client]) -> None:
    data = {"form": [scan.pk], f"version.{scan.pk}": scan.version}
    assert at(name).post("/sdv/01-003/SCR/", data).status_code == 403
    assert not VerificationMark.objects.exists()


# --- the plan -----------------------------------------------------------------------------------------------------


def test_the_plan_says_what_is_critical_and_why(scan: FormInstance, at: Callable[[str], Client]) -> None:
    page = text(at("ins").get("/sdv/plan/"))
    assert "Grade" in page or "grade" in page
    assert "safety" in page and "read by an endpoint" in page and "consent" in page
    assert '<input type="radio"' not in page
    assert "Only data managers change the verification plan." in page


def test_the_data_manager_sets_it(
    cast: dict[str, User], scan: FormInstance, at: Callable[[str], Client]
) -> None:
    values_verify(by=cast["mo"], form=scan)
    da = at("da")
    assert da.post("/sdv/plan/", {"level.TA": "ALL", "level.DM": "CRITICAL"}).status_code == 302
    assert list(VerificationPlan.objects.values_list("form_key", "level")) == [("TA", "ALL")]
    assert again(scan).verified == "P"
    assert at("mo").get(SCAN).context["page"].show == "all"
    wrong = da.post("/sdv/plan/", {"level.TA": "SOME"})
    assert wrong.status_code == 422 and "Choose none, critical fields, or all fields." in text(wrong)
    assert da.post("/sdv/plan/", {"level.CPATH": "ALL"}).status_code == 422
    for name in ("mo", "ins"):
        assert at(name).post("/sdv/plan/", {"level.TA": "NONE"}).status_code == 403
    assert VerificationPlan.objects.get().level == "ALL"


def test_nothing_is_asked_of_a_form(
    cast: dict[str, User], scan: FormInstance, at: Callable[[str], Client]
) -> None:
    plan_set(by=cast["da"], form_key="TA", level="NONE")
    assert [line.key for _one, lines in worklist(cast["mo"], Filters()).lines for line in lines] == ["ICF"]
    assert at("mo").get(SCAN).status_code == 200


def test_the_page_says_that_forms_are_being_counted(
    scan: FormInstance, cast: dict[str, User], at: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crf.services.verification_plan.AT_ONCE", -1)
    plan_set(by=cast["da"], form_key="TA", level="ALL")
    assert "being counted anew" in text(at("da").get("/sdv/plan/"))
    assert "being counted anew" in text(at("mo").get("/sdv/"))


def test_rows_of_one_value_are_one_table(cast: dict[str, User], at: Callable[[str], Client]) -> None:
    """Thirty-three criteria stand under each other, each under its own name."""
    made = world.screened(cast["lin"], "01-003")
    world.screening_01_003(made, cast["lin"])
    page = at("mo").get("/sdv/01-003/SCR/ie/").context["page"]
    criteria = next(group for group in page.groups if group.rows[0].path.startswith("IE1:"))
    assert len(criteria.rows) > 30 and criteria.rows[0].label.startswith("I01")
    lesions = at("mo").get(SCAN).context["page"].groups
    assert [group.path for group in lesions if group.path] == ["TA2:1", "TA2:2"]
