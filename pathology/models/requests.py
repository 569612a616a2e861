"""What a reader or a data manager asks for: a slide cut anew, a submitted reading opened again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .cases import PathologyCase
from .readings import Reading
from .specimens import SpecimenItem


class RecutRequest(models.Model):
    """A reader cannot read a slide. The data manager sees the case and the slide, never who asks."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("Asked for")
        DONE = "DONE", _("New slide received")
        DECLINED = "DECLINED", _("Not possible")

    case = models.ForeignKey(PathologyCase, on_delete=models.PROTECT, related_name="recuts")
    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="recuts")
    item = models.ForeignKey(SpecimenItem, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=300)
    asked_at = models.DateTimeField(_("asked"))
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    answer = models.CharField(_("answer"), max_length=300, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["asked_at", "pk"]
        indexes = [models.Index(fields=["state"], name="recut_worklist")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.state}"


class Reopening(models.Model):
    """A submitted reading is opened again by two persons: one asks with a reason, another one grants or refuses."""

    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="reopenings")
    reason = models.CharField(_("reason"), max_length=500)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    granted = models.BooleanField(null=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reading"], condition=models.Q(granted__isnull=True), name="reopening_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("asked_by")),
                name="reopening_takes_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reading_id} {self.granted}"
