"""The frame every page stands in: headers, idle limit, language, log lines, health."""

from __future__ import annotations

import io
import json
import logging
import os
import time
from typing import Any

import pytest
import structlog
from django.contrib.auth import get_user_model
from django.test import Client
from structlog.stdlib import ProcessorFormatter

from trialsite import logs
from trialsite.celery import heartbeat_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> Any:
    return get_user_model().objects.create_user("somebody", password="a long password", language="zh-hans")


def test_security_headers(client: Client) -> None:
    response = client.get("/health/?format=json")
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Request-ID"]


def test_pages_of_a_signed_in_person_are_not_stored(client: Client, user: Any) -> None:
    client.force_login(user)
    assert "no-store" in client.get("/i18n/nothing/")["Cache-Control"]


def test_the_language_of_the_account_wins(client: Client, user: Any) -> None:
    client.force_login(user)
    assert client.get("/i18n/nothing/", headers={"accept-language": "en"})["Content-Language"] == "zh-hans"


def test_a_person_at_work_keeps_the_session_and_polling_does_not(client: Client, user: Any) -> None:
    client.force_login(user)
    session = client.session
    session["seen"] = 0
    session.save()
    client.get("/i18n/nothing/?poll=1")
    client.get("/i18n/nothing/", headers={"hx-polling": "1"})
    assert client.session["seen"] == 0
    client.get("/i18n/nothing/")
    assert client.session["seen"] > time.time() - 60


def test_the_log_names_the_route_never_the_path(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from structlog.testing import capture_logs

    with capture_logs() as lines:
        # The middleware keeps its logger after the first use, with the processors of that moment.
        monkeypatch.setattr("trialsite.middleware.log", structlog.get_logger("trialsite.request").bind())
        client.get("/i18n/01-003/?q=Wang")
    assert lines[-1]["event"] == "request"
    assert lines[-1]["status"] == 404
    assert "01-003" not in json.dumps(lines) and "Wang" not in json.dumps(lines)


def test_health_says_when_no_worker_is_alive(client: Client) -> None:
    path = heartbeat_file()
    path.touch()
    assert client.get("/health/?format=json").status_code == 200
    os.utime(path, (0, 0))
    assert client.get("/health/?format=json").status_code == 500


class TestLogLines:
    def test_an_exception_leaves_its_frames_and_not_its_text(self, capsys: Any) -> None:
        handler = self.handler()
        logger = logging.getLogger("tests.frames")
        logger.addHandler(handler)
        try:
            raise ValueError("Key (number)=(01-003) already exists")
        except ValueError:
            logger.exception("save_failed")
        finally:
            logger.removeHandler(handler)
        line = json.loads(handler.stream.getvalue())
        assert line["error"] == "builtins.ValueError"
        assert "test_frame.py" in line["frames"][0]
        assert "01-003" not in json.dumps(line)

    def test_djangos_own_lines_lose_their_path(self) -> None:
        handler = self.handler()
        logger = logging.getLogger("django.request")
        logger.addHandler(handler)
        logger.error("%s: %s", "Internal Server Error", "/participants/01-003/")
        logger.error("Forbidden (%s): %s", "token", "/participants/01-003/")
        logger.removeHandler(handler)
        assert "01-003" not in handler.stream.getvalue()

    def handler(self) -> Any:
        config = logs.configure("INFO", with_text=False)["formatters"]["json"]
        handler = logging.StreamHandler(io.StringIO())
        handler.setFormatter(ProcessorFormatter(**{k: v for k, v in config.items() if k != "()"}))
        return handler
