"""red_flags.yml and concepts.yml as data: schema, sources, coverage, wording."""

from pathlib import Path

import pytest
import yaml

from actions.safety.concepts import load_concepts
from actions.safety.errors import RulesInvalid
from actions.safety.gate import Gate
from actions.safety.rules import load_rules

ROOT = Path(__file__).resolve().parents[3]
HOSPITAL = ROOT / "knowledge" / "hospital"
TOPICS = {
    "chest_pain",
    "stroke",
    "breathing",
    "airway",
    "anaphylaxis",
    "bleeding",
    "unconscious",
    "seizure",
    "injury",
    "burn",
    "electricity",
    "drowning",
    "heat",
    "cold",
    "poisoning",
    "carbon_monoxide",
    "bites",
    "acute_abdomen",
    "torsion",
    "gi_bleeding",
    "sepsis",
    "meningitis",
    "dissection",
    "embolism",
    "diabetes",
    "adrenal",
    "eye",
    "obstetric",
    "infant",
    "cauda_equina",
    "limb",
    "post_operative",
    "self_harm",
    "violence",
    "confusion",
}


def test_every_heading_has_an_emergency_rule(gate: Gate) -> None:
    assert {rule.entry.topic for rule in gate.rules if rule.entry.level == "emergency"} >= TOPICS


def test_every_rule_names_a_source(gate: Gate) -> None:
    for rule in gate.rules:
        assert rule.entry.source.name.strip(), rule.entry.id
        assert rule.entry.source.publisher.strip(), rule.entry.id


def test_emergencies_are_tried_first(gate: Gate) -> None:
    levels = [rule.entry.level for rule in gate.rules]
    assert levels == sorted(levels, key=lambda level: level != "emergency")


def test_every_message_is_there_short_and_in_both_languages(gate: Gate) -> None:
    wording = yaml.safe_load((ROOT / "data" / "wording" / "safety.yml").read_text(encoding="utf-8"))
    for key in {rule.entry.say for rule in gate.rules}:
        for language, longest in (("zh", 36), ("en", 20)):
            entry = wording[key][language]
            for part in ("speech", "phone"):
                if part in entry:
                    said = entry[part] if language == "zh" else entry[part].split()
                    assert len(said) <= longest, (key, language, part)
            assert entry["text"]
            assert entry["speech"]


def test_every_emergency_message_knows_the_kiosk(gate: Gate) -> None:
    wording = yaml.safe_load((ROOT / "data" / "wording" / "safety.yml").read_text(encoding="utf-8"))
    for rule in gate.rules:
        if rule.entry.level == "emergency" and rule.entry.say != "safety.animal_bite":
            for language in ("zh", "en"):
                assert "kiosk" in wording[rule.entry.say][language], rule.entry.say


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file["rules"][0].update(level="severe"), "level"),
        (lambda file: file["rules"][0]["when"][0].update(all=["no_such_concept"]), "no_such_concept"),
        (lambda file: file["rules"].append(file["rules"][0]), "twice"),
        (lambda file: file["rules"][0].pop("source"), "source"),
        (lambda file: file["rules"][0]["when"].append({"unless": ["chest_pain"]}), "asks for nothing"),
    ],
)
def test_a_broken_rule_file_names_what_is_wrong(tmp_path: Path, change: object, message: str) -> None:
    file = yaml.safe_load((HOSPITAL / "red_flags.yml").read_text(encoding="utf-8"))
    change(file)  # type: ignore[operator]
    path = tmp_path / "red_flags.yml"
    path.write_text(yaml.safe_dump(file, allow_unicode=True), encoding="utf-8")
    categories = load_concepts(HOSPITAL / "concepts.yml").categories
    with pytest.raises(RulesInvalid, match=message):
        load_rules(path, categories)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RulesInvalid, match=r"concepts\.yml"):
        load_concepts(tmp_path / "concepts.yml")
