from django.db import migrations

from dlsei.history import INVITATION, NOMINATION, begun, tracked

PERIOD = (
    "jsonb_build_object('person', n.person_id, 'university', n.university_id,"
    " 'since', n.since, 'until', n.until)"
)


class Migration(migrations.Migration):
    dependencies = [
        ("verification", "0002_invitations"),
        ("dlsei", "0002_history_is_append_only"),
    ]
    operations = [
        begun("verification_focalperson", "focalperson", state=NOMINATION),
        tracked(
            "verification_focalperson",
            "focalperson",
            state=NOMINATION,
            also=["since", "until"],
            clause="'4.1.d'",
            data=PERIOD,
        ),
        tracked(
            "verification_invitation",
            "invitation",
            state=INVITATION,
            also=["sent"],
            data=PERIOD,
        ),
        tracked(
            "verification_factorreset",
            "factorreset",
            state="'reset'",
            data="jsonb_build_object('person', n.person_id)",
        ),
    ]
