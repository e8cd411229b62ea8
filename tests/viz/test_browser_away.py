"""A dashboard under a path of its own behind a proxy, and visitors whose line breaks, in a real browser."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
PREFIX = "/hashpivot"
SERVER = {"SOLARA_ROOT_PATH": PREFIX, "SOLARA_KERNEL_CULL_TIMEOUT": "2s"}  # visitors are released within seconds
CARBON = "policy.carbon_price_usd_per_t"
SLIDER = f"[data-key='{CARBON}'] input[type=range]"


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    """All that comes in goes out, until one end hangs up."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _serve(visitor: socket.socket, port: int) -> None:
    """One request of a visitor, its path without the prefix; the connection ends with it, but for websockets."""
    head = b""
    while b"\r\n\r\n" not in head:
        if not (data := visitor.recv(65536)):
            visitor.close()
            return
        head += data
    first, rest = head.split(b"\r\n", 1)
    first = first.replace(f" {PREFIX}/".encode(), b" /", 1)
    if b"upgrade: websocket" not in rest.lower():
        rest = re.sub(rb"(?i)^connection:[^\r]*", b"Connection: close", rest, flags=re.MULTILINE)
    server = socket.create_connection(("127.0.0.1", port))
    server.sendall(first + b"\r\n" + rest)
    threading.Thread(target=_pass_on, args=(visitor, server), daemon=True).start()
    _pass_on(server, visitor)


@pytest.fixture
def proxied(address) -> Iterator[str]:
    """Address of the dashboard behind a proxy that takes the prefix off, as docs/dashboard.md tells it to."""
    port = int(address.rsplit(":", 1)[1])
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    visitor, _ = listening.accept()
                    threading.Thread(target=_serve, args=(visitor, port), daemon=True).start()

        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}{PREFIX}"
        listening.shutdown(socket.SHUT_RDWR)


def raise_carbon_price(page) -> str:
    """A lever moved by keys; its value once the page has answered."""
    page.wait_for_selector("h1:has-text('Baseline')")
    page.locator(SLIDER).focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector("h1:has-text('Carbon price')")
    value = page.locator(SLIDER).input_value()
    page.wait_for_url(re.compile(rf"{re.escape(CARBON)}={value}(\.0)?$"))
    return value


def test_every_request_keeps_to_the_path_behind_a_proxy(window, proxied):
    with window(at=proxied) as page:  # a request beside the prefix fails it
        page.goto(f"{proxied}/")
        value = raise_carbon_price(page)
        assert page.url.startswith(f"{proxied}/?")
        page.wait_for_selector(".hp-plot canvas")
        page.get_by_role("link", name="Firms", exact=True).click()
        page.wait_for_selector(".hp-data tbody tr >> nth=5")
        assert page.url.startswith(f"{proxied}/firms")
        page.reload()
        page.wait_for_selector(".hp-data tbody tr >> nth=5")
        assert f"{CARBON}={value}" in page.url


def test_a_released_visitor_comes_back_to_what_he_looked_at(window, proxied):
    lines: list = []
    with window(at=proxied) as page:

        def connect(line) -> None:
            lines.append(line)
            if len(lines) != 2:  # the second try of the page is in vain: it stays away for longer than it is kept
                line.connect_to_server()

        page.route_web_socket(re.compile("ws"), connect)
        page.goto(f"{proxied}/")
        value = raise_carbon_price(page)
        page.evaluate("window.before = true")
        lines[0].close()
        page.wait_for_timeout(4000)
        lines[1].close()
        page.wait_for_function("!window.before")  # loaded anew
        page.wait_for_selector("h1:has-text('Carbon price')")
        page.wait_for_selector(".hp-plot canvas")
        expect(page.locator(SLIDER)).to_have_value(value)
        page.locator(SLIDER).press("ArrowRight")
        page.wait_for_url(re.compile(rf"{re.escape(CARBON)}=(?!{value}(\.0)?$)"))
