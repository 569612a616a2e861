"""The daily mail of a person: whether it is wanted, and the day it was last sent."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class DailyMail(models.Model):
    """Who has no line here gets the mail; nobody gets it twice on a day."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="daily_mail")
    wanted = models.BooleanField(default=True)
    sent_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.user_id} {'on' if self.wanted else 'off'}"
