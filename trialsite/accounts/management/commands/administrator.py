"""The first administrator of a new site, or one more when nobody can sign in: whoever has the server may."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse

from trialsite.accounts import services
from trialsite.accounts.invitations import key_of
from trialsite.accounts.roles import Role
from trialsite.kernel.decisions import Refused


class Command(BaseCommand):
    help = "Create an administrator and print the link with which the person chooses a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("full_name")
        parser.add_argument("--address", default="", help="of the site, such as https://trial.example.org")

    @transaction.atomic
    def handle(self, *, username: str, full_name: str, address: str, **options: Any) -> None:
        try:
            user = services.user_create(
                by=None, username=username, full_name=full_name, identity="command line"
            )
            services.role_grant(by=None, user=user, role=Role.ADMINISTRATOR, reason="command line")
            token = services.invitation_issue(by=None, user=user)
        except Refused as no:
            raise CommandError(str(no.reason)) from None
        self.stdout.write(address.rstrip("/") + reverse("invitation", args=[key_of(user), token]))
