"""Recordings, scripts and faults over a socket, for clients in other languages and processes."""
