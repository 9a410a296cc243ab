"""The coding agents: how each is installed, told where its model is, and asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

RAN = "ran.txt"
STATUS = "exit-status.txt"
SHELL = f"echo ran >> {RAN}"
PROMPT = "Run the tool once, and then say how it went."


@dataclass(frozen=True)
class Agent:
    """A program that asks a model and runs tools.

    Attributes:
        package: on npm.
        program: its command, in `node_modules/.bin`.
        words: the command's arguments, given the address of the server.
        tool: the name of its shell tool, and
        arguments: what the tool is called with.
        files: configuration, by path in its home, given the address of the server.
        variables: further environment variables.
        format: the wire format that it speaks.
    """

    package: str
    program: str
    words: Callable[[str], Sequence[str]]
    tool: str
    arguments: Mapping[str, str]
    files: Callable[[str], Mapping[str, str]] = lambda _url: {}
    variables: Mapping[str, str] = field(default_factory=dict)
    format: str = ""


def _codex(url: str) -> Sequence[str]:
    provider = {
        "name": "unspool",
        "base_url": f"{url}/v1",
        "env_key": "OPENAI_API_KEY",
        "wire_api": "responses",
    }
    settings = [f"model_providers.unspool.{key}={json.dumps(value)}" for key, value in provider.items()]
    options = [word for one in ["model_provider=unspool", *settings] for word in ("-c", one)]
    return [
        "exec",
        "-m",
        "gpt-5",
        "--skip-git-repo-check",
        "--dangerously-bypass-approvals-and-sandbox",
        *options,
        PROMPT,
    ]


def _gemini(_url: str) -> Mapping[str, str]:
    return {".gemini/settings.json": json.dumps({"security": {"auth": {"selectedType": "gemini-api-key"}}})}


def _opencode(url: str) -> Mapping[str, str]:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "unspool",
        "options": {"baseURL": f"{url}/v1", "apiKey": "none"},
        "models": {"scripted": {"name": "scripted"}},
    }
    settings = {"provider": {"unspool": provider}, "model": "unspool/scripted"}
    return {".config/opencode/opencode.json": json.dumps(settings)}


AGENTS: dict[str, Agent] = {
    "Claude Code": Agent(
        "@anthropic-ai/claude-code",
        "claude",
        lambda _url: ["-p", PROMPT, "--allowedTools", "Bash"],
        "Bash",
        {"command": SHELL, "description": "Run the tool"},
    ),
    "Codex": Agent("@openai/codex", "codex", _codex, "exec_command", {"cmd": SHELL}),
    "Gemini CLI": Agent(
        "@google/gemini-cli",
        "gemini",
        lambda _url: ["-m", "gemini-2.5-flash", "--yolo", "-p", PROMPT],
        "run_shell_command",
        {"command": SHELL, "description": "Run the tool"},
        files=_gemini,
        format="gemini",
        variables={"GEMINI_CLI_TRUST_WORKSPACE": "true"},
    ),
    "Qwen Code": Agent(
        "@qwen-code/qwen-code",
        "qwen",
        lambda _url: ["--auth-type", "openai", "--yolo", "-p", PROMPT],
        "run_shell_command",
        {"command": SHELL, "description": "Run the tool"},
        variables={"OPENAI_MODEL": "gpt-5"},
    ),
    "opencode": Agent(
        "opencode-ai",
        "opencode",
        lambda _url: ["run", PROMPT],
        "bash",
        {"command": SHELL, "description": "Run the tool"},
        files=_opencode,
    ),
}
