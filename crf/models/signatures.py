"""Electronic signatures (21 CFR 11.50, 11.70): who signed what, meaning what, bound to digests of what was signed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models import Participant

from .base import FormInstance


class Meaning(models.TextChoices):
    """What a signature says (11.50(a)(3))."""

    CONFIRM = "CONFIRM", _("I confirm these data")
    REVIEW = "REVIEW", _("Review and approval")
    RESPONSIBILITY = "RESPONSIBILITY", _("Responsibility for the content")


class Signature(models.Model):
    """One act of signing a set of forms of one participant. Append-only: later events void a form's part, never this.

    `open_queries` and `changed` are what the person was shown before; `digest` is over all of it and over the forms.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="signatures")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    username = models.CharField(max_length=150)
    printed_name = models.CharField(max_length=120)
    role = models.CharField(max_length=20)
    meaning = models.CharField(max_length=14, choices=Meaning.choices)
    statement_en = models.TextField()
    statement_zh = models.TextField()
    at = models.DateTimeField()
    zone = models.CharField(max_length=40)
    components = models.CharField(max_length=60)  # what proved the person: "username + password + code"
    first_in_session = models.BooleanField()
    open_queries = models.JSONField(default=list)  # their numbers
    changed = models.JSONField(default=list)  # forms that had changed since they were last signed
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["participant", "-at"], name="signature_participant")]

    def __str__(self) -> str:
        return f"{self.printed_name} {self.at:%Y-%m-%d %H:%M}"

    @property
    def address(self) -> str:
        return f"signature:{self.pk}"


class Void(models.TextChoices):
    """Why a signature no longer stands for a form."""

    DATA = "DATA", _("data changed")
    DEFINITION = "DEFINITION", _("form changed")
    REMOVED = "REMOVED", _("line taken out")


class SignedForm(models.Model):
    """A form of a signature: its version and the digests of its values and of its definition (11.70)."""

    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="forms")
    form = models.ForeignKey(FormInstance, on_delete=models.PROTECT, related_name="signatures")
    version = models.PositiveIntegerField()
    values_digest = models.CharField(max_length=64)
    definition = models.CharField(max_length=12)
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=10, choices=Void.choices, blank=True)
    void_detail = models.TextField(
        blank=True
    )  # what changed, one line a value: `TA2:2/tl_diam<TAB>18<TAB>16`

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["signature", "form"], name="signed_once_in_a_signature"),
            models.UniqueConstraint(
                fields=["form"], condition=models.Q(voided_at__isnull=True), name="signed_form_one_standing"
            ),
        ]
        indexes = [models.Index(fields=["form", "-id"], name="signed_form")]

    def __str__(self) -> str:
        return f"{self.form_id} {self.signature_id}"
