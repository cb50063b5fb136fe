"""The store: one transaction a message, on SQLite. Rows never leave this package."""
