"""HEC's navigation: groups of screens, each group's own screens in a second row."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Group:
    """Screens that belong together: (name of the address, words); the first is where the group leads."""

    words: Promise | str
    screens: tuple[tuple[str, Promise | str], ...]


# Addresses outside the groups' own, of pages that HEC shares with focal persons or finds by search.
BELOW = {
    "/admin/queue/": "hec_queues",
    "/admin/decided/": "hec_queues",
    "/admin/review/": "hec_queues",
    "/admin/hec/applications/": "hec_search",
    "/admin/hec/licenses/": "hec_search",
    "/admin/hec/people/": "hec_search",
    "/admin/hec/focal-persons/": "hec_universities",
    "/admin/hec/invitations/": "hec_staff",
}
HOME = Group(_("Home"), (("hec_home", _("Home")),))
GROUPS = (
    HOME,
    Group(
        _("People"),
        (
            ("hec_search", _("Search")),
            ("hec_queues", _("Queues")),
            ("hec_universities", _("Universities")),
            ("hec_staff", _("Staff")),
            ("hec_disputes", _("Disputes")),
        ),
    ),
    Group(
        _("Licenses"),
        (
            ("hec_bucket", _("Bucket")),
            ("hec_cohorts", _("Cohorts and dates")),
            ("hec_clocks", _("Deadlines")),
            ("hec_cases", _("Cases")),
            ("hec_runs", _("Stopped runs")),
            ("hec_extensions", _("Extensions")),
        ),
    ),
    Group(
        _("Coursera"),
        (
            ("hec_invited", _("Invitations")),
            ("hec_outbox", _("Outbox")),
            ("hec_reports", _("Reports")),
            ("hec_imports", _("Imports")),
            ("hec_cohort_users", _("Earlier users")),
            ("hec_invites", _("Invite files")),
            ("hec_removals", _("Removals")),
        ),
    ),
    Group(
        _("Records"),
        (
            ("hec_numbers", _("In numbers")),
            ("hec_history", _("History")),
            ("hec_health", _("Service")),
            ("hec_policy", _("Policy")),
            ("hec_what_ifs", _("What if")),
        ),
    ),
)


@dataclass(frozen=True)
class Link:
    """One link of a row; `state` is what `aria-current` says of it, empty when one is elsewhere."""

    url: str
    words: Promise | str
    state: str


def rows(request: HttpRequest) -> tuple[list[Link], list[Link]]:
    """The groups, and the screens of the group that the page belongs to (none when it has one)."""
    group, screen = _here(request.path)
    first = [
        Link(reverse(one.screens[0][0]), one.words, _state(one is group, screen, request.path))
        for one in GROUPS
    ]
    if group is None or len(group.screens) < 2:
        return first, []
    second = [
        Link(reverse(name), words, _state(name == screen, screen, request.path))
        for name, words in group.screens
    ]
    return first, second


def _state(here: bool, screen: str, path: str) -> str:
    if not here:
        return ""
    return "page" if path == reverse(screen) else "true"


def _here(path: str) -> tuple[Group | None, str]:
    """The group and screen whose address the path begins with, the longest one if there are several."""
    groups = {name: group for group in GROUPS for name, _words in group.screens}
    addresses = [(reverse(name), name) for name in groups]
    addresses += list(BELOW.items())
    here = [
        (len(address), name)
        for address, name in addresses
        if path == address or (path.startswith(address) and groups[name] is not HOME)
    ]
    _length, name = max(here, default=(0, ""))
    return groups.get(name), name
