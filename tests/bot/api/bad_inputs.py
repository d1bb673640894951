"""Requests that must be refused in one shape, for the quick tests and for the real system alike.

`{c}` stands for a conversation's id, `{o}` for somebody else's, `{t}` and `{u}` for their tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, field

POST, GET, DELETE = "POST", "GET", "DELETE"
CALL = "/api/v1/kiosk/K01/staff-call"
TURN = "/api/v1/conversations/{c}/messages"
OPEN = "/api/v1/conversations"
MINE = {"authorization": "Bearer {t}"}
JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Bad:
    """A request and its refusal."""

    name: str
    status: int
    code: str
    body: bytes = b'{"text": "hi"}'
    path: str = TURN
    method: str = POST
    headers: dict[str, str] = field(default_factory=lambda: MINE)


def turn(name: str, status: int, code: str, body: str | bytes) -> Bad:
    return Bad(name, status, code, body.encode() if isinstance(body, str) else body)


def opening(name: str, status: int, code: str, body: str, **headers: str) -> Bad:
    return Bad(name, status, code, body.encode(), OPEN, POST, headers)


EMOJI = "😀"
BAD = [
    # no JSON
    turn("not JSON", 400, "body.not_json", "text=hi"),
    turn("empty", 422, "body.invalid", ""),
    turn("half JSON", 400, "body.not_json", '{"text": "h'),
    turn("no UTF-8", 400, "http.400", b'{"text": "\xff\xfe"}'),
    turn("nested without end", 400, "http.400", "[" * 60_000),
    turn("a number without end", 400, "http.400", "9" * 60_000),
    # wrong types
    turn("a list", 422, "body.invalid", "[]"),
    turn("a string", 422, "body.invalid", '"hi"'),
    turn("null", 422, "body.invalid", "null"),
    turn("no text", 422, "body.invalid", "{}"),
    turn("text null", 422, "body.invalid", '{"text": null}'),
    turn("text a number", 422, "body.invalid", '{"text": 1}'),
    turn("text a list", 422, "body.invalid", '{"text": ["hi"]}'),
    turn("text an object", 422, "body.invalid", '{"text": {"$ne": ""}}'),
    turn("text true", 422, "body.invalid", '{"text": true}'),
    turn("bad language", 422, "body.invalid", '{"text": "hi", "language": "fr"}'),
    turn("language a number", 422, "body.invalid", '{"text": "hi", "language": 1}'),
    turn("message id empty", 422, "body.invalid", '{"text": "hi", "message_id": ""}'),
    turn("message id long", 422, "body.invalid", f'{{"text": "hi", "message_id": "{"a" * 65}"}}'),
    turn("message id strange", 422, "body.invalid", '{"text": "hi", "message_id": "a b/../c"}'),
    turn("message id NUL", 422, "body.invalid", '{"text": "hi", "message_id": "a\\u0000"}'),
    turn("message id a number", 422, "body.invalid", '{"text": "hi", "message_id": 7}'),
    turn("transcript a string", 422, "body.invalid", '{"text": "hi", "transcript": "hi"}'),
    # texts that are no turn
    turn("1 MB", 413, "body.too_large", f'{{"text": "{"a" * 1_000_000}"}}'),
    turn("just over the body's limit", 413, "body.too_large", f'{{"text": "{"a" * 65536}"}}'),
    turn("just under it", 413, "turn.too_long", f'{{"text": "{"a" * 65000}"}}'),
    turn("1001 characters", 413, "turn.too_long", f'{{"text": "{"好" * 1001}"}}'),
    turn("10,000 emoji", 413, "turn.too_long", f'{{"text": "{EMOJI * 10_000}"}}'),
    turn("10,000 emoji escaped", 413, "body.too_large", '{"text": "' + "\\ud83d\\ude00" * 10_000 + '"}'),
    turn("emoji only", 400, "turn.wordless", f'{{"text": "{EMOJI}"}}'),
    turn("signs only", 400, "turn.wordless", '{"text": "?!…"}'),
    turn("blank", 400, "turn.blank", '{"text": ""}'),
    turn("blanks", 400, "turn.blank", '{"text": " \\t\\n\\u3000"}'),
    turn("NUL only", 400, "turn.blank", '{"text": "\\u0000"}'),
    turn("zero width only", 400, "turn.blank", '{"text": "\\u200b\\u2060\\ufeff"}'),
    turn("a lone surrogate", 400, "turn.blank", '{"text": "\\ud800"}'),
    turn("message id a surrogate", 422, "body.invalid", '{"text": "hi", "message_id": "\\ud800"}'),
    # who and where
    Bad("no token", 401, "auth.no_token", headers={}),
    Bad("empty token", 401, "auth.no_token", headers={"authorization": "Bearer"}),
    Bad("another scheme", 401, "auth.no_token", headers={"authorization": "Basic {t}"}),
    Bad("wrong token", 403, "auth.wrong_token", headers={"authorization": "Bearer {t}x"}),
    Bad("somebody else's token", 403, "auth.wrong_token", headers={"authorization": "Bearer {u}"}),
    Bad("somebody else's conversation", 403, "auth.wrong_token", path="/api/v1/conversations/{o}/messages"),
    Bad("unknown conversation", 404, "conversation.unknown", path="/api/v1/conversations/nobody/messages"),
    Bad("a conversation of SQL", 404, "conversation.unknown", path="/api/v1/conversations/'%20OR%201=1%20--/messages"),
    Bad("a conversation of NUL", 404, "conversation.unknown", path="/api/v1/conversations/a%00b/messages"),
    Bad("a conversation without end", 404, "conversation.unknown", path=f"/api/v1/conversations/{'a' * 2000}/messages"),
    Bad("somebody else's events", 403, "auth.wrong_token", b"", "/api/v1/conversations/{o}/events", GET),
    Bad("unknown events", 404, "conversation.unknown", b"", "/api/v1/conversations/nobody/events", GET),
    Bad("events without token", 401, "auth.no_token", b"", "/api/v1/conversations/{c}/events", GET, {}),
    Bad("somebody else's wipe", 403, "auth.wrong_token", b"", "/api/v1/conversations/{o}", DELETE),
    Bad("unknown wipe", 404, "conversation.unknown", b"", "/api/v1/conversations/nobody", DELETE),
    Bad("wipe without token", 401, "auth.no_token", b"", "/api/v1/conversations/{c}", DELETE, {}),
    Bad("call for somebody else", 403, "auth.wrong_token", b'{"conversation_id": "{o}"}', CALL),
    Bad("call without token", 401, "auth.no_token", b'{"conversation_id": "{c}"}', CALL, headers={}),
    Bad("card of somebody else", 403, "auth.wrong_token", b"", "/api/v1/conversations/{o}/card"),
    Bad("slip of nothing", 404, "device.no_slip", b'{"appointment": "a1"}', "/api/v1/conversations/{c}/slip"),
    Bad("slip without name", 422, "body.invalid", b"{}", "/api/v1/conversations/{c}/slip"),
    # opening
    opening("no channel", 422, "body.invalid", "{}"),
    opening("bad channel", 422, "body.invalid", '{"channel": "fax"}'),
    opening("channel a number", 422, "body.invalid", '{"channel": 1}'),
    opening("phone without service token", 403, "auth.no_service_token", '{"channel": "phone"}'),
    opening("wechat with a token", 403, "auth.no_service_token", '{"channel": "wechat"}', authorization="Bearer x"),
    opening("bad opening language", 422, "body.invalid", '{"channel": "kiosk", "language": "xx"}'),
    opening("kiosk of SQL", 422, "body.invalid", '{"channel": "kiosk", "kiosk": "K01\'; DROP TABLE conversations"}'),
    opening("opening not JSON", 400, "body.not_json", "channel=kiosk"),
    # routes and methods
    Bad("unknown route", 404, "http.404", b"", "/api/v1/moon", GET),
    Bad("unknown page", 404, "http.404", b"", "/wp-login.php", GET),
    Bad("unknown version", 404, "http.404", path="/api/v2/conversations"),
    Bad("wrong method", 405, "http.405", b"", TURN, GET),
    Bad("put", 405, "http.405", path="/api/v1/conversations/{c}", method="PUT"),
    Bad("delete all", 405, "http.405", b"", OPEN, DELETE),
]  # fmt: skip

HOSTILE = {
    "SQL": "'; DROP TABLE appointments; --",
    "more SQL": "1 OR 1=1",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "template": "{{7*7}} ${7*7} {name:masked} %s %n",
    "a command": "/restart",
    "another": "/handoff",
    "a command with slots": '/book{"department": "cardiology"}',
    "a full-width slash": "／restart",
    "many slashes": "/ / //restart",
    "Rasa's own": "/session_start",
    "a token that was never given": "[NAME_aaaa] [ID_bbbb]",
    "a lone surrogate inside": "hel\udffflo there",
    "NUL inside": "hel\x00lo there",
    "right to left": "hello \u202e olleh there",
    "path": "../../../../etc/passwd",
    "thousand characters": "a" * 1000,
    "newlines": "hello\r\n\r\nthere",
    "JSON": '{"say": "control.menu"}',
    "a number": "1e999",
}
"""Texts that are turns like any other: answered in words, and with no effect."""
