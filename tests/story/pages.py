"""Visiting the product's pages as a browser without JavaScript does: links, forms, cookies."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

TIMEOUT = httpx.Timeout(60.0)
Upload = tuple[str, bytes, str]


class Unexpected(Exception):
    """The product did not answer as the story needs it."""


@dataclass
class Form:
    """A form as it stands on the page: where it goes, what is filled in, what can be chosen."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of each group of radios: value → label."""
    names: set[str] = field(default_factory=set)

    def name(self, field: str) -> str:
        """The name of a field, with the prefix that a page with several forms gives it."""
        for name in self.names:
            if name == field or name.endswith(f"-{field}"):
                return name
        raise Unexpected(f"the form for {self.action} has no {field}")


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.sources: list[str] = []
        self.text: list[str] = []
        self.cells: list[tuple[str, str]] = []
        self.errors: list[str] = []
        self._form: Form | None = None
        self._select = self._label = self._cell = ""
        self._radios: dict[str, tuple[Form, str, str]] = {}
        self._href = self._words = ""
        self._depth_of_errors = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self.url, of.get("action") or self.url)
            self._form = Form(action, of.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and "href" in of:
            self._href, self._words = urljoin(self.url, of["href"]), ""
        elif tag in ("img", "object", "iframe", "embed"):
            self.sources.append(urljoin(self.url, of.get("src") or of.get("data", "")))
        elif tag == "label":
            self._label = of.get("for", "")
        elif tag == "td":
            self._cell = of.get("data-label", "")
        if "error-summary" in of.get("class", "").split():
            self._depth_of_errors = 1
        elif self._depth_of_errors and tag == "div":
            self._depth_of_errors += 1
        if self._form is not None:
            self._control(tag, of)

    def _control(self, tag: str, of: dict[str, str]) -> None:
        form, name = self._form, of.get("name", "")
        assert form is not None
        if tag == "option" and (self._select not in form.values or "selected" in of):
            form.values[self._select] = of.get("value", "")
        if not name or tag not in ("input", "select", "textarea"):
            return
        form.names.add(name)
        kind = of.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            form.values[name] = ""
        elif kind == "radio":
            form.choices.setdefault(name, {})[of.get("value", "")] = ""
            self._radios[of.get("id", "")] = (form, name, of.get("value", ""))
            if "checked" in of:
                form.values[name] = of.get("value", "")
        elif kind == "checkbox":
            if "checked" in of:
                form.values[name] = of.get("value", "on")
        elif kind != "file":
            form.values[name] = of.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "label":
            self._label = ""
        elif tag == "td":
            self._cell = ""
        elif tag == "a" and self._href:
            self.links.append((self._href, " ".join(self._words.split())))
            self._href = ""
        elif tag == "div" and self._depth_of_errors:
            self._depth_of_errors -= 1

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._href:
            self._words += data
        if self._label in self._radios:
            form, name, value = self._radios[self._label]
            form.choices[name][value] += data
        if self._cell and data.strip():
            self.cells.append((self._cell, data.strip()))
        if self._depth_of_errors and data.strip():
            self.errors.append(data.strip())


class Page:
    """One answer of the product, read."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.url = str(response.url)
        reader = _Reader(self.url)
        reader.feed(response.text)
        self.forms, self.links, self.sources = reader.forms, reader.links, reader.sources
        self.text = " ".join("".join(reader.text).split())
        self.cells, self.errors = reader.cells, reader.errors

    def form(self, having: str) -> Form:
        """The form with a field of this name, or that goes to an address with this in it."""
        for form in self.forms:
            if having in form.names or (form.method == "post" and having in form.action):
                return form
        raise Unexpected(f"no form with '{having}' at {self.url}: {self.text[:600]}")

    def link(self, part: str) -> str:
        """The first link whose address or words contain `part`."""
        for href, words in self.links:
            if part in href or part in words:
                return href
        raise Unexpected(f"no link with '{part}' at {self.url}: {self.text[:600]}")

    def cell(self, label: str) -> str:
        """The first cell of a table with this column's name."""
        for name, words in self.cells:
            if name == label:
                return words
        raise Unexpected(f"no column '{label}' at {self.url}")

    def says(self, *words: str) -> "Page":
        """The page itself, if it contains all these words."""
        for expected in words:
            if expected not in self.text:
                raise Unexpected(f"'{expected}' is not at {self.url}: {self.text[:1200]}")
        return self


class Visitor:
    """One person's browser, with their cookies."""

    def __init__(self, site: str, name: str) -> None:
        self.name = name
        self._http = httpx.Client(
            base_url=site,
            timeout=TIMEOUT,
            follow_redirects=True,
            headers={"Accept-Language": "en"},
            transport=httpx.HTTPTransport(retries=3),
        )

    def get(self, url: str, **query: str) -> Page:
        return self._read(self._http.get(url, params=query or None))

    def file(self, url: str) -> bytes:
        response = self._http.get(url)
        response.raise_for_status()
        return response.content

    def redirected(self, url: str) -> str:
        """Where an address sends the visitor, not followed."""
        response = self._http.get(url, follow_redirects=False)
        if not response.is_redirect:
            raise Unexpected(f"{url} answered {response.status_code}, not a redirect")
        return response.headers["Location"]

    def submit(
        self, page: Page, having: str, files: dict[str, Upload] | None = None, **answers: str
    ) -> Page:
        """Fills in the form that has `having` and sends it. Raises Unexpected when it is refused."""
        form = page.form(having)
        values = form.values | {form.name(field): answer for field, answer in answers.items()}
        referer = {"Referer": page.url}
        if form.method == "get":
            return self._read(self._http.get(form.action, params=values, headers=referer))
        sent = self._http.post(form.action, data=values, files=files, headers=referer)
        answered = self._read(sent)
        if answered.errors:
            raise Unexpected(f"{page.url} refused {self.name}: {' '.join(answered.errors)}")
        return answered

    def _read(self, response: httpx.Response) -> Page:
        if response.status_code >= 400:
            words = Page(response).text[:600]
            raise Unexpected(
                f"{response.request.method} {response.url} answered {response.status_code}: {words}"
            )
        return Page(response)
