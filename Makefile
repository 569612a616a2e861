# The commands of the project. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup run test check bench lock messages format clean
BIN := .venv/bin
PORT ?= 8000
export PORT

help: ## List the commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | column -t -s '|'

setup: ## Make the virtual environment and install the locked libraries
	@tools/setup.sh dev

run: ## Set everything up and start the demonstration trial on PORT (8000)
	@tools/system_packages.sh run
	@tools/setup.sh runtime
	@DEMO=1 exec $(BIN)/python manage.py up

test: ## Run all tests, on SQLite and on PostgreSQL; ARGS="-k words" for some
	@tools/system_packages.sh run test
	@tools/setup.sh dev
	@$(BIN)/python tools/suite.py test $(ARGS)

check: ## Style, types, layers, templates, migrations, translations
	@tools/system_packages.sh translate
	@tools/setup.sh dev
	@$(BIN)/python tools/check.py

bench: ## Measure, on SQLite and on PostgreSQL; ARGS="--only open,save" for some
	@tools/system_packages.sh run
	@tools/setup.sh dev
	@$(BIN)/python tools/suite.py bench $(ARGS)

lock: ## Write the locked requirements anew (UPGRADE=1 takes newer releases)
	@tools/setup.sh dev
	@tools/lock.sh

messages: ## Bring the Chinese catalogue up to date with the sources
	@tools/setup.sh dev
	@$(BIN)/python tools/translations.py update

format: ## Format the sources
	@$(BIN)/ruff check --fix-only -q . ; $(BIN)/ruff format -q .

clean: ## Remove the virtual environment and everything written at run time, the demonstration trial included
	rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
