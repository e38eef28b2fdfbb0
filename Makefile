# `make` shows the targets. Everything works from a plain clone with only Python 3.11 and make, and from any folder
# with `make -C`. What it installs goes to .venv, what it draws for you to demo; git ignores both.

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help docs demo test check format samples bench bench-smoke clean

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 10

demo: .venv/program ## Turn sample_audio/ into pictures, and name them
	@$(BIN)/wav2spec sample_audio/*.wav -o demo/ --manifest demo/manifest.jsonl
	@$(BIN)/wav2spec report demo/manifest.jsonl -o demo/report.html
	@ls demo/*.png demo/*.html

test: .venv/tools ## Run every check (makes .venv if need be)
	@$(MAKE) --no-print-directory check

check: ## What `test` runs, in the .venv that is there
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest
	@$(MAKE) --no-print-directory bench-smoke

format: .venv/tools ## Put the code in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

samples: .venv/program ## Draw the pictures that are kept in sample_audio/
	$(BIN)/wav2spec sample_audio/*.wav
	for layout in down-left down-right right-up; do \
		$(BIN)/wav2spec sample_audio/speech.wav sample_audio/layouts/$$layout.png --layout $$layout || exit; done
	$(BIN)/wav2spec plot sample_audio/guitar.wav sample_audio/figures/plot.png --waveform
	$(BIN)/wav2spec compare sample_audio/guitar.wav sample_audio/figures/compare.png --window-size 512 --window-size 4096

docs: .venv/program ## Write docs/options.md from the commands
	$(BIN)/python -m wav2spec.cli.reference > docs/options.md

bench: .venv/tools ## Measure speed and memory beside the peers there are (pip install '.[bench]')
	$(BIN)/python tests/bench/run.py

bench-smoke: ## See that the benchmark works, on short files
	$(BIN)/python tests/bench/run.py --quick

clean: ## Remove what the other targets made
	rm -rf .venv demo .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A marker is made last: if an installation was cut short, it starts again.
.venv/program: pyproject.toml
	@test -n "$(PYTHON)" || { echo "wav2spec needs Python 3.11 or later" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) install --editable .
	@touch $@

.venv/tools: .venv/program
	$(PIP) install --editable '.[dev]'
	@touch $@
