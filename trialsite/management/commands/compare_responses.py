"""Responses that imported tables published, beside ours: every difference with the rule that makes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand

from crf.imports.comparison import compare
from trialsite.management.comparing import show


class Command(BaseCommand):
    help = "Compare the responses of imported imaging, reader by reader, with those of the engine."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--report", type=Path, help="write all responses to this file (.json, .csv or text)"
        )

    def handle(self, *, report: Path | None, **options: Any) -> None:
        show(self.stdout, list(compare()), report)
