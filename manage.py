#!/usr/bin/env python
"""Every command of the product; PostgreSQL and Redis are found or started by the settings."""

import os
import sys


def main() -> None:
    """Run the command named in the arguments."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dlsei.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django is not installed here: run 'make setup', then .venv/bin/python manage.py …"
        )
    from dlsei.embedded.failure import CannotStart

    try:
        execute_from_command_line(sys.argv)
    except CannotStart as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
