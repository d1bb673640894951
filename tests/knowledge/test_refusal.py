from dataclasses import replace

import pytest

from knowledge.passages import Passage
from knowledge.policy import Logistic, load_answering
from knowledge.refusal import FEATURES, SECTION, Judge, covered, probability, share
from knowledge.retriever import Found, Retrieval
from knowledge.settings import KnowledgeSettings
from knowledge.words import Entry

PASSAGE = Passage(
    "p#0", "parking", "停车与车位", "停车收费", "前30分钟免费。之后每小时5元。", "zh", "p", "", "2026-01-01", "1", 0.0
)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(load_answering(KnowledgeSettings().answering_file))


def found(text: str = PASSAGE.text, dense: float | None = 0.86, words: float | None = 8.0, score: float = 2.0) -> Found:
    return Found(Entry(replace(PASSAGE, text=text), "车位", "", False), dense, words, score)


def held(judge: Judge, query: str, language: str, text: str) -> float:
    spots = judge.spots(query, language, {})
    return share(spots, [covered(spot, text) for spot in spots])


@pytest.mark.parametrize(
    ("query", "language", "text", "expected"),
    [
        ("请问停车要多少钱？", "zh", "停车收费", 1.0),
        ("可以洗牙吗", "zh", "停车收费", 0.0),
        ("泊车怎么收费", "zh", "停车收费", 1.0),
        ("你们医院有没有", "zh", "停车收费", 0.0),
        ("How much is parking?", "en", "Parking fees", 1.0),
        ("Is there a swimming pool?", "en", "Parking fees", 0.0),
        ("visitors in the wards", "en", "Visiting a ward", 1.0),
        ("抽血和洗牙", "zh", "抽血在二楼", 0.5),
    ],
)
def test_the_covered_share_of_a_question(judge: Judge, query: str, language: str, text: str, expected: float) -> None:
    assert held(judge, query, language, text) == pytest.approx(expected, abs=0.17)


@pytest.mark.parametrize(
    ("query", "language", "text", "missing"),
    [
        ("停车多少钱", "zh", "停车场在地下一层", True),
        ("停车多少钱", "zh", "每小时5元", False),
        ("几点关门", "zh", "请走南门", True),
        ("几点关门", "zh", "开到22:00", False),
        ("what is the phone number", "en", "Ask at the desk", True),
        ("what is the phone number", "en", "Call 0100-6123-0000", False),
        ("病案室电话多少", "zh", "病案室在六楼", True),
        ("可以带花吗", "zh", "请走南门", False),
    ],
)
def test_a_passage_must_hold_the_kind_asked_for(
    judge: Judge, query: str, language: str, text: str, missing: bool
) -> None:
    assert judge.lacks_kind(query, language, text) is missing


def test_a_plain_hit_is_answered_and_a_plain_miss_refused(judge: Judge) -> None:
    hit = found()
    assert judge.decide("停车收费吗", "zh", Retrieval((), False, (hit,))).chosen == hit
    miss = found(dense=0.78, words=0.5)
    assert judge.decide("可以洗牙吗", "zh", Retrieval((), False, (miss,))).chosen is None


def test_nothing_found_is_refused(judge: Judge) -> None:
    assert judge.decide("停车收费吗", "zh", Retrieval((), False)).chosen is None


def test_without_vectors_the_other_model_decides(judge: Judge) -> None:
    hit = found(dense=None)
    decision = judge.decide("停车收费吗", "zh", Retrieval((), True, (hit,)))
    assert decision.chosen == hit


def test_every_feature_is_computed_and_every_weight_is_a_feature(judge: Judge) -> None:
    features = judge.features("停车收费吗", "zh", found(), Retrieval((), False, (found(),)))
    assert set(features) == {*FEATURES, *SECTION}
    refusal = load_answering(KnowledgeSettings().answering_file).refusal
    assert set(refusal.with_vectors.weights) == set(FEATURES)
    assert set(refusal.words_only.weights) == set(FEATURES) - {"dense"}
    assert set(refusal.section) == set(SECTION)


def test_of_the_right_document_the_passage_that_answers_is_chosen(judge: Judge) -> None:
    where = found("停车场在地下一层。", score=2.5)
    price = found(score=2.3)
    other = replace(price, entry=replace(price.entry, passage=replace(price.passage, id="q#0", source="q")))
    retrieval = Retrieval((), False, (where, other, price))
    assert judge.decide("停车多少钱", "zh", retrieval).chosen in (price, other)
    alone = judge.decide("停车多少钱", "zh", Retrieval((), False, (where, price)))
    assert alone.chosen == price


def test_a_document_on_another_topic_counts_less(judge: Judge) -> None:
    on_topic = found("停车收费标准贴在门口，前30分钟免费。")
    passage = replace(on_topic.passage, title="轮椅", heading="归还", source="w", id="w#0")
    off_topic = replace(on_topic, entry=replace(on_topic.entry, passage=passage, keywords=""))
    confident = judge.decide("停车收费吗", "zh", Retrieval((), False, (on_topic,))).confidence
    assert judge.decide("停车收费吗", "zh", Retrieval((), False, (off_topic,))).confidence < confident


def test_a_latin_word_beside_a_chinese_one_is_known(judge: Judge) -> None:
    assert held(judge, "WiFi密码", "zh", "无线网络没有密码") == pytest.approx(1.0)


def test_a_phrase_keeps_its_empty_words(judge: Judge) -> None:
    assert held(judge, "住院要带什么", "zh", "住院的时间") < 1.0


def test_probability_is_logistic() -> None:
    model = Logistic(bias=-1.0, weights={"dense": 2.0}, threshold=0.5)
    assert probability(model, {"dense": 0.5}) == pytest.approx(0.5)
    assert probability(model, {"dense": 1e9}) == pytest.approx(1.0)
    assert probability(model, {"dense": -1e9}) == pytest.approx(0.0)


def test_of_two_like_passages_the_earlier_is_chosen_and_a_condition_only_when_asked_for(judge: Judge) -> None:
    first = found("卡在8号窗口办，5元。")
    passage = replace(first.passage, id="p#1", heading="卡丢了")
    lost = replace(first, entry=replace(first.entry, passage=passage))
    first = replace(first, entry=replace(first.entry, passage=replace(first.passage, heading="办卡")))
    retrieval = Retrieval((), False, (lost, first))
    assert judge.section("办卡多少钱", "zh", lost, retrieval) == first
    assert judge.section("卡丢了多少钱", "zh", first, retrieval) == lost
