"""Signing: who may, what is asked, what is bound, what voids it, what a stranger with the database leaves behind."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from axes.models import AccessAttempt
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models.signals import post_migrate
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crf import registry
from crf.models import (
    Finding,
    FormInstance,
    FormStatus,
    Query,
    Severity,
    Signature,
    Signed,
    SignedForm,
    Void,
)
from crf.policies_review import signable
from crf.selectors.form_states import esigned
from crf.selectors.readiness import UNSIGNED_KEYS
from crf.selectors.signing import (
    sheaf_of,
    sign_lines,
    sign_tiles,
    to_sign,
    unsettled,
    whole_casebook,
)
from crf.services.queries import query_act, query_raise
from crf.services.signing import Proof, Shown, forms_sign, signatures_recheck
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from trialsite.accounts import services as accounts
from trialsite.accounts.models import Delegation, User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

PROOF = Proof(("username", "password"), first_in_session=True)
RIGHT = {"username": "chen", "password": "demo-chen-2026"}
NOTHING = "Nothing was signed. The user name, password or code is wrong"


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True  # no second factor, unless a test is about it


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """01-003 as the endpoints need it, under a transaction that is rolled back at the end of the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        world.participant_01_003(world.people()["lin"], "01-003")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def cast(kept: None, db: None) -> dict[str, User]:
    return {user.username: user for user in User.objects.all()}


@pytest.fixture
def participant(cast: dict[str, User]) -> Participant:
    return Participant.objects.select_related("site").get(number="01-003")


@pytest.fixture
def chen(cast: dict[str, User]) -> Client:
    return browser(cast["chen"])


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(client: Client, address: str = "/sign/01-003/") -> dict[str, Any]:
    """What the page would post if nothing were touched."""
    html = unescape(client.get(address).content.decode())
    data: dict[str, Any] = dict(re.findall(r'name="(version:\d+)" value="(\d+)"', html))
    data["form"] = re.findall(r'name="form" value="(\d+)"', html)
    data["queries"] = re.search(r'name="queries" value="([^"]*)"', html)[1]  # type: ignore[index]
    return data | {"meaning": "CONFIRM"}


def sign(by: User, *forms: FormInstance) -> Signature:
    return forms_sign(
        by=by, participant=forms[0].participant, forms=[f.pk for f in forms], meaning="CONFIRM", proof=PROOF
    )


def fresh(form: FormInstance) -> FormInstance:
    return FormInstance.objects.select_related("participant__site", "visit").get(pk=form.pk)


def problems(participant: Participant) -> list[str]:
    return [
        f"{one.where}: {one.message}"
        for one in participant_problems(Participant.objects.get(pk=participant.pk))
    ]


def words(client: Client, address: str) -> str:
    """The text of a page, tags and line breaks taken away."""
    html = client.get(address).content.decode()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


# --- it works -------------------------------------------------------------------------------------------------------


def test_a_set_is_signed_and_says_who_when_what(
    participant: Participant, cast: dict[str, User], chen: Client
) -> None:
    data = page_of(chen)
    assert len(data["form"]) > 40
    answer = chen.post("/sign/01-003/", data | RIGHT)
    assert (answer.status_code, answer["Location"]) == (302, "/signatures/01-003/1/")
    signature = Signature.objects.get()
    assert (signature.printed_name, signature.meaning, signature.components) == (
        cast["chen"].full_name, "CONFIRM", "username + password",
    )  # fmt: skip
    assert signature.first_in_session
    assert signature.forms.count() == len(data["form"])
    assert set(FormInstance.objects.filter(pk__in=data["form"]).values_list("signed", flat=True)) == {"S"}
    said = words(chen, answer["Location"])
    local = signature.at.astimezone(participant.site.zone)
    for part in (
        cast["chen"].full_name, f"{signature.at:%Y-%m-%d %H:%M:%S} UTC", f"{local:%Y-%m-%d %H:%M:%S} Asia/Shanghai (UTC+08:00)",
        "I confirm these data", "complete and accurate record", signature.digest, "user name + password", "Investigator",
        "fits the forms, their values and the audit trail",
    ):  # fmt: skip
        assert part in said, part
    head = words(chen, "/p/01-003/TA2/ta/")
    assert f"Signed : {cast['chen'].full_name} · {signature.at:%Y-%m-%d %H:%M:%S} UTC" in head
    assert "“I confirm these data” · Signature 1" in head
    assert problems(participant) == []


