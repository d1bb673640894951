"""A patient who needs a moment (稍等): told by the words, since their intent is close to that of giving up.

A pause ends nothing and answers nothing: "等一下，我找找身份证" leaves the question standing. "等一下再说" puts it off
and "等等，换成周五" is a new wish; neither is a pause.
"""

from __future__ import annotations

import re

_BY_ZH = r"(?:先|请|您|你|麻烦|那|哎|诶|欸|哦|嗯|呃|帮我|让我|容我|给我)*"
_MOMENT_ZH = (
    r"(?:稍?等(?:我)?(?:一下下?|一等|一会儿?|会儿?|几分钟|一分钟|两分钟|片刻|等|下|我)|稍等|稍候|等|慢着|"
    r"(?:别|不要|不用)(?:着急|急|催)|不急|慢(?:一?点儿?|慢来))"
)
_THING_ZH = (
    r"(?:我的|一下|一?[个副张]|老花|孩子的|那个|身份|证件?|号码|手机|眼?镜|"
    r"医保卡|护照|卡|包里?|病历本?|本子|来|去|着|了|出来|戴上?)*"
)
_DOING_ZH = (
    r"(?:我|让我|容我)(?:先|得|要|再|去|来|需要|还|正)*"
    r"(?:(?:想|找|看|翻|记|算)(?:一?(?:想|找|看|翻|记|算)|一下|着|一会儿?)|找|拿|取|戴|掏|翻|接个?电话|喝口水|上个厕所)"
)
_END_ZH = r"(?:啊|吧|哈|呀|哦|噢|嘛|行吗|可以吗|好吗|谢谢|马上就?好|马上|就来|就好)*"
_ZH = rf"{_BY_ZH}(?:{_MOMENT_ZH}|{_DOING_ZH}{_THING_ZH}){_END_ZH}"

_MOMENT_EN = (
    r"(?:(?:please )?(?:hold|hang) on|wait|hold it|(?:just |only )?(?:a|one|1|half a|two|2) (?:more )?"
    r"(?:moments?|seconds?|secs?|minutes?|mins?|mo)|one sec|just a (?:moment|sec|second|minute)|bear with me|"
    r"not so fast|slow down|give me (?:a|one|some) (?:moment|second|sec|minute|time)|"
    r"i need (?:a|one) (?:moment|second|sec|minute)|(?:i'?ll|i will) be (?:right )?back|be right back)"
)
_DOING_EN = (
    r"(?:(?:let me|i'?m|i am|i have to|i need to|i'?ll|i will|while i)(?: just)? "
    r"(?:find|finding|look|looking|get|getting|grab|grabbing|fetch|think|thinking|put on|take out|search|searching)"
    r"(?: (?:for|out|about|it|that|my|the|a|moment|second|sec|passport|id|card|number|phone|glasses|"
    r"reading|bag|wallet|up))*)"
)
_END_EN = r"(?:please|thanks|thank you|ok(?:ay)?|oh|um+|uh|well|so|to me|for me|there|up|while|and)"
_EN = rf"(?:{_MOMENT_EN}|{_DOING_EN}|{_END_EN})"

PAUSE = re.compile(rf"\W*{_ZH}(?:\W*(?:{_ZH}|马上就?[好来]?))*\W*|\W*{_EN}\b(?:\W*{_EN}\b)*\W*", re.IGNORECASE)
"""Nothing but a pause."""
OPENS = re.compile(rf"\W*(?:{_BY_ZH}{_MOMENT_ZH}{_END_ZH}(?=\W)|{_MOMENT_EN}\b)\W*", re.IGNORECASE)
"""A pause with something behind it."""
POLITE_EN = re.compile(rf"(?:\W*{_END_EN}\b)+\W*", re.IGNORECASE)
GIVES_UP = re.compile(
    r"算了|不(用|想|要)?(办|挂|改|退|约|看|弄|填|要|搞|预约)|取消|停|再(说|来|弄|挂|填)|退出|"
    r"\b(never ?mind|cancel|stop|forget it|quit|later|don'?t want|give up|leave it)\b",
    re.IGNORECASE,
)
"""Behind a pause these words are meant as they are."""
LONGEST = 45
"""Characters of a pause at most; a longer text has something to say."""


def is_pause(text: str) -> bool:
    """Whether a patient only asks for time."""
    plain = re.sub(r"(.)\1{2,}", r"\1\1", text)  # "等等等等": else the pattern would try every way to part it
    return len(plain) <= LONGEST and bool(PAUSE.fullmatch(plain)) and not POLITE_EN.fullmatch(plain)


def opens_with_pause(text: str) -> bool:
    """Whether words begin with a pause and what follows does not give up."""
    opening = OPENS.match(text)
    return opening is not None and not GIVES_UP.search(text[opening.end() :])
