from django.db import migrations

from dlsei.history import begun, tracked

DISPUTE = "CASE WHEN {row}.outcome = '' THEN 'raised' ELSE {row}.outcome END"
WHERE = """jsonb_build_object(
  'from', (SELECT u.name FROM applications_university u WHERE u.id = n.from_university_id),
  'to', (SELECT u.name FROM applications_university u WHERE u.id = n.to_university_id))"""


class Migration(migrations.Migration):
    dependencies = [("applications", "0008_corrections")]
    operations = [
        tracked("applications_transfer", "transfer", state="'moved'", data=WHERE),
        # The addresses stand in the row alone: the history outlives whoever it is about.
        tracked(
            "applications_addresschange",
            "addresschange",
            state="'changed'",
            data="jsonb_build_object('person', n.person_id)",
        ),
        begun("applications_dispute", "dispute", state=DISPUTE),
        tracked("applications_dispute", "dispute", state=DISPUTE),
    ]
