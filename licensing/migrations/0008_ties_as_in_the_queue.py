from django.db import migrations, models

# Of two submitted at one instant the line served the one approved first, the queue the one begun first.
OF_APPLICATION = """
UPDATE licensing_place p SET number = a.id FROM applications_application a WHERE a.place_id = p.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0007_enrollments_without_keys"),
        ("applications", "0009_history_of_corrections"),
    ]

    operations = [
        migrations.AddField(
            model_name="place",
            name="number",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.RunSQL(OF_APPLICATION, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="place", name="line"),
        migrations.AddIndex(
            model_name="place",
            index=models.Index(
                fields=["cohort", "priority", "submitted_at", "number"],
                name="line",
                condition=models.Q(state="waiting"),
            ),
        ),
    ]
