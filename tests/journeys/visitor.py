"""A person at a browser: goes, fills in, presses; every page they see is checked for accessibility."""

import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page

IGNORED = re.compile(r"favicon|autofocus processing", re.I)


class Visitor:
    """One person's browser window. `problems` gathers what axe, the console and the server say."""

    def __init__(self, context: BrowserContext, site: str, *, scripts: bool) -> None:
        self.site = site
        self.scripts = scripts
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.seen: set[str] = set()
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self._note(f"script: {error}"))
        self.page.on("console", lambda said: said.type == "error" and self._note(said.text))
        self.page.on("response", lambda r: r.status >= 400 and self._note(f"{r.status} {r.url}"))

    def open(self, path: str) -> "Visitor":
        self.page.goto(f"{self.site}{path}")
        return self._looked()

    def follow(self, words: str) -> "Visitor":
        """Follows the first link with these words."""
        self.page.get_by_role("link", name=words).first.click()
        return self._looked()

    def press(self, words: str) -> "Visitor":
        """Presses the button, or the link that looks like one, with exactly these words."""
        main = self.page.get_by_role("main")
        button = main.get_by_role("button", name=words, exact=True)
        link = main.get_by_role("link", name=words, exact=True)
        button.or_(link).first.click()
        return self._looked()

    def unfold(self, words: str) -> "Visitor":
        """Opens the part of the page that is folded behind these words."""
        self.page.get_by_role("main").locator("summary", has_text=words).first.click()
        return self

    def fill(self, **answers: str) -> "Visitor":
        """Fills in fields by their labels, `_` for a space; the first letter is made large."""
        for name, answer in answers.items():
            self._labelled(name).fill(answer)
        return self

    def write(self, label: str, answer: str) -> "Visitor":
        self.page.get_by_label(label).first.fill(answer)
        return self

    def choose(self, *labels: str) -> "Visitor":
        """Ticks radios or boxes by their labels."""
        for label in labels:
            self.page.get_by_label(label, exact=True).check()
        return self

    def select(self, label: str, option: str) -> "Visitor":
        self.page.get_by_label(label, exact=True).select_option(option)
        return self

    def attach(self, name: str, media_type: str, content: bytes) -> "Visitor":
        """Chooses a file in the page's one field for files."""
        file = {"name": name, "mimeType": media_type, "buffer": content}
        self.page.locator("input[type=file]").set_input_files(file)
        return self

    def sees(self, *words: str) -> "Visitor":
        """Fails unless the page shows all these words."""
        shown = " ".join(self.page.inner_text("body").split())
        shown = re.sub("[\u2066-\u2069]", "", shown)
        for expected in words:
            assert expected in shown, f"'{expected}' is not at {self.page.url}: {shown[:900]}"
        return self

    def picture(self, file: Path, width: int, height: int) -> None:
        """Takes a picture of the top of the page as it stands."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.screenshot(path=file, animations="disabled")

    def _labelled(self, name: str) -> Locator:
        return self.page.get_by_label(name.replace("_", " ").capitalize()).first

    def _looked(self) -> "Visitor":
        """Checks the page that has come up, each kind of page once a window."""
        self.page.wait_for_load_state("load")
        shape = f"{re.sub(r'[0-9A-Z-]{6,}|[0-9a-f-]{36}|[0-9]+', '…', self.page.url)}"
        if self.scripts and shape not in self.seen:
            self.seen.add(shape)
            for violation in Axe().run(self.page).response["violations"]:
                where = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
                self.problems.append(f"{self.page.url}: {violation['id']}: {where}")
        return self

    def _note(self, words: str) -> None:
        if not IGNORED.search(words):
            self.problems.append(f"{self.page.url}: {words}")
