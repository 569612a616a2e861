"""Who else has a form open for entry."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from crf.models import FormInstance, Presence

# The page says so every 15 s; two signs may be late before a person counts as gone.
GONE_AFTER = dt.timedelta(seconds=50)


def others_here(user: Any) -> QuerySet[Presence]:
    """Where other people are now."""
    return Presence.objects.filter(seen_at__gte=timezone.now() - GONE_AFTER).exclude(user=user)


def others_at(form: FormInstance, user: Any) -> list[str]:
    """Names of the other people who have the form open now, in the order of their names."""
    return sorted(str(one.user) for one in others_here(user).filter(form=form).select_related("user"))
