# Needs Python 3.11 or newer and nothing else. Everything made lands in .venv/ and .data/.
PYTHON ?= $(or $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done),python3)
IN := .venv/bin/python -m
MANAGE := .venv/bin/python manage.py
CHROMIUM := $(or $(CHROME_BIN),$(wildcard /usr/bin/chromium),$(wildcard /usr/bin/chromium-browser),$(wildcard /usr/bin/google-chrome))
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
TEST_WORKERS ?= 2
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help run setup demo-setup test lint bench simulated story pictures reset stop lock messages

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: demo-setup $(CATALOGUES)  ## set everything up and run the product at http://localhost:8000
	@exec $(IN) dlsei.embedded.run

setup:  ## build .venv for working on the product
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed, and no $(PYTHON) was found."; exit 1; }
	@$(PYTHON) dlsei/embedded/environment.py dev

demo-setup:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed, and no $(PYTHON) was found."; exit 1; }
	@$(PYTHON) dlsei/embedded/environment.py demo

test: setup $(CATALOGUES)  ## pass the whole suite
ifeq ($(CHROMIUM)$(CI),)
	@echo "No Chromium was found (CHROME_BIN, /usr/bin/chromium): the tests in a browser are LEFT OUT."
endif
	$(IN) pytest -q -n $(TEST_WORKERS) --dist loadfile $(if $(CHROMIUM)$(CI),,-m "not browser")
	@$(IN) dlsei.embedded.services stop

lint: setup  ## style, types, layers, templates, migrations
	$(IN) ruff check .
	$(IN) ruff format --check .
	$(IN) mypy
	.venv/bin/python .venv/bin/lint-imports
	$(if $(wildcard templates/*),$(IN) djlint templates --lint --quiet)
	$(MANAGE) makemigrations --check --dry-run
	.venv/bin/python .ci/lint_migrations.py
	@# The parser itself: the wheel's own command hides its exit status.
	SITE_HOST=x SECRET_KEY=x POSTGRES_PASSWORD=x REDIS_PASSWORD=x S3_SECRET_KEY=x \
	  .venv/lib/python3*/site-packages/compose/docker-compose --env-file deploy/env.example config --quiet
	SITE_HOST=x .venv/bin/caddy validate --config deploy/Caddyfile --adapter caddyfile
	$(MANAGE) document_settings --check

bench: setup  ## measure
	$(IN) pytest -q -s tests/benchmarks

simulated: setup $(CATALOGUES)  ## fill the empty database with a simulated programme, for 'make run'
	DEMO=true $(MANAGE) simulate --into-configured --applicants $(or $(APPLICANTS),500)

story: setup  ## play the story against a running 'make run'
	$(IN) tests.story

pictures: setup $(CATALOGUES)  ## take the pictures of the README and of help anew (needs Chromium)
	$(IN) pytest -q tests/journeys/pictures.py

stop: setup  ## stop PostgreSQL and Redis, unless something uses them
	@$(IN) dlsei.embedded.services stop

reset: demo-setup  ## delete all data; the next start is a first start
	@$(IN) dlsei.embedded.services reset

lock: setup  ## resolve requirements*.in into the locks
	$(IN) uv pip compile $(LOCK) requirements.in -o requirements.lock
	$(IN) uv pip compile $(LOCK) --constraints requirements.lock requirements-demo.in -o requirements-demo.lock
	$(IN) uv pip compile $(LOCK) --constraints requirements.lock requirements-dev.in -o requirements-dev.lock

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header

messages: setup  ## collect the strings to translate (needs gettext)
	$(MANAGE) makemessages --locale ur --no-location --ignore '.venv/*' --ignore '.data/*' --ignore 'tests/*'

locale/%.mo: locale/%.po
	@$(IN) babel.messages.frontend compile --input-file $< --output-file $@
