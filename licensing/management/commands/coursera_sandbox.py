"""Serve the Coursera sandbox for demonstrations and `make run`."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from licensing.coursera.sandbox import SANDBOX_PROGRAMS, Sandbox
from licensing.coursera.sandbox_server import sandbox_server


class Command(BaseCommand):
    """The sandbox on a port of this machine, with its records in a file."""

    help = "Serve a stand-in for Coursera: its API, and a page on which demo people learn."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to serve, what to keep, and which programs there are."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8002)
        parser.add_argument("--state", type=Path, help="file that keeps the sandbox's records")
        parser.add_argument(
            "--program",
            action="append",
            default=[],
            metavar="ID=NAME",
            help="a program of the organisation; repeat for more",
        )

    def handle(
        self, *, host: str, port: int, state: Path | None, program: list[str], **options: object
    ) -> None:
        """Serve until interrupted."""
        programs = dict(pair.split("=", 1) for pair in program if "=" in pair) or SANDBOX_PROGRAMS
        sandbox = Sandbox(now=timezone.now, path=state, programs=programs)
        try:
            server = sandbox_server(sandbox, host, port)
        except OSError as error:
            raise CommandError(f"The sandbox cannot listen on port {port}: {error}") from error
        self.stdout.write(f"Coursera sandbox: http://{host}:{server.server_port}/")
        self.stdout.flush()
        with server:
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                self.stdout.write("Coursera sandbox stopped.")
