import os

import anyio
import jwt
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from pydantic import AnyHttpUrl

zone_url = os.environ["KEYCARD_ZONE_URL"]
resource = f"{os.getenv('MCP_SERVER_URL', 'http://localhost:8000')}/mcp"


class ZoneTokenVerifier(TokenVerifier):
    """Verifies the zone's JWTs, as PyJWT's documentation has it for keys behind a URL."""

    def __init__(self):
        self.keys = jwt.PyJWKClient(f"{zone_url}/openidconnect/jwks")

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            claims = await anyio.to_thread.run_sync(self.decode, token)
        except jwt.PyJWTError:
            return None
        scope = claims.get("scope")
        return AccessToken(
            token=token,
            client_id=claims["client_id"],
            scopes=scope.split() if isinstance(scope, str) else [],
            expires_at=claims["exp"],
            resource=resource,
            subject=claims["sub"],
            claims=claims,
        )

    def decode(self, token: str) -> dict:
        key = self.keys.get_signing_key_from_jwt(token)
        required = ["exp", "iss", "aud", "sub", "client_id"]
        return jwt.decode(
            token, key, algorithms=["RS256"], audience=resource, issuer=zone_url, options={"require": required}
        )


mcp = MCPServer(
    "Hello World Server",
    token_verifier=ZoneTokenVerifier(),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl(zone_url),
        resource_server_url=AnyHttpUrl(resource),
        validate_token_resource=True,
    ),
)


@mcp.tool()
def hello_world(name: str) -> str:
    """Say hello to an authenticated user."""
    return f"Hello, {name}! You are authenticated."


if __name__ == "__main__":
    mcp.run(transport="streamable-http", port=int(os.getenv("PORT", "8000")))
