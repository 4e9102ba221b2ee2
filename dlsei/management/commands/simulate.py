"""Plays Year 2 with made-up people: the whole programme at a realistic pace, through the product's own code."""

import signal
import sys
import time
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from dlsei import audit
from dlsei.management.commands.replay import INTERRUPTED, SHIPPED, base_tables
from dlsei.policy.calendar_days import KARACHI
from dlsei.policy.programme import ProgrammeError
from dlsei.replay import report, scratch
from dlsei.simulation import configured, figures, year

BROKEN, INVALID = 1, 2
UNTIL = date(2023, 8, 8)


class Command(BaseCommand):
    help = "Plays Year 2, both cohorts, with so many applicants, in a database of its own."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--applicants", type=int, required=True, metavar="N")
        parser.add_argument("--seed", type=int, default=1, metavar="S")
        parser.add_argument("--json", action="store_true", help="prints one object")
        parser.add_argument(
            "--chart", type=Path, metavar="FILE.svg", help="draws seats in use over time"
        )
        parser.add_argument(
            "--into-configured",
            action="store_true",
            help="plays into the configured database, which must be empty, up to this moment:"
            " all dates are moved so that --until is today",
        )
        parser.add_argument(
            "--until",
            type=date.fromisoformat,
            metavar="DAY",
            help=f"the day of the programme that is today, with --into-configured ({UNTIL})",
        )

    def handle(self, *, applicants: int, seed: int, **options: Any) -> None:
        if applicants < 1:
            raise CommandError("--applicants: at least 1", returncode=INVALID)
        if options["until"] and not options["into_configured"]:
            raise CommandError("--until goes with --into-configured", returncode=INVALID)
        for end in (signal.SIGINT, signal.SIGTERM):
            signal.signal(end, self._interrupt)
        self.playing = self.stopped = False
        self.bar, began = report.Bar(), time.monotonic()
        try:
            with ExitStack() as inside:
                plan = year.Plan(applicants, seed)
                if options["into_configured"]:
                    plan = configured.plan(applicants, seed, options["until"] or UNTIL)
                    inside.enter_context(configured.database())
                else:
                    inside.enter_context(scratch.copy_of(inside.enter_context(scratch.template())))
                found = self._play(plan, began, options)
        except ProgrammeError as error:
            raise CommandError(str(error), returncode=INVALID) from error
        except configured.NotEmpty as error:
            raise CommandError(str(error), returncode=INVALID) from error
        except (KeyboardInterrupt, DatabaseError) as cut:
            # Cut off within a statement, the connection complains first.
            if isinstance(cut, DatabaseError) and not self.stopped:
                raise
            if options["into_configured"]:
                self.bar.clear()
                self.stderr.write(configured.UNFINISHED)
            sys.exit(INTERRUPTED)
        finally:
            self.bar.clear()
        if found.breaches:
            sys.exit(BROKEN)

    def _play(self, plan: year.Plan, began: float, options: dict[str, Any]) -> figures.Figures:
        self.playing = True
        lived = year.play(plan, base_tables(SHIPPED), self._progress, self._go_on)
        self.playing = False
        found = figures.figures(
            applicants=plan.applicants,
            seed=plan.seed,
            scale=f"1 to {1 / plan.scale:,.4g}",
            ended=lived.ended,
            refused=lived.refused,
            breaches=[f"{b.invariant} {b.says}: {b.found}" for b in audit.breaches(lived.ended)],
        )
        self.bar.clear()
        if options["json"]:
            self.stdout.write(found.as_json())
        else:
            self.stdout.write("\n".join(found.as_lines()))
        if options["chart"]:
            options["chart"].write_text(figures.chart(found).file, encoding="utf-8")
        if options["into_configured"]:
            self.stderr.write(configured.hand_over(lived))
        self.stderr.write(f"took {time.monotonic() - began:,.0f} s")
        return found

    def _progress(self, share: float, now: datetime) -> None:
        self.bar.show(share, f"{now.astimezone(KARACHI):%a %d %b %Y}")

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """Stops at once, but while playing between two steps, where no verb swallows it."""
        self.stopped = True
        if not self.playing:
            raise KeyboardInterrupt

    def _go_on(self) -> None:
        if self.stopped:
            self.playing = False
            raise KeyboardInterrupt
