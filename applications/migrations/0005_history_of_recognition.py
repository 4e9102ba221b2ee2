from django.db import migrations

from dlsei.history import RECOGNITION, begun, tracked


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0004_pages_as_pictures"),
        ("dlsei", "0002_history_is_append_only"),
    ]
    operations = [
        begun("applications_university", "university", state=RECOGNITION),
        tracked("applications_university", "university", state=RECOGNITION),
    ]
