"""Which forms have a page of their own: the builder by form key. Every other form uses the general one."""

from __future__ import annotations

from collections.abc import Mapping

from .imaging_page import ImagingBuilder
from .laboratory_page import LaboratoryBuilder
from .pages import Builder

BUILDERS: Mapping[str, type[Builder]] = {"LB": LaboratoryBuilder, "TA": ImagingBuilder}
