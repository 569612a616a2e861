"""`manage.py data_dictionary [--format json|csv]`: every form, field, code, check and visit that the system knows."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from crf.dictionary import dictionary


class Command(BaseCommand):
    help = "Prints the data dictionary, built from the declarations: as JSON, or its fields as CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=["json", "csv"], default="json")

    def handle(self, *args: Any, format: str, **options: Any) -> None:
        if format == "json":
            self.stdout.write(json.dumps(dictionary(), ensure_ascii=False, indent=1))
        else:
            self._fields()

    def _fields(self) -> None:
        lines = [
            {"form": form["code"], "section": section["id"], **field}
            for form in dictionary()["forms"]
            for section in form["sections"]
            for field in section["fields"]
        ]
        stream: Any = self.stdout
        table = csv.DictWriter(stream, fieldnames=list(lines[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(lines)
