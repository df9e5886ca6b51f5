# Everything one does with a checkout. `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check bench results comparison docs screenshots lock clean

# Where Python is told to keep no compiled modules, every command would compile all packages anew: ten seconds each.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
WORKSPACE ?= workspace
READY := .venv/installed

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with the pinned packages and the project itself

$(READY): requirements.lock pyproject.toml .ci/setup .ci/openmp.py
	@.ci/setup

demo: $(READY) ## Synthetic CRM to four answers on the screen; leaves ./workspace to serve
	@$(BIN)/dealcast demo --workspace $(WORKSPACE)

serve: $(READY) ## The API and the pages on 127.0.0.1, from ./workspace
	@$(BIN)/dealcast serve --workspace $(WORKSPACE) --demo-sign-ins

# Two processes share two processors: with threads of their own they would take a quarter more of them.
test: $(READY) ## Every test, on two processes
	@OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

check: $(READY) ## Style, format, import contracts and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

bench: $(READY) ## Measure speed and memory on synthetic data and write docs/speed.md
	@$(BIN)/python -m benchmarks

results: $(READY) ## Measure the models on the evaluation data, when present, and write docs/results.md
	@$(BIN)/python -m benchmarks.results

comparison: $(READY) ## Measure other designs of the model on the same rows and write docs/comparison.md
	@$(BIN)/python -m benchmarks.comparison

docs: $(READY) ## Write the generated pages of docs/
	@$(BIN)/python -m docs.generate

screenshots: $(READY) ## Take the pictures of docs/img/ from ./workspace, after make demo; needs chromium
	@$(BIN)/python -m docs.screenshots $(WORKSPACE)

lock: $(READY) ## Renew requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --upgrade -o requirements.lock

clean: ## Remove .venv and what tools leave behind; workspaces and models stay
	rm -rf .venv build .ruff_cache .mypy_cache .hypothesis .import_linter_cache
