"""`manage.py generate_docs [--check]`: what the tables in the code say, as pages in docs/."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from crf.lifecycle import FORM
from crf.registry import forms
from crf.schedule import FORMS, VISITS
from participants.lifecycle import PARTICIPANT, State
from trialsite.accounts.roles import RIGHTS, Permission, Role
from trialsite.kernel.study import study
from trialsite.kernel.transitions import Transitions
from trialsite.management import book_pages

HEAD = "<!-- Made by `manage.py generate_docs` from the tables in the code. Do not edit. -->\n\n"


class Command(BaseCommand):
    help = (
        "Writes what the code says of states, roles, schedule, settings, edit checks and forms into docs/; "
        "--check only compares."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        with translation.override("en"):
            pages = {
                "states": states(),
                "roles": roles(),
                "schedule": schedule(),
                "settings": study_settings(),
                "edit-checks": HEAD + book_pages.edit_checks(),
                **{name: HEAD + text for name, text in book_pages.forms().items()},
            }
        stale = []
        for name, text in pages.items():
            path = Path(settings.BASE_DIR) / "docs" / f"{name}.md"
            if check:
                same = path.exists() and path.read_text(encoding="utf-8") == text
                stale += [] if same else [f"{name}.md"]
            else:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
        if stale:
            raise CommandError(f"Not up to date: {', '.join(stale)}. Run manage.py generate_docs.")


def diagram(table: Transitions) -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {table.initial}"]
    lines += [f"    {source} --> {target}: {act}" for (source, act), target in table.moves.items()]
    return "\n".join([*lines, "```", ""])


def states() -> str:
    names = "\n".join(f"- `{value}` {label}" for value, label in State.choices)
    return (
        f"{HEAD}# States\n\n## Participant\n\nThe state follows from source forms (`crf/services/lifecycle.py`); "
        f"a corrected form may lead back, which the trail shows.\n\n{names}\n\n{diagram(PARTICIPANT)}\n"
        f"## Form\n\nFreeze and lock are facts beside the state.\n\n{diagram(FORM)}"
    )


def roles() -> str:
    head = (
        "| Right | " + " | ".join(str(role.label) for role in Role) + " |\n|---" + "|---" * len(Role) + "|\n"
    )
    rows = [
        f"| `{right}` | " + " | ".join("yes" if right in RIGHTS[role] else "" for role in Role) + " |"
        for right in Permission
    ]
    return f"{HEAD}# Roles and rights\n\n{head}" + "\n".join(rows) + "\n"


def schedule() -> str:
    known = forms()
    lines = ["| Visit | Name | 名称 | Anchor | Target | Window | Forms |", "|---|---|---|---|---|---|---|"]
    for code, line in VISITS.items():
        kept = ", ".join(
            f"{key} ({at[code]})"
            for key, at in FORMS.items()
            if code in at and key.partition("-")[0] in known
        )
        window = f"{line.window_from} … {line.window_to}"
        lines.append(
            f"| {code} | {line.label.en} | {line.label.zh} | {line.anchor} | {line.target} | {window} | {kept} |"
        )
    return (
        f"{HEAD}# Schedule\n\nDays from the anchor; R required, C conditional, O optional.\n\n"
        + "\n".join(lines)
        + "\n"
    )


def study_settings() -> str:
    lines = ["| Setting | Value | Reason |", "|---|---|---|"]
    values = study().values | study().engine
    for key, reason in study().reasons.items():
        lines.append(f"| `{key}` | `{values[key]}` | {reason} |")
    return f"{HEAD}# Study settings\n\nFrom `trialsite/study.toml`.\n\n" + "\n".join(lines) + "\n"
