"""HEC's navigation: every screen is in a group, and a page says where one is."""

import pytest
from django.test import RequestFactory
from django.urls import reverse

from verification.console import navigation


def shown(path: str) -> tuple[list[str], list[str]]:
    """The words of what each row marks as where one is."""
    first, second = navigation.rows(RequestFactory().get(path))
    return [str(of.words) for of in first if of.state], [str(of.words) for of in second if of.state]


@pytest.mark.parametrize(
    ("path", "group", "screen"),
    [
        ("/admin/hec/", ["Home"], []),
        ("/admin/hec/cases/", ["Licenses"], ["Cases"]),
        ("/admin/hec/bucket/runs/7/", ["Licenses"], ["Bucket"]),
        ("/admin/queue/3/", ["People"], ["Queues"]),
        ("/admin/hec/applications/DL-1/", ["People"], ["Search"]),
        ("/admin/hec/invitations/", ["People"], ["Staff"]),
        ("/admin/hec/people/7/address/", ["People"], ["Search"]),
        ("/styleguide/", [], []),
    ],
)
def test_a_page_says_where_one_is(path, group, screen):
    assert shown(path) == (group, screen)


def test_a_groups_own_screens_are_the_second_row():
    _first, second = navigation.rows(RequestFactory().get("/admin/hec/what-if/new/"))
    assert [of.url for of in second] == [
        reverse(name) for name, _words in navigation.GROUPS[-1].screens
    ]
    assert [of.state for of in second if of.state] == ["true"]
