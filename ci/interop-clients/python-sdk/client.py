"""A client of a protected MCP server, as the official Python SDK would have one written.

    client.py STORE SERVER [OTHER]

Calls `hello_world` on SERVER. Discovery, registration, PKCE and the token are the SDK's own work; what an application
adds is here: a file that keeps tokens (STORE), a browser, and a loopback address for the browser to come back to.
$BROWSER is the command that opens an address. With OTHER, the token is then presented to that server, too.
"""

import asyncio
import json
import logging
import os
import shlex
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

# How long a user may take to sign in.
PATIENCE = 60


class Store:
    """Keeps the registration and the tokens in a file that only its owner reads."""

    def __init__(self, path):
        self.path = Path(path)
        self.path.touch(mode=0o600)
        self.kept = json.loads(self.path.read_text() or "{}")

    def keep(self, name, value):
        self.kept[name] = value.model_dump(mode="json", exclude_none=True)
        self.path.write_text(json.dumps(self.kept))

    async def get_tokens(self):
        return OAuthToken(**self.kept["tokens"]) if "tokens" in self.kept else None

    async def set_tokens(self, tokens):
        self.keep("tokens", tokens)

    async def get_client_info(self):
        return OAuthClientInformationFull(**self.kept["client"]) if "client" in self.kept else None

    async def set_client_info(self, client):
        self.keep("client", client)


class Browser:
    """Opens an address, and listens on loopback for what the authorization server sends the browser back with."""

    def __init__(self):
        self.process = None
        self.answer = None
        browser = self

        class Callback(BaseHTTPRequestHandler):
            timeout = 5

            def do_GET(self):
                url = urlsplit(self.path)
                found = url.path == "/callback" and browser.answer is None
                if found:
                    browser.answer = {name: values[0] for name, values in parse_qs(url.query).items()}
                page = b"<!doctype html><title>Done</title><p>You can close this window." if found else b""
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                """The address holds a code: it is for no log."""

        self.listener = HTTPServer(("127.0.0.1", 0), Callback)
        self.listener.timeout = 0.2
        self.redirect_uri = f"http://127.0.0.1:{self.listener.server_port}/callback"

    async def open(self, address):
        print("opening the browser", flush=True)
        self.process = subprocess.Popen([*shlex.split(os.environ["BROWSER"]), address])

    async def came_back(self):
        return await asyncio.to_thread(self.wait)

    def wait(self):
        deadline = time.monotonic() + PATIENCE
        while self.answer is None and self.process.poll() in (None, 0) and time.monotonic() < deadline:
            self.listener.handle_request()
        if self.answer is None:
            raise SignInFailed("the browser never came back from the sign-in page")
        if "error" in self.answer:
            raise SignInFailed(f"{self.answer['error']}: {self.answer.get('error_description', 'no description')}")
        return AuthorizationCodeResult(
            code=self.answer.get("code", ""), state=self.answer.get("state"), iss=self.answer.get("iss")
        )

    def close(self):
        self.listener.server_close()
        if self.process is not None:
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()


class SignInFailed(Exception):
    pass


async def greet(server, store, browser):
    """Signs in where the server demands it, and calls its tool."""
    sign_in = OAuthClientProvider(
        server_url=server,
        client_metadata=OAuthClientMetadata(client_name="Python SDK client", redirect_uris=[browser.redirect_uri]),
        storage=store,
        redirect_handler=browser.open,
        callback_handler=browser.came_back,
    )
    async with httpx2.AsyncClient(auth=sign_in, timeout=30) as http:
        async with Client(streamable_http_client(server, http_client=http)) as client:
            print(f"speaks {client.protocol_version}")
            result = await client.call_tool("hello_world", {"name": "Ada"})
            print(f"hello_world: {'error: ' if result.is_error else ''}{result.content[0].text}", flush=True)


async def present(token, server):
    """Presents a token to a server, without signing in when it is refused."""
    statuses = []

    async def note(response):
        statuses.append(response.status_code)

    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30, event_hooks={"response": [note]}) as http:
        try:
            async with Client(streamable_http_client(server, http_client=http)) as client:
                result = await client.call_tool("hello_world", {"name": "Ada"})
                print(f"the other server: {result.content[0].text}")
        except (Exception, BaseExceptionGroup) as error:
            # The SDK's error does not say the status.
            print(f"the other server: {statuses[-1] if statuses else 'no answer'}: {reasons(error)}")


def reasons(error):
    """What went wrong, out of the groups in which the SDK's tasks raise it."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(dict.fromkeys(map(reasons, error.exceptions)))
    return str(error)


async def main(path, server, *others):
    store, browser = Store(path), Browser()
    try:
        await greet(server, store, browser)
        for other in others:
            await present(store.kept["tokens"]["access_token"], other)
    finally:
        browser.close()


# The SDK logs the traceback of what it raises.
logging.getLogger("mcp.client.auth.oauth2").setLevel(logging.CRITICAL)
try:
    asyncio.run(main(*sys.argv[1:]))
except (Exception, BaseExceptionGroup) as error:
    sys.exit(f"client: {reasons(error)}")
