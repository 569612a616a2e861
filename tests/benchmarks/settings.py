"""Settings of the benchmarks: the site's own, without HTTPS, with the plain forms beside it. Never collected by pytest."""

from __future__ import annotations

import os

from trialsite.settings import *  # noqa: F403
from trialsite.settings import CELERY_BROKER_TRANSPORT_OPTIONS, INSTALLED_APPS, LOGGING, REDIS_URL

INSTALLED_APPS = [*INSTALLED_APPS, "tests.benchmarks.plain"]
ROOT_URLCONF = "tests.benchmarks.urls"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = False
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
LOGGING["root"]["level"] = "ERROR"
TRAIL_WRITTEN_WITHIN = 20 * 366 * 86_400  # two years of trail are written at once
if REDIS_URL:  # keys of this run only, in a server that others use
    CELERY_BROKER_TRANSPORT_OPTIONS |= {"global_keyprefix": os.environ["BENCH_KEYS"]}
