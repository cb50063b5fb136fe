"""An OAuth2 server of our own on loopback, in a thread: honest, unless its script says otherwise.

It knows the refresh token grant (rotating, if told), client credentials, the JWT bearer grant, the device grant, and an
introspection that Dovecot may ask.
"""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass
class Answer:
    """What is sent, whatever was asked; `hang` sends nothing until the server is closed."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    drip: bool = False
    """Octets without an end."""

    @property
    def octets(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Asked:
    """One request."""

    path: str
    headers: dict[str, str]
    fields: dict[str, str]

    @property
    def basic(self) -> str:
        return b64decode(self.headers.get("authorization", "Basic ").removeprefix("Basic ")).decode()


@dataclass
class AuthServer:
    """`with AuthServer() as server:` has it listening on `server.port`."""

    user: str = "box-0"
    rotate: bool = False
    lifetime: int = 3600
    pending: int = 0
    """So many times a device is told to wait."""
    more: dict[str, Any] = field(default_factory=dict)
    """Further fields of a grant."""
    refresh: str = "RT-0-of-somebody-who-consented"
    script: deque[Answer] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    good: set[str] = field(default_factory=set)
    """Access tokens that a mail server is told to take."""
    given: int = 0

    def __enter__(self) -> Self:
        owner = self
        self.over = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("content-length") or 0)
                owner.answer(self, dict(parse_qsl(self.rfile.read(length).decode())))

            def do_GET(self):
                owner.answer(self, {})

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    @property
    def device_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/device"

    def answer(self, handler: BaseHTTPRequestHandler, fields: dict[str, str]) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.path, headers, fields)
        if asked.path.startswith("/introspect"):
            said = self.introspect(headers.get("authorization", "").removeprefix("Bearer "))
        else:
            self.asked.append(asked)
            said = self.script.popleft() if self.script else self.honest(asked)
        with suppress(ConnectionError):  # it has seen enough
            self.send(handler, said)

    def send(self, handler: BaseHTTPRequestHandler, said: Answer) -> None:
        if said.hang:
            self.over.wait(30)
            return
        handler.send_response(said.status)
        for name, value in {"Content-Type": "application/json", "Connection": "close", **said.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(said.octets)
        while said.drip and not self.over.is_set():
            handler.wfile.write(b" " * 4096)

    def honest(self, asked: Asked) -> Answer:
        if asked.path == "/device":
            told = {"device_code": "DC-of-a-device", "user_code": "WDJB-MJHT", "expires_in": 600, "interval": 1}
            return Answer({**told, "verification_uri": "https://login.example.it/device"})
        match asked.fields.get("grant_type"):
            case "refresh_token" if asked.fields["refresh_token"] != self.refresh:
                return Answer(
                    {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, 400
                )
            case "refresh_token" if self.rotate:
                self.refresh = f"RT-{self.given + 1}-of-somebody-who-consented"
                return self.grant({"refresh_token": self.refresh})
            case kind if kind == DEVICE and self.pending:
                self.pending -= 1
                return Answer({"error": "authorization_pending"}, 400)
            case kind:
                return self.grant({"refresh_token": self.refresh} if kind == DEVICE else {})

    def grant(self, more: dict[str, Any]) -> Answer:
        self.given += 1
        token = f"AT-{self.given}-which-nobody-may-see"
        self.good.add(token)
        return Answer({"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime, **more, **self.more})

    def introspect(self, token: str) -> Answer:
        if token in self.good:
            return Answer({"active": "true", "username": self.user})
        return Answer({"active": "false"}, 401)
