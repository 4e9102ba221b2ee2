from django.db import migrations

from dlsei.history import tracked


class Migration(migrations.Migration):
    dependencies = [("applications", "0002_initial"), ("dlsei", "0002_history_is_append_only")]
    operations = [tracked("applications_application", "application", state="status")]
