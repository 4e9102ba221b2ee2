"""R17: nobody is revoked on data that does not speak of them, whoever else's it is."""

from datetime import timedelta

import pytest

from dlsei import audit
from dlsei.history import acting
from licensing import activity, clock, extension, revocation
from licensing.models import Cohort, Import, License
from tests.factories import SYSTEM, HecFactory, licensed
from tests.licensing.imported_files import COURSES, course, imported, sheet

pytestmark = pytest.mark.django_db
WEEKS_LATER = timedelta(days=20)


@pytest.fixture
def idle(programme, now) -> License:
    """Invited and never activated: 5.i falls due after the 25th of January."""
    license = licensed(now=now)
    with acting(by=SYSTEM, now=now):
        License.objects.filter(pk=license.pk).update(
            state="invited", invited_at=now, invited_on=now.date()
        )
    clock.recompute([license.pk])
    license.refresh_from_db()
    return license


def reported(slug, now):
    """An export of one program, with a learner who has no license of ours."""
    file = sheet(COURSES, course("stranger@example.pk", **{"Program Slug": slug}))
    return imported(file, Import.Kind.ACTIVITY, HecFactory(), now=now)


def swept(license, now):
    revocation.sweep(by=SYSTEM, now=now)
    license.refresh_from_db()
    return license.state


def test_an_export_of_another_program_is_no_evidence(idle, now):
    later = now + WEEKS_LATER

    reported("dlsei-cohort-ii", later)
    assert swept(idle, later) == "invited"

    reported("dlsei-cohort-i", later)
    assert swept(idle, later) == "revoked"
    assert not [one for one in audit.breaches(later) if one.invariant == "I8"]


def test_one_of_no_program_of_ours_is_evidence_for_nobody(idle, now):
    later = now + WEEKS_LATER

    reported("somebody-elses", later)

    assert swept(idle, later) == "invited"
    assert activity.latest_report(idle.cohort) is None


def test_what_was_asked_for_whole_speaks_even_without_a_row(idle, now):
    """A program in which nobody has joined yet reports nothing, and that is the evidence."""
    later = now + WEEKS_LATER

    report = activity.take(
        [],
        source="api",
        as_of=later,
        programs=[idle.cohort.coursera_program],
        by=SYSTEM,
        now=later,
    )

    assert list(report.cohorts.all()) == [Cohort.objects.named("Cohort I")]
    assert swept(idle, later) == "revoked"


def test_an_extension_rests_on_its_own_cohorts_report(idle, now):
    """R20: a report of Cohort II's program opens no season for Cohort I."""
    july = now.replace(month=7, day=20)
    reported("dlsei-cohort-ii", july)

    assert extension.extend(by=SYSTEM, now=july) == {"extended": 0}
    assert activity.latest_report(idle.cohort) is None
