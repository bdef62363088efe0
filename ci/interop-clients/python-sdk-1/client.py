"""A client of a protected MCP server, as version 1 of the official Python SDK would have one written."""

import httpx
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

from python_application import reasons, run


async def greet(server, store, browser):
    """Signs in where the server demands it, and calls its tool."""

    async def came_back():
        answer = await browser.came_back()
        return answer.get("code", ""), answer.get("state")

    sign_in = OAuthClientProvider(
        server_url=server,
        client_metadata=OAuthClientMetadata(client_name="Python SDK 1 client", redirect_uris=[browser.redirect_uri]),
        storage=store,
        redirect_handler=browser.open,
        callback_handler=came_back,
    )
    async with httpx.AsyncClient(auth=sign_in, timeout=30) as http:
        async with streamable_http_client(server, http_client=http) as (incoming, outgoing, _):
            async with ClientSession(incoming, outgoing) as session:
                print(f"speaks {(await session.initialize()).protocolVersion}")
                result = await session.call_tool("hello_world", {"name": "Ada"})
                print(f"hello_world: {'error: ' if result.isError else ''}{result.content[0].text}", flush=True)


async def present(token, server):
    """Presents a token to a server, without signing in when it is refused."""
    statuses = []

    async def note(response):
        statuses.append(response.status_code)

    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=30, event_hooks={"response": [note]}) as http:
        try:
            async with streamable_http_client(server, http_client=http) as (incoming, outgoing, _):
                async with ClientSession(incoming, outgoing) as session:
                    await session.initialize()
                    result = await session.call_tool("hello_world", {"name": "Ada"})
                    print(f"the other server: {result.content[0].text}")
        except (Exception, BaseExceptionGroup) as error:
            # The SDK's error does not always say the status.
            print(f"the other server: {statuses[-1] if statuses else 'no answer'}: {reasons(error)}")


run(greet, present)
