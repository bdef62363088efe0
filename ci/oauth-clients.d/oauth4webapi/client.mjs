// An application that uses oauth4webapi.
//
//   client.mjs ZONE RESOURCE
import * as oauth from "oauth4webapi";

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

const issuer = new URL(zone);
const options = { [oauth.allowInsecureRequests]: true }; // http, as the zone is on loopback

async function discover(algorithm) {
  const response = await oauth.discoveryRequest(issuer, { ...options, algorithm });
  return oauth.processDiscoveryResponse(issuer, response);
}

/** Sends the browser to the zone, and gives where it came back with what is expected there. */
async function signIn(server, client, parameters) {
  const verifier = oauth.generateRandomCodeVerifier();
  const expected = { verifier, state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() };
  const address = new URL(server.authorization_endpoint);
  address.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    response_type: "code",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: expected.state,
    nonce: expected.nonce,
    ...parameters,
  });
  return [browse(address), expected];
}

/** Takes the code that the browser came back with, and verifies the ID token, its signature too. */
async function redeem(server, client, callback, expected, additionalParameters) {
  const answer = oauth.validateAuthResponse(server, client, callback, expected.state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    answer,
    CALLBACK,
    expected.verifier,
    { ...options, additionalParameters },
  );
  const checks = { expectedNonce: expected.nonce, requireIdToken: true };
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, checks);
  await oauth.validateApplicationLevelSignature(server, response, options);
  return tokens;
}

async function refresh(server, client, token, additionalParameters) {
  const more = { ...options, additionalParameters };
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, more);
  return oauth.processRefreshTokenResponse(server, client, response);
}

async function clientCredentials(server, client, authentication) {
  const parameters = { resource };
  const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, options);
  const { access_token } = await oauth.processClientCredentialsResponse(server, client, response);
  equal("aud", claimsOf(access_token).aud, resource);
  equal("client_id", claimsOf(access_token).client_id, client.client_id);
}

const server = await step("discovery", async () => {
  await discover("oidc");
  return discover("oauth2");
});

const client = await step("registration", async () => {
  const metadata = { client_name: "oauth4webapi", redirect_uris: [CALLBACK], token_endpoint_auth_method: "none" };
  const response = await oauth.dynamicClientRegistrationRequest(server, metadata, options);
  return oauth.processDynamicClientRegistrationResponse(response);
});

const tokens = await step("code with PKCE for a resource", async () => {
  const [callback, expected] = await signIn(server, client, { scope: "openid reports:read", resource });
  equal("iss of the response", callback.searchParams.get("iss"), zone);
  const tokens = await redeem(server, client, callback, expected, { resource });
  equal("aud", claimsOf(tokens.access_token).aud, resource);
  return tokens;
});

const { sub } = await step("ID token", () => {
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  equal("iss", claims.iss, zone);
  equal("aud", claims.aud, client.client_id);
  return claims;
});

await step("UserInfo", async () => {
  const [callback, expected] = await signIn(server, client, { scope: "openid email" });
  const { access_token } = await redeem(server, client, callback, expected);
  const asked = async (expectedSubject) => {
    const response = await oauth.userInfoRequest(server, client, access_token, options);
    return oauth.processUserInfoResponse(server, client, expectedSubject, response);
  };
  const user = await asked(sub);
  equal("email", user.email, "alice@example.com");
  equal("email_verified", user.email_verified, true);
  await refused("OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED", () => asked("mallory"));
});

await step("refresh", async () => {
  const refreshed = await refresh(server, client, tokens.refresh_token, { resource });
  equal("aud", claimsOf(refreshed.access_token).aud, resource);
  equal("sub", oauth.getValidatedIdTokenClaims(refreshed).sub, sub);
  equal("rotated", refreshed.refresh_token !== tokens.refresh_token, true);
});

await step("a used refresh token is refused", () =>
  refused("invalid_grant", () => refresh(server, client, tokens.refresh_token)),
);

await step("client credentials with a secret", async () => {
  const application = await addApplicationWithSecret();
  await clientCredentials(server, application, oauth.ClientSecretBasic(application.client_secret));
});

await step("client credentials with private_key_jwt", async () => {
  for (const alg of ["ES256", "RS256"]) {
    const key = await oauth.generateKeyPair(alg, { extractable: true });
    const jwks = { keys: [{ ...(await crypto.subtle.exportKey("jwk", key.publicKey)), kid: alg, alg }] };
    const application = await control("POST", "clients", { name: alg, resources: [resource], jwks });
    await clientCredentials(server, application, oauth.PrivateKeyJwt({ key: key.privateKey, kid: alg }));
  }
});

await step("metadata of another issuer is refused", async () => {
  await control("PUT", "faults/discovery", { issuer: "http://other.example" });
  await refused("OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED", () => discover("oauth2"));
  await control("DELETE", "faults/discovery", {});
});

for (const [title, parameter] of [
  ["a response of another issuer is refused", "iss"],
  ["a response with another state is refused", "state"],
]) {
  await step(title, async () => {
    const [callback, expected] = await signIn(server, client, { scope: "openid email" });
    callback.searchParams.set(parameter, "http://other.example");
    await refused("OAUTH_INVALID_RESPONSE", () => redeem(server, client, callback, expected));
  });
}

await step("an ID token with another nonce is refused", async () => {
  const [callback, expected] = await signIn(server, client, { scope: "openid email" });
  const other = { ...expected, nonce: oauth.generateRandomNonce() };
  await refused("OAUTH_JWT_CLAIM_COMPARISON_FAILED", () => redeem(server, client, callback, other));
});

await step("an ID token that another key signed is refused", async () => {
  const unacquainted = await discover("oauth2"); // whose keys the library has not fetched yet
  const [callback, expected] = await signIn(unacquainted, client, { scope: "openid email" });
  await publishOtherKeys(server.jwks_uri);
  await refused("OAUTH_INVALID_RESPONSE", () => redeem(unacquainted, client, callback, expected));
});
