"""The survival estimator beside lifelines and R's survfit: the same data, the same results, in one run.

Each runs in a process of its own and times itself, without start and reading of the data: the curve with log-log limits,
the median and its limits. Samples in whole days, as in the trial (many tied times), and in real numbers (hardly a tie).
lifelines wants an older pandas than the product: it lives in an environment of its own (`var/peers`), made on first use.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from endpoints.engine.kaplan_meier import kaplan_meier

from .measure import quiet

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).parent / "peers"
SIZES = {50: 200, 1_000: 50, 100_000: 5, 1_000_000: 2}  # repeats
MEAN, SHARE = 400, 0.6  # of the times in days; of events
KINDS = ("days", "real")


def estimators(scale: float) -> dict[str, Any]:
    """Median seconds of each, by kind of times and size. What is not installed is left out, with the reason."""
    samples = [
        sample(kind, max(10, int(n * scale)), max(2, int(times * scale)))
        for kind in KINDS
        for n, times in SIZES.items()
    ]
    ours = [_ours(one) for one in samples]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        peers = {"lifelines": _lifelines(samples, Path(folder)), "survfit": _survfit(samples, Path(folder))}
    rows = [
        {"kind": one["kind"], "n": one["n"], "distinct": mine["distinct"], "ours": mine["s"]}
        | {name: found["rows"][place]["s"] for name, found in peers.items() if "rows" in found}
        for place, (one, mine) in enumerate(zip(samples, ours, strict=True))
    ]
    for found in peers.values():
        _same_medians(ours, found.get("rows", []))
    return {
        "rows": rows,
        "peers": {
            name: {key: value for key, value in found.items() if key != "rows"}
            for name, found in peers.items()
        },
    }


def sample(kind: str, n: int, repeats: int) -> dict[str, Any]:
    """Exponential times, censored at random; the same every time."""
    chance = random.Random(n)
    times = [chance.expovariate(1 / MEAN) for _one in range(n)]
    events = [chance.random() < SHARE for _one in range(n)]
    shown: list[Any] = [math.ceil(one) for one in times] if kind == "days" else times
    return {"kind": kind, "n": n, "repeats": repeats, "times": shown, "events": events}


def _ours(one: dict[str, Any]) -> dict[str, Any]:
    quiet()
    seconds = []
    for _time in range(one["repeats"] + 1):
        started = time.perf_counter()
        curve = kaplan_meier(one["times"], one["events"], 0.95, "log-log")
        median = curve.median
        seconds.append(time.perf_counter() - started)
    return {"s": statistics.median(seconds[1:]), "median": median.estimate, "distinct": len(curve.time)}


def _same_medians(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    """Two that do not estimate the same thing are not compared. (On a flat part lifelines has another rule.)"""
    for mine, other in zip(ours, theirs, strict=False):
        if not math.isclose(mine["median"], other["median"], rel_tol=0.05):
            raise RuntimeError(f"median {mine['median']} against {other['median']}")


# --- lifelines ------------------------------------------------------------------------------------------------------


def _lifelines(samples: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    python = peer_python()
    if python is None:
        return {"missing": "could not be installed"}
    file = folder / "samples.json"
    file.write_text(json.dumps(samples))
    order = [str(python), str(PEERS / "lifelines_times.py"), str(file)]
    done = subprocess.run(order, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    found: dict[str, Any] = json.loads(done.stdout)
    found["rows"] = [one | {"s": statistics.median(one["s"])} for one in found["rows"]]
    return found


def peer_python() -> Path | None:
    """The interpreter of an environment with the locked lifelines; none where it cannot be had."""
    there, lock = ROOT / "var" / "peers", ROOT / "requirements" / "peers.txt"
    python, stamp = there / "bin" / "python", there / "installed"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return python
    install = ["-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "--no-input", "-r", str(lock)]
    for order in ([sys.executable, "-m", "venv", "--clear", str(there)], [str(python), *install]):
        if subprocess.run(order, stdin=subprocess.DEVNULL).returncode:
            return None
    stamp.write_text(lock.read_text())
    return python


# --- R --------------------------------------------------------------------------------------------------------------


def _survfit(samples: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    if shutil.which("Rscript") is None:
        return {"missing": "R is not installed"}
    names = [f"{one['kind']}-{one['n']}" for one in samples]
    listed = [f"{name} {one['repeats']}\n" for name, one in zip(names, samples, strict=True)]
    (folder / "samples.txt").write_text("".join(listed))
    for name, one in zip(names, samples, strict=True):
        pairs = zip(one["times"], one["events"], strict=True)
        (folder / name).write_text("".join(f"{at!r} {int(event)}\n" for at, event in pairs))
    order = ["Rscript", str(PEERS / "survfit_times.R"), str(folder)]
    done = subprocess.run(order, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        return {"missing": "its package survival is not installed"}
    version, *lines = [line.split() for line in done.stdout.splitlines()]
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for name, seconds, median in lines:
        runs[name].append((float(seconds), float(median)))
    rows = [
        {"s": statistics.median(one for one, _median in runs[name]), "median": runs[name][0][1]}
        for name in names
    ]
    return {"version": version[0], "rows": rows}
