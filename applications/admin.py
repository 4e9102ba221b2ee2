"""Reference data at /superuser/; whatever is a process has its own screens."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from applications.models import University
from dlsei.history import acting


@admin.register(University)
class UniversityAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "sector", "city", "province", "recognized"]
    list_filter = ["recognized", "sector", "province"]
    search_fields = ["name", "city"]

    def save_model(self, request: HttpRequest, obj: University, form: Any, change: bool) -> None:
        """In the name of whoever saves: recognition has a history (I5)."""
        with acting(by=request.user, now=timezone.now()):
            super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """Recognition is withdrawn, never deleted: applications stand on it."""
        return False
