from .agreement import AgreementFigure, AgreementReport
from .cases import CaseState, PathologyCase
from .images import Annotation, ImageState, Meaning, Shape, SlideImage
from .readings import BlockEstimate, Confidence, Mark, Reading, ReadingDraft, SlideMark, Slot
from .requests import RecutRequest, Reopening
from .specimens import Condition, Custody, CustodyEvent, ItemKind, ItemState, SpecimenItem

__all__ = [
    "AgreementFigure",
    "AgreementReport",
    "Annotation",
    "BlockEstimate",
    "CaseState",
    "Condition",
    "Confidence",
    "Custody",
    "CustodyEvent",
    "ImageState",
    "ItemKind",
    "ItemState",
    "Mark",
    "Meaning",
    "PathologyCase",
    "Reading",
    "ReadingDraft",
    "RecutRequest",
    "Reopening",
    "Shape",
    "SlideImage",
    "SlideMark",
    "Slot",
    "SpecimenItem",
]
