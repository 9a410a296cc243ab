"""MCP servers and A2A agents, which answer in JSON-RPC."""
