"""Loading the programme: repeatable, versioned, one transaction, and no seat or day taken back."""

from datetime import date, datetime, timedelta

import pytest

from dlsei import audit
from dlsei.policy.programme import ProgrammeError, Tables, overlay, parse, to_toml
from licensing import buckets, closing
from licensing import programme as loading
from licensing.models import Cohort, License, Programme, RevocationRule, Tranche
from licensing.programme_effects import DEADLINE, LAST_DAY
from tests.concurrency.race import race
from tests.factories import SYSTEM, YEAR_2, licensed
from tests.licensing.programmes import (
    ONE,
    TWO,
    cohort,
    license_with_clock,
    load,
    preview,
    rule,
    year_2,
)


def test_the_same_file_again_changes_nothing(programme, now):
    again = loading.load(
        YEAR_2.read_text(encoding="utf-8"), YEAR_2.name, by=SYSTEM, now=now + timedelta(days=1)
    )

    assert again == programme
    assert Programme.objects.count() == 1


def test_an_earlier_file_once_more_is_a_new_version(programme, now):
    load(rule("5.iii", days=40), now)

    third = load({}, now)

    assert (third.version, Programme.in_force()) == (3, third)
    assert RevocationRule.objects.get(cohort__name=ONE, clause="5.iii").days == 30


@pytest.mark.usefixtures("coursera")
def test_a_deadline_that_moves_earlier_is_named(programme, now):
    """5.i: 10 days instead of 15; on the 22nd that is over already."""
    license = license_with_clock(now)

    found = preview(rule("5.i", days=10), now + timedelta(days=12))

    (one,) = found.earlier
    assert (one.license, one.what, one.clause) == (license.reference, DEADLINE, "5.i")
    assert (one.before, one.on, one.at_once) == (date(2023, 1, 25), date(2023, 1, 20), True)
    license.refresh_from_db()
    assert license.next_deadline == date(2023, 1, 25)


@pytest.mark.usefixtures("coursera")
@pytest.mark.parametrize(
    ("days", "deadline", "later"),
    [
        pytest.param(15, date(2023, 1, 25), 0, id="5.i as it was"),
        pytest.param(16, date(2023, 1, 26), 1, id="5.i one day more"),
        pytest.param(29, date(2023, 2, 8), 1, id="5.i just before 5.iii"),
        pytest.param(31, date(2023, 2, 9), 1, id="5.iii then comes first"),
    ],
)
def test_clocks_of_a_running_cohort_follow_the_file(programme, now, days, deadline, later):
    license = license_with_clock(now)

    found = preview(rule("5.i", days=days), now)
    load(rule("5.i", days=days), now)

    license.refresh_from_db()
    assert license.next_deadline == deadline
    assert (found.earlier, found.later) == ([], later)


@pytest.mark.usefixtures("coursera")
def test_clocks_are_recomputed_batch_by_batch(programme, now, monkeypatch):
    licenses = [license_with_clock(now) for _ in range(5)]
    monkeypatch.setattr(loading, "BATCH", 2)

    load(rule("5.i", days=20), now)

    ids = [license.pk for license in licenses]
    deadlines = License.objects.filter(pk__in=ids).values_list("next_deadline", flat=True)
    assert set(deadlines) == {date(2023, 1, 30)}


@pytest.mark.usefixtures("coursera")
def test_the_last_day_of_live_licenses_follows_the_cohorts(programme, now):
    """1.a: a license ends with its cohort; one that was extended never before it (A.6)."""
    usual, extended = license_with_clock(now), license_with_clock(now)
    License.objects.filter(pk=extended.pk).update(extended=True, ends_on=date(2023, 9, 30))

    later = preview(cohort(ONE, ends="2023-10-31"), now)
    earlier = preview(cohort(ONE, ends="2023-07-15"), now)
    load(cohort(ONE, ends="2023-10-31"), now)

    assert (later.earlier, later.later) == ([], 2)
    assert [(one.license, one.what, one.on) for one in earlier.earlier] == [
        (usual.reference, LAST_DAY, date(2023, 7, 15))
    ]
    assert set(License.objects.values_list("ends_on", flat=True)) == {date(2023, 10, 31)}


@pytest.mark.usefixtures("coursera")
def test_an_extension_that_is_moved_moves_those_it_gave(programme, now):
    """A.6: until 15 October instead of 30 September."""
    license = license_with_clock(now)
    License.objects.filter(pk=license.pk).update(extended=True, ends_on=date(2023, 9, 30))

    load({"extension": {"until": "2023-10-15"}}, now)

    license.refresh_from_db()
    assert license.ends_on == date(2023, 10, 15)


TRANCHES = [
    pytest.param([(12, "2023-01-02")], 12, id="1.b an open one grows"),
    pytest.param([(1, "2023-01-02")], 1, id="1.b an open one shrinks to what is held"),
    pytest.param([(10, "2023-01-02"), (5, "2023-01-10")], 15, id="1.b one that counts from today"),
    pytest.param([(10, "2023-01-02"), (5, "2023-01-11")], 10, id="1.b one to come"),
    pytest.param([(4, "2023-01-02"), (6, "2023-01-03")], 10, id="1.b one is split"),
]


@pytest.mark.parametrize(("tranches", "seats"), TRANCHES)
def test_tranches_follow_the_file(db, now, tranches, seats):
    load(cohort(ONE, tranches=[{"size": 10, "from": "2023-01-02"}]), now)
    licensed(now=now)

    load(cohort(ONE, tranches=[{"size": size, "from": day} for size, day in tranches]), now)

    row = Cohort.objects.get(name=ONE)
    assert (row.seats_total, row.seats_held) == (seats, 1)
    assert row.capacity(now.date()) == seats
    assert [b for b in audit.breaches(now) if b.invariant == "I1"] == []


