"""Envelope and sheet: `FormInstance` says that a form is expected and how far it is; the data stand in typed models."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crf.fields import CrfField
from crf.sections import Form, RowsOf
from participants.models import Participant, Visit
from trialsite.kernel.partial_date import PartialDate


class FormStatus(models.TextChoices):
    EXPECTED = "EXPECTED", _("Not started")
    IN_PROGRESS = "IN_PROGRESS", _("In progress")
    COMPLETE = "COMPLETE", _("Complete")


class Verified(models.TextChoices):
    """How much of what the plan asks is verified against the source; empty: nothing yet."""

    PARTLY = "P", _("Partly verified")
    FULLY = "V", _("Verified")


class Signed(models.TextChoices):
    """Whether a signature stands; empty: never signed."""

    SIGNED = "S", _("Signed")
    VOID = "V", _("Signature void")


class FormInstance(models.Model):
    """One form of one participant; it exists from the moment the form is expected.

    Queries, verification, signatures and locks point here. `version` rises with every save and tells a stale page.
    `evaluator` names the reader of a tumour assessment of several (G-7: one reader, one series).
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="forms")
    visit = models.ForeignKey(Visit, null=True, on_delete=models.PROTECT, related_name="forms")
    form_key = models.CharField(max_length=8)
    repeat = models.PositiveSmallIntegerField(default=1)
    evaluator = models.CharField(max_length=40, blank=True)
    required = models.CharField(
        max_length=1, default="R"
    )  # R required, C conditional, O optional, E event-driven
    status = models.CharField(max_length=12, choices=FormStatus.choices, default=FormStatus.EXPECTED)
    expected = models.BooleanField(
        default=True
    )  # False: a rule of the schedule closed it; nothing entered is lost
    version = models.PositiveIntegerField(default=0)
    missing_count = models.PositiveSmallIntegerField(default=0)
    finding_count = models.PositiveSmallIntegerField(default=0)
    definition = models.CharField(max_length=12, blank=True)
    configuration = models.CharField(max_length=12, blank=True)
    frozen = models.BooleanField(default=False)
    locked = models.BooleanField(default=False)
    # Kept beside what they count or sum up, so that matrix and worklists are one query (crf.services.review_marks).
    query_open = models.PositiveSmallIntegerField(default=0)
    query_answered = models.PositiveSmallIntegerField(default=0)
    verified = models.CharField(max_length=1, choices=Verified.choices, blank=True)
    signed = models.CharField(max_length=1, choices=Signed.choices, blank=True)
    active = models.BooleanField(default=True)  # False: a line of a log that was taken out, with its reason
    removed_reason = models.CharField(max_length=200, blank=True)
    saved_at = models.DateTimeField(null=True)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            # A null visit binds nothing in a unique constraint, so there are two.
            models.UniqueConstraint(
                fields=["participant", "visit", "form_key", "repeat"],
                condition=models.Q(visit__isnull=False),
                name="form_once_at_visit",
            ),
            models.UniqueConstraint(
                fields=["participant", "form_key", "repeat"],
                condition=models.Q(visit__isnull=True),
                name="form_once_as_log",
            ),
        ]
        indexes = [
            models.Index(fields=["participant", "visit"], name="form_participant_visit"),
            models.Index(fields=["form_key", "status"], name="form_key_status"),
            models.Index(fields=["signed", "status"], name="form_signed_status"),
            models.Index(fields=["verified", "status"], name="form_verified_status"),
            # What there is to verify, counted by participant from the index alone (crf.selectors.sdv).
            models.Index(
                fields=["participant", "form_key", "verified", "status", "locked"],
                condition=models.Q(active=True, version__gt=0),
                name="form_to_verify",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form_key} {self.pk}"

    @property
    def address(self) -> str:
        return f"form:{self.pk}"


class FormSubmission(models.Model):
    """The hidden id of a rendered form, once: a double submit is one save."""

    token = models.CharField(max_length=40, unique=True)
    form = models.ForeignKey(FormInstance, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()


class FindingState(models.TextChoices):
    OPEN = "OPEN", _("To be confirmed")
    CONFIRMED = "CONFIRMED", _("Confirmed")
    CURED = "CURED", _("No longer applies")


class Severity(models.TextChoices):
    SOFT = "soft", _("Query")
    HARD = "hard", _("Error")


class Finding(models.Model):
    """What a check says of a form: open, confirmed with a reason, or cured by new values.

    `rule` is a check of the book (`CK-039`) or a limit of a field (`soft:tudat`); `path` is the field at which it is
    shown, empty for the whole form. `raised_value` and `rule_version` say what was found, by which wording of the
    rule, when it was raised; `value` is what was found last. A hard finding cannot be confirmed, only cured.
    """

    form = models.ForeignKey(FormInstance, on_delete=models.PROTECT, related_name="findings")
    path = models.CharField(max_length=80)
    rule = models.CharField(max_length=60)
    severity = models.CharField(max_length=4, choices=Severity.choices, default=Severity.SOFT)
    raised_value = models.CharField(max_length=240, blank=True)
    value = models.CharField(max_length=240)
    rule_version = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=9, choices=FindingState.choices, default=FindingState.OPEN)
    reason = models.CharField(max_length=300, blank=True)
    raised_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["form", "path", "rule"], name="finding_once_per_field_and_rule")
        ]
        indexes = [models.Index(fields=["state", "form"], name="finding_open")]

    def __str__(self) -> str:
        return f"{self.form_id}/{self.path} {self.state}"


class _Sheet(models.Model):
    """Typed columns of one sheet or row; `crf_fields` are the fields that the book names, in its order."""

    class Meta:
        abstract = True

    @classmethod
    def crf_fields(cls) -> list[CrfField]:
        kept = cls.__dict__.get("_crf_fields")
        if kept is None:
            kept = sorted(
                (f for f in cls._meta.local_fields if isinstance(f, CrfField)), key=lambda f: f.order
            )
            cls._crf_fields = kept  # type: ignore[attr-defined]
        return kept

    def set_value(self, field: CrfField, value: Any, missing: str | None) -> None:
        """Value and companion columns together (missing reason; earliest and latest day)."""
        setattr(self, field.name, value)
        if field.missing:
            setattr(self, field.name + "_miss", missing)
        if field.kind == "pdate":
            span: PartialDate | None = value
            setattr(self, field.name + "_earliest", span.earliest if span else None)
            setattr(self, field.name + "_latest", span.latest if span else None)


class CrfData(_Sheet):
    """The sheet of one form. Subclasses carry `crf = Form(...)`, sections and fields."""

    crf: Form

    form = models.OneToOneField(
        FormInstance, primary_key=True, on_delete=models.PROTECT, related_name="%(class)s"
    )

    class Meta:
        abstract = True


class CrfRow(_Sheet):
    """A line of a repeating section. It keeps its number for life; a removed row stays, inactive, with its reason."""

    crf_rows: RowsOf

    form = models.ForeignKey(FormInstance, on_delete=models.PROTECT, related_name="%(class)s_rows")
    row = models.PositiveSmallIntegerField()
    active = models.BooleanField(default=True)
    removed_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["form", "row"], name="%(class)s_row_once")]
        ordering = ["form_id", "row"]
