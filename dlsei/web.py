"""What every request and every response has: a line in the log, and headers that browsers obey."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from dlsei import memory


class RequestLog(RequestMiddleware):
    """Names a request by its route: paths and queries hold links, names and numbers of people."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        match = getattr(request, "resolver_match", None)
        return f"{request.method} /{match.route}" if match else f"{request.method} (no such page)"


def resource_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Other sites may not load what this one serves (ASVS 3.5.8)."""

    def respond(request: HttpRequest) -> Any:
        response = get_response(request)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return respond


def remember(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """A page asks once for what it needs many times."""

    def respond(request: HttpRequest) -> HttpResponse:
        with memory.of_request():
            return get_response(request)

    return respond
