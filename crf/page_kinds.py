"""Which forms have a page of their own: the builder by form key. Every other form uses the general one."""

from __future__ import annotations

from collections.abc import Mapping

from .imaging_page import ImagingBuilder
from .laboratory_page import LaboratoryBuilder
from .log_page import LineBuilder, LogBuilder
from .pages import Builder
from .schedule import LINES_OF
from .treatment_page import TreatmentBuilder

BUILDERS: Mapping[str, type[Builder]] = {
    "LB": LaboratoryBuilder,
    "EC": TreatmentBuilder,
    "TA": ImagingBuilder,
    **dict.fromkeys(LINES_OF, LogBuilder),
    **dict.fromkeys(LINES_OF.values(), LineBuilder),
}
