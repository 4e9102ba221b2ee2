"""What a person is told cites its clause, in words and figures of the programme in force (issue 3, 10)."""

import re
from pathlib import Path

import pytest
from django import forms
from django.urls import reverse
from django.utils import translation

from applications.forms import refusals
from dlsei import letters, styleguide
from dlsei.management.commands.document_policy import documents
from dlsei.policy import states
from dlsei.policy.clauses import CLAUSES
from dlsei.policy.explained import SECTIONS, THINGS, explain
from dlsei.policy.figures import WORDS, differences, figures, in_words
from dlsei.policy.practice import PRACTICE
from dlsei.policy.programme import CATEGORIES, DOCUMENT_KINDS, MODES, Tables, overlay, parse, read
from dlsei.policy.readings import READINGS
from dlsei.policy.refusals import REFUSALS, Refused
from dlsei.policy.states import MOVES
from licensing import programme as loading
from tests.factories import SYSTEM, YEAR_2, HecFactory

YEAR_2_TABLES = parse(YEAR_2.read_text(encoding="utf-8"), YEAR_2.name)
YEAR_2_READ = read(YEAR_2_TABLES, YEAR_2.name)
NAMES_A_CLAUSE = [kind for kind, values in styleguide.MAILS.items() if values.get("clause")]


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_a_generated_document_is_as_the_rule_book_says(path: Path) -> None:
    """`manage.py document_policy` writes both."""
    assert path.read_text(encoding="utf-8") == documents()[path]


def test_every_clause_stands_in_a_section_and_says_what_is_done() -> None:
    explained = [entry.clause.id for section in explain(YEAR_2_READ) for entry in section.entries]

    assert explained == list(CLAUSES) == list(PRACTICE)
    assert len(SECTIONS) == len(explain(YEAR_2_READ))
    assert set(THINGS) == set(MOVES)


def test_every_reading_stands_once_and_is_used() -> None:
    assert list(READINGS) == [f"R{number}" for number in range(1, 25)]
    used = {id for row in PRACTICE.values() for id in row.readings}
    # How scheduled jobs behave belongs to no clause alone.
    assert used == set(READINGS) - {"R23"}


@pytest.mark.parametrize("id", [*CLAUSES, *READINGS])
def test_a_plain_sentence_is_one_and_names_no_figure_of_the_programme(id: str) -> None:
    plain = CLAUSES[id].plain if id in CLAUSES else READINGS[id]

    assert plain.endswith(".")
    assert plain.count(". ") == 0
    # The year that a license was paid in is part of the clause, section 5 its name.
    figures_named = set(re.findall(r"\d+(?:,\d+)*", plain)) - {"2021", "2022", "5"}
    assert not figures_named
    assert not re.search(r"January|February|March|July|August|September", plain)


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_has_a_clause_and_says_what_to_do(code: str) -> None:
    refusal = REFUSALS[code]

    assert refusal.clause in CLAUSES
    assert refusal.message.endswith(".")


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refused_applicant_reads_the_sentence_and_its_clause(code: str) -> None:
    form = forms.Form({})

    refusals.add_to(form, Refused(REFUSALS[code]))

    clause = REFUSALS[code].clause
    assert form.non_field_errors() == [f"{REFUSALS[code].message} (Clause {clause})"]


@pytest.mark.parametrize("kind", NAMES_A_CLAUSE)
@pytest.mark.parametrize("clause", CLAUSES)
def test_a_mail_that_names_a_clause_says_it_in_plain_words(kind: str, clause: str) -> None:
    values = styleguide.MAILS[kind] | {"clause": clause}

    letter = letters.render(kind, "en", values)

    assert f"(clause {clause} of the policy): {CLAUSES[clause].plain}" in " ".join(
        letter.text.split()
    )
    assert clause in letter.html


def test_what_takes_or_gives_a_license_names_its_clause() -> None:
    assert set(NAMES_A_CLAUSE) >= {
        "license-warning",
        "case-opened",
        "license-revoked",
        "license-extended",
        "license-expired",
    }
    assert set(styleguide.MAILS) == set(letters.KINDS)


# Figures


def leaves(tables: Tables, path: str = "") -> set[str]:
    """Every key of the file that holds a value, as a figure names it."""
    found: set[str] = set()
    for key, value in tables.items():
        quoted = key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'
        here = f"{path}.{quoted}" if path else quoted
        found |= leaves(value, here) if isinstance(value, dict) else {here}
    return found


def test_every_key_of_the_programme_file_is_a_figure() -> None:
    assert {figure.key for figure in figures(YEAR_2_READ)} == leaves(YEAR_2_TABLES) - {"name"}


def test_every_figure_is_known_by_clause_and_by_word() -> None:
    for figure in figures(YEAR_2_READ):
        assert figure.clauses
        assert set(figure.clauses) <= set(CLAUSES) | set(READINGS)
        assert in_words(figure.value) != "–"
    assert set(WORDS) == {*MODES, *CATEGORIES, *DOCUMENT_KINDS}


def test_a_cohorts_own_threshold_is_named_by_its_own_key() -> None:
    """A.5."""
    own = {"cohorts": {"Cohort II": {"revocation": {"5.iii": {"days": 45}}}}}

    (one,) = differences(YEAR_2_READ, read(overlay(YEAR_2_TABLES, own), "own"))

    assert one.figure.key == 'cohorts."Cohort II".revocation."5.iii".days'
    assert (one.before, one.after) == (30, 45)


def test_a_figure_that_is_gone_is_a_difference() -> None:
    without = {key: value for key, value in YEAR_2_TABLES.items() if key != "extension"}

    found = differences(YEAR_2_READ, read(without, "without"))

    assert {one.figure.name for one in found} == {
        f"extension.{key}" for key in ("cohort", "from", "percent", "until", "clause")
    }
    assert {one.after for one in found} == {None}


# Pages


def test_the_public_page_shows_the_figures_in_force(client, programme, now):
    """4.1.l: 36 hours from now on."""
    text = YEAR_2.read_text(encoding="utf-8").replace("due_hours = 24", "due_hours = 36")
    loading.load(text, "year-3.toml", by=SYSTEM, now=now)

    page = client.get(reverse("policy")).content.decode()

    for clause in CLAUSES.values():
        assert f"Clause {clause.id}</dt>" in page
    assert "Hours in which a focal person should act: <strong><bdi>36</bdi></strong>" in page
    assert "Last day: <strong><bdi>Monday 31 July 2023</bdi></strong>" in page
    assert "queue.due_hours" not in page
    assert "5 MiB" in page


def test_hec_sees_every_clause_reading_and_key(sign_in, programme):
    browser = sign_in(HecFactory())

    page = browser.get(reverse("hec_policy")).content.decode()

    for id in READINGS:
        assert f'<div id="{id}">' in page
    for code in REFUSALS:
        assert f">{code}</code>" in page
    assert "revocation.&quot;5.iii&quot;.days" in page
    assert "Version 1" in page


@pytest.mark.parametrize("name", ["policy", "hec_policy"])
def test_the_pages_are_there_in_urdu(sign_in, programme, name):
    browser = sign_in(HecFactory())
    browser.cookies["django_language"] = "ur"

    with translation.override("ur"):
        page = browser.get(reverse(name)).content.decode()

    assert 'dir="rtl"' in page


def test_a_diagram_names_every_state() -> None:
    text = next(text for path, text in documents().items() if path.name == "states.md")

    for thing in MOVES:
        for state in states.states(thing):
            assert f"- `{state}`: {states.LABELS[thing][state]}" in text
