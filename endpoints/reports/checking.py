"""Whether a file or a code is one of ours, without any of what it says: no participant, no site, no result.

By digest only: nothing of what is handed in is read or kept, and no PDF is opened. The seal inside a file is looked at by
`manage.py check_report` and by any reader of PDF.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crf.models import DocumentJob
from crf.models.documents import DocumentKind
from endpoints.models_reports import ReportJob, ReportKind
from endpoints.reports import codes
from pathology.models import AgreementReport
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent
from trialsite.web.figures import day, moment


class Outcome(StrEnum):
    GENUINE = "genuine"  # the file is one of ours, unchanged
    SHEET = "sheet"  # an approval page of ours, unchanged
    CODE = "code"  # a report of ours has this code; the file itself was not seen
    OTHER = "other"  # ours, but not the one that the code names
    NOT_OURS = "not-ours"
    UNKNOWN = "unknown"  # no report has this code


@dataclass(frozen=True, slots=True)
class Answer:
    outcome: Outcome
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    sha256: str = ""  # of the file that was handed in, or of the report that the code names
    body: str = ""  # of the report that an approval page belongs to

    @property
    def good(self) -> bool:
        return self.outcome in (Outcome.GENUINE, Outcome.SHEET, Outcome.CODE)


def by_digest(sha256: str, code: str = "") -> Answer:
    """What the digest of a file says. `code`: the one on the paper beside it, if any."""
    job = _reports().filter(sha256=sha256).first()
    if job is not None:
        outcome = Outcome.OTHER if code and job.code != code else Outcome.GENUINE
        return Answer(outcome, _facts(job), _notes(job), sha256)
    return _sheet(sha256) or _other_kind(sha256) or Answer(Outcome.NOT_OURS, sha256=sha256)


def by_code(code: str) -> Answer:
    """What is known of a code: that a report has it, never that the paper is unchanged."""
    job = _reports().filter(code=code).exclude(sha256="").first() if codes.CODE.fullmatch(code) else None
    if job is None:
        return Answer(Outcome.UNKNOWN)
    return Answer(Outcome.CODE, _facts(job), _notes(job), job.sha256)


def _reports() -> Any:
    return ReportJob.objects.select_related("cut").defer("inputs").order_by("finished_at", "pk")


def _facts(job: ReportJob) -> tuple[tuple[str, str], ...]:
    """What may be told to anybody: kind, when, how long, of which data, how many signatures."""
    if job.cut is not None:
        data = _("data cut %(code)s, up to %(day)s") % {"code": job.cut.code, "day": day(job.cut.cutoff)}
    else:
        data = _("live data up to %(day)s") % {"day": day(job.as_of)} if job.as_of else _("live data")
    return (
        (_("Document"), str(ReportKind(job.kind).label)),
        (_("Code"), codes.spaced(job.code) if job.code else "–"),
        (_("Made"), moment(job.finished_at) if job.finished_at else "–"),
        (_("Data"), data),
        (_("Language"), _language(job.language)),
        (pgettext("of a document", "Pages"), str(job.pages)),
        (_("Signatures"), _signatures(job.approvals.filter(sha256=job.sha256).count())),
    )


def _notes(job: ReportJob) -> tuple[str, ...]:
    notes = []
    if job.cut is not None:
        newer = job.cut.replaced_by.order_by("-number").first()
        if newer is not None:
            words = _("Superseded: data cut %(old)s was replaced by %(new)s.")
            notes.append(words % {"old": job.cut.code, "new": newer.code})
    return tuple(notes)


def _signatures(count: int) -> str:
    return ngettext("%(n)s signature", "%(n)s signatures", count) % {"n": count} if count else _("none yet")


def _language(code: str) -> str:
    return dict(settings.LANGUAGES).get(code, {"zh": "中文"}.get(code, code))


def _sheet(sha256: str) -> Answer | None:
    """An approval page: that it was made stands in the trail."""
    event = AuditEvent.objects.filter(action=Action.REPORT_SHEET, new=sha256).first()
    if event is None:
        return None
    pk = event.target.rpartition(":")[2]
    job = _reports().get(pk=int(pk))
    said, now = int(event.old), job.approvals.filter(sha256=job.sha256).count()
    notes = []
    if now > said:
        more = ngettext("%(n)s signature was given since.", "%(n)s signatures were given since.", now - said)
        notes.append(more % {"n": now - said})
    facts = (
        (_("Document"), _("Approval page of a report")),
        (_("Signatures on it"), str(said)),
        (_("Made"), moment(event.at)),
        (_("Report"), str(ReportKind(job.kind).label)),
        (_("Code of the report"), codes.spaced(job.code)),
        (_("SHA-256 of the report"), job.sha256),
    )
    return Answer(Outcome.SHEET, facts, tuple(notes), sha256, job.sha256)


def _other_kind(sha256: str) -> Answer | None:
    """Documents that carry no code: casebooks, blank and annotated forms, reader agreement, certified copies."""
    job: Any = DocumentJob.objects.filter(sha256=sha256).defer("inputs").order_by("pk").first()
    if job is not None:
        return _plain(str(DocumentKind(job.kind).label), job, sha256)
    job = AgreementReport.objects.filter(sha256=sha256).defer("inputs").order_by("pk").first()
    if job is not None:
        return _plain(_("Report on reader agreement"), job, sha256)
    event = AuditEvent.objects.filter(action=Action.COPY_CERTIFIED, new=sha256).first()
    if event is not None:
        facts = ((_("Document"), _("Certified copy")), (_("Made"), moment(event.at)))
        return Answer(Outcome.GENUINE, facts, (), sha256)
    return None


def _plain(what: str, job: Any, sha256: str) -> Answer:
    facts: Sequence[tuple[str, str]] = (
        (_("Document"), what),
        (_("Made"), moment(job.finished_at) if job.finished_at else "–"),
        (_("Language"), _language(job.language)),
        (pgettext("of a document", "Pages"), str(job.pages)),
    )
    return Answer(Outcome.GENUINE, tuple(facts), (), sha256)
