"""A person at a browser, without one: signs in at the zone's pages, approves what is asked, and prints the address of
the application that the browser is sent back to.

    browser.py ADDRESS

Of a page, its first form is what goes on; the fields are those that mock-zone/README.md names, "The pages".
"""

import sys
import urllib.error
import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin, urlsplit

TYPED = {"username": "alice@example.com", "password": "password"}
LONGEST = 10  # pages and redirects, of which a sign-in has six


class FirstForm(HTMLParser):
    """The first form of a page: where it is sent, and with what."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields, self.inside = None, {}, False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action, self.inside = attributes.get("action", ""), True
        elif tag == "input" and self.inside and "name" in attributes:
            self.fields[attributes["name"]] = attributes.get("value") or ""

    def handle_endtag(self, tag):
        self.inside &= tag != "form"


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: where it leads is to be seen."""

    def redirect_request(self, *_):
        return None


def walk(address):
    zone = urlsplit(address).netloc
    opener = urllib.request.build_opener(
        Stay, urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
    )
    filled_in = None
    for _ in range(LONGEST):
        try:
            with opener.open(address, filled_in, timeout=20) as answer:
                form = FirstForm(answer.read().decode())
        except urllib.error.HTTPError as answer:
            if answer.code not in (302, 303):
                sys.exit(f"browser: {urlsplit(address).path} answered {answer.code}: {answer.read(2000).decode()}")
            address, filled_in = urljoin(address, answer.headers["Location"]), None
            if urlsplit(address).netloc != zone:
                return address
            continue
        if form.action is None:
            sys.exit(f"browser: no form on the page at {urlsplit(address).path}")
        address = urljoin(address, form.action)
        typed = {name: TYPED[name] for name in form.fields if name in TYPED}
        filled_in = urlencode(form.fields | typed).encode()
    sys.exit(f"browser: still at the zone after {LONGEST} pages and redirects")


print(walk(sys.argv[1]))
