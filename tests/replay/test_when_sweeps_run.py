"""R15: what becomes of a license does not depend on when the sweeps ran, or on when a report came."""

import json
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command

from dlsei.policy.calendar_days import KARACHI

LEARNERS, SEEDS, DAYS = 12, 1, 39
BEGIN = datetime(2023, 1, 10, 9, tzinfo=KARACHI)
ASKED = {"status": "active", "clause": "5.i", "ends": "2023-07-31"}


def table(heading: str, /, **values: object) -> str:
    return (
        f"[[{heading}]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in values.items()) + "\n"
    )


def at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def learners(chance: random.Random) -> str:
    """Some click, enroll, learn and complete, each early, at the last moment, late or never."""
    text = table("universities", name="University A")
    for n in range(LEARNERS):
        who = f"learner{n}"
        text += table(
            "people",
            name=who,
            category="student",
            university="University A",
            documents=["student-card"],
        )
        text += table("event", at=at(BEGIN), do="apply", who=who)
        text += table(
            "event",
            at=at(BEGIN + timedelta(hours=1)),
            do="approve",
            who=who,
            by="focal: University A",
        )
        midnight = BEGIN.replace(hour=0)
        if chance.random() < 0.8:
            day = chance.choice([1, 14, 15, 16, 18])
            text += table(
                "event", at=at(midnight + timedelta(days=day, hours=11)), do="click", who=who
            )
        if chance.random() < 0.8:
            day = chance.choice([2, 15, 16, 17])
            course = {"who": who, "course": "Programming for Everybody"}
            moment = midnight + timedelta(days=day, hours=23, minutes=chance.choice([0, 59]))
            text += table("event", at=at(moment), do="enroll", **course)
            if chance.random() < 0.7:
                moment += timedelta(days=chance.choice([5, 12, 13, 14, 20]))
                text += table("event", at=at(moment), do="complete", **course)
    for n in range(LEARNERS):
        text += table("expect", at=at(BEGIN + timedelta(days=DAYS)), who=f"learner{n}", **ASKED)
    return text


def outage(chance: random.Random) -> str:
    """A week in which no scheduled job runs, over one of the deadlines."""
    begins = BEGIN + timedelta(days=chance.choice([10, 14, 25, 29]))
    until = at(begins + timedelta(days=7, hours=chance.randrange(24)))
    return table("event", at=at(begins), do="outage", of="beat", until=until)


def every_hour() -> str:
    """Reports, and with each a sweep, hour by hour over both deadlines' midnights."""
    moments = [
        BEGIN.replace(hour=0) + timedelta(days=day, hours=hour)
        for day in (15, 30)
        for hour in range(20, 34)
    ]
    return "".join(table("event", at=at(moment), do="report") for moment in moments)


@pytest.fixture
def scenarios(tmp_path: Path) -> list[Path]:
    """Files that differ in when sweeps run alone: once a night, hourly, after a week without beat."""
    files = []
    for seed in range(SEEDS):
        text = f'title = "seed {seed}"\n' + learners(random.Random(seed))
        variants = {
            "nightly": "",
            "hourly": every_hour(),
            "a-week-late": outage(random.Random(seed)),
        }
        for name, more in variants.items():
            files.append(tmp_path / f"{seed}-{name}.toml")
            files[-1].write_text(text + more, encoding="utf-8")
    return files


def test_sweeps_hourly_nightly_or_a_week_late_end_alike(scenarios, capsys, django_db_blocker):
    with django_db_blocker.unblock(), pytest.raises(SystemExit):
        # What is expected in the files is not the point: what is there is compared.
        call_command("replay", *map(str, scenarios), "--json")

    played = json.loads(capsys.readouterr().out)["scenarios"]
    ends = [[one["actual"] for one in scenario["expectations"]] for scenario in played]
    nightly, hourly, late = ends[::3], ends[1::3], ends[2::3]
    assert nightly == hourly == late
    clauses = {person["clause"] for people in nightly for person in people}
    assert {"5.i", "5.ii", "5.iii"} <= clauses, "the seeds meet every rule"
