from __future__ import annotations

import json
import re
import textwrap
import time
from dataclasses import replace
from typing import Any

import pytest
import vcr.serialize
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.cassette.recordings import INTERACTIONS
from vcr.serializers import jsonserializer, yamlserializer

from unspool.cassette.file_format import Document, dumps, explain_change, loads
from unspool.cassette.model import End, Interaction, NetworkChunk, Request, Response, Timeline
from unspool.errors import CassetteFormatError, CassetteWarning

INTERACTION = Interaction(
    Request("POST", "https://api.example/v1", (("accept", "*/*"),), b'{"stream":true}'),
    Response(
        200,
        "OK",
        (("content-type", "text/event-stream"),),
        "data: caf\u00e9\r\n\r\n".encode(),
        Timeline((NetworkChunk(15, 0.1289),), 0.1284, 1795476445.123456, "HTTP/2", End.CLOSED, 0.3),
    ),
)
# Chunks by chance don't fit their bodies.
pytestmark = pytest.mark.filterwarnings("ignore::unspool.CassetteWarning")

TEXT = """\
version: 1
interactions:
- request:
    method: POST
    uri: https://api.example/v1
    body: '{"stream":true}'
    headers:
      accept:
      - '*/*'
  response:
    status:
      code: 200
      message: OK
    headers:
      content-type:
      - text/event-stream
    body:
      string: "data: café\\r\\n\\r\\n"
    unspool:
      v: 1
      recorded_at: '2026-11-23T23:27:25.123456Z'
      http_version: HTTP/2
      headers_ms: 128.4
      chunks: 15@128.9
      end: closed
      ended_ms: 300
"""
DOCUMENTS = st.builds(
    Document,
    st.lists(INTERACTIONS, max_size=3).map(tuple),
    st.dictionaries(st.sampled_from(["metadata", "grpc_interactions", "x"]), st.none() | st.lists(st.text())),
)
DOCUMENT = Document((INTERACTION,), {"metadata": {"by": "us"}})


def read(text: str | bytes) -> Document:
    return loads(text if isinstance(text, bytes) else text.encode(), name="tests/a.yaml")


def refused(text: str | bytes) -> str:
    """The message with which a file is refused, without its name."""
    with pytest.raises(CassetteFormatError) as caught:
        read(text)
    return str(caught.value).removeprefix("tests/a.yaml: ")


def rewritten_by_vcrpy(text: bytes, serializer: Any) -> bytes:
    """What vcrpy makes of a file when it has played it and writes it again."""
    requests, responses, *_ = vcr.serialize.deserialize(text.decode(), serializer)
    text_again = vcr.serialize.serialize({"requests": requests, "responses": responses}, serializer)
    assert isinstance(text_again, str)
    return text_again.encode()


def test_a_document_is_text_that_people_can_read() -> None:
    assert dumps(Document((INTERACTION,))).decode() == TEXT


def test_the_text_is_the_same_document_again() -> None:
    assert read(TEXT) == Document((INTERACTION,), {})


@given(DOCUMENTS)
def test_any_document_comes_back_from_yaml_as_it_was(document: Document) -> None:
    assert read(dumps(document)) == document


@given(DOCUMENTS)
def test_any_document_comes_back_from_json_as_it_was(document: Document) -> None:
    assert read(dumps(document, json=True)) == document


@pytest.mark.parametrize("json", [False, True])
@given(document=DOCUMENTS)
def test_all_of_it_is_ascii_where_that_is_asked_for(document: Document, json: bool) -> None:
    text = dumps(document, json=json, ascii=True)

    assert text.isascii()
    assert read(text) == document


def test_the_version_comes_first_and_what_else_there_is_last() -> None:
    assert list(yaml.load(dumps(DOCUMENT), yaml.CSafeLoader)) == ["version", "interactions", "metadata"]
    assert list(json.loads(dumps(DOCUMENT, json=True))) == ["version", "interactions", "metadata"]


def test_json_stands_in_lines() -> None:
    assert dumps(Document((), {"metadata": {"a": "é☔\u202e"}}), json=True).decode() == (
        '{\n  "version": 1,\n  "interactions": [],\n  "metadata": {\n    "a": "é☔\\u202e"\n  }\n}\n'
    )


