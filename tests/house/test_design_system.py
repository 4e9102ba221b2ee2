"""The look of the service: what every stylesheet, template and mail must keep to (DESIGN.md 6)."""

import mimetypes
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.utils import translation

from dlsei import chart_drawing, forms, letters, styleguide
from dlsei.models import User
from dlsei.templatetags import components

ROOT = Path(settings.BASE_DIR)
STYLESHEET = (ROOT / "static/css/dlsei.css").read_text()
SCRIPT = ROOT / "static/js/dlsei.js"
PAGES = [
    path for path in sorted((ROOT / "templates").rglob("*.html")) if "mail/" not in path.as_posix()
]
LANGUAGES = [code for code, _ in settings.LANGUAGES]
HOSTILE = '<script>alert(1)</script> O\'Malley & "co"\r\nBcc: victim@example.com\u202e علی'


@pytest.fixture(autouse=True)
def unhashed_static_files(settings: Any) -> None:
    """Nothing is collected for a test."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


# Stylesheet


def test_the_stylesheet_is_the_same_from_right_to_left() -> None:
    """Urdu needs no second stylesheet: nothing names left, right, top, bottom, width or height."""
    rules = re.sub(r"/\*.*?\*/", "", STYLESHEET, flags=re.S)
    rules = re.sub(r"@media[^{]*", "", rules)
    physical = re.compile(
        r"(?:^|[{;\s])((?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right|top|bottom)[\w-]*"
        r"|(?:min-|max-)?(?:width|height)|left|right|top|bottom)\s*:"
        r"|(?:text-align|float|clear|justify-content)\s*:\s*(?:left|right)\b"
    )

    assert [match.group(0).strip() for match in physical.finditer(rules)] == []


def tokens(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{6});", css))


def colours(scheme: str) -> dict[str, str]:
    root = STYLESHEET[STYLESHEET.index("@layer tokens") : STYLESHEET.index("@layer base {")]
    light, dark = root.split("@media (prefers-color-scheme: dark)")
    return tokens(light) | (tokens(dark) if scheme == "dark" else {})


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
        red, green, blue = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


TEXT_ON = [
    *(
        (text, on)
        for text in ("ink", "muted", "brand", "brand-strong")
        for on in ("page", "surface")
    ),
    *(
        (f"{tone}-ink", f"{tone}-wash")
        for tone in ("neutral", "info", "success", "warning", "error")
    ),
    ("ink", "neutral-wash"),
    ("muted", "neutral-wash"),
    ("error-ink", "page"),
    ("error-ink", "surface"),
    ("brand-strong", "success-wash"),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("on-danger", "danger"),
    ("on-danger", "danger-strong"),
    ("on-header", "header"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "on"), TEXT_ON)
def test_text_stands_out_from_its_ground(text: str, on: str, scheme: str) -> None:
    """WCAG 1.4.3."""
    palette = colours(scheme)

    assert contrast(palette[text], palette[on]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("line", "on"), [("edge", "surface"), ("edge", "page"), ("danger", "surface"), ("ink", "halo")]
)
def test_edges_of_controls_can_be_seen(line: str, on: str, scheme: str) -> None:
    """WCAG 1.4.11; the halo round the focus needs it against one of its two neighbours only."""
    palette = colours(scheme)
    neighbours = [palette[on]] if on != "halo" else [palette["halo"], palette["page"]]

    assert max(contrast(palette[line], neighbour) for neighbour in neighbours) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("number", range(len(chart_drawing.COLOURS)))
def test_what_a_chart_draws_can_be_seen(number: int, scheme: str) -> None:
    """WCAG 1.4.11; in light colours a file says the same as the page."""
    palette = colours(scheme)
    mark = palette[f"chart-{number}"]

    assert min(contrast(mark, palette[on]) for on in ("surface", "page")) >= 3
    assert scheme == "dark" or mark == chart_drawing.COLOURS[number]


def test_the_script_is_small() -> None:
    assert SCRIPT.stat().st_size <= 10 * 1024


# Templates


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_template_has_nothing_inline(path: Path) -> None:
    """The content security policy is `default-src 'self'`: inline style and script would not run."""
    source = path.read_text()

    assert not re.search(r"<style\b|\sstyle\s*=\s*[\"']", source)
    assert not re.search(r"<script\b(?![^>]*\bsrc=)", source)
    assert not re.search(r"\son\w+\s*=\s*[\"']|javascript:", source)


class Words(HTMLParser):
    """Collects text that a person reads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"alt", "aria-label", "placeholder", "title"} and value:
                self.handle_data(value)

    def handle_data(self, data: str) -> None:
        if re.search(r"[A-Za-z]{2}", data):
            self.found.append(data.strip())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_template_says_is_marked_for_translation(path: Path) -> None:
    source = re.sub(
        r"{% (blocktranslate|comment)\b.*?{% end\1 %}|{#.*?#}|{% block body_class %}\w+",
        "",
        path.read_text(),
        flags=re.S,
    )
    words = Words()
    words.feed(re.sub(r"{%.*?%}|{{.*?}}", "", source, flags=re.S))

    assert [text for text in words.found if text != "HEC · DLSEI"] == []


