# The two commands of a fresh machine are `make run` and `make test`; everything else is a part of them.
PYTHON ?= python3
BIN = .venv/bin
SUITES = intent red_flag red_flag_spread ordinary triage guide_dialogue answers
data_intent = tests/evaluation/intents.jsonl
data_red_flag = tests/evaluation/red_flag_vignettes.jsonl
data_red_flag_spread = tests/evaluation/red_flag_spread.jsonl
data_ordinary = tests/evaluation/ordinary_turns.jsonl
data_triage = tests/evaluation/guide_vignettes.jsonl
data_guide_dialogue = tests/evaluation/guide_dialogue.jsonl
data_answers = tests/evaluation/answers_dev.jsonl
more_red_flag = --held-back tests/evaluation/holdback/red_flag_vignettes.jsonl
more_red_flag_spread = --held-back tests/evaluation/holdback/red_flag_spread.jsonl
more_ordinary = --held-back tests/evaluation/holdback/ordinary_turns.jsonl
more_triage = --held-back tests/evaluation/holdback/guide_vignettes.jsonl
more_guide_dialogue = --held-back tests/evaluation/holdback/guide_dialogue.jsonl
BENCHES = api gate

.PHONY: run setup environments setup-speech test unit check debian eval bench lock

run: setup  ## set everything up and serve http://127.0.0.1:8000
	@exec $(BIN)/yidao up

setup:  ## environments, weights, model, demo hospital, index; skips what is done
	@$(PYTHON) -m bot.setup

environments:
	@$(PYTHON) -m bot.setup --only environments

setup-speech:  ## add torch, Whisper, SpeechBrain and Coqui to .venv
	@$(PYTHON) -m bot.setup --only environments --speech

test: setup debian  ## every test
	$(BIN)/python -m pytest -m "not slow" -n 2
	$(BIN)/python -m pytest -m slow

unit: environments  ## the fast tests
	$(BIN)/python -m pytest -m "not slow" -n 2

debian:
	@$(PYTHON) -m bot.setup.debian

check: environments  ## lint, format, types, import rules, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

eval: setup  ## scorecards in test-output/
	@$(foreach suite,$(SUITES),$(BIN)/yidao eval $(suite) --data $(data_$(suite)) $(more_$(suite)) --out test-output/eval-$(suite).json && ):

bench: setup  ## figures in test-output/
	@for name in $(BENCHES); do $(BIN)/yidao bench $$name --out test-output/bench-$$name.json || exit 1; done

lock: environments  ## resolve requirements/*.in anew, keeping every version that still fits
	@$(PYTHON) -m bot.setup.locks
