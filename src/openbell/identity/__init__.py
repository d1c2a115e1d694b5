"""Who is asking: sessions, demo accounts and their return."""
