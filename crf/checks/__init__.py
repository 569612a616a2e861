"""The edit checks of the CRF book: CK-001 to CK-337, one function each (`CHECKS`)."""

from . import (
    adverse_events,
    consent,
    disposition,
    ecg,
    eligibility,
    hepatitis,
    imaging,
    laboratory,
    medication,
    pathology,
    surgery,
    treatment,
    vitals,
)
from .catalogue import CATALOGUE
from .engine import CHECKS, Check, Folder, Hit, Look, hits_of, hits_of_sheet

__all__ = ["CATALOGUE", "CHECKS", "Check", "Folder", "Hit", "Look", "hits_of", "hits_of_sheet"]
_SECTIONS = (
    consent, eligibility, hepatitis, vitals, laboratory, ecg, treatment, imaging, surgery, pathology, adverse_events,
    medication, disposition,
)  # fmt: skip
