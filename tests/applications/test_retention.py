"""What is deleted when nobody needs it any more (DESIGN 5)."""

from datetime import timedelta

import pytest

from applications import retention
from applications.models import Application, Document
from tests.factories import SYSTEM, approved, draft, submitted

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("days", "kept"), [(89, True), (91, False)])
def test_files_go_90_days_after_the_decision_and_their_hash_stays(programme, now, days, kept):
    application = approved(now=now)

    retention.purge(by=SYSTEM, now=now + timedelta(days=days))

    document = Document.objects.get(application=application)
    assert bool(document.file) == kept
    assert bool(document.purged_at) != kept
    assert document.sha256


@pytest.mark.parametrize(("days", "drafts"), [(364, 1), (366, 0)])
def test_a_forgotten_draft_goes_whole_and_no_other_application(programme, now, days, drafts):
    draft(now=now)
    pending = submitted(now=now)

    retention.purge(by=SYSTEM, now=now + timedelta(days=days))

    assert Application.objects.filter(status="draft").count() == drafts
    assert Document.objects.filter(application__status="draft").count() == drafts
    assert Application.objects.filter(pk=pending.pk, documents__purged_at=None).exists()
