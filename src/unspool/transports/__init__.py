"""Recording and replaying for httpx and httpx2, as transports and, for clients that take none, in place."""
