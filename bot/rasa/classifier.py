"""Which intent a sentence has: logistic regression over n-grams and the sentence embedding."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.preprocessing import normalize


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(LogisticRegressionClassifier):
    """Rasa's logistic regression with a settable inverse regularisation `C` and n-gram counts brought to one length.

    Rasa fixes C at 1 and leaves counts as they are, so that a long sentence outweighs its own embedding and training
    does not converge (docs/benchmarks.md, Intents).
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's defaults, and `sparse_norm`: length of the n-gram vector beside an embedding of length 6."""
        return {**LogisticRegressionClassifier.get_default_config(), "C": 10.0, "max_iter": 100, "sparse_norm": 6.0}

    def __init__(
        self,
        config: dict[str, Any],
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
    ) -> None:
        super().__init__(config, name, model_storage, resource)
        self.clf.set_params(C=float(self.config["C"]))

    def _create_X(self, messages: list[Message]) -> csr_matrix:
        """Sentence features, messages × (n-grams + embedding)."""
        counts = vstack([message.get_sparse_features(attribute=TEXT)[1].features for message in messages])
        vectors = np.vstack([message.get_dense_features(attribute=TEXT)[1].features for message in messages])
        scaled = normalize(csr_matrix(counts, dtype=np.float32)) * float(self.config["sparse_norm"])
        return hstack([scaled, csr_matrix(vectors)]).tocsr()

    def process(self, messages: list[Message]) -> list[Message]:
        """Classify messages that have no intent yet: a trusted `/intent` keeps the one it names."""
        open_messages = [message for message in messages if message.get(TEXT) and not message.get(INTENT)]
        if open_messages:
            super().process(open_messages)
        return messages
