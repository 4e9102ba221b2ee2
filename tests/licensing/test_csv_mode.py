"""Without the API nothing is asked of Coursera: HEC carries the files (R9, R17)."""

import pytest

from licensing import activity, invitations
from licensing.models import CourseraJob, Report
from tests.factories import SYSTEM, licensed

pytestmark = pytest.mark.django_db


def test_neither_invitations_nor_reports_go_by_api(programme, now, settings):
    settings.COURSERA_MODE = "csv"
    settings.COURSERA_URL = "http://127.0.0.1:9"
    license = licensed(now=now)

    invitations.deliver(by=SYSTEM, now=now)
    fetched = activity.fetch(by=SYSTEM, now=now)

    assert fetched == {"rows": 0}
    assert not Report.objects.exists()
    assert CourseraJob.objects.get(license=license).state == "queued"
