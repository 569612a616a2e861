"""The list of authorised persons as a file: one line for each role that was ever held (FDA 2024, Q11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from trialsite.web import sheets

from .models import RoleHeld, Site
from .rosters import Person

HEAD = (
    "user_name", "full_name", "account", "role", "site", "from", "until", "taken_back_utc", "identity_verified_on",
    "identity_how", "training_valid_today", "training_until", "duties_today", "delegated_until", "second_factor",
    "last_sign_in_utc",
)  # fmt: skip


def authorised_persons(people: Iterable[Person], held: dict[int, list[RoleHeld]]) -> str:
    """CSV with codes, in UTC; a person without any role has one line as well."""
    made = [sheets.line(HEAD)]
    for person in people:
        roles: list[RoleHeld | None] = [*held.get(person.user.pk, ())] or [None]
        for role in roles:
            made.append(sheets.line(_line(person, role)))
    return sheets.MARK + "".join(made)


def _line(person: Person, held: RoleHeld | None) -> list[Any]:
    user = person.user
    site: Site | None = held.site if held else None
    return [
        user.username,
        user.full_name,
        "active" if user.is_active else "ended",
        held.role if held else "",
        (site.number if site else "*") if held else "",
        held.valid_from if held else "",
        held.valid_until if held else "",
        _moment(held.ended_at) if held else "",
        user.identity_verified_on,
        user.identity_how,
        " ".join(sorted({training.topic for training in person.trainings})),
        person.training_until,
        " ".join(sorted({f"{line.duty}@{line.site.number}" for line in person.delegations})),
        person.delegated_until,
        "Y" if person.factor else "N",
        _moment(user.last_login),
    ]


def _moment(at: dt.datetime | None) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
