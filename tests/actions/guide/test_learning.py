"""Learning the classifier from a handful of cases, and reading it back."""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from actions.guide.classifier import load_classifier
from actions.guide.learning import learn_guide
from knowledge.embedder import Vector
from knowledge.errors import EmbedderUnavailable

HOSPITAL = Path(__file__).parents[3] / "knowledge" / "hospital"


class FakeEmbedder:
    """A vector made from the text's digest."""

    name = "fake"

    def query(self, text: str) -> Vector:
        digest = np.frombuffer(blake2b(text.encode(), digest_size=16).digest(), dtype=np.uint8)
        vector = digest.astype(np.float32) - 127.5
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


class BrokenEmbedder(FakeEmbedder):
    """Fails at every text."""

    def query(self, text: str) -> Vector:
        raise EmbedderUnavailable("gone")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guide")
    rows = [{"text": f"牙疼{word}", "department": "口腔科"} for word in "一二三四五六七八"]
    rows += [{"text": f"眼睛红{word}", "department": "Ophthalmology"} for word in "一二三四五六七八"]
    rows += [{"text": f"皮肤痒{word}", "department": "dermatology"} for word in "一二三四五六七八"]
    (folder / "guide_1.jsonl").write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    report = learn_guide([folder / "guide_1.jsonl"], HOSPITAL, folder / "guide.npz", FakeEmbedder())
    assert (report.cases, report.fresh, report.at_1) == (24, True, 1.0)
    assert not learn_guide([folder / "guide_1.jsonl"], HOSPITAL, folder / "guide.npz", FakeEmbedder()).fresh
    return folder / "guide.npz"


def test_what_was_learned_can_be_read_back(model: Path) -> None:
    classifier = load_classifier(model, FakeEmbedder())
    assert classifier is not None
    assert classifier.departments == ("dermatology", "ophthalmology", "stomatology")
    found = classifier.log_probabilities("牙疼得厉害")
    assert found is not None
    assert found[2] == max(found)
    assert np.exp(found).sum() == pytest.approx(1.0)
    assert classifier.log_probabilities(" ") is None


@pytest.mark.parametrize("content", [None, b"", b"no zip"])
def test_without_a_classifier_the_table_speaks_alone(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "guide.npz").write_bytes(content)
    with capture_logs() as logs:
        assert load_classifier(tmp_path / "guide.npz", FakeEmbedder()) is None
    assert [log["event"] for log in logs] == ["guide_table_alone"]


def test_a_failing_embedder_is_said_once(model: Path) -> None:
    classifier = load_classifier(model, BrokenEmbedder())
    assert classifier is not None
    with capture_logs() as logs:
        assert classifier.log_probabilities("牙疼") is None
        assert classifier.log_probabilities("眼睛红") is None
    assert [log["event"] for log in logs] == ["guide_table_alone"]


def test_what_nobody_complains_of_is_learned(tmp_path: Path) -> None:
    rows = [
        {"text": f"牙疼{word}", "department": department} for word in "一二三四五六七八" for department in ("口腔科",)
    ]
    rows += [{"text": f"眼睛红{word}", "department": "ophthalmology"} for word in "一二三四五六七八"]
    file = tmp_path / "guide_1.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    others = [f"哈哈{word}" for word in "一二三四五六七八九十"]
    learn_guide([file], HOSPITAL, tmp_path / "guide.npz", FakeEmbedder(), others=others)
    classifier = load_classifier(tmp_path / "guide.npz", FakeEmbedder())
    assert classifier is not None
    assert classifier.complains("哈哈一") < classifier.complains("牙疼一")
    assert classifier.complains("") == 1.0
