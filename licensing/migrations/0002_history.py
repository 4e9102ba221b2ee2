from django.db import migrations

from dlsei.history import tracked


class Migration(migrations.Migration):
    dependencies = [("licensing", "0001_initial"), ("dlsei", "0002_history_is_append_only")]
    operations = [
        tracked(
            "licensing_place",
            "place",
            state="state",
            data="jsonb_build_object('cohort', n.cohort_id, 'priority', n.priority)",
        ),
        tracked("licensing_license", "license", state="state", clause="n.end_clause"),
        tracked("licensing_revocationcase", "revocationcase", state="state", clause="n.clause"),
    ]
