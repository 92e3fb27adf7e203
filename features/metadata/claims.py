"""Claims that any manifest makes (people, links, README, version), turned into columns common to all ecosystems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from darnel.features import names
from darnel.features.metadata.model import Dependency
from darnel.features.metadata.tables import words

_FREE_MAIL = words("free_mail")
_PLACEHOLDER_HOST = re.compile(
    r"(^|\.)(example\.(com|org|net)|domain\.com|yourdomain\.com|test\.com|email\.com|invalid)$"
)
_PLACEHOLDER_PERSON = re.compile(
    r"^(|.|author|(the )?author'?s? name|your ?(full )?name|name|first ?name.*|me|test(er|ing)?|user(name)?|admin|root|"
    r"none|null|unknown|anonymous|anon|foo|bar|asdf\w*|qwe\w*|xxx+|abc|example.*|john doe|jane doe)$",
    re.IGNORECASE,
)
_PLACEHOLDER_LOCAL = re.compile(
    r"^(author|you|your|your[-_.]?(name|email|mail)|test|user(name)?|example|foo|abc|xxx+)$",
    re.IGNORECASE,
)
_CODE_HOST = re.compile(
    r"(^|\.)(github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|sr\.ht|launchpad\.net|gitee\.com|savannah\.gnu\.org|"
    r"sourceforge\.net|opendev\.org|pagure\.io|dev\.azure\.com|github\.io|gitlab\.io)$"
)
_ODD_HOST = re.compile(
    r"^[\d.]+$|^\[|(^|\.)(bit\.ly|tinyurl\.com|t\.co|goo\.gl|cutt\.ly|is\.gd|ngrok\.io|ngrok-free\.app|ngrok\.app|"
    r"trycloudflare\.com|serveo\.net|pastebin\.com|webhook\.site|"
    r"oastify\.com|interact\.sh|oast\.\w+|burpcollaborator\.net|pipedream\.net|requestbin\.\w+|canarytokens\.\w+|"
    r"000webhostapp\.com|repl\.co|glitch\.me)$|\.(tk|ml|ga|cf|gq|xyz|top|onion)$"
)
_PLACEHOLDER_LINK = re.compile(
    r"github\.com/(your|user|username|example|author|me|pypa/sampleproject|name)(/|[-_]?(user)?name|$)|"
    r"//(www\.)?(example\.(com|org|net)|yourwebsite|website\.com|url|test\.com|google\.com)(/|$)",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_TITLE = re.compile(r"\A\s{0,20}(?:<[^>\n]{0,200}>\s{0,20})*#{0,3}\s*([^\n]{1,120})")
_INSTALL = {
    "pypi": re.compile(
        r"\b(?:pip3?|uv pip|pipx|uv) (?:install|add) (?:-U |--upgrade |--user )?[\"']?([A-Za-z][\w.-]{1,80})"
    ),
    "npm": re.compile(
        r"\b(?:npm (?:install|i|add)|yarn add|pnpm (?:add|install|i)|bun add) "
        r"(?:-\S+ )*((?:@[\w.-]{1,80}/)?[a-z][\w.-]{1,80})"
    ),
}
_CALENDAR = re.compile(r"^(19|20)\d\d([01]\d([0-3]\d\d*)?)?$")
# Everyday words that are also popular packages: titles and summaries may well start with them.
_WORDS_ARE_NAMES_FROM = 5


@dataclass(slots=True)
class Claims:
    """What a manifest claims, before it becomes columns."""

    ecosystem: str
    name: str
    version: str
    people: list[str] = field(default_factory=list)
    """Names of authors and maintainers."""
    emails: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    repository: str = ""
    summary: str = ""
    readme: str = ""
    commands: list[str] = field(default_factory=list)
    dependencies: Sequence[Dependency] = ()


def emails(text: str) -> list[str]:
    """E-mail addresses in a text (``Name <a@b.c>, …``), lower case."""
    return [match.lower() for match in _EMAIL.findall(text[:2_000])]


def host(link: str) -> str:
    """Host of a link, lower case; understands ``git+https://``, ``git@host:path`` and ``owner/repo`` short forms."""
    link = link.strip()[:500]
    scp = re.match(r"(?:git\+ssh://)?[\w.-]{1,64}@([\w.-]+)[:/]", link)
    if scp:
        return scp.group(1).lower()
    short = re.match(r"(?:(github|gitlab|bitbucket|gist):)?[\w.-]+/[\w.-]+$", link)
    if short:
        return {"gitlab": "gitlab.com", "bitbucket": "bitbucket.org", "gist": "gist.github.com"}.get(
            short.group(1) or "", "github.com"
        )
    try:
        return (urlsplit(link if "//" in link else f"//{link}").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def hosts(links: Iterable[str]) -> tuple[str, ...]:
    """Distinct hosts of links, in order."""
    return tuple(dict.fromkeys(found for link in links if (found := host(link))))


def claim_values(claims: Claims) -> dict[str, float]:
    """Compute the common ``meta.*`` and ``shape.meta_*`` columns."""
    values = version_values(claims.ecosystem, claims.version)
    values |= _people(claims) | _links(claims) | _prose(claims) | _dependencies(claims)
    values["shape.meta_commands"] = float(len(claims.commands))
    values["shape.meta_summary"] = float(bool(claims.summary))
    values["shape.meta_summary_length"] = float(len(claims.summary))
    values["shape.meta_readme"] = float(len(claims.readme))
    values["shape.meta_author"] = float(any(claims.people))
    values["shape.meta_email"] = float(bool(claims.emails))
    values["shape.meta_links"] = float(len(claims.links))
    values["shape.meta_repository"] = float(bool(claims.repository))
    return values


def version_values(ecosystem: str, version: str) -> dict[str, float]:
    """Version columns: inflated, all nines, invalid, first."""
    numbers = [int(part) if len(part) < 12 else 10**12 for part in re.findall(r"\d+", version.split("+")[0][:100])]
    texts = re.findall(r"\d+", version[:100])
    inflated = any(n >= 99 for n in numbers[:2]) and not any(_CALENDAR.match(t) for t in texts[:1])
    return {
        "meta.version_inflated": float(inflated and numbers[0] >= 9),
        "meta.version_nines": float(any(len(t) >= 2 and set(t) == {"9"} for t in texts[:3])),
        "meta.version_invalid": float(bool(version) and not _valid(ecosystem, version)),
        "shape.meta_first_version": float(version in {"0.0.0", "0.0.1", "0.1", "0.1.0", "1.0", "1.0.0"}),
    }


def _valid(ecosystem: str, version: str) -> bool:
    if ecosystem == "npm":
        return bool(re.match(r"v?\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$", version))
    from packaging.version import InvalidVersion, Version

    try:
        Version(version[:1_000])
    except (InvalidVersion, ValueError):
        return False
    return True


def _people(claims: Claims) -> dict[str, float]:
    parts = [address.partition("@") for address in claims.emails]
    domains = {domain for _, _, domain in parts}
    link_hosts = set(hosts(claims.links))
    return {
        "meta.author_placeholder": float(
            any(_PLACEHOLDER_PERSON.match(person.strip()) for person in claims.people if person)
        ),
        "meta.email_placeholder": float(
            any(_PLACEHOLDER_HOST.search(domain) or _PLACEHOLDER_LOCAL.match(local) for local, _, domain in parts)
        ),
        "meta.email_free": float(bool(domains) and domains <= _FREE_MAIL),
        "meta.email_own_host": float(
            any(
                domain == found or found.endswith(f".{domain}")
                for domain in domains - _FREE_MAIL
                for found in link_hosts
            )
        ),
        "meta.email_random": float(any(_random(local) for local, _, _ in parts)),
    }


def _random(local: str) -> bool:
    letters = [c for c in local if c.isalpha()]
    digits = sum(c.isdigit() for c in local)
    vowels = sum(c in "aeiouy" for c in letters)
    return len(local) >= 8 and (digits >= 6 or (len(letters) >= 7 and vowels <= len(letters) / 8))


def _links(claims: Claims) -> dict[str, float]:
    from rapidfuzz.distance import JaroWinkler

    found = hosts(claims.links)
    values = {
        "meta.link_placeholder": float(any(_PLACEHOLDER_LINK.search(link[:500]) for link in claims.links)),
        "shape.meta_code_host": float(any(_CODE_HOST.search(h) for h in found)),
        "meta.link_odd_host": float(any(_ODD_HOST.search(h) for h in found)),
    }
    parts = re.sub(r"[?#].*|\.git$|/+$", "", claims.repository[:500]).lower().replace(":", "/").split("/")
    if len(parts) >= 2 and parts[-1] and claims.name:
        owner, repository = parts[-2], parts[-1]
        # Monorepos: a package is often named after its owner or scope, not after the repository.
        mine = [claims.name.lower().lstrip("@").rpartition("/")[2], claims.name.lower().lstrip("@").replace("/", "-")]
        near = max(JaroWinkler.similarity(repository, own) for own in mine)
        related = any(a and len(a) > 2 and (a in b) for own in mine for a in (owner, repository) for b in (own,))
        values["meta.repository_distance"] = 1 - near
        values["meta.repository_differs"] = float(
            near < 0.75 and not related and not any(own in repository for own in mine)
        )
        values["meta.repository_popular"] = float(near < 0.95 and _is_other(claims, repository))
    return values


def _is_other(claims: Claims, word: str, top: int = 3_000) -> bool:
    """Whether a word is the name of a well-known package that is not this one or its family."""
    from darnel.features.names.popular import normalise, squash

    own, other = claims.name.lower(), normalise(claims.ecosystem, word)
    rank = names.rank(claims.ecosystem, other)
    family = other in re.split(r"[-_./@]+", own) or squash(own) in squash(other)
    return len(other) >= _WORDS_ARE_NAMES_FROM and rank is not None and rank < top and not family


def _prose(claims: Claims) -> dict[str, float]:
    readme = claims.readme[:20_000]
    title = _TITLE.match(readme)
    titles = ["-".join(title.group(1).split())] if title and len(title.group(1).split()) <= 3 else []
    installs = (
        [name.rstrip(".") for name in _INSTALL[claims.ecosystem].findall(readme)]
        if claims.ecosystem in _INSTALL
        else []
    )
    from darnel.features.names.popular import squash

    own = squash(claims.name.lower())
    named = {squash(name.lower()) for name in installs if name.lower() not in words("developer_tools")}
    lead = re.match(r"\s*([A-Za-z][\w-]{4,40})\s+(is|:|-|provides)\b", claims.summary[:200])
    return {
        "meta.readme_title_popular": float(any(_is_other(claims, word) for word in titles)),
        "meta.readme_installs_other": float(
            bool(named) and bool(own) and not any(own in name or name in own for name in named)
        ),
        "meta.summary_popular": float(bool(lead) and lead is not None and _is_other(claims, lead.group(1))),
    }


def _dependencies(claims: Claims) -> dict[str, float]:
    runtime = [dependency for dependency in claims.dependencies if not dependency.dev]
    values = {
        f"meta.dependencies_{kind}": float(sum(d.kind == kind for d in runtime))
        for kind in ("url", "git", "file", "alias")
    }
    unlisted = [d.name for d in runtime if names.rank(claims.ecosystem, d.name) is None]
    model = names.nearest(claims.ecosystem, claims.name)
    values["shape.meta_dependencies"] = float(len(runtime))
    values["meta.dependencies_any"] = float(
        sum(d.kind == "registry" and d.spec.strip() in {"", "*", "latest", "x"} for d in runtime)
    )
    values["meta.dependencies_unlisted"] = float(len(unlisted))
    values["meta.dependencies_unlisted_share"] = len(unlisted) / len(runtime) if runtime else 0.0
    # The first ones only: each costs half a millisecond, and no real package has many unknown dependencies.
    values["meta.dependencies_confusable"] = float(sum(_deceptive(claims.ecosystem, name) for name in unlisted[:8]))
    values["meta.depends_on_model"] = float(
        model is not None and _deceives(model[1]) and any(d.name == model[0] for d in runtime)
    )
    return values


def _deceptive(ecosystem: str, name: str) -> bool:
    found = names.nearest(ecosystem, name)
    if found is None:
        return False
    # Two edits are what families have in common; not if no letter came or went.
    return _deceives(found[1]) or (found[1] == "edit" and sorted(found[0]) == sorted(name))


def _deceives(kind: str) -> bool:
    """Whether a kind of likeness is more than what families of packages have in common."""
    return kind not in {"affix", "part", "fork", "edit", "order"}
