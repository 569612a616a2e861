"""The trail alone gives the tables again, for any history, at any moment."""

from __future__ import annotations

import datetime as dt
import json
import random
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crf.fields import CrfField
from crf.forms import Typed, TypedRow
from crf.models import FormInstance
from crf.registry import FormDef, form_def
from crf.selectors.replay import replayed
from crf.selectors.sheets import sheet_of
from crf.services.entry import Invalid, Order, form_save
from crf.verifying import participant_problems
from endpoints.gather import course_of
from endpoints.services import compute, endpoints_recompute
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditChain
from trialsite.audit.verifying import chain_problems

pytestmark = pytest.mark.django_db

FORMS = (("DM", "SCR"), ("TA", "SCR"), ("SACT", ""), ("HCC", "SCR"))
WORDS = ("", "abc", "肝癌", "a;b", "x" * 40)


def value(field: CrfField, chance: random.Random) -> Any:
    """Something that could be typed; it need not be right."""
    samples = {
        "int": lambda: str(chance.randint(0, 60)),
        "dec": lambda: f"{chance.randint(0, 900) / 10}",
        "date": lambda: (dt.date(2024, 1, 1) + dt.timedelta(days=chance.randint(0, 400))).isoformat(),
        "pdate": lambda: chance.choice(("2024-03", "2024-05-17", "1961-04")),
        "time": lambda: "08:35",
    }
    options = getattr(field, "options", None)
    if options:
        return chance.choice(options)[0]
    return samples.get(field.kind, lambda: chance.choice(WORDS))()


def scribble(fields: Any, values: dict[str, Any], missing: dict[str, str], chance: random.Random) -> None:
    """Change, empty or declare missing a few answers."""
    for field in fields:
        if field.derived or chance.random() < 0.5:
            continue
        values.pop(field.name, None)
        missing.pop(field.name, None)
        if field.missing and chance.random() < 0.3:
            missing[field.name] = field.missing[0]
        elif chance.random() < 0.8:
            try:
                parsed = field.parse(value(field, chance))
            except Exception:
                continue
            if parsed is not None:
                values[field.name] = parsed


def edited(definition: FormDef, typed: Typed, chance: random.Random) -> Typed:
    for section in definition.sections:
        if not section.repeating:
            scribble(section.fields, typed.values, typed.missing, chance)
            continue
        rows = typed.rows.setdefault(section.id, [])
        for row in rows:
            if chance.random() < 0.25:
                row.remove, row.reason = True, "entered twice"
            else:
                scribble(section.fields, row.values, row.missing, chance)
        if len(rows) < 3 and chance.random() < 0.5:
            made = TypedRow("n1")
            scribble(section.fields, made.values, made.missing, chance)
            rows.append(made)
    return typed


def edit(participant: Participant, by: User, chance: random.Random) -> None:
    """One save of one form; what the form refuses is nothing lost."""
    key, visit = chance.choice(FORMS)
    form = world.form(participant, key, visit)
    typed = edited(form_def(key), Typed.of(sheet_of(form)), chance)
    try:
        form_save(by=by, form=form, typed=typed, order=Order(reason="source check", clear_hidden=True))
    except Invalid:
        return


def picture(participant: Participant) -> dict[int, Any]:
    """Everything that the tables hold of the started forms."""
    forms = FormInstance.objects.filter(participant=participant, version__gt=0).select_related("visit")
    return {form.pk: sheet_of(form) for form in forms}


@given(seed=st.integers(0, 10**6))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_replays_to_the_tables(seed: int, db: None) -> None:
    lin, chance = world.people()["lin"], random.Random(seed)
    participant = world.screened(lin)
    pictures = []
    for _ in range(8):
        edit(participant, lin, chance)
        pictures.append((timezone.now(), picture(participant)))
    assert list(participant_problems(participant)) == []
    assert list(chain_problems(AuditChain.objects.get(name=f"participant:{participant.pk}"))) == []
    for moment, seen in pictures:
        then = replayed(participant.pk, moment)
        assert {pk: sheet for pk, sheet in then.sheets.items() if pk in then.statuses} == seen


def test_an_endpoint_as_it_was(db: None) -> None:
    lin = world.people()["lin"]
    participant = world.screened(lin)
    world.screening_01_003(participant, lin)
    world.neoadjuvant(participant, lin, 1, "2024-03-14")
    lesions = [world.target("T01", "S8", "50.0", "41.0"), world.target("T02", "S5", "21.0", "12.0")]
    world.assessed(participant, lin, "TA1", "2024-04-09", lesions, ("PR", "PR"), resp_com="-")
    before = timezone.now()
    form = world.form(participant, "TA", "TA1")
    world.change(form, lin, TA2_1_tl_diam="140.0", resp_com="Another series was measured.")

    def best(at: dt.datetime | None) -> Any:
        return json.loads(compute(course_of(participant.pk, at)).body)["endpoints"]["BOR_RECIST"]["value"]

    assert (best(before), best(None)) == ("PR", "PD")


def test_the_course_as_a_file_gives_the_same_result_without_the_site(db: None) -> None:
    lin = world.people()["lin"]
    participant = world.participant_01_003(lin)
    endpoints_recompute(participant.pk)
    out = StringIO()
    call_command("course", "01-003", stdout=out, skip_checks=True)
    done = subprocess.run(
        [sys.executable, "-m", "endpoints.engine", "course"], input=out.getvalue(), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    alone = json.loads(done.stdout)[0]["endpoints"]
    kept = participant.endpoint_state.run.content["endpoints"]
    for name, found in alone.items():
        for key in ("value", "date", "start", "end", "days", "event", "name", "confirmed"):
            assert kept[name].get(key) == found.get(key), (name, key)
    assert alone["MPR"]["rvt_pct"] == pytest.approx(8.283, abs=0.001)
    early = StringIO()
    call_command("course", "01-003", "--at", "2024-01-01T00:00", stdout=early, skip_checks=True)
    assert json.loads(early.getvalue())[0]["enrolled"] is None
