from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("dlsei", "0004_history_of_officers")]

    operations = [
        AddIndexConcurrently("event", models.Index(fields=["at", "id"], name="event_at")),
        AddIndexConcurrently(
            "event",
            models.Index(
                fields=["actor", "at", "id"],
                name="event_of_actor",
                condition=models.Q(("actor__isnull", False)),
            ),
        ),
        AddIndexConcurrently(
            "event",
            models.Index(
                fields=["clause", "at", "id"],
                name="event_by_clause",
                condition=models.Q(("clause", ""), _negated=True),
            ),
        ),
    ]
