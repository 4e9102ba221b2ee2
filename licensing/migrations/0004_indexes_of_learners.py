import django.db.models.deletion
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("licensing", "0003_imports")]

    operations = [
        # The unique constraint on (license, content_kind, content_id) begins with the same column.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS licensing_enrollment_license_id_0dbbfb72",
                    "CREATE INDEX CONCURRENTLY licensing_enrollment_license_id_0dbbfb72"
                    " ON licensing_enrollment (license_id)",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="enrollment",
                    name="license",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enrollments",
                        to="licensing.license",
                    ),
                ),
            ],
        ),
        AddIndexConcurrently(
            model_name="unmatchedrow",
            index=models.Index(
                django.db.models.functions.text.Lower("email"), name="unmatched_by_address"
            ),
        ),
        AddIndexConcurrently(
            model_name="unmatchedrow",
            index=models.Index(
                condition=models.Q(("license__isnull", False)),
                fields=["license"],
                name="matched_by_hand",
            ),
        ),
    ]