def test_a_tranche_added_by_hand_is_not_the_files(db, now):
    """1.b: the file's second tranche and the one that HEC added stand beside each other."""
    load(cohort(ONE, tranches=[{"size": 10, "from": "2023-01-02"}]), now)
    buckets.add_tranche(Cohort.objects.get(name=ONE), 5, now.date(), by=SYSTEM, now=now)

    load(
        cohort(
            ONE, tranches=[{"size": 10, "from": "2023-01-02"}, {"size": 7, "from": "2023-01-09"}]
        ),
        now,
    )

    row = Cohort.objects.get(name=ONE)
    assert (row.seats_total, row.tranches.count()) == (22, 3)


def closed(now: datetime) -> datetime:
    """Cohort I closed on the day after its last; the moment of it."""
    after = now.replace(month=8, day=1)
    closing.close(Cohort.objects.get(name=ONE), by=SYSTEM, now=after)
    return after


def without(name: str) -> Tables:
    tables = parse(YEAR_2.read_text(encoding="utf-8"), YEAR_2.name)
    cohorts = {key: value for key, value in tables["cohorts"].items() if key != name}  # type: ignore[attr-defined]
    return tables | {"cohorts": cohorts}


def test_a_cohort_cannot_be_removed(programme, now):
    text = to_toml(without(TWO))

    with pytest.raises(ProgrammeError, match='cohorts."Cohort II": is missing, but people hold'):
        loading.load(text, "year-3.toml", by=SYSTEM, now=now)

    assert Programme.in_force() == programme


def test_a_cohort_cannot_be_renamed(programme, now):
    text = YEAR_2.read_text(encoding="utf-8").replace('"Cohort II"', '"Autumn"')

    with pytest.raises(ProgrammeError, match="neither removed nor renamed"):
        loading.load(text, "year-3.toml", by=SYSTEM, now=now)

    assert not Cohort.objects.filter(name="Autumn").exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("starts", "2023-01-03"),
        ("ends", "2023-08-05"),
        ("intake_from", "2023-01-05"),
        ("intake_until", "2023-07-11"),
    ],
)
def test_the_dates_of_a_closed_cohort_stay(programme, now, key, value):
    """1.a: it is over."""
    after = closed(now)

    with pytest.raises(ProgrammeError, match=f'"Cohort I".{key}: .* the cohort is closed'):
        load(cohort(ONE, **{key: value}), after)


@pytest.mark.parametrize(
    "tranches",
    [
        pytest.param([(1, "2023-01-02")], id="I1 fewer seats than are held"),
        pytest.param([(1, "2023-01-02"), (5, "2023-02-14")], id="I1 made up for too late"),
        pytest.param([(10, "2023-02-01")], id="I1 put off"),
        pytest.param([], id="I1 taken away"),
    ],
)
def test_seats_that_are_held_cannot_be_taken_away(db, now, tranches):
    load(cohort(ONE, tranches=[{"size": 10, "from": "2023-01-02"}]), now)
    licensed(now=now)
    licensed(now=now)

    with pytest.raises(ProgrammeError, match="but 2 seats of the cohort are held"):
        load(cohort(ONE, tranches=[{"size": s, "from": day} for s, day in tranches]), now)

    assert Cohort.objects.get(name=ONE).seats_total == 10
    assert list(Tranche.objects.filter(cohort__name=ONE).values_list("size", flat=True)) == [10]


def test_what_was_agreed_to_must_still_be_in_force(programme, now):
    load(rule("5.i", days=16), now)

    with pytest.raises(ProgrammeError, match="version 2 was loaded meanwhile"):
        load(rule("5.i", days=17), now, onto=1)


@pytest.mark.usefixtures("coursera")
def test_a_load_is_one_transaction(programme, now):
    """Neither a refusal halfway nor a preview leaves anything."""
    licensed(now=now)
    license_with_clock(now)
    before = snapshot()

    with pytest.raises(ProgrammeError):
        load(
            overlay(
                overlay(rule("5.i", days=9), cohort(TWO, tranches=[])),
                cohort(ONE, tranches=[]),
            ),
            now,
        )
    preview(overlay(rule("5.i", days=9), cohort(ONE, ends="2023-09-01")), now)

    assert snapshot() == before


def snapshot() -> list[object]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (Programme, Cohort, Tranche, RevocationRule, License)
    ]


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("loaded_before", [False, True])
def test_concurrent_loads_do_not_clash(now, loaded_before):
    """Eight at once, two files: versions without gaps, and the newest file is what the rows say."""
    if loaded_before:
        load({}, now)

    def loads(days):
        def one(meet):
            text = year_2(**rule("5.i", days=days))
            meet()
            return loading.load(text, "year-3.toml", by=SYSTEM, now=now).version

        return one

    results = race(*(loads(days) for days in (16, 17) * 4))

    assert all(isinstance(version, int) for version in results), results
    versions = list(Programme.objects.order_by("version").values_list("version", flat=True))
    assert versions == list(range(1, len(versions) + 1))
    said = {r.days for r in Programme.in_force().policy.revocation.rules if r.clause == "5.i"}
    assert set(RevocationRule.objects.filter(clause="5.i").values_list("days", flat=True)) == said
    assert Cohort.objects.get(name=ONE).seats_total == 18000
