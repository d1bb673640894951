"""What the trained NLU makes of sentences: `python -m bot.rasa.parse MODEL`, JSON lines in, JSON lines out.

    {"text": "我想挂号"}
      → {"intent": "book", "confidence": 0.93, "ranking": [{"name": "book", "confidence": 0.93}, …]}

A text passes the channel's own reading first, so it is measured as a patient's turn is. An answer has the place of
its question; `intent` is null for a text that the channel would refuse.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from rasa.core.agent import Agent

from bot.rasa.channel import read_turn

RANKED = 3
"""Intents told of each text, the most likely first."""


async def parse(agent: Agent, text: str) -> dict[str, Any]:
    """The intent of one text."""
    body = {"sender": "evaluation", "message_id": "evaluation", "text": text, "channel": "kiosk", "language": "zh"}
    message, _ = read_turn(body)
    if message is None:
        raise SystemExit(f"the channel refuses {text!r}")
    parsed = await agent.processor.parse_message(message)
    ranking = parsed.get("intent_ranking") or []
    return {
        "intent": parsed["intent"]["name"],
        "confidence": parsed["intent"]["confidence"],
        "ranking": [{"name": one["name"], "confidence": one["confidence"]} for one in ranking[:RANKED]],
    }


def parse_all(model: str, lines: Iterable[str]) -> Iterator[str]:
    """An answer for each line, as JSON."""
    loop = asyncio.new_event_loop()
    agent = Agent.load(model)
    if not agent.is_ready():
        raise SystemExit(f"{model} holds no model that can be used")
    for line in lines:
        yield json.dumps(loop.run_until_complete(parse(agent, json.loads(line)["text"])), ensure_ascii=False)


def main() -> None:
    """Answers alone go to standard output; whatever Rasa prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with answers, open(0, encoding="utf-8", newline="\n") as questions:
        for answer in parse_all(sys.argv[1], questions):
            print(answer, file=answers, flush=True)


if __name__ == "__main__":
    main()
