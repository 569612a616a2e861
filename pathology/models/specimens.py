"""Blocks and slides of a case, and who had them when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .cases import PathologyCase


class ItemKind(models.TextChoices):
    BLOCK = "BLOCK", _("Block")
    SLIDE = "SLIDE", _("Slide")


class ItemState(models.TextChoices):
    RECEIVED = "RECEIVED", _("Received")
    REJECTED = "REJECTED", _("Not usable")
    RETURNED = "RETURNED", _("Returned")
    DISCARDED = "DISCARDED", _("Disposed of")


class SpecimenItem(models.Model):
    """One block or slide. `number` is what an address names; the label is the central laboratory's own, without anything
    of the hospital's. `bed`: from the tumour bed. A re-cut names the slide that it stands for.
    """

    case = models.ForeignKey(PathologyCase, on_delete=models.PROTECT, related_name="items")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(_("kind"), max_length=5, choices=ItemKind.choices)
    label = models.CharField(_("label"), max_length=20)
    block = models.CharField(_("block"), max_length=20, blank=True)
    nodule = models.PositiveSmallIntegerField(_("nodule"), null=True)
    stain = models.CharField(_("stain"), max_length=20, blank=True)
    bed = models.BooleanField(_("from the tumour bed"), default=True)
    state = models.CharField(_("state"), max_length=9, choices=ItemState.choices, default=ItemState.RECEIVED)
    recut_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="recuts")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="item_number"),
            models.UniqueConstraint(fields=["case", "kind", "label"], name="item_label"),
        ]

    def __str__(self) -> str:
        return self.label


class Custody(models.TextChoices):
    """What happened to material on the way."""

    SENT = "SENT", _("Sent")
    RECEIVED = "RECEIVED", _("Received")
    LABELLED = "LABELLED", _("Labelled anew")
    STORED = "STORED", _("Stored")
    LENT = "LENT", _("Handed out")
    BACK = "BACK", _("Handed back")
    SCANNED = "SCANNED", _("Scanned")
    RETURNED = "RETURNED", _("Returned to the hospital")
    DISCARDED = "DISCARDED", _("Disposed of")


class Condition(models.TextChoices):
    ADEQUATE = "ADEQUATE", _("Adequate")
    LIMITED = "LIMITED", _("Limited")
    DAMAGED = "DAMAGED", _("Damaged")


class CustodyEvent(models.Model):
    """One link of the chain of custody: what, when, from whom to whom, in which condition. Never changed, never deleted.

    `at` is when it happened, `noted_at` when it was written down.
    """

    case = models.ForeignKey(PathologyCase, on_delete=models.PROTECT, related_name="custody")
    kind = models.CharField(_("what"), max_length=9, choices=Custody.choices)
    at = models.DateTimeField(_("when"))
    origin = models.CharField(_("from"), max_length=100, blank=True)
    destination = models.CharField(_("to"), max_length=100, blank=True)
    condition = models.CharField(_("condition"), max_length=8, choices=Condition.choices, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    items = models.ManyToManyField(SpecimenItem, related_name="custody", verbose_name=_("material"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["case", "at"], name="custody_of_case")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d}"
