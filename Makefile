# Thin: each target is one script, which says what it does. `make help` lists them.
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help run start stop demo test faults mutants lint format lock verify bench screenshots \
	containers-test clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: ## Run Ops Center until Ctrl-C, on http://localhost:8069 (HTTP_PORT, DB_NAME)
	@$(PYTHON) tools/server.py run

start: ## Run Ops Center in the background (HTTP_PORT, DB_NAME)
	@$(PYTHON) tools/server.py start

stop: ## Stop what runs in the background
	@$(PYTHON) tools/server.py stop

demo: ## Try it with an App Platform of our own, which needs no account, until Ctrl-C
	@$(PYTHON) tools/demo.py

test: ## Run every test (ARGS goes to pytest)
	@$(PYTHON) tools/test.py $(ARGS)

faults: ## Kill workers for an hour, and see that nothing is lost or done twice
	@OPS_FAULT_ROUNDS=200 $(PYTHON) tools/test.py tests/faults/test_app_platform.py -s

mutants: ## Change what decides, and see whether a test fails (ARGS names modules)
	@$(PYTHON) tools/mutants.py $(ARGS)

lint: ## Run every check of the code
	@$(PYTHON) tools/lint.py

format: ## Put the code into shape
	@$(PYTHON) tools/lint.py --fix

lock: ## Write the lock files anew, with today's versions
	@$(PYTHON) tools/lock.py

verify: ## Go through the verification steps, and say which don't exist yet
	@$(PYTHON) tools/verify.py

BENCHES := host_budget health/engine health/verdicts health/uptime health/status_page health/end_to_end \
	deployments digitalocean/poll

bench: ## Measure what checks cost, in an hour (ARGS for one file in tests/bench, MINUTES a phase)
	@$(PYTHON) tools/test.py $(or $(ARGS),$(BENCHES:%=tests/bench/%.py)) -s

screenshots: ## Make the pictures in docs/images
	@$(PYTHON) tools/screenshots.py

containers-test: ## Build the image and try it in a real container engine
	@tests/containers/run

clean: ## Remove all that was made here, the database included (asks; YES=1)
	@$(PYTHON) tools/clean.py
