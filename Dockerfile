# The product as one image: web, worker and beat differ by command alone (docker-compose.yml).

FROM python:3.11-slim-bookworm AS build
ENV PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.lock /build/
RUN pip install --require-hashes --no-compile -r /build/requirements.lock
WORKDIR /app
COPY . .
# Translations and static files are made once, here; neither needs a database.
RUN set -e; \
    for po in locale/*/LC_MESSAGES/*.po; do \
      [ ! -e "$po" ] || pybabel compile --input-file "$po" --output-file "${po%.po}.mo"; \
    done; \
    SECRET_KEY=build DATABASE_URL=postgres://build/build REDIS_URL=redis://build \
      STATIC_ROOT=/app/static-root DLSEI_DATA=/tmp/build python manage.py collectstatic --noinput
# The image is read-only where it runs: each process, that of every inspection too, would compile anew.
RUN python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib /app

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 dlsei \
    && useradd --uid 10001 --gid dlsei --no-create-home --home-dir /var/lib/dlsei dlsei \
    && install --directory --mode 0700 --owner dlsei --group dlsei /var/lib/dlsei /var/backups/dlsei
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STATIC_ROOT=/app/static-root \
    DLSEI_DATA=/var/lib/dlsei
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER dlsei
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=4 CMD ["python", "deploy/healthcheck.py"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "dlsei.wsgi:application"]
