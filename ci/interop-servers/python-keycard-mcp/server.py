from keycardai.mcp.server.auth import AuthProvider
from mcp.server.mcpserver import MCPServer

mcp = MCPServer("Hello World Server")


@mcp.tool()
def hello_world(name: str) -> str:
    """Say hello to an authenticated user."""
    return f"Hello, {name}! You are authenticated."


auth_provider = AuthProvider(mcp_server_name="Hello World Server")

app = auth_provider.app(mcp)
