"""What happened to every order, share and cent, in PostgreSQL: a reader of the node's event stream."""
