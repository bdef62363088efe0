"""An application that uses Authlib, as Authlib's own integrations of web frameworks do, without such a framework.

    client.py ZONE RESOURCE

Authlib registers no client, and compares neither the issuer of the metadata with the one that was asked, nor the `iss`
of a response with anything. What it does with another issuer is to refuse the ID token.
"""

import base64
import json
import os
import shlex
import subprocess
import sys
import traceback
import urllib.request
from contextlib import contextmanager

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # http, as the zone is on loopback

from authlib.integrations.base_client import BaseApp, OAuth2Mixin, OAuthError, OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6749.errors import MismatchingStateException
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from authlib.oidc.discovery import OpenIDProviderMetadata
from authlib.oidc.discovery import get_well_known_url as get_openid_url
from joserfc.errors import BadSignatureError, InvalidClaimError
from joserfc.jwk import ECKey, RSAKey

ZONE, RESOURCE = sys.argv[1:]
CALLBACK = "http://127.0.0.1:7/callback"  # Nobody listens there: the browser only says where it was sent.


@contextmanager
def step(title):
    """One step of what the driver expects, and how it went; after one that fails there is no other."""
    try:
        yield
    except Exception:
        print(f"{title}: FAILED", flush=True)
        traceback.print_exc()
        sys.exit(1)
    print(f"{title}: ok", flush=True)


def equal(what, actual, expected):
    if actual != expected:
        raise AssertionError(f"{what}: expected {expected}, actual {actual}")


@contextmanager
def refused(error, says):
    """Succeeds where the library, or the zone, refuses with this."""
    try:
        yield
    except error as refusal:
        if says not in str(refusal):
            raise
        return
    raise AssertionError(f"taken, where {says} was expected")


