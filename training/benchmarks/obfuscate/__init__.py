"""Obfuscation as source-to-source transforms of Python and JavaScript; code is only ever held in memory, never run."""
