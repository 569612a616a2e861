"""Guards that hold for every test. The cast and the small trial live in tests/world.py."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        from trialsite.management.catalogues import compile_catalogues

        compile_catalogues()
    _lift_triggers_for_the_flush()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.get("TRIAL_TEST_DIR", ""), ignore_errors=True)


def _lift_triggers_for_the_flush() -> None:
    """Tests with real transactions end with a flush, which the append-only tables rightly refuse."""
    from django.core.management.commands import flush
    from django.db import connections

    real = flush.Command.handle
    if getattr(real, "lifts", False):
        return

    def handle(self: Any, **options: Any) -> Any:
        from crf.guard import lifted as unlocked
        from trialsite.audit.guard import lifted

        connection = connections[options["database"]]
        with lifted(connection), unlocked(connection):
            return real(self, **options)

    handle.lifts = True  # type: ignore[attr-defined]
    flush.Command.handle = handle  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """On SQLite start from a file that is migrated already, if there is one."""
    from django.db import connection

    from tests import template_database

    return connection.vendor == "sqlite" and template_database.copy_to(
        connection.settings_dict["TEST"]["NAME"]
    )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_keepdb: bool, django_db_blocker: Any) -> None:
    from django.db import connection

    from tests import template_database

    if connection.vendor == "sqlite" and not django_db_keepdb:
        template_database.keep(connection.settings_dict["NAME"])


@pytest.fixture(autouse=True)
def clean_process() -> Iterator[None]:
    """What a process remembers beside the database: caches, the language, the pause after a broken broker."""
    from django.core.cache import cache
    from django.utils import translation

    from trialsite import celery

    cache.clear()
    celery.resume()
    with translation.override("en"):
        yield
