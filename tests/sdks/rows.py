"""The SDKs and the ways to use them: a row of the table each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from tests.sdks import adapters, answers
from tests.sdks.answers import Format
from tests.sdks.runs import Adapter


@dataclass(frozen=True)
class Row:
    """An SDK, used in one way.

    Attributes:
        sdk: what it's called on the command line; rows of one name share a virtual environment.
        needs: what to install for it; the first is the SDK itself.
        library: what sends its requests.
        way: sync or async.
        route: whose model it's used for, if it serves several.
    """

    sdk: str
    needs: tuple[str, ...]
    library: str
    way: str
    form: Format
    adapter: Adapter
    route: str = ""

    @property
    def distribution(self) -> str:
        return self.needs[0].partition("=")[0].partition("[")[0]

    @property
    def libraries(self) -> list[str]:
        """The distributions that send its requests, the uppermost first."""
        return self.library.split(" over ")

    def __str__(self) -> str:
        return "-".join(filter(None, (self.sdk, self.route, self.way, *self.libraries[1:])))


def _both(  # noqa: PLR0917 - a row of a table
    sdk: str, needs: str, library: str, form: Format, adapter: Adapter, aadapter: Adapter
) -> tuple[Row, Row]:
    return (
        Row(sdk, (needs,), library, "sync", form, adapter),
        Row(sdk, (needs,), library, "async", form, aadapter),
    )


_LITELLM = ("litellm==1.110.2", "tenacity")
_TO_OPENAI = {"model": "openai/gpt-4o-mini", "path": "/v1"}
_TO_ANTHROPIC = {"model": "anthropic/claude-haiku-4-5", "path": ""}


def _litellm(route: str, form: Format, options: dict[str, str]) -> tuple[Row, ...]:
    def row(library: str, way: str, adapter: Adapter) -> Row:
        return Row("litellm", _LITELLM, library, way, form, adapter, route)

    return (
        row("httpx", "sync", partial(adapters.litellm, **options)),
        row("httpx over aiohttp", "async", partial(adapters.alitellm, **options, aiohttp=True)),
        row("httpx", "async", partial(adapters.alitellm, **options, aiohttp=False)),
    )


ROWS: tuple[Row, ...] = (
    *_both("openai-2", "openai==2.54.0", "httpx", answers.OPENAI, adapters.openai, adapters.aopenai),
    *_both("openai-3", "openai==3.54.0", "httpx2", answers.OPENAI, adapters.openai, adapters.aopenai),
    *_both(
        "anthropic-0",
        "anthropic==0.125.0",
        "httpx",
        answers.ANTHROPIC,
        adapters.anthropic,
        adapters.aanthropic,
    ),
    *_both(
        "anthropic-2",
        "anthropic==2.12.0",
        "httpx2",
        answers.ANTHROPIC,
        adapters.anthropic,
        adapters.aanthropic,
    ),
    *_both("google-genai", "google-genai==3.4.0", "httpx2", answers.GEMINI, adapters.genai, adapters.agenai),
    Row(
        "google-genai-aiohttp",
        ("google-genai[aiohttp]==3.4.0",),
        "aiohttp",
        "async",
        answers.GEMINI,
        adapters.agenai,
    ),
    *_both("mistralai", "mistralai==3.7.0", "httpx2", answers.MISTRAL, adapters.mistral, adapters.amistral),
    *_both("cohere", "cohere==7.3.1", "httpx", answers.COHERE, adapters.cohere, adapters.acohere),
    *_both("groq", "groq==1.7.0", "httpx", answers.GROQ, adapters.groq, adapters.agroq),
    *_litellm("openai", answers.OPENAI, _TO_OPENAI),
    *_litellm("anthropic", answers.ANTHROPIC, _TO_ANTHROPIC),
)
