from django.db import migrations

from dlsei.history import tracked

# What was kept before was inspected before it was written down.
BEFORE = """
INSERT INTO dlsei_event
  (subject, subject_id, sequence, from_state, to_state, at, actor_id, job, on_behalf_of, clause, data)
SELECT 'document', d.id, m.sequence, m.from_state, m.to_state, d.uploaded_at, a.person_id, '', '', '', '{}'
FROM applications_document d
JOIN applications_application a ON a.id = d.application_id
CROSS JOIN (VALUES (1, '', 'checking'), (2, 'checking', 'accepted')) AS m (sequence, from_state, to_state)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0006_checked_documents"),
        ("dlsei", "0002_history_is_append_only"),
    ]
    operations = [
        migrations.RunSQL(BEFORE, migrations.RunSQL.noop),
        tracked("applications_document", "document", state="state"),
    ]
