# make demo    what it does, end to end (installs libtorch into .venv the first time)
# make test    the whole test suite
# make mining  what the retrieval of companions costs with as many samples as CMU-MOSEI has
# make bench   training steps and evaluations beside PyTorch, by turns; ARGS="--quick" tries it, docs/speed.md explains it
# make soak    kills trainings at random moments and resumes them; their files have to be the same bits
# make build   optimised programs in target/release
# make install to PREFIX (~/.local); make uninstall undoes it
#
# An existing LIBTORCH, or LIBTORCH_USE_PYTORCH=1, is used instead of .venv; it has to be version 2.11.

PREFIX ?= $(HOME)/.local
CARGO ?= cargo

# scripts/libtorch.sh installs or checks, and prints LIBTORCH=..; its errors end the target.
with_torch = set -e; torch="$$(scripts/libtorch.sh)"; test "$$torch" = LIBTORCH= || export "$$torch"

# The recipes below name what they build.
export CARGO_TARGET_DIR := $(CURDIR)/target

.DEFAULT_GOAL := help
.PHONY: help setup build demo mining bench soak test parity-env install uninstall clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

setup:
	@scripts/libtorch.sh

# Both programs in one compilation: `dsc` without libtorch in it, so that it starts at once, and `dsc-rt` with it.
build:
	@$(with_torch); $(CARGO) build --release

# Uses the profile of the tests: one compilation of the dependencies serves both.
demo:
	@$(with_torch); $(CARGO) build
	@target/debug/dsc demo

mining:
	@$(CARGO) run --release --package dsc-experiment --example mining

# Both sides compute with libtorch 2.11: dsc with that of .venv, PyTorch with that of .venv-parity.
bench: build
	@scripts/parity-env.sh; .venv-parity/bin/python scripts/bench/bench.py --dsc target/release/dsc $(ARGS)

soak: build
	@scripts/resume_soak.py --dsc target/release/dsc $(ARGS)
	@scripts/resume_soak.py --dsc target/release/dsc --model dashfusion --seeds 2 --epochs 2 --threads 2 --kills 8 --longest 15

# libtorch first: its checks name a missing compiler before anything large is fetched.
test:
	@$(with_torch); scripts/parity-env.sh; scripts/test.sh

# A second environment with PyTorch itself, for the tests that compare with it.
parity-env:
	@scripts/parity-env.sh

install: build
	@scripts/install.sh target/release "$(PREFIX)"

uninstall:
	rm -f "$(PREFIX)/bin/dsc"
	rm -rf "$(PREFIX)/lib/dsc"

# Leaves .venv, which takes a download to make again.
clean:
	$(CARGO) clean
