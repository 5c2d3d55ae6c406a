# Two commands: `make study` and `make test`. Both set up .venv first and skip what is there.

PLAN ?=
CORES ?= 2
DATASETS ?=
K ?= 39
STUDY ?= otscc-simulated
PORT ?= 5000
BENCH ?=

PYTHON ?= python3
# The lock that .venv was set up with stays, until another is asked for.
LOCK ?= $(if $(wildcard .venv/.ready-gpu),gpu,cpu)
WHEELS ?=
BIN := .venv/bin
READY := .venv/.ready-$(LOCK)
RUNS := results/$(STUDY)/dossier/mlflow/runs.db
CONFIG := $(if $(PLAN),plan='$(PLAN)') $(if $(DATASETS),datasets='$(DATASETS)')

.PHONY: study null report setup wheels locks test lint format docs mlflow bench

study: $(READY)
	@$(BIN)/radproof check $(if $(PLAN),'$(PLAN)') $(foreach entry,$(DATASETS),--dataset '$(entry)')
	@$(BIN)/snakemake --cores $(CORES) $(if $(strip $(CONFIG)),--config $(CONFIG))

# The study with its negative control: K permutations of the outcome.
null: $(READY)
	@$(BIN)/snakemake null --cores $(CORES) --config permutations=$(K) $(CONFIG)

setup: $(READY)

$(READY): envs/$(LOCK).lock envs/setup.sh pyproject.toml
	@PYTHON='$(PYTHON)' LOCK=$(LOCK) WHEELS='$(WHEELS)' sh envs/setup.sh

# Everything that setup installs, in a folder, for machines that reach no registry.
wheels:
	@PYTHON='$(PYTHON)' LOCK=$(LOCK) WHEELS='$(or $(WHEELS),wheels)' sh envs/wheels.sh

# Both locks from pyproject.toml; what they hold already keeps its version where it can.
locks: $(READY)
	@$(BIN)/uv pip compile pyproject.toml --extra cpu --quiet --generate-hashes --no-emit-index-url -o envs/cpu.lock
	@$(BIN)/uv pip compile pyproject.toml --extra gpu --quiet --constraint envs/cpu.lock --generate-hashes --no-emit-index-url -o envs/gpu.lock

test: $(READY)
	@$(BIN)/python -m pytest tests -m 'not study' -n $(CORES) --dist loadscope
	@$(BIN)/python -m pytest tests -m study

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/snakefmt --check Snakefile workflow/rules
	@$(BIN)/mypy
	@$(BIN)/snakemake --lint

# Snakemake's own report of a finished study; figures and tables with their captions.
report: $(READY)
	@$(BIN)/snakemake --cores 1 --report results/report.html $(if $(strip $(CONFIG)),--config $(CONFIG))

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/snakefmt Snakefile workflow/rules

# The logged runs of STUDY in a browser, on this machine alone.
mlflow: $(READY)
	@test -f '$(RUNS)' || { echo 'no runs are logged in $(RUNS): run make study first, or name another study by STUDY=; runs that went to a server are seen there' >&2; exit 2; }
	@MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(BIN)/mlflow ui --host 127.0.0.1 --port $(PORT) --backend-store-uri 'sqlite:///$(CURDIR)/$(RUNS)'

# Every benchmark, or those of one name (BENCH=segmentation); hours, on a machine that does nothing else.
bench: $(READY)
	@$(BIN)/python benchmarks $(BENCH)

docs: $(READY)
	@$(BIN)/python -c 'from radproof.schema_docs import configuration_reference as text; print(text(), end="")' > config/.README.md && mv config/.README.md config/README.md
