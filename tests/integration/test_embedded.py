"""The embedded defaults: writers in turn, messages as files, hints that never fail a save, a secret kept once."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES

from trialsite import celery
from trialsite.accounts.models import Site
from trialsite.db.lock import WriterTurn
from trialsite.kernel.secrets import kept_secret

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the SQLite backend")


class TestTurn:
    def test_only_one_has_it(self, tmp_path: Path) -> None:
        first, second = WriterTurn(str(tmp_path / "l")), WriterTurn(str(tmp_path / "l"))
        assert first.take(1)
        assert not second.take(0.01)
        first.give_back()
        assert second.take(1)
        second.give_back()

    def test_threads_of_one_process_wait_for_each_other(self, tmp_path: Path) -> None:
        turn = WriterTurn(str(tmp_path / "l"))
        assert turn.take(1)
        assert not turn.take(0.01)
        turn.give_back()

    @pytest.mark.processes
    def test_a_child_does_not_inherit_it(self, tmp_path: Path) -> None:
        turn = WriterTurn(str(tmp_path / "l"))
        assert turn.take(1)
        child = os.fork()
        if child == 0:
            os._exit(1 if turn.take(0.01) else 0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        turn.give_back()
        assert turn.take(1)
        turn.give_back()


@on_sqlite
@pytest.mark.django_db(transaction=True)
class TestSqlite:
    def test_the_turn_comes_back_after_commit_rollback_and_close(self) -> None:
        for _ in range(2):
            with transaction.atomic():
                Site.objects.create(number="71", name_en="A")
            assert connection._turn is None
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                Site.objects.create(number="72", name_en="B")
                raise ZeroDivisionError
            assert connection._turn is None
            with transaction.atomic():
                connection.close()
            assert connection._turn is None
            Site.objects.all().delete()

    def test_savepoints_keep_it(self) -> None:
        with transaction.atomic():
            with transaction.atomic():
                Site.objects.create(number="73", name_en="C")
            assert connection._turn is not None
        assert connection._turn is None

    def test_durability_and_keys_are_on(self) -> None:
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert cursor.execute("PRAGMA foreign_keys").fetchone() == (1,)

    def test_a_stranger_who_holds_the_database_is_reported(self, settings: Any) -> None:
        """Not through our queue (a backup tool, a shell): SQLite itself says that it is locked."""
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 50")
        stranger = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        try:
            with pytest.raises(DatabaseError, match="locked"), transaction.atomic():
                pass
            assert connection._turn is None
        finally:
            stranger.close()
            connection.close()

    def test_eight_writers_lose_nothing(self) -> None:
        site = Site.objects.create(number="74", name_en="0")

        def add() -> None:
            try:
                for _ in range(10):
                    with transaction.atomic():
                        one = Site.objects.get(pk=site.pk)
                        one.name_en = str(int(one.name_en) + 1)
                        one.save()
            finally:
                connection.close()

        threads = [threading.Thread(target=add) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        site.refresh_from_db()
        assert site.name_en == "80"


class TestBroker:
    def connect(self, folder: Path) -> Connection:
        assert "files" in TRANSPORT_ALIASES
        return Connection("files://", transport_options={"folder": str(folder), "polling_interval": 0.01})

    def test_messages_arrive_in_order_and_once(self, tmp_path: Path) -> None:
        with self.connect(tmp_path) as one, self.connect(tmp_path) as other:
            queue, same = one.SimpleQueue("q"), other.SimpleQueue("q")
            for number in range(5):
                queue.put({"number": number})
            assert queue.qsize() == 5
            got = [(queue if n % 2 else same).get(timeout=1) for n in range(5)]
            assert [message.payload["number"] for message in got] == list(range(5))
            with pytest.raises(queue.Empty):
                same.get(timeout=0.05)

    def test_a_half_written_message_is_not_read(self, tmp_path: Path) -> None:
        with self.connect(tmp_path) as one:
            queue = one.SimpleQueue("q")
            queue.put({"number": 1})
            (tmp_path / "q" / ".half").write_text("{")
            assert queue.get(timeout=1).payload == {"number": 1}


class TestHint:
    def test_a_broken_broker_fails_no_save_and_is_left_alone_for_a_while(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tries = []

        @celery.app.task(name="tests.broken")
        def broken() -> None: ...

        def fail(*args: Any, **kwargs: Any) -> None:
            tries.append(1)
            raise OSError

        monkeypatch.setattr(broken, "apply_async", fail)
        assert not broken.hint()
        assert not broken.hint()
        assert len(tries) == 1
        celery.resume()
        assert not broken.hint()
        assert len(tries) == 2


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    secret = kept_secret(tmp_path / "secret_key")
    assert len(secret) >= 50
    assert kept_secret(tmp_path / "secret_key") == secret
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["secret_key"]
