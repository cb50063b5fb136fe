"""Scanning: asks a virus scanner."""
