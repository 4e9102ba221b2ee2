import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import licensing.models.imports


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0002_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("activity", "Coursera's activity"),
                            ("paid", "Paid learners"),
                            ("cohort-users", "Users of an earlier cohort"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "Uploaded"),
                            ("previewed", "Read, not imported yet"),
                            ("committing", "Being imported"),
                            ("done", "Imported"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="uploaded",
                        max_length=10,
                    ),
                ),
                (
                    "file",
                    models.FileField(blank=True, upload_to=licensing.models.imports.random_name),
                ),
                ("name", models.CharField(max_length=200)),
                ("size", models.PositiveBigIntegerField(help_text="bytes")),
                ("sha256", models.CharField(max_length=64)),
                (
                    "programs",
                    models.JSONField(
                        default=dict, help_text="Coursera's program slug: cohort's id"
                    ),
                ),
                ("as_of", models.DateTimeField(null=True)),
                ("found", models.JSONField(default=dict)),
                ("errors", models.JSONField(default=list)),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("rows_total", models.PositiveIntegerField(default=0)),
                ("result", models.JSONField(default=dict)),
                ("failure", models.JSONField(default=dict, help_text="a sentence and its values")),
                ("uploaded_at", models.DateTimeField()),
                ("previewed_at", models.DateTimeField(null=True)),
                ("committed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="unmatchedrow",
            name="license",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rows_matched_by_hand",
                to="licensing.license",
            ),
        ),
        migrations.AddField(
            model_name="unmatchedrow",
            name="matched_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="unmatchedrow",
            name="matched_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="unmatchedrow",
            name="row",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddConstraint(
            model_name="unmatchedrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("license", None), ("matched_at", None), ("matched_by", None)),
                    models.Q(
                        ("license__isnull", False),
                        ("matched_at__isnull", False),
                        ("matched_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="matched_by_hand_by_somebody",
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="cohort",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="imports",
                to="licensing.cohort",
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="committed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="report",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="imports",
                to="licensing.report",
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="uploaded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["failed", "cancelled"]), _negated=True),
                fields=("kind", "cohort", "sha256"),
                name="one_import_a_file",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "activity"), ("state__in", ["committing", "done"]), _negated=True
                    ),
                    ("as_of__isnull", False),
                    _connector="OR",
                ),
                name="an_import_of_activity_says_as_of_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "cohort-users"), _negated=True),
                    ("cohort__isnull", False),
                    _connector="OR",
                ),
                name="users_of_a_cohort_have_one",
            ),
        ),
    ]