def test_it_is_audited(participant: Participant, cast: dict[str, User]) -> None:
    form = world.form(participant, "DM", "SCR")
    signature = sign(cast["chen"], form)
    made = AuditEvent.objects.filter(action="SIGNED").order_by("number")
    assert [(e.target, e.path, e.new, e.actor_name, e.role, e.site) for e in made] == [
        (signature.address, "@digest", signature.digest, "chen", "INVESTIGATOR", "01"),
        (form.address, "@signature", signature.address, "chen", "INVESTIGATOR", "01"),
    ]
    assert "signed" in words(browser(cast["mo"]), "/p/01-003/SCR/dm/history/")


def test_only_the_chosen_forms_of_a_visit(participant: Participant, chen: Client) -> None:
    data = page_of(chen, "/sign/01-003/?visit=TA2")
    assert [world.form(participant, "TA", "TA2").pk] == [int(pk) for pk in data["form"]]
    whole = page_of(chen)
    assert chen.post("/sign/01-003/", whole | RIGHT | {"form": data["form"]}).status_code == 302
    assert [one.form_id for one in SignedForm.objects.all()] == [int(data["form"][0])]


def test_sixty_forms_take_as_many_queries_as_two(participant: Participant, cast: dict[str, User]) -> None:
    ready = list(to_sign().filter(participant=participant))
    counted = []
    for forms in (ready[:2], ready[2:]):
        with CaptureQueriesContext(connection) as queries:
            sign(cast["chen"], *forms)
        counted.append(len(queries))
    assert len(ready) > 40
    models = len({form.form_key for form in ready}) * 2  # a sheet and its rows for each kind of form
    assert counted[1] - counted[0] <= models


# --- who may not ----------------------------------------------------------------------------------------------------


def test_another_site_sees_no_page(participant: Participant, cast: dict[str, User]) -> None:
    sign(cast["chen"], world.form(participant, "DM", "SCR"))
    for address in ("/sign/01-003/", "/signatures/01-003/", "/signatures/01-003/1/"):
        assert browser(cast["zhao"]).get(address).status_code == 404
    data = {"form": [world.form(participant, "ICF", "SCR").pk], "meaning": "CONFIRM", "username": "zhao"}
    assert (
        browser(cast["zhao"]).post("/sign/01-003/", data | {"password": "demo-zhao-2026"}).status_code == 404
    )
    with pytest.raises(Refused, match="Only investigators of the site sign"):
        sign(cast["zhao"], world.form(participant, "ICF", "SCR"))


@pytest.mark.parametrize("name", ["lin", "mo", "da", "st", "ins"])
def test_another_role_is_told_and_it_is_noted(
    name: str, participant: Participant, cast: dict[str, User]
) -> None:
    client = browser(cast[name])
    page = client.get("/sign/01-003/").content.decode()
    assert "Only investigators of the site sign." in page
    assert 'id="password"' not in page
    data = {"form": [world.form(participant, "DM", "SCR").pk], "meaning": "CONFIRM"}
    answer = client.post("/sign/01-003/", data | {"username": name, "password": f"demo-{name}-2026"})
    assert answer.status_code == 403
    assert not Signature.objects.exists()
    assert AuditEvent.objects.filter(action="REFUSED", path="@sign", actor=cast[name], new="role").exists()
    assert client.get("/sign/").status_code == 404


def test_a_delegation_that_ended_is_named(
    participant: Participant, cast: dict[str, User], chen: Client
) -> None:
    Delegation.objects.filter(user=cast["chen"]).update(
        valid_until=timezone.localdate() - dt.timedelta(days=1)
    )
    for answer in (chen.get("/sign/"), chen.get("/sign/01-003/")):
        assert answer.status_code == 200
        assert "delegated" in answer.content.decode()
    data = {"form": [world.form(participant, "DM", "SCR").pk], "meaning": "CONFIRM"} | RIGHT
    answer = chen.post("/sign/01-003/", data)
    assert answer.status_code == 403
    assert "delegated" in answer.content.decode()
    assert not Signature.objects.exists()


# --- the wrong state ------------------------------------------------------------------------------------------------


def test_forms_with_open_queries_are_left_out_and_named(
    participant: Participant, cast: dict[str, User], chen: Client
) -> None:
    form = world.form(participant, "DM", "SCR")
    query = query_raise(
        by=cast["mo"], participant=participant, form=form, path="sex", text="Which sex does the source name?"
    )
    page = chen.get("/sign/01-003/").content.decode()
    assert f'value="{form.pk}"' not in page
    left_out = page.partition('id="left-out"')[2]
    assert query.code in left_out
    assert "This form has open queries." in left_out
    assert "Which sex does the source name?" in page.partition('id="open-queries"')[2]
    data = page_of(chen)
    forged = data | RIGHT | {"form": [form.pk], f"version:{form.pk}": form.version}
    answer = chen.post("/sign/01-003/", forged)
    assert answer.status_code == 422
    assert "Demographics: This form has open queries." in unescape(answer.content.decode())
    assert AuditEvent.objects.filter(action="REFUSED", path="@sign", new="queries").exists()
    assert chen.post("/sign/01-003/", data | RIGHT).status_code == 302
    assert query.code in Signature.objects.get().open_queries
    assert query.code in words(chen, "/signatures/01-003/1/")


