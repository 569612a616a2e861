"""A letter each working morning with what waits: numbers and a link, nothing about participants."""

from __future__ import annotations

import datetime as dt

import structlog
from django.conf import settings
from django.core import mail
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crf.models import DailyMail
from crf.selectors.worklists import said_of, tiles
from trialsite.accounts.models import Site, User
from trialsite.accounts.permissions import grants_of
from trialsite.audit import trail
from trialsite.audit.actions import Action

log = structlog.get_logger(__name__)
FROM_HOUR = 7  # at the sites
WORKING_DAYS = range(5)


@transaction.atomic
def daily_mail_set(*, by: User, wanted: bool) -> None:
    """The person's own choice."""
    mine, _made = DailyMail.objects.select_for_update().get_or_create(user=by)
    if mine.wanted != wanted:
        DailyMail.objects.filter(pk=mine.pk).update(wanted=wanted)
        old, new = ("Y", "N") if mine.wanted else ("N", "Y")
        trail.study_event(
            by=by, action=Action.ACCOUNT_CHANGED, subject=f"{by.address}/daily_mail", old=old, new=new
        )


def daily_mails_send(now: dt.datetime | None = None) -> int:
    """Send what is due this morning; how many went. Repeated, or by two workers, it sends nothing twice."""
    moment = (now or timezone.now()).astimezone(Site().zone)
    if not settings.EMAIL_URL or moment.weekday() not in WORKING_DAYS or moment.hour < FROM_HOUR:
        return 0
    sent = 0
    for user in _wanting(moment.date()):
        if _claimed(user, moment.date()):
            sent += _send(user)
    return sent


def _wanting(day: dt.date) -> list[User]:
    off = Q(daily_mail__wanted=False) | Q(daily_mail__sent_on__gte=day)
    return list(User.objects.filter(is_active=True).exclude(email="").exclude(off).order_by("pk"))


@transaction.atomic
def _claimed(user: User, day: dt.date) -> bool:
    """One worker takes a person's letter of the day."""
    mine, _made = DailyMail.objects.select_for_update().get_or_create(user=user)
    if mine.sent_on is not None and mine.sent_on >= day:
        return False
    DailyMail.objects.filter(pk=mine.pk).update(sent_on=day)
    return True


def _send(user: User) -> int:
    if grants_of(user).blinded or (letter := letter_to(user)) is None:
        return 0
    try:
        return int(mail.get_connection().send_messages([letter]) or 0)
    except OSError as error:  # tomorrow there is another one; the pages show the same
        log.warning("daily_mail_failed", error=type(error).__name__)
        return 0


def letter_to(user: User) -> mail.EmailMessage | None:
    """The letter in the person's language; none when nothing waits."""
    with translation.override(user.language):
        waiting = [said_of(tile) for tile in tiles(user) if tile.count]
        if not waiting:
            return None
        parts = [_("This waits for you:"), "\n".join(waiting)]
        if settings.SITE_URL:
            parts.append(settings.SITE_URL)
        parts.append(
            _("You can switch this letter off on your home page. It says nothing about participants.")
        )
        return mail.EmailMessage(_("What waits for you today"), "\n\n".join(parts), to=[user.email])
