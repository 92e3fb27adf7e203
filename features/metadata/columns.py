"""Columns of the manifest features.

``meta.*`` mean something for an attack; ``shape.meta_*`` only tell how complete a manifest is, which separates the
corpora of today well and means nothing: models leave the group ``shape`` out.
"""

from __future__ import annotations

from darnel.features.schema import Column

_COMMON = """
meta.name_differs bool Manifest and container (or two manifests) give different names.
meta.version_differs bool Manifest and container (or two manifests) give different versions.
meta.version_inflated bool A version component of 99 or more that is no date: wins against an internal package.
meta.version_nines bool A version component made of nines only (99, 999…).
meta.version_invalid bool The version does not follow the registry's rules.
meta.author_placeholder bool Author is a placeholder (author, your name, test, a single letter…).
meta.email_placeholder bool An e-mail address is a placeholder (example.com, test@test.com…).
meta.email_free bool All addresses are at free mail providers.
meta.email_own_host bool An address is at the host of a declared link.
meta.email_random bool An address whose local part looks machine-made (many digits, no vowels).
meta.link_placeholder bool A declared link is a placeholder (example.com, github.com/username, sampleproject…).
meta.link_odd_host bool A declared link points to an IP address, shortener, tunnel, chat or throw-away domain.
meta.repository_distance real Distance (0 to 1, Jaro-Winkler) of the claimed repository's name; 0 without one.
meta.repository_differs bool The claimed repository is named unlike the package, its scope and its owner.
meta.repository_popular bool The claimed repository is named like a popular package that this is not.
meta.readme_title_popular bool The README's title is the name of a popular package that this is not.
meta.readme_installs_other bool The README tells how to install another package and never this one.
meta.summary_popular bool The summary starts with the name of a popular package that this is not.
meta.dependencies_url count Dependencies taken from a URL.
meta.dependencies_git count Dependencies taken from a git repository.
meta.dependencies_file count Dependencies taken from a path.
meta.dependencies_alias count Dependencies installed under another package's name.
meta.dependencies_any count Runtime dependencies without any version bound.
meta.dependencies_unlisted count Runtime dependencies that are not on the list of popular names.
meta.dependencies_unlisted_share real Share of those among the runtime dependencies.
meta.dependencies_confusable count Runtime dependencies whose name deceptively resembles a popular one.
meta.depends_on_model bool Depends on the popular package that its own name deceptively resembles.
meta.command_shadows count Commands that it installs under the name of a common one (node, git, python, ssh…).
meta.manifest_broken bool A manifest cannot be parsed.
meta.manifest_doubled count Keys that occur twice in a manifest (the reader sees one, the tool the other).
meta.manifest_odd count Manifest values of a type that the registry does not allow.
shape.meta_summary bool Has a summary or description.
shape.meta_summary_length count Characters of the summary.
shape.meta_readme count Bytes of the README or long description.
shape.meta_author bool Names an author.
shape.meta_email bool Gives an e-mail address.
shape.meta_links count Declared links.
shape.meta_repository bool Declares a repository.
shape.meta_code_host bool A declared link points to a known code host.
shape.meta_dependencies count Runtime dependencies.
shape.meta_commands count Commands that it installs.
shape.meta_license bool Declares a licence.
shape.meta_keywords count Keywords.
shape.meta_classifiers count Trove classifiers.
shape.meta_size count Bytes of the manifest (package.json, PKG-INFO or METADATA).
shape.meta_first_version bool Version 0.0.0, 0.0.1, 0.1, 0.1.0, 1.0 or 1.0.0.
shape.meta_engine bool Declares supported interpreter versions.
"""

