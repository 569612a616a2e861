"""Settings of the tests: the site's own, in a folder that is thrown away, and fast where safety costs time."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

# The first process of a run chooses the folder; pytest-xdist's workers inherit it and take a part each.
RUN = os.environ.setdefault("TRIAL_TEST_RUN", secrets.token_hex(4))
if "TRIAL_TEST_DIR" not in os.environ:
    os.environ["TRIAL_TEST_DIR"] = tempfile.mkdtemp(prefix=f"trial-test-{RUN}-")
RUN_DIR = Path(os.environ["TRIAL_TEST_DIR"])
os.environ["VAR_DIR"] = str(RUN_DIR / os.environ.get("PYTEST_XDIST_WORKER", "main"))
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))

from trialsite.settings import *  # noqa: E402, F403
from trialsite.settings import DATABASES, EMBEDDED, LOGGING, VAR_DIR  # noqa: E402

if EMBEDDED:
    # A file, not memory: threads, servers and workers then share it as they do on the site.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"
else:
    DATABASES["default"]["TEST"] = {"NAME": f"test_trial_{RUN}"}
    DATABASES["default"]["CONN_MAX_AGE"] = 0

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = False
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "files"},
    },
    "slides": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "slides"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
LOGGING["root"]["level"] = "ERROR"
TRAIL_WRITTEN_WITHIN = 20 * 366 * 86_400  # tests travel to the past
