# The two commands of the README are `make demo` and `make test`; both call `make setup`.
.PHONY: setup demo test check compiled servers kubernetes faults bench docs snapshots items sample lock wheel clean recording
BIN := .venv/bin
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/mmcockpit
# Some images forbid compiled files; then every start of a program compiles all that it imports.
export PYTHONDONTWRITEBYTECODE :=

setup: .venv/.ready

.venv/.ready: pyproject.toml requirements.lock .ci/setup
	.ci/setup
	touch $@

demo: setup
	$(BIN)/mmcockpit demo

servers: setup
	.ci/servers

kubernetes: setup
	.ci/kubernetes

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --cache-dir $(CACHE)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/deptry .

test: setup
	$(MAKE) -j 2 check servers compiled
	$(BIN)/pytest -n auto --dist loadgroup

# Else each of the processes that run the tests compiles all of them at the same time.
compiled: setup
	$(BIN)/python -m compileall -q mmcockpit
	$(BIN)/pytest --collect-only -qq >/dev/null

faults: servers
	$(BIN)/pytest tests/items/fault_table.py -s

bench: setup
	$(BIN)/python -m tests.bench

docs: setup
	$(BIN)/python -m tests.docs.reference
	$(BIN)/sphinx-build -q -W -b html docs docs/_build

recording: setup
	$(BIN)/python -m tests.docs.recording

snapshots: setup
	$(BIN)/pytest tests/ui --snapshot-update

items: setup
	$(BIN)/python -m tests.items.states

sample: setup
	$(BIN)/python -m tests.sample.record

lock:
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --all-extras --python-version 3.11 pyproject.toml --output-file requirements.lock

wheel: setup
	$(BIN)/uv build --wheel --out-dir dist

clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
