"""manage.py simulate: the same seed tells the same year, nothing in it is broken, its figures are true."""

import xml.etree.ElementTree as ElementTree
from datetime import date

from django.db import connection

from dlsei.simulation import figures


def count(sql: str, *params: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {sql}", params)
        return cursor.fetchone()[0]


def test_the_same_seed_tells_the_same_year_and_another_one_another(simulate) -> None:
    first, second, other = (simulate(25, seed)[0] for seed in (5, 5, 6))

    assert first.as_json() == second.as_json()
    assert first.cohorts["Cohort I"].issued > 0
    assert other.as_json().replace('"seed": 6', '"seed": 5') != first.as_json()


def test_nothing_is_broken(whole_year) -> None:
    assert whole_year.breaches == []
    assert whole_year.counts["people"] > 40


def test_both_cohorts_are_played_to_their_ends(whole_year) -> None:
    for name, clause in (("Cohort I", "1.a"), ("Cohort II", "1.c")):
        cohort = whole_year.cohorts[name]
        assert cohort.issued > 0 and cohort.revoked and cohort.expired[clause] > 0
        assert cohort.live == 0
        assert count("licensing_cohort WHERE name = %s AND closed_at IS NOT NULL", name) == 1
    assert count("applications_application WHERE status = 'pending'") == 0
    assert count("dlsei_mail WHERE sent_at IS NULL") == 0


def test_the_figures_are_those_of_the_database(whole_year) -> None:
    of = "licensing_license l JOIN licensing_cohort c ON c.id = l.cohort_id WHERE c.name = %s AND"
    for name, cohort in whole_year.cohorts.items():
        assert cohort.issued == count(f"{of} l.source = 'bucket'", name)
        assert cohort.paid == count(f"{of} l.source LIKE 'paid-%%'", name)
        assert sum(cohort.revoked.values()) == count(f"{of} l.state = 'revoked'", name)
        for clause, n in cohort.revoked.items():
            assert n == count(f"{of} l.state = 'revoked' AND l.end_clause = %s", name, clause)
        assert sum(cohort.expired.values()) == count(f"{of} l.state = 'expired'", name)
        assert cohort.issued + cohort.paid == sum(
            sum(ends.values()) for ends in (cohort.revoked, cohort.expired)
        )
        decided = cohort.applications["approved"] + cohort.applications.get("rejected", 0)
        assert cohort.decisions == decided
        assert 0 < cohort.decisions_within_24_hours <= cohort.decisions
    assert whole_year.counts["mails"] == count("dlsei_mail")


def test_seats_in_use_are_those_of_the_licenses_live_that_night(whole_year) -> None:
    for name, cohort in whole_year.cohorts.items():
        assert cohort.seats_peak == max(used for _, used in cohort.seats) <= cohort.seats_total
        day, used = cohort.seats[len(cohort.seats) // 2]
        live = count(
            "licensing_license l JOIN licensing_cohort c ON c.id = l.cohort_id WHERE c.name = %s"
            " AND l.source = 'bucket' AND (l.issued_at AT TIME ZONE 'Asia/Karachi')::date <= %s"
            " AND (l.ended_at IS NULL OR (l.ended_at AT TIME ZONE 'Asia/Karachi')::date > %s)",
            name,
            day,
            day,
        )
        assert used == live
    first = whole_year.cohorts["Cohort I"]
    assert (first.seats[0][0], first.seats[-1][0]) == (date(2023, 1, 2), date(2023, 7, 31))


def test_the_chart_is_a_picture_with_words(whole_year) -> None:
    chart = figures.chart(whole_year)

    svg = ElementTree.fromstring(chart.file)
    names = {child.tag.rpartition("}")[2]: child.text for child in svg}
    assert names["title"] == "Seats in use"
    assert "Cohort II: at most" in names["desc"]
    assert len(chart.rows) > 100


def test_it_is_told_in_lines(whole_year) -> None:
    lines = "\n".join(whole_year.as_lines())

    assert "audit: nothing is broken" in lines
    assert "revoked" in lines and "median" in lines
