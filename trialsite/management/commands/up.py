"""Prepare the site and run it on this machine: web server, worker and beat, until Ctrl-C."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, CommandError, call_command, get_commands
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from crf.services.signing import signatures_recheck
from trialsite.celery import heartbeat_file
from trialsite.management.catalogues import compile_catalogues
from trialsite.management.processes import Child, answers, children, wait_until


class Command(BaseCommand):
    help = "Prepare the site and run web server, worker and beat here. DEMO=1 shows the demonstration trial."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--participants", type=int, default=24, help="size of the demonstration trial")
        parser.add_argument("--prepare-only", action="store_true", help="set everything up and stop")

    def handle(self, *, host: str, port: int, participants: int, prepare_only: bool, **options: Any) -> None:
        with self._only_one():
            if not prepare_only:
                self._require_free(host, port)
            self._prepare(participants)
            if not prepare_only:
                connections.close_all()
                self._run(host, port)

    # --- preparing ---

    def _prepare(self, participants: int) -> None:
        with self._step("Database"):
            self._migrate()
        with self._step("Translations"):
            compile_catalogues()
        with self._step("Static files"):
            _collect_static()
        if settings.DEMO and "demo" in get_commands() and _is_empty():
            self.stdout.write(f"Making the demonstration trial of {participants} participants …")
            call_command("demo", participants=participants, seed=7)

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=1, stdout=_Dots(self.stdout))
        signatures_recheck()  # a release may change a form without a table
        if not settings.EMBEDDED:
            call_command("createcachetable", verbosity=0)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        self.stdout.write(f"{name} …", ending="")
        self.stdout.flush()
        yield
        self.stdout.write(f" ready ({time.monotonic() - started:.1f} s)")
        self.stdout.flush()

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """Two on one folder would share a port, a schedule file and the heartbeat."""
        file: IO[str] = (settings.VAR_DIR / "up.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"The site is already running on {settings.VAR_DIR}. Stop it, or set VAR_DIR for another one."
            ) from None
        with file:
            yield

    def _require_free(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} cannot be used ({error.strerror}). Choose another: PORT=8001 make run"
                ) from None

    # --- running ---

    def _run(self, host: str, port: int) -> None:
        family = children(host, port, settings.VAR_DIR / "log", settings.CELERY_WORKER_CONCURRENCY)
        heartbeat_file().unlink(missing_ok=True)
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
            "PYTHONUNBUFFERED": "1",
        }
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, _stop)
        try:
            with self._step("Web server, worker and beat"):
                for child in family:
                    child.start(env)
                self._wait(family, "localhost" if host in ("0.0.0.0", "::") else host, port)
            self._greet(port)
            self._watch(family, env)
        except _Stop:
            self.stdout.write("\nStopping …")
        finally:
            for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(name, signal.SIG_IGN)
            for child in family:
                child.ask_to_stop()
            for child in family:
                child.end(patience=15)
        self.stdout.write("Stopped.")

    def _wait(self, family: list[Child], host: str, port: int) -> None:
        def all_alive() -> bool:
            return all(child.alive for child in family)

        if not wait_until(lambda: answers(host, port), all_alive, seconds=60):
            culprit = next((child for child in family if not child.alive), family[0])
            raise CommandError(
                f"The {culprit.name} did not start. Last lines of {culprit.log}:\n{culprit.last_lines()}"
            )

    def _greet(self, port: int) -> None:
        self.stdout.write("")
        if settings.DEMO:
            self._show_accounts()
        self.stdout.write(f"  Logs     {settings.VAR_DIR / 'log'}")
        self.stdout.write(self.style.SUCCESS(f"  Address  http://localhost:{port}/        Ctrl-C stops it"))
        self.stdout.flush()

    def _show_accounts(self) -> None:
        from trialsite.accounts.demo import demo_people

        self.stdout.write("Demonstration accounts (never for real data):\n")
        for person in demo_people():
            where = f"site {person.site}" if person.site else "all sites"
            self.stdout.write(
                f"  {person.username:<6} {person.password:<18} {person.role_label!s:<22} {where}"
            )
        self.stdout.write("")

    def _watch(self, family: list[Child], env: dict[str, str]) -> None:
        """Start again what ended by itself; give up when it keeps ending."""
        while True:
            time.sleep(1)
            for child in family:
                if child.alive:
                    continue
                child.restarts += 1
                if child.restarts > 5:
                    raise CommandError(
                        f"The {child.name} keeps ending. Last lines of {child.log}:\n{child.last_lines()}"
                    )
                self.stderr.write(f"The {child.name} ended and is started again ({child.log}).")
                child.forget()
                child.start(env)


class _Stop(Exception):
    pass


class _Dots(io.StringIO):
    """Shows a dot for each migration that Django reports."""

    def __init__(self, screen: Any) -> None:
        super().__init__()
        self.screen = screen

    def write(self, text: str) -> int:
        if text.startswith("  Applying"):
            self.screen.write(".", ending="")
            self.screen.flush()
        return len(text)


def _stop(number: int, frame: FrameType | None) -> None:
    raise _Stop


def _is_empty() -> bool:
    from django.apps import apps

    return not apps.get_model("participants", "Participant")._default_manager.exists()


def _collect_static() -> None:
    """Only when a file changed since the last time: compressing takes seconds."""
    stamp: Path = settings.STATIC_ROOT / ".collected"
    now = _static_state()
    if not stamp.exists() or stamp.read_text() != now:
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(now)


def _static_state() -> str:
    state = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            state.update(f"{path}:{found.st_size}:{found.st_mtime_ns};".encode())
    return state.hexdigest()
