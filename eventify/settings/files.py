"""Languages, files and mail."""

from pathlib import Path

from eventify.environment import env, text
from eventify.settings.mode import BASE_DIR, DEBUG, HOME

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("nl", "Nederlands")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = Path(text("STATIC_ROOT", str(HOME.path / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(text("MEDIA_ROOT", str(HOME.path / "media")))
HASHED_STATIC = "eventify.lib.hashed_static.ManifestStorage"
PLAIN_STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
PRIVATE_ROOT = Path(text("PRIVATE_ROOT", str(HOME.path / "private")))  # partners' documents; never served as files


def private_storage():
    """The storage of partners' documents: an S3 bucket when one is named, else a folder."""
    bucket = text("PRIVATE_S3_BUCKET", "")
    if not bucket:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None, "file_permissions_mode": 0o600},
        }
    options = {"bucket_name": bucket, "default_acl": None, "signature_version": "s3v4", "file_overwrite": False}
    places = {"endpoint_url": text("PRIVATE_S3_ENDPOINT", ""), "region_name": text("PRIVATE_S3_REGION", "")}
    chosen = {name: value for name, value in places.items() if value}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**options, **chosen}}


STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": private_storage(),
    "staticfiles": {"BACKEND": PLAIN_STATIC if DEBUG else HASHED_STATIC},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # bytes
FILE_UPLOAD_HANDLERS = [
    "eventify.lib.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# A real server through EMAIL_URL; without it the demo writes files into its home.
vars().update(env.email_url_config(text("EMAIL_URL", "consolemail://" if DEBUG else "filemail://")))
EMAIL_FILE_PATH = str(HOME.path / "mail")
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", "Eventify <no-reply@localhost>")
