"""An upload goes to disk in parts, is digested on the way, and leaves nothing behind when it breaks off."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from . import storage

PART = 1 << 20  # bytes read at once


class Incoming:
    """A file as it arrives. Closed without having been taken, it is gone. `name` is ours: the sender's is not kept."""

    name = "slide"

    def __init__(self) -> None:
        handle, path = tempfile.mkstemp(dir=storage.incoming(), suffix=".part")
        self.path, self.size = Path(path), 0
        self._file = cast(BinaryIO, os.fdopen(handle, "wb"))
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def close(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


class IncomingHandler(FileUploadHandler):
    """The one way in for slides. `too_large`: it stopped there and kept nothing.

    Whoever installs it closes `arriving` at the end, also when the connection was lost.
    """

    chunk_size = PART

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.arriving: Incoming | None = None
        self.too_large = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.arriving is not None:  # one file in one upload
            self.arriving.close()
        self.arriving = Incoming()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self.arriving is not None
        if start + len(raw_data) > settings.SLIDES_LARGEST:
            self.too_large = True
            self.arriving.close()
            raise StopUpload(connection_reset=False)
        self.arriving.write(raw_data)

    def file_complete(self, file_size: int) -> Any:
        assert self.arriving is not None
        self.arriving.finish()
        return self.arriving

    def upload_interrupted(self) -> None:
        if self.arriving is not None:
            self.arriving.close()
