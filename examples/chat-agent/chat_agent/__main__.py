"""A chat in the terminal: `python -m chat_agent`, with OPENAI_API_KEY in the environment."""

from __future__ import annotations

import sys

from chat_agent import answer, litellm_backend
from chat_agent.turn import Message


def main(model: str = "openai/gpt-4o-mini") -> None:
    conversation: list[Message] = []
    while question := input("> "):
        conversation.append({"role": "user", "content": question})
        for piece in answer(litellm_backend(model), conversation):
            print(piece, end="", flush=True)
        print()


if __name__ == "__main__":
    main(*sys.argv[1:])
