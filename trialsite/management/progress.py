"""A progress bar in the terminal; a line now and then where there is none."""

from __future__ import annotations

import time
from typing import Any

WIDTH = 30


class Bar:
    """`step` once per item. Draws at most ten times a second on a terminal, once in ten seconds elsewhere."""

    def __init__(self, out: Any, name: str, total: int) -> None:
        self.out, self.name, self.total = out, name, max(total, 1)
        self.done, self.started, self.drawn = 0, time.monotonic(), 0.0
        self.screen = bool(getattr(out, "isatty", lambda: False)())

    def step(self, by: int = 1) -> None:
        self.done += by
        now = time.monotonic()
        if now - self.drawn >= (0.1 if self.screen else 10) and self.done < self.total:
            self.drawn = now
            self._draw()

    def close(self) -> None:
        if self.screen:
            self._draw()
            self.out.write("")

    def _draw(self) -> None:
        share = min(self.done / self.total, 1)
        spent = time.monotonic() - self.started
        left = spent / share - spent if share else 0
        filled = "█" * int(WIDTH * share) + "░" * (WIDTH - int(WIDTH * share))
        line = f"{self.name} {filled} {self.done}/{self.total}, {left:.0f} s left"
        if self.screen:
            self.out.write("\r" + line, ending="")
            self.out.flush()
        else:
            self.out.write(line)
