"""Template tags of HEC's console."""

from typing import Any

from django import template

from dlsei.models import User
from verification.console import navigation

register = template.Library()


@register.simple_tag
def reviews(user: User) -> bool:
    """Whether somebody has the Admin portal, or had it: `{% reviews user as has_portal %}`."""
    return user.is_hec or user.nominations.exists()


@register.inclusion_tag("console/navigation.html", takes_context=True)
def hec_navigation(context: template.Context) -> dict[str, Any]:
    """Both rows of HEC's navigation, for the page that is being shown."""
    first, second = navigation.rows(context["request"])
    return {"first": first, "second": second}
