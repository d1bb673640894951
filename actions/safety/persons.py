"""Who is spoken of, and what is known of each: age, sex, pregnancy and the concepts that hold.

Ages are years as a float; three months is 0.25. Nothing here is a name: a person is a relation (`self`, `mother`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from actions.safety.text import normalise, number

SELF = "self"
_NUM = r"(\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百]+)"
_CHILD_ZH = r"(?:宝宝|宝贝|婴儿|孩子|小孩|小孩子|娃娃?|儿子|女儿|闺女|孙子|孙女|男孩|女孩|小朋友|幼儿|患儿|小家伙)"
_UNIT_YEARS = {
    "岁": 1.0,
    "周岁": 1.0,
    "个月": 1 / 12,
    "月": 1 / 12,
    "周": 7 / 365,
    "星期": 7 / 365,
    "天": 1 / 365,
    "日": 1 / 365,
}
_EN_UNITS = {"y": 1.0, "m": 1 / 12, "w": 7 / 365, "d": 1 / 365}
_EN_SMALL = {
    "one": 1.0,
    "two": 2.0,
    "three": 3.0,
    "four": 4.0,
    "five": 5.0,
    "six": 6.0,
    "seven": 7.0,
    "eight": 8.0,
    "nine": 9.0,
    "ten": 10.0,
    "eleven": 11.0,
    "twelve": 12.0,
}
_EN_NUM = rf"(\d+(?:\.\d+)?|{'|'.join(_EN_SMALL)}|a)"
_AGE_ZH = (
    re.compile(rf"{_NUM}(?:多|来)?\s*(周岁|岁)(半)?"),
    re.compile(rf"{_NUM}\s*(个月)(?:零?\s*{_NUM}\s*天)?(?:大(?!便|小)|的?{_CHILD_ZH})"),
    re.compile(rf"{_NUM}\s*(天|周)(?:大(?!便|小)|的?{_CHILD_ZH})"),
    re.compile(
        rf"(?:{_CHILD_ZH})(?:才|今年|刚|现在|已经|快|还不到|不到|是)*\s*{_NUM}\s*(个月|天|周岁|周|岁)(?!了?[没不未])(半)?"
    ),
    re.compile(rf"(?:出生|生下来)(?:才|刚|已经|第)*\s*{_NUM}\s*(个月|天|周)"),
)
_AGE_EN = (
    re.compile(rf"\b{_EN_NUM}[\s-]*(y)(?:ears?|rs?|r)?[\s-]*(?:and a half years?\s*)?old"),
    re.compile(rf"\b{_EN_NUM}[\s-]*(y)[\s/]*o\b"),
    re.compile(rf"\b{_EN_NUM}[\s-]*(m)(?:onths?|o|os)?[\s-]+(?:old|baby|infant)"),
    re.compile(rf"\b{_EN_NUM}[\s-]*(w)(?:eeks?|ks?|k)?[\s-]+(?:old|baby|infant)"),
    re.compile(rf"\b{_EN_NUM}[\s-]*(d)(?:ays?)?[\s-]+(?:old|baby|infant)"),
    re.compile(r"\b(?:aged?|is|am|im|hes|shes|turned)\s+(\d{1,3})()(?=\s*(?:[,.;]|and\b|years|female|male|$))"),
    re.compile(r"\b(\d{1,3})()\s*(?:y|yr|yrs|years?)?\s*(?:f|m|male|female|man|woman|boy|girl)\b"),
)
_UNITS_ZH = re.compile(r"[岁月周天日]|星期")
_HINT_EN = re.compile(
    r"old\b|\d\s*y|\d\s*[mwf]|baby|infant|\b(?:is|am|im|hes|shes|turned|aged?)\s+\d|\bmo\b|/o|\bboy|\bgirl|man\b"
)
_YEARS_WITHOUT_AGE = re.compile(r"\b(?:for|past|last|over)\s+$|(?:已经|病史|吃了|得了|患病)$")
_WORD_AGES = (
    (re.compile(r"新生儿|刚出生|刚生下来|没满月|未满月|\bnew\s?borns?\b|\bneonate\b"), 0.04),
    (re.compile(r"满月的?宝宝|刚满月"), 0.09),
    (re.compile(r"百天的?宝宝|刚满?百天"), 0.28),
    (re.compile(r"婴儿|小宝宝|\binfant\b|(?<!have a )(?<!having a )(?<!had a )\bbaby\b"), 0.6),
    (re.compile(r"\btoddlers?\b|\bpreschooler\b|幼儿园"), 3.0),
    (re.compile(r"小学生|\bschool ?kid\b"), 9.0),
)
_WEEKS_ZH = re.compile(rf"(?:孕|怀孕|怀了?|妊娠)(?:才|已经|快|了|大概|有)*\s*{_NUM}\s*(?:多|来)?(周|个月|月|天)")
_WEEKS_EN = re.compile(rf"\b{_EN_NUM}[\s-]*(w|m)(?:eeks?|ks?|onths?)\s*(?:and \d days? )?(?:pregnant|gestation|along)")
_MALE = re.compile(r"男[，, 。]|男性|男孩|男生|男士|儿子|孙子|我是男|\b(?:male|man|boy|his|hes|he)\b")
_FEMALE = re.compile(r"女[，, 。]|女性|女孩|女生|女士|女儿|闺女|孙女|我是女|\b(?:female|woman|girl|her|shes|she)\b")
_CHILD = re.compile(
    r"宝宝|宝贝|孩子|小孩|娃|婴儿|幼儿|小朋友|新生儿|\b(?:baby|infant|toddler|child|kid|newborn|little one)s?\b"
)


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of one person spoken of."""

    age: float | None = None
    """Years; None where not said."""
    sex: str | None = None
    """`male`, `female` or None."""
    pregnant: bool | None = None
    weeks: float | None = None
    """Weeks of pregnancy."""
    child: bool = False
    """Called a child, whatever the age."""
    concepts: frozenset[str] = frozenset()
    """Concepts said to hold now."""
    denied: frozenset[str] = frozenset()
    """Concepts said not to hold."""

    def learn(self, other: "Person") -> "Person":
        """This person with what `other` adds; the later word wins."""
        return Person(
            age=self.age if other.age is None else other.age,
            sex=other.sex or self.sex,
            pregnant=self.pregnant if other.pregnant is None else other.pregnant,
            weeks=self.weeks if other.weeks is None else other.weeks,
            child=self.child or other.child,
            concepts=(self.concepts - other.denied) | other.concepts,
            denied=(self.denied - other.concepts) | other.denied,
        )


