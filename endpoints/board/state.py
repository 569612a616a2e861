"""The state of the data beside the figures: readings, verification, signatures, queries. Few aggregates at any size."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, TextField, Value
from django.db.models.functions import NullIf
from django.utils import timezone

from crf.models import FormInstance, FormStatus, MarkState, Query, Signed, VerificationMark
from crf.models.queries import STANDING
from crf.policies import BLINDED_FORMS
from crf.registry import form_def
from crf.selectors.readiness import UNSIGNED_KEYS
from endpoints.mapping import FIELDS, FORMS_READ
from endpoints.models import TrialState
from endpoints.standpoint import Live, Standpoint
from participants.models import Participant

FRESH = dt.timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class DataState:
    """Endpoint fields with a value and how many are verified; casebooks whose every form is signed; standing queries."""

    participants: int
    fields: int
    verified: int
    signed: int
    queries: int

    @property
    def verified_share(self) -> float | None:
        return 100 * self.verified / self.fields if self.fields else None


def data_state(standpoint: Standpoint) -> DataState | None:
    """Of a cut or a moment as it was kept; of the live trial as a worker last counted; none while nobody did."""
    if isinstance(standpoint, Live):
        state = standpoint.state
        return DataState(**state.data_state) if state and state.data_state else None
    totals = standpoint.facts.get("totals")
    if not totals:
        return None
    return DataState(
        totals["participants"],
        totals["fields"],
        totals["verified"],
        totals["casebooks_signed"],
        totals["queries"],
    )


def is_old(standpoint: Standpoint) -> bool:
    """Whether a worker should count again: signatures and verification bring no new figures, so nothing else says so."""
    if not isinstance(standpoint, Live) or standpoint.state is None:
        return False
    counted = standpoint.state.counted_at
    return counted is None or timezone.now() - counted > FRESH


def refresh() -> bool:
    """Count the live trial, unless somebody has just done so: in a worker. True when it was counted."""
    now = timezone.now()
    due = Q(counted_at__isnull=True) | Q(counted_at__lt=now - FRESH)
    if not TrialState.objects.filter(due, pk=TrialState.ONLY).update(counted_at=now):
        return False
    TrialState.objects.filter(pk=TrialState.ONLY).update(data_state=asdict(live_state()))
    return True


def live_state() -> DataState:
    """The definitions of `endpoints.cuts.data_state`, counted by the database: one query for each form of the endpoints."""
    people = Participant.objects.filter(imported=False)
    return DataState(
        participants=people.count(), fields=sum(_valued().values()), verified=_verified(), signed=_signed(people),
        queries=Query.objects.filter(participant__imported=False, state__in=STANDING).count(),
    )  # fmt: skip


def _signed(people: Any) -> int:
    """Casebooks with something to sign and nothing unsigned."""
    begun = (
        FormInstance.objects.filter(participant=OuterRef("pk"), active=True)
        .exclude(status=FormStatus.EXPECTED)
        .exclude(form_key__in=UNSIGNED_KEYS)
    )
    return people.filter(Exists(begun), ~Exists(begun.exclude(signed=Signed.SIGNED))).count()


def _valued() -> Counter[str]:
    """Values of endpoint fields, by form."""
    found: Counter[str] = Counter()
    for key, model, names, more in _models():
        counts = {f"n_{name}": Count(_filled(model, name)) for name in names}
        forms = {f"form__{name}": value for name, value in STARTED.items()}
        rows = model.objects.filter(**forms, **more).exclude(form__status=FormStatus.EXPECTED)
        found[key] += sum(rows.aggregate(**counts).values())
    return found


def _filled(model: Any, name: str) -> Any:
    """A text that is empty is no value."""
    text = isinstance(model._meta.get_field(name), CharField | TextField)
    return NullIf(F(name), Value("")) if text else F(name)


STARTED = {"active": True, "participant__imported": False}


def _models() -> Iterator[tuple[str, Any, tuple[str, ...], dict[str, Any]]]:
    """Form, table, columns, and what else holds of a row."""
    for place, names in FIELDS.items():
        key, _sep, section = place.partition("/")
        if key in BLINDED_FORMS:
            continue
        definition = form_def(key)
        if not section:
            yield key, definition.model, names, {"form__form_key": key}
            continue
        row_model = next(one.row_model for one in definition.row_sections if one.id == section)
        yield key, row_model, names, {"form__form_key": key, "active": True}


def _verified() -> int:
    """Standing marks on endpoint fields that have a value."""
    marks = (
        VerificationMark.objects.filter(
            state=MarkState.VALID,
            form__active=True,
            form__participant__imported=False,
            form__form_key__in=FORMS_READ,
        )
        .exclude(value="")
        .exclude(form__form_key__in=BLINDED_FORMS)
    )
    counted = marks.values_list("form__form_key", "path").annotate(n=Count("pk"))
    return sum(n for key, path, n in counted if _of_endpoints(key, path))


def _of_endpoints(key: str, path: str) -> bool:
    place, sep, name = path.rpartition("/")
    section = f"{key}/{place.partition(':')[0]}" if sep else key
    return name in FIELDS.get(section, ())