def test_json_holds_bytes_as_base64() -> None:
    document = Document(
        (
            Interaction(
                replace(INTERACTION.request, body=b"\xff"), replace(INTERACTION.response, body=b"\0\xff")
            ),
        )
    )

    text = dumps(document, json=True)

    (record,) = json.loads(text)["interactions"]
    assert record["request"]["body"] == {"base64_string": "/w=="}
    assert record["response"]["body"] == {"base64_string": "AP8="}
    assert read(text) == document


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(CassetteFormatError, match="expected what JSON can contain: object isn't JSON"):
        dumps(Document((), {"metadata": object()}), json=True)


# What tools have done to a file

BODY = "data: {}\n\ndata: [DONE]\n\n"
BLOCK = TEXT.replace(
    'string: "data: café\\r\\n\\r\\n"', "string: |+\n" + textwrap.indent(BODY, " " * 8)[:-1]
).replace("15@128.9", f"{len(BODY)}@128.9")


def test_a_body_that_blank_lines_were_taken_out_of_is_warned_of() -> None:
    assert read(BLOCK).interactions[0].response.body.decode() == BODY
    collapsed = re.sub(r"\n+", "\n", BLOCK)

    with pytest.warns(CassetteWarning, match=r"^tests/a.yaml: interactions\[0\]: .*removed its blank lines"):
        read(collapsed)


def test_a_body_without_recorded_sizes_may_be_edited() -> None:
    text = BLOCK.replace(f"      chunks: {len(BODY)}@128.9\n", "").replace("[DONE]", "[END]")

    assert b"[END]" in read(text).interactions[0].response.body


@pytest.mark.parametrize("place", ["uri:", "data:"])
def test_conflict_markers_are_called_that(place: str) -> None:
    at = BLOCK.index(place)
    at = BLOCK.rindex("\n", 0, at) + 1
    text = f"{BLOCK[:at]}<<<<<<< HEAD\n{BLOCK[at:]}=======\n>>>>>>> their branch\n"

    assert "a merge left the conflict marker '<<<<<<< HEAD' here" in refused(text)


def test_a_conflict_marker_inside_of_quotes_is_found() -> None:
    text = TEXT.replace("café\\r", "café\n>>>>>>> their branch\n\\r")

    assert refused(text).startswith("line 19: a merge left the conflict marker '>>>>>>> their branch'")


def test_a_body_may_tell_of_conflict_markers() -> None:
    body = "data: <<<<<<< HEAD\n<<<<<<< HEAD\n=======\n>>>>>>> x\n"
    interaction = Interaction(INTERACTION.request, Response(200, "", (), body.encode()))

    assert read(dumps(Document((interaction,)))).interactions == (interaction,)
    assert read(dumps(Document((interaction,)), json=True)).interactions == (interaction,)


# vcrpy


@given(st.lists(INTERACTIONS, max_size=3))
def test_vcrpy_loads_what_is_written_and_plays_its_bytes(interactions: list[Interaction]) -> None:
    text = dumps(Document(tuple(interactions))).decode()

    requests, responses = vcr.serialize.deserialize(text, yamlserializer)

    for interaction, request, response in zip(interactions, requests, responses, strict=True):
        assert request.body == interaction.request.body
        assert request.method == interaction.request.method
        assert dict(request.headers.items()) == dict(interaction.request.headers)
        assert response["body"]["string"] == interaction.response.body
        assert response["status"]["code"] == interaction.response.status
        pairs = tuple((name, value) for name, values in response["headers"].items() for value in values)
        assert pairs == interaction.response.headers


def without_extra(interaction: Interaction) -> Interaction:
    """As vcrpy writes it: what stands beside request and response is lost."""
    return replace(interaction, extra={})


def with_sorted_headers(interaction: Interaction) -> Interaction:
    """As PyYAML writes it: the keys of a mapping in the order of their characters."""
    request = replace(interaction.request, headers=_sorted(interaction.request.headers))
    response = replace(interaction.response, headers=_sorted(interaction.response.headers))
    return replace(interaction, request=request, response=response)


def _sorted(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(headers, key=lambda pair: pair[0]))


@given(st.lists(INTERACTIONS.map(without_extra), max_size=3))
def test_what_vcrpy_writes_anew_is_the_same_down_to_the_timeline(interactions: list[Interaction]) -> None:
    text = rewritten_by_vcrpy(dumps(Document(tuple(interactions))), yamlserializer)

    found = read(text).interactions

    assert list(map(with_sorted_headers, found)) == list(map(with_sorted_headers, interactions))


