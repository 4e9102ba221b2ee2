from django.apps import AppConfig


class DlseiConfig(AppConfig):
    name = "dlsei"

    def ready(self) -> None:
        # Celery finds its app here, so that `import dlsei.policy` stays free of Celery and Django.
        from dlsei import celery  # noqa: F401
