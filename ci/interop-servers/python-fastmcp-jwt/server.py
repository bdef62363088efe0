import os

from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier
from pydantic import AnyHttpUrl

zone_url = os.environ["KEYCARD_ZONE_URL"]
server_url = os.getenv("MCP_SERVER_URL", "http://localhost:8000")

token_verifier = JWTVerifier(
    jwks_uri=f"{zone_url}/openidconnect/jwks",
    issuer=zone_url,
    audience=f"{server_url}/mcp",
)

auth = RemoteAuthProvider(
    token_verifier=token_verifier,
    authorization_servers=[AnyHttpUrl(zone_url)],
    base_url=server_url,
)

mcp = FastMCP("Hello World Server", auth=auth)


@mcp.tool
def hello_world(name: str) -> str:
    """Say hello to an authenticated user."""
    return f"Hello, {name}! You are authenticated."


if __name__ == "__main__":
    mcp.run(transport="http", port=int(os.getenv("PORT", "8000")))
