"""`manage.py generate_docs [--check]`: what the tables in the code say, as pages in docs/."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from crf.lifecycle import FORM
from crf.policies_review import QUERY_RIGHTS
from crf.registry import forms
from crf.review_states import DEVIATION, QUERY, UNLOCK
from crf.schedule import FORMS, VISITS
from participants.lifecycle import PARTICIPANT, State
from pathology.lifecycle import CASE
from pathology.models import CaseState
from trialsite.accounts.duties import NEEDS, Topic
from trialsite.accounts.roles import GIVEN_BY, RIGHTS, TIME_LIMITED, Permission, Role, never
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
                "queries": queries(),
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
        f"## Form\n\nFreeze and lock are facts beside the state.\n\n{diagram(FORM)}\n"
        "## Query\n\n`cure` and `recur` are the system's: the data satisfy the check that asks, or no longer. Who may do "
        f"what: [queries.md](queries.md).\n\n{diagram(QUERY)}\n"
        f"## Request to unlock\n\nA second person decides; undecided, it expires.\n\n{diagram(UNLOCK)}\n"
        "## Proposed deviation\n\nThe site accepts it or rejects it with a reason; `withdraw` and `recur` are the system's: "
        f"its ground has gone, or is back.\n\n{diagram(DEVIATION)}\n"
        "## Central pathology case\n\nThe state follows from material, places, readings and the result "
        f"(`pathology/lifecycle.py`) and is stored beside the case (ADR 20).\n\n{_cases()}\n\n{diagram(CASE)}"
    )


def _cases() -> str:
    return "\n".join(f"- `{state}` {CaseState(state).label}" for state in CaseState.values)


def queries() -> str:
    """The acts of a thread, the states in which each is possible, and the roles that hold its right."""
    acts: dict[str, list[str]] = {act: [] for act in (*QUERY_RIGHTS, *(act for _state, act in QUERY.moves))}
    for (state, act), target in QUERY.moves.items():
        acts[act].append(f"{state} → {target}")
    acts["raise"].append(f"– → {QUERY.initial}")
    head = "| Act | States | " + " | ".join(str(role.label) for role in Role) + " | The system |\n"
    lines = [head + "|---" * (len(Role) + 3) + "|"]
    for act, moves in acts.items():
        rights = QUERY_RIGHTS.get(act, ())
        cells = ["yes" if any(right in RIGHTS[role] for right in rights) else "" for role in Role]
        system = "" if act in QUERY_RIGHTS and act not in BY_SAVING else "yes"
        lines.append(f"| `{act}` | {'<br>'.join(moves)} | {' | '.join(cells)} | {system} |")
    return (
        f"{HEAD}# Queries\n\nNobody acts on a locked form, and site staff only at their own site. Who asks never answers, who "
        "answers never closes. A check raises one query at each place; justified with its value it is answered, and "
        "satisfied it closes by itself, with both values and the version of the rule. A query of a check that cannot be "
        "justified is closed by nobody else.\n\n" + "\n".join(lines) + "\n"
    )


# What the system also does, for a check.
BY_SAVING = frozenset({"raise"})


def roles() -> str:
    head = (
        "| Right | " + " | ".join(str(role.label) for role in Role) + " |\n|---" + "|---" * len(Role) + "|\n"
    )
    rows = [
        f"| `{right}` | " + " | ".join("yes" if right in RIGHTS[role] else "" for role in Role) + " |"
        for right in Permission
    ]
    return f"{HEAD}# Roles and rights\n\n{head}" + "\n".join(rows) + f"\n\n{ceiling()}\n{needs()}"


def ceiling() -> str:
    """What a role can never come to hold, by whatever other role; who gives a role; which one is for a time."""
    lines = [
        f"| {role.label} | `{GIVEN_BY[role]}` | {'yes' if role in TIME_LIMITED else ''} | "
        + ", ".join(f"`{right}`" for right in Permission if right in never(role))
        + " |"
        for role in Role
    ]
    return (
        "## Ceiling\n\nWhoever holds the role can never come to hold the rights of the last column, whatever other role is "
        "given: the pairs that would bring them are refused on every day on which they would overlap. Nobody gives a "
        "role to oneself.\n\n| Role | Given with | Needs a last day | Never holds |\n|---|---|---|---|\n"
        + "\n".join(lines)
        + "\n"
    )


def needs() -> str:
    """What wakes a right (docs/adr/0014)."""
    lines = [
        f"| `{right}` | {', '.join(topic for topic in Topic.values if topic in need.topics)} | {need.duty} |"
        for right, need in NEEDS.items()
    ]
    return (
        "## What a right waits for\n\nIt acts at a site on a day on which every training is valid and the duty is "
        "delegated there; `PRINCIPAL` has every duty.\n\n| Right | Training | Duty |\n|---|---|---|\n"
        + "\n".join(lines)
        + "\n"
    )


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
