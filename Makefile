# `make` shows the targets. Everything works from a plain clone with only Python 3.11 and make, and from any folder
# with `make -C`. What it installs goes to .venv, what it draws for you to demo; git ignores both.

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PYTEST = $(BIN)/pytest --hypothesis-profile=$(EXAMPLES)
# As many processes as processors; files are not split, since their tests share fixtures.
SIDE_BY_SIDE := -n auto --dist loadfile
# Tests that time things, or need the machine for themselves, run one by one.
APART := system or browser
# How many examples Hypothesis draws: `quick` or `repeatable`, see tests/conftest.py.
EXAMPLES := quick
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help docs demo test check test-rest attack format samples bench bench-scale bench-smoke clean

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

demo: .venv/program ## Draw sample_audio/ into demo/, and name the pictures
	@$(BIN)/wav2spec sample_audio/*.wav -o demo/ --manifest demo/manifest.jsonl -q
	@$(BIN)/wav2spec report demo/manifest.jsonl -o demo/report.html
	@$(BIN)/wav2spec plot sample_audio/guitar.wav demo/guitar-plot.png --force
	@echo 'A labelled figure:        demo/guitar-plot.png'
	@echo "TensorFlow's orientation: $$(ls demo/*.png | grep -v plot | tr '\n' ' ')"
	@echo 'A page about all of them: demo/report.html'
	@echo 'Draw your own:            $(BIN)/wav2spec plot YOUR.wav'

test: .venv/tools ## Run the quick checks (makes .venv if need be): format, lint, types, imports, fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(PYTEST) $(SIDE_BY_SIDE) -m "not ($(APART) or slow)"

check: ## Run every check there is, in some minutes
	@$(MAKE) --no-print-directory test EXAMPLES=repeatable
	@$(MAKE) --no-print-directory test-rest EXAMPLES=repeatable

test-rest: .venv/tools ## Run what `check` has beyond `test`: slow and system tests, the benchmark on short files
	$(PYTEST) $(SIDE_BY_SIDE) -m "slow and not ($(APART))"
	$(PYTEST) -m "$(APART)"
	@$(MAKE) --no-print-directory bench-smoke

# How long the attack lasts.
MINUTES := 10

attack: .venv/tools ## Run the program on hostile files, failing system calls and signals for MINUTES=10
	$(BIN)/python tests/attack/attack.py --minutes $(MINUTES)

format: .venv/tools ## Put the code in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

samples: .venv/tools ## Draw the pictures that are kept in sample_audio/
	$(BIN)/wav2spec sample_audio/*.wav
	for layout in down-left down-right right-up; do \
		$(BIN)/wav2spec sample_audio/speech.wav sample_audio/layouts/$$layout.png --layout $$layout || exit; done
	$(BIN)/wav2spec plot sample_audio/guitar.wav sample_audio/figures/plot.png --freq-scale log --waveform --force
	$(BIN)/wav2spec compare sample_audio/guitar.wav sample_audio/figures/compare.png --window-size 512 --window-size 4096
	$(BIN)/python tests/helpers/screenshots.py sample_audio sample_audio/figures

docs: .venv/tools ## Write what is generated: docs/options.md, docs/presets.md, the typed keywords
	$(BIN)/python -m wav2spec.cli.reference > docs/options.md
	$(BIN)/python tests/helpers/keywords.py | $(BIN)/ruff format - > wav2spec/settings/keywords.py
	$(BIN)/python -m wav2spec.cli.reference presets > docs/presets.md

# The rows of the benchmark that are measured, by name; others keep their last figures. By default all of them.
ROWS :=

bench: .venv/tools ## Measure speed and memory beside the peers there are (pip install '.[bench]'), all ROWS= or some
	$(BIN)/python tests/bench/run.py $(ROWS) --results .benchmark.json --document docs/benchmark.md --readme README.md

bench-scale: .venv/tools ## Measure what archives, shards, stores and --since cost beside local files, all ROWS= or some
	$(BIN)/python tests/bench/scale.py $(ROWS)

bench-smoke: .venv/tools ## See that both benchmarks work, on short files
	$(BIN)/python tests/bench/run.py --quick
	$(BIN)/python tests/bench/scale.py --clips 20 --finished 100 --rounds 1

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