def test_what_cannot_be_signed(participant: Participant, cast: dict[str, User]) -> None:
    form = world.form(participant, "DM", "SCR")

    def refused(match: str) -> None:
        with pytest.raises(Refused, match=match):
            sign(cast["chen"], fresh(form))

    FormInstance.objects.filter(pk=form.pk).update(status=FormStatus.IN_PROGRESS)
    refused("not complete")
    FormInstance.objects.filter(pk=form.pk).update(status=FormStatus.COMPLETE, locked=True)
    refused("locked")
    FormInstance.objects.filter(pk=form.pk).update(locked=False)
    Finding.objects.create(
        form=form, path="sex", rule="hard:sex", severity=Severity.HARD, value="x", raised_at=timezone.now()
    )
    refused("values that cannot be")
    assert not Signature.objects.exists()


def test_a_frozen_form_is_signed(participant: Participant, cast: dict[str, User]) -> None:
    """S10: frozen is not locked."""
    form = world.form(participant, "DM", "SCR")
    FormInstance.objects.filter(pk=form.pk).update(frozen=True)
    assert sign(cast["chen"], fresh(form)).forms.count() == 1


def test_twice_is_harmless(participant: Participant, chen: Client) -> None:
    data = page_of(chen)
    chen.post("/sign/01-003/", data | RIGHT)
    answer = chen.post("/sign/01-003/", data | RIGHT)
    assert answer.status_code == 422
    assert "is signed already" in answer.content.decode()
    assert Signature.objects.count() == 1


def test_what_was_saved_while_reading_is_not_signed(
    participant: Participant, cast: dict[str, User], chen: Client
) -> None:
    data = page_of(chen)
    world.change(world.form(participant, "DM", "SCR"), cast["lin"], su_packyr="16")
    answer = chen.post("/sign/01-003/", data | RIGHT)
    assert answer.status_code == 422
    assert "Demographics was saved while you were reading." in unescape(answer.content.decode())
    assert not Signature.objects.exists()


def test_a_query_raised_while_reading_is_read_first(
    participant: Participant, cast: dict[str, User], chen: Client
) -> None:
    data = page_of(chen)
    query_raise(
        by=cast["mo"], participant=participant, form=world.form(participant, "DM", "SCR"), text="Which source is this?"
    )  # fmt: skip
    data["form"] = [str(world.form(participant, "ICF", "SCR").pk)]
    answer = chen.post("/sign/01-003/", data | RIGHT)
    assert answer.status_code == 422
    assert "A query was raised while you were reading." in answer.content.decode()


def test_a_form_that_the_page_did_not_show_is_not_signed(
    participant: Participant, cast: dict[str, User]
) -> None:
    form = world.form(participant, "DM", "SCR")
    with pytest.raises(Refused, match="was saved while you were reading"):
        forms_sign(
            by=cast["chen"], participant=participant, forms=[form.pk], meaning="CONFIRM", proof=PROOF,
            shown=Shown({}, frozenset()),
        )  # fmt: skip


def test_another_participants_form_is_no_choice(participant: Participant, cast: dict[str, User]) -> None:
    other = world.screened(cast["lin"], "01-099")
    world.consent(other, cast["lin"], "2024-03-04")
    with pytest.raises(Refused, match="Choose the forms to sign"):
        forms_sign(
            by=cast["chen"], participant=participant, forms=[world.form(other, "ICF", "SCR").pk],
            meaning="CONFIRM", proof=PROOF,
        )  # fmt: skip


def test_the_list_and_the_policy_say_the_same(participant: Participant, cast: dict[str, User]) -> None:
    query_raise(
        by=cast["mo"], participant=participant, form=world.form(participant, "DM", "SCR"), text="Which source is this?"
    )  # fmt: skip
    FormInstance.objects.filter(participant=participant, form_key="HCC").update(locked=True)
    forms = list(FormInstance.objects.filter(participant=participant).select_related("participant"))
    elsewhere = unsettled(participant, forms)
    hard = {one.form_id for one in Finding.objects.filter(severity="hard", state="OPEN")}
    said = {f.pk for f in forms if signable(f, f.pk in hard, elsewhere) and f.form_key not in UNSIGNED_KEYS}
    assert set(to_sign().filter(participant=participant).values_list("pk", flat=True)) == said
    assert elsewhere


