"""Where accounts are kept that others look after: a database, a directory. Each is asked, and never written."""
