"""What a person must have learnt, and what the principal investigator must have delegated, before a right acts.

E6(R3) 4.1.2 and 2.3.1, 21 CFR 11.10(i): training and delegation come before the work. The tables are the specification.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from .roles import Permission, Role

P = Permission


class Topic(models.TextChoices):
    GCP = "GCP", _("Good clinical practice")
    PROTOCOL = "PROTOCOL", _("Protocol")
    EDC = "EDC", _("This system")


class Duty(models.TextChoices):
    PRINCIPAL = "PRINCIPAL", _("Principal investigator")  # has every duty and delegates them
    ENTRY = "ENTRY", _("Data entry")
    SIGNING = "SIGNING", _("Signing of forms")
    CONSENT = "CONSENT", _("Informed consent")
    ELIGIBILITY = "ELIGIBILITY", _("Eligibility")
    AE = "AE", _("Assessment of adverse events")
    TREATMENT = "TREATMENT", _("Treatment and dose")
    IMAGING = "IMAGING", _("Imaging")
    SURGERY = "SURGERY", _("Surgery")
    PATHOLOGY = "PATHOLOGY", _("Local pathology")


@dataclass(frozen=True, slots=True)
class Need:
    """A right acts at a site on a day on which all topics are valid and the duty is delegated."""

    topics: frozenset[str]
    duty: str


ALL_TOPICS = frozenset(Topic.values)

NEEDS: dict[Permission, Need] = {
    P.SCREEN: Need(ALL_TOPICS, Duty.ENTRY),
    P.ENTER: Need(ALL_TOPICS, Duty.ENTRY),
    P.SIGN: Need(ALL_TOPICS, Duty.SIGNING),
}

# The judgement of a physician is delegated to a physician (E6(R3) 2.7.1).
PHYSICIANS = frozenset(
    {Duty.PRINCIPAL, Duty.SIGNING, Duty.ELIGIBILITY, Duty.AE, Duty.TREATMENT, Duty.SURGERY}
)


def roles_for(duty: str) -> frozenset[str]:
    """Roles of which one is held at the site by whom the duty is delegated to."""
    return (
        frozenset({Role.INVESTIGATOR})
        if duty in PHYSICIANS
        else frozenset({Role.INVESTIGATOR, Role.COORDINATOR})
    )
