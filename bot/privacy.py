"""Personal data never leaves the front door in the clear: what identifies a person becomes a token first.

Recognisers, one a kind: identity card, passport, phone, name. A name is found where the patient says it is one
("我叫…", "my name is …", "我妈李桂兰", "给张小芳挂号"), or as the whole answer to the question for a name. Values go to
the vault; text goes on with tokens such as `[NAME_k7d2]`. Rasa, its tracker, logs and prompts only ever see the latter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.personal_numbers import numbers

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
ADDRESS_ZH = re.compile(
    r"[\u4e00-\u9fff]{1,20}(?:路|街|大道|弄|巷|胡同|小区|新村|花园|苑)"
    r"\s*\d{1,5}\s*[号弄栋幢](?:楼|院)?(?:\s*\d{1,4}\s*(?:号楼|栋|幢|单元|楼|层|室|号|房))*"
)
"""A street or estate with its number; "门诊楼3楼" and "3号楼" alone are places of the hospital."""
ADDRESS_EN = re.compile(
    r"\b\d{1,5}[A-Za-z]?\s+(?:[A-Z][a-z]+\s+){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Boulevard|Blvd)\b\.?"
    r"(?:,?\s+(?:Apt|Flat|Unit|Room)\.?\s*\w{1,5})?"
)
WECHAT = re.compile(
    r"(?:微信号?|\bwechat(?: id)?)(?:是|为|\s*is)?[\s:：]*([A-Za-z][A-Za-z0-9_-]{5,19})(?![A-Za-z0-9])", re.IGNORECASE
)
PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][\s·.]?[A-Z0-9]{5,6}(?![A-Z0-9])"
)

PLAIN_KINDS = (
    ("CONTACT", EMAIL),
    ("CONTACT", WECHAT),
    ("PLATE", PLATE),
    ("ADDRESS", ADDRESS_ZH),
    ("ADDRESS", ADDRESS_EN),
)
"""Patterns that need no second look; where one has a group, the group is the value."""

LATIN_NAME = r"[A-Z][A-Za-z'’-]+(?:\s+[A-Z][A-Za-z'’.-]*){0,3}"
FULL_NAME = r"[A-Z][A-Za-z'’-]+(?:\s+[A-Z][A-Za-z'’.-]*){1,3}"
RELATIVES_EN = (
    r"(?:mother|mom|mum|father|dad|husband|wife|son|daughter|child|baby|brother|sister|grandmother|grandfather|grandma|"
    r"grandpa|friend|colleague|partner|aunt|uncle|boss)"
)
NAME_EN = re.compile(
    rf"\b(?i:my (?:full )?name is|my name's|(?:full |patient )?name\s*:|(?:her|his|the patient's|their) name is|"
    rf"patient is|i am called|call me)\s+({LATIN_NAME})"
)
SURE_EN = re.compile(
    r"\b(?:my (?:full )?name is|my name's|(?:full |patient )?name\s*[:：]|i am called|call me)\s+"
    r"([a-z][a-z'’.-]*(?:\s+[a-z][a-z'’.-]*){0,3})"
)
"""The same from those who type no capitals; cut before the first word that is no part of a name."""
FOR_EN = re.compile(rf"\b(?i:it's for|book (?:it )?for|appointment for)\s+({LATIN_NAME})")
FULL_NAME_EN = re.compile(rf"\b(?i:i am|i['’]m|this is|it is|it['’]s)\s+({FULL_NAME})")
"""After words that open much else as well ("I am Chinese"), only a first and a last name."""
RELATIVE_EN = re.compile(
    rf"\b(?i:my {RELATIVES_EN})(?i:,| is called| is named| called| named|'s name is)?\s+({LATIN_NAME})"
)
TITLED_EN = re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Mister|Madam)\b\.?\s+({LATIN_NAME})")
WHOLE_NAME_EN = re.compile(r"[A-Za-z][A-Za-z'’.-]*(?:\s+[A-Za-z][A-Za-z'’.-]*){0,4}")
NOT_A_NAME_EN = re.compile(
    r"\b(what|where|how|when|which|why|who|is|are|do|does|can|could|the|a|an|to|of|in|on|no|not|yes|ok|okay|stop|cancel|back|repeat|"
    r"help|human|person|nurse|doctor|appointment|please|change|department|speak|english|chinese|again|start|restart|tomorrow|today|"
    r"morning|afternoon|earliest|parking|hello|hi|thanks|thank|never|mind|go|wait|later|none|nothing|pardon|sorry|staff|somebody|"
    r"forget|hold|second|moment|minute|hang|let|know|sure|skip|dont|see|monday|tuesday|wednesday|thursday|friday|saturday|sunday|actually|wrong|different|another|instead|me|my|i|he|she|"
    r"dr|prof|professor|hospital|clinic|pain|fever|sick|feeling|here|urgent|emergency|outpatient|department|cardiology|blood|test|report)\b",
    re.IGNORECASE,
)
AFTER_NAME_EN = re.compile(
    r"\b(?:and|i|my|id|phone|but|with|from|for|born|want|would|need|have|please|age|aged|he|she|is)\b"
)
LEAD_IN_EN = re.compile(r"^\s*(?:it'?s|i'?m|i am|this is|name is|my name is|the name is)\s+", re.IGNORECASE)
LEAD_IN_ZH = re.compile(r"^(?:我叫|我是|叫|姓名是?|名字是?|名字叫|患者叫|病人叫|她叫|他叫|孩子叫|就叫)[:：\s]*")
ZH_SPACED = re.compile(r"[\u4e00-\u9fff](?:\s[\u4e00-\u9fff]){1,3}")
"""A name written with blanks between its characters."""
TAIL_ZH = re.compile(r"[。.!！,，\s]*(?:谢谢|吧|呀|啊|哈)?[。.!！,，\s]*$")
RELATIVES = (
    r"(?:我?(?:妈妈?|爸爸?|母亲|父亲|老公|老婆|丈夫|妻子|爱人|儿子|女儿|孩子|宝宝|爷爷|奶奶|外公|外婆|姥姥|姥爷"
    r"|哥哥?|姐姐?|弟弟?|妹妹?|朋友|同事|孙子|孙女|外孙女?|岳父|岳母|公公|婆婆|阿姨|叔叔|邻居|老伴))"
)
NOT_A_NAME_ZH = re.compile(
    r"^(?:周[一二三四五六日天末]|何时|何地|高血压|高烧|马上|万一|于是|关于|方便|安排|安静|安全|单子|单号|单位|任何|常常|常客|白天|白内障|江湖|华为|关门|关系|关节|关注|严重|文件|路|金额|金属|孙子|孙女|左撇子|"
    r"左边|左手|左腿|左脚|左眼|左耳|左侧|左肩|左膝|左胸|左下|左上|农民|石头|方面|方案|万分|万能|齐全|梅毒|温度|温水|康复|雷同|毛病|毛囊|向导|向来|时间|"
    r"时候|盛夏|习惯|游客|解放|解决|武警|花粉|黄疸|黄斑|水痘|牛皮癣|牛奶|马拉松|高个|高龄|高中|高考|高原|高度|高热|高危|胡子|胡同|胡说|熊猫|夏天|秋天|"
    r"冬天|春天|岳父|岳母|党员|谢谢|田径|成人|成年|包裹|包皮|宫颈|宫外|包括|容易|易怒|强烈|全身|全家|古怪|平时|平安|支架|阳光|阳性|阴性|"
    r"鱼刺|明白|祖父|祖母)"
)
FUNCTION_ZH = re.compile(
    r"[在哪怎么什吗呢的了不想要去挂号科改约看病人工返回上步重新开始退取消停车几点多少谁能可以帮助疼痛烧咳我你您他她它这那是有没早晚午今明后周天日月年再见对好行嗯哦啊算等下稍慢忘急]"
)
"""Characters of everyday sentences; a short answer without any of them may be a name whose family name is rare."""
BREAK = r"(?=$|[\s,，。.;；、!！?？的要想挂看预约取改退]|身份|电话|手机|证件|今年|住)"


@dataclass(frozen=True)
class Finding:
    """One personal value in a text."""

    kind: str
    """ID, PHONE, NAME, CONTACT, PLATE or ADDRESS."""
    start: int
    """Where it begins."""
    end: int
    """Where it ends."""
    value: str
    """The value, normalised: no blanks in numbers, upper-case X."""


class Recogniser:
    """Finds personal values; knows the surnames, and whose names are public (the hospital's doctors).

    A patient may bear a doctor's name: it stays in the clear only where a doctor may be meant ("给张伟挂个号").
    """

    def __init__(self, surnames: Iterable[str], public_names: Iterable[str] = ()) -> None:
        alternatives = "|".join(sorted(surnames, key=len, reverse=True))
        name = rf"((?:{alternatives})[\u4e00-\u9fff]{{1,3}}?)"
        self._said = re.compile(
            rf"(?:我叫|名叫|名字叫|名字是|名字[:：]|姓名[是为:：]?|她叫|他叫|叫做|患者[是为:：]|病人[是为:：]|就诊人[是为:：])\s*{name}{BREAK}"
        )
        short = rf"((?:{alternatives})[\u4e00-\u9fff]{{1,2}}?)"
        self._relative = re.compile(rf"{RELATIVES}(?:叫|是)?{short}{BREAK}")
        self._am = re.compile(
            rf"(?:^|[\s,，。.;；、!！?？你您好])(?:我是|这是|这里是|本人){short}(?=[啊呀哈哦呢]?(?:$|[\s,，。.;；、!！?？]))"
        )
        self._for = re.compile(
            rf"(?:给|替|帮|为){short}(?=挂|约|预约|预定|取号|取消|改期|改约|退号|看病|查|办|缴费|交费)"
        )
        self._patient = re.compile(rf"(?:患者|病人|就诊人){short}{BREAK}")
        self._whole = re.compile(
            rf"(?:{alternatives})[\u4e00-\u9fff]{{1,2}}|[\u4e00-\u9fff]{{2,8}}[·•][\u4e00-\u9fff]{{2,8}}"
        )
        self._public = frozenset(public_names)

    @classmethod
    def from_file(cls, path: Path, public_names: Iterable[str] = ()) -> Recogniser:
        """With the surnames of a text file: blank-separated, lines that begin with # left out."""
        lines = path.read_text(encoding="utf-8").splitlines()
        return cls((word for line in lines if not line.startswith("#") for word in line.split()), public_names)

    def find(self, text: str, expects: str | None = None) -> list[Finding]:
        """Every personal value, in order and without overlap; `expects` is the slot of the open question."""
        found: list[Finding] = []

        def add(kind: str, start: int, end: int, value: str) -> None:
            if all(end <= other.start or start >= other.end for other in found):
                found.append(Finding(kind, start, end, value))

        for kind, pattern in PLAIN_KINDS:
            for match in pattern.finditer(text):
                add(kind, match.start(pattern.groups), match.end(pattern.groups), match.group(pattern.groups))
        for number in numbers(text, expects):
            add(number.kind, number.start, number.end, number.value)
        self._names(text, add)
        if expects == "patient_name" and not any(finding.kind == "NAME" for finding in found):
            self._answer(text, found, add)
        return sorted(found, key=lambda finding: finding.start)

    def _names(self, text: str, add: Callable[[str, int, int, str], None]) -> None:
        """Names that the words around them give away."""
        for pattern in (self._said, self._relative, self._am, self._for, self._patient):
            for match in pattern.finditer(text):
                name = match.group(1)
                surely = pattern is self._said or not FUNCTION_ZH.search(name[1:])
                doctor = pattern is self._for and name in self._public
                if surely and not doctor and not NOT_A_NAME_ZH.match(name):
                    add("NAME", match.start(1), match.end(1), name)
        for pattern in (NAME_EN, FOR_EN, FULL_NAME_EN, RELATIVE_EN, TITLED_EN):
            for match in pattern.finditer(text):
                name = match.group(1)
                doctor = pattern is FOR_EN and name in self._public
                if not doctor and not NOT_A_NAME_EN.search(name):
                    add("NAME", match.start(1), match.end(1), name)

        for match in SURE_EN.finditer(text):
            rest = re.search(rf"\s*{AFTER_NAME_EN.pattern}", match.group(1), re.IGNORECASE)
            name = match.group(1)[: rest.start()] if rest else match.group(1)
            if name and not NOT_A_NAME_EN.search(name):
                add("NAME", match.start(1), match.start(1) + len(name), name)

    def _answer(self, text: str, found: list[Finding], add: Callable[[str, int, int, str], None]) -> None:
        """The name in an answer to "what is the name?", which may bring the number along."""
        end = min((finding.start for finding in found), default=len(text))
        head = re.split(
            r"[,，;；。\n]|身份证|证件|电话|手机|\b(?:id|phone|passport)\b", text[:end], maxsplit=1, flags=re.IGNORECASE
        )[0]
        lead = LEAD_IN_ZH.match(head) or LEAD_IN_EN.match(head)
        start = lead.end() if lead else len(head) - len(head.lstrip())
        name = TAIL_ZH.sub("", head[start:])
        if self.is_name(name) or (ZH_SPACED.fullmatch(name) and self.is_name(re.sub(r"\s", "", name))):
            add("NAME", start, start + len(name), name)

    def is_name(self, text: str) -> bool:
        """Whether the text as a whole can be a person's name."""
        if not text:
            return False
        if self._whole.fullmatch(text):
            return not NOT_A_NAME_ZH.match(text)
        if re.fullmatch(r"[\u4e00-\u9fff]{2,5}", text):
            return not FUNCTION_ZH.search(text)
        return bool(WHOLE_NAME_EN.fullmatch(text)) and len(text) >= 2 and not NOT_A_NAME_EN.search(text)


def normalise(text: str) -> str:
    """NFKC, without control characters, lone surrogates and zero-width signs."""
    whole = "".join(character for character in text if not 0xD800 <= ord(character) <= 0xDFFF)
    folded = unicodedata.normalize("NFKC", whole)
    return "".join(
        character if character not in "\r\n\t" else " "
        for character in folded
        if character in "\r\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    ).strip()


class Masker:
    """Replaces personal values by tokens of the vault."""

    def __init__(self, recogniser: Recogniser, keep: Callable[[str, str, str], str]) -> None:
        self._recogniser = recogniser
        self._keep = keep

    def mask(self, conversation: str, text: str, expects: str | None = None) -> str:
        """The text with tokens; writes to the vault only when something was found."""
        findings = self._recogniser.find(text, expects)
        for finding in reversed(findings):
            token = self._keep(conversation, finding.kind, finding.value)
            text = f"{text[: finding.start]}{token}{text[finding.end :]}"
        return text
