"""Digital slides: files by their content, versions that stay, and what a reader draws on them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .readings import Reading
from .specimens import SpecimenItem


class ImageState(models.TextChoices):
    """`UPLOADED`: the worker has yet to look; `TO_CLEAR`: a person has yet to look; `READY`: readers see it."""

    UPLOADED = "UPLOADED", _("Being prepared")
    TO_CLEAR = "TO_CLEAR", _("To be looked at")
    READY = "READY", _("Ready")
    REFUSED = "REFUSED", _("Refused")
    REPLACED = "REPLACED", _("Replaced")


class SlideImage(models.Model):
    """One version of the image of a slide. What readers see is the file with `sha256`, made without what names anybody.

    `source_sha256`: of the file as it was uploaded, which is not kept. Sizes in pixels; `mpp_x`, `mpp_y`: micrometres per
    pixel, none when the file does not say. `removed`: what was taken out, by kind, never its content.
    """

    item = models.ForeignKey(SpecimenItem, on_delete=models.PROTECT, related_name="images")
    version = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(
        _("state"), max_length=8, choices=ImageState.choices, default=ImageState.UPLOADED
    )
    sha256 = models.CharField(max_length=64, blank=True)
    source_sha256 = models.CharField(max_length=64)
    source_format = models.CharField(_("format"), max_length=20)
    source_size = models.PositiveBigIntegerField(_("size"))
    size = models.PositiveBigIntegerField(default=0)
    width = models.PositiveIntegerField(_("width"), default=0)
    height = models.PositiveIntegerField(_("height"), default=0)
    mpp_x = models.FloatField(null=True)
    mpp_y = models.FloatField(null=True)
    removed = models.JSONField(default=list)
    problem = models.CharField(_("problem"), max_length=300, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded"))
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["item", "version"]
        constraints = [
            models.UniqueConstraint(fields=["item", "version"], name="image_version"),
            models.UniqueConstraint(
                fields=["item"], condition=models.Q(state="READY"), name="image_one_ready"
            ),
        ]
        indexes = [models.Index(fields=["state"], name="image_worklist")]

    def __str__(self) -> str:
        return f"{self.item_id} v{self.version}"

    @property
    def address(self) -> str:
        return f"image:{self.pk}"


class Shape(models.TextChoices):
    LINE = "LINE", _("Length")
    RECTANGLE = "RECTANGLE", _("Rectangle")
    ELLIPSE = "ELLIPSE", _("Ellipse")
    POLYGON = "POLYGON", _("Outline")


class Meaning(models.TextChoices):
    BED = "BED", _("Tumour bed")
    VIABLE = "VIABLE", _("Viable tumour")
    NECROSIS = "NECROSIS", _("Necrosis")
    STROMA = "STROMA", _("Stroma")
    MARGIN = "MARGIN", _("Margin")
    OTHER = "OTHER", _("Other")


class Annotation(models.Model):
    """What a reader drew on one version of an image. `points`: pairs of pixels of the full image, in drawing order.

    `length_mm`, `width_mm`: of a line its length; of an area its longest diameter and the extent across it; `area_mm2`.
    None where the image has no scale. A removed one stays with the time of its removal.
    """

    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="annotations")
    image = models.ForeignKey(SlideImage, on_delete=models.PROTECT, related_name="annotations")
    number = models.PositiveSmallIntegerField()
    shape = models.CharField(max_length=9, choices=Shape.choices)
    meaning = models.CharField(max_length=8, choices=Meaning.choices)
    nodule = models.PositiveSmallIntegerField(_("nodule"), null=True)
    points = models.JSONField()
    length_mm = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    width_mm = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    area_mm2 = models.DecimalField(max_digits=10, decimal_places=3, null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    drawn_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["reading", "number"], name="annotation_number")]

    def __str__(self) -> str:
        return f"{self.reading_id} {self.number}"
