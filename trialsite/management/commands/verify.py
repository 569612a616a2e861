"""Is everything still what was written? Guards, seals, chains, tables against the trail, results against the engine."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from endpoints.verification import Outcome, verify
from trialsite.audit.seals import seal

SHOWN = 50


class Command(BaseCommand):
    help = (
        "Verify protection and seals of the trail, the audit chains, the tables against the trail, and the stored results. "
        "Exit status 1 when something is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("numbers", nargs="*", help="participant numbers; none: everything")
        parser.add_argument("--json", action="store_true", help="the result as JSON")
        parser.add_argument("--seal", action="store_true", help="seal every chain that is sound and grew")

    def handle(self, *, numbers: list[str], **options: Any) -> None:
        outcome = verify(numbers, self.progress if sys.stderr.isatty() else None)
        if options["seal"]:
            seal(outcome.walk.sound)
        self.report(outcome, as_json=options["json"])
        if not outcome.ok:
            sys.exit(1)

    def report(self, outcome: Outcome, *, as_json: bool) -> None:
        problems = outcome.problems
        if as_json:
            found = {
                "ok": outcome.ok, "checked": outcome.checked, "events": outcome.events,
                "seconds": round(outcome.seconds, 3), "problems": [problem._asdict() for problem in problems],
            }  # fmt: skip
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        for problem in problems[:SHOWN]:
            self.stdout.write(f"{problem.where}: {problem.message}")
        if len(problems) > SHOWN:
            self.stdout.write(f"… and {len(problems) - SHOWN} more")
        said = ", ".join(f"{count} {name}" for name, count in outcome.checked.items())
        self.stdout.write(
            f"{'WRONG' if problems else 'Verified'}: {said}, {len(problems)} problems; "
            f"{outcome.events} events in {outcome.seconds:.1f} s ({outcome.rate} a second)"
        )

    def progress(self, name: str, share: float) -> None:
        bar = "#" * int(40 * share)
        self.stderr.write(f"\r[{bar:.<40}] {share:4.0%} {name:<14}" + ("\n" if share >= 1 else ""), ending="")
