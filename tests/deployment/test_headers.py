"""Every response of every address carries what browsers need to protect people (ASVS 3.4, 3.5.8)."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.urls.resolvers import RegexPattern, RoutePattern

from tests import factories

pytestmark = pytest.mark.django_db

YEAR = 365 * 24 * 3600
VALUES = {
    "IntConverter": "1",
    "UUIDConverter": "00000000-0000-4000-8000-000000000000",
    "StringConverter": "x",
    "SlugConverter": "x",
    "PathConverter": "x",
}
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """Every address of the URLconf, with any value where it takes one; unreadable ones are an error."""
    for entry in patterns:
        pattern = entry.pattern
        if isinstance(pattern, RoutePattern):
            route = str(pattern)
            for name, converter in pattern.converters.items():
                kind = type(converter).__name__
                for written in (f"<{name}>", f"<{_written(kind)}:{name}>"):
                    route = route.replace(written, VALUES[kind])
        else:
            assert isinstance(pattern, RegexPattern)
            route = re.sub(r"\(\?P<\w+>([^|)]+)[^)]*\)", r"\1", str(pattern)).strip("^$")
            route = route.replace(".*", "anything/")
        assert not set(route) & set("<>()?"), route
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, before + route)
        else:
            yield before + route


def _written(kind: str) -> str:
    short = {"IntConverter": "int", "UUIDConverter": "uuid", "StringConverter": "str"}
    return short.get(kind, kind.removesuffix("Converter").lower())


@login_not_required
def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a page that breaks")


@pytest.fixture
def over_https(settings) -> None:
    settings.SECURE_HSTS_SECONDS = YEAR
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True


def faults(response: HttpResponse) -> list[str]:
    """What is missing or too weak in the headers of a response."""
    found = [name for name, value in ALWAYS.items() if response.get(name) != value]
    hsts = response.get("Strict-Transport-Security", "")
    if f"max-age={YEAR}" not in hsts or "includeSubDomains" not in hsts:
        found.append("Strict-Transport-Security")
    if "Access-Control-Allow-Origin" in response:
        found.append("Access-Control-Allow-Origin")
    permissions = response.get("Permissions-Policy", "")
    if not all(f"{feature}=()" in permissions for feature in ("camera", "geolocation")):
        found.append("Permissions-Policy")
    if response.get("X-Frame-Options", "SAMEORIGIN") not in ("SAMEORIGIN", "DENY"):
        found.append("X-Frame-Options")
    return found + policy_faults(response.get("Content-Security-Policy", ""))


def policy_faults(policy: str) -> list[str]:
    directives = {
        name: sources
        for name, *sources in (part.split() for part in policy.split(";") if part.strip())
    }
    strict = {
        "default-src": (["'self'"], ["'none'"]),
        "object-src": (["'none'"],),
        "base-uri": (["'none'"],),
        "form-action": (["'self'"], ["'none'"]),
        "frame-ancestors": (["'self'"], ["'none'"]),
    }
    found = [
        f"CSP {name} {directives.get(name)}"
        for name, allowed in strict.items()
        if directives.get(name) not in allowed
    ]
    loose = {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:"}
    for name in ("script-src", "style-src", "default-src", "connect-src", "font-src"):
        if weak := loose & set(directives.get(name, [])):
            found.append(f"CSP {name} {weak}")
    return found


@pytest.mark.parametrize("who", ["anonymous", "applicant", "focal person", "HEC", "superuser"])
def test_every_address_sends_them_to_everybody(
    who: str, programme, over_https: None, sign_in: Callable[..., Client]
) -> None:
    people = {
        "applicant": lambda: factories.UserFactory(),
        "focal person": lambda: factories.FocalPersonFactory().person,
        "HEC": lambda: factories.HecFactory(),
        "superuser": lambda: factories.UserFactory(is_superuser=True, is_staff=True),
    }
    browser = sign_in(people[who]()) if who in people else Client()
    browser.raise_request_exception = False
    every = sorted(set(addresses(get_resolver().url_patterns)))
    assert len(every) > 50

    wrong = {
        f"{response.status_code} {address}": found
        for address in every
        if "logout" not in address
        for response in [browser.get(address, secure=True)]
        if (found := faults(response))
    }

    assert not wrong


def test_errors_and_static_files_send_them_too(over_https: None, add_addresses) -> None:
    add_addresses(path("breaks/", breaks))
    browser = Client(raise_request_exception=False)
    asked = {
        404: browser.get("/no/such/page/", secure=True),
        405: browser.delete("/livez", secure=True),
        400: browser.get("/livez", secure=True, headers={"host": "elsewhere.example"}),
        200: browser.get("/static/css/dlsei.css", secure=True),
        302: browser.get("/dashboard/", secure=True),
        403: Client(enforce_csrf_checks=True).post("/accounts/login/", secure=True),
        500: browser.get("/breaks/", secure=True),
    }

    assert {code: response.status_code for code, response in asked.items()} == {c: c for c in asked}
    assert {code: faults(response) for code, response in asked.items()} == {c: [] for c in asked}


def test_a_form_that_is_too_large_is_answered_with_them(over_https: None) -> None:
    """What the proxy lets through and Django does not take; the proxy's own 413 is in its file."""
    too_large = {"login": "x" * (7 << 20)}

    response = Client().post("/accounts/login/", too_large, secure=True)

    assert response.status_code == 400
    assert faults(response) == []


def test_a_streamed_document_sends_them_and_is_sandboxed(
    programme, over_https: None, sign_in: Callable[..., Client]
) -> None:
    application = factories.submitted()
    address = f"/documents/{application.documents.get().public_id}/"

    response = sign_in(application.person).get(address, secure=True)

    assert response.streaming
    assert faults(response) == []
    policy = response["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("answer", [304, 206])
def test_answers_about_static_files_send_them_too(over_https: None, answer: int) -> None:
    address = "/static/css/dlsei.css"
    browser = Client()
    first = browser.get(address, secure=True)
    asked = {304: {"If-Modified-Since": first["Last-Modified"]}, 206: {"Range": "bytes=0-9"}}

    response = browser.get(address, secure=True, headers=asked[answer])

    assert response.status_code == answer
    assert faults(response) == []


def test_a_weak_policy_would_be_found() -> None:
    weak = "default-src 'self'; script-src 'self' 'unsafe-inline'; base-uri 'none'"

    assert policy_faults(weak) == [
        "CSP object-src None",
        "CSP form-action None",
        "CSP frame-ancestors None",
        "CSP script-src {\"'unsafe-inline'\"}",
    ]
