"""The SDKs, and what they are asked for: a column of the matrix each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from tests.sdks import answers
from tests.sdks.answers import Format
from tests.verdicts import clients

Ask = Callable[[], Iterator[str] | AsyncIterator[str]]


@dataclass(frozen=True)
class Row:
    """An SDK.

    Attributes:
        sdk: what it's called on the command line, and its virtual environment with it.
        needs: what to install for it; the first is the SDK itself.
        form: what it's answered.
        ways: sync and async, those that it has.
        library: what sends its requests.
        route: whose model it's used for, if it serves several.
    """

    sdk: str
    needs: tuple[str, ...]
    form: Format
    ways: Mapping[str, Ask]
    library: str
    route: str = ""

    @property
    def distribution(self) -> str:
        return self.needs[0].partition("=")[0].partition("[")[0]

    def __str__(self) -> str:
        return "-".join(filter(None, (self.sdk, self.route)))


_OPENAI = {"sync": clients.openai, "async": clients.aopenai}
_ANTHROPIC = {"sync": clients.anthropic, "async": clients.aanthropic}
_LITELLM = ("litellm==1.110.2", "tenacity")


def _litellm(model: str) -> dict[str, Ask]:
    return {"sync": partial(clients.litellm, model), "async": partial(clients.alitellm, model)}


ROWS: tuple[Row, ...] = (
    Row("openai-2", ("openai==2.54.0",), answers.OPENAI, _OPENAI, "httpx"),
    Row("openai-3", ("openai==3.54.0",), answers.OPENAI, _OPENAI, "httpx2"),
    Row("anthropic-2", ("anthropic==2.12.0",), answers.ANTHROPIC, _ANTHROPIC, "httpx2"),
    Row(
        "google-genai",
        ("google-genai==3.4.0",),
        answers.GEMINI,
        {"sync": clients.genai, "async": clients.agenai},
        "httpx2",
    ),
    Row(
        "mistralai",
        ("mistralai==3.7.0",),
        answers.MISTRAL,
        {"sync": clients.mistral, "async": clients.amistral},
        "httpx2",
    ),
    Row("litellm", _LITELLM, answers.OPENAI, _litellm("openai/gpt-4o-mini"), "httpx", "openai"),
    Row("litellm", _LITELLM, answers.ANTHROPIC, _litellm("anthropic/claude-haiku-4-5"), "httpx", "anthropic"),
    Row(
        "langchain-openai",
        ("langchain-openai==1.7.4", "openai==3.54.0"),
        answers.OPENAI,
        {"sync": clients.langchain, "async": clients.alangchain},
        "httpx2",
    ),
    Row(
        "pydantic-ai",
        ("pydantic-ai-slim[openai]==2.68.0", "openai==3.54.0"),
        answers.OPENAI,
        {"async": clients.apydantic},
        "httpx2",
    ),
)
