"""Reference data at /superuser/: only what the programme file does not say."""

from django.contrib import admin

from licensing.models import Cohort


@admin.register(Cohort)
class CohortAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Coursera's own id of the program, which HEC types in."""

    list_display = ["name", "starts", "ends", "coursera_program"]
    fields = ["coursera_program"]

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False
