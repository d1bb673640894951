"""Which intent a sentence has: logistic regression over n-grams and the sentence embedding."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(LogisticRegressionClassifier):
    """Rasa's logistic regression with a settable inverse regularisation `C` (Rasa fixes it at 1, measured worse here)."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's defaults, C=10 and enough iterations to converge."""
        return {**LogisticRegressionClassifier.get_default_config(), "C": 10.0, "max_iter": 500}

    def __init__(
        self,
        config: dict[str, Any],
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
    ) -> None:
        super().__init__(config, name, model_storage, resource)
        self.clf.set_params(C=float(self.config["C"]))

    def process(self, messages: list[Message]) -> list[Message]:
        """Classify messages that have no intent yet: a trusted `/intent` keeps the one it names."""
        open_messages = [message for message in messages if message.get(TEXT) and not message.get(INTENT)]
        if open_messages:
            super().process(open_messages)
        return messages
