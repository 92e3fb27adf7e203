"""The behaviours that every language maps its own names onto: id, what it means, and the category used by chains."""

from __future__ import annotations

from typing import NamedTuple


class Behaviour(NamedTuple):
    """One kind of thing that code does."""

    id: str
    category: str
    """What chains are written in: ``secret identity read env encode decode crypt code spawn fetch send write mark
    persist hide guard spread destroy native load``."""
    doc: str


_TABLE = """
env.all            env       reads or serialises the whole environment
env.one            env       reads one named environment variable
env.secret         secret    reads an environment variable named like a secret (TOKEN, SECRET, KEY, PASS, AWS_…)
cred.ssh           secret    names SSH keys or known_hosts
cred.cloud         secret    names cloud credentials (.aws, gcloud, .azure, boto)
cred.cluster       secret    names kube or docker configuration
cred.registry      secret    names .npmrc, .pypirc or registry tokens
cred.vcs           secret    names .git-credentials, .netrc or gh hosts
cred.dotenv        secret    names .env files
cred.history       secret    names shell or database histories
cred.keychain      secret    names keychains, password vaults or their command lines
cred.browser       secret    names browser profiles (Login Data, Local State, cookies, leveldb) or DPAPI
cred.messenger     secret    names Discord, Telegram or Slack session stores
cred.wallet        secret    names wallets, seed phrases or wallet extension ids
cred.metadata      secret    names cloud metadata services (169.254.169.254, 169.254.170.2, metadata.google.internal)
cred.memory        secret    reads another process's memory (/proc/*/mem, maps)
cred.ai            secret    names AI services' keys or agent settings
cred.accounts      secret    names system account files (/etc/passwd, /etc/shadow, SAM)
host.identity      identity  reads host, user, platform, MAC or public IP address
host.screen        identity  takes screenshots or camera pictures
host.clipboard     identity  reads or replaces the clipboard
host.keys          identity  hooks keyboard or mouse
host.enumerate     read      walks the home or root folder, lists processes or drives
file.read          read      reads a file
file.write         write     writes a file
file.executable    mark      marks a file executable or writes one with an executable's suffix
file.temporary     write     uses a temporary folder
file.delete        destroy   deletes a file
file.unpack        write     unpacks an archive
file.hidden        hide      sets hidden attributes or writes dot files
encode.text        encode    base64, hex, URL or other text encoding
encode.compress    encode    compresses or archives
encode.serialise   encode    serialises (JSON, pickle, query string)
decode.text        decode    base64, hex or other text decoding
decode.decompress  decode    decompresses
decode.characters  decode    builds strings from character codes, XOR or reversal
crypt.encrypt      encode    encrypts
crypt.decrypt      decode    decrypts
crypt.hash         encode    hashes
code.evaluate      code      executes code from a string (exec, eval, compile, Function, vm)
code.opaque        code      executes what it decodes, decrypts or unmarshals, and what that is cannot be read
code.deserialise   code      loads objects from bytes (pickle, marshal, yaml.load)
code.import        load      imports or requires a computed name
code.reflect       load      reaches names by getattr, __builtins__, globals, computed members
code.native        native    calls native code (ctypes, ffi, WebAssembly), allocates executable memory
spawn.process      spawn     starts a process
spawn.shell        spawn     starts a shell, or a process through one
spawn.interpreter  spawn     starts an interpreter on inline or fetched code (python -c, node -e, powershell, mshta)
spawn.script       spawn     starts an interpreter on a script or module (python x.py), or an executable (x.exe)
spawn.packager     spawn     runs a package manager (pip, npm, curl-installed runtimes)
spawn.download     fetch     runs curl, wget, certutil, bitsadmin, Invoke-WebRequest
spawn.piped        code      pipes a download into a shell or interpreter
spawn.hidden       hide      hidden window, detached or daemonised process
spawn.reverse      code      connects a shell to a socket
net.fetch          fetch     HTTP GET or download
net.send           send      HTTP POST/PUT, upload, mail, WebSocket send
net.request        fetch     HTTP request of unknown direction
net.socket         send      raw socket connection
net.listen         fetch     listens on a port
net.dns            send      resolves a computed host name
net.insecure       hide      switches certificate verification off
host.webhook       send      chat webhook or bot API (Discord, Telegram, Slack)
host.outofband     send      out-of-band or request-bin host (oastify, interact.sh, webhook.site, pipedream…)
host.tunnel        send      tunnel host (ngrok, trycloudflare, serveo)
host.paste         fetch     paste, file-drop or raw code host, or address of a program (https://…/x.exe)
host.address       fetch     literal IP address (public), or an odd port
host.dynamic       fetch     dynamic-DNS host, shortener or throw-away top-level domain
host.drop          send      code-host API used as a drop (gist, repository contents, search)
host.chain         fetch     blockchain RPC endpoint or contract call
host.onion         send      Tor hidden service
host.lookup        identity  what-is-my-IP service
persist.scheduler  persist   cron, at, systemd, LaunchAgents, scheduled tasks
persist.startup    persist   Run keys, startup folders
persist.shell      persist   shell or interpreter start-up files
persist.editor     persist   editor, agent, git-hook or MCP configuration
persist.ci         persist   CI workflow files
hide.swallow       hide      an exception handler that swallows everything
hide.encoded       hide      a long literal that decodes to code, URLs or binaries
hide.names         hide      machine-made identifiers (_0x…, O0O0…, lI1l…)
hide.array         hide      string-array rotation or another known obfuscator's frame
hide.unicode       hide      zero-width, bidi, variation-selector or private-use characters
hide.padding       hide      code pushed off the screen by white space
hide.reviewer      hide      prose aimed at automated reviewers
hide.silence       hide      redirects output to nowhere around a dangerous call
guard.locale       guard     checks locale, time zone or country
guard.host         guard     compares host, user or platform before acting
guard.ci           guard     checks for CI
guard.sandbox      guard     checks for virtual machines, debuggers, analysis tools
guard.delay        guard     sleeps or schedules for later
guard.once         guard     marker file or mutex so that it runs once
spread.publish     spread    publishes to a registry or bumps a version
spread.tokens      spread    validates tokens or lists what they may publish
spread.inject      spread    rewrites other packages, manifests or sources
destroy.wipe       destroy   removes trees, formats or encrypts files
install.hook       persist   overrides an install, develop or egg_info command, or declares a lifecycle script
install.dependency fetch     a dependency taken from a URL or git
"""

BEHAVIOURS: tuple[Behaviour, ...] = tuple(Behaviour(*line.split(maxsplit=2)) for line in _TABLE.strip().splitlines())
"""All behaviours, in column order."""

CATEGORY: dict[str, str] = {behaviour.id: behaviour.category for behaviour in BEHAVIOURS}
"""Category by behaviour id."""

GRAVE = frozenset(["secret", "send", "code", "spawn", "decode", "persist", "hide", "spread", "native", "mark"])
"""Categories that make a neighbourhood worth looking at."""
