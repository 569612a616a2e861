"""Is everything still what was written? Chains, tables against the trail, results against the engine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crf.verifying import participant_problems
from endpoints.models import EndpointRun, EndpointState
from endpoints.verifying import run_problems, state_problems
from participants.models import Participant
from trialsite.audit.models import AuditChain
from trialsite.audit.verifying import Problem, chain_problems

SHOWN = 50


class Command(BaseCommand):
    help = "Verify the audit chains, the tables against the trail, and the stored results. Exit status 1 when something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("numbers", nargs="*", help="participant numbers; none: everything")
        parser.add_argument("--json", action="store_true", help="the result as JSON")

    def handle(self, *, numbers: list[str], **options: Any) -> None:
        people = Participant.objects.filter(number__in=numbers) if numbers else Participant.objects.all()
        parts = {
            "chains": chains(numbers),
            "participants": tables(people),
            "runs": runs(people),
            "results": states(people),
        }
        counts = {"chains": AuditChain.objects.count(), "participants": people.count()}
        self.total = sum(counts.values()) + 2 * counts["participants"]
        self.done = 0
        problems: list[Problem] = []
        checked: dict[str, int] = {}
        for name, found in parts.items():
            checked[name] = 0
            for problem in found:
                if problem is None:
                    checked[name] += 1
                    self.progress(name)
                else:
                    problems.append(problem)
        self.progress("", last=True)
        self.report(problems, checked, as_json=options["json"])
        if problems:
            sys.exit(1)

    def report(self, problems: list[Problem], checked: dict[str, int], *, as_json: bool) -> None:
        if as_json:
            found = [problem._asdict() for problem in problems]
            self.stdout.write(
                json.dumps({"ok": not problems, "checked": checked, "problems": found}, ensure_ascii=False)
            )
            return
        for problem in problems[:SHOWN]:
            self.stdout.write(f"{problem.where}: {problem.message}")
        if len(problems) > SHOWN:
            self.stdout.write(f"… and {len(problems) - SHOWN} more")
        said = ", ".join(f"{count} {name}" for name, count in checked.items())
        self.stdout.write(f"{'WRONG' if problems else 'Verified'}: {said}, {len(problems)} problems")

    def progress(self, name: str, *, last: bool = False) -> None:
        self.done += 1
        if sys.stderr.isatty():
            share = 1.0 if last else min(self.done / max(self.total, 1), 1)
            bar = "#" * int(40 * share)
            self.stderr.write(f"\r[{bar:.<40}] {share:4.0%} {name:<14}" + ("\n" if last else ""), ending="")


# Each yields what is wrong, and `None` when one more was looked at.
Looked = Iterator[Problem | None]


def chains(numbers: list[str]) -> Looked:
    wanted = AuditChain.objects.order_by("pk")
    if numbers:
        people = Participant.objects.filter(number__in=numbers).values_list("pk", flat=True)
        wanted = wanted.filter(name__in=[f"participant:{pk}" for pk in people])
    for chain in wanted:
        yield from chain_problems(chain)
        yield None


def tables(people: Any) -> Looked:
    for participant in people.order_by("number").iterator(chunk_size=500):
        yield from participant_problems(participant)
        yield None


def runs(people: Any) -> Looked:
    for run in EndpointRun.objects.filter(participant__in=people).order_by("pk").iterator(chunk_size=200):
        yield from run_problems(run)
        yield None


def states(people: Any) -> Looked:
    found = (
        EndpointState.objects.filter(participant__in=people)
        .select_related("run", "participant")
        .order_by("pk")
    )
    for state in found.iterator(chunk_size=200):
        yield from state_problems(state, state.participant.number)
        yield None
