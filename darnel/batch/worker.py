"""The process that analyses: it holds the model, takes releases over a pipe and answers in JSON.

Started by :mod:`darnel.batch.slot`. It imports and loads everything, tries itself out on two inert packages, shuts
itself in, and only then sees the first byte of a release.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, BinaryIO

from darnel.batch import jail, wire
from darnel.batch.codec import encode
from darnel.batch.outcome import Trouble
from darnel.errors import DarnelError, LimitError


def main(text: str) -> None:
    """Serve until the other side hangs up.

    Parameters
    ----------
    text : str
        JSON of :class:`darnel.batch.process.Settings`, with the ``roots`` that may be read, whether to be ``confined``,
        and the number of the process that is the ``supervisor``.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    settings = json.loads(text)
    jail.die_with(settings["supervisor"])
    requests, replies = _pipes()
    try:
        analyst = _prepare(settings)
        layers = jail.enter(settings)
    except DarnelError as error:
        wire.send(replies, {"refused": str(error)})
        return
    wire.send(replies, {"ready": analyst.classifier.bundle.name, "jail": list(layers)})
    while True:
        try:
            header, blobs = wire.receive(requests, wire.MAX_REQUEST)
        except EOFError:
            return
        if header["op"] == "item":
            jail.another_package(settings)
            wire.send(replies, _take(analyst, header, blobs))
        else:
            for answer in _conclude(analyst):
                wire.send(replies, answer)


def _prepare(settings: dict[str, Any]) -> Any:
    from darnel import selftest
    from darnel.batch.analyst import Analyst
    from darnel.classifier import Classifier
    from darnel.features.limits import Limits

    classifier = Classifier.load(settings["model"], Limits(**settings["limits"]))
    for package in (selftest.inert_package(), selftest.harmless_package()):
        classifier.predict(package, excerpts=True)
    return Analyst(classifier)


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes, out of reach of whatever prints to stdout or reads stdin."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    if os.name == "posix":
        os.set_blocking(2, False)  # nobody reads it while this process lives
    return requests, replies


def _take(analyst: Any, header: dict[str, Any], blobs: list[bytes]) -> dict[str, Any]:
    try:
        return {"rows": analyst.take(header, blobs)}
    except LimitError as error:
        return {"failed": str(error), "trouble": Trouble.LIMIT}
    except DarnelError as error:
        return {"failed": str(error), "trouble": Trouble.INPUT}
    except MemoryError:
        return {"failed": "", "trouble": Trouble.MEMORY}
    except Exception as error:  # a hostile package must not stop the others; the type tells where to look
        return {"failed": f"{type(error).__name__}: {error}"[:300], "trouble": Trouble.INTERNAL}


def _conclude(analyst: Any) -> list[dict[str, Any]]:
    try:
        return [{"verdict": encode(verdict)} for verdict in analyst.conclude()]
    except MemoryError:
        analyst.forget()
        return [{"failed": "", "trouble": Trouble.MEMORY}]
    except Exception as error:  # as above
        analyst.forget()
        return [{"failed": f"{type(error).__name__}: {error}"[:300], "trouble": Trouble.INTERNAL}]


if __name__ == "__main__":
    main(sys.argv[1])
