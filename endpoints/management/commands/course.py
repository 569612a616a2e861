"""A participant's course, or everybody's, as a file for the engine's command line."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from endpoints.gather import case_for_file, course_of
from endpoints.models_cuts import DataCut
from endpoints.report_data import cut_parts, live_parts
from participants.models import Participant


class Command(BaseCommand):
    help = (
        "Write a participant's course as `python -m endpoints.engine course` reads it, so that any result can be "
        "recomputed from a file: manage.py course 01-003 | python -m endpoints.engine course. With --all everybody's, "
        "as `python -m endpoints.engine trial` reads it: every figure of the trial, or of a data cut."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", nargs="?", help="participant number, such as 01-003")
        parser.add_argument("--at", type=moment, help="as it was at a moment (ISO 8601; without a zone: UTC)")
        parser.add_argument(
            "--all", action="store_true", help="everybody, for `python -m endpoints.engine trial`"
        )
        parser.add_argument(
            "--cut", help="with --all: a data cut, such as DC-01, instead of the trial as it stands"
        )
        parser.add_argument("--out", type=Path, help="write to this file instead of standard output")

    def handle(
        self, *, number: str | None, at: dt.datetime | None, cut: str | None, out: Path | None, **options: Any
    ) -> None:
        everybody: bool = options["all"]
        if everybody == bool(number):
            raise CommandError("Give a participant's number, or --all.")
        if (cut and not everybody) or (at and everybody):
            raise CommandError("--cut goes with --all, --at with a participant's number.")
        if number:
            self.write([one_course(number, at)], out)
        else:
            self.write(cut_parts(cut_of(cut)) if cut else live_parts(), out)

    def write(self, parts: Iterable[str], out: Path | None) -> None:
        if out is None:
            for part in parts:
                self.stdout.write(part, ending="")
            return
        with out.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(parts)


def one_course(number: str, at: dt.datetime | None) -> str:
    """The input of the operation `course` for one participant."""
    participant = Participant.objects.filter(number=number).first()
    if participant is None:
        raise CommandError(f"There is no participant {number}.")
    gathered = course_of(participant.pk, at)
    if gathered.failure is not None:
        raise CommandError(f"{number}: {gathered.failure}") from gathered.failure
    return json.dumps([case_for_file(gathered)], indent=1, ensure_ascii=False) + "\n"


def cut_of(code: str) -> DataCut:
    """A data cut by its code, `DC-01`, or its number."""
    digits = code.upper().removeprefix("DC-")
    found = DataCut.objects.filter(number=int(digits)).first() if digits.isdigit() else None
    if found is None:
        raise CommandError(f"There is no data cut {code}.")
    return found


def moment(text: str) -> dt.datetime:
    """A moment as typed."""
    found = dt.datetime.fromisoformat(text)
    return timezone.make_aware(found, dt.UTC) if timezone.is_naive(found) else found
