"""A participant's course as a file for the engine's command line."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from endpoints.gather import case_for_file, course_of
from participants.models import Participant


class Command(BaseCommand):
    help = (
        "Write a participant's course as `python -m endpoints.engine course` reads it, so that any result can be "
        "recomputed from a file: manage.py course 01-003 | python -m endpoints.engine course"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="participant number, such as 01-003")
        parser.add_argument("--at", type=moment, help="as it was at a moment (ISO 8601; without a zone: UTC)")

    def handle(self, *, number: str, at: dt.datetime | None, **options: Any) -> None:
        participant = Participant.objects.filter(number=number).first()
        if participant is None:
            raise CommandError(f"There is no participant {number}.")
        gathered = course_of(participant.pk, at)
        if gathered.failure is not None:
            raise CommandError(f"{number}: {gathered.failure}") from gathered.failure
        self.stdout.write(json.dumps([case_for_file(gathered)], indent=1, ensure_ascii=False))


def moment(text: str) -> dt.datetime:
    """A moment as typed."""
    found = dt.datetime.fromisoformat(text)
    return timezone.make_aware(found, dt.UTC) if timezone.is_naive(found) else found
