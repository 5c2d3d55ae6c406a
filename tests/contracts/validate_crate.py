"""Validate a crate without a network; run by the interpreter that has roc-validator.

Usage: python validate_crate.py CRATE CONTEXT LEVEL, where CONTEXT is the JSON-LD context of
RO-Crate 1.3, as the library rocrate brings it along. It stands in for that of 1.1, once the terms
that moved between the two are back in their places. Prints one line an issue; exit code 1 if there
is any.
"""

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests_cache import CachedSession
from rocrate_validator import models, services
from urllib3 import HTTPResponse

CONTEXT_URL = "https://w3id.org/ro/crate/1.1/context"
MOVED = {
    "https://bioschemas.org/terms/input": "https://bioschemas.org/ComputationalWorkflow#input",
    "https://bioschemas.org/terms/output": "https://bioschemas.org/ComputationalWorkflow#output",
    "https://bioschemas.org/terms/": "https://bioschemas.org/",
}


class OneFile(BaseAdapter):
    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = content

    def send(self, request: PreparedRequest, **_: object) -> Response:
        response = Response()
        response.status_code, response.url, response.request = 200, request.url, request
        response.headers["Content-Type"] = "application/ld+json"
        response.raw = HTTPResponse(
            BytesIO(self.content), dict(response.headers), 200, preload_content=False
        )
        return response

    def close(self) -> None:
        pass


crate, context, level = sys.argv[1:]
terms = Path(context).read_text(encoding="utf-8")
for now, before in MOVED.items():
    terms = terms.replace(now, before)
with tempfile.TemporaryDirectory() as folder:
    cache = str(Path(folder) / "cache")
    with CachedSession(cache, backend="sqlite", expire_after=-1) as session:
        session.mount("https://", OneFile(terms.encode()))
        session.get(CONTEXT_URL, headers={"Accept": "application/ld+json"})
        session.get(CONTEXT_URL)
    result = services.validate(
        services.ValidationSettings(
            rocrate_uri=crate,
            profile_identifier="provenance-run-crate",
            requirement_severity=models.Severity[level],
            offline=True,
            cache_path=cache,
        )
    )
issues = [f"{i.check.identifier} {i.violatingEntity}: {i.message}" for i in result.get_issues()]
for line in issues:
    print(line)
sys.exit(bool(issues))