@pytest.mark.parametrize(
    "name",
    sorted(
        path.relative_to(ROOT / "templates").as_posix()
        for path in (ROOT / "templates").rglob("*.*")
    ),
)
def test_a_template_compiles(name: str) -> None:
    get_template(name)


# Pages


def rendered(name: str, context: dict[str, Any], language: str, user: Any) -> str:
    request = RequestFactory().get("/styleguide/")
    request.user = user
    request.session = {}
    request._messages = []
    with translation.override(language):
        return render_to_string(name, context, request=request)


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_page_needs_nothing_but_itself(name: str, language: str) -> None:
    """Django renders some of them without a request, and the database may be what failed."""
    with translation.override(language):
        page = render_to_string(f"{name}.html")

    assert f'lang="{language}"' in page
    assert "<h1>" in page


def test_a_form_with_errors_leads_to_each_of_them() -> None:
    """The same sentence in the summary and at the field, which the summary links to."""
    form = styleguide.SampleForm({"full_name": ""})

    page = render_to_string("forms/error_summary.html", {"form": form}) + str(form)

    assert page.count("Fill in: Full name") == 2
    for target in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{target}"' in page
    assert 'aria-describedby="id_full_name_helptext id_full_name_error"' in page
    assert 'autocomplete="name"' in page


def test_what_was_typed_is_escaped_and_kept() -> None:
    form = styleguide.SampleForm({"full_name": HOSTILE, "question": HOSTILE})

    page = str(form)

    assert "<script>alert" not in page
    assert page.count("O&#x27;Malley") == 2


