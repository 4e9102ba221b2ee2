"""Plays scenario files: what the policy does, or would do if it were changed."""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

import dlsei.policy
from dlsei.policy import programme as policy
from dlsei.replay import play, report, scenario, scratch

SHIPPED = Path(dlsei.policy.__file__).with_name("year-2.toml")
NOT_MET, INVALID, NO_DATABASE, INTERRUPTED = 1, 2, 3, 130


class Command(BaseCommand):
    help = "Plays scenario files through the product's real code, in a database of their own."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="prints one object")
        parser.add_argument(
            "--progress",
            action="store_true",
            help="says how far it is on lines of its own, for who is no terminal",
        )
        parser.add_argument(
            "--programme",
            metavar="FILE.toml",
            type=Path,
            default=SHIPPED,
            help="plays on this programme instead of the shipped one",
        )

    def handle(self, *, files: list[str], programme: Path, **options: Any) -> None:
        # A shell's background job begins with Ctrl-C ignored; the databases go all the same.
        for end in (signal.SIGINT, signal.SIGTERM):
            signal.signal(end, self._interrupt)
        self.playing = self.stopped = False
        try:
            scenarios = [
                scenario.read(file, tables) for tables in [base_tables(programme)] for file in files
            ]
        except policy.ProgrammeError as error:
            self.stderr.write(str(error))
            sys.exit(INVALID)
        bar: report.Bar | report.Lines = (
            report.Lines(len(scenarios)) if options["progress"] else report.Bar()
        )
        played = []
        try:
            with scratch.template() as template:
                for one in scenarios:
                    with scratch.copy_of(template):
                        self.playing = True
                        played.append(
                            play.play(
                                one,
                                lambda share, one=one: bar.show(share, one.title),
                                self._go_on,
                            )
                        )
                        self.playing = False
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except DatabaseError as error:
            # Cut off within a statement, the connection complains first.
            if self.stopped:
                sys.exit(INTERRUPTED)
            if self.playing:
                raise
            why = " ".join(str(error).split())
            self.stderr.write(f"The server makes no scratch database: {why}")
            sys.exit(NO_DATABASE)
        finally:
            bar.clear()
        if options["json"]:
            self.stdout.write(report.as_json(played))
        else:
            self.stdout.write("\n".join(report.as_lines(played)))
        if not all(one.passed for one in played):
            sys.exit(NOT_MET)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """Stops at once, but while playing between two steps: verbs and jobs survive what fails in them."""
        self.stopped = True
        if not self.playing:
            raise KeyboardInterrupt

    def _go_on(self) -> None:
        if self.stopped:
            self.playing = False
            raise KeyboardInterrupt


def base_tables(file: Path) -> policy.Tables:
    """The tables of a programme file that is right in itself. Raises `ProgrammeError`."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise policy.ProgrammeError(str(file), "", f"cannot be read: {error}") from error
    policy.read(text, str(file))
    return policy.parse(text, str(file))