# --- proving who it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "component"),
    [
        ({"username": "chen", "password": "Xq7 not this one"}, "password"),
        ({"username": "wu", "password": "demo-wu-2026"}, "username"),
        ({"username": "wu", "password": "demo-chen-2026"}, "username"),
        ({"username": "chen", "password": "demo-wu-2026"}, "password"),
    ],
)
def test_a_wrong_component_signs_nothing(
    typed: dict[str, str], component: str, participant: Participant, cast: dict[str, User], chen: Client
) -> None:
    data = page_of(chen)
    data["form"] = data["form"][:3]
    answer = chen.post("/sign/01-003/", data | typed | {"meaning": "REVIEW"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert NOTHING in page
    assert typed["password"] not in page
    assert page.count("checked") == 3
    assert '<option value="REVIEW" selected>' in page
    assert f'value="{typed["username"]}"' in page
    assert not Signature.objects.exists()
    failed = AuditEvent.objects.get(action="SIGNATURE_FAILED")
    assert (failed.target, failed.new, failed.actor_name) == (
        f"participant:{participant.pk}", f"3 · {component}", "chen",
    )  # fmt: skip
    counted = AuditEvent.objects.get(action="SIGN_IN_FAILED")
    assert counted.target == cast["chen"].address, "of whoever is signed in"
    assert AccessAttempt.objects.get().username == "chen"
    assert problems(participant) == []


def test_five_failures_lock_and_the_right_password_gets_the_same_words(
    participant: Participant, chen: Client
) -> None:
    data = page_of(chen)
    said = {NOTHING in chen.post("/sign/01-003/", data | RIGHT | {"password": f"no {n}"}).content.decode()
            for n in range(5)}  # fmt: skip
    assert said == {True}
    assert AuditEvent.objects.filter(action="LOCKED_OUT").count() == 1
    answer = chen.post("/sign/01-003/", data | RIGHT)
    assert answer.status_code == 422
    assert NOTHING in answer.content.decode()
    assert not Signature.objects.exists()
    outside = Client().post("/login/", {"login": "chen", "password": "demo-chen-2026"})
    assert outside.status_code == 200, "the same lock stands at the door"
    assert AuditEvent.objects.filter(action="SIGNATURE_FAILED").count() == 6


def test_wrong_names_lock_as_well(participant: Participant, chen: Client) -> None:
    data = page_of(chen)
    for _ in range(5):
        chen.post("/sign/01-003/", data | RIGHT | {"username": "wu"})
    assert NOTHING in chen.post("/sign/01-003/", data | RIGHT).content.decode()
    assert AuditEvent.objects.filter(action="LOCKED_OUT").count() == 1


@pytest.mark.parametrize("missing", ["username", "password"])
def test_what_is_left_empty_is_asked_for_and_is_no_failure(
    missing: str, participant: Participant, chen: Client
) -> None:
    answer = chen.post("/sign/01-003/", page_of(chen) | RIGHT | {missing: " "})
    assert answer.status_code == 422
    assert "Fill in everything" in answer.content.decode()
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [({"form": []}, "Choose the forms to sign."), ({"meaning": ""}, "Choose what the signature means."),
     ({"meaning": "FUN"}, "Choose what the signature means."), ({"form": ["x", "²", "9" * 40]}, "Choose the forms to sign.")],
)  # fmt: skip
def test_bad_input_is_told(change: dict[str, Any], said: str, participant: Participant, chen: Client) -> None:
    answer = chen.post("/sign/01-003/", page_of(chen) | RIGHT | change)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Signature.objects.exists()


# --- one continuous session -----------------------------------------------------------------------------------------


def test_all_components_first_then_the_password(
    participant: Participant, cast: dict[str, User], chen: Client
) -> None:
    whole = page_of(chen)
    one, two = whole | {"form": whole["form"][:1]}, whole | {"form": whole["form"][1:2]}
    assert 'name="username"' in chen.get("/sign/01-003/").content.decode()
    assert chen.post("/sign/01-003/", one | {"password": RIGHT["password"]}).status_code == 422
    assert chen.post("/sign/01-003/", one | RIGHT).status_code == 302
    page = chen.get("/sign/01-003/").content.decode()
    assert 'name="username"' not in page
    assert "your password is enough" in page
    assert chen.post("/sign/01-003/", two | {"password": ""}).status_code == 422
    assert chen.post("/sign/01-003/", two | {"password": "wrong"}).status_code == 422
    assert chen.post("/sign/01-003/", two | {"password": RIGHT["password"]}).status_code == 302
    first, second = Signature.objects.order_by("pk")
    assert (first.first_in_session, second.first_in_session) == (True, False)
    assert second.components == "password"


def sign_out_and_in(client: Client, people: dict[str, User]) -> None:
    client.post("/logout/")
    client.post("/login/", {"login": "chen", "password": "demo-chen-2026"})


def idle(client: Client, people: dict[str, User]) -> None:
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=15, seconds=1)):
        assert client.get("/").status_code == 302, "the session is over"
    client.force_login(people["chen"])