@given(st.lists(INTERACTIONS.map(without_extra), max_size=3))
def test_vcrpy_writes_json_anew_the_same(interactions: list[Interaction]) -> None:
    texts = [item for item in interactions if item.request.body.isascii() and item.response.body.isascii()]

    text = rewritten_by_vcrpy(dumps(Document(tuple(texts)), json=True), jsonserializer)

    assert read(text).interactions == tuple(texts)


@given(st.lists(st.tuples(st.binary() | st.none(), st.binary(), st.text()), min_size=1, max_size=3))
def test_what_vcrpy_itself_records_is_read(bodies: list[tuple[bytes | None, bytes, str]]) -> None:
    requests = [
        vcr.request.Request("POST", "https://a.example/", body, {"X-A": text}) for body, _, text in bodies
    ]
    responses = [
        {"status": {"code": 200, "message": None}, "headers": {"x": ["1", "2"]}, "body": {"string": body}}
        for _, body, _ in bodies
    ]
    text = vcr.serialize.serialize({"requests": requests, "responses": responses}, yamlserializer)

    found = read(text).interactions

    assert [item.request.body for item in found] == [body or b"" for body, _, _ in bodies]
    assert [item.response.body for item in found] == [body for _, body, _ in bodies]
    assert [item.request.headers for item in found] == [(("X-A", text),) for _, _, text in bodies]
    assert found[0].response.headers == (("x", "1"), ("x", "2"))
    assert found[0].response.timeline is None


def test_vcrpys_own_metadata_is_kept() -> None:
    text = vcr.serialize.serialize({"requests": [], "responses": [], "metadata": {"a": 1}}, yamlserializer)

    assert read(text) == Document((), {"metadata": {"a": 1}})


# Files of all sorts


@pytest.mark.parametrize(
    "text", ["", " \n\n", "# nothing yet\n", "\ufeff", "interactions: []", "interactions:\n"]
)
def test_a_file_without_interactions_is_an_empty_document(text: str) -> None:
    assert read(text) == Document((), {})


@pytest.mark.parametrize("version", ["", "version: 1\n", "version: 2\n"])
def test_the_version_is_not_checked_as_vcrpy_does_not_either(version: str) -> None:
    assert read(f"{version}interactions: []") == Document((), {})


@pytest.mark.parametrize("json_text", [False, True])
def test_a_byte_order_mark_is_no_matter(json_text: bool) -> None:
    assert read(b"\xef\xbb\xbf" + dumps(DOCUMENT, json=json_text)) == DOCUMENT


def test_json_may_be_indented_as_a_whole() -> None:
    assert read(b"\n  " + dumps(DOCUMENT, json=True)) == DOCUMENT


def test_rubys_vcr_is_read() -> None:
    ruby = TEXT.replace("version: 1\ninteractions", "---\nhttp_interactions") + "recorded_with: VCR 6.3.1\n"

    assert read(ruby) == Document((INTERACTION,), {"recorded_with": "VCR 6.3.1"})


def test_dialects_are_read() -> None:
    text = TEXT.replace("    status:\n      code: 200\n      message: OK\n", "    status: 418\n")

    assert read(text).interactions[0].response.status == 418


def test_the_errors_name_the_file() -> None:
    with pytest.raises(CassetteFormatError, match=r"^tests/a\.yaml: line 1, column 6: expected YAML"):
        read("a: 'x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "- request: {}\n",
            "the key interactions, got a list, as vcrpy wrote before 1.0",
        ),
        ("[]", "expected a mapping with the key interactions, got a list"),
        ("text", "expected a mapping with the key interactions, got str: is this the right file?"),
        ("http_interactions: []", "expected http_interactions with recorded_with after it"),
        ('{"log": {}}', "got one with log: make a cassette of it with `unspool convert`"),
        ('{"answers": {}}', "got one with answers: is this the right file?"),
        ("{}", "got one with none"),
        ("interactions: 5", "interactions: expected a list, got int"),
        ("interactions:\n  a: 1", "interactions: expected a list, got one with a"),
        ("interactions:\n- 5", "interactions[0]: expected a mapping, got int"),
        ('{"interactions": [', "expected JSON, since it begins with a brace, got an error: EOF"),
        ("{a: 1}", "expected JSON, since it begins with a brace, got an error: key must be a string"),
        (b"a: caf\xe9", "expected UTF-8, got the byte 0xe9 at 6"),
        ("a: 1".encode("utf-16"), "expected UTF-8, got the byte 0xff at 0"),
        ("interactions:\n- !!python/name:os.system ''", "line 2, column 3: the tag "),
    ],
)
def test_a_file_that_is_no_cassette_is_refused_with_advice(text: str | bytes, message: str) -> None:
    assert message in refused(text)


