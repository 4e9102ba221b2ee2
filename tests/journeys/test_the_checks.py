"""The checks of every page find what is wrong with one: without this, green would mean nothing."""

from tests.journeys.conftest import Arrive


def test_a_broken_page_is_noticed(arrive: Arrive, scripts: bool) -> None:
    visitor = arrive()
    visitor.page.route(
        "**/broken/",
        lambda route: route.fulfill(
            status=200,
            content_type="text/html",
            headers={"Content-Security-Policy": "default-src 'self'"},
            body="<!doctype html><title>t</title><img src=/x><script>document.title = 'ran'</script>",
        ),
    )

    visitor.open("/broken/")

    found = "\n".join(visitor.problems)
    visitor.problems.clear()
    assert "404" in found
    assert ("image-alt" in found) == scripts
    assert ("Content Security Policy" in found) == scripts
    assert visitor.page.title() == "t"
