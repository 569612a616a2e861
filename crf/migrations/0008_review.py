"""Queries, verification, signatures, freeze and lock, proposed deviations, the review of the trail.

Written so that each new table is made in one step: on SQLite every further step makes a table anew.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from trialsite.audit.guard import AppendOnly


def judge_again(apps, schema_editor):
    apps.get_model("crf", "CheckState").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_single_keys"),
        ("accounts", "__first__"),
        ("crf", "0007_documents"),
        ("participants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("FORM", "Form"),
                            ("VISIT", "Visit"),
                            ("PARTICIPANT", "Participant"),
                            ("SITE", "Site"),
                            ("STUDY", "Study"),
                        ],
                        max_length=11,
                    ),
                ),
                ("kind", models.CharField(choices=[("FREEZE", "Frozen"), ("LOCK", "Locked")], max_length=6)),
                ("at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_reason", models.CharField(blank=True, max_length=300)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crf.forminstance",
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="participants.participant",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.site",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="participants.visit",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "indexes": [models.Index(fields=["participant", "lifted_at"], name="hold_participant")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("kind", "form"),
                        name="hold_once_on_form",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("kind", "visit"),
                        name="hold_once_on_visit",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("kind", "participant"),
                        name="hold_once_on_participant",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("kind", "site"),
                        name="hold_once_on_site",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("level", "STUDY"), ("lifted_at__isnull", True)),
                        fields=("kind",),
                        name="hold_once_on_study",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DatabaseLock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(unique=True)),
                ("checklist", models.JSONField()),
                ("snapshot", models.CharField(blank=True, max_length=200)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("size", models.BigIntegerField(default=0)),
                ("sealed_at", models.DateTimeField(null=True)),
                (
                    "hold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="database_lock",
                        to="crf.hold",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DeviationProposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rule", models.CharField(max_length=12)),
                ("category", models.CharField(max_length=16)),
                ("place", models.CharField(blank=True, max_length=80)),
                ("visit_label", models.CharField(blank=True, max_length=10)),
                ("day", models.DateField(null=True)),
                ("found", models.CharField(blank=True, max_length=300)),
                ("severity", models.CharField(blank=True, max_length=8)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("PROPOSED", "Proposed"),
                            ("ACCEPTED", "Accepted"),
                            ("REJECTED", "Rejected"),
                            ("WITHDRAWN", "No longer applies"),
                        ],
                        default="PROPOSED",
                        max_length=9,
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crf.forminstance",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposal",
                        to="crf.forminstance",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="participants.participant",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"
                    ),
                ),
            ],
            options={
                "ordering": ["-proposed_at", "pk"],
                "indexes": [models.Index(fields=["state", "site", "proposed_at"], name="proposal_open")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("participant", "rule", "place"), name="proposal_once_per_rule_and_place"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Query",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("form_key", models.CharField(blank=True, max_length=8)),
                ("path", models.CharField(blank=True, max_length=80)),
                ("endpoint", models.BooleanField(default=False)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("PERSON", "a person"),
                            ("CHECK", "edit check"),
                            ("LIST", "list of queries"),
                        ],
                        default="PERSON",
                        max_length=6,
                    ),
                ),
                ("rule", models.CharField(blank=True, max_length=60)),
                ("rule_version", models.CharField(blank=True, max_length=12)),
                (
                    "severity",
                    models.CharField(
                        choices=[("soft", "Query"), ("hard", "Error")], default="soft", max_length=4
                    ),
                ),
                ("question", models.CharField(blank=True, max_length=600)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OPEN", "Open"),
                            ("ANSWERED", "Answered"),
                            ("REOPENED", "Re-opened"),
                            ("CLOSED", "Closed"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="OPEN",
                        max_length=9,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CORRECTED", "Corrected per source"),
                            ("CONFIRMED", "Confirmed against source"),
                            ("NOT_AVAILABLE", "Source not available"),
                            ("CLARIFIED", "Explained, no change needed"),
                        ],
                        max_length=13,
                    ),
                ),
                ("raised_value", models.CharField(blank=True, max_length=300)),
                ("closed_value", models.CharField(blank=True, max_length=300)),
                ("raised_at", models.DateTimeField()),
                ("moved_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("reopened", models.PositiveSmallIntegerField(default=0)),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="queries",
                        to="crf.forminstance",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="queries",
                        to="participants.participant",
                    ),
                ),
                (
                    "raised_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"
                    ),
                ),
            ],
            options={
                "ordering": ["participant_id", "number"],
                "indexes": [
                    models.Index(fields=["state", "site", "moved_at"], name="query_state_site"),
                    models.Index(fields=["site", "raised_at"], name="query_site_raised"),
                    models.Index(fields=["form", "state"], name="query_form"),
                    models.Index(fields=["state", "endpoint", "moved_at"], name="query_endpoint"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("participant", "number"), name="query_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("rule", ""), _negated=True),
                        fields=("form", "path", "rule"),
                        name="query_once_per_check",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("form__isnull", False),
                            ("rule", ""),
                            ("state__in", ["OPEN", "ANSWERED", "REOPENED"]),
                        ),
                        fields=("form", "path"),
                        name="query_one_standing_per_field",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QueryMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("author_name", models.CharField(blank=True, max_length=150)),
                ("role", models.CharField(blank=True, max_length=20)),
                ("act", models.CharField(max_length=10)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OPEN", "Open"),
                            ("ANSWERED", "Answered"),
                            ("REOPENED", "Re-opened"),
                            ("CLOSED", "Closed"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CORRECTED", "Corrected per source"),
                            ("CONFIRMED", "Confirmed against source"),
                            ("NOT_AVAILABLE", "Source not available"),
                            ("CLARIFIED", "Explained, no change needed"),
                        ],
                        max_length=13,
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=1000)),
                ("value", models.CharField(blank=True, max_length=300)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "query",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="crf.query"
                    ),
                ),
            ],
            options={
                "ordering": ["query_id", "pk"],
            },
        ),
        migrations.CreateModel(
            name="QueryAttachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("content_type", models.CharField(max_length=60)),
                ("size", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.BinaryField()),
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachment",
                        to="crf.querymessage",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("username", models.CharField(max_length=150)),
                ("printed_name", models.CharField(max_length=120)),
                ("role", models.CharField(max_length=20)),
                (
                    "meaning",
                    models.CharField(
                        choices=[
                            ("CONFIRM", "I confirm these data"),
                            ("REVIEW", "Review and approval"),
                            ("RESPONSIBILITY", "Responsibility for the content"),
                        ],
                        max_length=14,
                    ),
                ),
                ("statement_en", models.TextField()),
                ("statement_zh", models.TextField()),
                ("at", models.DateTimeField()),
                ("zone", models.CharField(max_length=40)),
                ("components", models.CharField(max_length=60)),
                ("first_in_session", models.BooleanField()),
                ("open_queries", models.JSONField(default=list)),
                ("changed", models.JSONField(default=list)),
                ("digest", models.CharField(max_length=64)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="participants.participant",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "indexes": [models.Index(fields=["participant", "-at"], name="signature_participant")],
            },
        ),
        migrations.CreateModel(
            name="SignedForm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("values_digest", models.CharField(max_length=64)),
                ("definition", models.CharField(max_length=12)),
                ("voided_at", models.DateTimeField(null=True)),
                (
                    "void_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("DATA", "data changed"),
                            ("DEFINITION", "form changed"),
                            ("REMOVED", "line taken out"),
                        ],
                        max_length=10,
                    ),
                ),
                ("void_detail", models.TextField(blank=True)),
                (
                    "form",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="crf.forminstance",
                    ),
                ),
                (
                    "signature",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="forms", to="crf.signature"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["form", "-id"], name="signed_form")],
                "constraints": [
                    models.UniqueConstraint(fields=("signature", "form"), name="signed_once_in_a_signature"),
                    models.UniqueConstraint(
                        condition=models.Q(("voided_at__isnull", True)),
                        fields=("form",),
                        name="signed_form_one_standing",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TrailItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "signal",
                    models.CharField(
                        choices=[
                            ("LATE_CHANGE", "late change of an endpoint field"),
                            ("BEFORE_SIGNATURE", "change just before a signature"),
                            ("NIGHT", "many entries at night"),
                            ("SAME_PERSON", "same person entered and verified"),
                            ("BACK_AND_FORTH", "value changed back and forth"),
                            ("FAST", "form entered faster than it can be read"),
                        ],
                        max_length=16,
                    ),
                ),
                ("key", models.CharField(max_length=120)),
                ("rank", models.PositiveSmallIntegerField()),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("detail", models.JSONField(default=dict)),
                ("found_at", models.DateTimeField()),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("conclusion", models.CharField(blank=True, max_length=12)),
                ("note", models.CharField(blank=True, max_length=600)),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trail_items",
                        to="participants.participant",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.site"
                    ),
                ),
            ],
            options={
                "ordering": ["-rank", "pk"],
                "indexes": [models.Index(fields=["reviewed_at", "-rank"], name="trail_item_open")],
                "constraints": [
                    models.UniqueConstraint(fields=("participant", "signal", "key"), name="trail_item_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="UnlockRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("FORM", "Form"),
                            ("VISIT", "Visit"),
                            ("PARTICIPANT", "Participant"),
                            ("SITE", "Site"),
                            ("STUDY", "Study"),
                        ],
                        max_length=11,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("PENDING", "Waits for a second person"),
                            ("APPROVED", "Unlocked"),
                            ("DECLINED", "Declined"),
                            ("EXPIRED", "Expired"),
                        ],
                        default="PENDING",
                        max_length=8,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
                ("expires_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decision_reason", models.CharField(blank=True, max_length=300)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crf.forminstance",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="participants.participant",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.site",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="participants.visit",
                    ),
                ),
            ],
            options={
                "ordering": ["-requested_at", "-pk"],
                "indexes": [models.Index(fields=["state", "expires_at"], name="unlock_pending")],
            },
        ),
        migrations.CreateModel(
            name="VerificationMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("path", models.CharField(max_length=80)),
                ("value", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("VALID", "Verified"),
                            ("CHANGED", "Changed since verified"),
                            ("TAKEN_BACK", "Verification taken back"),
                        ],
                        default="VALID",
                        max_length=10,
                    ),
                ),
                ("verified_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField(null=True)),
                ("changed_value", models.TextField(blank=True)),
                (
                    "form",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="marks",
                        to="crf.forminstance",
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["state", "changed_at"], name="mark_changed")],
                "constraints": [models.UniqueConstraint(fields=("form", "path"), name="mark_once_per_field")],
            },
        ),
        migrations.CreateModel(
            name="VerificationPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("form_key", models.CharField(max_length=8, unique=True)),
                (
                    "level",
                    models.CharField(
                        choices=[("NONE", "None"), ("CRITICAL", "Critical fields"), ("ALL", "All fields")],
                        default="CRITICAL",
                        max_length=8,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="forminstance",
            name="query_answered",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="forminstance",
            name="query_open",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="forminstance",
            name="signed",
            field=models.CharField(
                blank=True, choices=[("S", "Signed"), ("V", "Signature void")], max_length=1
            ),
        ),
        migrations.AddField(
            model_name="forminstance",
            name="verified",
            field=models.CharField(
                blank=True, choices=[("P", "Partly verified"), ("V", "Verified")], max_length=1
            ),
        ),
        migrations.AddIndex(
            model_name="forminstance",
            index=models.Index(fields=["signed", "status"], name="form_signed_status"),
        ),
        migrations.AddIndex(
            model_name="forminstance",
            index=models.Index(fields=["verified", "status"], name="form_verified_status"),
        ),
        # What was signed and what was said in a thread stays as it was.
        AppendOnly("crf_signature"),
        AppendOnly("crf_querymessage"),
        AppendOnly("crf_queryattachment"),
        # Everybody is judged once more: findings that stand get their queries.
        migrations.RunPython(judge_again, migrations.RunPython.noop),
    ]
