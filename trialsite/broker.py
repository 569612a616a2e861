"""Celery's messages as files in a folder: a broker without a server.

Kombu has one (`filesystem://`), but a reader may take a message that is half written, and it takes by copying when
the folder of temporary files is on another disk, so two workers can take one message. Here a message appears and is
taken by renaming inside one folder, which the system does in one step.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import virtual


class Channel(virtual.Channel):
    @property
    def folder(self) -> Path:
        return Path(self.connection.client.transport_options["folder"])

    def _queue_folder(self, queue: str) -> Path:
        folder = self.folder / queue
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        folder = self._queue_folder(queue)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
        written = folder / f".{name}"
        written.write_text(json.dumps(message))
        written.rename(folder / f"{name}.json")

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        folder = self._queue_folder(queue)
        for name in sorted(os.listdir(folder)):
            if not name.endswith(".json"):
                continue
            taken = folder / f".{name}.{os.getpid()}"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue  # another worker was quicker
            message: dict[str, Any] = json.loads(taken.read_text())
            taken.unlink()
            return message
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._messages(queue))

    def _purge(self, queue: str) -> int:
        messages = self._messages(queue)
        for message in messages:
            message.unlink(missing_ok=True)
        return len(messages)

    def _messages(self, queue: str) -> list[Path]:
        return list(self._queue_folder(queue).glob("[!.]*.json"))


class Transport(virtual.Transport):
    Channel = Channel
    # Queues and exchanges are known to each process by its own settings; only the messages are shared.
    global_state = virtual.BrokerState()
    driver_type = "files"
    driver_name = "files"

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        self.state = self.global_state

    def driver_version(self) -> str:
        return "1"
