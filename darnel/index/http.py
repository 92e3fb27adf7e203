"""HTTP for indexes: bounded answers, a few retries, and one clear line for whatever goes wrong."""

from __future__ import annotations

import hashlib
import logging
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit

import httpx2
from unearth.fetchers.sync import PyPIClient

import darnel
from darnel.errors import DarnelError, FetchError, LimitError
from darnel.features.limits import MIB
from darnel.index.artefact import ALGORITHMS

PAGE_BYTES = 64 * MIB
"""Largest answer about a name (all its releases)."""
ATTEMPTS = 3
PAUSE = 0.5
"""Seconds before the second attempt; doubled before the third."""
_AGAIN = frozenset({429, 500, 502, 503, 504})

Result = TypeVar("Result")

# What it warns of is either harmless or said by an error of ours.
logging.getLogger("unearth").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Settings:
    """How the user has configured the way to an index."""

    cert: str = ""
    """File of certificates to trust instead of the system's."""
    client_cert: str = ""
    verify: bool = True
    proxy: str = ""
    """Overrides what ``HTTPS_PROXY`` and the like say."""
    timeout: float = 15.0
    """Seconds."""
    trusted_hosts: tuple[str, ...] = ()


class Session:
    """A client for one family of indexes; what `unearth` calls a fetcher."""

    def __init__(self, settings: Settings, auth: httpx2.Auth | None) -> None:
        try:
            self._client = PyPIClient(
                trusted_hosts=settings.trusted_hosts,
                verify=_context(settings),
                proxy=settings.proxy or None,
                timeout=settings.timeout,
                follow_redirects=True,
                auth=auth,
                headers={"User-Agent": f"darnel/{darnel.__version__}"},
            )
        except (ValueError, httpx2.InvalidURL) as error:
            reason = " ".join(str(error).split())[:150]
            raise DarnelError(
                f"proxy or trusted host cannot be used ({reason}); check pip's or npm's configuration"
            ) from None
        self._pages: dict[str, httpx2.Response] = {}
        self.refused: dict[str, int] = {}
        """Status of every page that was not given, by address."""

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> httpx2.Response:
        """An answer in full, at most :data:`PAGE_BYTES`; asked for once."""
        if url not in self._pages:
            self._pages[url] = page = _persistently(lambda: self._page(url, headers), url)
            if page.status_code >= 400:
                self.refused[url] = page.status_code
        return self._pages[url]

    def head(self, url: str, *, headers: Mapping[str, str] | None = None) -> httpx2.Response:
        """Only the headers of an answer."""
        with _explained(url):
            return self._client.head(url, headers=headers)

    def get_stream(
        self, url: str, *, headers: Mapping[str, str] | None = None
    ) -> AbstractContextManager[httpx2.Response]:
        """An answer to be read in pieces."""
        return self._client.stream("GET", url, headers=headers)

    def iter_secure_origins(self) -> Iterable[tuple[str, str, str]]:
        """Origins that links may be taken from."""
        return self._client.iter_secure_origins()

    def download(self, url: str, label: str, file: BinaryIO, extra: Iterable[str], limit: int) -> dict[str, str]:
        """Write a file's bytes as they are and return their digests.

        Parameters
        ----------
        url, label : str
            Where it is, and what messages call it.
        file : binary file
            Empty and seekable.
        extra : iterable of str
            Algorithms to compute besides sha512, sha256 and sha1.
        limit : int
            Bytes.

        Raises
        ------
        LimitError
            It is larger than ``limit``.
        FetchError
            It cannot be had.
        """

        def attempt() -> dict[str, str]:
            file.seek(0)
            file.truncate()
            return self._download(url, label, file, extra, limit)

        return _persistently(attempt, url, label)

    def _page(self, url: str, headers: Mapping[str, str] | None) -> httpx2.Response:
        with self.get_stream(url, headers=headers) as answer:
            _again_later(answer)
            content = bytearray()
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > PAGE_BYTES:
                    raise LimitError(f"{host(url)}: its answer is larger than {PAGE_BYTES:,} bytes; is it an index?")
            kept = {key: value for key, value in answer.headers.items() if key == "content-type"}
            return httpx2.Response(answer.status_code, headers=kept, content=bytes(content), request=answer.request)

    def _download(self, url: str, label: str, file: BinaryIO, extra: Iterable[str], limit: int) -> dict[str, str]:
        names = {"sha512", "sha256", "sha1", *(name for name in extra if name in ALGORITHMS)}
        running = {name: hashlib.new(name, usedforsecurity=False) for name in names}
        size = 0
        # As it is: a server that declares a .tar.gz as compressed content must not have it unpacked on the way.
        with self.get_stream(url, headers={"Accept-Encoding": "identity"}) as answer:
            _again_later(answer)
            if answer.status_code >= 400:
                raise FetchError(f"{label}: {refusal(url, answer.status_code)}")
            announced = answer.headers.get("content-length", "")
            if announced.isdecimal() and int(announced) > limit:
                raise _too_large(label, int(announced), limit)
            for chunk in answer.iter_raw(1 << 20):
                size += len(chunk)
                if size > limit:
                    raise _too_large(label, size, limit)
                for total in running.values():
                    total.update(chunk)
                file.write(chunk)
        file.flush()
        return {name: total.hexdigest() for name, total in running.items()}


