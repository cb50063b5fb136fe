"""Mailboxes that are polled: what is asked of an IMAP server, and how that is said to it."""
