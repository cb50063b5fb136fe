"""Ops: what systemd and the journal hear of us."""
