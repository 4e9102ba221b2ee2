"""Everything that applicants and focal persons read is there in Urdu."""

import ast
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from unicodedata import bidirectional

import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation.template import templatize

from dlsei import letters, styleguide
from dlsei.embedded.services import PROJECT
from dlsei.policy.refusals import REFUSALS
from tests.factories import FocalPersonFactory

CATALOGUE = PROJECT / "locale" / "ur" / "LC_MESSAGES" / "django.po"
SOURCES = (
    *("templates", "dlsei/policy", "dlsei/models", "dlsei/templatetags"),
    *("dlsei/forms.py", "dlsei/letters.py", "dlsei/library_wording.py"),
    *("applications", "licensing/models", "verification"),
)
# HEC's own screens may wait for their Urdu.
OF_HEC = (
    *("templates/console", "templates/styleguide.html", "verification/console"),
    *("verification/import_forms.py", "licensing/models/imports.py"),
)
# How many strings follow each mark; those of a context have it before them.
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}
SAME_IN_URDU = {"HEC", "CNIC"}
# Patterns of dates, whose letters are Django's.
DATES = {"l، j F Y", "l، j F Y، H:i بجے"}
READ_BY_VISITORS = {
    "start": "پاکستان کی یونیورسٹیوں کے لیے مفت Coursera لائسنس",
    "can_i_apply": "کیا میں درخواست دینے کا اہل ہوں؟",
    "policy": "سابق طلبہ اور دوسرے اداروں کے لوگ درخواست نہیں دے سکتے۔",
    "account_signup": "پہلے سے اکاؤنٹ ہے؟",
    "account_login": "پاس ورڈ بھول گئے؟",
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%?[sd]")
TAG = re.compile(r"</?\w+>")
Marked = tuple[str, str, tuple[str, ...]]


@pytest.fixture(autouse=True)
def language_is_put_back() -> Iterator[None]:
    """A request leaves its language to the thread, and so to the next test."""
    with translation.override("en"):
        yield


def files() -> Iterator[Path]:
    for source in SOURCES:
        path = PROJECT / source
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            name = file.relative_to(PROJECT).as_posix()
            if file.suffix in (".py", ".html", ".txt") and not name.startswith(OF_HEC):
                yield file


def in_python(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            mark = getattr(node.func, "id", getattr(node.func, "attr", ""))
            yield (
                mark,
                tuple(
                    a.value
                    for a in node.args
                    if isinstance(a, ast.Constant) and isinstance(a.value, str)
                ),
            )


def in_template(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    code = "\n".join(line.lstrip() for line in templatize(text).splitlines())
    marks = {*PLAIN, *PLURAL, *IN_CONTEXT}
    for _, mark, strings, _ in extract_python(io.BytesIO(code.encode()), marks, [], {}):
        found = strings if isinstance(strings, tuple | list) else [strings]
        yield mark, tuple(string for string in found if string)


@cache
def marked() -> list[Marked]:
    """Where, in which context, and what: one string, or the singular and the plural."""
    found = []
    for file in files():
        read = in_python if file.suffix == ".py" else in_template
        for mark, strings in read(file.read_text(encoding="utf-8")):
            name = file.relative_to(PROJECT).as_posix()
            if mark in PLAIN and strings:
                found.append((name, "", strings[:1]))
            elif mark in PLURAL:
                found.append((name, "", strings[:2]))
            elif mark in IN_CONTEXT:
                found.append((name, strings[0], strings[1:2]))
    return found


@cache
def urdu() -> dict[tuple[str, str], tuple[str, ...]]:
    """The complete entries of the catalogue: what makemessages is unsure of is none."""
    with CATALOGUE.open("rb") as file:
        entries = [entry for entry in read_po(file, locale="ur") if entry.id and not entry.fuzzy]
    found = {}
    for entry in entries:
        plural = isinstance(entry.id, tuple | list)
        words = tuple(entry.string) if plural else (entry.string,)
        if all(words):
            found[entry.id[0] if plural else entry.id, entry.context or ""] = words
    return found


def test_many_strings_are_found() -> None:
    """A search that finds nothing would pass the tests below."""
    assert len({strings for _, _, strings in marked()}) > 800


def test_every_string_has_its_urdu() -> None:
    missing = [
        f"{file}: {strings[0]}"
        for file, context, strings in marked()
        if (strings[0], context) not in urdu()
    ]

    assert not missing, "`make messages`, then translate:\n" + "\n".join(missing)


def test_the_urdu_is_not_the_english_again() -> None:
    again = {
        strings[0]
        for _, context, strings in marked()
        if strings[0] in urdu().get((strings[0], context), ())
    }

    assert again <= SAME_IN_URDU


def test_each_entry_keeps_values_and_tags() -> None:
    for file, context, strings in marked():
        for form, words in enumerate(urdu().get((strings[0], context), ())):
            english = strings[min(form, len(strings) - 1)]
            where = f"{file}: {english}"
            assert sorted(TAG.findall(words)) == sorted(TAG.findall(english)), where
            assert set(PLACEHOLDER.findall(words)) == set(PLACEHOLDER.findall(english)), where


def test_isolating_marks_come_in_pairs() -> None:
    """An open one would reorder whatever follows it on the page."""
    for words in urdu().values():
        for form in words:
            depth = 0
            for character in form:
                depth += {"\u2066": 1, "\u2068": 1, "\u2069": -1}.get(character, 0)
                assert depth in (0, 1), form
            assert depth == 0, form


def test_a_sentence_that_begins_in_latin_says_its_direction() -> None:
    """Browsers (`dir="auto"`) and mailboxes take it from the first letter, isolated or not."""
    for words in urdu().values():
        for form in words:
            plain = PLACEHOLDER.sub("", re.sub("<bdi>.*?</bdi>|<.*?>", "", form))
            first = next((c for c in plain if bidirectional(c) in ("L", "R", "AL")), "")
            isolated = form.startswith(("\u2066", "\u2068"))
            if re.search("[\u0620-\u06d3]", form) and form not in DATES:
                assert bidirectional(first) != "L" and not isolated, f"begin with U+200F: {form}"


@pytest.mark.parametrize("name", READ_BY_VISITORS)
def test_a_visitor_reads_urdu(client: Client, programme, name: str) -> None:
    client.cookies["django_language"] = "ur"

    page = client.get(reverse(name)).content.decode()

    assert 'lang="ur" dir="rtl"' in page
    assert READ_BY_VISITORS[name] in page


def test_what_a_library_says_is_urdu(client: Client, programme) -> None:
    client.cookies["django_language"] = "ur"

    page = client.post(reverse("account_login"), {"login": "x", "password": "y"}).content.decode()

    assert "درست ای میل پتا درج کریں۔" in page


def test_a_focal_person_reads_urdu(sign_in, programme) -> None:
    focal_person = FocalPersonFactory()
    browser = sign_in(focal_person.person)
    browser.cookies["django_language"] = "ur"

    page = browser.get(reverse("queue", args=[focal_person.university_id])).content.decode()

    assert "تمام فیصلے ہو چکے ہیں۔" in page


@pytest.mark.parametrize("kind", letters.KINDS)
def test_a_mail_is_urdu(kind: str) -> None:
    letter = letters.render(kind, "ur", styleguide.MAILS[kind])

    assert re.search("[\u0600-\u06ff]", letter.subject)
    assert "محترم" in letter.text


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_is_urdu(code: str) -> None:
    with translation.override("ur"):
        assert translation.gettext(REFUSALS[code].sentence) != REFUSALS[code].sentence
