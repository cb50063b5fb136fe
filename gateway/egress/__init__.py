"""Egress: the only place that speaks SMTP to others (R4)."""
