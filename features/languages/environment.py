"""What reading an environment variable means, by its name: the same for every language."""

from __future__ import annotations

import re

SECRET = re.compile(
    r"(?i)TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|_KEY$|^AWS_(?!REGION|DEFAULT_REGION)"
    r"|_AUTH$|_PAT$|MNEMONIC|SEED|COOKIE|DATABASE_URL|_DSN$|WEBHOOK"
)
"""Names of variables that hold secrets; used with ``search``."""
_CI = re.compile(
    r"CI|CONTINUOUS_INTEGRATION|BUILD_NUMBER|GITHUB_ACTIONS|GITLAB_CI|TRAVIS|CIRCLECI|JENKINS_\w+|TF_BUILD|BUILDKITE"
    r"|CODEBUILD_\w+|RUN_ID|APPVEYOR|DRONE|TEAMCITY_VERSION|BITBUCKET_\w+"
)
_LOCALE = re.compile(r"LANG|LANGUAGE|LC_\w+|TZ")
_IDENTITY = re.compile(r"USER|USERNAME|LOGNAME|HOSTNAME|COMPUTERNAME|USERDOMAIN|USERPROFILE|PROCESSOR_\w+|INIT_CWD")
_DULL = re.compile(
    r"NODE_ENV|BABEL_ENV|DEBUG|NODE_DEBUG|FORCE_COLOR|NO_COLOR|TERM|COLORTERM|VERBOSE|PATH|HOME|SHELL|PWD|OLDPWD|IFS"
)


def variable(name: str) -> str:
    """Taxonomy id of reading one variable, ``""`` for those that every other program reads."""
    if SECRET.search(name):
        return "env.secret"
    for pattern, behaviour in ((_CI, "guard.ci"), (_LOCALE, "guard.locale"), (_IDENTITY, "host.identity")):
        if pattern.fullmatch(name):
            return behaviour
    return "" if _DULL.fullmatch(name) else "env.one"
