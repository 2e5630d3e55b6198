"""Static files from the web process itself."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from offangle.web.shared.compression import accepts_gzip, compressed_once, is_compressible


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # it ships no types
    """WhiteNoise, answering with the whole file at once.

    It would hand out a plain iterator, which Django under ASGI warns about and reads whole all the same. Ours are a few
    small files. It would also look for compressed copies beside them, which an installation from source has not; ours
    are compressed in memory, once.
    """

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """The answer for one file."""
        found = static_file.get_response(request.method, request.META)
        body = b""
        if found.file is not None:
            with found.file as file:
                body = file.read()
        return compressed(request, HttpResponse(body, status=int(found.status), headers=dict(found.headers)))


def compressed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A whole file compressed, if it shrinks and whoever asks can unpack it; a part of one stays as it is."""
    if response.status_code != HTTPStatus.OK or not is_compressible(response["Content-Type"], response.content):
        return response
    patch_vary_headers(response, ["Accept-Encoding"])
    if accepts_gzip(request):
        response.content = compressed_once(response.content)
        response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(response.content))
    return response
