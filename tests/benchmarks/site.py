"""The trial that is measured: participant 01-003 of the CRF book, and copies of it, in tables of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models
from django.test import Client

from crf.models import FormInstance
from crf.models.base import CrfData, CrfRow
from crf.registry import form_def
from crf.selectors.sheets import sheet_of
from crf.sheets import Sheet
from participants.models import Participant, Visit
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditChain, AuditEvent

from .plain.models import PLAIN, plain_fields

FORMS = ("ICF", "DM", "HCC", "TA", "IE", "EC", "EOT", "SURG", "CPATH", "SACT", "SS", "DTH", "EOS")
STRIDE = 1_000_000  # primary keys of a copy: those of the original and a multiple of this


def migrate() -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("migrate", run_syncdb=True, verbosity=0, interactive=False)


def people() -> dict[str, User]:
    """The cast. As ordinary accounts: those of the demonstration open no door outside it."""
    world.people()
    User.objects.update(demo=False)
    return {user.username: user for user in User.objects.all()}


def signed_in(client: Client, user: User) -> Client:
    """A session that has given both factors."""
    from allauth.account.internal.flows.login import (
        _AUTHENTICATION_METHODS_USER_SESSION_KEY,
        AUTHENTICATION_METHODS_SESSION_KEY,
    )

    client.force_login(user, "trialsite.accounts.backends.AccountBackend")
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": 0, "type": "totp"}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()
    return client


# --- what a person types --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Entry:
    """A filled form as a person would post it, to the product and to the plain form."""

    key: str
    visit: str
    repeat: int
    post: dict[str, Any]
    plain: dict[str, Any]

    def url(self, number: str) -> str:
        tail = f"{self.repeat}/" if self.repeat > 1 else ""
        return f"/p/{number}/{self.visit or 'log'}/{self.key.lower()}/{tail}"


def post_of(sheet: Sheet) -> dict[str, Any]:
    """Every field of the form as the browser posts it."""
    definition = form_def(sheet.key)
    data: dict[str, Any] = {}
    for section in definition.sections:
        if not section.repeating:
            _post_fields(data, section.fields, sheet, "")
        for line in sheet.lines(section.id) if section.repeating else ():
            _post_fields(data, section.fields, line, f"{section.id}.{line.row}.")
    return data


def _post_fields(data: dict[str, Any], fields: Any, holder: Any, prefix: str) -> None:
    for field in fields:
        if field.derived:
            continue
        raw, name = field.to_raw(holder.values.get(field.name)), prefix + field.name
        if isinstance(raw, tuple):
            data |= {f"{name}__{part}": text for part, text in zip("ymd", raw, strict=True)}
        elif field.kind == "multi":
            data[name] = raw.split(";") if raw else []
        else:
            data[name] = raw
        if field.missing:
            data[f"{name}__miss"] = holder.missing.get(field.name, "")


def plain_of(sheet: Sheet) -> dict[str, str]:
    """The same values for the plain form."""
    model = form_def(sheet.key).model
    lines = {(section, line.row): line for section, rows in sheet.rows.items() for line in rows}
    found = {}
    for name, (field, section, row) in plain_fields(model).items():
        holder: Any = lines.get((section, row)) if section else sheet
        found[name] = field.to_text(holder.values.get(field.name)) if holder else ""
    return found


def entries(participant: Participant) -> list[Entry]:
    """The forms of a participant in the order in which they were saved."""
    saved = FormInstance.objects.filter(participant=participant, version__gt=0).order_by("saved_at", "pk")
    found = []
    for form in saved.select_related("visit"):
        sheet = sheet_of(form)
        found.append(Entry(form.form_key, sheet.visit, form.repeat, post_of(sheet), plain_of(sheet)))
    return found


def die(participant: Participant, by: User) -> None:
    """A death form, so that all thirteen are filled; a year after the last contact."""
    values = {
        "dthdat": "2026-03-14", "dth_cause": "HCC", "dth_cause_txt": "Progression", "dth_rel": "UNRELATED",
        "dth_place": "Y", "dth_autopsy": "N", "dth_source": "CLINIC",
    }  # fmt: skip
    world.fill(world.form(participant, "DTH"), by, values, complete=False)


def plain_copy(entry: Entry) -> models.Model:
    """A stored plain record with the values of a form."""
    from .plain.views import form_class

    form = form_class(entry.key)(entry.plain)
    if not form.is_valid():
        raise ValueError(f"{entry.key}: {form.errors.as_json()}")
    return form.save()


# --- copies ---------------------------------------------------------------------------------------------------------


def copied_models() -> Iterator[tuple[type[models.Model], str]]:
    """Tables that hold a participant's data, with the condition that picks one participant's rows."""
    forms = f"SELECT id FROM {FormInstance._meta.db_table} WHERE participant_id = %s"
    yield Participant, "id = %s"
    yield Visit, "participant_id = %s"
    yield FormInstance, "participant_id = %s"
    for model in apps.get_models():
        if issubclass(model, CrfData | CrfRow):
            yield model, f"form_id IN ({forms})"


def copy(participant: Participant, count: int, *, first: int = 1, prefix: str = "") -> list[str]:
    """`count` copies by INSERT … SELECT: tables only. The trail of a copy starts with its first save here.

    Gives the numbers of the copies.
    """
    with connection.cursor() as cursor:
        for model, where in copied_models():
            _copy_table(cursor, model, where, participant.pk, first, count, prefix or participant.number[:3])
        chains = AuditChain._meta.db_table
        cursor.execute(
            f"INSERT INTO {chains} (name, length, head) SELECT 'participant:' || (%s + n.k * {STRIDE}), 0, '' "
            f"FROM {_numbers(first, count)}", [participant.pk],
        )  # fmt: skip
    return [f"{prefix or participant.number[:3]}{10000 + k}" for k in range(first, first + count)]


def _numbers(first: int, count: int) -> str:
    last = first + count - 1
    return f"(WITH RECURSIVE r(k) AS (SELECT {first} UNION ALL SELECT k + 1 FROM r WHERE k < {last}) SELECT k FROM r) n"


def _copy_table(
    cursor: Any, model: type[models.Model], where: str, pk: int, first: int, count: int, prefix: str
) -> None:
    names, values = [], []
    for field in model._meta.concrete_fields:
        column = field.column
        names.append(f'"{column}"')
        moved = field.primary_key or (
            field.is_relation and field.related_model in (Participant, Visit, FormInstance)
        )
        if moved:
            values.append(f'"{column}" + n.k * {STRIDE}')
        elif model is Participant and column == "number":
            values.append(f"'{prefix}' || (10000 + n.k)")
        else:
            values.append(f'"{column}"')
    table = model._meta.db_table
    cursor.execute(
        f'INSERT INTO "{table}" ({", ".join(names)}) SELECT {", ".join(values)} '
        f'FROM "{table}" CROSS JOIN {_numbers(first, count)} WHERE {where}', [pk],
    )  # fmt: skip


def analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def trail_length() -> int:
    return AuditEvent.objects.count()


__all__ = ["FORMS", "PLAIN", "Entry", "copy", "entries", "migrate", "plain_copy", "signed_in"]
