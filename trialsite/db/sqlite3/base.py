"""Django's SQLite backend with a fair queue of writers (see trialsite.db.lock)."""

from __future__ import annotations

import os
from typing import Any

from django.db.backends.sqlite3 import base

from trialsite.db.lock import WriterTurn, turn_for


class DatabaseWrapper(base.DatabaseWrapper):
    _turn: WriterTurn | None = None
    _turn_of = 0

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_turn_back()
            raise

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            # A commit that failed (a deferred key) leaves the transaction open until its rollback.
            if self.connection is None or not self.connection.in_transaction:
                self._give_turn_back()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._give_turn_back()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._give_turn_back()

    def _take_turn(self) -> None:
        if self.is_in_memory_db() or self._turn is not None:
            return
        turn = turn_for(f"{os.path.abspath(self.settings_dict['NAME'])}.lock")
        if turn.take(self.settings_dict["OPTIONS"].get("timeout", 5)):
            self._turn, self._turn_of = turn, os.getpid()

    def _give_turn_back(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None and self._turn_of == os.getpid():
            turn.give_back()
