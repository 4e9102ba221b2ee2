"""All settings, each from one environment variable or from `.env` beside manage.py; `.env.example` lists them."""

import logging
import os
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF

from dlsei import document_storage, logs

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DATA_DIR = Path(env.str("DLSEI_DATA", default=str(BASE_DIR / ".data")))

DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
EMBEDDED = not (DATABASE_URL and REDIS_URL)
if EMBEDDED:
    from dlsei.embedded import services

    urls = services.ensure(postgres=not DATABASE_URL, redis=not REDIS_URL)
    DATABASE_URL = DATABASE_URL or urls.database
    REDIS_URL = REDIS_URL or urls.redis
    SECRET_KEY = SECRET_KEY or services.secret_key()

SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = SITE_URL.startswith("https://")

INSTALLED_APPS = [
    "dlsei",
    "licensing",
    "applications",
    "verification",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_structlog",
    "storages",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "dlsei.web.resource_policy",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dlsei.web.RequestLog",
    "dlsei.interrupted.InterruptedMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dlsei.busy.BusyMiddleware",
    "dlsei.web.remember",
    "verification.middleware.SecondFactorMiddleware",
]

ROOT_URLCONF = "dlsei.urls"
WSGI_APPLICATION = "dlsei.wsgi.application"
FORM_RENDERER = "dlsei.forms.Renderer"
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
            ],
        },
    },
]

database = env.db_url_config(DATABASE_URL)
DATABASES = {
    "default": database
    | {
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        # So that replay can have statements planned once; here each is planned for its values.
        "OPTIONS": {**database.get("OPTIONS", {}), "server_side_binding": True},
        "TEST": {"NAME": env.str("TEST_DATABASE_NAME", default="test_dlsei")},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "dlsei.cache.ForgetfulCache",
        "LOCATION": REDIS_URL,
        # Sessions live in the database as well: a dead Redis costs time, not a page.
        "OPTIONS": {
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 1,
        },
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True

AUTH_USER_MODEL = "dlsei.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "start"

ACCOUNT_ADAPTER = "applications.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "applications.forms.account.SignupForm"
ACCOUNT_FORMS = {"signup": "applications.forms.registration.RegistrationForm"}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# A campus sits behind one address (DESIGN: tens of thousands apply): limits bind the account, hardly the address.
# Wrong passwords: `key` is account and address; `login_failed_anywhere` is the account alone.
ACCOUNT_RATE_LIMITS = {
    "signup": "2000/m/ip",
    "login": "3000/m/ip",
    "login_failed": "2000/m/ip,5/5m/key",
    "login_failed_anywhere": "60/h/key",
    "reset_password": "1000/m/ip,5/m/key,20/h/key",
    "reset_password_from_key": "1000/m/ip",
    "request_login_code": "1000/m/ip,3/m/key,20/h/key",
    "confirm_email": "3/m/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_ADAPTER = "verification.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "HEC DLSEI"
# The demo signs in by password alone, so that a newcomer needs no second device.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=not DEMO)

# How many days an invitation to focal persons and HEC's staff is good for.
INVITATION_DAYS = env.int("INVITATION_DAYS", default=14)
# Where people reach HEC: on every page's foot, since nobody reads the address that mails come from.
HEC_CONTACT = env.str("HEC_CONTACT", default="help@hec.example" if DEMO else "")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ur", "اردو")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["dlsei.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Karachi"

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default="") or DATA_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG or DEMO
# Our own pages alone load them.
WHITENOISE_ALLOW_ALL_ORIGINS = False
_documents = (
    document_storage.bucket(
        env.str("S3_BUCKET"),
        endpoint_url=env.str("S3_ENDPOINT_URL", default="") or None,
        access_key=env.str("S3_ACCESS_KEY", default="") or None,
        secret_key=env.str("S3_SECRET_KEY", default="") or None,
    )
    if env.str("S3_BUCKET", default="")
    else document_storage.directory(
        env.str("DOCUMENTS_ROOT", default="") or str(DATA_DIR / "documents")
    )
)
STORAGES = {
    "default": _documents,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024

EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=8025)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="HEC DLSEI <dlsei@hec.example>")
MAIL_DOMAIN = env.str("MAIL_DOMAIN", default="hec.example")

COURSERA_MODE = env.str("COURSERA_MODE", default="api")
COURSERA_URL = env.str("COURSERA_URL", default="http://localhost:8002")
COURSERA_ORG_ID = env.str("COURSERA_ORG_ID", default="dlsei-sandbox-org-0001")
# Where the link in an invitation leads after its click is recorded (4.1.h).
COURSERA_PROGRAM_URL = env.str(
    "COURSERA_PROGRAM_URL", default=COURSERA_URL if DEMO else "https://www.coursera.org/"
)
COURSERA_CLIENT_ID = env.str("COURSERA_CLIENT_ID", default="sandbox")
COURSERA_CLIENT_SECRET = env.str("COURSERA_CLIENT_SECRET", default="sandbox")
# Coursera's report data may be this many hours older than the moment it is fetched (R17: nobody is revoked on old data).
COURSERA_REPORT_LAG_HOURS = env.int("COURSERA_REPORT_LAG_HOURS", default=24)

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TASK_TIME_LIMIT = int(timedelta(minutes=20).total_seconds())
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": int(timedelta(minutes=30).total_seconds()),
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    # A nudge gives up after one more attempt at once: a dead broker must not hold up a web request.
    "max_retries": 1,
    "interval_start": 0,
}
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
    }
}
PERMISSIONS_POLICY = {"camera": [], "geolocation": [], "microphone": [], "payment": []}
# The one exception, a document beside its review, says so in its view.
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=HTTPS)
# Asked from beside the web process, past the proxy that speaks TLS.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if env.int("TRUSTED_PROXY_COUNT", default=0):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# One JSON line an event where the product is deployed, plain lines at a developer's terminal.
LOGGING = logs.configuration(
    form=env.str("LOG_FORMAT", default="line" if DEBUG or DEMO or EMBEDDED else "json"),
    level=env.str("LOG_LEVEL", default="INFO"),
)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = (
    logging.DEBUG
)
# Who may read /metrics: whoever brings this token; without one, this machine alone.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

os.makedirs(DATA_DIR, exist_ok=True)
