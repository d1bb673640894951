"""Suite `intent`: the trained NLU, asked in its own environment, against labelled sentences."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from bot.evaluation.cases import IntentCase
from bot.evaluation.faults import ParserFailed
from bot.privacy import Masker, Recogniser, normalise
from bot.processes.faults import NotSetUp
from bot.settings import ROOT, Settings
from bot.training import RASA_ENV, model_file
from knowledge.directory import load_directory

OUT_OF_SCOPE = "out_of_scope"
NOT_ACCEPTED = frozenset({OUT_OF_SCOPE, "nlu_fallback"})
"""What the NLU may say of a sentence that no service fits, without a service taking it."""
DEADLINE_S = 600.0
"""Seconds for loading the model and reading every row."""

Parse = Callable[[Sequence[str]], Sequence[Mapping[str, Any]]]
"""Texts in; for each `{"intent", "confidence", "ranking"}` out."""


def evaluate_intents(cases: Sequence[IntentCase], parse: Parse) -> dict[str, Any]:
    """Metrics and predictions. Raises ParserFailed where an answer is missing.

    `accuracy`: share of rows whose intent is the label to the letter, so `nlu_fallback` is always wrong;
    `macro_f1`: mean F1 over the intents that the set labels;
    `out_of_scope_accepted`: share of the rows labelled out_of_scope that a service would have taken;
    a rate without cases is None.
    """
    parsed = parse([case.text for case in cases])
    if len(parsed) != len(cases):
        raise ParserFailed(f"The NLU answered {len(parsed)} of {len(cases)} rows.")
    rows = [
        {
            "id": case.id,
            "lang": case.lang,
            "intent": case.intent,
            "predicted": found["intent"],
            "confidence": round(float(found["confidence"]), 4),
            "ranking": [f"{one['name']} {one['confidence']:.2f}" for one in found["ranking"]],
        }
        for case, found in zip(cases, parsed, strict=True)
    ]
    languages = sorted({case.lang for case in cases})
    by_lang = {lang: _rates([row for row in rows if row["lang"] == lang]) for lang in languages}
    return {"n": len(rows), "metrics": {**_rates(rows), "by_lang": by_lang}, "rows": rows}


def _rates(rows: Sequence[Mapping[str, Any]]) -> dict[str, float | int | None]:
    accepted = [row["predicted"] not in NOT_ACCEPTED for row in rows if row["intent"] == OUT_OF_SCOPE]
    return {
        "n": len(rows),
        "accuracy": _share([row["predicted"] == row["intent"] for row in rows]),
        "macro_f1": round(fmean(_f1(rows, intent) for intent in sorted({row["intent"] for row in rows})), 4),
        "out_of_scope_accepted": _share(accepted),
    }


def _f1(rows: Sequence[Mapping[str, Any]], intent: str) -> float:
    """2·hits / (labelled + predicted)."""
    labelled: int = sum(row["intent"] == intent for row in rows)
    predicted: int = sum(row["predicted"] == intent for row in rows)
    hits: int = sum(row["intent"] == row["predicted"] == intent for row in rows)
    return float(2 * hits / (labelled + predicted))


def _share(hits: Sequence[bool]) -> float | None:
    return round(sum(hits) / len(hits), 4) if hits else None


def rasa_parser(settings: Settings, root: Path = ROOT) -> Parse:
    """The trained model behind what `bot` does to a text first: normalised, personal data as tokens."""
    hospital = settings.path(settings.knowledge.hospital)
    public = [name for doctor in load_directory(hospital).doctors.values() for name in (doctor.zh, doctor.en)]
    recogniser = Recogniser.from_file(hospital / "surnames.txt", public)
    # A token like the vault's, without a vault: nothing of an evaluation is kept.
    masker = Masker(recogniser, lambda _, kind, __: f"[{kind}_k7d2]")

    def parse(texts: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        return ask_rasa(root, [masker.mask("", normalise(text)) for text in texts])

    return parse


def ask_rasa(root: Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    """What the model below `root` makes of texts. Raises NotSetUp without a model, ParserFailed where Rasa fails."""
    python, model = root / ".venv-rasa" / "bin" / "python", model_file(root)
    for file in (python, model):
        if not file.exists():
            raise NotSetUp(f"{file} is missing: run `make setup`.")
    questions = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    env = {**os.environ, **RASA_ENV, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [str(python), "-m", "bot.rasa.parse", str(model)],
            input=questions.encode(),
            capture_output=True,
            cwd=root,
            env=env,
            timeout=DEADLINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ParserFailed(f"Rasa read no more rows within {DEADLINE_S:.0f} s.") from error
    except OSError as error:
        raise ParserFailed(f"{python} cannot be run: {error.strerror}.") from error
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise ParserFailed(f"Rasa ended with status {done.returncode}: {last[0][:300]}")
    return [json.loads(line) for line in done.stdout.decode().split("\n") if line]
