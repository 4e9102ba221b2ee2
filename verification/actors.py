"""Who made a change, as lists and timelines of the Admin portal say it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dlsei.models import Event

JOBS = {
    "applications.checking.check": gettext_lazy("Documents are checked"),
    "licensing.allocation.issue_all": gettext_lazy("Licenses are issued"),
    "licensing.invitations.deliver": gettext_lazy("Coursera is told of invitations and removals"),
    "dlsei.outbox.deliver": gettext_lazy("Mails are sent"),
    "licensing.invitations.settle": gettext_lazy("Licenses become invited"),
    "licensing.revocation.continue_runs": gettext_lazy("Confirmed runs go on"),
    "licensing.imports.run": gettext_lazy("Files are imported"),
    "verification.what_if.run": gettext_lazy("What-ifs are answered"),
    "verification.reminders.remind": gettext_lazy("Focal persons and HEC are reminded"),
    "licensing.buckets.open_tranches": gettext_lazy("Seats open"),
    "licensing.expiry.expire": gettext_lazy("Licenses end on their last day"),
    "applications.closing.close_cohorts": gettext_lazy("Cohorts are closed"),
    "licensing.activity.fetch": gettext_lazy("Coursera's report is fetched"),
    "licensing.extension.extend": gettext_lazy("Licenses are extended"),
    "licensing.revocation.sweep": gettext_lazy("Section 5 is applied"),
    "licensing.revocation.warn": gettext_lazy("Learners are warned"),
    "applications.retention.purge": gettext_lazy("Old documents are deleted"),
}
"""What each scheduled job does, by the name under which it acts."""


def actor(event: Event) -> str:
    """The person, also for whom they acted, or the scheduled job; the event with its actor."""
    if event.actor:
        by = str(event.actor)
    else:
        by = _("the system (%(job)s)") % {"job": JOBS.get(event.job, event.job)}
    if event.on_behalf_of:
        return _("%(name)s of HEC, on behalf of %(university)s") % {
            "name": by,
            "university": event.on_behalf_of,
        }
    return by
