from django.db import migrations, models

# Reports taken in so far were evidence for every cohort, and cases rest on them.
OF_ALL = """
INSERT INTO licensing_report_cohorts (report_id, cohort_id)
SELECT r.id, c.id FROM licensing_report r CROSS JOIN licensing_cohort c
"""


class Migration(migrations.Migration):
    dependencies = [("licensing", "0004_indexes_of_learners")]

    operations = [
        migrations.AddField(
            model_name="report",
            name="cohorts",
            field=models.ManyToManyField(related_name="reports", to="licensing.cohort"),
        ),
        migrations.RunSQL(OF_ALL, migrations.RunSQL.noop),
    ]
