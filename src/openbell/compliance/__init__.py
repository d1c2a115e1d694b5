"""What an auditor asks for: the log in an archive, sealed and signed, kept as long as its class says."""