def test_an_interaction_that_is_none_is_refused_by_its_place() -> None:
    two = TEXT + TEXT.partition("interactions:\n")[2].replace("end: closed", "end: soon")

    assert refused(two).startswith("interactions[1].response.unspool.end: expected one of")


def test_a_body_that_is_not_what_its_dialect_says_is_refused_by_its_place() -> None:
    text = TEXT.replace("body: '{\"stream\":true}'", "body: {type: binary, content: xyz}")

    assert refused(text).startswith("interactions[0].request.body.content: expected bytes as text")


@pytest.mark.parametrize("lines", range(1, TEXT.count("\n")))
def test_a_file_cut_off_after_a_line_never_looks_whole(lines: int) -> None:
    cut = "".join(TEXT.splitlines(keepends=True)[:lines])

    try:
        found = read(cut).interactions
    except CassetteFormatError:
        return

    assert found != (INTERACTION,)


def test_a_few_bytes_do_not_become_gigabytes_of_chunks() -> None:
    line = TEXT.partition("interactions:\n")[2].replace("15@128.9", "4000000*1@0")

    assert refused("interactions:\n" + line * 100) == "expected at most 10,000,000 chunks in all, got more"


def test_an_alias_bomb_around_interactions_is_refused_at_once() -> None:
    item = TEXT.partition("interactions:\n")[2].replace("- request", "- &a\n  request", 1)
    bomb = "interactions:\n" + item.replace("stream", "x" * 100_000)
    begun = time.process_time()

    assert "expected aliases to repeat at most" in refused(bomb + "- *a\n" * 1000)
    assert time.process_time() - begun < 2


def test_interactions_that_pyyaml_wrote_as_aliases_are_read() -> None:
    record = yaml.load(TEXT, yaml.CSafeLoader)["interactions"][0]
    text = yaml.dump({"interactions": [record, record]}, Dumper=yaml.CSafeDumper)

    assert "*id001" in text
    assert read(text).interactions == (INTERACTION, INTERACTION)


STREAM = (("Content-Type", "text/event-stream; charset=utf-8"),)
WHOLE_BODY = b"data: {}\n\n\ndata: [DONE]\n\n"


def change(recorded: bytes, found: bytes) -> str:
    """What is said of a body that was recorded as one thing and stands there as another."""
    timeline = Timeline(chunks=(NetworkChunk(len(recorded), 0.0),))
    return explain_change(Response(200, "", STREAM, found, timeline)) or ""


@pytest.mark.parametrize(
    ("recorded", "found", "cause"),
    [
        (WHOLE_BODY, WHOLE_BODY.replace(b"\n\n\n", b"\n").rstrip() + b"\n", "removed its blank lines"),
        (WHOLE_BODY, WHOLE_BODY.replace(b"\n\n\n", b"\n\n"), "collapsed its blank lines"),
        (WHOLE_BODY, WHOLE_BODY[:-1], "trimmed its end"),
        (WHOLE_BODY.replace(b"\n", b"\r\n"), WHOLE_BODY, "from CRLF to LF"),
        (WHOLE_BODY, WHOLE_BODY.replace(b"\n", b"\r\n"), "from LF to CRLF"),
        (WHOLE_BODY, WHOLE_BODY.replace(b"{}", b'{"a": 1}'), "someone has edited it"),
    ],
)
def test_the_likeliest_cause_is_named(recorded: bytes, found: bytes, cause: str) -> None:
    assert cause in change(recorded, found)
    assert f"{len(found):,} bytes, {len(recorded):,} were recorded" in change(recorded, found)


def test_a_body_of_its_recorded_size_is_fine() -> None:
    assert change(WHOLE_BODY, WHOLE_BODY) == ""


@pytest.mark.parametrize("timeline", [None, Timeline()])
def test_a_body_without_recorded_sizes_is_fine(timeline: Timeline | None) -> None:
    assert explain_change(Response(200, "", STREAM, WHOLE_BODY, timeline)) is None
