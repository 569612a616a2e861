"""One reader's record of a case, and what a reader notes beside the form: blocks, slides seen, confidence."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crf.models import FormInstance

from .cases import PathologyCase
from .specimens import SpecimenItem


class Slot(models.TextChoices):
    """The places of a case; the values are those of the code list READER."""

    FIRST = "R1", _("Reader 1")
    SECOND = "R2", _("Reader 2")
    ADJUDICATOR = "ADJ", _("Adjudicator")


class Confidence(models.TextChoices):
    HIGH = "HIGH", _("High")
    MODERATE = "MODERATE", _("Moderate")
    LOW = "LOW", _("Low")


class Reading(models.Model):
    """One place of a case: allocated to a reader, started, submitted; locked from the submission on.

    `form`: where the answers of the trial are; none for a re-read, whose answers are in `content` (`rereads`) because
    they are no data of the participant. `opinion`: what the adjudicator answered before seeing the two readings, as
    texts by path. `version`: of a re-read, as a form has one. `seconds`: time at the page, in steps of at most five minutes.
    `imported_at`: when a file last filled it in, for its reader to look at and sign.
    `tokens`: the last submissions of a re-read, whose answers have no form to keep them at. `confirmed`: unusual values
    that the reader confirmed, by the name of the finding: value, reason, time.
    """

    case = models.ForeignKey(PathologyCase, on_delete=models.PROTECT, related_name="readings")
    slot = models.CharField(_("place"), max_length=3, choices=Slot.choices)
    form = models.OneToOneField(FormInstance, null=True, on_delete=models.PROTECT, related_name="reading")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="readings"
    )
    allocated_at = models.DateTimeField(_("allocated"), null=True)
    due_on = models.DateField(_("due"), null=True)
    taken_at = models.DateTimeField(_("taken"), null=True)
    opinion_at = models.DateTimeField(_("own opinion"), null=True)
    opinion = models.JSONField(default=dict)
    rationale = models.CharField(_("reason of the decision"), max_length=500, blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True)
    confidence = models.CharField(_("confidence"), max_length=8, choices=Confidence.choices, blank=True)
    blocks_numbered = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=0)
    content = models.JSONField(default=dict)
    tokens = models.JSONField(default=list)
    confirmed = models.JSONField(default=dict)
    seconds = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    imported_at = models.DateTimeField(_("imported"), null=True)

    class Meta:
        ordering = ["case_id", "slot"]
        constraints = [
            models.UniqueConstraint(fields=["case", "slot"], name="reading_once_per_place"),
            # Three different people (CK-240). Places that nobody has yet are not compared.
            models.UniqueConstraint(
                fields=["case", "reader"],
                condition=models.Q(reader__isnull=False),
                name="reading_once_per_person",
            ),
            models.CheckConstraint(
                condition=models.Q(taken_at__isnull=True) | models.Q(reader__isnull=False),
                name="reading_taken_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(submitted_at__isnull=True) | models.Q(reader__isnull=False),
                name="reading_submitted_by_its_reader",
            ),
        ]
        indexes = [models.Index(fields=["reader", "submitted_at", "due_on"], name="reading_worklist")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.slot}"

    @property
    def address(self) -> str:
        """Where the trail keeps it: at its form, which is withheld until the result is released."""
        return self.form.address if self.form_id else f"reading:{self.pk}"  # type: ignore[union-attr]


class BlockEstimate(models.Model):
    """What a reader estimates of one block of a nodule; the values of the nodule are the means weighted by area.

    Areas in mm² with one decimal, shares in percent with two. A number is kept for life.
    """

    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="blocks")
    number = models.PositiveSmallIntegerField()
    nodule = models.PositiveSmallIntegerField(_("nodule"))
    block = models.CharField(_("block"), max_length=20)
    area_mm2 = models.DecimalField(_("bed area"), max_digits=8, decimal_places=1)
    viable = models.DecimalField(_("viable tumour"), max_digits=5, decimal_places=2)
    necrosis = models.DecimalField(_("necrosis"), max_digits=5, decimal_places=2)
    stroma = models.DecimalField(_("stroma"), max_digits=5, decimal_places=2)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["reading", "number"], name="block_estimate_number"),
            models.CheckConstraint(condition=models.Q(area_mm2__gt=0), name="block_estimate_has_area"),
        ]

    def __str__(self) -> str:
        return self.block


class Mark(models.TextChoices):
    SEEN = "SEEN", _("Seen")
    UNREADABLE = "UNREADABLE", _("Cannot be read")


class SlideMark(models.Model):
    """That a reader has seen a slide, or could not read it."""

    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="slides")
    item = models.ForeignKey(SpecimenItem, on_delete=models.PROTECT, related_name="marks")
    mark = models.CharField(max_length=10, choices=Mark.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reading", "item"], name="slide_marked_once")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.mark}"


class ReadingDraft(models.Model):
    """What stands on a reader's page and is not saved yet: as posted, by field. Never trial data, deleted by the save."""

    reading = models.OneToOneField(Reading, on_delete=models.CASCADE, related_name="draft")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"draft of {self.reading_id}"