class _LaterError(Exception):
    """The server says that it may work another time."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def host(url: str) -> str:
    """The host of an address, which is all of it that may be shown: paths and users can hold secrets."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return parts.path
    try:
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    except ValueError:
        return "the index"


def refusal(url: str, status: int) -> str:
    """What an HTTP status means for the user."""
    match status:
        case 401 | 403:
            advice = "check the credentials in the index address, netrc, keyring or .npmrc"
            return f"{host(url)} wants authentication or refuses it (HTTP {status}); {advice}"
        case 404 | 410:
            return f"{host(url)} does not have it (HTTP {status})"
        case _:
            return f"{host(url)} answered HTTP {status}; try again later"


def _again_later(answer: httpx2.Response) -> None:
    if answer.status_code in _AGAIN:
        raise _LaterError(answer.status_code)


def _too_large(label: str, size: int, limit: int) -> LimitError:
    return LimitError(
        f"{label}: {size:,} bytes or more, over the limit of {limit:,} (Limits.compressed_bytes); look at it by hand"
    )


def _persistently(attempt: Callable[[], Result], url: str, label: str = "") -> Result:
    """Try again after what may be passing; turn what is not into an error of ours."""
    for i in range(ATTEMPTS):
        if i:
            time.sleep(PAUSE * 2 ** (i - 1))
        last = i == ATTEMPTS - 1
        try:
            with _explained(url, label):
                return attempt()
        except FetchError as error:
            if last or not isinstance(error.__cause__, httpx2.TransportError):
                raise
        except _LaterError as error:
            if last:
                raise FetchError(f"{label or host(url)}: {refusal(url, error.status)}") from None
    raise AssertionError("unreachable")


@contextmanager
def _explained(url: str, label: str = "") -> Iterator[None]:
    what = f"{label}: " if label else ""
    try:
        yield
    except httpx2.TimeoutException as error:
        raise FetchError(f"{what}{host(url)} did not answer in time; try again, or use --offline") from error
    except httpx2.ConnectError as error:
        reason = " ".join(str(error).split())[:150]
        raise FetchError(
            f"{what}cannot connect to {host(url)} ({reason}); check the network and the configured index"
        ) from error
    except (httpx2.RemoteProtocolError, httpx2.ReadError) as error:
        raise FetchError(f"{what}the transfer from {host(url)} broke off; try again") from error
    except httpx2.HTTPError as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:150]
        raise FetchError(f"{what}{host(url)} cannot be used ({reason}); check the configured index") from error
    except httpx2.InvalidURL as error:
        text = "not an address that can be used; check the configured index"
        raise FetchError(f"{label or host(url)}: {text}") from error


def _context(settings: Settings) -> ssl.SSLContext | bool:
    if not settings.verify:
        return False
    if not settings.cert and not settings.client_cert:
        return True
    try:
        context = ssl.create_default_context(cafile=settings.cert or None)
        if settings.client_cert:
            context.load_cert_chain(settings.client_cert)
    except OSError as error:
        which = settings.cert or settings.client_cert
        raise DarnelError(
            f"{which}: not usable as certificates ({error}); check pip's or npm's configuration"
        ) from None
    return context
