// What an application in JavaScript has beside its OAuth library: a browser, steps that it tells of, and, as this is a
// test, the zone's control plane.
import { execFileSync } from "node:child_process";
import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

const generateKey = promisify(generateKeyPair);

export const [zone, resource] = process.argv.slice(2);

/** Where the zone sends the browser back to. Nobody listens there: the browser only says where it was sent. */
export const CALLBACK = "http://127.0.0.1:7/callback";

/** Does one step of what the driver expects, and tells how it went; after one that fails there is no other. */
export async function step(title, action) {
  try {
    const result = await action();
    console.log(`${title}: ok`);
    return result;
  } catch (error) {
    console.log(`${title}: FAILED`);
    console.error(error);
    process.exit(1);
  }
}

export function equal(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, actual ${actual}`);
}

/** Succeeds where the library, or the zone, refuses with this code. */
export async function refused(code, action) {
  try {
    await action();
  } catch (error) {
    // A library's own code, or the `error` that the zone answered.
    equal("refused with", error.error ?? error.code, code);
    return;
  }
  throw new Error(`taken, where ${code} was expected`);
}

/** Opens an address and gives the one at which the browser came back. */
export function browse(address) {
  const command = ["-c", `${process.env.BROWSER} "$1"`, "sh", String(address)];
  return new URL(execFileSync("sh", command, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim());
}

export async function control(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${zone}/_control/${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`/_control/${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json().catch(() => undefined);
}

/**
 * Adds an application that has a secret with a character in it that form-encoding changes in these libraries: they send
 * `client_secret_basic` as RFC 6749 section 2.3.1 has it. Most secrets that the zone draws have one.
 */
export async function addApplicationWithSecret() {
  for (;;) {
    const application = await control("POST", "clients", { name: "with a secret", resources: [resource] });
    if (/[-_]/.test(application.client_secret)) return application;
  }
}

/** Has the zone publish other keys, under the names of its own. */
export async function publishOtherKeys(jwksUri) {
  const { publicKey } = await generateKey("rsa", { modulusLength: 2048 });
  const { n } = publicKey.export({ format: "jwk" });
  const { keys } = await (await fetch(jwksUri)).json();
  await control("PUT", "faults/jwks", { json: { keys: keys.map((key) => ({ ...key, n })) } });
}

/** The claims of an access token, which is none of an application's business but of this test's. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
}
