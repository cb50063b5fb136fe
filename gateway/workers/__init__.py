"""Messages are examined in processes of their own: bounded in time and memory, and one that dies takes none with it."""
