"""The conventions of this contract."""

from django.http import JsonResponse


def plain_error(status: int, sentence: str) -> JsonResponse:
    """An error that no view made, in this contract's shape."""
    return JsonResponse({"detail": sentence}, status=status)
