"""Authentication: who vouches for an author, found out by ourselves, with the DNS behind it (threats rule 4)."""
