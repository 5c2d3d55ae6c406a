"""A real Chromium without a window, driven through chromedriver's plain HTTP.

Debian's packages: ``apt-get install chromium chromium-driver``.
"""

import base64
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
# The key of an element in the WebDriver protocol.
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One session: pages are opened, scripts run in them, keys pressed, logs read."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}/session"

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from error

    def begin(self, scripts: bool) -> None:
        options: dict[str, Any] = {"args": ARGUMENTS, "binary": shutil.which("chromium")}
        if not scripts:
            options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
        asked = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        answer = self.send("POST", "", {"capabilities": {"alwaysMatch": asked}})
        self.address += f"/{answer['sessionId']}"

    def open(self, page: Path) -> None:
        self.send("POST", "/url", {"url": page.resolve().as_uri()})

    def run(self, script: str, *arguments: Any) -> Any:
        return self.send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector: str) -> str:
        query = {"using": "css selector", "value": selector}
        return str(self.send("POST", "/element", query)[ELEMENT])

    def type(self, selector: str, keys: str) -> None:
        self.send("POST", f"/element/{self.find(selector)}/value", {"text": keys})

    def text(self, selector: str) -> str:
        return str(self.send("GET", f"/element/{self.find(selector)}/text"))

    def accessible(self, selector: str) -> tuple[str, str]:
        """Return role and name of an element, as a screen reader is told them."""
        place = f"/element/{self.find(selector)}"
        role = self.send("GET", f"{place}/computedrole")
        return str(role), str(self.send("GET", f"{place}/computedlabel"))

    def log(self, kind: str) -> list[dict[str, Any]]:
        return list(self.send("POST", "/se/log", {"type": kind}))

    def requests(self) -> list[str]:
        """Return the addresses asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        sent = [one["params"] for one in events if one["method"] == "Network.requestWillBeSent"]
        return [str(one["request"]["url"]) for one in sent]

    def pdf(self) -> bytes:
        return base64.b64decode(self.send("POST", "/print", {}))

    def screenshot(self, selector: str) -> bytes:
        return base64.b64decode(self.send("GET", f"/element/{self.find(selector)}/screenshot"))


@contextmanager
def open_browser(folder: Path, scripts: bool = True) -> Iterator[Browser]:
    """Start Chromium; the test is skipped where it or its driver is not installed."""
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} here: apt-get install chromium chromium-driver")
    log = folder / f"chromedriver-{scripts}.log"
    with log.open("w") as out:
        driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=out, stderr=out)
    try:
        browser = Browser(_port(log, driver))
        browser.begin(scripts)
        try:
            yield browser
        finally:
            browser.send("DELETE", "")
    finally:
        driver.terminate()
        driver.wait(10)


def _port(log: Path, driver: "subprocess.Popen[bytes]") -> int:
    """Return the free port that chromedriver says it took."""
    for _ in range(200):
        words = log.read_text().split("started successfully on port ")
        if len(words) == 2 and words[1].strip():
            return int(words[1].split(".")[0])
        assert driver.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(f"chromedriver does not answer: {log.read_text()}")
