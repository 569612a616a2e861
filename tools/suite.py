"""`make test` and `make bench`: everything on SQLite, then on PostgreSQL."""

from __future__ import annotations

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


def run_browser(*more: str) -> tuple[str, int, float]:
    """What Chromium shows depends on how busy the machine is. A test that fails is run once more, alone, and named
    as unsteady when it passes then: a fault to mend, but no reason to call the product broken."""
    cache = ["-o", "cache_dir=.pytest_cache/browser"]
    _, code, seconds = run("Browser", "", *TEST, *cache, "-m", "browser", *more)
    if code == 1:
        _, code, again = run(
            "Browser tests that failed, once more", "", *cache, "--last-failed", "-m", "browser", *more
        )
        print("UNSTEADY: they passed alone" if code == 0 else "They fail alone, too", flush=True)
        seconds += again
    return "Browser", code, seconds


def main() -> int:
    what, *more = sys.argv[1:]
    compile_catalogues()
    if what == "bench":
        return subprocess.call([sys.executable, "-m", "tests.benchmarks", *more], cwd=ROOT)
    results = [run("SQLite", "", *TEST, "-m", "not benchmark and not browser", *more)]
    # Chromium sees no database, so these run once; in processes of their own, because Playwright leaves an event
    # loop running in its thread, which synchronous code of other tests must not meet.
    results.append(run_browser(*more))
    with postgresql_url() as url:
        results.append(run("PostgreSQL", url, *TEST, "-m", "not benchmark and not browser", *more))
    print()
    for name, code, seconds in results:
        print(f"{name:<12} {'passed' if code == 0 else 'FAILED'} in {seconds:.0f} s")
    return max(code for _, code, _ in results)


if __name__ == "__main__":
    sys.exit(main())
