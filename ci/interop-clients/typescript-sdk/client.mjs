// A client of a protected MCP server, as the official TypeScript SDK would have one written.
//
//   client.mjs STORE SERVER [OTHER]
//
// Calls `hello_world` on SERVER. Discovery, registration, PKCE and the token are the SDK's own work; what an application
// adds is here: a file that keeps tokens (STORE), a browser, and a loopback address for the browser to come back to.
// $BROWSER is the command that opens an address. With OTHER, the token is then presented to that server, too.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

// How long a user may take to sign in.
const PATIENCE = 60_000;

/** Opens an address, and listens on loopback for what the authorization server sends the browser back with. */
class Browser {
  #listener = createServer((request, response) => {
    const url = new URL(request.url, "http://127.0.0.1");
    const found = url.pathname === "/callback";
    response.writeHead(found ? 200 : 404, { "Content-Type": "text/html", Connection: "close" });
    response.end(found ? "<!doctype html><title>Done</title><p>You can close this window." : "");
    if (found) this.#answered(url.searchParams);
  });
  #answered;
  #gaveUp;
  #answer = new Promise((resolve, reject) => {
    this.#answered = resolve;
    this.#gaveUp = reject;
  });
  #closed = Promise.resolve();

  async listen() {
    this.#answer.catch(() => {}); // It may come before anybody waits for it.
    this.#listener.listen(0, "127.0.0.1");
    await once(this.#listener, "listening");
    this.redirectUrl = `http://127.0.0.1:${this.#listener.address().port}/callback`;
    return this;
  }

  open(address) {
    console.log("opening the browser");
    const neverCameBack = () => this.#gaveUp(new Error("the browser never came back from the sign-in page"));
    const patience = setTimeout(neverCameBack, PATIENCE);
    const process_ = spawn("sh", ["-c", `${process.env.BROWSER} "$1"`, "sh", address], { stdio: "inherit" });
    this.#closed = once(process_, "exit").then(([status]) => {
      clearTimeout(patience);
      if (status !== 0) neverCameBack();
    });
  }

  async cameBack() {
    const answer = await this.#answer;
    if (answer.has("error")) {
      throw new Error(`${answer.get("error")}: ${answer.get("error_description") ?? "no description"}`);
    }
    return answer;
  }

  async close() {
    await this.#closed;
    this.#listener.close();
  }
}

/** What the SDK asks of an application: who it is, where things are kept, how an address is opened. */
class SignIn {
  #kept;
  #state = randomUUID();
  #verifier;

  constructor(store, browser) {
    this.store = store;
    this.browser = browser;
    this.#kept = existsSync(store) ? JSON.parse(readFileSync(store, "utf8")) : {};
  }

  #keep(name, value) {
    this.#kept[name] = value;
    writeFileSync(this.store, JSON.stringify(this.#kept), { mode: 0o600 });
  }

  get redirectUrl() {
    return this.browser.redirectUrl;
  }

  get clientMetadata() {
    return {
      client_name: "TypeScript SDK client",
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none", // a program on a user's machine keeps no secret
    };
  }

  state = () => this.#state;
  clientInformation = () => this.#kept.client;
  saveClientInformation = (client) => this.#keep("client", client);
  tokens = () => this.#kept.tokens;
  saveTokens = (tokens) => this.#keep("tokens", tokens);
  codeVerifier = () => this.#verifier;
  saveCodeVerifier = (verifier) => {
    this.#verifier = verifier;
  };
  redirectToAuthorization = (address) => this.browser.open(String(address));
}

const application = () => new Client({ name: "typescript-sdk-client", version: "1.0.0" });

/** Signs in where the server demands it, and calls its tool. */
async function greet(server, signIn, browser) {
  let transport = new StreamableHTTPClientTransport(new URL(server), { authProvider: signIn });
  let client = application();
  try {
    await client.connect(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    const answer = await browser.cameBack();
    if (answer.get("state") !== signIn.state()) throw new Error("the browser came back with another sign-in's answer");
    await transport.finishAuth(answer.get("code"));
    transport = new StreamableHTTPClientTransport(new URL(server), { authProvider: signIn });
    client = application();
    await client.connect(transport);
  }
  console.log(`speaks ${transport.protocolVersion}`);
  const result = await client.callTool({ name: "hello_world", arguments: { name: "Ada" } });
  console.log(`hello_world: ${result.isError ? "error: " : ""}${result.content[0].text}`);
  await client.close();
}

/** Presents a token to a server, without signing in when it is refused. */
async function present(token, server) {
  const headers = { Authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(new URL(server), { requestInit: { headers } });
  const client = application();
  try {
    await client.connect(transport);
    const result = await client.callTool({ name: "hello_world", arguments: { name: "Ada" } });
    console.log(`the other server: ${result.content[0].text}`);
  } catch (error) {
    console.log(`the other server: ${error.code}: ${error.message}`);
  }
  await client.close();
}

const [store, server, ...others] = process.argv.slice(2);
const browser = await new Browser().listen();
const signIn = new SignIn(store, browser);
try {
  await greet(server, signIn, browser);
  for (const other of others) await present(signIn.tokens().access_token, other);
} catch (error) {
  console.error(`client: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
