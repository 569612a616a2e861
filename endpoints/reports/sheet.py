"""The approval page of a report: its signatures, as a file of its own that names the digest of the report's file.

It follows from the signatures alone, so it is kept as a file that can be thrown away and made again, byte by byte. That a
page was made stands in the trail with its digest: by this `/check/` knows it.
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from endpoints.models_reports import Meaning, ReportApproval, ReportJob
from endpoints.reports import codes
from endpoints.reports.approving import sheet_noted
from endpoints.reports.document import CSS
from trialsite.accounts.roles import Role
from trialsite.kernel.digests import digest
from trialsite.kernel.study import study
from trialsite.web.pdf import Pdf, pdf_of

FOLDER = "reports/approvals"  # below VAR_DIR
FORM = 2  # counts what the page says of a signature: a page that was kept in an earlier form is made again


def approvals_of(job: ReportJob) -> list[ReportApproval]:
    """The signatures under the file as it is, in their order."""
    return list(job.approvals.filter(sha256=job.sha256).order_by("signed_at", "pk"))


def sheet_path(job: ReportJob, approvals: Sequence[ReportApproval]) -> Path:
    """Named by the form of the page, the report and its signatures."""
    name = digest([FORM, job.sha256, job.language, *(digest(one.manifest) for one in approvals)])
    return settings.VAR_DIR / FOLDER / name[:2] / f"{name}.pdf"


def sheet_make(pk: int) -> bool:
    """The page of the signatures that are there now. Twice is harmless: the same bytes, one event."""
    from endpoints.reports.sealing import sealed

    job = ReportJob.objects.select_related("cut").get(pk=pk)
    approvals = approvals_of(job)
    if not approvals:
        return False
    path = sheet_path(job, approvals)
    if not path.exists():
        made = sealed(_laid_out(job, approvals))
        sheet_noted(by=None, job=job, sha256=made.sha256, signatures=len(approvals))
        _write(path, made.content)
    return True


def _laid_out(job: ReportJob, approvals: Sequence[ReportApproval]) -> Pdf:
    last = approvals[-1].signed_at
    with override(job.language), timezone.override(dt.UTC):
        html = render_to_string("reports/approvals.html", context(job, approvals))
        css = CSS.read_text(encoding="utf-8") + _frame()
        reason = _("Sealed by the system that made this document; any change breaks the seal.")
    identifier = f"approvals|{job.code}|{len(approvals)}"
    return pdf_of(html, css=css, at=last, identifier=identifier, accessible=True, seal=reason)


def context(job: ReportJob, approvals: Sequence[ReportApproval]) -> dict[str, Any]:
    """What the page says, in the language that is active."""
    chinese = job.language.startswith("zh")
    return {
        "lang": "zh-Hans" if chinese else "en",
        "study": study(),
        "title": study().title.zh if chinese else study().title.en,
        "job": job,
        "site": job.content.get(codes.ADDRESS, ""),
        "lines": [
            {
                "role": Role(one.role).label if one.role in Role.values else one.role,
                "name": one.name,
                "username": one.manifest["username"],
                "meaning": Meaning(one.meaning).label,
                "at": one.signed_at,
                "zone": one.zone,
                "components": " + ".join(one.manifest["components"]),
                "first": one.manifest["first_in_session"],
                "digest": digest(one.manifest),
            }
            for one in approvals
        ],
    }


def _frame() -> str:
    """Running head and foot in the language of the report."""
    head = f"{study().id}  ·  {_('Approval page')}"
    pages = _('"Confidential  ·  Page " counter(page) " of " counter(pages)')
    return f'@page{{@top-left{{content:"{head}"}}@bottom-right{{content:{pages}}}}}'


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    os.replace(part, path)
