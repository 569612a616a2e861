"""The critical fields: what an endpoint reads, and what rights and safety of the participant rest on.

The endpoints register what they read when the site starts; this module knows nothing of them. What stands here beside
it is risk-based (E6(R3) 3.11.4.2): consent, eligibility, treatment given, safety, disposition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from django.utils.translation import gettext as _

from .registry import form_def


class Why(StrEnum):
    """What makes a field critical."""

    ENDPOINT = "endpoint"
    CONSENT = "consent"
    ELIGIBILITY = "eligibility"
    TREATMENT = "treatment"
    SAFETY = "safety"
    DISPOSITION = "disposition"

    @property
    def words(self) -> str:
        return _WORDS[self]()


_WORDS: Mapping[Why, Any] = {
    Why.ENDPOINT: lambda: _("read by an endpoint"),
    Why.CONSENT: lambda: _("consent"),
    Why.ELIGIBILITY: lambda: _("eligibility"),
    Why.TREATMENT: lambda: _("treatment given"),
    Why.SAFETY: lambda: _("safety"),
    Why.DISPOSITION: lambda: _("disposition"),
}

# By form, or form and repeating section. Grade, seriousness and relationship tell which events are of grade 3 or more,
# serious, or related: they are compared for every event, or a grade 3 written as a 2 would never be looked at.
ALWAYS: Mapping[str, tuple[Why, tuple[str, ...]]] = {
    "ICF": (Why.CONSENT, (
        "icf_yn", "icf_dsstdat", "icf_dssttim", "icf_version", "icf_signatory", "wd_yn", "wd_dsstdat", "wd_scope",
    )),
    "ICF/ICF2": (Why.CONSENT, ("recon_dsstdat", "recon_version")),
    "DM": (Why.ELIGIBILITY, ("brthdat", "sex")),
    "IE": (Why.ELIGIBILITY, ("ieyn", "iedat", "enr_yn", "enr_dsstdat", "sf_reason")),
    "IE/IE1": (Why.ELIGIBILITY, ("ieorres",)),
    "EC": (Why.TREATMENT, ("ec_phase", "ec_cycle", "ec_notgiven_reas")),
    "EC/EC2": (Why.TREATMENT, ("ecoccur", "ecreasoc", "ec_lvl", "ecdstxt", "ecstdat", "ec_perm_yn")),
    "EC/EC3": (Why.TREATMENT, ("apa_dose", "apa_frq")),
    "SURG": (Why.DISPOSITION, ("surg_reasoc",)),
    "SURG/SU3": (Why.SAFETY, ("comp_term", "comp_cd")),
    "LPATH": (Why.DISPOSITION, ("lp_no",)),  # the specimen that the central readers get
    "AE1": (Why.SAFETY, (
        "aeterm", "aestdat", "aeendat", "aetoxgr", "aeout", "aeser", "aesdth", "aeslife", "aeshosp", "aerel_oxa",
        "aerel_llv", "aerel_fu", "aerel_cam", "aerel_apa", "aerel_surg",
    )),
    "DTH": (Why.SAFETY, ("dthdat", "dth_cause", "dth_rel")),
    "EOT": (Why.DISPOSITION, ("eot_dsstdat", "eot_dsdecod")),
    "EOS": (Why.DISPOSITION, ("eos_dsstdat", "eos_dsdecod")),
}  # fmt: skip

_registered: dict[str, set[str]] = {}


def register(fields: Mapping[str, Iterable[str]]) -> None:
    """Names by form and repeating section: `{"TA": (…), "TA/TA2": (…)}`."""
    for place, names in fields.items():
        _registered.setdefault(place, set()).update(names)
    reasons.cache_clear()
    critical.cache_clear()


def registered() -> Mapping[str, set[str]]:
    """What the endpoints read, by form and section."""
    return _registered


@cache
def reasons(form_key: str, section: str = "") -> Mapping[str, tuple[Why, ...]]:
    """The critical fields of a form's sheet, or of its repeating section, that people enter, with what makes them so."""
    place = f"{form_key}/{section}" if section else form_key
    why, always = ALWAYS.get(place, (Why.ENDPOINT, ()))
    read = _registered.get(place, set())
    definition = form_def(form_key)
    fields = definition.section(section).fields if section else definition.fields.values()
    found = {}
    for crf_field in fields:
        held = [Why.ENDPOINT] * (crf_field.name in read) + [why] * (crf_field.name in always)
        if held and not crf_field.derived:
            found[crf_field.name] = tuple(held)
    return found


@cache
def critical(form_key: str, section: str = "") -> frozenset[str]:
    """Names of the critical fields of a form's sheet, or of its repeating section, that people enter."""
    return frozenset(reasons(form_key, section))


def is_critical(form_key: str, path: str) -> bool:
    """Whether the field at a path is critical; a row or a whole form is when any of its fields is."""
    head, _sep, name = path.rpartition("/")
    if not head and ":" in name:
        return bool(critical(form_key, name.partition(":")[0]))
    section = head.partition(":")[0]
    return name in critical(form_key, section) if name else has_critical(form_key)


def has_critical(form_key: str) -> bool:
    return bool(critical(form_key)) or any(
        critical(form_key, section.id) for section in form_def(form_key).row_sections
    )
