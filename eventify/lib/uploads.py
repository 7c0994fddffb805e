"""How much a request with files may bring: decided before any of it is read."""

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

MOST = 16_000_000  # bytes of a whole body; above the 10 MB of one document, so that its own refusal can say more


class Bounded(FileUploadHandler):
    """The first handler in settings: a larger body is refused (413), so that nobody fills the disk with it."""

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):  # noqa: N803
        if content_length > MOST:
            raise RequestDataTooBig
        return super().handle_raw_input(input_data, META, content_length, boundary, encoding)

    def receive_data_chunk(self, raw_data, start):
        return raw_data

    def file_complete(self, file_size):
        return None
