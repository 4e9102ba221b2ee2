"""References checked once a statement hold as foreign keys do."""

from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from licensing.models import Enrollment, License, Report
from tests.factories import licensed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]


@pytest.fixture
def enrollment(now: datetime) -> Enrollment:
    report = Report.objects.create(source="csv", as_of=now, imported_at=now)
    return Enrollment.objects.create(
        license=licensed(),
        content_kind="Course",
        content_id="ml",
        content_name="Machine Learning",
        enrolled_at=now,
        report=report,
    )


@pytest.mark.parametrize("column", ["license_id", "report_id"])
def test_what_does_not_exist_cannot_be_named(enrollment: Enrollment, column: str) -> None:
    with pytest.raises(IntegrityError, match="names no row"), transaction.atomic():
        Enrollment.objects.update(**{column: 999_999})

    enrollment.content_id = "another"
    setattr(enrollment, column, 999_999)
    with pytest.raises(IntegrityError, match="names no row"), transaction.atomic():
        enrollment.save(force_insert=True)


@pytest.mark.parametrize("model", [License, Report])
def test_what_is_named_cannot_be_deleted(
    enrollment: Enrollment, model: type[License] | type[Report]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM licensing_report_cohorts")
        with pytest.raises(IntegrityError, match="is named by"), transaction.atomic():
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
