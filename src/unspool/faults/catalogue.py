"""The catalogue: bugs that real programs had with real streams, each a named fault."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from unspool.cassette.content_coding import decoded
from unspool.cassette.conversation import position_of
from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults.chat import ChangingIds, EmptyChoices, FinishAs, NoDelta, NullChoices, UsageOn
from unspool.faults.connection import Break, BreakAfterFinish, NoAnswer, Refuse
from unspool.faults.cuts import CutBeforeDone, CutEvents, CutInCharacter, CutInEvent
from unspool.faults.events import (
    Duplicate,
    EarlyFinish,
    ErrorEvent,
    Loop,
    Malformed,
    NoFinish,
    RepeatFinish,
    RepeatMessage,
    ShuffledLoop,
)
from unspool.faults.fault import Asked, Both, Fault, On, Where
from unspool.faults.identity import (
    NoStart,
    OverlappingBlocks,
    RepeatStart,
    WrongIds,
    WrongIndices,
    WrongOutput,
)
from unspool.faults.model_event import format_of_body
from unspool.faults.noise import (
    ByteOrderMark,
    Inject,
    KeepAlives,
    LineEnds,
    MultilineData,
    NoFinalBlankLine,
    UnknownEvent,
)
from unspool.faults.notes import Notes
from unspool.faults.parts import Part, parts_of
from unspool.faults.rechunk import BadChecksum, Merge, Rechunk, Shred, Split
from unspool.faults.refusals import Answer, BadGzip, ContentType, HtmlPage, Status
from unspool.faults.timing import Drip, Hang, SlowStart, Stall
from unspool.faults.tool_calls import (
    BrokenArguments,
    CallsWithout,
    CumulativeArguments,
    EmptyCalls,
    SharedIndex,
    SplitArguments,
    UnfinishedCall,
)
from unspool.pipeline import Stage


@dataclass(frozen=True, repr=False)
class Scenario(Fault):
    """A fault with a story.

    Attributes:
        name: what it's called, as in `scenario("reset-after-role")`.
        story: what happened, in one line.
        link: the report.
        fault: the fault.
        formats: the wire formats in which it happens, as in `unspool.providers.FORMATS`; empty for all.
    """

    name: str
    story: str
    link: str
    fault: Fault
    formats: tuple[str, ...] = ()

    @property
    def __name__(self) -> str:
        """The name of a parametrised test in pytest."""
        return self.name

    @property
    def kinds(self) -> frozenset[str]:
        """The names of the classes of its fault: `Stall`, `Break`."""
        return frozenset(_kinds(self.fault))

    def __repr__(self) -> str:
        return f"scenario({self.name!r})"

    def hits(self, asked: Asked | int = 1) -> bool:
        return self.fault.hits(asked)

    def stage(self, asked: Asked | int = 1, notes: Notes | None = None) -> Stage[Part, Part]:
        return self.fault.stage(asked, notes)

    def apply(self, interaction: Interaction, *, attempt: int = 1) -> Interaction:
        return self.fault.apply(interaction, attempt=attempt)

    def endless(self, asked: Asked | int = 1) -> bool:
        return self.fault.endless(asked)

    def fits(self, interaction: Interaction) -> bool:
        """Whether the interaction is in one of the formats, and this fault changes it.

        A stream of text has no tool calls to lose, and one in ASCII no character to split.
        """
        if self.formats and format_of_body(decoded(interaction.response).body) not in self.formats:
            return False
        turn = position_of(interaction.request, {}).turn
        notes = Notes(lenient=True)
        stage = self.stage(Asked(interaction.request, turn=turn), notes)
        outs = (out for part in parts_of(interaction) for out in stage.feed(part))
        try:
            deque(islice(outs, _MOST_PARTS), maxlen=0)
        except FaultError:
            return False
        return bool(notes.broke) and not notes.unfit


_MOST_PARTS = 100_000
"""How many parts of an endless response are compared."""


def _kinds(fault: Fault) -> Iterator[str]:
    match fault:
        case Both():
            yield from (*_kinds(fault.first), *_kinds(fault.then))
        case On() | Where():
            yield from _kinds(fault.fault)
        case _:
            yield type(fault).__name__


_LITELLM = "https://github.com/BerriAI/litellm"
_SSE = ("anthropic-messages", "cohere-v2", "gemini-generate", "openai-chat", "openai-responses")
_CHAT = ("openai-chat",)
_RESPONSES = ("openai-responses",)
_INDEXED = ("anthropic-messages", "openai-responses")
_ANTHROPIC = ("anthropic-messages",)
_AWS = ("bedrock-converse", "bedrock-invoke")
_STREAM_ERROR = b'{"error": {"message": "The engine is dead.", "type": "InternalServerError", "code": 500}}'


def _litellm(name: str, number: int, story: str, fault: Fault, formats: Any = ()) -> Scenario:
    return Scenario(name, story, f"{_LITELLM}/issues/{number}", fault, formats)


CATALOGUE: tuple[Scenario, ...] = (
    # Loops
    _litellm("loop-one-chunk", 5158, "The model repeats one chunk forever, and no guard stops it.", Loop(1)),
    Scenario(
        "loop-of-two",
        "Two chunks alternate forever, which a guard that compares neighbours misses.",
        "https://github.com/waybarrios/vllm-mlx/pull/723",
        Loop(0, period=2),
    ),
    _litellm(
        "honest-repeats", 6549, "A good answer repeats a word, and is mistaken for a loop.", Loop(1, times=40)
    ),
    Scenario(
        "loop-without-a-period",
        "The model repeats a few sentences in changing order; no two rounds are equal.",
        "https://github.com/co-l/openfox/issues/62",
        ShuffledLoop(),
    ),
    # Streams that end too early
    _litellm(
        "cut-between-events",
        42085,
        "A stream is cut off and looks like a complete, short answer.",
        CutEvents(2),
    ),
    Scenario(
        "cut-in-an-event",
        "Only half of the last event arrives, and the client doesn't notice.",
        "https://github.com/pydantic/pydantic-ai/issues/6610",
        CutInEvent(2),
    ),
    Scenario(
        "cut-in-a-character",
        "The stream ends after one byte of three; the reader crashes, or invents a character.",
        "https://github.com/api7/aisix/issues/111",
        CutInCharacter(),
    ),
    Scenario(
        "no-done",
        "A server ends its stream without [DONE]; the client waits for it, or drops the last event.",
        "https://github.com/perplexityai/api-discussion/issues/209",
        CutBeforeDone(),
        _CHAT,
    ),
    _litellm("no-finish-reason", 42085, "Everything arrives except the finish reason.", NoFinish()),
    # Connections
    Scenario("refused", "No server listens there.", "https://www.python-httpx.org/exceptions/", Refuse()),
    Scenario(
        "no-answer",
        "The server accepts the request and disconnects.",
        "https://www.python-httpx.org/exceptions/",
        NoAnswer("RemoteProtocolError"),
    ),
    _litellm("reset-after-headers", 33404, "Status 200, then the connection is gone.", Break(0)),
    _litellm("reset-after-role", 33404, "A reset after the first chunk ends as an empty success.", Break(1)),
    _litellm("reset-in-mid-answer", 33404, "A reset in mid-answer is treated as the answer's end.", Break(2)),
    _litellm(
        "closed-in-mid-answer",
        42085,
        "The server closes without ending its body.",
        Break(2, "RemoteProtocolError"),
    ),
    _litellm(
        "reset-after-finish",
        33404,
        "The answer is whole, and yet the client reports a failure.",
        BreakAfterFinish(),
    ),
    Scenario(
        "retry-after-partial-output",
        "The first attempt breaks in mid-answer; the retry's text is appended to the text received before.",
        "https://github.com/endolith/open-interpreter/issues/291",
        Break(3).on(1),
    ),
    # Time
    _litellm("slow-first-token", 19184, "The first token takes longer than the timeout.", SlowStart(45.0)),
    _litellm(
        "stall-and-resume", 19909, "Three quarters of a minute of silence, then it continues.", Stall(2, 45.0)
    ),
    Scenario(
        "stall-for-ever",
        "The stream falls silent, and a client without a read timeout waits forever.",
        "https://github.com/octos-org/octos/issues/29",
        Hang(2),
    ),
    _litellm("slow-drip", 19184, "A token every nine seconds: slow, but no read timeout expires.", Drip(9.0)),
    # Errors inside a stream
    _litellm(
        "error-before-the-first-token", 40578, "An error arrives instead of the first text.", ErrorEvent(0)
    ),
    _litellm(
        "rate-limit-in-mid-answer",
        22296,
        "A 429 in the stream leads to no fallback.",
        ErrorEvent(1, status=429),
    ),
    _litellm("overloaded-in-mid-answer", 6957, "The provider is overloaded in mid-answer.", ErrorEvent(1)),
    _litellm(
        "anthropic-error-event",
        4562,
        "An `event: error` is skipped as unknown.",
        ErrorEvent(1, status=529),
        _ANTHROPIC,
    ),
    _litellm(
        "aws-exception-frame",
        24608,
        "A server's failure is treated as the client's.",
        ErrorEvent(1, status=500),
        _AWS,
    ),
    _litellm(
        "vllm-error-in-200",
        40578,
        "A 200 whose whole body is an error becomes an empty answer.",
        Answer(200, _STREAM_ERROR, (("content-type", "application/json"),)),
        _CHAT,
    ),
    _litellm(
        "vllm-error-chunk",
        40578,
        "An error chunk is read as an empty one.",
        ErrorEvent(1, status=500, provider="vllm"),
        _CHAT,
    ),
    Scenario(
        "openrouter-error-chunk",
        "An otherwise ordinary chunk has the error beside `choices`.",
        "https://openrouter.ai/docs/api-reference/streaming",
        ErrorEvent(1, status=502, provider="openrouter"),
        _CHAT,
    ),
    Scenario(
        "groq-error-event",
        "A named error event, and no [DONE] after it.",
        "https://console.groq.com/docs/errors",
        ErrorEvent(1, status=400, provider="groq"),
        _CHAT,
    ),
    Scenario(
        "error-on-a-bare-line",
        "The error is on a line that isn't SSE, which a correct reader skips.",
        "https://github.com/gpustack/gpustack/issues/6155",
        Inject(b'error: {"message": "The upstream failed.", "code": 500}\n\n', 2),
        _CHAT,
    ),
    # Refusals
    Scenario(
        "rate-limited-once",
        "429 with Retry-After, then success; the client retries too early, or never.",
        "https://github.com/MemTensor/MemOS/issues/1620",
        Status(429, retry_after=7).on(1),
    ),
    Scenario(
        "bad-key",
        "401, which no retry will fix.",
        "https://docs.litellm.ai/docs/exception_mapping",
        Status(401),
    ),
    Scenario(
        "overloaded-twice",
        "529 twice, then success.",
        "https://docs.anthropic.com/en/api/errors",
        Status(529).on(1, 2),
    ),
    # Responses that aren't a stream
    Scenario(
        "web-page-in-200",
        "A login page comes under status 200; the client sees an empty answer.",
        "https://github.com/QwenLM/qwen-code/issues/6465",
        HtmlPage(),
    ),
    Scenario(
        "wrong-content-type",
        "A stream under `text/plain`.",
        "https://github.com/sigoden/aichat/issues/651",
        ContentType(),
    ),
    Scenario(
        "bad-gzip",
        "The headers promise gzip, the bytes aren't.",
        "https://github.com/teng-lin/notebooklm-py/issues/773",
        BadGzip(1),
    ),
    Scenario(
        "bad-checksum",
        "A frame's checksum is wrong, and the client uses its text anyway.",
        "https://smithy.io/2.0/aws/amazon-eventstream.html",
        BadChecksum(1),
        _AWS,
    ),
    # Pieces
    _litellm(
        "byte-by-byte",
        17473,
        "Each byte arrives alone; a reader treats half an event as whole.",
        Rechunk(1),
    ),
    _litellm("shredded", 17473, "Network chunks end anywhere.", Shred(seed=1)),
    Scenario(
        "split-characters",
        "Each character is cut by a network chunk; the reader writes U+FFFD.",
        "https://github.com/api7/aisix/issues/111",
        Split("characters"),
    ),
    Scenario(
        "all-at-once",
        "A proxy buffers the stream, and all of it arrives in one piece.",
        "https://github.com/ChronoAIProject/NyxID/pull/1206",
        Merge(),
    ),
    Scenario(
        "split-crlf",
        "A network chunk ends between CR and LF, and the reader sees two line ends.",
        "https://html.spec.whatwg.org/multipage/server-sent-events.html",
        LineEnds("\r\n") | Split("crlf"),
        _SSE,
    ),
    # Valid but unusual server-sent events
    Scenario(
        "cr-line-ends",
        "Lines end in a lone CR, as SSE allows.",
        "https://html.spec.whatwg.org/multipage/server-sent-events.html",
        LineEnds("\r"),
        _SSE,
    ),
    Scenario(
        "byte-order-mark",
        "The stream begins with a BOM; the first event is lost.",
        "https://html.spec.whatwg.org/multipage/server-sent-events.html",
        ByteOrderMark(),
        _SSE,
    ),
    Scenario(
        "comments",
        "Comments keep the connection open, and the reader parses them as JSON.",
        "https://github.com/mnfst/llm-gateway/issues/2053",
        KeepAlives("OPENROUTER PROCESSING", 3),
        _SSE,
    ),
    Scenario(
        "multi-line-data",
        "An event's JSON is split over two data lines.",
        "https://github.com/alexrudall/ruby-openai/pull/338",
        MultilineData(),
        _SSE,
    ),
    Scenario(
        "no-final-blank-line",
        "The last event lacks the blank line after it.",
        "https://html.spec.whatwg.org/multipage/server-sent-events.html",
        NoFinalBlankLine(),
        _SSE,
    ),
    Scenario(
        "unknown-event",
        "The provider sends an event of a new type.",
        "https://docs.anthropic.com/en/docs/build-with-claude/streaming",
        UnknownEvent(1),
    ),
    # Events
    _litellm("malformed-event", 14747, "One event's JSON is broken.", Malformed(2)),
    Scenario(
        "event-twice",
        "An event arrives twice, and its text with it.",
        "https://github.com/openclaw/openclaw/pull/1284",
        Duplicate(2),
    ),
    _litellm(
        "text-after-finish", 376, "The last words arrive after the finish reason and are lost.", EarlyFinish()
    ),
    _litellm("finish-twice", 27139, "A finish reason arrives twice.", RepeatFinish()),
    Scenario(
        "message-repeated-at-the-end",
        "The last event has the whole text again, and the client shows it twice.",
        "https://github.com/abundantbeing/hermes-browser-extension/issues/11",
        RepeatMessage(),
    ),
    # OpenAI's chunks
    Scenario(
        "null-choices",
        "A chunk has `choices: null` and the client fails with a TypeError.",
        "https://github.com/pydantic/pydantic-ai/issues/5165",
        NullChoices(1),
        _CHAT,
    ),
    _litellm("prompt-filter-first", 24221, "Azure's first chunk has no choices.", EmptyChoices(0), _CHAT),
    _litellm("empty-choices", 28884, "A chunk in mid-answer has no choices.", EmptyChoices(2), _CHAT),
    _litellm("changing-ids", 14962, "Each chunk has another id.", ChangingIds(), _CHAT),
    _litellm("usage-on-finish", 11915, "Usage arrives with the finish reason.", UsageOn("finish"), _CHAT),
    _litellm("usage-on-every-chunk", 23847, "Usage grows with each chunk.", UsageOn("every"), _CHAT),
    _litellm(
        "usage-after-finish", 20760, "Usage arrives on a chunk after the finish.", UsageOn("after"), _CHAT
    ),
    _litellm("usage-twice", 28735, "Usage arrives twice.", UsageOn("twice"), _CHAT),
    Scenario(
        "usage-in-the-choice",
        "Usage is inside the choice, and the client counts no tokens.",
        "https://github.com/earendil-works/pi/issues/2017",
        UsageOn("choice"),
        _CHAT,
    ),
    _litellm(
        "choice-without-delta", 3811, "A choice has no `delta`: the filter's verdict.", NoDelta(1), _CHAT
    ),
    # Tool calls
    _litellm(
        "stop-after-tool-calls",
        12481,
        "Tool calls end with `stop`, so the client doesn't run them.",
        FinishAs("stop"),
        _CHAT,
    ),
    _litellm("empty-tool-calls", 17425, "Text arrives with `tool_calls: []`.", EmptyCalls(), _CHAT),
    Scenario(
        "call-without-index",
        "Tool calls have no index.",
        "https://github.com/ollama/ollama/issues/7881",
        CallsWithout("index"),
        _CHAT,
    ),
    _litellm("call-without-id", 11262, "Tool calls have no id.", CallsWithout("id"), _CHAT),
    _litellm("shared-index", 2716, "Several tool calls share index 0.", SharedIndex(), _CHAT),
    _litellm("arguments-in-crumbs", 7364, "Arguments arrive a character at a time.", SplitArguments(1)),
    Scenario(
        "broken-arguments",
        "A tool call's arguments are no JSON.",
        "https://github.com/open-webui/computer/issues/252",
        BrokenArguments(),
    ),
    Scenario(
        "call-cut-by-max-tokens",
        "A limit on tokens cuts a tool call; the client repairs the arguments, and runs the tool.",
        "https://github.com/langchain-ai/langchainjs/pull/11494",
        UnfinishedCall(),
    ),
    Scenario(
        "call-cut-that-looks-whole",
        "A limit on tokens cuts a tool call, but the finish reason is `tool_calls`.",
        "https://github.com/vllm-project/vllm/pull/46303",
        UnfinishedCall(reason="tool_calls"),
    ),
    Scenario(
        "cumulative-arguments",
        "Each piece of the arguments repeats those before; joined they are no JSON.",
        "https://github.com/NousResearch/hermes-agent/pull/35718",
        CumulativeArguments(),
    ),
    # Responses and Anthropic
    _litellm(
        "rotated-item-ids",
        30071,
        "Each event names its item by another id; the client finds none of them.",
        WrongIds("rotated"),
        _RESPONSES,
    ),
    Scenario(
        "missing-item-ids",
        "Events lack the id of their item.",
        "https://github.com/vllm-project/vllm/pull/24788",
        WrongIds("missing"),
        _RESPONSES,
    ),
    Scenario(
        "shared-call-ids",
        "All tool calls of a message have the same id, and the results are mixed up.",
        "https://github.com/HKUDS/nanobot/issues/4473",
        WrongIds("shared"),
        _ANTHROPIC,
    ),
    Scenario(
        "shared-block-index",
        "Two blocks have the same index, and their pieces are mixed up.",
        "https://github.com/anthropics/anthropic-sdk-typescript/issues/879",
        WrongIndices("shared"),
        _ANTHROPIC,
    ),
    Scenario(
        "shifted-indices",
        "Blocks are numbered with a gap; the client looks up a missing one, and crashes.",
        "https://github.com/jundot/omlx/issues/1353",
        WrongIndices("shifted"),
        _INDEXED,
    ),
    Scenario(
        "missing-indices",
        "Events have no index, and the client can't assign a piece to its block.",
        "https://github.com/decolua/9router/issues/2218",
        WrongIndices("missing"),
        _INDEXED,
    ),
    Scenario(
        "empty-output",
        "The last event lists no output; the client drops the answer that it has shown.",
        "https://github.com/open-webui/open-webui/pull/27800",
        WrongOutput("empty"),
        _RESPONSES,
    ),
    Scenario(
        "short-output",
        "The last event lacks an item that was streamed, a tool call mostly.",
        "https://github.com/router-for-me/CLIProxyAPI/issues/2626",
        WrongOutput("short"),
        _RESPONSES,
    ),
    Scenario(
        "reordered-output",
        "The last event lists the items in another order than they were streamed in.",
        "https://github.com/ENTERPILOT/GoModel/pull/831",
        WrongOutput("reversed"),
        _RESPONSES,
    ),
    _litellm(
        "message-start-twice",
        32478,
        "`message_start` arrives twice; the client starts again, and loses its blocks.",
        RepeatStart(),
        _ANTHROPIC,
    ),
    Scenario(
        "no-message-start",
        "`message_start` never arrives, and the client has no message to add to.",
        "https://github.com/router-for-me/CLIProxyAPI/issues/530",
        NoStart(),
        _ANTHROPIC,
    ),
    Scenario(
        "overlapping-blocks",
        "A block is still open when the next one begins.",
        "https://github.com/praxis-proxy/ai/pull/273",
        OverlappingBlocks(),
        _ANTHROPIC,
    ),
)
"""Every scenario; also for `@pytest.mark.parametrize("fault", CATALOGUE)`."""


def scenario(name: str) -> Scenario:
    """Return the scenario of that name.

    Raises:
        FaultError: there is none.
    """
    found = next((one for one in CATALOGUE if one.name == name), None)
    if found is None:
        raise FaultError(f"no scenario {name!r}; there are {', '.join(one.name for one in CATALOGUE)}")
    return found
