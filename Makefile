.DEFAULT_GOAL := help
SHELL := /bin/bash
bin := node_modules/.bin

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^##@ / { print "\n" substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What is given on the command line reaches the scripts through the environment, and is never a part of a shell's or
# of make's own text: `TAG='$(…)'` is a tag that is refused, not a command. Variables of the caller's shell do not count.
given := E TAG TO BACKUP SECRET FROM ONLY ARGS
$(foreach name,$(given),$(eval override $(name) := $$(if $$(findstring command line,$$(origin $(name))),$$(value $(name)))))
export $(given)
script = @read -rd "" -a more <<< "$$ARGS" || true; exec $(bin)/tsx scripts/$(1) "$${more[@]}"
environment = $${E:+"--environment=$$E"}

.PHONY: packages
packages:
	@test/sandbox/bootstrap.sh

##@ An environment: E=staging or E=production; ARGS="…" adds any option of the script

.PHONY: deploy-staging
deploy-staging: packages ## Deploy to staging: TAG=… for one particular build
	$(call script,deploy.ts --environment=staging $${TAG:+"--tag=$$TAG"})

.PHONY: deploy-production
deploy-production: packages ## Deploy to production, likewise
	$(call script,deploy.ts --environment=production $${TAG:+"--tag=$$TAG"})

.PHONY: rollback
rollback: packages ## Back to the release before: E=…, TO=… for an older one
	$(call script,rollback.ts --type=deployment $(environment) $${TO:+"--to=$$TO"})

.PHONY: rollback-db
rollback-db: packages ## Restore the newest backup: E=…, BACKUP=… for another one
	$(call script,rollback.ts --type=database $(environment) $${BACKUP:+"--backup=$$BACKUP"})

.PHONY: repair
repair: packages ## The system is down: bring back what was live. E=…
	$(call script,repair.ts $(environment))

.PHONY: backup
backup: packages ## Back the database up: E=…
	$(call script,backup.ts $(environment))

.PHONY: cleanup
cleanup: packages ## Make room: images, backups, logs that nobody needs. E=…
	$(call script,cleanup.ts $(environment))

.PHONY: status
status: packages ## How everything is, and what is wrong
	$(call script,status.ts $(environment))

.PHONY: secrets-check
secrets-check: packages ## All that is wrong with the secrets: E=…
	$(call script,secrets.ts check $(environment))

.PHONY: secrets-rotate
secrets-rotate: packages ## Security incident: new secrets, at once. E=…, SECRET=JWT_SECRET for one
	$(call script,secrets.ts rotate $${SECRET:+"$$SECRET"} $(environment))

.PHONY: adopt-plan
adopt-plan: packages ## Plan how a stack moves in that runs already: E=…, FROM=<file or project>
	$(call script,adopt.ts --plan $(environment) $${FROM:+"--from=$$FROM"})

.PHONY: logs
logs: packages ## All logs, as they come: E=…
	$(call script,enter.ts logs $(environment))

.PHONY: psql
psql: packages ## The database, as its owner: E=…
	$(call script,enter.ts psql $(environment))

.PHONY: shell-backend
shell-backend: packages ## A shell in the backend that users are on: E=…
	$(call script,enter.ts shell $(environment))

##@ This project

.PHONY: demo
demo: packages ## The main job, for real: deploy, migrate under load, break, roll back
	@$(bin)/tsx test/sandbox/demo.ts

.PHONY: test
test: packages check sandbox-up ## All tests, on pure code and on the real system
	@$(bin)/tsx test/run.ts

.PHONY: test-unit
test-unit: packages ## The tests that need no Docker
	@$(bin)/tsx test/run.ts unit

.PHONY: campaign
campaign: packages sandbox-up ## 20 deploys and 20 rollbacks under 500 requests a second
	@ROUNDS=20 $(bin)/tsx test/run.ts nothing-is-lost

.PHONY: chaos
chaos: packages sandbox-up ## 200 runs struck by faults: SEED=… RUNS=… MINUTES=…
	@$(bin)/tsx test/sandbox/chaos/main.ts

.PHONY: check
check: packages ## Types, lint, format, unused code, workflows
	@$(bin)/tsc --noEmit
	@$(bin)/biome check --error-on-warnings
	@$(bin)/knip
	@$(bin)/tsx test/actionlint.ts

.PHONY: reference
reference: packages ## Write what is made from the settings: their reference, CI's secrets
	@$(bin)/tsx test/documents/write-reference.ts

.PHONY: picture
picture: packages ## Record the demo and draw docs/demo.svg
	@$(bin)/tsx test/documents/picture/record.ts

.PHONY: sandbox-up
sandbox-up: packages ## Start the VPS in a box
	@$(bin)/tsx test/sandbox/sandbox.ts up

.PHONY: sandbox-down
sandbox-down: packages ## Remove the environments in the box
	@$(bin)/tsx test/sandbox/sandbox.ts down

.PHONY: migrate-check
migrate-check: packages ## Check the stand-in application's migrations on a scratch PostgreSQL
	@$(bin)/tsx test/sandbox/migrate-check/make.ts

.PHONY: bench
bench: packages sandbox-up ## Figures against what people do today, as ratios: ONLY=backup for a part
	@$(bin)/tsx test/sandbox/bench/main.ts $${ONLY:+"$$ONLY"}
