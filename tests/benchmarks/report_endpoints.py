"""The figures of the endpoints for docs/speed.md: estimators, dashboard, moments and cuts, one changed value, the report."""

from __future__ import annotations

from typing import Any

Row = list[str]
MISSED = "**missed**"
KINDS = {"days": "whole days", "real": "real numbers"}
# Pages that show stored figures, and those that read or compare participants.
STORED = "dashboard"
PARTS = {"reading": "reading, course and profile", "engine": "engine and text", "writing": "writing"}


def met(kept: bool) -> str:
    return "met" if kept else MISSED


def rows(database: str, measured: dict[str, Any]) -> list[Row]:
    """The promises."""
    return [
        *_estimators(measured.get("estimators")), *_board(database, measured.get("board")),
        *_pages(database, measured.get("board")), *_changed(database, measured.get("changed")),
        *_reports(database, measured.get("reports")),
    ]  # fmt: skip


def of_many(database: str, bulk: dict[str, Any]) -> list[Row]:
    """What ten thousand participants take, in parts."""
    parts = bulk["parts"]
    said = ", ".join(f"{name} {parts[key]:.2f}" for key, name in PARTS.items())
    shown = f"{bulk['figures_s']:.1f} s ({bulk['sets']} sets of figures), peak {bulk['figures_mb']:.0f} MB"
    return [
        ["One participant, processor milliseconds", database, "reported", said, ""],
        [
            f"Figures of every analysis set and evaluator, {bulk['many']:,} participants",
            database,
            "reported",
            shown,
            "",
        ],
    ]


def _estimators(found: dict[str, Any] | None) -> list[Row]:
    """One row for each size: how many times faster ours is."""
    if not found:
        return []
    made = []
    for one in found["rows"]:
        others = [name for name in found["peers"] if name in one]
        shown = f"{_time(one['ours'])}" + "".join(
            f"; {name} {_time(one[name])} ({one['ours'] / one[name]:.2f} ×)" for name in others
        )
        slower = [name for name in others if name == "lifelines" and one["ours"] > one[name]]
        verdict = met(not slower) if "lifelines" in others else ""
        made.append(
            [
                f"Survival curve, {one['n']:,} participants, {KINDS[one['kind']]}",
                "none",
                "≤ 1.0 × lifelines",
                shown,
                verdict,
            ]
        )
    return made


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def _board(database: str, found: dict[str, Any] | None) -> list[Row]:
    if not found:
        return []
    n = found["participants"]
    moment, past = found["moment"], found["past"]
    shown = {
        f"Endpoints of {n} participants, one process": f"{found['derive_s']:.1f} s ({n / found['derive_s']:.0f} a second)",
        "… headline figures": f"{found['headline_s'] * 1000:.0f} ms",
        "… figures of every analysis set and evaluator": f"{found['figures_s']:.1f} s ({found['stored'] + 1} sets of figures)",
        "… what could move them": f"{found['moves_s']:.1f} s",
        "… state of the data": f"{found['counted_s']:.1f} s",
        f"The trial now, kept as a moment, {moment['participants']} participants": f"{moment['s']:.1f} s",
        f"… of the past, read back from the trail, {past['participants']} participants": f"{past['s']:.1f} s",
        f"Confirming that moment as a data cut, {moment['participants']} participants": f"{found['cut_s']:.2f} s",
        "Drawing the figures of the dashboard": f"{found['pages']['dashboard, first view']['drawn_s']:.1f} s",
    }
    return [[what, database, "reported", value, ""] for what, value in shown.items()]


def _pages(database: str, found: dict[str, Any] | None) -> list[Row]:
    """The dashboard has targets; the rest is reported."""
    if not found:
        return []
    made = []
    for name, page in found["pages"].items():
        limit = (500 if "first" in name else 100) if name.startswith(STORED) else None
        shown = f"{page['ms']:.0f} ms"
        if "queries" in page:
            shown += f" (slowest {page['worst']:.0f} ms; {page['cpu']:.0f} ms processor), {page['queries']} queries"
        made.append([
            f"Endpoints, {found['participants']} participants: {name}", database,
            f"< {limit} ms" if limit else "reported", f"{shown}, {page['kb']} KB",
            met(page["ms"] < limit) if limit else "",
        ])  # fmt: skip
    return made


def _changed(database: str, found: dict[str, Any] | None) -> list[Row]:
    if not found:
        return []
    said = f"One changed value, {found['participants']} participants"
    return [
        [f"{said}: to the fresh headline", database, "p95 ≤ 2 s", _spread(found, "headline"), met(found["headline_p95"] <= 2)],
        [f"{said}: to all figures", database, "reported", _spread(found, "stored"), ""],
    ]  # fmt: skip


def _spread(found: dict[str, Any], name: str) -> str:
    return f"p95 {found[f'{name}_p95']:.2f} s, median {found[f'{name}_median']:.2f} s (n = {found['n']})"


def _reports(database: str, found: dict[str, Any] | None) -> list[Row]:
    if not found:
        return []
    return [
        [
            f"Endpoint report as PDF, {one['participants']} participants, every section", database, "reported",
            f"{one['pages']} pages in {one['s']:.0f} s ({one['cpu']:.0f} s processor), {one['kb']:.0f} KB, peak of the child "
            f"{one['child_mb']:.0f} MB, of the worker {one['own_mb']:.0f} MB", "",
        ]
        for one in found.values()
    ]  # fmt: skip


def peers(found: dict[str, Any]) -> str:
    """What was compared, in words."""
    said = {
        name: f"{name} {one['version']}" if "version" in one else f"{name} not measured: {one['missing']}"
        for name, one in found["peers"].items()
    }
    return (
        "Ours, in plain Python, beside "
        + "; ".join(said.values())
        + ". Each has the data in memory in its own form, in a "
        "process of its own, and gives the curve with its error and log-log limits, the median and its limits. Days have "
        "many tied times, as in the trial; real numbers hardly any.\n"
    )
