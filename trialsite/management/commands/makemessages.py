"""Django's command; it also knows the short names `N_` and `L`, and does not guess from similar sentences."""

from __future__ import annotations

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    # The engine marks `{name}` sentences with gettext_noop: a "%" in them is a percent sign.
    xgettext_options = [
        *makemessages.Command.xgettext_options,
        "--keyword=N_",
        "--keyword=L",
        "--flag=gettext_noop:1:no-python-format",
    ]
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]
