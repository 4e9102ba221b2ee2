"""The real parts at the product's edges, each on a port of its own, for tests that let them fail."""

import email
import logging
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import default as modern
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller

from licensing.coursera.sandbox import Sandbox
from licensing.coursera.sandbox_server import sandbox_server

logging.getLogger("mail.log").setLevel(logging.WARNING)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MailServer:
    """An SMTP server that keeps what it takes and refuses as it is told.

    `refused` has an address's reply to RCPT for good, `replies` the next replies to DATA, in order.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.taken: list[EmailMessage] = []
        self.refused: dict[str, str] = {}
        self.replies: list[str] = []
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller:
            self._controller.stop(no_assert=True)
            self._controller = None

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.replies:
            return self.replies.pop(0)
        message = email.message_from_bytes(envelope.content, policy=modern)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 taken"

    @property
    def message_ids(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(str(message["Message-ID"]) for message in self.taken)

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.taken if message["To"] == address]


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


class CourseraServer:
    """The Coursera sandbox on the wire; its time is `at`."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.sandbox = Sandbox(now=lambda: self.at)
        self._server = sandbox_server(self.sandbox, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def everybody(self, *states: str) -> list[str]:
        """The external ids (our license references) in any of these states, each as often as it is there."""
        return sorted(
            person.external_id for person in self.sandbox.people.values() if person.state in states
        )

    @contextmanager
    def counting_invitations(self) -> Iterator[list[str]]:
        """The external ids that the sandbox was asked to invite, granted or not."""
        asked: list[str] = []
        invite = self.sandbox.invite

        def counted(program_id: str, external_id: str, *rest: Any) -> Any:
            asked.append(external_id)
            return invite(program_id, external_id, *rest)

        self.sandbox.invite = counted  # type: ignore[method-assign]
        try:
            yield asked
        finally:
            self.sandbox.invite = invite  # type: ignore[method-assign]


@contextmanager
def coursera_server(at: datetime) -> Iterator[CourseraServer]:
    server = CourseraServer(at)
    try:
        yield server
    finally:
        server.stop()
