"""What a site has of its own: laboratories, dated reference ranges (C01 LABR), approved consent versions.

A range decides grades and eligibility, so it is never overwritten: it ends, or is taken out with a reason.
"""

from __future__ import annotations

import datetime as dt
from contextlib import AbstractContextManager
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crf.events import ranges_changed
from crf.models import ConsentVersion, Laboratory, ReferenceRange
from crf.policies import may_configure
from crf.reasons import reason_given
from crf.registry import site_forms
from crf.site_ranges import Problems, problems_of
from trialsite.accounts.models import Site, User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import Decision, refused

from .refusals import noted, require_open_site

LABR = "LABR"


def _configuring(by: User, site: Site) -> AbstractContextManager[None]:
    """What is refused, because the site is locked say, is kept in the trail."""
    return noted(by=by, act="configure", address=f"site:{site.pk}", site=site)


def laboratory_add(
    *, by: User, site: Site, code: str, name_en: str, name_zh: str = "", decision: Decision | None = None
) -> Laboratory:
    """A laboratory that the site sends samples to, under a code that is once at the site."""
    with _configuring(by, site), transaction.atomic():
        (decision or may_configure(by, site)).require()
        require_open_site(site)
        chain = trail.study_chain()  # one writer of site configuration at a time
        if Laboratory.objects.filter(site=site, code=code).exists():
            refused(_("Laboratory %(code)s exists already.") % {"code": code}, "duplicate").require()
        made = Laboratory.objects.create(site=site, code=code, name_en=name_en, name_zh=name_zh)
        entries = [
            Entry(Action.SITE_CHANGED, made.address, "@laboratory", "", code),
            Entry(Action.SITE_CHANGED, made.address, "name_en", "", name_en),
        ]
        entries += [Entry(Action.SITE_CHANGED, made.address, "name_zh", "", name_zh)] if name_zh else []
        trail.append_all(chain, entries, by=by, site=site)
        return made


def laboratory_end(*, by: User, laboratory: Laboratory, reason: str) -> None:
    """No new results name it; those that do keep it. Twice is harmless."""
    with _configuring(by, laboratory.site), transaction.atomic():
        may_configure(by, laboratory.site).require()
        require_open_site(laboratory.site)
        reason = reason_given(reason, _("Say why."))
        if not Laboratory.objects.filter(pk=laboratory.pk, active=True).update(active=False):
            return
        laboratory.active = False
        entry = Entry(Action.SITE_CHANGED, laboratory.address, "active", "1", "0", reason)
        trail.append_all(trail.study_chain(), [entry], by=by, site=laboratory.site)


def ranges_add(
    *, by: User, laboratory: Laboratory, ranges: list[dict[str, Any]], decision: Decision | None = None
) -> list[ReferenceRange]:
    """All of these rows, or none. Values by field name, as the fields of C01 read them.

    Raises `Problems` with every row that cannot stand, beside the rows that are there (CK-082).
    """
    with _configuring(by, laboratory.site), transaction.atomic():
        (decision or may_configure(by, laboratory.site)).require()
        require_open_site(laboratory.site)
        chain = trail.study_chain()  # one writer of site configuration at a time
        laboratory.refresh_from_db(fields=["active"])
        if not laboratory.active:
            refused(_("This laboratory is closed: no new results name it."), "closed").require()
        kept = [values_of(row) for row in laboratory.ranges.filter(active=True)]
        found: dict[int, dict[str, str]] = {}
        for number, values in enumerate(ranges, 1):
            if errors := problems_of(values, kept):
                found[number] = errors
            else:
                kept.append(values)
        if found:
            raise Problems(found)
        made = [_stored(laboratory, values) for values in ranges]
        trail.append_all(chain, [e for row in made for e in _entries(row)], by=by, site=laboratory.site)
        ranges_changed.send(ReferenceRange, site_id=laboratory.site_id)
        return made


def range_remove(*, by: User, row: ReferenceRange, reason: str) -> None:
    """Take a wrong range out, with a reason; results are graded again without it. Twice is harmless."""
    site = row.laboratory.site
    with _configuring(by, site), transaction.atomic():
        may_configure(by, site).require()
        require_open_site(site)
        reason = reason_given(reason, _("Say why."))
        chain = trail.study_chain()
        changed = ReferenceRange.objects.filter(pk=row.pk, active=True)
        if not changed.update(active=False, removed_reason=reason):
            return
        entry = Entry(Action.ROW_REMOVE, f"range:{row.pk}", "@active", "1", "0", reason)
        trail.append_all(chain, [entry], by=by, site=site)
        ranges_changed.send(ReferenceRange, site_id=site.pk)


def consent_version_add(
    *, by: User, site: Site, version: str, version_date: dt.date, effective_from: dt.date,
    decision: Decision | None = None,
) -> ConsentVersion:  # fmt: skip
    """A version of the consent form that is approved for the site from a day on (CK-005, CK-008)."""
    with _configuring(by, site), transaction.atomic():
        (decision or may_configure(by, site)).require()
        require_open_site(site)
        if effective_from < version_date:
            refused(_("A version cannot take effect before its own date."), "order").require()
        chain = trail.study_chain()
        if ConsentVersion.objects.filter(site=site, version=version).exists():
            refused(_("Version %(version)s exists already.") % {"version": version}, "duplicate").require()
        made = ConsentVersion.objects.create(
            site=site, version=version, version_date=version_date, effective_from=effective_from
        )
        text = f"{version} {version_date} {effective_from}"
        entry = Entry(Action.SITE_CHANGED, f"consent:{made.pk}", "@version", "", text)
        trail.append_all(chain, [entry], by=by, site=site)
        ranges_changed.send(ConsentVersion, site_id=site.pk)  # consents are judged by the versions
        return made


def values_of(row: ReferenceRange) -> dict[str, Any]:
    """The values of a stored row by field name, `labr_lln_miss` too."""
    names = [name for field in row.crf_fields() for name in (field.name, field.name + "_miss")]
    return {name: value for name in names if (value := getattr(row, name, None)) is not None}


def _stored(laboratory: Laboratory, values: dict[str, Any]) -> ReferenceRange:
    return ReferenceRange.objects.create(laboratory=laboratory, **values | {"labr_lab": laboratory.address})


def _entries(row: ReferenceRange) -> list[Entry]:
    fields = site_forms()[LABR].fields
    texts = {name: fields[name].to_text(getattr(row, name)) for name in fields}
    return [
        Entry(Action.ROW_ADD, f"range:{row.pk}", "@active", "", "1"),
        *(
            Entry(Action.ENTER, f"range:{row.pk}", name, "", text)
            for name, text in texts.items()
            if text
        ),
    ]  # fmt: skip
