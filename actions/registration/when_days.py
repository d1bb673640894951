"""From words to spans of days: finds every mention, drops what was refused or is not a wish, joins the rest."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from actions.registration import when_en, when_zh
from actions.registration.holidays import HolidayTable
from actions.registration.when_parts import DayMention, Span, TimeMention, day_of_month, next_weekday, one

_CJK = re.compile(r"[\u4e00-\u9fff]")
_EARLIEST = re.compile(
    r"越[早快]越好|尽[快早]|最[早快]|哪[一]?天[都也]?(?:行|可以|好|成)|随便哪[一]?天|随时(?:都)?(?:行|可以|能|有空)?"
    r"|(?:什么|任何|啥)(?:时候|时间|日子)[都也]?(?:行|可以|好|成)|(?:时间|日子)(?:不限|随便|都行|都可以)"
    r"|(?:马上|立刻|赶紧|赶快|立即)(?=.{0,2}[看挂约])|最近(?=(?:的|能|可以|有号|有空|哪|什么时候|一[天个次]|吧|就行|可约))|最近(?=$|[,。!?])(?<=^最近)"
    r"|近期|[早快]一?点(?:的|儿|就行|吧)?(?=$|[,。!?])|^(?:都行|都可以|随便|无所谓|不限)(?=$|[吧啊呀的,。!])"
    r"|\bas\s+(?:soon|early)\s+as\s+(?:possible|you\s+can|i\s+can|we\s+can)\b|\basap\b|\bany\s?time\b|\bany\s+(?:day|date)\b"
    r"|\b(?:the\s+)?(?:earliest|soonest)\b|\b(?:the\s+)?(?:first|next)\s+(?:available|free|open)\b|\bwhenever\b"
    r"|\bright\s+away\b|\bsoon\b|\bdoesn'?t\s+matter\s+when\b",
    re.ASCII,
)
_HOLIDAY_TAIL = re.compile(
    r"(?:节|长假|小长假|假期|放假|holidays?|festival|break)*\s*(?P<rel>过后|之后|以后|回来|后(?!天)|之前|以前|前(?!天)|期间|当天)?"
)
_NEEDS_TAIL = {"十一", "五一", "过年", "新年", "大年", "may day", "new year", "christmas"}
"""Names that mean something else as well: they count only before 后, 前, 期间 … or after "after", "before"."""
_AFTER_ZH = re.compile(r"(?:的)?(?:之后|以后|过后|往后|后(?![天面来])|起|开始)")
_BEFORE_ZH = re.compile(r"(?:的)?(?:之前|以前|前(?![天台面]))")
_RELATION_EN = re.compile(
    r"\b(?P<rel>no\s+later\s+than|before|by|after|from|since|until|till|starting)\s+(?:on\s+|the\s+)?$",
    re.ASCII,
)
_REFUSED_BEFORE = re.compile(
    r"(?:不是|不要|不想|别|除了|不能|不在|not|isn'?t|instead\s+of|rather\s+than|except)\s*(?:on\s+|for\s+)?$",
    re.ASCII,
)
_REFUSED_AFTER = re.compile(
    r"^[的那天号]*\s*(?:上午|下午|晚上|morning|afternoon|evening)?\s*(?:我)?(?:不行|不可以|不成|没空|没时间|没有空|不方便|有事|有会|要?开会|要?上课|来不了|去不了|不去|不要|太早|太晚|太赶|要上班|上班"
    r"|doesn'?t\s+(?:work|suit)|does\s+not\s+work|won'?t\s+(?:work|do)|is\s*n[o']t\s+(?:good|possible|ok)|is\s+no\s+good|i\s+can'?t|i'?m\s+busy)",
    re.ASCII,
)
_OTHER_HALF = re.compile(
    r"\s*(?:上午|下午|晚上|morning|afternoon|evening)[^\d周星礼今明后号]*?(?:,|;|。|\s|but|还是|改)\s*(?:the\s+|还是|改|要)?"
    r"(?:上午|下午|晚上|morning|afternoon|evening)",
    re.ASCII,
)
"""A half-day that is refused and another one after it: the day itself is kept (明天上午没空，下午吧)."""
_MOVED_TO = re.compile(
    r"(?:改[到成为]|换[到成]|挪到|调到|推[迟到]+|make\s+it|(?:change|move|reschedule|switch)d?\s+(?:it\s+)?to)\s*(?:on\s+)?$",
    re.ASCII,
)
_BEGAN_AFTER = re.compile(
    r"^\s*(?:的?(?:上午|早上|早晨|下午|晚上|夜里|中午|一早|凌晨))?(?:就|才|又|突然|忽然|一直|睡醒|起床)*(?:开始|起床|起来|起(?!的)|醒|摔|扭|疼|痛|发烧|发热|咳|吐|拉肚子|晕|吃了|吃坏|做了|来过|看过|挂过|到现在|到今天)"
    r"|^\s*(?:morning|afternoon|evening|night)?\s*(?:i\s+)?(?:started|began|woke|fell|had\s+a)",
    re.ASCII,
)
_BEGAN_BEFORE = re.compile(r"(?:\bsince|从|自从|自)\s*(?:the\s+)?$")
_BETWEEN = r"(?:上午|早上|下午|晚上|morning|afternoon|evening|的)?\s*"
_RANGE_GAP = re.compile(r"^\s*" + _BETWEEN + r"(?:到|至|~|-|–|—|to|through|thru|until|till)\s*(?:on\s+|the\s+)?$")
_LIST_GAP = re.compile(r"^\s*" + _BETWEEN + r"(?:或者?是?|还是|和|跟|、|/|or|and|either)\s*(?:on\s+|the\s+)?$")
_AGREE_GAP = re.compile(r"^[\s,(的]*(?:就是|也就是|即|on|the|of)?\s*$")


@dataclass(frozen=True)
class Days:
    """The mentions of days in a text."""

    taken: tuple[DayMention, ...]
    """All of them."""
    kept: tuple[DayMention, ...]
    """Those that say when the patient wants to come."""

    def drops(self, time: TimeMention) -> bool:
        """Whether hours belong to a day that was dropped: 昨天晚上开始疼."""
        return any(time.start - mention.end in (0, 1) for mention in self.taken if mention not in self.kept)


def read_days(plain: str, today: date, holidays: HolidayTable) -> Days:
    """Every mention in a text that is in lower case and normal form."""
    found = sorted(_mentions(plain, today, holidays), key=lambda mention: mention.start)
    kept = [mention for mention in found if not _is_dropped(mention, plain, today)]
    moved = [mention for mention in kept if _MOVED_TO.search(plain[: mention.start])]
    if moved:
        kept = [mention for mention in kept if mention.start >= moved[-1].start]
    if any(not _is_past(mention, today) for mention in kept):
        kept = [mention for mention in kept if not _is_past(mention, today)]
    if any(not mention.earliest for mention in kept):
        kept = [mention for mention in kept if not mention.earliest]
    return Days(tuple(found), tuple(kept))


def is_refused(mention: DayMention | TimeMention, plain: str) -> bool:
    """Whether the words beside it say that it does not suit: 不要周三, 下午不行, "Friday doesn't work"."""
    before, after = plain[: mention.start], plain[mention.end :]
    return bool(_REFUSED_BEFORE.search(before) or _REFUSED_AFTER.match(after))


def join_days(kept: Sequence[DayMention], plain: str) -> tuple[Span, ...]:
    """The spans that the mentions together mean; more than one where that is open."""
    if not kept:
        return ((None, None),)
    spans, last = kept[0].spans, kept[0]
    for mention in kept[1:]:
        gap = plain[last.end : mention.start]
        if _RANGE_GAP.match(gap):
            spans = _through(spans, mention)
        elif _LIST_GAP.match(gap):
            spans = _either(spans, mention)
        elif _AGREE_GAP.match(gap):
            spans = _both(spans, mention)
        else:
            spans = mention.spans
        last = mention
    return tuple(dict.fromkeys(spans))


def _mentions(plain: str, today: date, holidays: HolidayTable) -> Iterator[DayMention]:
    hidden = plain
    mixed = bool(_CJK.search(plain))
    for mention in _holiday_mentions(plain, today, holidays):
        yield mention
        hidden = _hide(hidden, mention)
    for match in _EARLIEST.finditer(hidden):
        mention = DayMention(match.start(), match.end(), ((today, None),), earliest=True)
        yield mention
        hidden = _hide(hidden, mention)
    for pattern, reader in (*when_zh.rules(), *when_en.rules()):
        for match in pattern.finditer(hidden):
            spans = tuple(reader(match, today))
            if not spans:
                continue
            if mixed and "left" in match.groupdict():
                spans = spans[:1]
            weekday = when_zh.bare_weekday(match) or when_en.bare_weekday(match)
            start = match.start("bare_en") if "bare_en" in match.groupdict() else match.start()
            mention = _related(DayMention(start, match.end(), spans, weekday), plain, today)
            yield mention
            hidden = _hide(hidden, mention)


def _holiday_mentions(plain: str, today: date, holidays: HolidayTable) -> Iterator[DayMention]:
    hidden = plain
    for name, holiday in holidays.by_name().items():
        for match in re.finditer(_as_word(name), hidden):
            coming = holiday.coming(today)
            tail = _HOLIDAY_TAIL.match(hidden, match.end())
            before = _RELATION_EN.search(hidden[: match.start()])
            relation = (tail["rel"] if tail else None) or (before["rel"] if before else None)
            if coming is None or (relation is None and name in _NEEDS_TAIL):
                continue
            mention = DayMention(
                match.start(), tail.end() if tail else match.end(), (_beside(coming, relation, today),)
            )
            yield mention
            hidden = _hide(hidden, mention)


def _beside(days: tuple[date, date], relation: str | None, today: date) -> Span:
    if relation in ("过后", "之后", "以后", "回来", "后", "after"):
        return (days[1] + timedelta(days=1), None)
    if relation in ("之前", "以前", "前", "before", "by", "until", "till", "no later than"):
        return (today, days[0] - timedelta(days=1))
    return days


def _as_word(name: str) -> str:
    return rf"\b{re.escape(name)}\b" if name.isascii() else re.escape(name)


def _related(mention: DayMention, plain: str, today: date) -> DayMention:
    """The mention with 以前, 以后, 起, "by" … beside it taken in."""
    before, after = plain[: mention.start], mention.end
    english = _RELATION_EN.search(before)
    relation = " ".join(english["rel"].split()) if english else None
    follows, precedes = _AFTER_ZH.match(plain, after), _BEFORE_ZH.match(plain, after)
    end = mention.end
    if follows:
        relation, end = ("from" if follows.group()[-1] in "起始" else "after"), follows.end()
    elif precedes:
        relation, end = "before", precedes.end()
    if relation is None:
        return mention
    return replace(
        mention, end=end, spans=tuple(_shifted(span, relation, today) for span in mention.spans), weekday=None
    )


def _shifted(span: Span, relation: str, today: date) -> Span:
    first, last = span
    if relation in ("from", "since", "starting"):
        return (first, None)
    if relation == "after":
        return (last + timedelta(days=1) if last else first, None)
    if relation == "before":
        return (today, first - timedelta(days=1) if first else last)
    return (today, last)


def _is_dropped(mention: DayMention, plain: str, today: date) -> bool:
    before, after = plain[: mention.start], plain[mention.end :]
    if is_refused(mention, plain) and not _OTHER_HALF.match(after):
        return True
    first = mention.spans[0][0]
    if first is None or first > today or mention.earliest:
        return False
    if _BEGAN_AFTER.match(after) or _BEGAN_BEFORE.search(before):
        return True
    return plain[mention.start : mention.end].endswith(("开始", "起")) and (first < today)


def _is_past(mention: DayMention, today: date) -> bool:
    return all(last is not None and last < today for _, last in mention.spans)


def _hide(text: str, mention: DayMention) -> str:
    return text[: mention.start] + "\0" * (mention.end - mention.start) + text[mention.end :]


def _through(spans: Sequence[Span], mention: DayMention) -> tuple[Span, ...]:
    joined = []
    for first, _ in spans:
        last = mention.spans[0][1]
        if first is not None and mention.weekday:
            last = next_weekday(first, mention.weekday)[-1][1]
        elif first is not None and last is not None and last < first:
            later = day_of_month(first, last.day)
            last = later[1] if later else last
        joined.append((first, last))
    return tuple(joined)


def _either(spans: Sequence[Span], mention: DayMention) -> tuple[Span, ...]:
    second = mention.spans
    previous = spans[0][1]
    if previous is not None and mention.weekday and len(second) == 1 and second[0][0] and second[0][0] < previous:
        second = tuple(one(previous + timedelta(days=(mention.weekday - previous.isoweekday()) % 7)) for _ in [0])
    if len(spans) == len(second) == 1 and previous and second[0][0] == previous + timedelta(days=1):
        return ((spans[0][0], second[0][1]),)
    return (*spans, *second)


def _both(spans: Sequence[Span], mention: DayMention) -> tuple[Span, ...]:
    """Two names of one thing, 27号周五: where they agree; a weekday alone takes the week of its neighbour."""
    common = [each for one_span in spans for other in mention.spans if (each := _overlap(one_span, other))]
    if common:
        return tuple(common)
    if mention.weekday:
        inside = [found for span in spans if (found := _weekday_inside(span, mention.weekday))]
        if inside:
            return tuple(inside)
    return (*spans, *mention.spans)


def _weekday_inside(span: Span, weekday: int) -> Span | None:
    first, last = span
    if first is None or last is None:
        return None
    day = first + timedelta(days=(weekday - first.isoweekday()) % 7)
    return one(day) if day <= last else None


def _overlap(left: Span, right: Span) -> Span | None:
    first = max((day for day in (left[0], right[0]) if day), default=None)
    last = min((day for day in (left[1], right[1]) if day), default=None)
    return None if first and last and first > last else (first, last)
