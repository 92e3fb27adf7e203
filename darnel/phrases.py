"""Behaviours as an analyst would say them, when they run, and what to look at next (:mod:`darnel.advice` chooses)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from darnel.features.flow import Flow
from darnel.features.raw import RawFile
from darnel.features.roles import Role
from darnel.features.taxonomy import CATEGORY

_TABLE = """
env.all            reads the whole environment
env.one            reads environment variables
env.secret         reads secrets from the environment
cred.ssh           looks-for SSH keys
cred.cloud         looks-for cloud credentials
cred.cluster       looks-for cluster or container credentials
cred.registry      looks-for registry tokens
cred.vcs           looks-for version-control credentials
cred.dotenv        looks-for .env files
cred.history       looks-for shell or database histories
cred.keychain      looks-for password vaults
cred.browser       looks-for browser profiles
cred.messenger     looks-for messenger sessions
cred.wallet        looks-for cryptocurrency wallets
cred.metadata      asks the cloud metadata service
cred.memory        reads another process's memory
cred.ai            looks-for AI service keys or agent settings
cred.accounts      looks-for system account files
host.identity      collects host, user or platform names
host.screen        takes screenshots or pictures
host.clipboard     uses the clipboard
host.keys          hooks keyboard or mouse
host.enumerate     lists folders, drives or processes
file.read          reads files
file.write         writes files
file.executable    makes a file executable
file.temporary     uses a temporary folder
file.delete        deletes files
file.unpack        unpacks an archive
file.hidden        hides files
encode.text        encodes text
encode.compress    compresses data
encode.serialise   serialises data
decode.text        decodes text
decode.decompress  decompresses data
decode.characters  builds strings from character codes
crypt.encrypt      encrypts data
crypt.decrypt      decrypts data
crypt.hash         hashes data
code.evaluate      executes code from a string
code.opaque        executes what it decodes, and what that is cannot be read from the file
code.deserialise   loads objects from bytes
code.import        imports a computed name
code.reflect       reaches names indirectly
code.native        calls native code
spawn.process      starts a process
spawn.shell        starts a shell
spawn.interpreter  starts an interpreter on inline or fetched code
spawn.script       starts a script or an executable
spawn.packager     runs a package manager
spawn.download     runs a command-line downloader
spawn.piped        pipes a download into an interpreter
spawn.hidden       starts a hidden or detached process
spawn.reverse      connects a shell to a socket
net.fetch          downloads over HTTP
net.send           sends data over the network
net.request        makes a network request
net.socket         opens a raw socket
net.listen         listens on a port
net.dns            resolves a computed host name
net.insecure       switches certificate checks off
host.webhook       names a chat webhook
host.outofband     names a request-bin host
host.tunnel        names a tunnel host
host.paste         names a paste or raw-file host, or the address of a program
host.address       names an IP address or an odd port
host.dynamic       names a throw-away or shortened host
host.drop          names a code host's API as a drop
host.chain         names a blockchain endpoint
host.onion         names a Tor hidden service
host.lookup        asks for its public IP address
persist.scheduler  touches scheduled tasks or services
persist.startup    touches start-up entries
persist.shell      touches shell or interpreter start-up files
persist.editor     touches editor, agent or git-hook settings
persist.ci         touches CI workflows
hide.swallow       swallows every error
hide.encoded       hides code or addresses in a long literal
hide.names         uses machine-made names
hide.array         uses an obfuscator's frame
hide.unicode       holds invisible or misleading characters
hide.padding       pushes code off the screen
hide.reviewer      talks to automated reviewers
hide.silence       throws the output away
guard.locale       checks locale or country
guard.host         checks host, user or platform
guard.ci           checks for CI
guard.sandbox      checks for analysis tools
guard.delay        waits before it acts
guard.once         makes sure that it runs once
spread.publish     publishes packages
spread.tokens      tries registry tokens
spread.inject      rewrites other packages
destroy.wipe       wipes files
install.hook       hooks into the installation
install.dependency depends on a URL or a repository
"""

PHRASE: dict[str, tuple[str, str]] = {
    name: (verb.replace("-", " "), rest)
    for name, verb, rest in (line.split(maxsplit=2) for line in _TABLE.strip().splitlines())
}
"""Verb and object by behaviour id: "looks for", "SSH keys"."""

_NEXT = """
code      follow the string that it executes back to where it comes from and decode it by hand; do not run it
secret    find where the value goes: a request, a socket or a file below this line
spread    take every token on machines that ran it as leaked; look for releases that its owner did not make
send      find out what is sent and who runs the host; look it up, do not contact it
native    find the bytes that it loads and whether the project publishes their source
persist   find out what would run later, and whether the documentation says so
spawn     read the command word by word: which parts are not constants?
destroy   find out which paths it can reach
fetch     find out who runs the host, and whether what comes back is written or run
mark      find out where the executable comes from and what starts it
decode    find out what is decoded and read it; do not run it
env       find out which values leave the process
identity  find out whether it leaves the machine
hide      ask who gains by its not being seen; compare with the project's repository
guard     read what happens only when the check passes
load      find out which names can come out
encode    find out what goes in and where the result goes
write     find out where the content comes from and what reads it later
read      find out what is read and where it goes
"""

NEXT: dict[str, str] = {
    category: text.strip() for category, _, text in (line.partition(" ") for line in _NEXT.strip().splitlines())
}
"""What to look at next by category, gravest category first."""

MOMENTS: dict[str, str] = {
    "install": "at install",
    "start": "when the interpreter, shell or editor starts",
    "import": "at import",
    "test": "when its tests run",
    "manual": "when run by hand",
    "called": "when called",
    "": "",
}
"""Words by the value of :attr:`darnel.verdict.Evidence.context`."""

_TOP = {Role.INSTALL: "install", Role.STARTUP: "start", Role.TEST: "test", Role.SUPPORT: "manual"}
_REACHED = (("reach.install", "install"), ("reach.startup", "start"), ("reach.import", "import"))
_YIELDS = {
    "secret": "what it reads",
    "host": "what it reads",
    "file": "what it reads from files",
    "fetched": "what it downloads",
    "decoded": "what it decodes",
}
_HAPPENS = {"send": "goes out over the network", "execute": "is executed", "write": "is written"}
_RANK = {category: i for i, category in enumerate(NEXT)}


def moment(file: RawFile, top: bool) -> str:
    """When code of a file runs, at its top level or not; a key of :data:`MOMENTS`.

    Finer than the contexts of feature columns: what an install script or a start-up file imports runs with it.
    """
    if not top:
        return "called"
    for column, when in _REACHED:
        if file["values"].get(column):
            return when
    return _TOP.get(Role(file["role"]), "import")


def gravity(behaviour: str) -> int:
    """0 for the gravest behaviours, more for lesser ones; swallowed errors, which are everywhere, come last."""
    if behaviour == "hide.swallow":
        return len(_RANK)
    return _RANK.get(CATEGORY.get(behaviour, ""), len(_RANK))


def sentence(behaviours: Iterable[str]) -> str:
    """Say what happens, in the order given, each once: "reads files, looks for SSH keys and cloud credentials"."""
    by_verb: dict[str, list[str]] = {}
    for behaviour in dict.fromkeys(behaviours):
        verb, rest = PHRASE[behaviour]
        by_verb.setdefault(verb, []).append(rest)
    return listed([f"{verb} {listed(rest)}" for verb, rest in by_verb.items()])


class Told(NamedTuple):
    """What a sentence says about where a value goes."""

    words: str
    source: str
    """Of :data:`darnel.features.flow.SOURCES`."""
    sink: str
    """Of :data:`darnel.features.flow.SINKS`."""


NOTHING = Told("", "", "")
"""Nothing gets anywhere."""


def said_of(flow: Flow, behaviour: str) -> Told:
    """Say what reaches what: "what it reads at line 3 (SSH keys) goes out over the network at line 9"."""
    what = f" ({PHRASE[behaviour][1]})" if flow.source in ("secret", "host") and behaviour in PHRASE else ""
    where = f" at line {flow.source_line}" if flow.source_line != flow.sink_line else ""
    words = f"{_YIELDS[flow.source]}{where}{what} {_HAPPENS[flow.sink]} at line {flow.sink_line}"
    return Told(words, flow.source, flow.sink)


def listed(words: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
