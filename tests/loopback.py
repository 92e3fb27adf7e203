"""Package registries on 127.0.0.1 for tests: the simple API (PEP 503, 691, 700) and npm's, with every way to fail.

Everything served is inert and made by :mod:`tests.builders`.
"""

from __future__ import annotations

import hashlib
import html
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

import pytest

JSON = "application/vnd.pypi.simple.v1+json"


@dataclass
class Answer:
    """What one address gives."""

    body: bytes
    type: str = "application/octet-stream"
    status: int = 200
    announce: int | None = None
    """Content-Length, when it shall not be the real one."""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """A web site on loopback."""

    address: str = ""
    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    """By path; a list is used up one by one, its last stays."""
    authorization: str = ""
    """The Authorization header without which everything is 401."""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Paths asked for, with the headers in lower case."""

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def answer(self, path: str, headers: dict[str, str]) -> Answer:
        self.requests.append((path, headers))
        if self.authorization and headers.get("authorization") != self.authorization:
            return Answer(b"who are you?", "text/plain", 401)
        found = self.answers.get(path)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found or Answer(b"not here", "text/plain", 404)

    def python(self, name: str, *files: tuple[str, bytes], page: str = "json", **changes: Any) -> None:
        """Serve a project of a Python index below ``/simple/``; ``changes`` go into the entry of every file."""
        listed = []
        for file_name, data in files:
            self.answers[f"/files/{file_name}"] = Answer(data)
            digest = hashlib.sha256(data).hexdigest()
            entry = {"filename": file_name, "url": f"../../files/{file_name}", "hashes": {"sha256": digest}}
            listed.append({**entry, "size": len(data), "yanked": False, **changes})
        self.page(name, listed, page)

    def page(self, name: str, listed: list[dict[str, Any]], page: str = "json") -> None:
        """Serve the page of a project."""
        if page == "json":
            document = {"meta": {"api-version": "1.1"}, "name": name, "files": listed}
            self.answers[f"/simple/{name}/"] = Answer(json.dumps(document).encode(), JSON)
            return
        lines = []
        for entry in listed:
            fragment = "".join(f"#{key}={value}" for key, value in entry["hashes"].items())
            yanked = f' data-yanked="{html.escape(entry["yanked"])}"' if entry["yanked"] else ""
            lines.append(f'<a href="{entry["url"]}{fragment}"{yanked}>{entry["filename"]}</a><br>')
        body = "<!DOCTYPE html><html><body>\n" + "\n".join(lines) + "\n</body></html>"
        self.answers[f"/simple/{name}/"] = Answer(body.encode(), "text/html; charset=utf-8")

    def npm(self, name: str, releases: dict[str, bytes], **changes: Any) -> None:
        """Serve a package of an npm registry below ``/npm/``; ``changes`` go into the ``dist`` of every release."""
        versions = {}
        for version, data in releases.items():
            path = f"/npm/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
            self.answers[path] = Answer(data)
            dist = {
                "tarball": f"{self.address}{path}",
                "shasum": hashlib.sha1(data).hexdigest(),
                "integrity": f"sha512-{b64encode(hashlib.sha512(data).digest()).decode()}",
            }
            versions[version] = {"name": name, "version": version, "dist": {**dist, **changes}}
        document = {"name": name, "dist-tags": {"latest": list(releases)[-1]}, "versions": versions}
        self.answers[f"/npm/{name}"] = Answer(json.dumps(document).encode(), "application/json")


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Run ``site`` until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {key.lower(): value for key, value in self.headers.items()}
            answer = site.answer(unquote(self.path), headers)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.type)
            self.send_header("Content-Length", str(len(answer.body) if answer.announce is None else answer.announce))
            for key, value in answer.headers.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(answer.body)
            self.close_connection = answer.announce is not None

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site that pip and npm are configured for, alone; a cache and a home of the test's own."""
    import os

    for name in list(os.environ):
        if name.lower().startswith(("pip_", "npm_config_", "http_proxy", "https_proxy", "all_proxy")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    monkeypatch.setenv("DARNEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr("darnel.index.http.PAUSE", 0.0)
    with serving(Site()) as site:
        monkeypatch.setenv("PIP_INDEX_URL", f"{site.address}/simple/")
        monkeypatch.setenv("npm_config_registry", f"{site.address}/npm/")
        monkeypatch.setenv("npm_config_globalconfig", os.devnull)
        yield site
