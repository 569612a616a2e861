"""A believable trial of any size, entered through the services, with its truth known."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from participants.models import Participant
from trialsite.accounts.demo import ensure_demo_people
from trialsite.demo.cohort import stories
from trialsite.demo.laboratory import ensure_laboratory
from trialsite.demo.review import review
from trialsite.demo.slides import slides_make
from trialsite.demo.truth import truth_of
from trialsite.demo.writing import Cast, write
from trialsite.management.progress import Bar


class Command(BaseCommand):
    help = (
        "Make the demonstration trial: invented participants at three sites. The same seed and day give the same "
        "trial. Participants that exist already are left as they are, so an interrupted run is finished by another."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--participants", type=int, default=24, help="how many (24)")
        parser.add_argument("--seed", type=int, default=7, help="which of all possible trials (7)")
        parser.add_argument(
            "--today", type=dt.date.fromisoformat, help="nothing happens after this day (today)"
        )
        parser.add_argument(
            "--truth", type=Path, help="write the expected endpoint values to this file, as JSON"
        )

        parser.add_argument(
            "--endpoints-only", action="store_true",
            help="leave out what no endpoint reads: laboratory, vital signs, events, medication (quicker)",
        )  # fmt: skip

    def handle(
        self, *, participants: int, seed: int, today: dt.date | None, truth: Path | None, endpoints_only: bool, **options: Any
    ) -> None:  # fmt: skip
        if not settings.DEMO:
            raise CommandError("The demonstration trial exists in demonstration mode only: set DEMO=1.")
        if participants < 1:
            raise CommandError("--participants must be at least 1.")
        # The sites lie east of Greenwich: their day has begun when it has here.
        day = today or timezone.localdate()
        if day > timezone.localdate():
            raise CommandError("--today lies in the future: forms do not take such dates.")
        ensure_demo_people()
        cast, clinic = Cast.read(), not endpoints_only
        if clinic:
            for number, site in cast.sites.items():
                cast.laboratories[number] = ensure_laboratory(site, cast.users["da"]).address
        known = set(Participant.objects.values_list("number", flat=True))
        bar, expected = Bar(self.stderr, "Participants", participants), {}
        started, made = time.monotonic(), 0
        for story in stories(participants, seed, day):
            expected[story.number] = truth_of(story, day)
            if story.number not in known:
                write(story, cast, day, clinic)
                made += 1
            bar.step()
        bar.close()
        if clinic and made:
            self.stdout.write("Queries, verification, signatures and locks …")
            review(cast, list(expected))
            slides_make(cast.users["da"])
        if truth:
            content = {"seed": seed, "today": day.isoformat(), "participants": expected}
            truth.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        self._say(made, participants, time.monotonic() - started)

    def _say(self, made: int, wanted: int, seconds: float) -> None:
        kept = wanted - made
        text = f"{made} participants made in {seconds:.1f} s."
        if kept:
            text += f" {kept} existed already and were left as they are."
        self.stdout.write(text)
        sys.stdout.flush()