_NPM = """
meta.hooks count Lifecycle scripts that run on a user's machine when installing (preinstall, install, postinstall).
meta.hook_preinstall bool Has a preinstall script.
meta.hook_install bool Has an install script.
meta.hook_postinstall bool Has a postinstall script.
meta.hook_prepare bool Has prepare or another script that runs when packing or installing from git.
meta.hook_uninstall bool Has a script that runs on removal.
meta.hook_length real log1p of the longest lifecycle command's characters.
meta.hook_entropy real Largest Shannon entropy of a lifecycle command, bits per character.
meta.hook_inline bool A lifecycle command holds code for an interpreter (node -e, python -c, sh -c…).
meta.hook_download bool A lifecycle command names a downloader or a URL.
meta.hook_file bool A lifecycle command runs a script file.
meta.hook_file_missing bool A lifecycle command runs a script file that the package lacks.
meta.hook_file_hidden bool A lifecycle command runs a file in a hidden folder, a binary, or one with an odd suffix.
meta.hook_file_main bool A lifecycle command runs the main file.
meta.hook_silent bool A lifecycle command hides its output, its failure or itself (/dev/null, || true, &, nohup).
meta.hook_customary bool All lifecycle commands are customary ones (node-gyp rebuild, husky, patch-package, tsc…).
meta.hook_alone bool Has lifecycle scripts that run when installing, and no other scripts.
meta.gyp bool Declares gypfile, so that installing runs node-gyp.
meta.main_missing bool main, module or browser names a file that the package lacks.
meta.main_hidden bool main is in a hidden folder or has an odd suffix.
meta.bin_missing bool bin names a file that the package lacks.
meta.private bool Marked private, and yet a release.
meta.bundled count Bundled dependencies.
meta.overrides count Entries that replace dependencies of dependencies (overrides, resolutions).
meta.foreign_registry bool publishConfig names another registry than npm's.
shape.meta_placeholder_scripts bool Scripts are those of an untouched npm init.
shape.meta_scripts count Scripts.
shape.meta_dev_dependencies count Development dependencies.
"""

_PYPI = """
meta.setup_uncalled bool setup.py never calls setup().
meta.setup_computed count Keyword arguments of setup() whose value cannot be read statically.
meta.setup_star bool setup() takes ** arguments that cannot be read statically.
meta.setup_name_computed bool The name in setup.py cannot be read statically.
meta.setup_requires_computed bool install_requires cannot be read statically.
meta.setup_cmdclass count Commands overridden by cmdclass.
meta.setup_cmdclass_install bool cmdclass overrides install, develop, egg_info, build_py or sdist.
meta.setup_statements count Top-level statements of setup.py other than imports, assignments, definitions and setup().
meta.setup_broken bool setup.py has syntax errors (Python 2 included).
meta.setup_scripts count Files in scripts=.
meta.setup_requires count setup_requires and [build-system] requires entries.
meta.build_unlisted count Build requirements that are not on the list of popular names.
meta.backend_in_tree bool Built by a backend of its own (backend-path, custom build hook).
meta.backend_odd bool Built by a backend that is none of the customary ones.
meta.entry_auto count Entry points that other tools load unasked (pytest11, setuptools hooks, console plugins).
meta.entry_foreign count Entry points to modules outside the package's own top level.
meta.top_level_distance real Least distance (0 to 1, Jaro-Winkler) of a top-level name; 0 if unknown.
meta.top_level_standard bool A top-level name shadows the standard library.
meta.top_level_popular bool A top-level name is that of a popular distribution that this is not.
meta.wheel_generator_odd bool The wheel was not made by a customary tool.
shape.meta_setup_py count Bytes of setup.py.
shape.meta_entry_points count Entry points, commands included.
shape.meta_top_level count Top-level modules and packages.
shape.meta_egg_info bool Has an egg-info folder.
"""


def _columns(table: str) -> tuple[Column, ...]:
    rows = (line.split(maxsplit=2) for line in table.strip().splitlines())
    return tuple(Column(name, doc, dtype) for name, dtype, doc in rows)  # type: ignore[arg-type]


COLUMNS: tuple[Column, ...] = (*_columns(_COMMON), *_columns(_NPM), *_columns(_PYPI))
