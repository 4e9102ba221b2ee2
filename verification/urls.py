"""The Admin portal: the focal persons' queue, and HEC's console below `hec/`."""

from django.urls import path, re_path

from verification.console import (
    applications,
    buckets,
    edges,
    home,
    imports,
    licenses,
    policy,
    staff,
    universities,
)
from verification.views import decide, decided, numbers, queue, review
from verification.views.home import admin_home
from verification.views.keyboard import keyboard

urlpatterns = [
    path("", admin_home, name="admin_home"),
    path("queue/<int:university>/", queue.queue, name="queue"),
    path("queue/<int:university>/next/", decide.next_in_turn, name="next_in_turn"),
    path("decided/<int:university>/", decided.decided, name="decided"),
    path("numbers/<int:university>/", numbers.numbers, name="numbers"),
    path("review/<str:reference>/", review.review, name="review"),
    path("review/<str:reference>/meanwhile/", review.meanwhile, name="meanwhile"),
    path("review/<str:reference>/approve/", decide.Approve.as_view(), name="approve"),
    path("review/<str:reference>/reject/", decide.Reject.as_view(), name="reject"),
    path("review/<str:reference>/ask/", decide.Ask.as_view(), name="ask"),
    path("keyboard/", keyboard, name="keyboard"),
    path("hec/", home.hec_home, name="hec_home"),
    path("hec/queues/", home.hec_queues, name="hec_queues"),
    path("hec/search/", home.hec_search, name="hec_search"),
    path("hec/universities/", universities.hec_universities, name="hec_universities"),
    path("hec/universities/new/", universities.hec_university_add, name="hec_university_add"),
    path("hec/universities/<int:pk>/", universities.hec_university, name="hec_university"),
    path("hec/universities/<int:pk>/nominate/", universities.hec_nominate, name="hec_nominate"),
    path(
        "hec/universities/<int:pk>/recognition/",
        universities.hec_recognition,
        name="hec_recognition",
    ),
    path("hec/focal-persons/<int:pk>/end/", universities.hec_focal_end, name="hec_focal_end"),
    path(
        "hec/focal-persons/<int:pk>/suspend/",
        universities.hec_focal_suspend,
        name="hec_focal_suspend",
    ),
    path(
        "hec/focal-persons/<int:pk>/replace/",
        universities.hec_focal_replace,
        name="hec_focal_replace",
    ),
    path("hec/staff/", staff.hec_staff_list, name="hec_staff"),
    path("hec/staff/<int:pk>/suspend/", staff.hec_staff_suspend, name="hec_staff_suspend"),
    path("hec/staff/<int:pk>/second-factor/", staff.hec_factor_reset, name="hec_factor_reset"),
    path("hec/invitations/", staff.hec_invitations, name="hec_invitations"),
    path(
        "hec/invitations/<int:pk>/again/", staff.hec_invitation_again, name="hec_invitation_again"
    ),
    path(
        "hec/invitations/<int:pk>/withdraw/",
        staff.hec_invitation_withdraw,
        name="hec_invitation_withdraw",
    ),
    path("hec/applications/<str:reference>/", applications.hec_application, name="hec_application"),
    path("hec/policy/", policy.hec_policy, name="hec_policy"),
    path("hec/disputes/", applications.hec_disputes, name="hec_disputes"),
    path("hec/disputes/<int:pk>/", applications.hec_dispute, name="hec_dispute"),
    path("hec/bucket/", buckets.hec_bucket, name="hec_bucket"),
    path("hec/bucket/<int:pk>/", buckets.hec_ledger, name="hec_ledger"),
    path("hec/bucket/runs/<int:pk>/", buckets.hec_allocation, name="hec_allocation"),
    path("hec/cohorts/", buckets.hec_cohorts, name="hec_cohorts"),
    path("hec/cohorts/<int:pk>/tranches/new/", buckets.hec_tranche_add, name="hec_tranche_add"),
    path("hec/cases/", licenses.hec_cases, name="hec_cases"),
    path("hec/cases/<str:reference>/", licenses.hec_case, name="hec_case"),
    path(
        "hec/licenses/<str:reference>/revoke/",
        licenses.hec_license_revoke,
        name="hec_license_revoke",
    ),
    path("hec/runs/", licenses.hec_runs, name="hec_runs"),
    path("hec/runs/<int:pk>/confirm/", licenses.hec_run_confirm, name="hec_run_confirm"),
    path("hec/outbox/", edges.hec_outbox, name="hec_outbox"),
    path("hec/outbox/mails/<int:pk>/again/", edges.hec_mail_again, name="hec_mail_again"),
    path("hec/outbox/jobs/<int:pk>/again/", edges.hec_job_again, name="hec_job_again"),
    path("hec/reports/", edges.hec_reports, name="hec_reports"),
    path("hec/reports/<int:pk>/", edges.hec_report, name="hec_report"),
    path("hec/invites/", edges.hec_invites, name="hec_invites"),
    path("hec/invites/<slug:name>/", edges.hec_invites_file, name="hec_invites_file"),
    path(
        "hec/invites/<slug:name>/uploaded/",
        edges.hec_invites_uploaded,
        name="hec_invites_uploaded",
    ),
    path("hec/imports/", imports.hec_imports, name="hec_imports"),
    path("hec/imports/<int:pk>/", imports.hec_import, name="hec_import"),
    re_path(
        r"^hec/imports/(?P<pk>[0-9]+)/(?P<what>errors|never-activated)\.csv$",
        imports.hec_import_list,
        name="hec_import_list",
    ),
    path("hec/cohort-users/", imports.hec_cohort_users, name="hec_cohort_users"),
    path("hec/reports/rows/<int:pk>/", imports.hec_row_match, name="hec_row_match"),
    path("hec/removals/", imports.hec_removals, name="hec_removals"),
    path("hec/removals/<slug:name>/", imports.hec_removals_file, name="hec_removals_file"),
    path("hec/removals/<slug:name>/done/", imports.hec_removals_done, name="hec_removals_done"),
]
