"""Refuse migrations that would lock or break the running product while it is deployed (`make lint`)."""

import os
import sys
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dlsei.settings")
django.setup()

from django_migration_linter import MigrationLinter  # noqa: E402  after django.setup

linter = MigrationLinter(
    no_cache=True,
    include_apps=["dlsei", "licensing", "applications", "verification"],
    ignore_initial_migrations=True,
    quiet=["ok", "ignore"],
)
linter.lint_all_migrations()
linter.print_summary()
sys.exit(linter.has_errors)