def somebody_else(client: Client, people: dict[str, User]) -> None:
    client.force_login(people["lin"])
    client.force_login(people["chen"])


def signs_in_again(client: Client, people: dict[str, User]) -> None:
    client.force_login(people["chen"])


def new_password(client: Client, people: dict[str, User]) -> None:
    User.objects.filter(pk=people["chen"].pk).update(demo=False)
    client.post(
        "/account/password/",
        {
            "current": "demo-chen-2026",
            "password1": "another long sentence",
            "password2": "another long sentence",
        },
    )
    assert User.objects.get(username="chen").check_password("another long sentence")


@pytest.mark.parametrize("interruption", [sign_out_and_in, idle, somebody_else, signs_in_again, new_password])
def test_an_interruption_asks_for_everything_again(
    interruption: Callable[[Client, dict[str, User]], None], participant: Participant, cast: dict[str, User], chen: Client,
) -> None:  # fmt: skip
    data = page_of(chen)
    assert chen.post("/sign/01-003/", data | RIGHT | {"form": data["form"][:1]}).status_code == 302
    assert 'name="username"' not in chen.get("/sign/01-003/").content.decode()
    interruption(chen, cast)
    assert 'name="username"' in chen.get("/sign/01-003/").content.decode()


def code_of(secret: str, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())) + steps))


@pytest.fixture
def app(cast: dict[str, User]) -> Iterator[Callable[..., str]]:
    """Chen's authenticator: `app()` shows the code of now, `app(-9)` one of nine steps ago."""
    now = timezone.now().replace(second=5)
    with time_machine.travel(now - dt.timedelta(minutes=5), tick=False):
        secret = generate_totp_secret()
        accounts.factor_enrol(by=cast["chen"], secret=secret, code=code_of(secret))
    with time_machine.travel(now, tick=False):
        yield lambda steps=1: code_of(secret, steps)


def test_a_second_factor_is_a_component(
    participant: Participant, chen: Client, app: Callable[..., str]
) -> None:
    data = page_of(chen)
    assert 'name="code"' in chen.get("/sign/01-003/").content.decode()
    assert "Fill in everything" in chen.post("/sign/01-003/", data | RIGHT).content.decode()
    for code in (app(-9), "000000", "x"):
        answer = chen.post("/sign/01-003/", data | RIGHT | {"code": code})
        assert answer.status_code == 422
        assert NOTHING in answer.content.decode()
        assert code == "x" or code not in answer.content.decode()
    assert [e.new.partition(" · ")[2] for e in AuditEvent.objects.filter(action="SIGNATURE_FAILED")] == [
        "code"
    ] * 3
    code = app(0)
    wrong = chen.post("/sign/01-003/", data | RIGHT | {"password": "wrong", "code": code})
    assert wrong.status_code == 422
    done = chen.post("/sign/01-003/", data | RIGHT | {"code": code})
    assert done.status_code == 302, "behind a wrong password the code was not used up"
    assert Signature.objects.get().components == "username + password + code"


def test_a_used_code_is_a_failure(
    participant: Participant, cast: dict[str, User], chen: Client, app: Callable[..., str]
) -> None:
    data = page_of(chen)
    one, two = data | RIGHT | {"form": data["form"][:1]}, data | RIGHT | {"form": data["form"][1:2]}
    code = app(0)
    assert chen.post("/sign/01-003/", one | {"code": code}).status_code == 302
    signs_in_again(chen, cast)
    assert NOTHING in chen.post("/sign/01-003/", two | {"code": code}).content.decode()
    assert Signature.objects.count() == 1


# --- what voids it --------------------------------------------------------------------------------------------------


def test_a_change_voids_that_form_alone_and_says_why(
    participant: Participant, cast: dict[str, User], chen: Client
) -> None:
    chen.post("/sign/01-003/", page_of(chen) | RIGHT)
    form = world.form(participant, "TA", "TA2")
    world.change(form, cast["lin"], "Measured again.", TA2_2_tl_diam="18.0")
    assert fresh(form).signed == Signed.VOID
    others = SignedForm.objects.exclude(form=form)
    assert not others.filter(void_reason=Void.DATA, form__form_key="DM").exists()
    said = words(chen, "/p/01-003/TA2/ta/")
    assert "Signature void since" in said
    assert "Target lesions 2: RECIST diameter" in said
    assert "16.0 to 18.0 mm" in said
    assert "Review and sign again" in said
    assert "Review and sign again" not in words(browser(cast["mo"]), "/p/01-003/TA2/ta/")
    history = words(browser(cast["mo"]), "/p/01-003/TA2/ta/history/")
    assert "signature void" in history
    assert "16.0 to 18.0 mm" in history
    assert "since" in words(chen, "/signatures/01-003/1/")
    assert FormInstance.objects.get(pk=form.pk).signed == "V"
    assert problems(participant) == []


