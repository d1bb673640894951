"""Words of mixed Chinese and English text."""

from __future__ import annotations

import logging
from typing import Any

import jieba
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.jieba_tokenizer import JiebaTokenizer
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.training_data.message import Message

jieba.setLogLevel(logging.WARNING)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class MixedTokenizer(JiebaTokenizer):
    """Rasa's jieba tokenizer without white space tokens, for any language.

    Rasa's own insists on `language: zh` and keeps spaces as tokens. The dictionary is read when the component is
    loaded, not
    at the first patient's message, where it would cost a second.
    """

    @staticmethod
    def supported_languages() -> list[str] | None:
        """Every language."""
        return None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MixedTokenizer:
        """A new tokenizer with its dictionary in memory."""
        jieba.initialize()
        return super().create(config, model_storage, resource, execution_context)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> MixedTokenizer:
        """A trained tokenizer with its dictionary in memory."""
        jieba.initialize()
        return super().load(config, model_storage, resource, execution_context, **kwargs)

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Tokens of `attribute`; never an empty list, since featurizers cannot take one."""
        text = message.get(attribute) or ""
        words = [Token(word, start) for word, start, _ in jieba.tokenize(text) if not word.isspace()]
        return self._apply_token_pattern(words or [Token(text or " ", 0)])
