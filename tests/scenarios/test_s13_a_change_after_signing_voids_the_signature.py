"""S13 A change after signing voids the signature and says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crf import registry
from crf.models import FormInstance, Signature, Signed, SignedForm, Void
from crf.services.signing import Proof, forms_sign, signatures_recheck
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from tests.scenarios.stage import SignedIn, again, save
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

PROOF = Proof(("username", "password"), True)
PAGE = "/p/01-003/TA2/ta/"


@pytest.fixture
def form(cast: dict[str, User]) -> FormInstance:
    """The tumour assessment after cycle 4, signed; lesion 2 measures 18 mm."""
    lin = cast["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.treatment_01_003(made, lin)
    form = world.form(made, "TA", "TA2")
    world.change(form, lin, TA2_2_tl_diam="18", TA2_2_tl_viable="10", tresp_r_inv="PR")
    from crf.models import Query

    Query.objects.filter(form=form).update(state="CLOSED")
    FormInstance.objects.filter(pk=form.pk).update(query_open=0, query_answered=0)
    forms_sign(by=cast["chen"], participant=made, forms=[form.pk], meaning="CONFIRM", proof=PROOF)
    assert again(form).signed == Signed.SIGNED
    return form


def change(at: SignedIn, form: FormInstance) -> None:
    answer = save(at("lin"), form, TA2_2_tl_diam="16", more={"reason": "Measured again on the same slice"})
    assert answer.status_code == 302, answer.content.decode()[:2000]


def test_the_signature_reads_void_since_and_which_value(at: SignedIn, form: FormInstance) -> None:
    change(at, form)
    page = at("lin").get(PAGE).content.decode()
    assert "void since" in page.lower()
    assert "18" in page
    signed = SignedForm.objects.get(form=form)
    assert signed.voided_at is not None
    assert (signed.void_reason, "TA2:2/tl_diam\t18.0\t16.0" in signed.void_detail) == (Void.DATA, True)
    history = at("chen").get("/signatures/01-003/").content.decode()
    assert "18" in history
    assert "16" in history


def test_the_status_falls_back_and_dr_chen_has_a_task(at: SignedIn, form: FormInstance) -> None:
    change(at, form)
    assert again(form).signed == Signed.VOID
    assert "01-003" in at("chen").get("/sign/").content.decode()
    sheaf = at("chen").get("/sign/01-003/").content.decode()
    assert "18" in sheaf.partition("What changed since the last signature")[2]
    assert "Measured again on the same slice" in sheaf


def test_the_old_signature_stays_in_the_history(
    at: SignedIn, form: FormInstance, cast: dict[str, User]
) -> None:
    first = Signature.objects.get()
    change(at, form)
    from crf.models import Query

    Query.objects.filter(form=form).update(state="CLOSED")
    FormInstance.objects.filter(pk=form.pk).update(query_open=0, query_answered=0)
    forms_sign(
        by=cast["chen"], participant=again(form).participant, forms=[form.pk], meaning="CONFIRM", proof=PROOF
    )
    assert Signature.objects.count() == 2
    assert SignedForm.objects.filter(form=form, voided_at__isnull=True).count() == 1
    assert at("mo").get("/signatures/01-003/1/").status_code == 200
    assert Signature.objects.get(pk=first.pk).digest == first.digest


def test_saving_without_a_change_voids_nothing(at: SignedIn, form: FormInstance) -> None:
    assert save(at("lin"), form, more={"reason": "Looked again"}).status_code == 302
    assert again(form).signed == Signed.SIGNED


def test_a_new_version_of_the_form_reads_void_form_changed(
    at: SignedIn, form: FormInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = registry.form_def("TA")
    newer = replace(definition) if hasattr(definition, "__dataclass_fields__") else definition
    try:
        monkeypatch.setitem(vars(newer), "version", "new-version")
    except TypeError:
        object.__setattr__(newer, "version", "new-version")
    found = registry.form_def

    def form_def(key: str) -> object:
        return newer if key == "TA" else found(key)

    for name in ("crf.services.signing", "crf.services.signatures_void", "crf.selectors.values"):
        module = __import__(name, fromlist=["form_def"])
        if hasattr(module, "form_def"):
            monkeypatch.setattr(module, "form_def", form_def)
    SignedForm.objects.filter(form=form).update(definition="older")
    assert signatures_recheck() >= 1
    assert again(form).signed == Signed.VOID
    assert SignedForm.objects.get(form=form).void_reason == Void.DEFINITION
    assert "form changed" in at("chen").get("/signatures/01-003/").content.decode().lower()


def test_the_trail_and_the_tables_agree(at: SignedIn, form: FormInstance) -> None:
    change(at, form)
    assert AuditEvent.objects.filter(target=form.address, action="SIGNATURE_VOID").exists()
    assert list(participant_problems(Participant.objects.get(number="01-003"))) == []
