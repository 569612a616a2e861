"""Hints from the web process to the worker. A save never waits for the broker and never fails because of it.

The ids go into a set; one thread sends them. Whatever is lost here, by a broker that is down or a process that ends,
the sweep finds.
"""

from __future__ import annotations

import os
import threading
from typing import Any


class Dispatch:
    """Ids waiting to be sent to one task, each once, and the thread that sends them."""

    def __init__(self, task: Any) -> None:
        self.task = task
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """A child process has no thread of its parent's, and none of its ids."""
        self._waiting: set[int] = set()
        self._ready = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False

    def put(self, participant: int) -> None:
        with self._ready:
            self._waiting.add(participant)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=f"hints-{self.task.name}", daemon=True)
                self._thread.start()
            self._ready.notify()

    def _run(self) -> None:
        while True:
            with self._ready:
                self._busy = False
                self._ready.notify_all()
                while not self._waiting:
                    self._ready.wait()
                participant = self._waiting.pop()
                self._busy = True
            self.task.hint(participant)

    def drained(self, timeout: float) -> bool:
        """Wait until everything was sent or given up: for tests and orderly ends."""
        with self._ready:
            return self._ready.wait_for(lambda: not self._waiting and not self._busy, timeout)
