"""Fixtures that put real parts at the product's edges; a directory's conftest names the ones it needs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.parts import CourseraServer, MailServer, coursera_server, mail_server


def reconnect() -> None:
    """Forgets the connection to Coursera: a forked process must not share its parent's sockets."""
    from licensing import invitations

    invitations._from_settings.cache_clear()


@pytest.fixture
def smtp(settings: Any) -> Iterator[MailServer]:
    """The mail server that the product delivers to."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def coursera(settings: Any, now: datetime) -> Iterator[CourseraServer]:
    """The Coursera that the product reaches over HTTP; its report shows the moment it is asked."""
    with coursera_server(now) as server:
        settings.COURSERA_URL = server.url
        settings.COURSERA_REPORT_LAG_HOURS = 0
        reconnect()
        yield server
        reconnect()
