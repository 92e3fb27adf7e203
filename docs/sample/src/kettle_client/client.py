# INERT sample of darnel's documentation, written by hand: an ordinary module.
"""Start workflows and ask how they are doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests


class KettleError(Exception):
    """The server refused."""


@dataclass(frozen=True)
class Run:
    """A workflow that was started."""

    id: str
    state: str


class Client:
    """Talks to one server.

    Parameters
    ----------
    address : str
        ``http://host:port``.
    timeout : float
        Seconds.
    """

    def __init__(self, address: str, timeout: float = 10.0) -> None:
        self.address = address.rstrip("/")
        self.timeout = timeout
        self.session = requests.Session()

    def start(self, workflow: str, **inputs: Any) -> Run:
        """Start a workflow with its inputs."""
        return self._run(self.session.post(f"{self.address}/workflows/{workflow}", json=inputs, timeout=self.timeout))

    def get(self, run: str) -> Run:
        """State of a run."""
        return self._run(self.session.get(f"{self.address}/runs/{run}", timeout=self.timeout))

    def _run(self, answer: requests.Response) -> Run:
        if answer.status_code >= 400:
            raise KettleError(f"{answer.status_code}: {answer.text[:200]}")
        data = answer.json()
        return Run(id=data["id"], state=data["state"])
