"""The edges of the product in replay: time, mail taken in memory, Coursera's sandbox in this process."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar

import httpx
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.test.utils import override_settings

from licensing import invitations
from licensing.coursera.api import ApiCoursera
from licensing.coursera.port import EnrollmentRow, Invitee, Membership, RowError, Unavailable
from licensing.coursera.sandbox import Sandbox
from licensing.coursera.sandbox_server import sandbox_app

OF_THE_OUTBOX = re.compile(r"<mail-(\d+)@")


class Clock:
    """The scenario's time; calling it gives the moment."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        """The time as a number that only grows."""
        return self.now.timestamp()


class Mailbox(BaseEmailBackend):
    """Takes every mail and keeps none, unless it is down; tells which one it has taken."""

    down: ClassVar[bool] = False
    taken: ClassVar[Callable[[int], None]] = staticmethod(lambda mail: None)

    def open(self) -> bool:
        if self.down:
            raise ConnectionRefusedError("the mail server is down in this scenario")
        return True

    def send_messages(self, email_messages: Any) -> int:
        """Takes the mails; the outbox keeps what was sent."""
        messages: list[EmailMessage] = list(email_messages)
        self.open()
        for message in messages:
            if named := OF_THE_OUTBOX.match(message.extra_headers.get("Message-ID", "")):
                Mailbox.taken(int(named[1]))
        return len(messages)


class WithoutReports:
    """Coursera as the product reaches it while its reports are out of order."""

    def __init__(self, port: ApiCoursera) -> None:
        self._port = port
        self.down = False

    def invite(self, program_id: str, invitee: Invitee, *, look_first: bool = False) -> Any:
        """Passed on."""
        return self._port.invite(program_id, invitee, look_first=look_first)

    def remove(self, program_id: str, invitee: Invitee) -> None:
        """Passed on."""
        self._port.remove(program_id, invitee)

    def memberships(self, program_id: str) -> Iterator[Membership | RowError]:
        """Passed on while there is no outage of reports."""
        self._check()
        return self._port.memberships(program_id)

    def enrollments(self, program_id: str) -> Iterator[EnrollmentRow | RowError]:
        """Passed on while there is no outage of reports."""
        self._check()
        return self._port.enrollments(program_id)

    def _check(self) -> None:
        if self.down:
            raise Unavailable("Coursera's reports are out of order in this scenario")


class Edges:
    """Mail and Coursera of one scenario, and which of them are out of order until when."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sandbox = Sandbox(
            now=clock,
            org_id=settings.COURSERA_ORG_ID,
            client_id="replay",
            client_secret="replay",
        )
        self.client = ApiCoursera(
            base_url="http://coursera.invalid",
            org_id=settings.COURSERA_ORG_ID,
            client_id="replay",
            client_secret="replay",
            transport=httpx.WSGITransport(app=sandbox_app(self.sandbox)),
            sleep=lambda seconds: None,
            elapsed=clock.seconds,
            page_size=1000,
        )
        self.port = WithoutReports(self.client)
        self.arrived: list[int] = []
        """Ids of the mails that people have got; whoever acts on them takes them off."""
        self._down_until: dict[str, datetime] = {}

    def fail(self, edge: str, until: datetime) -> None:
        """Puts `coursera`, `reports` or `mail` out of order up to an aware moment."""
        self._down_until[edge] = max(until, self._down_until.get(edge, until))
        self.at(self.clock.now)

    @contextmanager
    def coursera_at_hand(self) -> Iterator[None]:
        """Inside Coursera answers even during its outage."""
        outage = self.sandbox.faults.outage
        self.sandbox.faults.outage = False
        try:
            yield
        finally:
            self.sandbox.faults.outage = outage

    def at(self, now: datetime) -> None:
        """Moves the clock to `now`; what was out of order long enough works again."""
        self.clock.now = now
        if not self._down_until:
            return
        down = {edge for edge, until in self._down_until.items() if now < until}
        self.sandbox.faults.outage = "coursera" in down
        self.port.down = "reports" in down
        Mailbox.down = "mail" in down


@contextmanager
def edges(start: datetime, coursera: str, *, keep_documents: bool = False) -> Iterator[Edges]:
    """Everything inside uses these edges; `coursera` is the route, `api` or `csv`.

    Documents are forgotten at the end, unless they are kept where the settings say.
    """
    forgetful = "django.core.files.storage.InMemoryStorage"
    private = override_settings(
        EMAIL_BACKEND=f"{Mailbox.__module__}.{Mailbox.__qualname__}",
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        STORAGES=settings.STORAGES
        | ({} if keep_documents else {"default": {"BACKEND": forgetful}}),
        COURSERA_MODE=coursera,
        COURSERA_REPORT_LAG_HOURS=0,
    )
    made = Edges(Clock(start))
    Mailbox.down, Mailbox.taken = False, made.arrived.append
    with private, invitations.reaching(made.port):
        yield made
