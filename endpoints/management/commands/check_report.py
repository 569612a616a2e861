"""`manage.py check_report FILE …`: is a file one of ours, and does its seal hold? Exit status 1 when one is not."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from endpoints.reports.checking import by_digest
from endpoints.reports.sealing import Seal, seal_of


class Command(BaseCommand):
    help = "Says whether files are reports of this system, unchanged, and whether their seals hold."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        bad = [str(file) for file in files if not self._looked_at(file)]
        if bad:
            raise CommandError("Not genuine: " + ", ".join(bad), returncode=1)

    def _looked_at(self, file: Path) -> bool:
        try:
            content = file.read_bytes()
        except OSError as error:
            self.stdout.write(f"{file}: cannot be read ({error.strerror})")
            return False
        answer = by_digest(hashlib.sha256(content).hexdigest())
        seal = seal_of(content)
        self.stdout.write(f"{file}: {answer.outcome.value}; {_words(seal)}")
        for label, value in answer.facts:
            self.stdout.write(f"  {label}: {value}")
        if seal.fingerprint:
            self.stdout.write(f"  Sealed by: {seal.by} (certificate SHA-256 {seal.fingerprint})")
        return answer.good and (seal.good or not seal.there)


def _words(seal: Seal) -> str:
    if not seal.there:
        return "no seal"
    if not seal.intact:
        return "seal broken: the file was changed since it was sealed"
    if not seal.whole:
        return "seal does not cover the whole file: something was added"
    return "seal holds" if seal.ours else "sealed by another certificate than ours"