def test_a_form_of_somebody_else_gets_the_same_fields() -> None:
    """allauth's forms know nothing of ours: the renderer alone makes them fit."""
    form = forms.forms.Form()
    form.fields["code"] = forms.forms.CharField(
        widget=forms.forms.TextInput(attrs={"placeholder": "Code"})
    )

    page = str(form)

    assert '<label for="id_code">' in page
    assert "placeholder" not in page


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_style_guide_is_accessible_and_fits(language: str, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Route, sync_playwright

    user = User(email="sana@hec.example", full_name="Sana Iqbal", is_hec=True)
    with translation.override(language):
        context = styleguide.sample_page()
    page_source = rendered("styleguide.html", context, language, user)

    def answer(route: Route) -> None:
        path = route.request.url.split("http://guide.test/", 1)[1].split("?")[0]
        if not path:
            route.fulfill(body=page_source, content_type="text/html; charset=utf-8")
            return
        name = path.removeprefix(settings.STATIC_URL.lstrip("/"))
        file = ROOT / "static" / name
        route.fulfill(path=file, content_type=mimetypes.guess_type(file.name)[0])

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        tab = browser.new_page(
            viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
        )
        tab.route("**/*", answer)
        tab.goto("http://guide.test/")
        found = Axe().run(tab)
        overflow = tab.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        focused = tab.evaluate("document.activeElement.className")
        browser.close()

    assert found.violations_count == 0, found.generate_report()
    assert overflow == 0
    assert focused == "error-summary"


# Mails


def hostile(values: Any) -> Any:
    """The same values with everything a person could have typed replaced."""
    return {
        key: [hostile(inner) for inner in value]
        if isinstance(value, list)
        else HOSTILE
        if key in {"name", "university", "reason", "question", "note", "reference", "cohort"}
        else value
        for key, value in values.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", letters.KINDS)
def test_a_mail_says_what_happened_and_what_to_do(kind: str, language: str) -> None:
    values = styleguide.MAILS[kind]

    letter = letters.render(kind, language, values)

    if "reference" in values:
        assert values["reference"] in letter.subject
        assert values["reference"] in letter.text
    assert letter.html.count('class="button"') == 1
    assert f'lang="{language}" dir="{"rtl" if language == "ur" else "ltr"}"' in letter.html
    assert values.get("link", settings.SITE_URL) in letter.text
    if values.get("clause"):
        assert f"{values['clause']}" in letter.text
    for part in (letter.subject, letter.text, letter.html):
        assert "{{" not in part
        assert "{%" not in part
        assert "None" not in part
    for url in re.findall(r'(?:src|url)\s*[=(]\s*["\']?(\S+)', letter.html):
        pytest.fail(f"a mail loads nothing: {url}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", letters.KINDS)
def test_a_mail_is_safe_from_what_people_typed(kind: str, language: str) -> None:
    values = hostile(styleguide.MAILS[kind])

    letter = letters.render(kind, language, values)

    assert "\n" not in letter.subject
    assert "\r" not in letter.subject
    assert "<script" not in letter.html
    assert "\u202e" not in letter.subject + letter.text + letter.html
    assert "&#x27;Malley" not in letter.text
    assert "&amp;" not in letter.subject + letter.text


def test_every_kind_of_mail_has_its_own_subject() -> None:
    subjects = {
        letters.render(kind, "en", values).subject for kind, values in styleguide.MAILS.items()
    }

    assert len(subjects) == len(letters.KINDS) == len(styleguide.MAILS)


def test_times_are_said_in_karachi_and_in_full() -> None:
    """R1: nine in the morning at Greenwich is two in the afternoon in Karachi."""
    letter = letters.render("application-received", "en", styleguide.MAILS["application-received"])

    assert "Wednesday 11 January 2023, 2:10 PM" in letter.text


def test_a_reason_is_told_word_for_word() -> None:
    """4.1.i: the lines as the focal person entered them."""
    letter = letters.render("application-rejected", "en", styleguide.MAILS["application-rejected"])

    assert "    The student card is of last year.\n    Please upload this year's.\n" in letter.text
    assert "last year.<br>Please upload" in letter.html


def test_a_revocation_without_a_deadline_gives_the_note() -> None:
    """5.z by hand."""
    values = styleguide.PERSON | {"clause": "5.z", "deadline": "", "note": "Sold the account."}

    letter = letters.render("license-revoked", "en", values)

    assert "Sold the account." in letter.text
    assert "had to happen by" not in letter.text


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(LookupError):
        letters.render("../../settings", "en", {})


def test_the_guide_is_for_hec_only(settings: Any) -> None:
    settings.DEBUG = False
    request = RequestFactory().get("/styleguide/")
    request.user = AnonymousUser()

    with pytest.raises(styleguide.PermissionDenied):
        styleguide.styleguide(request)


def test_an_address_longer_than_a_column_may_be_broken_and_a_reference_never() -> None:
    address = "muhammad.abdurrehman.makhdoomzada@students.uaf.edu.pk"

    assert 'class="long"' in components.isolated(address)
    assert 'class="number"' in components.isolated("DL-7EZ8-A9HA")
    assert components.is_long(f"Wolfeschlegelsteinhausenbergerdorff {'x' * 5}")
    assert not components.is_long("Muhammad Abdur Rehman bin Abdul Qadir al-Makhdoomzada")


def test_dates_of_tables_break_only_between_date_and_time() -> None:
    at = datetime(2023, 1, 3, 10, 10, tzinfo=UTC)

    assert components.brief_moment(at) == "Tue\u00a03\u00a0Jan\u00a02023, 3:10\u00a0PM"
    assert components.brief_day(at) == "Tue\u00a03\u00a0Jan\u00a02023"
    assert components.brief_day(None) == components.brief_moment(None) == ""


def test_columns_of_figures_line_up_and_a_column_without_a_name_is_left_out() -> None:
    table = Template(
        '{% load components %}{% case_list "Seats" "Cohort" "Held" nothing figures="2" %}'
        '<tr>{% cell "Held" figures=True %}7{% endcell %}</tr>{% endcase_list %}'
    ).render(Context())

    assert '<th scope="col" role="columnheader" class="number">Held</th>' in table
    assert '<td role="cell" class="number" data-label="Held"><div>7</div></td>' in table
    assert table.count("<th ") == 2
