import os
import socket
from collections.abc import Iterator

import pytest

from bot.processes.faults import BusyPort
from bot.processes.ports import holder, is_free, require_free


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_busy_port_is_one_sentence_that_names_the_holder_and_the_setting(busy: int) -> None:
    with pytest.raises(BusyPort) as caught:
        require_free([("bot.port", "127.0.0.1", busy)])
    assert str(caught.value).startswith(f"Port {busy} is taken by process {os.getpid()} (")
    assert str(caught.value).endswith("stop it, or choose another port with YIDAO_BOT__PORT.")


def test_a_port_taken_on_every_address_is_busy_on_loopback() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert not is_free("127.0.0.1", server.getsockname()[1])


def test_a_port_is_free_again_at_once(busy: int) -> None:
    assert not is_free("127.0.0.1", busy)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            pass
    assert is_free("127.0.0.1", port)  # although a connection to it is still in TIME_WAIT
    require_free([("bot.port", "127.0.0.1", port)])
    assert holder(port) is None
