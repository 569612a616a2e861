"""Settings by environment, safe by default. See docs/runbook.md for every variable."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from trialsite import logs
from trialsite.kernel.secrets import kept_secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
# Demonstration mode shows its accounts on the sign-in page and asks for no second factor. Never for real data.
DEMO = env.bool("DEMO", default=False)
# A file outside the database with names of participants, one a line: none of them may stand in free text (CK-017).
NAMES_FILE = env.str("NAMES_FILE", default="")
# Everything that is written at run time lies here: database, broker, secret, collected static files, logs.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)

DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
# Embedded: no server beside the product. Everything else is production and must be told its secrets.
EMBEDDED = not DATABASE_URL or DATABASE_URL.startswith("sqlite")
RELAXED = DEBUG or DEMO

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if not (EMBEDDED or RELAXED):
        raise ImproperlyConfigured(
            "SECRET_KEY must be set when DATABASE_URL names a server. See docs/runbook.md."
        )
    SECRET_KEY = kept_secret(VAR_DIR / "secret_key")
# Earlier keys: sessions and seals of the trail that were made with them stay valid.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# The database takes no event that is older than so many seconds when it is written (trialsite.audit.guard).
TRAIL_WRITTEN_WITHIN = 600

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- Applications -----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_tables2",
    "django_filters",
    "csp",
    "health_check",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "trialsite.accounts",
    "trialsite.audit",
    "trialsite.web",
    "participants",
    "crf",
    "pathology",
    "endpoints",
    "trialsite.apps.TrialsiteConfig",
]

MIDDLEWARE = [
    "trialsite.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "trialsite.middleware.IdleSession",
    "trialsite.middleware.UserLanguage",
    "trialsite.middleware.SiteClock",
    "trialsite.accounts.middleware.SecondFactorMiddleware",
    "trialsite.middleware.NoAddress",
    "trialsite.middleware.NoStore",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "trialsite.not_found.NotFoundTrail",
]

AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "trialsite.urls"
WSGI_APPLICATION = "trialsite.wsgi.application"

# --- Data -------------------------------------------------------------------------------------------------------

if EMBEDDED:
    # No ATOMIC_REQUESTS: with IMMEDIATE it makes readers queue behind writers; `atomic` belongs to services.
    DATABASES: dict[str, Any] = {
        "default": {
            "ENGINE": "trialsite.db.sqlite3",
            "NAME": env.db_url_config(DATABASE_URL)["NAME"]
            if DATABASE_URL
            else str(VAR_DIR / "trial.sqlite3"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON",
            },
            # The last connection to close copies the write-ahead log back, which costs every save of one person 15 ms.
            "CONN_MAX_AGE": 60,
        }
    }
else:
    DATABASES = {
        "default": env.db_url_config(DATABASE_URL)
        | {"CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60), "CONN_HEALTH_CHECKS": True}
    }
    # Compiling a query (half a second) never pays for pages that read fifty rows; estimates of subqueries ask for it.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")

# One process serves the embedded site; several share what they remember (used one-time codes) in the database.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if EMBEDDED
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"}
}

# --- Pages ------------------------------------------------------------------------------------------------------

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "trialsite.context.frame",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "django_tables2/bootstrap5.html"

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "files"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Digital slides by their content: a folder, or a store that speaks S3 (docs/adr/0021). Credentials as boto3 finds them.
SLIDES_LARGEST = env.int("SLIDES_LARGEST_MB", default=8192) * 2**20  # bytes of one upload
SLIDES_PIXELS = env.int("SLIDES_PIXELS", default=60_000_000_000)  # of one picture, when opened
SLIDES_HANDLES = 8  # slides that a process holds open
SLIDES_S3_BUCKET = env.str("SLIDES_S3_BUCKET", default="")
SLIDES_S3_LOCAL = env.int("SLIDES_S3_LOCAL_MB", default=20_480) * 2**20  # bytes of them kept here to be read
STORAGES["slides"] = (
    {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": SLIDES_S3_BUCKET,
            "endpoint_url": env.str("SLIDES_S3_ENDPOINT", default="") or None,
            "file_overwrite": False,
            "default_acl": None,
        },
    }
    if SLIDES_S3_BUCKET
    else {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "slides"},
    }
)

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True

# --- Signing in -------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "trialsite.accounts.backends.AccountBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
PASSWORD_RESET_TIMEOUT = 72 * 3600  # how long an invitation link works
LOGIN_REDIRECT_URL = "/"

ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by the administrator: there is no registration
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_ADAPTER = "trialsite.accounts.adapter.AccountAdapter"
ACCOUNT_RATE_LIMITS = False  # axes counts, and its words must not differ from a wrong password
MFA_ADAPTER = "trialsite.accounts.factor.SecretsAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Trial"
MFA_TOTP_TOLERANCE = 1  # clocks of telephones differ; `accounts.factor` lets no code in twice

# Locks a name at an address: a hospital shares one address, and nobody elsewhere can lock a colleague out.
# Many names from one address are slowed by `accounts.throttle`.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = dt.timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_CALLABLE = "trialsite.accounts.names.name_for_axes"
AXES_LOCKOUT_CALLABLE = "trialsite.accounts.names.same_answer"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# --- Letters ----------------------------------------------------------------------------------------------------
# EMAIL_URL such as smtp+tls://user:password@mail.example.org:587. Without it nothing is sent; pages show the same work.

EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 10
# Where people find the site: the link in letters and in the QR code of reports. The demonstration is on this machine.
SITE_URL = env.str("SITE_URL", default=f"http://localhost:{env.int('PORT', default=8000)}/" if DEMO else "")
# The key that seals reports and its certificate (PEM). Without them a key is made once and kept in VAR_DIR (docs/adr/0023).
SEAL_KEY_FILE = env.str("SEAL_KEY_FILE", default="")
SEAL_CERTIFICATE_FILE = env.str("SEAL_CERTIFICATE_FILE", default="")
CHECK_LARGEST = env.int("CHECK_LARGEST_MB", default=200) * 2**20  # bytes of a file that is checked at /check/
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="trial@localhost")

# --- Safety in the browser --------------------------------------------------------------------------------------

SESSION_COOKIE_AGE = 15 * 60  # idle; `IdleSession` moves it forward, and polling does not
SESSION_SAVE_EVERY_REQUEST = False  # a write for every page read; see `IdleSession`
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # htmx takes the token from the page
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = env.bool(
    "SECURE_COOKIES", default=not RELAXED
)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not RELAXED)
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0 if RELAXED else 365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Whose word counts for the sender's address and for https (see wsgi.py); an empty list believes nobody.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

# No inline code and no inline style: figures carry attributes, vega-embed runs its interpreter without style sheets.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # an imaging grid has many cells

# --- Background work --------------------------------------------------------------------------------------------
# The broker carries hints; what is pending is known from `data_version`. It may lose everything at any moment.

BROKER_DIR = VAR_DIR / "broker"
CELERY_BROKER_URL = REDIS_URL or "files://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {
        "visibility_timeout": 900,
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 15,
    }
    if REDIS_URL
    else {"folder": str(BROKER_DIR), "polling_interval": 0.04}
)
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = "trial"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600  # below the visibility timeout, or a long task runs twice
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=2)
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 800_000  # KiB; a child that grew is replaced after its task
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_BEAT_SCHEDULE = {
    # Finds who is behind when a message was lost. It expires, so none pile up while no worker runs.
    "sweep": {"task": "endpoints.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
    # The same for edit checks; it also takes up what depends on the day, when a day begins at a site.
    "checks": {"task": "crf.tasks.check_sweep", "schedule": 10.0, "options": {"expires": 10}},
    "plans": {"task": "crf.tasks.plan_sweep", "schedule": 30.0, "options": {"expires": 30}},
    # After an upgrade `migrate` has done it already; this is for a site whose code was changed without it.
    "signatures": {"task": "crf.tasks.signatures_sweep", "schedule": 3600.0, "options": {"expires": 3600}},
    "sessions": {
        "task": "trialsite.accounts.tasks.sessions_sweep",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "slides": {"task": "pathology.tasks.images_sweep", "schedule": 10.0, "options": {"expires": 10}},
    # Requests to unlock expire after 72 hours.
    "holds": {"task": "crf.tasks.holds_sweep", "schedule": 600.0, "options": {"expires": 600}},
    "letters": {"task": "crf.tasks.daily_mails", "schedule": 900.0, "options": {"expires": 900}},
    # Laboratory files that were handed in and not stored within a day.
    "results_files": {
        "task": "crf.results_tasks.results_files_forget",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    # Whether the triggers of the append-only tables stand; and a seal on every chain that grew.
    "guards": {"task": "trialsite.audit.tasks.guards", "schedule": 60.0, "options": {"expires": 60}},
    "seals": {"task": "trialsite.audit.tasks.seals", "schedule": 3600.0, "options": {"expires": 3600}},
    # The same for the rules of the trail review, at 03:00.
    "trail_review": {
        "task": "crf.trail_review_tasks.trail_look_sweep",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # Asks whether the trail was verified since the last 02:00 at the sites, also when beat slept at that hour.
    "verification": {
        "task": "endpoints.tasks.verification_sweep",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # Past moments that nobody has looked at for a week.
    "moments": {
        "task": "endpoints.cut_tasks.moments_sweep",
        "schedule": 24 * 3600.0,
        "options": {"expires": 3600},
    },
}

# --- Logging: JSON lines without any participant data -----------------------------------------------------------

LOGGING = logs.configure(env.str("LOG_LEVEL", default="INFO"), with_text=DEBUG)
