import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from licensing.references import checked

# Building the index keeps nobody out; the rest is a moment.
KEY = "CREATE UNIQUE INDEX CONCURRENTLY enrollment_key ON licensing_enrollment (license_id, content_kind, content_id)"
INSTEAD = """
ALTER TABLE licensing_enrollment
  DROP CONSTRAINT licensing_enrollment_pkey, DROP CONSTRAINT one_enrollment_a_content,
  ADD CONSTRAINT licensing_enrollment_pkey PRIMARY KEY USING INDEX enrollment_key,
  ALTER id DROP IDENTITY, ALTER id DROP NOT NULL
"""


class Migration(migrations.Migration):
    """Enrollments are what they are called, and checked once a statement; see decision 0013.

    The column `id` stays, and stays empty, for the release before.
    """

    atomic = False
    dependencies = [("licensing", "0006_bucket_ledger")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(KEY), migrations.RunSQL(INSTEAD)],
            state_operations=[
                migrations.RemoveConstraint("enrollment", "one_enrollment_a_content"),
                migrations.RemoveField("enrollment", "id"),
                migrations.AddField(
                    "enrollment",
                    "pk",
                    models.CompositePrimaryKey(
                        "license_id",
                        "content_kind",
                        "content_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
        ),
        migrations.AlterField(
            "enrollment",
            "license",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="enrollments",
                to="licensing.license",
            ),
        ),
        migrations.AlterField(
            "enrollment",
            "report",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="licensing.report",
            ),
        ),
        # The index license_of_person begins with the same column.
        migrations.AlterField(
            "license",
            "person",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="licenses",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        checked(
            "licensing_enrollment", license_id="licensing_license", report_id="licensing_report"
        ),
    ]
