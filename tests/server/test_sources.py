"""What a server answers with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.server.conftest import TEXT, body_of

import unspool
from unspool.cassette.model import Interaction, Request, Response
from unspool.errors import CassetteNotFoundError, UnrecordedRequestError
from unspool.faults.parts import Head, Piece
from unspool.server.sources import Recordings, parts_to_send

ASKED = Request("POST", "http://127.0.0.1:4010/v1/chat/completions", (), body_of())


def test_a_recording_of_another_host_answers() -> None:
    answer = Recordings([TEXT]).answer(ASKED)

    assert answer.answered_by == "text.yaml[0]"
    assert answer.interaction.response.status == 200


def test_a_folder_s_cassettes_answer_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    shutil.copy(TEXT, tmp_path / "deep" / "one.yaml")
    shutil.copy(TEXT, tmp_path / "deep" / "one.failed.yaml")

    source = Recordings([tmp_path], repeats=False)

    assert source.answer(ASKED).answered_by == "one.yaml[0]"
    with pytest.raises(UnrecordedRequestError):
        source.answer(ASKED)


def test_the_last_recording_answers_again_and_again() -> None:
    source = Recordings([TEXT])

    assert len({source.answer(ASKED).answered_by for _ in range(3)}) == 1


def test_what_was_given_back_answers_once_more() -> None:
    source = Recordings([TEXT], repeats=False)
    source.answer(ASKED).give_back()

    assert source.answer(ASKED).answered_by == "text.yaml[0]"


def test_what_isn_t_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CassetteNotFoundError, match="expected a cassette, or a folder of them"):
        Recordings([tmp_path / "none.yaml"])
    with pytest.raises(CassetteNotFoundError, match="holds no cassette"):
        Recordings([tmp_path])


def test_a_change_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    shutil.copy(TEXT, path)
    source = Recordings([tmp_path])
    assert not source.has_changed()

    os.utime(path, (1, 1))
    assert source.has_changed()
    source.reset()
    assert not source.has_changed()

    shutil.copy(Path(unspool.sample_path("openai/loop")), tmp_path / "two.yaml")
    assert source.has_changed()


def packed(accepted: str) -> tuple[Head, bytes]:
    import gzip

    headers = (("content-type", "text/event-stream"), ("content-encoding", "gzip"))
    response = Response(200, "OK", headers, gzip.compress(b"data: [DONE]\n\n"))
    request = Request("POST", "http://a/", (("accept-encoding", accepted),))
    parts = list(parts_to_send(Interaction(request, response), request))
    (head,) = [part for part in parts if isinstance(part, Head)]
    return head, b"".join(part.data for part in parts if isinstance(part, Piece))


def test_a_compressed_body_stays_so_for_a_client_that_accepts_it() -> None:
    head, body = packed("gzip, br")

    assert ("content-encoding", "gzip") in head.headers
    assert body.startswith(b"\x1f\x8b")


def test_a_compressed_body_is_decoded_for_one_that_doesn_t() -> None:
    head, body = packed("identity")

    assert head.headers == (("content-type", "text/event-stream"),)
    assert body == b"data: [DONE]\n\n"
