"""Reference data at /superuser/; whatever is a process has its own screens."""

from django.contrib import admin

from applications.models import University


@admin.register(University)
class UniversityAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "sector", "city", "province", "recognized"]
    list_filter = ["recognized", "sector", "province"]
    search_fields = ["name", "city"]

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """Recognition is withdrawn, never deleted: applications stand on it."""
        return False