def test_what_changed_comes_first(participant: Participant, cast: dict[str, User], chen: Client) -> None:
    chen.post("/sign/01-003/", page_of(chen) | RIGHT)
    form = world.form(participant, "TA", "TA2")
    world.change(form, cast["lin"], "Measured again.", TA2_2_tl_diam="18.0")
    world.change(form, cast["lin"], "Read wrongly.", TA2_2_tl_diam="17.0")
    page = chen.get("/sign/01-003/").content.decode()
    assert page.index('id="changes"') < page.index('id="t-forms"') < page.index('name="password"')
    told = " ".join(
        unescape(re.sub(r"<[^>]+>", " ", page.partition('id="changes"')[2].partition("</table>")[0])).split()
    )
    for part in (
        "16.0 mm 18.0 mm", "18.0 mm 17.0 mm", "Measured again.", "Read wrongly.", "Study coordinator", "TA2 Tumour assessment",
    ):  # fmt: skip
        assert part in told, part
    assert str(cast["lin"]) in unescape(told)
    sheaf = sheaf_of(participant)
    assert form.pk in {one.form.pk for one in sheaf.changed}
    assert sheaf.fallen[0].before is not None
    changed = [one.form.pk for one in sheaf.changed]
    chen.post("/sign/01-003/", page_of(chen) | RIGHT)
    again = Signature.objects.order_by("-pk")[0]
    assert again.changed == sorted(changed)
    world.change(form, cast["lin"], "Once more.", TA2_2_tl_diam="16.5")
    [one] = [one for one in sheaf_of(participant).changed if one.form.pk == form.pk]
    assert [line.reason for line in one.changes] == ["Once more."], "not what the second signature had seen"


