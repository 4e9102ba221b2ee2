"""Who made a change, as lists of HEC's console say it."""

from django.utils.translation import gettext as _

from dlsei.models import Event


def actor(event: Event) -> str:
    """The person, also for whom they acted, or the scheduled job; the event with its actor."""
    by = str(event.actor) if event.actor else _("the system (%(job)s)") % {"job": event.job}
    if event.on_behalf_of:
        return _("%(name)s of HEC, on behalf of %(university)s") % {
            "name": by,
            "university": event.on_behalf_of,
        }
    return by
