"""The trial that is measured: participant 01-003 of the CRF book, and copies of it, in tables of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, models
from django.test import Client

from crf.models import FormInstance
from crf.registry import form_def, log_of
from crf.schedule import LINES_OF
from crf.selectors.sheets import sheet_of
from crf.sheets import Sheet
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User

from .copies import analyse, copy, copy_everybody, post_of
from .plain.models import PLAIN, plain_fields

FORMS = (
    "ICF", "DM", "MH1", "CM1", "HCC", "HEP", "VS", "LB", "EG", "TA", "IE", "EC", "AE1", "EOT", "SURG", "CPATH", "SACT",
    "SS", "DTH", "EOS",
)  # fmt: skip


def migrate() -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    with connection.schema_editor() as editor:
        for model in PLAIN.values():
            editor.create_model(model)


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
        tail = f"{self.repeat}/" if self.line or self.repeat > 1 else ""
        return f"/p/{number}/{self.visit or 'log'}/{log_of(self.key).lower()}/{tail}"

    @property
    def line(self) -> bool:
        """Whether this is a line of a log, which has to be added before it is filled in."""
        return self.key in LINES_OF.values()


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
    """A death form, so that this form is filled too; a year after the last contact."""
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


__all__ = [
    "FORMS",
    "Entry",
    "analyse",
    "copy",
    "copy_everybody",
    "entries",
    "migrate",
    "plain_copy",
    "signed_in",
]
