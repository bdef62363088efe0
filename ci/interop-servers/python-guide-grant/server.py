import os

import httpx
from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from keycardai.fastmcp import AccessContext, AuthProvider

upstream = os.getenv("UPSTREAM_URL", "https://api.example.com")

auth_provider = AuthProvider(
    zone_id=os.getenv("KEYCARD_ZONE_ID", "<your-zone-id>"),
    mcp_server_name="Hello World Server",
    mcp_base_url=os.getenv("MCP_SERVER_URL", "http://localhost:8000"),
)

auth = auth_provider.get_remote_auth_provider()
mcp = FastMCP("Hello World Server", auth=auth)


@mcp.tool()
def hello_world(name: str) -> str:
    """Say hello to an authenticated user."""
    return f"Hello, {name}! You are authenticated."


@mcp.tool()
async def fetch_upstream(access: AccessContext = auth_provider.grant(upstream)) -> str:
    """Ask the API behind this server, on the caller's behalf."""
    if access.has_errors():
        raise ToolError(f"Failed to obtain access token for resource: {access.get_errors()}")
    headers = {"Authorization": f"Bearer {access.access(upstream).access_token}"}
    async with httpx.AsyncClient() as client:
        response = await client.get(upstream, headers=headers)
        response.raise_for_status()
        return response.text


def main():
    mcp.run(transport="streamable-http")


if __name__ == "__main__":
    main()
