"""A person at a browser: Chromium opens an address, a user's e-mail address and password are typed there, and what the
zone then asks consent for is allowed.

    sign_in.py [--user EMAIL] [--password PASSWORD] [--picture FILE] ADDRESS

Exit status: 0 the browser came back to a page on loopback, 1 it did not, and what its page said is on standard error.
"""

import argparse
import os
import shutil
import sys
import tempfile
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 20
APPROVAL = "input[name=action][value=approve]"  # as on the real zone's consent page

# Nothing but loopback is asked for: a browser calls home at its start, and its tabs look up what a page names.
OPTIONS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


def chromium(profile):
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("chromium-browser") or ""
    for option in OPTIONS + [f"--user-data-dir={profile}"]:
        options.add_argument(option)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # which Chromium refuses to have for root
    # Named, so that selenium looks for none to download.
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver") or "chromedriver")
    return webdriver.Chrome(options=options, service=service)


def text_of(element):
    return " ".join(element.text.split())


def page(browser):
    return text_of(browser.find_element(By.TAG_NAME, "body"))


def sign_in(browser, address, user, password):
    """Types and submits, and gives what the zone's page then objects to; None where the browser has left it."""
    browser.get(address)
    zone = urlsplit(browser.current_url).netloc
    for name, value in (("username", user), ("password", password)):
        browser.find_element(By.NAME, name).send_keys(value)
    form = browser.find_element(By.TAG_NAME, "form")
    form.find_element(By.CSS_SELECTOR, "button[type=submit]").click()

    def left(browser):
        return urlsplit(browser.current_url).netloc != zone

    def moved(browser):
        return left(browser) or browser.find_elements(By.CSS_SELECTOR, f".error, {APPROVAL}")

    WebDriverWait(browser, PATIENCE).until(moved)
    if not left(browser) and browser.find_elements(By.CSS_SELECTOR, APPROVAL):
        browser.find_element(By.CSS_SELECTOR, f"form:has({APPROVAL}) button[type=submit]").click()
        WebDriverWait(browser, PATIENCE).until(lambda b: left(b) or b.find_elements(By.CLASS_NAME, "error"))
    refusals = browser.find_elements(By.CLASS_NAME, "error")
    return text_of(refusals[0]) if refusals else None


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("address")
    arguments.add_argument("--user", default="alice@example.com")
    arguments.add_argument("--password", default="password")
    arguments.add_argument("--picture", help="where to put a picture of the last page")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = chromium(profile)
        try:
            refusal = sign_in(browser, chosen.address, chosen.user, chosen.password)
            if chosen.picture:
                browser.save_screenshot(chosen.picture)
            if refusal:
                sys.exit(f"browser: the page says: {refusal}")
            # Not the query: it holds a code.
            print(f"browser: back at {browser.current_url.partition('?')[0]}: {page(browser)}", flush=True)
        except TimeoutException:
            sys.exit(f"browser: nothing came of the sign-in for {PATIENCE} seconds: {page(browser)}")
        finally:
            browser.quit()


main()
