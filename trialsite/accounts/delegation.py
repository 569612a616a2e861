"""Who may sign at a site today, or why not: role, identity, training and delegation together."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from trialsite.kernel.decisions import Decision

from . import policies
from .models import Site, User


def may_sign(user: User, site: Site, on: dt.date | None = None) -> Decision:
    """Asked before every signature (21 CFR 11.10(g), (i), 11.100(b))."""
    return policies.may_sign_at(user, site, on or timezone.localdate())