@dataclass(frozen=True, slots=True)
class Persons:
    """Everyone spoken of in a conversation. Immutable; `update` gives the next state."""

    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    current: str = SELF
    """Whom the last turn was about."""

    def of(self, subject: str) -> Person:
        """The person of a relation, empty when not spoken of yet."""
        return self.people.get(subject, Person())

    def update(self, subject: str, learned: Person) -> "Persons":
        """These persons after a turn taught something about `subject`."""
        people = dict(self.people)
        people[subject] = self.of(subject).learn(learned)
        return replace(self, people=MappingProxyType(people), current=subject)

    def to_json(self) -> dict[str, Any]:
        """A value for `json.dumps`; `from_json` reads it back."""
        return {
            "current": self.current,
            "people": {
                subject: {
                    "age": person.age,
                    "sex": person.sex,
                    "pregnant": person.pregnant,
                    "weeks": person.weeks,
                    "child": person.child,
                    "concepts": sorted(person.concepts),
                    "denied": sorted(person.denied),
                }
                for subject, person in sorted(self.people.items())
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> "Persons":
        """Persons from what `to_json` gave; None or an empty mapping is nobody yet."""
        if not value:
            return cls()
        people = {
            str(subject): Person(
                age=one.get("age"),
                sex=one.get("sex"),
                pregnant=one.get("pregnant"),
                weeks=one.get("weeks"),
                child=bool(one.get("child", False)),
                concepts=frozenset(one.get("concepts", ())),
                denied=frozenset(one.get("denied", ())),
            )
            for subject, one in value.get("people", {}).items()
        }
        return cls(MappingProxyType(people), str(value.get("current", SELF)))


def ages_in(text: str) -> list[tuple[int, int, float]]:
    """Every age that a normalised text names, as (start, end, years) with offsets in characters, in order."""
    found: list[tuple[int, int, float]] = []
    zh = _AGE_ZH if _UNITS_ZH.search(text) else ()
    en = _AGE_EN if _HINT_EN.search(text) else ()
    for pattern in (*zh, *en):
        for match in pattern.finditer(text):
            years = _years(match)
            if years is not None and 0 <= years <= 120 and not _YEARS_WITHOUT_AGE.search(text[: match.start()]):
                found.append((match.start(), match.end(), years))
    if not found:
        for pattern, years in _WORD_AGES:
            word = pattern.search(text)
            if word:
                return [(word.start(), word.end(), years)]
    return sorted(found)


def _years(match: re.Match[str]) -> float | None:
    raw, unit = match.group(1), match.group(2) or "y"
    value = 1.0 if raw == "a" else _EN_SMALL.get(raw, number(raw))
    if value is None:
        return None
    years = value * {**_UNIT_YEARS, **_EN_UNITS}[unit]
    rest = match.group(3) if match.re.groups >= 3 else None
    if rest == "半":
        return years + 0.5
    return years + (number(rest) or 0) / 365 if rest else years


def age_in(text: str) -> float | None:
    """The first age in years that a normalised text names (72岁, 三个月零两天的宝宝, my 5-year-old), else None."""
    found = ages_in(text)
    return found[0][2] if found else None


def weeks_in(text: str) -> float | None:
    """Weeks of pregnancy that a normalised text names (孕8周, 怀孕三个月, 30 weeks pregnant), else None."""
    zh = _WEEKS_ZH.search(text)
    if zh:
        value = number(zh.group(1))
        return None if value is None else value * {"周": 1.0, "天": 1 / 7}.get(zh.group(2), 4.345)
    en = _WEEKS_EN.search(text)
    if not en:
        return None
    value = 1.0 if en.group(1) == "a" else _EN_SMALL.get(en.group(1), number(en.group(1)) or 0.0)
    return value * (1.0 if en.group(2) == "w" else 4.345)


def sex_in(text: str) -> str | None:
    """`male` or `female` when a normalised text says it once and clearly, else None."""
    male, female = _MALE.search(text), _FEMALE.search(text)
    if bool(male) == bool(female):
        return None
    return "male" if male else "female"


def read_person(texts: Iterable[str]) -> Person:
    """Age, sex and weeks of pregnancy of the one person that texts speak of; for callers without a gate."""
    person = Person()
    for text in texts:
        plain = normalise(text)
        weeks = weeks_in(plain)
        person = person.learn(
            Person(
                age=age_in(plain),
                sex=sex_in(plain),
                weeks=weeks,
                pregnant=True if weeks is not None else None,
                child=bool(_CHILD.search(plain)),
            )
        )
    return person
