"""What is wrong with a scenario file is said with file and key, before anything is played."""

from pathlib import Path

import pytest

from dlsei.management.commands.replay import SHIPPED
from dlsei.policy import programme
from dlsei.policy.programme import ProgrammeError
from dlsei.replay import scenario

BASE = programme.parse(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)
HEAD = """
title = "t"
[[universities]]
name = "A"
[[universities]]
name = "B"
focal = false
[[people]]
name = "ayesha"
category = "student"
university = "A"
documents = ["student-card"]
[[people]]
name = "s"
count = 3
category = "student"
university = "A"
"""
APPLY = '[[event]]\nat = "2023-01-10 09:00"\ndo = "apply"\n'
EXPECT = '[[expect]]\nat = "2023-01-10 09:00"\n'


def read(tmp_path: Path, text: str) -> scenario.Scenario:
    file = tmp_path / "a.toml"
    file.write_text(text, encoding="utf-8")
    return scenario.read(str(file), BASE)


@pytest.mark.parametrize(
    ("text", "key", "part"),
    [
        ("x = [", "", "not valid TOML"),
        ("surprise = 1", "surprise", "unknown key"),
        ("[programme]\nreports = 'daily'", "programme.reports", "nightly"),
        ("[programme]\nmode = 'x'", "programme.mode", "unknown key"),
        (
            '[programme.cohorts."Cohort I"]\nends = "2022-01-01"',
            'programme.cohorts."Cohort I".ends',
            "before starts",
        ),
        (
            '[programme.cohorts."Cohort I"]\ntranches = [ { size = -1, from = "2023-01-02" } ]',
            'programme.cohorts."Cohort I".tranches[1].size',
            "at least 0",
        ),
        ("[[universities]]\nname = '" + "U" * 201 + "'", "universities[1].name", "201 characters"),
        (HEAD + "[[people]]\nname = '" + "x" * 101 + "'", "people[3].name", "101 characters"),
        (HEAD + '[[people]]\nname = "x\\u0000"', "people[3].name", "without the character NUL"),
        (HEAD + "[[people]]\nname = 's2'\ncategory = 'student'", "people[3].name", "already"),
        (HEAD + "[[people]]\nname = 'x'\ncategory = 'child'", "people[3].category", "one of"),
        (HEAD + "[[people]]\nname = 'x'", "people[3].category", "missing"),
        (
            HEAD + "[[people]]\nname = 'x'\ncategory = 'staff'\nuniversity = 'Z'",
            "people[3].university",
            "unknown",
        ),
        (HEAD + APPLY, "event[1].who", "missing"),
        (HEAD + APPLY + "who = 'nobody'", "event[1].who", "nobody"),
        (HEAD + APPLY + "who = 's'", "event[1].who", "nobody"),
        (HEAD + APPLY + "who = 'ayesha'\nevery = '1s'", "event[1].every", "group"),
        (HEAD + APPLY + "who = 's*'\nevery = '1d'", "event[1].every", "s, m or h"),
        (HEAD + APPLY + "who = 's*'\nevery = '99999h'", "event[1].every", "after 3650 days"),
        (HEAD + APPLY + "who = 's*'\nevery = '9999999999h'", "event[1].every", "s, m or h"),
        (HEAD + APPLY.replace("2023", "9999") + "who = 'ayesha'", "event[1].at", "in the years"),
        (HEAD + "[[people]]\nname = 's*'\ncategory = 'student'", "people[3].name", "a star"),
        (HEAD + APPLY + "who = 'ayesha'\nby = 'hec'", "event[1].by", "unknown key"),
        (HEAD + APPLY + "who = 'ayesha'\noutcome = 'no'", "event[1].outcome", "refused"),
        (
            HEAD + APPLY + "who = 'ayesha'\noutcome = 'refused: x'",
            "event[1].outcome",
            "refused: cohort-user",
        ),
        (HEAD + APPLY.replace("09:00", "25:00") + "who = 'ayesha'", "event[1].at", "a time"),
        (HEAD + APPLY.replace(" 09:00", "") + "who = 'ayesha'", "event[1].at", "a time"),
        (HEAD + APPLY.replace("apply", "fly") + "who = 'ayesha'", "event[1].do", "one of"),
        (
            HEAD + APPLY.replace("apply", "approve") + "who = 'ayesha'\nby = 'focal: B'",
            "event[1].by",
            "unknown",
        ),
        (
            HEAD + APPLY.replace("apply", "outage") + "of = 'mail'\nuntil = '2023-01-10 09:00'",
            "event[1].until",
            "later",
        ),
        (
            HEAD + APPLY.replace("apply", "tranche") + "cohort = 'Cohort V'\nsize = 1",
            "event[1].cohort",
            "unknown",
        ),
        (
            HEAD + APPLY.replace("apply", "import-paid") + "who = 'ayesha'\nyear = 2020",
            "event[1].year",
            "2021, 2022",
        ),
        (HEAD + EXPECT, "expect[1]", "one subject"),
        (HEAD + EXPECT + "who = 'ayesha'\nhec = true", "expect[1]", "one subject"),
        (HEAD + EXPECT + "who = 'ayesha'", "expect[1]", "expects nothing"),
        (HEAD + EXPECT + "who = 'ayesha'\nstatus = 'gone'", "expect[1].status", "one of"),
        (HEAD + EXPECT + "who = 'ayesha'\ncount = 1", "expect[1].count", "group"),
        (HEAD + EXPECT + "who = 'ayesha'\nclause = '9.z'", "expect[1].clause", "one of"),
        (HEAD + EXPECT + "who = 'ayesha'\nmails = ['spam']", "expect[1].mails[1]", "one of"),
        (HEAD + EXPECT + "who = 'ayesha'\nends = 'soon'", "expect[1].ends", "a date"),
        (HEAD + EXPECT + "who = 'ayesha'\noverdue = 'yes'", "expect[1].overdue", "true"),
        (HEAD + EXPECT + "who = 'ayesha'\nheld = 1", "expect[1].held", "unknown key"),
        (
            HEAD + EXPECT + "who = 'ayesha'\nmay_apply = false",
            "expect[1].may_apply",
            "true or one of",
        ),
        (HEAD + EXPECT + "who = 'ayesha'\nmay_apply = 'not-yours'", "expect[1].may_apply", "true"),
        (HEAD + EXPECT + "cohort = 'Cohort I'\nintake = 'yes'", "expect[1].intake", "closed"),
        (HEAD + EXPECT + "cohort = 'Cohort V'\nheld = 1", "expect[1].cohort", "unknown"),
        (HEAD + EXPECT + "focal = 'B'\nmails = []", "expect[1].focal", "no focal person"),
        (HEAD + EXPECT + "focal = 'A'\nstatus = 'none'", "expect[1].status", "unknown key"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, key: str, part: str) -> None:
    with pytest.raises(ProgrammeError) as raised:
        read(tmp_path, text)
    assert raised.value.key == key
    assert part in raised.value.message
    assert str(raised.value).startswith(f"{tmp_path / 'a.toml'}: ")


def test_a_group_is_one_event_a_person_in_order(tmp_path: Path) -> None:
    given = read(tmp_path, HEAD + APPLY + "who = 's*'\nevery = '1.5m'")
    assert [(step.n, step.who, f"{step.at:%H:%M:%S}") for step in given.steps] == [
        (1, "s1", "09:00:00"),
        (1, "s2", "09:01:30"),
        (1, "s3", "09:03:00"),
    ]


@pytest.mark.parametrize("ends", ['"2023-07-31"', "2023-07-31"], ids=["text", "TOML date"])
def test_days_may_be_text_or_dates(tmp_path: Path, ends: str) -> None:
    given = read(tmp_path, HEAD + EXPECT + f"who = 'ayesha'\nends = {ends}")
    assert str(given.expectations[0].expected["ends"]) == "2023-07-31"


def test_a_file_from_an_editor_that_marks_its_text_is_read(tmp_path):
    file = tmp_path / "marked.toml"
    file.write_bytes(b"\xef\xbb\xbf" + HEAD.encode())

    assert scenario.read(str(file), BASE).title == "t"


@pytest.mark.parametrize(
    ("content", "part"), [(None, "No such file"), (b"\xff\xfe", "must be text in UTF-8")]
)
def test_a_file_that_cannot_be_read_says_why(content, part, tmp_path):
    file = tmp_path / "x.toml"
    if content:
        file.write_bytes(content)

    with pytest.raises(ProgrammeError, match=part) as error:
        scenario.read(str(file), BASE)

    assert str(file) in str(error.value)
    assert "Errno" not in str(error.value)
