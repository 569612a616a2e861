"""Under what a figure is kept: other words, or another line of what draws it, are another figure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from endpoints import drawing, plotting
from endpoints.reports import content

ROOT = Path(__file__).resolve().parents[3]
SHOWN = ("endpoints", "trialsite.web")
# Results are in the digest themselves.
RESULTS = (
    "endpoints.engine",
    "endpoints.compact",
    "endpoints.trace",
    "endpoints.standpoint",
    "endpoints.models",
)


def imported(path: Path) -> Iterator[str]:
    """Modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)


def test_what_draws_is_in_the_digest() -> None:
    for path in (one for one in drawing.SOURCES if one.suffix == ".py" and one.name != "drawing.py"):
        for module in imported(path):
            file = ROOT / f"{module.replace('.', '/')}.py"
            if module.startswith(SHOWN) and not module.startswith(RESULTS) and file.exists():
                assert file in drawing.SOURCES, f"{path.name} draws with {module}"


def test_words_and_catalogues_are_in_the_digest() -> None:
    named = {path.relative_to(ROOT).as_posix() for path in drawing.SOURCES}
    assert {"endpoints/words.py", "endpoints/board/parts.py", "locale/zh_Hans/LC_MESSAGES/django.po"} <= named


@pytest.mark.parametrize("name", ["waterfall", "forest"])
def test_other_words_are_another_figure(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    view: Any = SimpleNamespace(
        standpoint=SimpleNamespace(source="cut:1"), population="FAS", criteria="MRECIST", evaluator=""
    )
    monkeypatch.setattr(plotting, "rests_on", lambda name, results: [])
    keys = []
    for alt in ("Old words.", "Old words.", "New words."):
        monkeypatch.setattr(drawing, "texts", lambda results, view, alt=alt: {name: ("Title", alt)})
        found = drawing.wanted(view, {"curves": {}, "sets": {"FAS": 9}}, "en", True)
        keys.append(found[name].digest)
    assert keys[0] == keys[1] != keys[2]


def test_the_making_of_a_report_holds_engine_and_safety(monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[str] = set()
    plain = Path.read_bytes

    def noted(path: Path) -> bytes:
        read.add(path.relative_to(ROOT).as_posix())
        return plain(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    content.definition.__wrapped__()
    assert {"endpoints/board/safety.py", "endpoints/engine/figures.py", "endpoints/reports/safety.py"} <= read
