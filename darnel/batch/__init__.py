"""Many packages: in processes of their own, within hard limits, resumable, on one machine or a cluster.

inputs (listing, remote, manifest) → :class:`Item` → slot (reads the bytes, asks the cache, supervises one worker) ⇄
worker (jailed, holds the model) → :class:`Outcome` → rows → store. ``many`` is the same engine behind
:func:`darnel.predict_many`.
"""
