"""Any random history of what people do, through the services that the pages call.

Whatever comes: every value that was ever saved is found in the exported trail; the trail replayed equals the tables;
nothing that is asked of a locked form changes it. A history that fails is named by its seed.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.test import Client

from crf.models import FormInstance, HoldKind, MarkState, Query, UnlockRequest, VerificationMark
from crf.models.queries import WITH_SITE
from crf.naming import form_url
from crf.registry import form_def
from crf.selectors.sheets import sheet_of
from crf.services.entry import Invalid, Order, Stale, form_save
from crf.services.findings import participants_check
from crf.services.holding import hold_lift, hold_put, unlock_ask, unlock_decide
from crf.services.logs import log_line_add, log_line_remove
from crf.services.queries import query_act, query_raise
from crf.services.signing import Proof, forms_sign
from crf.services.verification import values_verify, verification_take_back
from crf.typed import Typed, TypedRow
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditChain
from trialsite.audit.verifying import chain_problems
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

SEEDS = range(6)
STEPS = 60
PROOF = Proof(("username", "password"), True)
# Answers of a few forms: texts as they are typed, an empty one takes the answer away.
ANSWERS: dict[str, dict[str, list[str]]] = {
    "ICF": {"icf_copy": ["Y", "N"], "icf_samples": ["Y", "N", "NA"], "icf_witness": ["NA", "Y"], "icf_dssttim": ["09:20", ""]},
    "DM": {
        "sex": ["M", "F"], "race": ["ASIAN", "OTHER", ""], "su_tob": ["NEVER", "FORMER", "CURRENT"],
        "su_packyr": ["", "0", "15", "95", "200"], "su_alc": ["NEVER", "FORMER"], "su_alc_gday": ["", "20"],
        "brthdat": ["1968-05", "1968-05-11", "1971-01"], "dmdat": ["2024-03-04", "2024-03-05"], "wocbp": ["", "Y", "N_SURG"],
        "ethcn": ["HAN", "OTHER"], "ethcn_oth": ["", "Tujia"], "famhx_hcc": ["Y", "N"],
    },
    "VS": {
        "vsperf": ["Y", "N"], "vsdat": ["2024-03-06", ""], "weight": ["70.0", "71.5", "200", ""], "height": ["171", ""],
        "sysbp": ["128", "260", ""], "diabp": ["78", "130", ""], "temp": ["36.5", "41.0", ""], "ecog": ["0", "1", ""],
    },
    "AE1": {
        "aeterm": ["Nausea", "Vomiting", "Rash"], "aestdat": ["2024-03-14", "2024-03", ""], "aetoxgr": ["1", "3", ""],
        "aeser": ["Y", "N", ""],
    },
    "TA": {
        "ta_perf": ["Y", "N"], "tudat": ["2024-03-06", "2024-03-07"], "ta_slice": ["3.0", "5.0", ""],
        "ta_contrast": ["Y", "N"], "nl_yn": ["NA", "N"],
    },
}  # fmt: skip
LESION = {
    "tl_lnkid": ["T01", "T02", "T03"], "tl_loc": ["LIVER"], "tl_locdtl": ["S5", "S8"], "tl_node": ["N"],
    "tl_state": ["MEASURED", "NE"], "tl_diam": ["62", "26", "18.5", ""], "tl_viable": ["10", "5", ""],
}  # fmt: skip
REFUSED = (Refused, Invalid, Stale)
DONE: Counter[str] = Counter()  # acts that succeeded, over all histories of this process
SEEN: set[int] = set()


class History:
    """One participant and what happens to the forms. `saved`: every (address, path, text) that a save has stored."""

    def __init__(self, people: dict[str, User], seed: int) -> None:
        self.people, self.dice = people, random.Random(seed)
        self.participant = world.screened(people["lin"], "01-003")
        self.saved: set[tuple[str, str, str]] = set()
        self.done: dict[str, int] = {}
        world.consent(self.participant, people["lin"], "2024-03-04")
        world.enter(
            self.participant, people["lin"], [p for p in world.quickly("screening") if p.key in ("DM", "VS")]
        )
        self.forms = [world.form(self.participant, key, "SCR").pk for key in ("ICF", "DM", "VS", "TA")]
        self.lines()

    def lines(self) -> None:
        made = log_line_add(by=self.people["lin"], participant=self.participant, log="AE")
        if made.pk not in self.forms:
            self.forms.append(made.pk)

    def form(self) -> FormInstance:
        pk = self.dice.choice(self.forms)
        return FormInstance.objects.select_related("participant__site", "visit").get(pk=pk)

    # --- what people do -----------------------------------------------------------------------------------------------

    def step(self) -> None:
        act: Callable[[FormInstance], Any] = self.dice.choices(
            [self.save, self.ask, self.answer, self.verify, self.unverify, self.sign, self.hold, self.lift, self.unlock,
             self.line, self.take_out, self.check, self.settle, self.lock_up],
            [12, 2, 3, 4, 1, 4, 4, 3, 4, 1, 1, 1, 6, 4],
        )[0]  # fmt: skip
        form = self.form()
        before = contents(form)
        try:
            act(form)
        except REFUSED:
            whole = act not in (self.settle, self.lock_up)  # several acts, of which the last was refused
            assert not whole or contents(form) == before, f"{act.__name__} was refused and changed something"
        else:
            self.done[act.__name__] = self.done.get(act.__name__, 0) + 1
        if before[0] and act != self.unlock:
            assert contents(form)[:-1] == before[:-1], f"{act.__name__} changed a locked form"

    def save(self, form: FormInstance) -> None:
        sheet = sheet_of(form)
        typed, fields = Typed.of(sheet), form_def(form.form_key).fields
        for name in self.dice.sample(list(ANSWERS[form.form_key]), k=self.dice.randint(1, 4)):
            put(typed, fields[name], self.dice.choice(ANSWERS[form.form_key][name]))
        if form.form_key == "TA":
            self.lesions(typed)
        order = Order(
            complete=self.dice.random() < 0.2, reason=self.dice.choice(["", "Corrected after source check."]),
            clear_hidden=self.dice.random() < 0.7, token=f"t{self.dice.random()}",
            version=self.dice.choice([None, form.version, max(form.version - 1, 0)]),
        )  # fmt: skip
        form_save(by=self.people[self.dice.choice(["lin", "chen"])], form=form, typed=typed, order=order)
        self.note(form)

    def lesions(self, typed: Typed) -> None:
        fields = {f.name: f for f in form_def("TA").section("TA2").fields}
        rows = typed.rows.setdefault("TA2", [])
        if self.dice.random() < 0.4:
            rows.append(TypedRow("n1"))
        for row in rows:
            if self.dice.random() < 0.15 and row.key != "n1":
                row.remove, row.reason = True, self.dice.choice(["", "Entered twice"])
                continue
            for name in self.dice.sample(list(LESION), k=3):
                put(row, fields[name], self.dice.choice(LESION[name]))

    def note(self, form: FormInstance) -> None:
        """Everything that stands on the form now has been saved at some time."""
        sheet, definition = sheet_of(again(form)), form_def(form.form_key)
        holders: list[tuple[str, Any, Any]] = [("", sheet, definition.fields.values())]
        for section in definition.row_sections:
            holders += [
                (f"{section.id}:{line.row}/", line, section.fields) for line in sheet.rows.get(section.id, ())
            ]
        for prefix, holder, fields in holders:
            for crf_field in fields:
                if text := crf_field.to_text(holder.values.get(crf_field.name)):
                    self.saved.add((form.address, prefix + crf_field.name, text))

    def ask(self, form: FormInstance) -> None:
        path = self.dice.choice(["", *ANSWERS[form.form_key]])
        query_raise(
            by=self.people[self.dice.choice(["mo", "da", "lin"])], participant=form.participant, form=form, path=path,
            text="What does the source say?",
        )  # fmt: skip

    def answer(self, form: FormInstance) -> None:
        found = list(Query.objects.filter(form=form).select_related("participant__site", "form__visit"))
        if found:
            act = self.dice.choice(["answer", "comment", "return", "close", "reopen", "cancel"])
            who = self.people[self.dice.choice(["lin", "mo", "da"])]
            query_act(
                by=who, query=self.dice.choice(found), act=act, text="See the page.", outcome="CLARIFIED"
            )

    def settle(self, form: FormInstance) -> None:
        """The site answers everything, the monitor closes it."""
        for query in Query.objects.filter(form=form).select_related("participant__site", "form__visit"):
            if query.state in WITH_SITE:
                query_act(
                    by=self.people["lin"], query=query, act="answer", text="So it is.", outcome="CONFIRMED"
                )
            if query.state == "ANSWERED":
                query_act(by=self.people["mo"], query=query, act="close")

    def verify(self, form: FormInstance) -> None:
        values_verify(by=self.people[self.dice.choice(["mo", "mo", "lin"])], form=form)

    def unverify(self, form: FormInstance) -> None:
        mark = VerificationMark.objects.filter(form=form, state=MarkState.VALID).first()
        if mark:
            verification_take_back(by=self.people["mo"], form=form, path=mark.path, reason="By mistake")

    def sign(self, form: FormInstance) -> None:
        who = self.people[self.dice.choice(["chen", "chen", "lin", "zhao"])]
        forms_sign(by=who, participant=form.participant, forms=[form.pk], meaning="CONFIRM", proof=PROOF)

    def hold(self, form: FormInstance) -> None:
        kind = self.dice.choice([HoldKind.FREEZE, HoldKind.LOCK, HoldKind.LOCK])
        hold_put(by=self.people[self.dice.choice(["da", "da", "lin"])], kind=kind, target=form)

    def lock_up(self, form: FormInstance) -> None:
        """The whole way to a lock, as far as the form lets it."""
        for act in (self.settle, self.verify, self.sign):
            with suppress(Refused):
                act(again(form))
        hold_put(by=self.people["da"], kind=HoldKind.LOCK, target=again(form))

    def lift(self, form: FormInstance) -> None:
        hold_lift(by=self.people["da"], target=form, reason="Needed again")

    def unlock(self, form: FormInstance) -> None:
        """Asked by one, decided by the same person or by a second one."""
        waiting = UnlockRequest.objects.filter(form=form, state="PENDING").first()
        if waiting is None:
            unlock_ask(by=self.people["da"], target=form, reason="Source was corrected")
        else:
            unlock_decide(by=self.people[self.dice.choice(["da", "da2"])], request=waiting, agree=True)

    def line(self, form: FormInstance) -> None:
        self.lines()

    def take_out(self, form: FormInstance) -> None:
        if form.form_key == "AE1" and len(self.forms) > 4:
            log_line_remove(by=self.people["lin"], form=form, reason="Entered twice")

    def check(self, form: FormInstance) -> None:
        if not form.locked:
            participants_check([form.participant_id])


def put(holder: Any, crf_field: Any, text: str) -> None:
    holder.missing.pop(crf_field.name, None)
    holder.values.pop(crf_field.name, None)
    if text:
        holder.values[crf_field.name] = crf_field.parse(text)


def again(form: FormInstance) -> FormInstance:
    return FormInstance.objects.select_related("participant__site", "visit").get(pk=form.pk)


def contents(form: FormInstance) -> tuple[Any, ...]:
    """What a lock protects; the first says whether it is locked."""
    now = again(form)
    sheet = sheet_of(now)
    rows = {section: [str(line) for line in lines] for section, lines in sheet.rows.items()}
    marks = list(
        VerificationMark.objects.filter(form=form).order_by("path").values_list("path", "value", "state")
    )
    return (
        now.locked, now.version, now.status, now.active, now.signed, now.verified, str(sheet.values), str(sheet.missing),
        str(rows), str(marks), Query.objects.filter(form=form).count(),
    )  # fmt: skip


@pytest.fixture
def people(settings: Any) -> dict[str, User]:
    """The cast, and a second data manager."""
    from trialsite.accounts.services import role_grant, user_create

    settings.DEMO = True
    cast = world.people()
    second = user_create(by=cast["ad"], username="da2", full_name="Du Min")
    role_grant(by=cast["ad"], user=second, role="DATA_MANAGER", reason="Second person")
    return cast | {"da2": User.objects.get(pk=second.pk)}


def exported(user: User) -> set[tuple[str, str, str]]:
    """(object, path, value) of every row of the trail's export, old values and new ones."""
    client = Client()
    client.force_login(user)
    response = client.get("/audit/export/jsonl/")
    assert response.status_code == 200
    rows = [json.loads(line) for line in b"".join(response.streaming_content).decode().splitlines()]  # type: ignore[attr-defined]
    return {
        (row["target"], row["path"], row[side]) for row in rows if "target" in row for side in ("old", "new")
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_any_history(seed: int, people: dict[str, User]) -> None:
    SEEN.add(seed)
    history = History(people, seed)
    for _ in range(STEPS):
        history.step()
    participant = Participant.objects.get(pk=history.participant.pk)
    assert list(participant_problems(participant)) == [], f"seed {seed}: the trail and the tables differ"
    for chain in AuditChain.objects.all():
        assert list(chain_problems(chain)) == [], f"seed {seed}"
    assert history.saved, f"seed {seed}: nothing was ever saved"
    lost = history.saved - exported(people["mo"])
    assert not lost, f"seed {seed}: saved and not in the exported trail: {sorted(lost)[:5]}"
    assert history.done.keys() >= {"save", "verify"}, f"seed {seed}: {history.done}"
    DONE.update(history.done)


def test_the_histories_reached_the_rare_acts() -> None:
    """Signing, locking and unlocking ask for much: dice that never come so far would prove nothing of them."""
    if len(SEEN) == len(SEEDS):
        assert DONE.keys() >= {
            "save",
            "ask",
            "answer",
            "verify",
            "sign",
            "hold",
            "lift",
            "unlock",
            "lock_up",
        }, DONE


@pytest.mark.parametrize("seed", SEEDS)
def test_no_sequence_of_requests_changes_a_locked_form(seed: int, people: dict[str, User]) -> None:
    """The same dice at the addresses of a locked form: whoever posts whatever, wherever."""
    dice = random.Random(seed)
    participant = world.screened(people["lin"], "01-003")
    world.consent(participant, people["lin"], "2024-03-04")
    form = world.form(participant, "DM", "SCR")
    world.enter(participant, people["lin"], [page for page in world.quickly("screening") if page.key == "DM"])
    values_verify(by=people["mo"], form=again(form))
    forms_sign(by=people["chen"], participant=participant, forms=[form.pk], meaning="CONFIRM", proof=PROOF)
    hold_put(by=people["da"], kind=HoldKind.LOCK, target=again(form))
    before = contents(form)
    url, clients = form_url(form), {}
    roads = ["", "draft/", "draft/drop/", "presence/", "queries/?path=sex", "history/", "as-of/"]
    beside = [
        "/sdv/01-003/SCR/dm/", "/sdv/01-003/SCR/", "/sign/01-003/", "/locks/act/", "/queries/close/", "/p/01-003/open/",
        "/p/01-003/SCR/miss/",
    ]  # fmt: skip
    for _ in range(40):
        name = dice.choice(["lin", "chen", "mo", "da", "st", "ins", "ad", "wu", "p1"])
        if name not in clients:
            clients[name] = Client()
            clients[name].force_login(people[name])
        data = {
            "version": dice.choice(["0", "1", "99", ""]), "token": str(dice.random()), "sex": dice.choice(["F", "M", ""]),
            "su_tob": dice.choice(["NEVER", "CURRENT"]), "clear_hidden": "1", "reason": "Corrected", "text": "What is it?",
            "action": dice.choice(["save", "complete", "keep_draft", "bring_back", "add_row:X"]), "all": "1", "whole": "1",
            "seen": "{}", "cover": '["sex"]', "tick": "sex", "form": str(form.pk), "meaning": "CONFIRM",
            "username": name, "password": f"demo-{name}-2026", "act": dice.choice(["freeze", "unfreeze", "lock", "open"]),
            "at": "f:01-003/SCR/dm", "label": "UNS1", "path": "sex",
        }  # fmt: skip
        path = dice.choice([url + road for road in roads] + beside)
        response = clients[name].post(path, data)
        assert response.status_code < 500, path
        assert contents(form)[:-1] == before[:-1], f"seed {seed}: {name} posted {data} to {path}"
    assert list(participant_problems(Participant.objects.get(pk=participant.pk))) == []
