"""Who has a form open for entry right now. Not trial data; old lines are deleted."""

from django.conf import settings
from django.db import models

from .base import FormInstance


class Presence(models.Model):
    """One person at one form; `seen_at` is the last sign of life of the page."""

    form = models.ForeignKey(FormInstance, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "user"], name="presence_once_per_person")]
        indexes = [models.Index(fields=["seen_at"], name="presence_seen")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.form_id}"
