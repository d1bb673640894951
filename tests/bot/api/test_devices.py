"""Card reader, scanner and printer: simulated by a file that is read at each use, or out of order."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from bot.errors import DeviceFault
from bot.kiosk.devices import BrokenDevices, CardRead, SimulatedDevices
from tests.bot.api.conftest import Door, code_of
from tests.bot.house import Patient

CARD = "K01: {card: {name: 王小明, id_number: '000000199003071234'}, code: 'YIDAO:A3827'}"


@pytest.fixture
def devices(tmp_path: Path) -> SimulatedDevices:
    return SimulatedDevices(tmp_path / "simulated_devices.yml")


def code(use: object, *arguments: object) -> str:
    with pytest.raises(DeviceFault) as caught:
        use(*arguments)  # type: ignore[operator]
    return caught.value.exact_code


def test_without_a_file_nothing_lies_on_them_and_there_is_paper(devices: SimulatedDevices) -> None:
    assert code(devices.read, "K01") == "device.no_card"
    assert code(devices.scan, "K01") == "device.no_code"
    devices.print("K01", ("一",))
    assert list(devices.printed) == [("K01", ("一",))]


def test_the_file_is_read_at_each_use(devices: SimulatedDevices) -> None:
    devices.file.write_text(CARD, encoding="utf-8")
    assert devices.read("K01") == CardRead("王小明", "000000199003071234")
    assert devices.scan("K01") == "YIDAO:A3827"
    assert code(devices.read, "K02") == "device.no_card"
    devices.file.write_text("K01: {card: wrong_card, no_paper: true}", encoding="utf-8")
    assert code(devices.read, "K01") == "device.wrong_card"
    assert code(devices.print, "K01", ("一",)) == "device.no_paper"
    devices.file.write_text("", encoding="utf-8")
    assert code(devices.read, "K01") == "device.no_card"


@pytest.mark.parametrize(
    "body", ["[", "K01: 1", "K01: {card: x}", "K01: {card: {name: 王}}", "K01: {colour: red}", "- K01"]
)
def test_a_file_that_does_not_fit_is_a_device_out_of_order(devices: SimulatedDevices, body: str) -> None:
    devices.file.write_text(body, encoding="utf-8")
    assert code(devices.read, "K01") == "device.unavailable"
    assert code(devices.print, "K01", ("一",)) == "device.unavailable"


def test_devices_that_nobody_connected_are_out_of_order() -> None:
    broken = BrokenDevices()
    for use in ((broken.read, "K01"), (broken.scan, "K01"), (broken.print, "K01", ("一",))):
        assert code(*use) == "device.unavailable"


def sign(patient: Patient) -> dict[str, str]:
    return {"authorization": f"Bearer {patient.token}"}


async def test_a_card_is_a_turn_with_tokens(door: Door, client: httpx.AsyncClient) -> None:
    patient = await door.front.patient()
    url = f"/api/v1/conversations/{patient.id}"
    refused = await client.post(f"{url}/card", headers=sign(patient))
    assert (refused.status_code, code_of(refused)) == (409, "device.no_card")
    door.devices.file.write_text(CARD, encoding="utf-8")
    assert (await client.post(f"{url}/card", headers=sign(patient))).status_code == 200
    said = door.front.engine.turns[-1].text
    assert said.startswith("姓名:[NAME_")
    assert "000000199003071234" not in said
    assert (await client.post(f"{url}/scan", headers=sign(patient))).status_code == 200
    assert door.front.engine.turns[-1].text == "YIDAO:A3827"


async def test_a_slip_is_printed_for_a_card_of_this_conversation_only(door: Door, client: httpx.AsyncClient) -> None:
    patient = await door.front.patient()
    door.front.engine.answers["完成"] = [{"say": "control.menu", "card": {"kind": "appointment", "params": slip()}}]
    await patient.say("完成")
    url = f"/api/v1/conversations/{patient.id}/slip"
    assert (await client.post(url, json={"appointment": "a1"}, headers=sign(patient))).status_code == 204
    ((kiosk, lines),) = door.devices.printed
    assert (kiosk, lines[0]) == ("K01", "预约凭条")
    assert any("A3827" in line for line in lines)
    other = await client.post(url, json={"appointment": "a2"}, headers=sign(patient))
    assert (other.status_code, code_of(other)) == (404, "device.no_slip")
    door.devices.file.write_text("K01: {no_paper: true}", encoding="utf-8")
    empty = await client.post(url, json={"appointment": "a1"}, headers=sign(patient))
    assert (empty.status_code, code_of(empty)) == (409, "device.no_paper")


def slip() -> dict[str, object]:
    return {
        "appointment": "a1", "number": "A3827", "name": "王*明", "department": "cardiology", "kind": "expert",
        "doctor": "", "day": "2026-11-27", "start": "08:00", "end": "08:30", "room": "A3-302", "fee": 5000,
    }  # fmt: skip
