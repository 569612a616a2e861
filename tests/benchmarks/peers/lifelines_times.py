"""lifelines, in an interpreter of its own: `python lifelines_times.py FILE`. Reads and prints JSON.

The curve with Greenwood's log-log limits, the median and its limits: what our estimator gives.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import lifelines
import numpy as np
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times


def seconds_of(times: Any, events: Any) -> tuple[float, float]:
    started = time.perf_counter()
    fitted = KaplanMeierFitter(alpha=0.05).fit(times, events)
    median = fitted.median_survival_time_
    bounds = median_survival_times(fitted.confidence_interval_)
    assert bounds is not None
    return time.perf_counter() - started, float(median)


def main() -> None:
    found: dict[str, Any] = {"version": lifelines.__version__, "rows": []}
    with open(sys.argv[1]) as file:
        for sample in json.load(file):
            times, events = np.array(sample["times"]), np.array(sample["events"])
            runs = [seconds_of(times, events) for _time in range(sample["repeats"] + 1)]
            found["rows"].append({"s": [one for one, _median in runs[1:]], "median": runs[0][1]})
    print(json.dumps(found))


main()
