# Every command makes its own virtual environment first: tools/install.sh.
export NO_MKDOCS_2_WARNING := 1
PORT ?= 8000
export PORT

python := .venv/bin/python
schema := $(python) -m check_jsonschema --builtin-schema
figures := $(filter-out docs/figures/drawing.py, $(wildcard docs/figures/*.py))
experiments := $(wildcard docs/experiments/*.py)

.PHONY: help venv serve site test check format assemble figures experiments mutants parity page lock clean

help: ## Say what each command does
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' Makefile

venv:
	@sh tools/install.sh

serve: venv ## Build the site and serve it on 127.0.0.1, PORT=8000; a saved file shows at once
	@$(python) tools/serve.py

site: venv ## Build the site into site/
	@$(python) -m mkdocs build --strict

test: venv ## Prove everything; ARGS="-k rnn" only some, and no coverage
	@$(python) -m pytest -n 2 $(if $(ARGS),$(ARGS),--cov)

check: venv ## Lint, spelling, schemas
	@$(python) -m ruff check
	@$(python) -m ruff format --check
	@$(python) -m codespell_lib
	@$(schema) vendor.github-workflows .github/workflows/*.yml
	@$(schema) vendor.dependabot .github/dependabot.yml
	@$(schema) vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	@$(schema) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@$(schema) vendor.citation-file-format --force-filetype yaml CITATION.cff
	@$(python) -m pre_commit validate-config

format: venv ## Format the code and mend what ruff can
	@$(python) -m ruff check --fix
	@$(python) -m ruff format

assemble: venv ## Write char_lstm.py again, out of the other snippets
	@$(python) tools/assemble.py

figures: venv ## Draw all figures again
	@for figure in $(figures); do PYTHONPATH=. $(python) $$figure || exit; done

experiments: venv ## Run all experiments at full size: minutes
	@for experiment in $(experiments); do PYTHONPATH=. $(python) $$experiment --full || exit; done

mutants: venv ## Break the snippets on purpose and say which share the tests catch: minutes; ARGS=snippets/rnn.py only there
	@$(python) tools/mutants.py $(ARGS)

parity: ## Compare the cells with PyTorch and Keras, in an environment of their own: minutes
	@sh tests/parity/run.sh

page: venv ## Lay out a new page: NAME=gru-reset-after, CELL=1 for a cell
	@$(python) tools/new_page.py "$(NAME)" $(if $(CELL),--cell) $(if $(SECTION),--section "$(SECTION)")

lock: ## Write requirements.txt again (needs uv); ARGS=--upgrade for newer versions
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH." >&2; exit 1; }
	@UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet --universal --generate-hashes \
		--python-version 3.12 --group dev pyproject.toml -o requirements.txt $(ARGS)

clean: ## Remove what the commands made
	@rm -rf .venv site mutants .cache .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
