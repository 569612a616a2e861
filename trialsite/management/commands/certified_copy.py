"""A certified copy without the website: of the whole trial, or of one site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from crf.copies.archive import Certifier, archive_write
from crf.services.copies import LANGUAGES, copy_certified
from trialsite.accounts.models import Site, User


class Command(BaseCommand):
    help = "Write a certified copy of the trial or of one site to a file; its SHA-256 is printed and stands in the trail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", default="", help="number of the site; none: the whole trial")
        parser.add_argument("--to", required=True, type=Path, help="the file to write; it must not exist")
        parser.add_argument(
            "--by", default="", help="user name of the person who certifies; none: the system"
        )
        parser.add_argument("--language", default="en", choices=LANGUAGES, help="of what is for reading")

    def handle(self, *, site: str, to: Path, by: str, language: str, **options: Any) -> None:
        here = self.site(site)
        person = self.person(by)
        if to.exists():
            raise CommandError(f"{to} exists already: a copy does not replace another.")
        if not to.parent.is_dir():
            raise CommandError(f"The folder {to.parent} does not exist.")
        certifier = Certifier("system", "system", "")
        if person is not None:
            certifier = Certifier(person.username, person.full_name or person.username, person.role_at(here))
        made = archive_write(
            to, by=certifier, at=timezone.now().replace(microsecond=0), language=language, site=here
        )
        events, files = made.manifest["events"], len(made.manifest["files"])
        copy_certified(
            by=person, subject="copy:command", site=here, sha256=made.sha256,
            said=f"{events} events, {files} files, heads {made.manifest['heads_digest']}",
        )  # fmt: skip
        self.stdout.write(f"{made.sha256}  {to}\n{files} files, {events} events, {made.size} bytes")

    @staticmethod
    def site(number: str) -> Site | None:
        if not number:
            return None
        found = Site.objects.filter(number=number).first()
        if found is None:
            raise CommandError(f"There is no site {number}.")
        return found

    @staticmethod
    def person(username: str) -> User | None:
        if not username:
            return None
        found = User.objects.filter(username=username, is_active=True).first()
        if found is None:
            raise CommandError(f"Nobody has the user name {username}.")
        return found
