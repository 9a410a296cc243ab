"""Record and replay httpx and httpx2, as transports or, for clients that take none, in place."""
