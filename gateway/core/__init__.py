"""Floor 0: nouns (frozen dataclasses) and verbs (pure functions). No I/O, no clock, no randomness, no async."""
