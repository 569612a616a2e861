"""All edit checks over everything, or over a part: what was opened and cured, or, in a dry run, who would be affected."""

from __future__ import annotations

import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from crf.checks import CHECKS
from crf.checks.engine import Check, FormFacts
from crf.registry import form_def
from crf.schedule import LINES_OF
from crf.selectors.findings import message_of
from crf.services.findings import BATCH, Difference, checks_run
from participants.models import Participant
from trialsite.management.progress import Bar


class Command(BaseCommand):
    help = (
        "Run the edit checks of the CRF book over all participants or some. Findings are opened and cured;"
        " with --dry-run nothing is written and everybody who would be affected is listed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--participant", nargs="+", action="extend", default=[], metavar="NUMBER")
        parser.add_argument("--site", nargs="+", action="extend", default=[], metavar="NN")
        parser.add_argument(
            "--check", nargs="+", action="extend", default=[], metavar="CK-NNN", type=known_check,
            help="only these; without it all checks and the limits of all fields",
        )  # fmt: skip
        parser.add_argument(
            "--dry-run", action="store_true", help="list who would be affected, write nothing"
        )

    def handle(
        self, *, participant: list[str], site: list[str], check: list[Check], dry_run: bool, **options: Any
    ) -> None:
        started = time.monotonic()
        people = chosen(participant, site)
        checks = {one.id: one for one in check} or None
        pks = list(people.values_list("pk", flat=True))
        bar = Bar(self.stderr, "checks", len(pks))
        found: list[Difference] = []
        failed: dict[str, Exception] = {}
        for batch in slices(pks):
            differences, broken = checks_run(batch, checks, dry=dry_run)
            found += differences
            failed |= broken
            bar.step(len(batch))
        bar.close()
        for difference in found:
            self.stdout.write(line_of(difference))
        self.stdout.write(said(len(pks), found, dry_run, time.monotonic() - started))
        if failed:
            raise CommandError(f"These checks broke and found nothing: {', '.join(sorted(failed))}")


def known_check(id: str) -> Check:
    if id.upper() not in CHECKS:
        raise ArgumentTypeError(f"there is no check {id}")
    return CHECKS[id.upper()]


def chosen(numbers: list[str], sites: list[str]) -> QuerySet[Participant]:
    """Imported participants are left as they are: their data were checked where they come from."""
    people = Participant.objects.filter(imported=False).order_by("number")
    if numbers:
        people = people.filter(number__in=numbers)
        unknown = set(numbers) - set(people.values_list("number", flat=True))
        if unknown:
            raise CommandError(f"There is no participant {', '.join(sorted(unknown))}")
    return people.filter(site__number__in=sites) if sites else people


def slices(pks: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(pks), BATCH):
        yield pks[start : start + BATCH]


def line_of(difference: Difference) -> str:
    """`01-003  LB SCR #2  LB2:21/lborres  CK-079  opened  Message.`"""
    form = difference.form
    message = message_of(form_def(form.key), difference.rule, difference.path)
    state = "opened" if difference.opened else "cured"
    cells = [difference.number, name_of(form), difference.path or "-", difference.rule, state, message]
    return "\t".join(cells)


def name_of(form: FormFacts) -> str:
    log = next((log for log, line in LINES_OF.items() if line == form.key), "")
    repeat = f" #{form.repeat}" if log or form.repeat > 1 else ""
    return " ".join(part for part in (log or form.key, form.visit) if part) + repeat


def said(people: int, found: list[Difference], dry: bool, seconds: float) -> str:
    opened = sum(difference.opened for difference in found)
    affected = len({difference.number for difference in found})
    would = "would be " if dry else ""
    return (
        f"{people} participants, {affected} affected: {opened} findings {would}opened,"
        f" {len(found) - opened} {would}cured, {seconds:.1f} s"
    )
