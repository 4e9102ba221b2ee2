"""What is deleted when nobody needs it any more (DESIGN 5)."""

from datetime import timedelta

import pytest

from applications import retention
from applications.models import Application, Document
from licensing import programme as loading
from tests.factories import SYSTEM, YEAR_2, approved, draft, submitted

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("days", "kept"), [(89, True), (91, False)])
def test_files_go_90_days_after_the_decision_and_their_hash_stays(programme, now, days, kept):
    application = approved(now=now)

    retention.purge(by=SYSTEM, now=now + timedelta(days=days))

    document = Document.objects.get(application=application)
    assert bool(document.file) == kept
    assert bool(document.purged_at) != kept
    assert document.sha256


def test_how_long_is_the_programmes_to_say(programme, now):
    text = YEAR_2.read_text(encoding="utf-8")
    shorter = text.replace("retention_days = 90", "retention_days = 30")
    loading.load(shorter, YEAR_2.name, by=SYSTEM, now=now)
    application = approved(now=now)

    retention.purge(by=SYSTEM, now=now + timedelta(days=31))

    assert Document.objects.get(application=application).purged_at


@pytest.mark.parametrize(("days", "drafts"), [(364, 1), (366, 0)])
def test_a_forgotten_draft_goes_whole_and_no_other_application(programme, now, days, drafts):
    draft(now=now)
    pending = submitted(now=now)

    retention.purge(by=SYSTEM, now=now + timedelta(days=days))

    assert Application.objects.filter(status="draft").count() == drafts
    assert Document.objects.filter(application__status="draft").count() == drafts
    assert Application.objects.filter(pk=pending.pk, documents__purged_at=None).exists()
