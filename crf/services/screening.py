"""Screening from a page: the next number of the site, and one participant however often the page is sent."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from crf.policies import may_screen
from participants.models import Participant
from trialsite.accounts.models import Site, User

from .refusals import noted
from .schedule import _next_number, _screen

# A double click is quicker than a second person can be told "01-004 is yours".
DOUBLE = dt.timedelta(seconds=20)


def next_number(site: Site) -> str:
    """The number that the next participant of the site is given."""
    return _next_number(site)


def participant_screen_once(*, by: User, site: Site, shown: str) -> tuple[Participant, bool]:
    """Screen under the next number of the site; False when this page had been sent before.

    `shown` is the number that the page promised. When this person was given exactly that number a moment ago, it is
    the same page again. When somebody else was, the participant gets the number after it.
    """
    with noted(by=by, act="screen", address=f"site:{site.pk}", site=site), transaction.atomic():
        may_screen(by, site).require()
        Site.objects.select_for_update().get(pk=site.pk)
        since = timezone.now() - DOUBLE
        again = Participant.objects.filter(
            number=shown, site=site, created_by=by, created_at__gte=since
        ).first()
        if again is not None:
            return again, False
        return _screen(by, site, "", False, None), True
