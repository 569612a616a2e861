"""Source data verification: a mark on each value that was compared with the source, and the plan of what to compare."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import FormInstance


class MarkState(models.TextChoices):
    VALID = "VALID", _("Verified")
    CHANGED = "CHANGED", _("Changed since verified")
    TAKEN_BACK = "TAKEN_BACK", _("Verification taken back")


class VerificationMark(models.Model):
    """The value at a path as somebody compared it with the source. It falls when that value changes, and only it.

    `value` is the text that was verified; `changed_value` what stands there since (the mark names both).
    """

    form = models.ForeignKey(FormInstance, on_delete=models.PROTECT, related_name="marks")
    path = models.CharField(max_length=80)
    value = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=MarkState.choices, default=MarkState.VALID)
    verified_at = models.DateTimeField()
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(null=True)
    changed_value = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "path"], name="mark_once_per_field")]
        indexes = [models.Index(fields=["state", "changed_at"], name="mark_changed")]

    def __str__(self) -> str:
        return f"{self.form_id}/{self.path} {self.state}"


class PlanLevel(models.TextChoices):
    NONE = "NONE", _("None")
    CRITICAL = "CRITICAL", _("Critical fields")
    ALL = "ALL", _("All fields")


class VerificationPlan(models.Model):
    """How much of a form is compared with the source; a form without a line here: its critical fields.

    `counted`: how far the forms of this key are verified has been counted since the level was set; a worker finds
    those that are not.
    """

    form_key = models.CharField(max_length=8, unique=True)
    level = models.CharField(max_length=8, choices=PlanLevel.choices, default=PlanLevel.CRITICAL)
    counted = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.form_key} {self.level}"
