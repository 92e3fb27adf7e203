"""Benchmarks beyond the plain test: packages injected, obfuscated or disarmed. Code is held in memory only."""
