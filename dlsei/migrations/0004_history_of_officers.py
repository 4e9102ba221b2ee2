from django.db import migrations

from dlsei.history import OFFICER, begun, tracked


class Migration(migrations.Migration):
    dependencies = [("dlsei", "0003_officers_and_sessions")]
    operations = [
        begun("dlsei_user", "user", state=OFFICER),
        tracked("dlsei_user", "user", state=OFFICER),
    ]
