# Every command makes its own virtual environment first: tools/install.sh.
export NO_MKDOCS_2_WARNING := 1
PORT ?= 8000
export PORT

python := .venv/bin/python
pytest := OPENBLAS_NUM_THREADS=1 $(python) -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
schema := $(python) -m check_jsonschema --builtin-schema
figures := $(filter-out docs/figures/drawing.py, $(wildcard docs/figures/*.py))
compile := UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet --universal --generate-hashes --python-version 3.12
fetch := $(python) -m tools.fetch || true # without a network the rest is built all the same

.PHONY: help venv site-venv serve site test page-test outputs checks-removed check format assemble figures tiny characters data experiments publishable mutants equations parity properdocs page version addresses seal lock clean

help: ## Say what each command does
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-14s %s\n", $$1, $$2}' Makefile

venv:
	@sh tools/install.sh requirements.txt requirements-dev.txt

site-venv: # without what only the tests and checks need, a third of it
	@sh tools/install.sh requirements.txt

serve: site-venv ## Build the site and serve it on 127.0.0.1, PORT=8000; NAME=lstm only that page, which shows changes sooner
	@$(fetch)
	@$(if $(NAME),PAGE="$(NAME)") $(python) tools/serve.py

site: site-venv ## Build the site into site/
	@$(fetch)
	@$(python) -m mkdocs build --strict

test: venv ## Prove everything; ARGS="-k rnn" only some, and no coverage
	@$(fetch)
ifdef ARGS
	@$(pytest) $(ARGS)
else
	@$(pytest) --cov
endif

page-test: venv ## Test one page, snippet or experiment: NAME=lstm; one to three minutes
	@$(pytest) -q --page "$(NAME)"

outputs: venv ## Write what the examples of a page print into the page: NAME=lstm; look at git diff
	@$(python) -m tools.outputs "$(NAME)"

checks-removed: site-venv ## List the checks of numbers that differ from those at BASE=main, for a reviewer
	@$(python) -m tools.checks_removed "$(or $(BASE),main)"

check: venv ## Lint, spelling, schemas
	@$(python) -m ruff check
	@$(python) -m ruff format --check || { echo "make format mends this." >&2; exit 1; }
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

tiny: venv ## Train the tiny networks with which the cell pages begin; NAME=lstm only one
	@OPENBLAS_NUM_THREADS=1 $(python) -m tools.tiny $(NAME)

characters: venv ## Train the character model that writes on a page, after make data; some minutes
	@OPENBLAS_NUM_THREADS=1 $(python) -m tools.characters

data: site-venv ## Fetch the packages whose data the experiments read, once
	@$(python) -m tools.fetch

experiments: venv ## Measure what is stale, at full size; NAME=memory, FORCE=1; OLD=1 as on an older processor; SAME=1 to show that nothing changed
ifdef SAME
	@$(python) -m tools.same $(NAME) $(if $(PART),--part "$(PART)")
else
	@$(python) -m tools.experiments $(NAME) $(if $(FORCE),--force) $(if $(OLD),--old)
endif

publishable: site-venv ## Fail if the results of an experiment are stale: such a site is not published
	@$(python) -m tools.results

mutants: venv ## Break the snippets on purpose and say which share the tests catch: hours; ARGS=snippets/rnn.py only there, ARGS="--shard 3" a tenth; EQUATIONS=1 the equations
ifdef EQUATIONS
	@OPENBLAS_NUM_THREADS=1 $(python) -m tools.equation_mutants $(ARGS)
else
	@$(python) tools/mutants.py $(ARGS)
endif

equations: venv ## List the numbered equations that are not run, with the reasons
	@$(python) -m tools.equations

parity: ## Compare cells and first weights with PyTorch, Keras, Flax, ONNX and transformers, train in several processes, and run the snippets on the oldest NumPy: minutes
	@sh tests/parity/run.sh
	@sh tests/parity/run.sh tower
	@sh tests/parity/run.sh drawn
	@sh tests/parity/run.sh scaling

properdocs: site-venv ## Build the site with MkDocs and with ProperDocs, which could replace it, and compare: some minutes
	@$(fetch)
	@$(python) -m tools.properdocs

page: venv ## Lay out a new page: NAME=GRU-reset-after, CELL=1 for a cell, EXPERIMENT=1 for one
	@$(python) tools/new_page.py "$(NAME)" $(if $(CELL),--cell) $(if $(EXPERIMENT),--experiment) $(if $(SECTION),--section "$(SECTION)")

version: venv ## Record that the code of a snippet has changed: NAME=lstm; with CHANGES="what is new" as a new version
	@$(python) -m tools.versions $(NAME) $(if $(CHANGES),--changes "$$CHANGES")

addresses: venv ## Add the addresses of new pages and headings to those that are kept
	@$(fetch)
	@$(python) -m mkdocs build --strict
	@$(python) -m tools.addresses site

seal: venv ## Seal references and claims as they are, once somebody has compared what is new with its source
	@$(python) -m tools.seal

lock: ## Write requirements.txt and requirements-dev.txt again (needs uv); ARGS=--upgrade for newer versions
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH." >&2; exit 1; }
	@$(compile) pyproject.toml -o requirements.txt $(ARGS)
	@$(compile) --group dev -c requirements.txt -o requirements-dev.txt $(ARGS)

clean: ## Remove what the commands made
	@rm -rf .venv site mutants .cache .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
