"""Central or historical imaging as SDTM tables (CSV): shown, then loaded whole or not at all, then compared."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from crf.imports.comparison import compare
from crf.imports.loading import Rejected, existing, imported_before, may_import, sdtm_load
from crf.imports.preview import Preview, preview
from crf.imports.source import Source, read_source
from crf.imports.tables import Problem, Tables, read_directory
from trialsite.accounts.models import User
from trialsite.kernel.decisions import Refused
from trialsite.management.comparing import show
from trialsite.management.listing import table
from trialsite.management.progress import Bar

SHOWN = 60  # problems on the screen; a file takes all


class Command(BaseCommand):
    help = (
        "Read the SDTM tables DM, TU, TR and RS (CSV) of a directory into participants and tumour assessments. Shows "
        "what would be created and everything that is wrong; loads all or nothing; compares the published responses "
        "with ours. The same files are loaded once."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("directory", type=Path)
        parser.add_argument("--user", required=True, help="who imports: a data manager")
        parser.add_argument(
            "--site", default="", help="put everybody at this site (else at the site of DM.SITEID)"
        )
        parser.add_argument(
            "--preview", "--dry-run", action="store_true", help="show what would be created and stop"
        )
        parser.add_argument("--yes", action="store_true", help="load without asking")
        parser.add_argument(
            "--report", type=Path, help="write the comparison to this file (.json, .csv or text)"
        )
        parser.add_argument("--problems", type=Path, help="write the table of problems to this file (CSV)")

    def handle(
        self, *, directory: Path, user: str, site: str, preview: bool, yes: bool, report: Path | None,
        problems: Path | None, **options: Any,
    ) -> None:  # fmt: skip
        by = self._person(user)
        if site and not 0 < len(site) <= 4:
            raise CommandError("--site: a site number has one to four characters.")
        tables = read_directory(directory)
        source = read_source(tables)
        plan, before = self._planned(source, problems), imported_before(tables)
        self._show(tables, source, plan, site)
        if before:
            self.stdout.write(
                f"\nThese files were imported on {before.made_at:%Y-%m-%d %H:%M} UTC by {before.by}. Nothing is loaded."
            )
            show(self.stdout, list(compare()), report)
            return
        self._stop(existing(source), problems)
        if preview:
            self.stdout.write("\nPreview only: nothing is loaded.")
            return
        if not yes and input("\nLoad this? [y/N] ").strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was loaded.")
        self._load(by, tables, source, plan, site, problems)
        show(self.stdout, list(compare()), report)

    def _person(self, name: str) -> User:
        by = User.objects.filter(username=name, is_active=True).first()
        if by is None:
            raise CommandError(f"There is no user {name}.")
        try:
            may_import(by).require()
        except Refused as refusal:
            raise CommandError(str(refusal.reason)) from None
        return by

    def _planned(self, source: Source, file: Path | None) -> Preview:
        plan = preview(source)
        self._stop(source.problems, file)
        return plan

    def _stop(self, problems: list[Problem], file: Path | None) -> None:
        """The table of everything that is wrong; nothing is loaded."""
        if not problems:
            return
        head = ("file", "row", "column", "value", "why")
        found = sorted(problems, key=lambda p: (p.file, p.row, p.column))
        if file:
            with file.open("w", newline="", encoding="utf-8") as stream:
                csv.writer(stream).writerows([head, *(problem.line() for problem in found)])
        self.stdout.write(table(head, [problem.line() for problem in found[:SHOWN]]))
        if len(found) > SHOWN:
            self.stdout.write(f"  … and {len(found) - SHOWN} more (all of them with --problems FILE)")
        noun = "problem" if len(found) == 1 else "problems"
        raise CommandError(f"{len(found)} {noun}. Nothing was loaded.")

    def _show(self, tables: Tables, source: Source, plan: Preview, site: str) -> None:
        out = self.stdout.write
        out("Files")
        out(
            table(
                ("file", "table", "rows", "SHA-256"),
                [(f["name"], f["table"], f["rows"], f["sha256"][:16] + "…") for f in tables.files()],
            )
        )
        out("\nWould be created")
        sites = site or ", ".join(plan.sites)
        out(table(("what", "how many"), [("Participants", len(plan.planned)), *plan.forms_by_title()]))
        out(f"  Sites: {sites}")
        out("\nImaging (visits of the source with their number of lesions)")
        out(table(("participant", "reader", "assessments", "visits"), plan.imaging()))
        if source.notes:
            out("\nWhat the forms do not hold as it is (the source is kept with each form)")
            out(table(("times", "what"), [(n, text) for text, n in source.notes.items()]))

    def _load(
        self, by: User, tables: Tables, source: Source, plan: Preview, site: str, file: Path | None
    ) -> None:
        bar, started = Bar(self.stderr, "Participants", len(plan.planned)), time.monotonic()
        try:
            batch = sdtm_load(by=by, tables=tables, source=source, plan=plan, site=site, step=bar.step)
        except Refused as refusal:
            raise CommandError(f"{refusal.reason} Nothing was loaded.") from None
        except Rejected as rejected:
            bar.close()
            self._stop(rejected.problems, file)
            raise
        bar.close()
        seconds = time.monotonic() - started
        made = f"{batch.counts['participants']} participants and {batch.counts['forms']} forms"
        self.stdout.write(f"\nImport {batch.pk}: {made} loaded in {seconds:.1f} s.")
