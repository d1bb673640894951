"""The reader of server-sent events, run in the browser it is made for."""

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

PARSE = """async (pieces) => {
    const { EventParser } = await import('/kiosk/static/js/stream.js');
    const parser = new EventParser();
    return pieces.flatMap(piece => parser.feed(piece)).map(({event, data, id}) => [event, data, id]);
}"""
WHOLE = 'event: message\nid: 7\ndata: {"text":\ndata: "好"}\n\n: alive\n\nevent: done\ndata:{}\n\ndata\n\n'
EVENTS = [["message", '{"text":\n"好"}', "7"], ["done", "{}", "7"], ["message", "", "7"]]


@pytest.mark.parametrize(
    "pieces",
    [
        [WHOLE],
        list(WHOLE),
        [WHOLE.replace("\n", "\r\n")],
        list(WHOLE.replace("\n", "\r\n")),
        [WHOLE.replace("\n", "\r"), ":"],
        [WHOLE, "event: message\ndata: cut"],
    ],
    ids=["whole", "by character", "CRLF", "CRLF by character", "CR", "unfinished"],
)
async def test_events_are_read_however_they_are_cut(page: Page, pieces: list[str]) -> None:
    assert await page.evaluate(PARSE, pieces) == EVENTS


async def test_ids_are_unguessable_where_the_page_is_not_served_securely(page: Page) -> None:
    """Kiosks on plain http have no `crypto.randomUUID`."""
    ids = await page.evaluate(
        """async () => {
            const { newId } = await import('/kiosk/static/js/api.js');
            const own = Array.from({length: 3}, newId);
            Object.defineProperty(crypto, 'randomUUID', {value: undefined, configurable: true});
            return own.concat(Array.from({length: 3}, newId));
        }"""
    )
    assert len(set(ids)) == 6
    pattern = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    import re

    assert all(re.fullmatch(pattern, one) for one in ids)


async def test_only_the_event_that_brought_a_number_counts_as_numbered(page: Page) -> None:
    """A change of status right after a numbered line is news, not that line again."""
    text = "id: 9\nevent: message\ndata: {}\n\nevent: status\ndata: {}\n\nid: 9\nevent: message\ndata: {}\n\n"
    numbered = PARSE.replace("[event, data, id]", "[event, id, numbered]").replace(
        "({event, data, id})", "({event, id, numbered})"
    )
    assert await page.evaluate(numbered, [text]) == [
        ["message", "9", True],
        ["status", "9", False],
        ["message", "9", True],
    ]
