"""What a person of the scenarios does at a page, and what the trail then says."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.test import Client

from crf.fields import MISS, CrfField
from crf.models import FormInstance
from crf.naming import form_url
from crf.registry import form_def
from crf.selectors.sheets import sheet_of
from tests.contracts.html import read
from trialsite.audit.models import AuditEvent

SignedIn = Callable[[str], Client]


def again(form: FormInstance) -> FormInstance:
    """The form as it stands now."""
    return FormInstance.objects.select_related("participant__site", "visit").get(pk=form.pk)


def value_of(form: FormInstance, path: str) -> Any:
    """What stands at a path: `sex`, `TA2:1/tl_diam`."""
    sheet = sheet_of(again(form))
    head, _sep, name = path.rpartition("/")
    if not head:
        return sheet.get(name)
    section, _sep, number = head.partition(":")
    return next(line for line in sheet.rows[section] if line.row == int(number)).get(name)


def posted(crf_field: CrfField, text: str, prefix: str = "") -> dict[str, Any]:
    """One answer as the browser posts it."""
    name = prefix + crf_field.name
    if crf_field.kind in ("date", "pdate"):
        year, month, day = (text.split("-") + ["", ""])[:3] if text else ("", "", "")
        return {f"{name}__y": year, f"{name}__m": month, f"{name}__d": day}
    return {name: text.split(";") if crf_field.kind == "multi" else text}


def shown(client: Client, form: FormInstance) -> dict[str, Any]:
    """Everything that the page of a form would post if nothing were touched, version and person included."""
    page = client.get(form_url(again(form)))
    found: dict[str, Any] = {
        name: values for name, values in read(page, "crf").answers.items() if any(values)
    }
    return found | {"token": uuid.uuid4().hex, "action": "save"}


def typed_over(form: FormInstance, page: Mapping[str, Any], **values: str) -> dict[str, Any]:
    """That post with some answers typed over: `sex="F"`, `TA2_1_tl_diam="26"`, `lborres@miss` by `..._miss=`."""
    definition, data = form_def(form.form_key), dict(page)
    for path, text in values.items():
        section, _sep, rest = path.partition("_")
        number, _sep, name = rest.partition("_")
        if number.isdigit() or number == "n1":
            fields = {f.name: f for f in definition.section(section).fields}
            prefix = f"{section}.{number}."
        else:
            fields, prefix, name = dict(definition.fields), "", path
        if name.endswith(MISS):
            data[f"{prefix}{name.removesuffix(MISS)}__miss"] = text
        else:
            data |= posted(fields[name], text, prefix)
    return data


def save(client: Client, form: FormInstance, page: Mapping[str, Any] | None = None, **data: Any) -> Any:
    """Open the form, type, save. `page`: a page that was opened earlier; extra names (`reason:sex`) by `more`."""
    more = data.pop("more", {})
    given = typed_over(form, page if page is not None else shown(client, form), **data) | more
    return client.post(form_url(form), given)


def events(form: FormInstance, path: str = "", **where: Any) -> list[AuditEvent]:
    """What the trail says of a field, oldest first."""
    found = AuditEvent.objects.filter(target=form.address, **where).order_by("pk")
    return list(found.filter(path=path) if path else found)


def rows(form: FormInstance, path: str) -> list[tuple[str, str, str, str, str, str]]:
    """(old, new, who, role, site, reason) of each event of a field."""
    return [(e.old, e.new, e.actor_name, e.role, e.site, e.reason) for e in events(form, path)]


def study_events(action: str, **where: Any) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(chain__name="study", action=action, **where).order_by("pk"))
