# Every target makes .venv itself first. A second run installs nothing.
#   PYTHON=/path/to/python3.13   the interpreter to use, where python3 is not 3.11, 3.12 or 3.13

PY := .venv/bin/python
WORKERS ?= 4
LONG := $(addprefix tests/chaos/test_,campaign_kill.py nomination_kill.py window_kill.py broadcast_kill.py) tests/storage/test_two_processes.py
LEDGER_RUNS ?= 300
# Code is compiled once, and not again in each of the many processes that tests, play and benches start.
unexport PYTHONDONTWRITEBYTECODE
given = $(filter-out 0 no false,$(1))

.PHONY: help .venv demo test lint format bench chaos lock

help:
	@echo 'make demo            play the main job once in the terminal, then leave a chat page open (PORT=8081)'
	@echo 'make demo ONCE=1     the same, then exit; non-zero when anything went wrong'
	@echo 'make test            lint, types, import contract, tests, the short kill tests and the faults among them'
	@echo 'make lint            the first three of them'
	@echo 'make format          mend what the linter can mend'
	@echo 'make bench           benchmarks, half an hour on a quiet machine; the largest under FULL=1 (docs/benchmarks.md)'
	@echo 'make chaos           300 kills in campaigns under fire (SEED, KILLS), every other kill and fault test, the ledger'\''s machine for long'
	@echo 'make lock            compile requirements/*.txt anew; UPGRADE=1 takes newer releases'
	@echo 'make .venv           the environment alone'

.venv:
	@sh requirements/install.sh

demo: .venv
	@$(PY) -m bot demo $(if $(call given,$(ONCE)),--once) $(if $(PORT),--port $(PORT))

lint: .venv
	@echo '== ruff check'
	@$(PY) -m ruff check .
	@echo '== ruff format --check'
	@$(PY) -m ruff format --check .
	@echo '== mypy (strict)'
	@$(PY) -m mypy
	@echo '== lint-imports'
	@.venv/bin/lint-imports --no-logo

test: lint
	@echo '== pytest'
	@$(PY) -m pytest -q -n $(WORKERS) --ignore=tests/bench $(LONG:%=--ignore=%)

format: .venv
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

bench: .venv
	@FULL=$(call given,$(FULL)) $(PY) -m tests.bench

chaos: .venv
	@$(PY) -m tests.chaos
	@FULL=1 LEDGER_RUNS=$(LEDGER_RUNS) $(PY) -m pytest -q tests/chaos tests/storage/test_ledger_machine.py tests/storage/test_two_processes.py

# uv gets a place of its own, so that it never touches what it locks. run.txt is held to the versions of dev.txt.
COMPILE := var/lock-venv/bin/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url \
	--no-header --no-annotate --python-version 3.11 --quiet $(if $(call given,$(UPGRADE)),--upgrade)

lock:
	@python=$$(sh requirements/install.sh find) && "$$python" -m venv var/lock-venv
	@var/lock-venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(COMPILE) --group dev -o requirements/dev.txt
	$(COMPILE) -c requirements/dev.txt -o requirements/run.txt
