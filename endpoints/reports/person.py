"""The content of a participant's endpoint report: results, reasons, fields read, changes to them, other cuts. Plain data."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from crf.fields import MISS
from crf.models import FormInstance
from crf.policies import BLINDED_FORMS
from endpoints import compact, gather, services
from endpoints.models import EndpointState, Status
from endpoints.models_cuts import CutPerson
from endpoints.models_reports import ReportKind
from endpoints.reports.content import frame_of
from endpoints.reports.people import row_of
from endpoints.standpoint import AtCut, Kept, Live, Standpoint
from endpoints.trace import CHANGES, addresses_of
from participants.models import Participant
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

EVENT = ("at", "actor_name", "role", "site", "action", "target", "path", "old", "new", "reason", "number")


@transaction.atomic
def capture_person(participant: Participant, standpoint: Standpoint | None = None) -> dict[str, Any]:
    """One participant from a standpoint (none: as the data stand). Raises `Refused` when there is no result of them."""
    if standpoint is None:
        services.endpoints_recompute(participant.pk)
        services.trial_recompute()
        standpoint = Live()
    line = standpoint.line(participant)
    if line is None:
        raise Refused("There is no result of this participant.", "state")
    case, profile = _course(participant, standpoint)
    row = row_of(line, case, line.profile or profile, standpoint)
    endpoints = line.content.get("endpoints", {})
    steps = {name: compact.opened(line.content, name) for name in endpoints}
    addresses = addresses_of(read for found in steps.values() for step in found for read in step["reads"])
    forms = _forms(addresses)
    return frame_of(standpoint) | {
        "kind": str(ReportKind.PARTICIPANT),
        "number": participant.number,
        "site": line.site,
        "status": line.status,
        "error": line.error,
        "refusal": line.summary.get("refusal"),
        "cutoff": _cutoff(participant, standpoint),
        "sets": line.summary.get("sets", []),
        "profile": row["profile"],
        "fingerprint": row["fingerprint"],
        "input_digest": line.input_digest,
        "result_digest": line.result_digest,
        "values": line.summary.get("values", {}),
        "steps": steps,
        "responses": line.content.get("responses", {}),
        "readings": row["readings"],
        "course": case,
        "forms": forms,
        "changes": _changes(addresses, forms, standpoint),
        "others": _others(participant, standpoint),
    }


def _course(participant: Participant, standpoint: Standpoint) -> tuple[dict[str, Any], dict[str, Any]]:
    if isinstance(standpoint, Kept):
        one = standpoint.people().filter(participant=participant).first()
        return (json.loads(zlib.decompress(one.case)), one.profile) if one else ({}, {})
    made = gather.course_of(participant.pk)
    return ({}, {}) if made.failure is not None else (made.case, made.profile)


def _cutoff(participant: Participant, standpoint: Standpoint) -> str:
    """The day on which this participant's data are cut off."""
    if isinstance(standpoint, Kept):
        return str(standpoint.as_of)
    day = EndpointState.objects.filter(pk=participant.pk).values_list("as_of", flat=True).first()
    return str(day or standpoint.as_of)


def _forms(addresses: Collection[str]) -> dict[str, list[Any]]:
    """Of each form that was read: key, number, visit and its number."""
    pks = {int(one.partition("/")[0].removeprefix("form:")) for one in addresses if one.startswith("form:")}
    rows = FormInstance.objects.filter(pk__in=pks).order_by("pk")
    return {
        str(pk): [key, repeat, code, again]
        for pk, key, repeat, code, again in rows.values_list(
            "pk", "form_key", "repeat", "visit__code", "visit__repeat"
        )
    }


def _changes(
    addresses: Collection[str], forms: Mapping[str, Any], standpoint: Standpoint
) -> list[dict[str, Any]]:
    """Every change to what was read, newest first, up to the standpoint. A reader of a blinded form stays unnamed."""
    wanted = {address for one in addresses for address in (one, one + MISS)}
    events = AuditEvent.objects.filter(
        target__in={one.partition("/")[0] for one in wanted},
        path__in={one.partition("/")[2] for one in wanted},
        action__in=CHANGES,
    )
    if standpoint.at is not None:
        events = events.filter(at__lte=standpoint.at)
    found = []
    for row in events.order_by("-at", "-number").values(*EVENT):
        if f"{row['target']}/{row['path']}" not in wanted:
            continue
        key = forms[row["target"].removeprefix("form:")][0]
        blinded = key in BLINDED_FORMS
        found.append(row | {"at": row["at"].isoformat(), "actor_name": "" if blinded else row["actor_name"]})
    return found


def _others(participant: Participant, standpoint: Standpoint) -> list[dict[str, Any]]:
    """What other cuts said, the latest first; of a cut those before it, so that its report never changes."""
    rows = CutPerson.objects.filter(participant=participant).select_related("cut").order_by("-cut__number")
    if isinstance(standpoint, AtCut):
        rows = rows.filter(cut__number__lt=standpoint.record.number)
    return [
        {
            "code": one.cut.code,
            "cutoff": str(one.cut.cutoff),
            "values": one.summary.get("values", {}) if one.status == Status.OK else {},
            "error": one.status != Status.OK,
        }
        for one in rows.defer("case", "body", "cut__results", "cut__facts", "cut__chains", "cut__manifest")
    ]
