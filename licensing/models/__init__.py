from licensing.models.activity import CohortMember, Enrollment, Report, UnmatchedRow
from licensing.models.cohorts import Cohort, Programme, RevocationRule, Tranche
from licensing.models.imports import Import
from licensing.models.licenses import CourseraJob, Extension, License
from licensing.models.line import Allocation, Place
from licensing.models.revocations import RevocationCase, RevocationRun

__all__ = [
    "Allocation",
    "Cohort",
    "CohortMember",
    "CourseraJob",
    "Enrollment",
    "Extension",
    "Import",
    "License",
    "Place",
    "Programme",
    "Report",
    "RevocationCase",
    "RevocationRule",
    "RevocationRun",
    "Tranche",
    "UnmatchedRow",
]
