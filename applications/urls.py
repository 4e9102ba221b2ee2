"""The applicant portal."""

from django.urls import path

from applications.views import account, activation, apply, dashboard, documents, policy, start

urlpatterns = [
    path("", start.start, name="start"),
    path("can-i-apply/", start.can_i_apply, name="can_i_apply"),
    path("policy/", policy.policy, name="policy"),
    path("apply/", apply.apply, name="apply"),
    path("apply/role/", apply.apply_role, name="apply_role"),
    path("apply/university/", apply.apply_university, name="apply_university"),
    path("apply/details/", apply.apply_details, name="apply_details"),
    path("apply/documents/", documents.apply_documents, name="apply_documents"),
    path(
        "apply/documents/<uuid:public_id>/remove/",
        documents.document_remove,
        name="document_remove",
    ),
    path("apply/check/", apply.apply_check, name="apply_check"),
    path("applications/<str:reference>/receipt/", apply.receipt, name="receipt"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("applications/<str:reference>/", dashboard.application, name="application"),
    path("applications/<str:reference>/withdraw/", dashboard.withdraw, name="withdraw"),
    path("applications/<str:reference>/answer/", dashboard.answer, name="answer"),
    path("licenses/<str:reference>/", dashboard.license, name="license"),
    path("activate/<str:token>/", activation.activate, name="activate"),
    path("account/", account.account, name="account"),
    path("accounts/email/", account.address, name="account_email"),
]
