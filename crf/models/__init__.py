"""The CRF book as models, in the order of the participant's way."""

from .adverse_events import AdverseEvent, AdverseEventLog
from .base import (
    CrfData,
    CrfRow,
    Finding,
    FindingState,
    FormInstance,
    FormStatus,
    FormSubmission,
    Severity,
    Signed,
    Verified,
)
from .baseline import Criterion, Demographics, Eligibility
from .central_pathology import CentralNodule, CentralReading, CentralResult
from .checking import CheckState
from .consent import InformedConsent, Reconsent
from .copies import CopyJob
from .daily_mail import DailyMail
from .deviations import DeviationLog, ProtocolDeviation
from .disease import BaselineNodule, HccHistory
from .documents import DocumentJob, DocumentKind
from .drafts import Draft
from .duplicates import DuplicateState, PossibleDuplicate
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
from .holds import DatabaseLock, Hold, HoldKind, Level, UnlockRequest, UnlockState
from .imaging import NewLesion, NonTargetLesion, TargetLesion, TumourAssessment
from .imports import ImportBatch, ImportedForm, ResultsJob
from .laboratory import LaboratoryPanel, LaboratoryResult
from .local_pathology import LocalNodule, LocalPathology
from .preoperative import PreoperativeAssessment
from .presence import Presence
from .proposals import DeviationProposal, ProposalState
from .queries import Outcome, Query, QueryAttachment, QueryMessage, QueryOrigin, QueryState
from .signatures import Meaning, Signature, SignedForm, Void
from .site import ConsentVersion, Laboratory, ReferenceRange
from .surgery import Surgery, SurgicalComplication
from .trail_review import Conclusion, Signal, TrailCursor, TrailItem, TrailLook, TrailReview
from .treatment import (
    ApatinibDispensing,
    ApatinibPeriod,
    EndOfTreatment,
    InfusionRow,
    LastDose,
    StudyTreatment,
)
from .verification import MarkState, PlanLevel, VerificationMark, VerificationPlan

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
    "Conclusion",
    "ConcomitantMedication",
    "ConcomitantProcedure",
    "ConsentVersion",
    "CopyJob",
    "CrfData",
    "CrfRow",
    "Criterion",
    "DailyMail",
    "DatabaseLock",
    "Death",
    "Demographics",
    "DeviationLog",
    "DeviationProposal",
    "DocumentJob",
    "DocumentKind",
    "Draft",
    "DuplicateState",
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
    "Hold",
    "HoldKind",
    "ImportBatch",
    "ImportedForm",
    "InformedConsent",
    "InfusionRow",
    "Laboratory",
    "LaboratoryPanel",
    "LaboratoryResult",
    "LastDose",
    "Level",
    "LocalNodule",
    "LocalPathology",
    "MarkState",
    "Meaning",
    "MedicalHistory",
    "MedicalHistoryLog",
    "MedicationLog",
    "NewLesion",
    "NonTargetLesion",
    "Outcome",
    "PlanLevel",
    "PossibleDuplicate",
    "PreoperativeAssessment",
    "Presence",
    "ProcedureLog",
    "ProposalState",
    "ProtocolDeviation",
    "Query",
    "QueryAttachment",
    "QueryMessage",
    "QueryOrigin",
    "QueryState",
    "Reconsent",
    "ReferenceRange",
    "ResultsJob",
    "Severity",
    "Signal",
    "Signature",
    "Signed",
    "SignedForm",
    "StudyTreatment",
    "SubsequentTherapy",
    "SubsequentTherapyRow",
    "Surgery",
    "SurgicalComplication",
    "SurvivalStatus",
    "TargetLesion",
    "TrailCursor",
    "TrailItem",
    "TrailLook",
    "TrailReview",
    "TumourAssessment",
    "UnlockRequest",
    "UnlockState",
    "VerificationMark",
    "VerificationPlan",
    "Verified",
    "VitalSigns",
    "Void",
]
