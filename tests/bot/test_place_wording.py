"""Every rule of the gate has its words for every place, in both languages; by telephone they take six seconds."""

from __future__ import annotations

import re

import pytest
import yaml

from actions.safety.place import load_replies
from bot.console.policy import load_policy
from bot.settings import ROOT
from tests.bot.house import HOSPITAL

RULES = yaml.safe_load((HOSPITAL / "red_flags.yml").read_text(encoding="utf-8"))["rules"]
WORDS = yaml.safe_load((ROOT / "data" / "wording" / "safety.yml").read_text(encoding="utf-8"))
KEYS = sorted({rule["say"] for rule in RULES} | {"safety.second_vote"})
MOST = {"zh": 24, "en": 15}
"""Chinese characters or English words in six seconds of speech."""


def length(text: str, language: str) -> int:
    text = text.replace("{line:spell}", "1 2 3 5 6")
    return len(re.findall(r"[\u4e00-\u9fff0-9A-Za-z]", text)) if language == "zh" else len(text.split())


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("key", KEYS)
def test_every_rule_has_words_for_every_place(key: str, language: str) -> None:
    parts = WORDS[key][language]
    assert {"text", "kiosk", "phone"} <= set(parts)
    assert length(parts["phone"], language) <= MOST[language]
    assert len({parts["text"], parts["kiosk"], parts["phone"]}) == 3


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("key", ["safety.still", "safety.still_staff", "safety.still_support"])
def test_what_is_said_again_by_telephone_is_as_short(key: str, language: str) -> None:
    assert length(WORDS[key][language]["phone"], language) <= MOST[language]


@pytest.mark.parametrize("key", sorted({rule["say"] for rule in RULES if rule["level"] == "emergency"}))
def test_a_kiosk_sends_nobody_out_to_call_by_themselves(key: str) -> None:
    for language, staff in (("zh", "工作人员"), ("en", "staff")):
        assert staff in WORDS[key][language]["kiosk"], language


def test_every_rule_that_gives_first_aid_names_its_public_source() -> None:
    assert [rule["id"] for rule in RULES if not {"name", "publisher", "year"} <= set(rule["source"])] == []


def test_the_replies_name_rules_and_roles_that_exist() -> None:
    replies, roles = load_replies(HOSPITAL), set(load_policy().roles)
    assert set(replies.rules) <= {rule["id"] for rule in RULES}
    assert {*replies.paging.first.roles, *replies.paging.wider.roles} <= roles
    assert set(replies.paging.first.roles) < set(replies.paging.wider.roles)
    assert {rule["id"] for rule in RULES if rule["topic"] == "self_harm"} <= {
        rule for rule, treatment in replies.rules.items() if treatment.ends_by == "staff" and treatment.support
    }


def test_short_answers_are_no_all_clear() -> None:
    replies = load_replies(HOSPITAL)
    assert not [
        word for word in ("好", "好的", "没有", "不用", "没事", "ok", "no", "yes", "2", "") if replies.clears(word)
    ]
    assert replies.clears("我没有危险！")
    assert replies.clears("I’m not in danger.")