def asked(method, url, body=None):
    """What a URL answers as JSON, without the library."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read() or "null")


def browse(address):
    """Opens an address and gives the one at which the browser came back."""
    command = [*shlex.split(os.environ["BROWSER"]), address]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def claims_of(token):
    """The claims of an access token, which is none of an application's business but of this test's."""
    claims = token["access_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))


class Framework:
    """What a web framework would bring: here nothing is kept."""

    def update_token(self, *_, **__):
        pass


class Application(OAuth2Mixin, OpenIDMixin, BaseApp):
    client_cls = OAuth2Session

    def __init__(self, client):
        super().__init__(
            Framework(),
            client_id=client["client_id"],
            client_secret=client["client_secret"],
            server_metadata_url=get_openid_url(ZONE, external=True),
            client_kwargs={"code_challenge_method": "S256"},
        )

    def sign_in(self, **parameters):
        """Sends the browser to the zone, and gives where it came back with what is expected there."""
        started = self.create_authorization_url(CALLBACK, **parameters)
        return browse(started["url"]), started

    def redeem(self, callback, started, **parameters):
        return self.fetch_access_token(
            CALLBACK,
            authorization_response=callback,
            state=started["state"],
            code_verifier=started["code_verifier"],
            **parameters,
        )


with step("discovery"):
    metadata = AuthorizationServerMetadata(asked("GET", get_well_known_url(ZONE, external=True)))
    metadata.validate()
    OpenIDProviderMetadata(asked("GET", get_openid_url(ZONE, external=True))).validate()
    equal("issuer", metadata["issuer"], ZONE)

with step("registration"):
    client = asked("POST", metadata["registration_endpoint"], {
        "client_name": "Authlib", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_basic",
    })  # fmt: skip
    application = Application(client)

with step("code with PKCE for a resource"):
    callback, started = application.sign_in(scope="openid reports:read", resource=RESOURCE)
    tokens = application.redeem(callback, started, resource=RESOURCE)
    equal("aud", claims_of(tokens)["aud"], RESOURCE)

with step("ID token"):
    user = application.parse_id_token(tokens, started["nonce"])
    equal("iss", user["iss"], ZONE)
    equal("aud", user["aud"], client["client_id"])
    with refused(InvalidClaimError, "at_hash"):
        application.parse_id_token({**tokens, "access_token": "another"}, started["nonce"])

with step("UserInfo"):
    callback, started = application.sign_in(scope="openid email")
    token = application.redeem(callback, started)
    told = application.userinfo(token=token)
    equal("sub", told["sub"], user["sub"])
    equal("email", told["email"], "alice@example.com")
    equal("email_verified", told["email_verified"], True)

with step("refresh"):
    session = OAuth2Session(client["client_id"], client["client_secret"])
    refreshed = session.refresh_token(metadata["token_endpoint"], tokens["refresh_token"], resource=RESOURCE)
    equal("aud", claims_of(refreshed)["aud"], RESOURCE)
    equal("sub", application.parse_id_token(refreshed, None)["sub"], user["sub"])
    equal("rotated", refreshed["refresh_token"] != tokens["refresh_token"], True)

with step("a used refresh token is refused"):
    with refused(OAuthError, "invalid_grant"):
        session.refresh_token(metadata["token_endpoint"], tokens["refresh_token"])

with step("client credentials with a secret"):
    added = asked("POST", f"{ZONE}/_control/clients", {"name": "with a secret", "resources": [RESOURCE]})
    session = OAuth2Session(added["client_id"], added["client_secret"])
    token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", resource=RESOURCE)
    equal("aud", claims_of(token)["aud"], RESOURCE)
    equal("client_id", claims_of(token)["client_id"], added["client_id"])

with step("client credentials with private_key_jwt"):
    for kind, size, alg in (ECKey, "P-256", "ES256"), (RSAKey, 2048, "RS256"):
        key = kind.generate_key(size, {"kid": alg, "alg": alg, "use": "sig"})
        added = asked("POST", f"{ZONE}/_control/clients", {
            "name": alg, "resources": [RESOURCE], "jwks": {"keys": [key.as_dict(private=False)]},
        })  # fmt: skip
        session = OAuth2Session(added["client_id"], key, token_endpoint_auth_method="private_key_jwt")
        session.register_client_auth_method(PrivateKeyJWT(alg=alg, headers={"kid": alg}))
        token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", resource=RESOURCE)
        equal("client_id", claims_of(token)["client_id"], added["client_id"])

with step("an ID token of another issuer is refused"):
    asked("PUT", f"{ZONE}/_control/faults/discovery", {"issuer": "http://other.example"})
    elsewhere = Application(client)
    callback, started = elsewhere.sign_in(scope="openid email")
    token = elsewhere.redeem(callback, started)
    with refused(InvalidClaimError, "iss"):
        elsewhere.parse_id_token(token, started["nonce"])
    asked("DELETE", f"{ZONE}/_control/faults/discovery", {})

with step("a response with another state is refused"):
    callback, started = application.sign_in(scope="openid email")
    with refused(MismatchingStateException, "mismatching_state"):
        application.redeem(callback, {**started, "state": "another"})

with step("an ID token with another nonce is refused"):
    callback, started = application.sign_in(scope="openid email")
    token = application.redeem(callback, started)
    with refused(InvalidClaimError, "nonce"):
        application.parse_id_token(token, "another")

with step("an ID token that another key signed is refused"):
    other = RSAKey.generate_key(2048).as_dict(private=False)
    keys = [{**key, "n": other["n"]} for key in asked("GET", metadata["jwks_uri"])["keys"]]
    asked("PUT", f"{ZONE}/_control/faults/jwks", {"json": {"keys": keys}})
    unacquainted = Application(client)  # has fetched no keys yet
    callback, started = unacquainted.sign_in(scope="openid email")
    token = unacquainted.redeem(callback, started)
    with refused(BadSignatureError, "bad_signature"):
        unacquainted.parse_id_token(token, started["nonce"])
