from django.db import migrations

from dlsei.history import APPEND_ONLY


class Migration(migrations.Migration):
    dependencies = [("dlsei", "0001_initial")]
    operations = [APPEND_ONLY]
