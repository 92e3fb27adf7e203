"""What reading one environment variable says, by its name; shared by all languages."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|SECRETS|KEY|APIKEY|API_KEY|PASS|PASSWD|PASSWORD|PASSPHRASE|PWD_HASH|CREDENTIALS?|AUTH|PAT|PRIVATE|MNEMONIC|SEED|COOKIE|WEBHOOK)(?:_|$)"
    r"|^(?:AWS|AZURE|GCP|GOOGLE_APPLICATION|GH|GITHUB|GITLAB|NPM|TWINE|PYPI|VAULT|KUBE|DOCKER|OPENAI|ANTHROPIC|HF|SLACK|STRIPE)_\w*"
    r"(?:TOKEN|KEY|SECRET|PASS|CREDENTIALS|AUTH)\w*$",
    re.IGNORECASE,
)
_CI = frozenset(
    [
        "CI",
        "CONTINUOUS_INTEGRATION",
        "GITHUB_ACTIONS",
        "GITLAB_CI",
        "TRAVIS",
        "CIRCLECI",
        "JENKINS_URL",
        "JENKINS_HOME",
        "BUILDKITE",
        "TF_BUILD",
        "APPVEYOR",
        "TEAMCITY_VERSION",
        "BITBUCKET_BUILD_NUMBER",
        "CODEBUILD_BUILD_ID",
        "DRONE",
        "RUNNER_OS",
        "RUNNER_ENVIRONMENT",
        "GITHUB_RUN_ID",
        "GITHUB_WORKFLOW",
        "GITHUB_REPOSITORY",
        "ACTIONS_RUNTIME_TOKEN",
    ]
)
_IDENTITY = frozenset(
    ["USER", "USERNAME", "LOGNAME", "COMPUTERNAME", "HOSTNAME", "USERDOMAIN", "PROCESSOR_IDENTIFIER", "USERDNSDOMAIN"]
)
_LOCALE = frozenset(["LANG", "LC_ALL", "LC_CTYPE", "LANGUAGE", "TZ", "LC_MESSAGES"])


def variable(name: str) -> tuple[str, ...]:
    """Taxonomy ids for reading the environment variable ``name`` (``""``: a computed name).

    Returns
    -------
    tuple of str
        ``env.secret`` or ``env.one`` first, then ``guard.ci``, ``host.identity`` or ``guard.locale`` where they apply.
    """
    upper = name.upper()
    found = ["env.secret" if name and _SECRET.search(name) else "env.one"]
    if upper in _CI:
        found.append("guard.ci")
    elif upper in _IDENTITY:
        found.append("host.identity")
    elif upper in _LOCALE:
        found.append("guard.locale")
    return tuple(found)
