"""`make test` and `make bench`: everything on SQLite, then on PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
from pg import postgresql_url  # noqa: E402

from trialsite.management.catalogues import compile_catalogues  # noqa: E402

TEST = ["-n", "auto", "--dist", "worksteal"]
FEW = 5  # tests that may be unsteady; more of them are a fault of the product


def pytest(url: str, *args: str) -> int:
    env = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "DEMO")
    }
    if url:
        env["DATABASE_URL"] = url
    # 5: nothing was collected (a choice that has no test on this database)
    code = subprocess.call(
        [sys.executable, "-m", "pytest", *args], cwd=ROOT, env=env, stdin=subprocess.DEVNULL
    )
    return 0 if code == 5 else code


def run(name: str, url: str, *args: str) -> tuple[str, int, float]:
    print(f"\n=== {name} " + "=" * 60, flush=True)
    started = time.monotonic()
    return name, pytest(url, *args), time.monotonic() - started


def run_twice(name: str, url: str, *args: str) -> tuple[str, int, float]:
    """A few tests that fail are run once more, alone. What passes then is named as unsteady: a fault of the test to mend
    (workers, browsers and clocks share this machine with the others), but no reason to call the product broken."""
    cache = f".pytest_cache/{name.lower()}"
    args = ("-o", f"cache_dir={cache}", *args)
    name, code, seconds = run(name, url, *TEST, *args)
    failed = failures(ROOT / cache)
    if code == 1 and 0 < len(failed) <= FEW:
        _, code, again = run(f"{name}: {len(failed)} once more, alone", url, *args, "--last-failed")
        print(
            "UNSTEADY, passed alone:" if code == 0 else "Failed alone, too. Of:",
            *failed,
            sep="\n  ",
            flush=True,
        )
        seconds += again
    return name, code, seconds


def failures(cache: Path) -> list[str]:
    """What pytest remembers of its last run there."""
    noted = cache / "v" / "cache" / "lastfailed"
    return sorted(json.loads(noted.read_text())) if noted.exists() else []


def main() -> int:
    what, *more = sys.argv[1:]
    compile_catalogues()
    if what == "bench":
        return subprocess.call([sys.executable, "-m", "tests.benchmarks", *more], cwd=ROOT)
    results = [run_twice("SQLite", "", "-m", "not benchmark and not browser", *more)]
    # Chromium sees no database, so these run once; in processes of their own, because Playwright leaves an event
    # loop running in its thread, which synchronous code of other tests must not meet.
    results.append(run_twice("Browser", "", "-m", "browser", *more))
    with postgresql_url() as url:
        results.append(run_twice("PostgreSQL", url, "-m", "not benchmark and not browser", *more))
    print()
    for name, code, seconds in results:
        print(f"{name:<12} {'passed' if code == 0 else 'FAILED'} in {seconds:.0f} s")
    return max(code for _, code, _ in results)


if __name__ == "__main__":
    sys.exit(main())
