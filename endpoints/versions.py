"""What a result was computed with: the engine (its version and the digest of its sources) and the study settings."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from endpoints.engine import VERSION
from trialsite.kernel.study import study

ROOT = Path(__file__).parent.parent
# From the forms to a result; every module of the project that these import belongs to it, and what that imports.
STARTS = ("endpoints.gather", "endpoints.compact")
# Where the way begins: tables, the trail itself, people, pages. They hold what was entered and compute nothing of it.
BEYOND = ("crf.models", "crf.checks", "crf.judging", "crf.lookups", "participants", "trialsite.accounts", "trialsite.audit",
          "trialsite.db", "trialsite.web")  # fmt: skip


@cache
def sources() -> tuple[Path, ...]:
    """Every file that has a part in a result: the engine, and what is imported on the way from forms to it."""
    engine = {f"endpoints.engine.{path.stem}" for path in (ROOT / "endpoints" / "engine").glob("*.py")}
    found: set[Path] = set()
    waiting = [*STARTS, *engine]
    while waiting:
        path = None if _beyond(name := waiting.pop()) else _file(name)
        if path is not None and path not in found:
            found.add(path)
            waiting += _imported(path)
    return tuple(sorted(found))


def _beyond(name: str) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in BEYOND)


def _file(name: str) -> Path | None:
    """The file of a module of the project; none for others, and for a name that a module has."""
    place = ROOT.joinpath(*name.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _imported(path: Path) -> Iterator[str]:
    """Every module that a file may name, wherever in it that stands."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            around = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*around, *([node.module] if node.module else [])))
            yield base
            yield from (f"{base}.{one.name}" for one in node.names)


@cache
def engine_version() -> str:
    """`1.0+3fa9c1d2`: a changed line of the engine, or of the way from forms to it, makes every result stale."""
    made = hashlib.sha256()
    for path in sources():
        made.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{VERSION}+{made.hexdigest()[:8]}"


def basis() -> str:
    """Engine and settings in one word, as an `EndpointState` keeps it."""
    return f"{engine_version()}/{study().digest}"
