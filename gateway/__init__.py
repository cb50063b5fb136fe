"""The mail gateway: support mail becomes tickets, and answers go to the account's primary address and nowhere else."""

__version__ = "0.1.0"
