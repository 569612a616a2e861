"""The CRF book as models, in the order of the participant's way."""

from .adverse_events import AdverseEvent, AdverseEventLog
from .base import CrfData, CrfRow, Finding, FindingState, FormInstance, FormStatus, FormSubmission, Severity
from .baseline import Criterion, Demographics, Eligibility
from .central_pathology import CentralNodule, CentralReading, CentralResult
from .checking import CheckState
from .consent import InformedConsent, Reconsent
from .deviations import DeviationLog, ProtocolDeviation
from .disease import BaselineNodule, HccHistory
from .documents import DocumentJob, DocumentKind
from .drafts import Draft
from .examination import BodySystem, Electrocardiogram, VitalSigns
from .followup import Death, EndOfStudy, SubsequentTherapy, SubsequentTherapyRow, SurvivalStatus
from .hepatitis import HepatitisSerology
from .history import (
    ConcomitantMedication,
    ConcomitantProcedure,
    MedicalHistory,
    MedicalHistoryLog,
    MedicationLog,
    ProcedureLog,
)
from .imaging import NewLesion, NonTargetLesion, TargetLesion, TumourAssessment
from .imports import ImportBatch, ImportedForm
from .laboratory import LaboratoryPanel, LaboratoryResult
from .local_pathology import LocalNodule, LocalPathology
from .preoperative import PreoperativeAssessment
from .presence import Presence
from .site import ConsentVersion, Laboratory, ReferenceRange
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
    "AdverseEvent",
    "AdverseEventLog",
    "ApatinibDispensing",
    "ApatinibPeriod",
    "BaselineNodule",
    "BodySystem",
    "CentralNodule",
    "CentralReading",
    "CentralResult",
    "CheckState",
    "ConcomitantMedication",
    "ConcomitantProcedure",
    "ConsentVersion",
    "CrfData",
    "CrfRow",
    "Criterion",
    "Death",
    "Demographics",
    "DeviationLog",
    "DocumentJob",
    "DocumentKind",
    "Draft",
    "Electrocardiogram",
    "Eligibility",
    "EndOfStudy",
    "EndOfTreatment",
    "Finding",
    "FindingState",
    "FormInstance",
    "FormStatus",
    "FormSubmission",
    "HccHistory",
    "HepatitisSerology",
    "ImportBatch",
    "ImportedForm",
    "InformedConsent",
    "InfusionRow",
    "Laboratory",
    "LaboratoryPanel",
    "LaboratoryResult",
    "LastDose",
    "LocalNodule",
    "LocalPathology",
    "MedicalHistory",
    "MedicalHistoryLog",
    "MedicationLog",
    "NewLesion",
    "NonTargetLesion",
    "PreoperativeAssessment",
    "Presence",
    "ProcedureLog",
    "ProtocolDeviation",
    "Reconsent",
    "ReferenceRange",
    "Severity",
    "StudyTreatment",
    "SubsequentTherapy",
    "SubsequentTherapyRow",
    "Surgery",
    "SurgicalComplication",
    "SurvivalStatus",
    "TargetLesion",
    "TumourAssessment",
    "VitalSigns",
]
