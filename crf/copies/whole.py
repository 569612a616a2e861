"""What a copy holds beside the participants: definitions, sites, people with their roles, training and delegation, holds,
the review of the trail, documents of the study."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from crf.dictionary import dictionary
from crf.judging import rules_digest
from crf.models import (
    ConsentVersion,
    DatabaseLock,
    DocumentJob,
    Hold,
    Laboratory,
    ReferenceRange,
    TrailItem,
    TrailReview,
    UnlockRequest,
    VerificationPlan,
)
from crf.registry import forms, parts
from trialsite.accounts.models import Attestation, Delegation, RoleHeld, Site, Training, User
from trialsite.kernel.study import FILE, study
from trialsite.web import sheets as csv
from trialsite.web.jobs import JobState

from .writer import Writer


def write_definitions(to: Writer) -> None:
    """What was asked, of whom, when, with which codes, limits and checks; and the settings of the study."""
    known = dictionary()
    to.json("definitions/data-dictionary.json", known["forms"])
    to.json("definitions/code-lists.json", known["codelists"])
    to.json("definitions/edit-checks.json", {"version": rules_digest(), "checks": known["checks"]})
    rest = {name: known[name] for name in ("visits", "matrix", "analytes", "ie", "ctcae")}
    to.json("definitions/schedule-and-catalogues.json", rest)
    versions = {key: definition.version for key, definition in {**forms(), **parts()}.items()}
    to.json("definitions/form-versions.json", versions)
    to.text("definitions/study.toml", FILE.read_text(encoding="utf-8"))
    settings = {
        "digest": study().digest, "locked": known["config_locked"], "configurable": known["config"],
        "statistics": {key: study()[key] for key in ("design", "null_rates", "accrual_plan")},
    }  # fmt: skip
    to.json("definitions/settings.json", settings)
    plan = VerificationPlan.objects.order_by("form_key").values("form_key", "level")
    to.json("definitions/verification-plan.json", list(plan))


def write_sites(to: Writer, site: Site | None) -> None:
    """Sites with their laboratories, reference ranges and consent versions."""
    here = Q(pk=site.pk) if site else Q()
    names = ("number", "name_en", "name_zh", "time_zone", "active")
    to.json("sites/sites.json", list(Site.objects.filter(here).order_by("number").values(*names)))
    below = Q(site=site) if site else Q()
    laboratories = Laboratory.objects.filter(below).order_by("site__number", "code")
    to.json("sites/laboratories.json", plain(laboratories))
    ranges = ReferenceRange.objects.filter(Q(laboratory__site=site) if site else Q()).order_by("pk")
    to.json("sites/reference-ranges.json", plain(ranges))
    to.json("sites/consent-versions.json", plain(ConsentVersion.objects.filter(below).order_by("pk")))


def plain(found: QuerySet[Any]) -> list[dict[str, Any]]:
    """Every column of rows that hold nothing secret."""
    return list(found.values())


# --- people ---------------------------------------------------------------------------------------------------------


def write_people(to: Writer, site: Site | None) -> None:
    """Who had which role, training and duty, from when until when (item 13 of the inspection list). No passwords."""
    here = Q(site=site) if site else Q()
    roles = RoleHeld.objects.filter(here).order_by("user__username", "valid_from", "pk")
    duties = Delegation.objects.filter(here).order_by("site__number", "user__username", "valid_from", "pk")
    people = User.objects.order_by("username")
    training = Training.objects.order_by("user__username", "topic", "pk")
    if site:
        people = people.filter(Q(roles_held__site=site) | Q(delegations__site=site)).distinct()
        training = training.filter(user__in=people)
    _table(
        to, "people/accounts.csv", people, "username", "full_name", "is_active", "date_joined", "last_login"
    )
    _table(
        to, "people/roles.csv", roles, "user__username", "user__full_name", "role", "site__number", "valid_from",
        "valid_until", "ended_at",
    )  # fmt: skip
    _table(
        to, "people/training.csv", training, "user__username", "topic", "trained_on", "expires_on", "certificate",
        "recorded_by__username", "recorded_at", "withdrawn_at",
    )  # fmt: skip
    _table(
        to, "people/delegation.csv", duties, "site__number", "user__username", "user__full_name", "duty", "valid_from",
        "valid_until", "delegated_by__username", "delegated_at", "authorised_by__username", "authorised_at", "ended_at",
    )  # fmt: skip
    attested = Attestation.objects.filter(here).order_by("at", "pk")
    _table(
        to,
        "people/attestations.csv",
        attested,
        "at",
        "by__username",
        "site__number",
        "people",
        "note",
        "digest",
    )


def _table(to: Writer, path: str, found: QuerySet[Any], *names: str) -> None:
    known = {field.name for field in found.model._meta.get_fields()}
    columns = [name for name in names if name.partition("__")[0] in known]
    lines = (csv.line(row) for row in found.values_list(*columns).iterator(chunk_size=2000))
    heading = [name.replace("user__", "").replace("__", "_") for name in columns]
    to.pieces(path, (piece for part in ([csv.MARK + csv.line(heading)], lines) for piece in part))


# --- holds, review, documents ---------------------------------------------------------------------------------------


def write_holds(to: Writer, site: Site | None) -> None:
    """Freezes and locks with their end, unlocking by two persons, database locks."""
    names = ("level", "form_id", "visit_id", "participant__number", "site__number")
    here = Q()
    if site:
        here = (
            Q(site=site) | Q(participant__site=site) | Q(form__participant__site=site) | Q(visit__participant__site=site)
            | Q(level="STUDY")
        )  # fmt: skip
    _table(
        to, "review/holds.csv", Hold.objects.filter(here).order_by("pk"), "kind", *names, "at", "by__username", "reason",
        "lifted_at", "lifted_by__username", "lifted_reason",
    )  # fmt: skip
    _table(
        to, "review/unlocks.csv", UnlockRequest.objects.filter(here).order_by("pk"), *names, "state", "requested_at",
        "requested_by__username", "reason", "expires_at", "decided_at", "decided_by__username", "decision_reason",
    )  # fmt: skip
    locks = DatabaseLock.objects.order_by("number").values(
        "number", "hold__at", "hold__by__username", "hold__reason", "hold__lifted_at", "checklist", "snapshot", "digest", "size",
        "sealed_at",
    )  # fmt: skip
    to.json("review/database-locks.json", list(locks))


def write_trail_review(to: Writer) -> None:
    """What the review of the trail found and who signed it off: the sponsor's, so not in the copy of a site."""
    items = TrailItem.objects.order_by("pk").values(
        "id", "participant__number", "site__number", "signal", "key", "rank", "first", "last", "detail", "found_at",
        "reviewed_at", "conclusion", "note",
    )  # fmt: skip
    reviews = TrailReview.objects.order_by("pk").values(
        "item_id", "at", "by__username", "printed_name", "role", "conclusion", "note", "first", "last"
    )
    to.json("review/trail-review.json", {"items": list(items), "reviews": list(reviews)})


def write_documents(to: Writer) -> None:
    """Blank and annotated CRFs that were built."""
    jobs = DocumentJob.objects.filter(participant__isnull=True, state=JobState.READY).defer("inputs")
    taken: set[str] = set()
    for job in jobs.order_by("pk"):
        if job.there and job.sha256 not in taken:
            taken.add(job.sha256)
            to.file(f"documents/{len(taken)}-{job.file_name}", job.path)
