"""The door: REST, the stream and the web app on one port."""
