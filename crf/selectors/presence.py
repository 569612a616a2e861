"""Who else has a form open for entry."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from crf.models import FormInstance, Presence

# The page says so every 15 s; two signs may be late before a person counts as gone.
GONE_AFTER = dt.timedelta(seconds=50)


def others_at(form: FormInstance, user: Any) -> list[str]:
    """Names of the other people who have the form open now, in the order of their names."""
    here = Presence.objects.filter(form=form, seen_at__gte=timezone.now() - GONE_AFTER)
    return sorted(str(one.user) for one in here.exclude(user=user).select_related("user"))
