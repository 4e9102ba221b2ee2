"""Whom HEC nominates by address alone gets in with one code sent to it (4.1.d)."""

import re
from datetime import datetime

import pytest
from django.core import mail
from django.test import Client, override_settings

from tests.factories import HecFactory, UniversityFactory
from verification import focal_persons

pytestmark = pytest.mark.django_db


@override_settings(SECOND_FACTOR_REQUIRED=False)
def test_one_code_is_enough(programme: object, now: datetime, clock: object) -> None:
    university, hec = UniversityFactory(name="University of Quetta"), HecFactory()
    focal_persons.invite("new@uoq.example", "Dr. Noor", university, now.date(), by=hec, now=now)
    browser = Client()

    browser.post("/accounts/login/code/", {"email": "new@uoq.example"})
    code = re.search(r"^\s+([\w-]{5,12})\s*$", str(mail.outbox[0].body), re.M)
    assert code
    browser.post("/accounts/login/code/confirm/", {"code": code[1]})

    assert b"University of Quetta" in browser.get("/admin/", follow=True).content
    assert [message.to for message in mail.outbox] == [["new@uoq.example"]]
