"""Languages, files and mail."""

from pathlib import Path

from eventify.environment import env, text
from eventify.settings.mode import BASE_DIR, DEBUG, HOME

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("hi", "हिन्दी"), ("nl", "Nederlands"), ("vi", "Tiếng Việt")]
STAFF_LANGUAGES = ("en", "nl")  # that the command center is written in; it is in English for who reads another
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["eventify.formats"]
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


def bucket(name, endpoint, region, **options):
    """The storage of an S3 bucket, or of one that speaks the same at `endpoint`."""
    own = {"bucket_name": name, "default_acl": None, "signature_version": "s3v4", "file_overwrite": False}
    places = {"endpoint_url": endpoint, "region_name": region}
    chosen = {key: value for key, value in places.items() if value}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**own, **chosen, **options}}


def private_storage():
    """The storage of partners' documents: an S3 bucket when one is named, else a folder."""
    if name := text("PRIVATE_S3_BUCKET", ""):
        return bucket(name, text("PRIVATE_S3_ENDPOINT", ""), text("PRIVATE_S3_REGION", ""))
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None, "file_permissions_mode": 0o600},
    }


def public_storage():
    """The storage of pictures that anybody may see: a public S3 bucket when one is named, else a folder."""
    name, domain = text("MEDIA_S3_BUCKET", ""), text("MEDIA_S3_DOMAIN", "")
    if not name:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    kept = {"CacheControl": "public, max-age=31536000, immutable"}  # a changed picture has another name
    options = {"querystring_auth": False, "custom_domain": domain or None, "object_parameters": kept}
    return bucket(name, text("MEDIA_S3_ENDPOINT", ""), text("MEDIA_S3_REGION", ""), **options)


STORAGES = {
    "default": public_storage(),
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
