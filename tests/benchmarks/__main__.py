"""`make bench`: every figure that the product promises, side by side in one run; the last run is kept in docs/speed.md.

Everything happens in scratch folders and databases, on loopback, and ends by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from .report import report

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
NAMES = (
    "open",
    "save",
    "eight",
    "matrix",
    "fresh",
    "scratch",
    "writers",
    "rows",
    "checks",
    "casebook",
    "trail",
    "sign",
    "slides",
    "central",
    "estimators",
    "board",
    "changed",
    "reports",
)
ONCE = ("estimators",)  # what no database has a part in


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default=",".join(NAMES), help=f"some of {', '.join(NAMES)}")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="0.1 for a quick look; docs/speed.md is then left alone"
    )
    parser.add_argument("--database", choices=["SQLite", "PostgreSQL"], help="one of the two")
    asked = parser.parse_args()
    names = [name for name in NAMES if name in asked.only.split(",")]
    found: dict[str, dict[str, Any]] = {}
    if asked.database != "PostgreSQL":
        with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
            found["SQLite"] = _all(names, asked.scale, _sqlite(Path(folder)))
    if asked.database != "SQLite":
        from pg import postgresql_url

        with postgresql_url(durable=True) as url, tempfile.TemporaryDirectory(prefix="bench-") as folder:
            rest = [name for name in names if name not in ONCE or not found]
            found["PostgreSQL"] = _all(rest, asked.scale, _postgresql(Path(folder), url))
    text = report(found)
    print(text)
    if asked.scale == 1 and len(names) == len(NAMES) and len(found) == 2:
        (ROOT / "docs" / "speed.md").write_text(text)
    return 0


Maker = Iterator[dict[str, str]]


def _all(names: list[str], scale: float, scratch: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with scratch("migrate") as env:
        _run("migrate", scale, env)
    for name in names:
        started = time.monotonic()
        with scratch(name) as env:
            found[name] = _run(name, scale, env)
        print(f"  {name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return found


def _run(name: str, scale: float, env: dict[str, str]) -> Any:
    file = Path(env["VAR_DIR"]) / "found.json"
    command = [sys.executable, "-m", "tests.benchmarks.scenario", name, str(scale), str(file)]
    subprocess.run(command, cwd=ROOT, env=env, check=True, stdin=subprocess.DEVNULL)
    return json.loads(file.read_text()) if file.exists() else None


def _environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {
        n: v
        for n, v in os.environ.items()
        if n not in ("DATABASE_URL", "REDIS_URL", "DEMO", "DEBUG", "VAR_DIR")
    }
    folder.mkdir(exist_ok=True)
    (folder / "static").mkdir(exist_ok=True)
    return kept | {
        "VAR_DIR": str(folder),
        "LOG_LEVEL": "ERROR", "SECRET_KEY": secrets.token_urlsafe(50), "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings", "BENCH_KEYS": f"bench-{secrets.token_hex(4)}-",
    } | more  # fmt: skip


def _sqlite(folder: Path) -> Any:
    """Migrated once; each measurement starts from a copy."""

    @contextmanager
    def scratch(name: str) -> Maker:
        mine = folder / name
        env = _environment(mine)
        if name != "migrate":
            shutil.copy(folder / "migrate" / "trial.sqlite3", mine / "trial.sqlite3")
        yield env
        if name != "migrate":
            shutil.rmtree(mine, ignore_errors=True)

    return scratch


def _postgresql(folder: Path, url: str) -> Any:
    template, redis = f"bench_{secrets.token_hex(4)}", _redis()

    @contextmanager
    def scratch(name: str) -> Maker:
        database = template if name == "migrate" else f"{template}_{name}"
        _sql(url, f'CREATE DATABASE "{database}"' + ("" if name == "migrate" else f' TEMPLATE "{template}"'))
        there = urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
        env = _environment(folder / name, DATABASE_URL=there, **({"REDIS_URL": redis} if redis else {}))
        yield env
        if name != "migrate":
            _sql(url, f'DROP DATABASE "{database}" WITH (FORCE)')
            _forget(redis, env["BENCH_KEYS"])
            shutil.rmtree(folder / name, ignore_errors=True)

    return scratch


def _sql(url: str, statement: str) -> None:
    import psycopg2

    connection = psycopg2.connect(url)
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()


def _redis() -> str:
    """A server at hand, or the broker of files."""
    import redis

    url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/9")
    try:
        redis.Redis.from_url(url, socket_connect_timeout=1).ping()
    except redis.RedisError:
        return ""
    return url


def _forget(url: str, prefix: str) -> None:
    import redis

    if url:
        server = redis.Redis.from_url(url)
        for key in server.scan_iter(f"{prefix}*"):
            server.delete(key)


if __name__ == "__main__":
    sys.exit(main())
