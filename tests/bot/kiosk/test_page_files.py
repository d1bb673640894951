"""The page as files: its sentences are whole in both languages, and it can run under a strict security policy."""

import json
import re
import string
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from tests.bot.kiosk.simulated_front_desk import STATIC, WORDING

TABLE: dict[str, dict[str, str]] = yaml.safe_load(WORDING.read_text(encoding="utf-8"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
STYLES = sorted((STATIC / "css").glob("*.css"))
INDEX = (STATIC / "index.html").read_text(encoding="utf-8")
SOURCE = INDEX + "".join(path.read_text(encoding="utf-8") for path in SCRIPTS if path.name != "offline_wording.js")


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", TABLE)
def test_a_sentence_is_there_in_both_languages_with_the_same_blanks(key: str) -> None:
    both = TABLE[key]
    assert set(both) == {"zh", "en"}
    assert all(text.strip() == text and text for text in both.values())
    assert blanks(both["zh"]) == blanks(both["en"])
    assert re.search(r"[\u4e00-\u9fff]", both["zh"])
    assert not re.search(r"[\u4e00-\u9fff]", both["en"])


def test_every_sentence_the_page_names_exists_and_every_one_is_named() -> None:
    named = set(re.findall(r"[\"`](page\.[a-z_.0-9]+)[\"`]", SOURCE))
    families = {match.replace("${", "{") for match in re.findall(r"`(page\.[^`]*\$\{[^`]*)`", SOURCE)}
    patterns = [re.compile(re.sub(r"\\\{.*?\\\}", r"[a-z_.0-9]+", re.escape(family)) + "$") for family in families]
    assert named - set(TABLE) == set()
    unused = {key for key in TABLE if key not in named and not any(pattern.match(key) for pattern in patterns)}
    assert unused == set()
    assert all(any(pattern.match(key) for key in TABLE) for pattern in patterns)


def test_the_sentences_for_offline_are_the_same_as_in_the_table() -> None:
    script = (STATIC / "js" / "offline_wording.js").read_text(encoding="utf-8")
    body = script[script.index("{", script.index("OFFLINE_WORDING")) : script.rindex(";")]
    body = re.sub(r",(\s*})", r"\1", re.sub(r"(?m)^(\s*)(zh|en):", r'\1"\2":', body))
    offline = json.loads(body)
    marked = {
        line.split(":")[0]
        for line in WORDING.read_text(encoding="utf-8").splitlines()
        if line.startswith("page.") and line.rstrip().endswith("# offline")
    }
    assert set(offline["zh"]) == set(offline["en"]) == marked
    for language in ("zh", "en"):
        assert offline[language] == {key: TABLE[key][language] for key in marked}


class Tags(HTMLParser):
    """Collects what a strict policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.offences: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.inside = tag
        self.offences += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.offences.append(tag)
        for name in ("src", "href"):
            address = names.get(name) or ""
            if address and not address.startswith(("/kiosk/static/", "#")):
                self.offences.append(f"{tag} {name}={address}")


def test_the_document_has_no_inline_script_or_style_and_loads_only_its_own_files() -> None:
    tags = Tags()
    tags.feed(INDEX)
    assert tags.offences == []
    for address in re.findall(r'(?:src|href)="/kiosk/static/([^"#]+)', INDEX):
        assert (STATIC / address).is_file(), address


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_make_no_markup_from_text_and_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
        r"|setAttribute\(\"style|DOMParser|console\."
    )
    assert re.findall(forbidden, text) == []
    assert re.findall(r"https?://(?!www\.w3\.org/)", text) == []
    assert len(text.splitlines()) <= 300
    for module in re.findall(r'from "\./([^"]+)"', text):
        assert (path.parent / module).is_file(), module


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_styles_load_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "@import" not in text
    assert "http" not in text
    for address in re.findall(r'url\("([^"]+)"\)', text):
        assert (path.parent / address).resolve().is_file(), address


def test_every_icon_that_is_used_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons" / "sprite.svg").read_text(encoding="utf-8")))
    used = set(re.findall(r"sprite\.svg#([a-z-]+)", INDEX)) | set(re.findall(r'icon\("([a-z-]+)"\)', SOURCE))
    assert used - drawn == set()
    assert len(used) > 10
