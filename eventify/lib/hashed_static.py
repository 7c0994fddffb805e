"""Static files with their hash in their name (eventify/prepare.py knows such a storage by the word Manifest)."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ManifestStorage(CompressedManifestStaticFilesStorage):
    """Also JavaScript modules import one another by these names, so that two releases never mix in one page."""

    support_js_module_import_aggregation = True
