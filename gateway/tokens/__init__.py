"""OAuth2: access tokens, asked for, kept and renewed; consent, asked for once."""
