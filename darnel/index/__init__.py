"""Releases by name: found, downloaded, verified and cached through the indexes that pip and npm are configured for.

Nothing of a release is built, unpacked, imported or run. Needs the packages of ``darnel[index]``; only
:mod:`darnel.index.reference` and :mod:`darnel.index.artefact` do without.
"""
