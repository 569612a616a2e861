"""Who has a form open for entry. Not trial data, so it leaves no event in the trail; it never blocks anybody."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from crf.models import FormInstance, Presence
from trialsite.accounts.models import User

KEPT = dt.timedelta(hours=1)


@transaction.atomic
def presence_seen(*, by: User, form: FormInstance) -> Presence:
    """The page of this person is open at this form now. Old lines go."""
    now = timezone.now()
    Presence.objects.filter(seen_at__lt=now - KEPT).delete()
    return Presence.objects.update_or_create(form=form, user=by, defaults={"seen_at": now})[0]


@transaction.atomic
def presence_left(*, by: User, form: FormInstance) -> None:
    """The page was closed, or the form was saved."""
    Presence.objects.filter(form=form, user=by).delete()
