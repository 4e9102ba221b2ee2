"""The command that puts a programme file in force: what it says, asks, and refuses."""

import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dlsei.policy.programme import Tables, overlay
from licensing.models import Cohort, Programme
from tests.edges import coursera
from tests.factories import licensed, submitted
from tests.licensing.programmes import ONE, TWO, cohort, license_with_clock, rule, year_2

__all__ = ["coursera"]


@pytest.fixture
def file(tmp_path: Path):
    def written(overrides: Tables) -> Path:
        path = tmp_path / "year-3.toml"
        path.write_text(year_2(**overrides), encoding="utf-8")
        return path

    return written


def command(*args: object) -> str:
    out = StringIO()
    call_command("load_programme", *map(str, args), stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.parametrize(
    ("overrides", "key", "label", "before", "after"),
    [
        pytest.param(
            cohort(ONE, ends="2023-08-15"),
            'cohorts."Cohort I".ends',
            "Last day",
            "31 July 2023",
            "15 August 2023",
            id="1.a dates",
        ),
        pytest.param(
            cohort(TWO, intake_from="2023-07-14"),
            'cohorts."Cohort II".intake_from',
            "Applications open on",
            "13 July 2023",
            "14 July 2023",
            id="4.1.m intake",
        ),
        pytest.param(
            cohort(TWO, decide_carried_by="2023-07-08"),
            'cohorts."Cohort II".decide_carried_by',
            "Last day to decide what is still pending in the cohort before",
            "7 July 2023",
            "8 July 2023",
            id="A.3 work deadline",
        ),
        pytest.param(
            cohort(TWO, tranches=[{"size": 30000, "from": "2023-08-01"}]),
            'cohorts."Cohort II".tranches',
            "Licenses in the bucket",
            "26,000 from 1 August 2023",
            "30,000 from 1 August 2023",
            id="1.c tranches",
        ),
        pytest.param(
            cohort(TWO, issue_from={"P4": "2023-09-01"}),
            'cohorts."Cohort II".issue_from.P4',
            "Licenses are issued to this priority class from",
            "3 August 2023",
            "1 September 2023",
            id="A.3 windows",
        ),
        pytest.param(
            cohort(ONE, paid_years=[2020, 2021]) | {"paid_clauses": {"2020": "2.a"}},
            'cohorts."Cohort I".paid_years',
            "Licenses paid for in these years end with the cohort",
            "2021",
            "2020, 2021",
            id="2.a paid years",
        ),
        pytest.param(
            rule("5.i", days=20),
            'revocation."5.i".days',
            "Days after the invitation",
            "15",
            "20",
            id="5.i threshold",
        ),
        pytest.param(
            cohort(TWO, revocation={"5.iii": {"mode": "review"}}),
            'cohorts."Cohort II".revocation."5.iii".mode',
            "What happens then",
            "revoked by the system",
            "a case that HEC decides",
            id="A.5 a cohort's own mode",
        ),
        pytest.param(
            rule("5.iv", stages=[{"days": 90, "mode": "automatic"}]),
            'revocation."5.iv".stages',
            "When a license has not been used",
            "after 30 days a case that HEC decides; after 60 days a case that HEC decides; "
            "after 90 days revoked by the system",
            "after 90 days revoked by the system",
            id="5.iv stages",
        ),
        pytest.param(
            rule("brake", licenses=100),
            "revocation.brake.licenses",
            "A run waits for HEC when it would revoke more licenses than",
            "500",
            "100",
            id="5.z brake",
        ),
        pytest.param(
            {"warnings": {"days_before": [7, 1]}},
            "warnings.days_before",
            "Days before a deadline on which a warning goes out",
            "5, 1",
            "7, 1",
            id="R17 warnings",
        ),
        pytest.param(
            {"extension": {"percent": 40}},
            "extension.percent",
            "Progress needed, in percent",
            "50",
            "40",
            id="A.6 extension",
        ),
        pytest.param(
            {"queue": {"due_hours": 48}},
            "queue.due_hours",
            "Hours in which a focal person should act",
            "24",
            "48",
            id="4.1.l queue",
        ),
        pytest.param(
            {"documents": {"staff": ["office-card"]}},
            "documents.staff",
            "Staff",
            "employment letter, office card",
            "office card",
            id="4.2.a documents",
        ),
    ],
)
def test_each_key_that_changes_is_said_in_words(
    programme, file, overrides, key, label, before, after
):
    said = json.loads(command(file(overrides), "--json", "--dry-run"))

    change = next(change for change in said["changes"] if change["key"] == key)
    assert change["label"].endswith(label)
    assert (change["before"], change["after"]) == (before, after)
    assert (said["loaded"], Programme.in_force()) == (False, programme)


def test_a_change_says_how_many_it_concerns(programme, now, clock, file):
    # Given one license, and one application pending.
    licensed(now=now)
    submitted(now=now)

    said = command(file(overlay({"queue": {"due_hours": 48}}, rule("5.iii", days=40))), "--dry-run")

    assert "Cohort I, 5.iii: Days after the invitation: 30 -> 40 (1 live licenses)" in said
    assert "Hours in which a focal person should act: 24 -> 48 (1 pending applications)" in said
    assert "dry run: version 1 stays in force" in said


@pytest.mark.usefixtures("coursera")
def test_the_command_names_who_gets_less_time(programme, now, clock, file):
    license = license_with_clock(now)

    said = command(file(rule("5.i", days=10)), "--yes")

    assert "LESS TIME for 1 people (0 of them lose the license at the next run)" in said
    assert f"{license.reference}: deadline by 5.i 2023-01-25 -> 2023-01-20" in said
    license.refresh_from_db()
    assert license.next_deadline == date(2023, 1, 20)


WRONG = [
    pytest.param({"queue": {"due_days": 1}}, "queue.due_days: unknown key", id="unknown key"),
    pytest.param(
        cohort(ONE, ends="2022-12-31"), 'cohorts."Cohort I".ends: 2022-12-31', id="end before start"
    ),
    pytest.param(
        cohort(ONE, tranches=[{"size": -1, "from": "2023-01-02"}]),
        "at least 0",
        id="negative seats",
    ),
    pytest.param(
        cohort(TWO, issue_from={"P1": "2023-08-05"}),
        "in the order P1, P2",
        id="windows out of order",
    ),
    pytest.param(rule("5.i", mode="maybe"), "one of automatic, review", id="unknown mode"),
]


@pytest.mark.parametrize(("overrides", "message"), WRONG)
@pytest.mark.parametrize("flag", ["--yes", "--dry-run", "--json"])
def test_a_wrong_file_changes_nothing_and_says_why(programme, file, overrides, message, flag):
    path = file(overrides)

    with pytest.raises(CommandError) as caught:
        command(path, flag)

    assert caught.value.returncode == 2
    assert str(caught.value).startswith("year-3.toml: ")
    assert message in str(caught.value)
    assert Programme.in_force() == programme


def test_a_file_that_is_not_there(db, tmp_path):
    with pytest.raises(CommandError, match="No such file") as caught:
        command(tmp_path / "none.toml")

    assert caught.value.returncode == 2


@pytest.mark.parametrize(("answer", "version"), [("yes\n", 2), ("no\n", 1), ("", 1)])
def test_it_asks_before_it_changes_a_running_cohort(
    programme, clock, file, monkeypatch, answer, version
):
    monkeypatch.setattr("sys.stdin", StringIO(answer))
    path = file(rule("5.i", days=16))

    if version == 1:
        with pytest.raises(CommandError, match="nothing was changed"):
            command(path)
    else:
        command(path)

    assert Programme.in_force().version == version


def test_the_first_programme_is_loaded_without_asking(db, clock):
    assert "programme version 1 is in force" in command()
    assert "says the same" in command()


def test_a_shifted_programme_is_shifted_once(db, clock, now):
    command("--shift-to-today", "--yes")
    clock.move_to(now + timedelta(days=30))

    said = command("--shift-to-today", "--yes")

    assert "version 1 is in force and says the same" in said
    assert Cohort.objects.get(name=ONE).starts == now.date() - timedelta(days=14)
