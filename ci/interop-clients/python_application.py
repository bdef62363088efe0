"""What an application adds to the Python SDK's OAuth code, whichever version: a file that keeps tokens, a browser, and
a loopback address for the browser to come back to.

    client.py STORE SERVER [OTHER]

calls `hello_world` on SERVER; $BROWSER is the command that opens an address. With OTHER, the token is then presented to
that server, too.
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

from mcp.shared.auth import OAuthClientInformationFull, OAuthToken

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
        return self.answer

    def close(self):
        self.listener.server_close()
        if self.process is not None:
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()


class SignInFailed(Exception):
    pass


def reasons(error):
    """What went wrong, out of the groups in which the SDK's tasks raise it."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(dict.fromkeys(map(reasons, error.exceptions)))
    return str(error)


def run(greet, present):
    """The program: `greet` signs in and calls the tool, `present` shows the token to another server."""

    async def everything(path, server, *others):
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
        asyncio.run(everything(*sys.argv[1:]))
    except (Exception, BaseExceptionGroup) as error:
        sys.exit(f"client: {reasons(error)}")
