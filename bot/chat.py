"""`yidao chat`: a patient at a terminal, through the same HTTP API as every other client."""

from typing import Any, TextIO

import httpx
from pydantic import SecretStr

from actions.errors import YidaoError
from bot.secrets import kiosk_token

TURN_TIMEOUT_S = 30.0
"""Seconds to wait for the answer to a turn; the server gives up, with an apology, long before."""

KIOSK = "K01"
"""The kiosk that the terminal stands for."""


class NoAnswer(YidaoError):
    """There is no Yidao at that address, or it refused."""

    code = "chat.no_answer"


def chat(url: str, language: str, device_secret: SecretStr | None, lines: TextIO, out: TextIO) -> None:
    """Send each line as a turn and print what comes back, until the input ends. Raises NoAnswer."""
    headers = {"Authorization": f"Bearer {kiosk_token(device_secret, KIOSK)}"} if device_secret else {}
    try:
        # The address is this machine's; its certificate, if any, names the hospital's host.
        with httpx.Client(base_url=url, timeout=TURN_TIMEOUT_S, verify=False, trust_env=False) as client:
            opened = _answer(client.post("/api/v1/conversations", json=_opening(language), headers=headers))
            where = f"/api/v1/conversations/{opened['conversation_id']}/messages"
            client.headers["Authorization"] = f"Bearer {opened['token']}"
            _prompt(out)
            for line in lines:
                if line.strip():
                    _show(_answer(client.post(where, json={"text": line.rstrip("\n")})), out)
                _prompt(out)
    except httpx.HTTPError as error:
        raise NoAnswer(f"No Yidao answers at {url} ({type(error).__name__}): start it with `make run`.") from error


def _opening(language: str) -> dict[str, str]:
    return {"channel": "kiosk", "language": language, "kiosk": KIOSK}


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.is_error:
        raise NoAnswer(f"The server refused with {response.status_code}: {response.text[:300]}")
    body: dict[str, Any] = response.json()
    return body


def _prompt(out: TextIO) -> None:
    out.write("> ")
    out.flush()


def _show(reply: dict[str, Any], out: TextIO) -> None:
    for message in reply["messages"]:
        out.write(f"{message['text']}\n")
        for citation in message.get("citations") or []:
            out.write(f"   ({citation['title']}: {citation['source']})\n")
        for button in message.get("buttons") or []:
            out.write(f"   [{button['title']}]\n")
    if reply["safety"]["level"] != "none":
        out.write(f"   ! {reply['safety']['level']}\n")
