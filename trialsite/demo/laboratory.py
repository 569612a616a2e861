"""The laboratory of each demonstration site: its ranges are the typical ones of the catalogue."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from crf.analytes import ANALYTES
from crf.models import ConsentVersion, Laboratory
from crf.services.site import consent_version_add, laboratory_add, ranges_add
from crf.site_ranges import units_of
from trialsite.accounts.models import Site, User

CODE = "CENTRAL"
# Where the catalogue says "assay specific": the 99th percentile of the assay.
ASSAYS = {"TROPONI": (0.0, 26.0)}
SINCE = dt.date(2023, 1, 1)
CONSENT = ("1.1", dt.date(2024, 1, 15))


def limits_of(code: str) -> tuple[float | None, float | None]:
    """Lower and upper limit of normal, in the standard unit; none where the catalogue names none."""
    if code in ASSAYS:
        return ASSAYS[code]
    found = re.match(r"^([\d.]+)-([\d.]+)", ANALYTES[code].typical_range)
    if not found or not units_of(ANALYTES[code]):
        return None, None
    return float(found[1]), float(found[2])


def ensure_laboratory(site: Site, by: User) -> Laboratory:
    """The site's laboratory with ranges for every analyte that has them, and the consent version; made once."""
    known = Laboratory.objects.filter(site=site, code=CODE).first()
    if known is not None:
        return known
    made = laboratory_add(by=by, site=site, code=CODE, name_en="Hospital laboratory", name_zh="医院检验科")
    ranges_add(
        by=by, laboratory=made, ranges=[_range(code) for code in ANALYTES if limits_of(code) != (None, None)]
    )
    version, day = CONSENT
    if not ConsentVersion.objects.filter(site=site, version=version).exists():
        consent_version_add(by=by, site=site, version=version, version_date=day, effective_from=day)
    return made


def _range(code: str) -> dict[str, Any]:
    low, high = limits_of(code)
    values: dict[str, Any] = {
        "labr_test": code, "labr_unit": ANALYTES[code].unit, "labr_sex": "BOTH", "labr_agelo": 0, "labr_agehi": 120,
        "labr_from": SINCE, "labr_uln": Decimal(str(high)),
    }  # fmt: skip
    return values | ({"labr_lln": Decimal(str(low))} if low else {"labr_lln_miss": "NA"})
