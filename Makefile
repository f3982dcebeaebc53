PYTHON ?= python3
PY := .venv/bin/python
# some machines forbid Python to keep compiled modules; then every process compiles all it imports again
unexport PYTHONDONTWRITEBYTECODE

help:      ## this list
	@grep -E '^[a-z]+: .*##' Makefile | sed -E 's/^([a-z]+):[^#]*## */  make \1\t/' | expand -t 18

run: .venv/.ready      ## execute every case study (MDP_PROFILE=fast|workshop|full), write _report/index.html
	@.venv/bin/mdp run

test: .venv/.ready      ## every notebook in a process of its own, and the tests of tests/
	@$(PY) -m pytest

lab: .venv/.ready      ## open the notebooks in JupyterLab
	@.venv/bin/mdp lab

prepare: .venv/.ready      ## before a commit: export, run and save the workshop outputs, clean, README (NB="nbs/x.ipynb ..." for some)
	@$(PY) tools/prepare.py $(NB)

docs: .venv/.ready      ## the notebooks as a web site in _docs, readable offline
	@$(PY) tools/docs.py

students: .venv/.ready      ## copies of the notebooks for students in _workshop: no solutions, no outputs
	@$(PY) tools/workshop.py

slides: .venv/.ready   ## the slides of the half-day workshop, one file in _slides that needs no network
	@$(PY) tools/slides.py

bench: .venv/.ready      ## side by side with the peers, each in an environment of its own
	@for b in $(filter-out benchmarks/peer% benchmarks/_%,$(wildcard benchmarks/*.py)); do $(PY) $$b || exit 1; done

lock: .venv/.ready      ## resolve requirements.txt anew from pyproject.toml
	@$(PY) tools/lock.py

.venv/.ready: requirements.txt pyproject.toml tools/setup.py
	@$(PYTHON) tools/setup.py

.PHONY: help run test lab prepare docs students slides bench lock
.DEFAULT_GOAL := help
