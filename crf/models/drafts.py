"""Drafts: what a person typed and has not saved. Not trial data; deleted by the save (docs/adr/0006)."""

from django.conf import settings
from django.db import models

from .base import FormInstance


class Draft(models.Model):
    """The posted fields of one form by one person, on the version that the person saw."""

    form = models.ForeignKey(FormInstance, on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "user"], name="draft_once_per_person")]

    def __str__(self) -> str:
        return f"draft of {self.form_id}"
