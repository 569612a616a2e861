"""The CRF book as models, in the order of the participant's way."""

from .base import CrfData, CrfRow, Finding, FindingState, FormInstance, FormStatus, FormSubmission
from .baseline import Criterion, Demographics, Eligibility
from .central_pathology import CentralNodule, CentralReading, CentralResult
from .consent import InformedConsent, Reconsent
from .disease import BaselineNodule, HccHistory
from .drafts import Draft
from .followup import Death, EndOfStudy, SubsequentTherapy, SubsequentTherapyRow, SurvivalStatus
from .imaging import NewLesion, NonTargetLesion, TargetLesion, TumourAssessment
from .imports import ImportBatch, ImportedForm
from .surgery import Surgery, SurgicalComplication
from .treatment import (
    ApatinibDispensing,
    ApatinibPeriod,
    EndOfTreatment,
    InfusionRow,
    LastDose,
    StudyTreatment,
)

__all__ = [
    "ApatinibDispensing",
    "ApatinibPeriod",
    "BaselineNodule",
    "CentralNodule",
    "CentralReading",
    "CentralResult",
    "CrfData",
    "CrfRow",
    "Criterion",
    "Death",
    "Demographics",
    "Draft",
    "Eligibility",
    "EndOfStudy",
    "EndOfTreatment",
    "Finding",
    "FindingState",
    "FormInstance",
    "FormStatus",
    "FormSubmission",
    "HccHistory",
    "ImportBatch",
    "ImportedForm",
    "InformedConsent",
    "InfusionRow",
    "LastDose",
    "NewLesion",
    "NonTargetLesion",
    "Reconsent",
    "StudyTreatment",
    "SubsequentTherapy",
    "SubsequentTherapyRow",
    "Surgery",
    "SurgicalComplication",
    "SurvivalStatus",
    "TargetLesion",
    "TumourAssessment",
]
