import json

import numpy as np
import pytest
import yaml

from knowledge.calibrate import Fit, Sample, best_threshold, fit, told
from knowledge.evaluation import AnswerRow
from knowledge.policy import Logistic
from knowledge.settings import ROOT, KnowledgeSettings

QUESTIONS = ROOT / "tests/evaluation/answers_dev.jsonl"


def row(number: int, answerable: bool) -> AnswerRow:
    return AnswerRow(str(number), "?", "zh", answerable, (), (), "")


def test_the_threshold_parts_right_answers_from_refusals() -> None:
    rows = [row(0, True), row(1, True), row(2, False), row(3, False)]
    judged = [Sample(number, {}, number < 2, number < 2) for number in range(4)]
    threshold, cited, refused = best_threshold(rows, judged, np.array([0.9, 0.7, 0.4, 0.2]))
    assert 0.4 < threshold <= 0.7
    assert (cited, refused) == (1.0, 1.0)


def test_only_a_question_s_likeliest_passage_counts() -> None:
    rows = [row(0, True), row(1, False)]
    judged = [Sample(0, {}, True, True), Sample(0, {}, False, False), Sample(1, {}, False, False)]
    _, cited, _ = best_threshold(rows, judged, np.array([0.6, 0.8, 0.1]))
    assert cited == 0.0


def test_a_fit_finds_the_telling_feature_and_can_be_read_back() -> None:
    random = np.random.default_rng(1)
    rows = [row(number, number % 2 == 0) for number in range(60)]
    judged = [
        Sample(number, {"dense": each.answerable + random.normal(0, 0.2), "words": random.normal()}, each.answerable,
               each.answerable)
        for number, each in enumerate(rows)
    ]  # fmt: skip
    fitted = fit(rows, judged, ["dense", "words"])
    assert fitted.weights["dense"] > 5 * abs(fitted.weights["words"])
    assert fitted.cited_right > 0.9
    read = Logistic.model_validate(yaml.safe_load(told("with_vectors", fitted))["with_vectors"])
    assert (read.bias, read.weights, read.threshold) == (fitted.bias, fitted.weights, fitted.threshold)


def test_a_fit_is_told_as_yaml() -> None:
    text = told("words_only", Fit(-1.0, {"coverage": 2.0}, 0.4, 0.9, 0.9))
    assert yaml.safe_load(text) == {"words_only": {"bias": -1.0, "weights": {"coverage": 2.0}, "threshold": 0.4}}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_questions_are_readable_half_unanswerable_and_true_to_the_documents(language: str) -> None:
    lines = QUESTIONS.read_text("utf-8").splitlines()
    rows = [each for each in (AnswerRow.read(json.loads(line)) for line in lines) if each.lang == language]
    assert len(rows) >= {"zh": 120, "en": 60}[language]
    assert 0.45 <= sum(not each.answerable for each in rows) / len(rows) <= 0.55
    hospital = KnowledgeSettings().hospital_dir
    for each in rows:
        texts = [(hospital / source).read_text("utf-8") for source in each.sources]
        assert bool(texts) is each.answerable
        assert not texts or any(each.holds in text for text in texts), each.id
