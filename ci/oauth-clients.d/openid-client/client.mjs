// An application that uses openid-client.
//
//   client.mjs ZONE RESOURCE
import * as oauth from "openid-client";

import {
  addApplicationWithSecret,
  browse,
  CALLBACK,
  claimsOf,
  control,
  equal,
  publishOtherKeys,
  refused,
  resource,
  step,
  zone,
} from "../application.mjs";

const server = new URL(zone);
// Over http, as the zone is on loopback; and the signature of an ID token is verified although the zone itself gave it.
const options = { execute: [oauth.allowInsecureRequests, oauth.enableNonRepudiationChecks] };

function as(application, authentication) {
  return oauth.discovery(server, application.client_id, application, authentication, options);
}

/** Sends the browser to the zone, and gives where it came back with what is expected there. */
async function signIn(config, parameters) {
  const verifier = oauth.randomPKCECodeVerifier();
  const expected = {
    pkceCodeVerifier: verifier,
    expectedState: oauth.randomState(),
    expectedNonce: oauth.randomNonce(),
    idTokenExpected: true,
  };
  const address = oauth.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: expected.expectedState,
    nonce: expected.expectedNonce,
    ...parameters,
  });
  return [browse(address), expected];
}

await step("discovery", async () => {
  for (const algorithm of ["oidc", "oauth2"]) {
    const config = await oauth.discovery(server, "nobody", undefined, undefined, { ...options, algorithm });
    equal("issuer", config.serverMetadata().issuer, zone);
    equal("PKCE with S256", config.serverMetadata().supportsPKCE(), true);
  }
});

const config = await step("registration", () =>
  oauth.dynamicClientRegistration(
    server,
    { client_name: "openid-client", redirect_uris: [CALLBACK], token_endpoint_auth_method: "client_secret_basic" },
    oauth.ClientSecretBasic(),
    options,
  ),
);

const tokens = await step("code with PKCE for a resource", async () => {
  const [callback, expected] = await signIn(config, { scope: "openid reports:read", resource });
  equal("iss of the response", callback.searchParams.get("iss"), zone);
  const tokens = await oauth.authorizationCodeGrant(config, callback, expected, { resource });
  equal("aud", claimsOf(tokens.access_token).aud, resource);
  return tokens;
});

await step("ID token", () => {
  equal("iss", tokens.claims().iss, zone);
  equal("aud", tokens.claims().aud, config.clientMetadata().client_id);
});

await step("UserInfo", async () => {
  const [callback, expected] = await signIn(config, { scope: "openid email" });
  const signedIn = await oauth.authorizationCodeGrant(config, callback, expected);
  const { sub } = signedIn.claims();
  equal("sub", sub, tokens.claims().sub);
  const user = await oauth.fetchUserInfo(config, signedIn.access_token, sub);
  equal("email", user.email, "alice@example.com");
  equal("email_verified", user.email_verified, true);
  await refused("OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED", () =>
    oauth.fetchUserInfo(config, signedIn.access_token, "mallory"),
  );
});

await step("refresh", async () => {
  const refreshed = await oauth.refreshTokenGrant(config, tokens.refresh_token, { resource });
  equal("aud", claimsOf(refreshed.access_token).aud, resource);
  equal("sub", refreshed.claims().sub, tokens.claims().sub);
  equal("rotated", refreshed.refresh_token !== tokens.refresh_token, true);
});

await step("a used refresh token is refused", () =>
  refused("invalid_grant", () => oauth.refreshTokenGrant(config, tokens.refresh_token)),
);

await step("client credentials with a secret", async () => {
  const application = await addApplicationWithSecret();
  const config = await as(application, oauth.ClientSecretBasic(application.client_secret));
  const { access_token } = await oauth.clientCredentialsGrant(config, { resource });
  equal("aud", claimsOf(access_token).aud, resource);
  equal("client_id", claimsOf(access_token).client_id, application.client_id);
});

await step("client credentials with private_key_jwt", async () => {
  for (const alg of ["ES256", "RS256"]) {
    const key = await oauth.randomDPoPKeyPair(alg, { extractable: true });
    const jwks = { keys: [{ ...(await crypto.subtle.exportKey("jwk", key.publicKey)), kid: alg, alg }] };
    const application = await control("POST", "clients", { name: alg, resources: [resource], jwks });
    const authentication = oauth.PrivateKeyJwt({ key: key.privateKey, kid: alg });
    const config = await as({ client_id: application.client_id }, authentication);
    const { access_token } = await oauth.clientCredentialsGrant(config, { resource });
    equal("client_id", claimsOf(access_token).client_id, application.client_id);
  }
});

await step("metadata of another issuer is refused", async () => {
  await control("PUT", "faults/discovery", { issuer: "http://other.example" });
  await refused("OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED", () => as({ client_id: "nobody" }));
  await control("DELETE", "faults/discovery", {});
});

for (const [title, parameter, code] of [
  ["a response of another issuer is refused", "iss", "OAUTH_INVALID_RESPONSE"],
  ["a response with another state is refused", "state", "OAUTH_INVALID_RESPONSE"],
]) {
  await step(title, async () => {
    const [callback, expected] = await signIn(config, { scope: "openid email" });
    callback.searchParams.set(parameter, "http://other.example");
    await refused(code, () => oauth.authorizationCodeGrant(config, callback, expected));
  });
}

await step("an ID token with another nonce is refused", async () => {
  const [callback, expected] = await signIn(config, { scope: "openid email" });
  await refused("OAUTH_JWT_CLAIM_COMPARISON_FAILED", () =>
    oauth.authorizationCodeGrant(config, callback, { ...expected, expectedNonce: oauth.randomNonce() }),
  );
});

await step("an ID token that another key signed is refused", async () => {
  const unacquainted = await as(config.clientMetadata(), oauth.ClientSecretBasic()); // has fetched no keys yet
  const [callback, expected] = await signIn(unacquainted, { scope: "openid email" });
  await publishOtherKeys(config.serverMetadata().jwks_uri);
  await refused("OAUTH_INVALID_RESPONSE", () => oauth.authorizationCodeGrant(unacquainted, callback, expected));
});
