"""Submitting in two windows at the same moment is submitting once (4.1.b, I2)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from dlsei.models import Event, Mail
from licensing import programme
from tests.factories import SYSTEM, YEAR_2, draft

DETAILS = {
    "program": "BS Physics",
    "department": "Physics",
    "registration_number": "7",
    "semester": "2",
}


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_windows(clock, now) -> None:
    programme.load(YEAR_2.read_text(encoding="utf-8"), YEAR_2.name, by=SYSTEM, now=now)
    application = draft(**DETAILS)
    together = Barrier(2)

    def window(_: int) -> str:
        client = Client()
        client.force_login(application.person)
        together.wait()
        try:
            answer = client.post(
                "/apply/check/", {"reference": application.reference, "declared": "on"}
            )
            return answer["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as windows:
        shown = set(windows.map(window, range(2)))

    assert shown == {f"/applications/{application.reference}/receipt/"}
    assert Event.objects.about(application).filter(to_state="pending").count() == 1
    assert Mail.objects.filter(kind="application-received").count() == 1