def test_a_changed_definition_voids_and_says_form_changed(
    participant: Participant, cast: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    dm, icf = world.form(participant, "DM", "SCR"), world.form(participant, "ICF", "SCR")
    sign(cast["chen"], dm, icf)
    assert signatures_recheck() == 0
    newer(monkeypatch, "DM")
    assert "the form's definition is not the one that was signed" in problems(participant)[0]
    assert signatures_recheck() == 1
    assert (fresh(dm).signed, fresh(icf).signed) == (Signed.VOID, Signed.SIGNED)
    assert "Signature void since" in words(browser(cast["chen"]), "/p/01-003/SCR/dm/")
    assert ": form changed" in words(browser(cast["chen"]), "/p/01-003/SCR/dm/")
    fell = AuditEvent.objects.get(action="SIGNATURE_VOID")
    assert (fell.target, fell.actor_name) == (dm.address, "system")
    assert signatures_recheck() == 0
    assert problems(participant) == []
    assert sign(cast["chen"], fresh(dm)).forms.get().definition == "feedfacecafe"


def newer(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """As after a release that declares this form differently."""
    real = registry.form_def
    changed = replace(real(key), version="feedfacecafe")

    def form_def(asked: str) -> Any:
        return changed if asked == key else real(asked)

    for name in (
        "crf.registry", "crf.services.signing", "crf.services.signatures_void", "crf.selectors.signature_check",
        "crf.selectors.signing",
    ):  # fmt: skip
        monkeypatch.setattr(f"{name}.form_def", form_def)


@pytest.mark.parametrize("road", ["migrate", "task"])
def test_an_upgrade_looks_for_them_by_itself(
    road: str, participant: Participant, cast: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    form = world.form(participant, "DM", "SCR")
    sign(cast["chen"], form)
    newer(monkeypatch, "DM")
    if road == "migrate":
        config = apps.get_app_config("crf")
        post_migrate.send(
            sender=config, app_config=config, using="default", verbosity=0, interactive=False, plan=[]
        )
    else:
        from crf.tasks import signatures_sweep

        signatures_sweep()
    assert fresh(form).signed == Signed.VOID


def test_a_line_that_is_taken_out_loses_its_signature(cast: dict[str, User]) -> None:
    from crf.services.logs import log_line_add, log_line_remove

    made = world.screened(cast["lin"], "01-098")
    world.consent(made, cast["lin"], "2024-03-04")
    log_line_add(by=cast["lin"], participant=made, log="MH")
    line = world.form(made, "MH1")
    world.fill(line, cast["lin"], {"mhterm": "Chronic hepatitis B"}, complete=False)
    FormInstance.objects.filter(pk=line.pk).update(status=FormStatus.COMPLETE)
    sign(cast["chen"], fresh(line))
    log_line_remove(by=cast["lin"], form=fresh(line), reason="Entered twice.")
    assert SignedForm.objects.get().void_reason == Void.REMOVED
    assert "line taken out" in words(browser(cast["chen"]), "/signatures/01-098/1/")


# --- bound to what was signed ---------------------------------------------------------------------------------------


def test_the_row_cannot_be_changed(participant: Participant, cast: dict[str, User]) -> None:
    signature = sign(cast["chen"], world.form(participant, "DM", "SCR"))
    for act in (
        lambda: Signature.objects.filter(pk=signature.pk).update(meaning="REVIEW"),
        lambda: connection.cursor().execute("DELETE FROM crf_signature"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert Signature.objects.get().meaning == "CONFIRM"


def copied_to_another_form(signature: Signature, participant: Participant) -> str:
    other = world.form(participant, "ICF", "SCR")
    row = signature.forms.get()
    SignedForm.objects.create(
        signature=signature, form=other, version=other.version, values_digest=row.values_digest,
        definition=registry.form_def("ICF").version,
    )  # fmt: skip
    return f"form:{other.pk}): the values are not those that were signed"


def moved_to_another_form(signature: Signature, participant: Participant) -> str:
    other = world.form(participant, "ICF", "SCR")
    signature.forms.update(form=other)
    return f"crf_signature id={signature.pk}: its digest does not fit the row and its forms"


def one_value_by_sql(signature: Signature, participant: Participant) -> str:
    form = world.form(participant, "DM", "SCR")
    connection.cursor().execute("UPDATE crf_demographics SET sex = 'F' WHERE form_id = %s", [form.pk])
    return f"form:{form.pk}): the values are not those that were signed"


def the_definition_by_sql(signature: Signature, participant: Participant) -> str:
    signature.forms.update(definition="000000000000")
    return "the form's definition is not the one that was signed"


def the_digest_of_the_form_too(signature: Signature, participant: Participant) -> str:
    one_value_by_sql(signature, participant)
    signature.forms.update(values_digest="0" * 64)
    return f"crf_signature id={signature.pk}: its digest does not fit the row and its forms"


def history_taken_out(signature: Signature, participant: Participant) -> str:
    signature.forms.all().delete()
    return f"crf_signature id={signature.pk}: its digest does not fit the row and its forms"


def made_to_stand_again(signature: Signature, participant: Participant) -> str:
    form = world.form(participant, "DM", "SCR")
    world.change(form, User.objects.get(username="lin"), su_packyr="16")
    signature.forms.update(voided_at=None, void_reason="")
    return f"form:{form.pk}): signature is signature:{signature.pk}, the trail says empty"


def called_signed(signature: Signature, participant: Participant) -> str:
    form = world.form(participant, "ICF", "SCR")
    FormInstance.objects.filter(pk=form.pk).update(signed="S")
    return f"crf_forminstance id={form.pk} (ICF): signed is S, its signatures say empty"


@pytest.mark.parametrize(
    "tamper",
    [
        copied_to_another_form, moved_to_another_form, one_value_by_sql, the_definition_by_sql,
        the_digest_of_the_form_too, history_taken_out, made_to_stand_again, called_signed,
    ],
)  # fmt: skip
def test_whoever_alters_it_is_found(
    tamper: Callable[[Signature, Participant], str], participant: Participant, cast: dict[str, User]
) -> None:
    signature = sign(cast["chen"], world.form(participant, "DM", "SCR"))
    assert problems(participant) == []
    said = tamper(signature, participant)
    found = problems(participant)
    assert any(said in line for line in found), found


def test_the_page_says_that_it_no_longer_fits(
    participant: Participant, cast: dict[str, User], chen: Client
) -> None:
    signature = sign(cast["chen"], world.form(participant, "DM", "SCR"))
    one_value_by_sql(signature, participant)
    page = words(chen, "/signatures/01-003/1/")
    assert "This signature does not fit what is stored" in page
    assert "the values are not those that were signed" in page


def test_manage_py_verify_names_the_row(
    participant: Participant, cast: dict[str, User], capsys: pytest.CaptureFixture[str]
) -> None:
    signature = sign(cast["chen"], world.form(participant, "DM", "SCR"))
    one_value_by_sql(signature, participant)
    with pytest.raises((SystemExit, Exception)):
        call_command("verify")
    said = capsys.readouterr()
    assert "the values are not those that were signed" in said.out + said.err


# --- work lists -----------------------------------------------------------------------------------------------------


def test_the_worklist_puts_what_changed_first(
    participant: Participant, cast: dict[str, User], chen: Client
) -> None:
    other = world.screened(cast["lin"], "01-004")
    world.consent(other, cast["lin"], "2024-03-04")
    ready = to_sign().filter(participant=participant).count()
    tile = sign_tiles(cast["chen"])
    assert tile is not None
    assert (tile.count, tile.changed, tile.href) == (ready + 1, 0, "/sign/")
    chen.post("/sign/01-003/", page_of(chen) | RIGHT)
    world.change(world.form(participant, "DM", "SCR"), cast["lin"], su_packyr="16")
    tile = sign_tiles(cast["chen"])
    assert tile is not None
    assert (tile.count, tile.changed) == (2, 1)
    lines = sign_lines({participant.site_id})
    assert [(line.number, line.changed, line.new) for line in lines if line.changed or line.new] == [
        ("01-003", 1, 0), ("01-004", 0, 1),
    ]  # fmt: skip
    page = words(chen, "/sign/")
    assert page.index("01-003") < page.index("01-004")
    assert "1 changed since it was signed" in page
    assert sign_tiles(cast["lin"]) is None


def test_the_worklist_names_what_is_left_out(cast: dict[str, User], chen: Client) -> None:
    made = world.screened(cast["lin"], "01-096")
    world.consent(made, cast["lin"], "2024-03-04")
    query = query_raise(
        by=cast["mo"], participant=made, form=world.form(made, "ICF", "SCR"), text="Which source is this?"
    )
    query_act(by=cast["lin"], query=query, act="answer", text="The chart.", outcome="CLARIFIED")
    assert query.code in words(chen, "/sign/")


def test_the_worklist_takes_the_same_queries_for_one_and_for_many(
    participant: Participant, cast: dict[str, User], chen: Client
) -> None:
    chen.get("/sign/")
    with CaptureQueriesContext(connection) as one:
        chen.get("/sign/")
    for number in range(5):
        made = world.screened(cast["lin"], f"01-01{number}")
        world.consent(made, cast["lin"], "2024-03-04")
    with CaptureQueriesContext(connection) as many:
        assert "01-014" in chen.get("/sign/").content.decode()
    assert len(many) == len(one)


# --- questions that a signature answers -----------------------------------------------------------------------------


def test_eligibility_is_signed_by_the_signature_on_its_form(
    participant: Participant, cast: dict[str, User], chen: Client
) -> None:
    form = world.form(participant, "IE", "SCR")
    FormInstance.objects.filter(pk=form.pk).update(query_open=0, query_answered=0)
    form = fresh(form)
    before = form.version
    assert esigned(form) == {}
    signature = sign(cast["chen"], form)
    said = f"{signature.printed_name}, {signature.at:%Y-%m-%d %H:%M:%S} UTC (signature 1)"
    assert esigned(fresh(form)) == {"ie_signed": said}
    assert said in words(chen, "/p/01-003/SCR/ie/")
    assert fresh(form).version == before, "nothing is stored: the digest stands"
    assert problems(participant) == []


def test_the_casebook_is_signed_when_every_form_is(cast: dict[str, User]) -> None:
    made = world.screened(cast["lin"], "01-097")
    world.consent(made, cast["lin"], "2024-03-04")
    FormInstance.objects.filter(participant=made).exclude(form_key__in=("ICF", "EOS")).update(expected=False)
    end = world.form(made, "EOS", "EOS")
    world.fill(
        end,
        cast["lin"],
        {"eos_dsstdat": "2024-03-20", "eos_dsdecod": "OTHER", "eos_dsterm": "Ended"},
        complete=False,
    )
    FormInstance.objects.filter(pk=end.pk).update(status=FormStatus.COMPLETE, expected=True)
    consent = world.form(made, "ICF", "SCR")
    Finding.objects.filter(form__participant=made).delete()
    for one in FormInstance.objects.filter(participant=made):
        FormInstance.objects.filter(pk=one.pk).update(query_open=0, query_answered=0)
    Query.objects.filter(participant=made).update(state="CLOSED")
    query = query_raise(by=cast["mo"], participant=made, form=consent, text="Which source is this?")
    with pytest.raises(Refused, match="Resolve all errors and queries of the casebook"):
        sign(cast["chen"], fresh(end))
    query_act(by=cast["mo"], query=query, act="cancel", text="Asked by mistake.")
    sign(cast["chen"], fresh(end))
    assert whole_casebook(made) is None, "the consent is not signed"
    last = sign(cast["chen"], fresh(consent))
    assert whole_casebook(made) == last
    assert list(esigned(fresh(end))) == ["eos_sign"]
    world.change(fresh(consent), cast["lin"], icf_dssttim="09:25")
    assert whole_casebook(made) is None
    assert esigned(fresh(end)) == {}
