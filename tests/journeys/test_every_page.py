"""What holds on every page of the product, whoever reads it, in both languages (WCAG 2.2 AA, DESIGN.md 6).

The pages come from the URLconf, so that a new one is held to this without anybody naming it.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Browser

from tests.house.test_roles import World, world
from tests.journeys.every_page import Window, is_page, visits

__all__ = ["world"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
# At twice the size of text on a wide screen, and on the narrowest: nothing scrolls sideways, nothing is cut off.
OVERFLOW = """() => {
  const root = document.documentElement;
  const found = [];
  if (root.scrollWidth > root.clientWidth) {
    const beyond = [...document.body.querySelectorAll('*')].filter(element => {
      const box = element.getBoundingClientRect();
      return box.width && (box.right > root.clientWidth + 1 || box.left < -1) && !element.closest('.visually-hidden, .skip-link');
    });
    found.push(`${root.scrollWidth - root.clientWidth}px too wide: ` + beyond.slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(' | '));
  }
  for (const element of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(element);
    const hides = style.overflowX === 'hidden' || style.overflowX === 'clip';
    if (hides && element.type !== 'file' && style.clipPath === 'none' && element.scrollWidth > element.clientWidth + 1)
      found.push('cut off: ' + element.outerHTML.slice(0, 120));
  }
  return found;
}"""
# Where colours are forced, backgrounds are gone: what only a background set apart needs an edge.
EDGELESS = """() => [...document.querySelectorAll('.button, .tag, .count, .notice, .panel, .card, input:not([type=hidden]), select, textarea')]
  .filter(element => element.checkVisibility() && !element.matches('.button-link, [type=checkbox], [type=radio]'))
  .filter(element => {
    const style = getComputedStyle(element);
    return style.borderBlockStartStyle === 'none' || parseFloat(style.borderBlockStartWidth) === 0 || style.forcedColorAdjust === 'none';
  }).map(element => 'without an edge: ' + element.outerHTML.slice(0, 120))"""


@pytest.fixture(params=[code for code, _ in settings.LANGUAGES])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def window(chromium: Browser, world: World, language: str) -> Iterator[Window]:
    opened = Window(chromium, world, language, viewport=WIDE)
    # A request leaves its language behind.
    with translation.override(language):
        yield opened
    opened.close()


def test_every_page_is_accessible_and_fits(
    window: Window,
    world: World,
    language: str,
) -> None:
    """Axe finds nothing; 320 px, twice the text and forced colours take nothing away (1.4.4, 1.4.10)."""
    problems, seen = [], set()
    page, axe = window.page, Axe()
    for visit in visits(world):
        if not window.open(visit):
            continue
        seen.add(visit.name)
        found = [*window.said]
        if page.locator("html").get_attribute("lang") != language:
            found.append("speaks another language")
        found += [
            f"{violation['id']}: {violation['nodes'][0]['html'][:200]}"
            for violation in axe.run(page).response["violations"]
        ]
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        found += [f"at twice the text: {words}" for words in page.evaluate(OVERFLOW)]
        page.evaluate("document.documentElement.style.fontSize = ''")
        page.set_viewport_size(NARROW)
        found += [f"at 320 px: {words}" for words in page.evaluate(OVERFLOW)]
        page.emulate_media(forced_colors="active")
        found += [f"in forced colours: {words}" for words in page.evaluate(EDGELESS)]
        page.emulate_media(forced_colors="none")
        page.set_viewport_size(WIDE)
        problems += [f"{visit}: {words}" for words in found]

    assert not problems, "\n".join(problems)
    # The walk itself: were it to open nothing, nothing would be found.
    assert len(seen) > 60


def test_every_form_says_what_is_wrong_with_it(
    window: Window,
    world: World,
    language: str,
) -> None:
    """Sent empty: the title says so, the focus is on the summary, and each of its links leads to the field."""
    problems, refused = [], set()
    page = window.page
    for visit in visits(world):
        window.become(visit)
        with transaction.atomic():
            answer = window.client.post(visit.address, {"nothing": ""}, follow=True)
            # The style guide shows a sample of a refused form.
            is_sample = visit.name.startswith("styleguide")
            if is_page(answer) and b"data-error-summary" in answer.content and not is_sample:
                refused.add(visit.name)
                window.show(answer)
                problems += [f"{visit}: {words}" for words in wrong_with_summary(page)]
            # What was refused nothing changed, what a button alone does is undone.
            transaction.set_rollback(True)

    assert not problems, "\n".join(problems)
    assert {"account_login", "account_signup", "apply_details", "reject"} <= refused


def wrong_with_summary(page) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """GOV.UK's error summary, as `tests/house` cannot see it: what the browser makes of it."""
    prefix = gettext("Error:")
    if not page.title().startswith(prefix):
        yield f"the title is “{page.title()}”"
    if not page.evaluate("document.activeElement.matches('[data-error-summary]')"):
        yield "the summary has not the focus"
    for link in page.locator("[data-error-summary] a").all():
        words = link.inner_text()
        link.click()
        # A click on a link to a control moves the focus there; a group's link leads to its first.
        where = page.evaluate(
            "() => { const at = document.activeElement; return at.matches('input, select, textarea') ? at.id : '' }"
        )
        target = (link.get_attribute("href") or "").removeprefix("#")
        if where != target:
            yield f"“{words}” leads to “{where}” and not to {target}"
        field = page.locator(f".field:has([id='{target}'])")
        if words not in "".join(field.all_inner_texts()):
            yield f"“{words}” does not stand at its field"
