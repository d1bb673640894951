"""Passages as units that can be quoted: sentences, list groups, table rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

CJK = "\u3400-\u9fff\uf900-\ufaff"
"""Ranges of Chinese characters, for a regular expression's class."""
MAX_LIST = 170
"""Longest list that is kept together with the line that leads it in, in `measure` units."""

_MARKER = re.compile(r"\s*(?:[-*+]|\d{1,2}[.)、])\s+|\s*[（(]?\d{1,2}[）)]\s*|\s*\d{1,2}、\s*|\s*>\s?")
_ROW_RULE = re.compile(r"\s*\|?\s*:?-{2,}[\s|:-]*$")
_MARKUP = re.compile(r"\*\*|__|`|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_END = re.compile(r"[。！？!?]+[”’」』）)\"']*|\.(?=\s+[A-Z\"'(]|\s*$)")
_ABBREVIATION = re.compile(r"(?:\b(?:a\.m|p\.m|e\.g|i\.e|No|Dr|Mr|Mrs|Ms|St|approx|etc|vs|Rm))\.$")


@dataclass(frozen=True)
class Unit:
    """What is quoted as a whole."""

    start: int
    """Where it starts in the passage's text."""
    end: int
    """Where it ends there."""
    text: str
    """To read: without list markers, table bars and emphasis."""


def measure(text: str) -> int:
    """Length for a reader: a Chinese character counts 1, any other word 2."""
    return len(re.findall(f"[{CJK}]", text)) + 2 * len(re.findall(r"[A-Za-z0-9][\w'’.:-]*", text))


def plain(text: str) -> str:
    """Text without Markdown's inline marks."""
    return _MARKUP.sub("", _LINK.sub(r"\1", text)).strip()


def table_head(text: str) -> str:
    """The first two lines of a text that is a table; empty for any other text."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[:2]) if len(lines) > 2 and "|" in lines[0] and _ROW_RULE.match(lines[1]) else ""


def split_units(text: str) -> tuple[Unit, ...]:
    """Cut a passage into units, in order."""
    units: list[Unit] = []
    lines = list(_lines(text))
    at = 0
    while at < len(lines):
        start, line = lines[at]
        if "|" in line and at + 1 < len(lines) and _ROW_RULE.match(lines[at + 1][1]):
            at = _table(lines, at, units)
        elif _leads_list(lines, at) or _MARKER.match(line):
            at = _list(text, lines, at, units)
        else:
            units.extend(_sentences(text, start, start + len(line)))
            at += 1
    return tuple(units)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    position = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            yield position, line.rstrip()
        position += len(line)


def _leads_list(lines: list[tuple[int, str]], at: int) -> bool:
    return lines[at][1].endswith(("：", ":")) and at + 1 < len(lines) and _MARKER.match(lines[at + 1][1]) is not None


def _table(lines: list[tuple[int, str]], at: int, units: list[Unit]) -> int:
    """Add the rows of a table, each told with its column names; returns the index of the line after it."""
    names = _cells(lines[at][1])
    at += 2
    while at < len(lines) and "|" in lines[at][1]:
        start, line = lines[at]
        cells = _cells(line)
        separator = "，" if re.search(f"[{CJK}]", line) else ", "
        colon = "：" if separator == "，" else ": "
        told = [f"{name}{colon}{cell}" if name else cell for name, cell in zip(names, cells, strict=False) if cell]
        if told:
            units.append(Unit(start, start + len(line), separator.join(told)))
        at += 1
    return at


def _cells(line: str) -> list[str]:
    return [plain(cell) for cell in line.strip().strip("|").split("|")]


def _list(text: str, lines: list[tuple[int, str]], at: int, units: list[Unit]) -> int:
    """Add a list: whole with its lead while short, else item by item, each under its lead."""
    first = at
    lead = plain(lines[at][1]) if not _MARKER.match(lines[at][1]) else ""
    at += 1 if lead else 0
    items: list[tuple[int, int, str]] = []
    while at < len(lines) and (_MARKER.match(lines[at][1]) or (items and lines[at][1].startswith("  "))):
        start, line = lines[at]
        shown = plain(_MARKER.sub("", line, count=1))
        if _MARKER.match(line) or not items:
            items.append((start, start + len(line), shown))
        else:
            items[-1] = (items[-1][0], start + len(line), f"{items[-1][2]} {shown}")
        at += 1
    begin = lines[first][0]
    if lead and measure(text[begin : items[-1][1]]) <= MAX_LIST:
        body = "\n".join(f"· {shown}" for _, _, shown in items)
        units.append(Unit(begin, items[-1][1], f"{lead}\n{body}"))
        return at
    units.extend(Unit(start, end, f"{lead} {shown}".strip()) for start, end, shown in items)
    return at


def _sentences(text: str, start: int, end: int) -> Iterator[Unit]:
    """The sentences of one line."""
    begin = start
    for found in _END.finditer(text, start, end):
        stop = found.end()
        if found[0] == "." and _ABBREVIATION.search(text[begin:stop]):
            continue
        yield from _unit(text, begin, stop)
        begin = stop
    yield from _unit(text, begin, end)


def _unit(text: str, start: int, end: int) -> Iterator[Unit]:
    piece = text[start:end]
    lead = len(piece) - len(piece.lstrip())
    shown = plain(piece)
    if re.search(r"\w", shown):
        yield Unit(start + lead, start + len(piece.rstrip()), shown)
