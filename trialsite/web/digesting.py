"""A file whose digest is wanted and nothing else: its pieces go through, nothing of it is kept, in memory or on disk."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

HEAD = 8  # bytes that tell what kind of file it is


class Digested(UploadedFile):
    """What remains of a file that was handed in."""

    def __init__(self, sha256: str, size: int, head: bytes) -> None:
        super().__init__(None, "file", None, size)  # without a name it would count as none
        self.sha256 = sha256
        self.head = head


class Digesting(FileUploadHandler):
    """In place of Django's handlers, before the request is read (`request.upload_handlers = [Digesting(request)]`)."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.made = hashlib.sha256()
        self.head = b""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.made.update(raw_data)
        if len(self.head) < HEAD:
            self.head += raw_data[: HEAD - len(self.head)]
        return None

    def file_complete(self, file_size: int) -> Digested:
        return Digested(self.made.hexdigest(), file_size, self.head)
