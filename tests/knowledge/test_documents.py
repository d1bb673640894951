from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents import MAX_CHUNK, Document, FrontMatter, chunk, read_document, read_markdown
from knowledge.errors import DocumentUnreadable
from knowledge.sentences import measure, split_units, table_head
from tests.knowledge.library import COPIES_ZH, HEAD, PARKING_ZH, write_topic


def document(body: str, title: str = "题目") -> Document:
    about = FrontMatter(id="x", title=title, language="zh", valid_from=date(2026, 1, 1), status="approved")
    return Document("topics/zh/x.md", Path("x.md"), "0", about, body)


def test_front_matter_and_body_are_read(tmp_path: Path) -> None:
    path = write_topic(tmp_path, "parking", PARKING_ZH, title="停车与车位", keywords="停车, 车位")
    read = read_document(path, tmp_path)
    assert read.source == "topics/zh/parking.md"
    assert (read.about.id, read.about.title, read.about.keywords) == ("parking", "停车与车位", ("停车", "车位"))
    assert read.about.department == ""
    assert read.about.valid_to is None
    assert read.body == PARKING_ZH


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\xff\xfe text", "not UTF-8"),
        ("没有题头".encode(), "no front matter"),
        (b"---\nid: [\n---\ntext", "not YAML"),
        (b"---\nid: a\n---\ntext", "title"),
        (b"---\n- a\n---\ntext", "front matter"),
        (HEAD.format_map(dict.fromkeys(["id", "title", "department", "version", "keywords", "valid_to"], "a")
                         | {"language": "fr", "valid_from": "2026-01-01", "status": "approved"}).encode() + b"x",
         "language"),
        (b"---\nid: a\ntitle: a\nlanguage: zh\nvalid_from: 2026-01-01\nstatus: approved\n---\n \n", "empty"),
    ],
)  # fmt: skip
def test_a_broken_document_is_named_with_its_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(DocumentUnreadable, match=reason) as caught:
        read_markdown("topics/zh/a.md", Path("a.md"), raw)
    assert caught.value.source == "topics/zh/a.md"


def test_a_kind_of_file_without_a_reader_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.docx").write_bytes(b"PK")
    with pytest.raises(DocumentUnreadable, match=r"\.docx"):
        read_document(tmp_path / "plan.docx", tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentUnreadable, match="cannot be opened"):
        read_document(tmp_path / "none.md", tmp_path)


def test_sections_become_pieces_under_their_headings() -> None:
    pieces = chunk(document(PARKING_ZH, "停车与车位"))
    assert [piece.heading for piece in pieces] == ["停车场在哪里", "停车收费", "电动汽车充电"]
    assert pieces[0].text.startswith("本院有两个停车场：\n\n- 地下停车场P1")
    assert all(piece.text in PARKING_ZH for piece in pieces)


def test_nested_headings_make_a_path_and_the_title_is_left_out() -> None:
    body = "# 题目\n\n## 甲\n\n一。\n\n### 乙\n\n二。\n\n## 丙\n\n三。\n"
    assert [(piece.heading, piece.text) for piece in chunk(document(body))] == [
        ("甲", "一。"),
        ("甲 › 乙", "二。"),
        ("丙", "三。"),
    ]


def test_a_long_table_is_cut_between_rows_with_its_head_repeated() -> None:
    rows = [f"| 第{number}项检查前的准备说明 | 空腹八小时，带好以前的片子和身份证 |\n" for number in range(40)]
    body = "| 检查 | 准备 |\n|---|---|\n" + "".join(rows)
    pieces = chunk(document(body))
    assert len(pieces) > 2
    assert all(table_head(piece.text) == "| 检查 | 准备 |\n|---|---|\n" for piece in pieces)
    told = [unit.text for piece in pieces for unit in split_units(piece.text)]
    assert len(told) == 40
    assert told[7] == "检查：第7项检查前的准备说明，准备：空腹八小时，带好以前的片子和身份证"


@given(st.lists(st.text(alphabet="门诊检查预约。，；\n- ab1", max_size=120), max_size=12))
def test_pieces_are_short_and_verbatim_and_lose_nothing(parts: list[str]) -> None:
    body = "\n\n".join(parts)
    pieces = chunk(document(body))
    assert all(piece.text in body for piece in pieces)
    assert all(measure(piece.text) <= MAX_CHUNK + 120 for piece in pieces)
    kept = "".join("".join(piece.text.split()) for piece in pieces)
    assert kept == "".join(body.split())


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("前30分钟免费。之后每小时5元！可以吗？可以", ["前30分钟免费。", "之后每小时5元！", "可以吗？", "可以"]),
        ("他说：“请带身份证。”然后离开。", ["他说：“请带身份证。”", "然后离开。"]),
        ("Open from 8 a.m. every day. Ask Dr. Li. Bye.", ["Open from 8 a.m. every day.", "Ask Dr. Li.", "Bye."]),
        ("It costs CNY 0.50 a page. Cash only.", ["It costs CNY 0.50 a page.", "Cash only."]),
        ("请带：\n- 身份证\n- **医保卡**", ["请带：\n· 身份证\n· 医保卡"]),
        ("1. 取号\n2. 缴费", ["取号", "缴费"]),
        ("见[地图](map.md)。", ["见地图。"]),
        ("24小时开放。", ["24小时开放。"]),
    ],
)
def test_units(text: str, units: list[str]) -> None:
    assert [unit.text for unit in split_units(text)] == units


def test_units_know_where_they_stand() -> None:
    for piece in chunk(document(COPIES_ZH)):
        units = split_units(piece.text)
        assert units
        assert all(piece.text[unit.start : unit.end].strip() for unit in units)
        assert [unit.start for unit in units] == sorted(unit.start for unit in units)


@pytest.mark.parametrize("line", ["来源：《处方管理办法》", "Source: NHS, gastroscopy", "Sources: two pages"])
def test_a_line_that_only_names_a_source_is_in_no_piece(tmp_path: Path, line: str) -> None:
    body = f"# 停车\n\n## 收费\n\n每小时5元。\n{line}\n\n{line}\n\n## 来源不明的车\n\n来源不明的车会被拖走。\n"
    path = write_topic(tmp_path, "parking", body, title="停车")
    assert [piece.text for piece in chunk(read_document(path, tmp_path))] == ["每小时5元。", "来源不明的车会被拖走。"]
