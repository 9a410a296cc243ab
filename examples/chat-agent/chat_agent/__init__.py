"""A small chat agent with tools."""

from chat_agent.agent import answer
from chat_agent.backends import anthropic_backend, litellm_backend, openai_backend

__all__ = ["answer", "anthropic_backend", "litellm_backend", "openai_backend"]
