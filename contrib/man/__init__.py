"""The manual pages, made of what the gateway itself says: its commands, its schemas and its documents."""
