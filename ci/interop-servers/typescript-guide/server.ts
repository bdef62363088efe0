import express from "express";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { z } from "zod";
import { InvalidTokenError } from "@modelcontextprotocol/sdk/server/auth/errors.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import type { OAuthTokenVerifier } from "@modelcontextprotocol/sdk/server/auth/provider.js";
import { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter } from "@modelcontextprotocol/sdk/server/auth/router.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

const ZONE_URL = process.env.KEYCARD_ZONE_URL ?? "https://<your-zone-id>.keycard.cloud";
const PORT = Number(process.env.PORT ?? 8080);
const RESOURCE = new URL("/mcp", process.env.MCP_SERVER_URL ?? `http://localhost:${PORT}`);

// The zone's own metadata: where its keys are, and what the metadata router passes on.
const oauthMetadata = await (await fetch(`${ZONE_URL}/.well-known/oauth-authorization-server`)).json();
const keys = createRemoteJWKSet(new URL(oauthMetadata.jwks_uri));

const verifier: OAuthTokenVerifier = {
  async verifyAccessToken(token) {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer: ZONE_URL, audience: RESOURCE.href });
      return {
        token,
        clientId: String(payload.client_id),
        scopes: typeof payload.scope === "string" ? payload.scope.split(" ") : [],
        expiresAt: payload.exp,
      };
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new InvalidTokenError(error.message);
      throw error;
    }
  },
};

const app = express();
app.use(express.json());

// OAuth metadata endpoints (unauthenticated)
app.use(
  mcpAuthMetadataRouter({
    oauthMetadata,
    resourceServerUrl: RESOURCE,
    resourceName: "Hello World MCP Server",
  }),
);

// MCP transport (protected by bearer auth)
app.post(
  "/mcp",
  requireBearerAuth({ verifier, resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(RESOURCE) }),
  async (req, res) => {
    const server = new McpServer({ name: "Hello World Server", version: "1.0.0" });

    server.tool(
      "hello_world",
      "Say hello to an authenticated user.",
      { name: z.string().describe("Name to greet") },
      async ({ name }) => ({
        content: [{ type: "text", text: `Hello, ${name}! You are authenticated.` }],
      }),
    );

    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    await server.connect(transport);
    await transport.handleRequest(req, res, req.body);
  },
);

app.listen(PORT, () => {
  console.log(`Hello World MCP Server running on http://localhost:${PORT}`);
});
