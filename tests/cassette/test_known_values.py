from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from tests.loopback import Answer, serve

import unspool
from unspool.cassette.known_values import KnownValues, counts, environment_values, sent_values
from unspool.cassette.model import Headers, Interaction, Request, Response
from unspool.cassette.redact import Redactor
from unspool.cassette.secret_names import SecretNames
from unspool.cassette.secrets import FIELDS, PARAMETERS

VALUE = "q8Zt2LmX0c/Vb7+Ns4Rk1=Yp"
URL = "https://api.example.com/v1"
JSON: Headers = (("content-type", "application/json"),)
NAMES = SecretNames(FIELDS, PARAMETERS)


def knowing(*values: str) -> Redactor:
    known = KnownValues()
    known.add(values)
    return Redactor().knowing(known)


NUMBERED = "".join(c if c.isalnum() else f"&#{ord(c)};" for c in VALUE)

FORMS = {
    "raw": VALUE,
    "in a URL": quote(VALUE, safe=""),
    "in a path": quote(VALUE),
    "in JSON": json.dumps(VALUE)[1:-1].replace("/", "\\/"),
    "base64": b64encode(VALUE.encode()).decode(),
    "base64 behind one byte": b64encode(b"x" + VALUE.encode() + b"yz").decode(),
    "base64 behind two bytes": b64encode(b"xy" + VALUE.encode() + b"z").decode(),
    "base64 for URLs": urlsafe_b64encode(b"u:" + VALUE.encode()).decode(),
    "hex": VALUE.encode().hex(),
    "hex in capitals": VALUE.encode().hex().upper(),
    "in a URL, every byte": "".join(f"%{ord(c):02X}" for c in VALUE),
    "in a URL in a URL": quote(quote(VALUE)),
    "in a URL, as JavaScript leaves it": quote(VALUE, safe=";,/?:@&=+$!*'()#"),
    "in a page, by numbers": NUMBERED,
    "in a page, by other numbers": "".join(c if c.isalnum() else f"&#x{ord(c):X};" for c in VALUE),
    "in JSON, as .NET writes it": VALUE.replace("+", "\\u002B"),
    "base64 in a URL": quote(b64encode(VALUE.encode() + b"?>").decode(), safe=""),
    "base64 in JSON": b64encode(b"??" + VALUE.encode()).decode().replace("/", "\\/"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_known_value_is_found_in_any_form(form: str) -> None:
    body = json.dumps({"error": f"Invalid: {FORMS[form]}!"}).encode()

    got = knowing(VALUE).response(Response(200, body=body)).body

    assert len(got) == len(body)
    assert json.loads(got)["error"].startswith("Invalid: ")
    assert all(FORMS[form][at : at + 12].encode() not in got for at in range(len(FORMS[form]) - 12))


@pytest.mark.parametrize("form", FORMS)
def test_a_known_value_is_found_over_deltas(form: str) -> None:
    text = FORMS[form]
    body = b"".join(
        b"data: %b\n\n" % json.dumps({"choices": [{"index": 0, "delta": {"content": part}}]}).encode()
        for part in (text[:7], text[7:11], text[11:])
    )

    got = knowing(VALUE).response(Response(200, body=body)).body

    assert text[:7].encode() not in got
    assert text[-11:].encode() not in got


@pytest.mark.parametrize(
    "value",
    [
        "short1234",
        "nodigitshereatall",
        "12345678901234567890",
        "https://api.example.com/v1",
        "/home/user/project1/keys",
        "gpt-4o-mini-2024-07-18",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "sk-no-key-required",
        "test-key-1234567890",
        "your-api-key-goes-here-1",
        "REDACTED",
    ],
)
def test_what_is_no_credential_is_not_looked_for(value: str) -> None:
    assert not counts(value)


@pytest.mark.parametrize("value", ["a1b2c3d4e5f6g7h8", "deepseek-0a1b2c3d4e5f6a7b8c9d", VALUE])
def test_what_may_be_a_credential_is_looked_for(value: str) -> None:
    assert counts(value)


def sent(headers: Headers = (), uri: str = "https://api.example.com/v1") -> set[str]:
    return set(sent_values(Request("GET", uri, headers), NAMES))


def test_credentials_are_taken_from_headers_query_and_userinfo() -> None:
    basic = b64encode(b"someone-42:hunter2hunter2hunter2").decode()

    assert VALUE in sent((("Authorization", f"Bearer {VALUE}"),))
    assert VALUE in sent((("x-api-key", VALUE),))
    assert VALUE in sent((("X-Acme-Token", VALUE),))
    assert "hunter2hunter2hunter2" in sent((("authorization", f"Basic {basic}"),))
    assert VALUE in sent((("cookie", f"a=b; sid={VALUE}"),))
    assert VALUE in sent(uri=f"https://api.example.com/v1?api_key={quote(VALUE, safe='')}&alt=sse")
    assert VALUE in sent(uri=f"https://me:{quote(VALUE, safe='')}@api.example.com/")
    assert sent((("user-agent", VALUE),), f"https://api.example.com/{quote(VALUE)}?q={quote(VALUE)}") == set()


@pytest.mark.parametrize(
    "value",
    [
        "DeepL-Auth-Key {}:fx",
        "Key 1a2b3c4d:{}",
        "KakaoAK {}",
        'Snowflake Token="{}"',
        "GoogleLogin auth={}",
        "bearer,{}",
        "Bearer {},Bearer another-one-1234567",
        'Token token="{}", email=me@example.com',
        "{}",
    ],
)
def test_every_scheme_s_credential_counts(value: str) -> None:
    key = "q8Zt2LmX0cVb7Ns4Rk1YpWd6Jh3Gf5Aq"
    assert key in sent((("authorization", value.format(key)),))


@pytest.mark.parametrize(
    "name",
    [
        *("x-auth", "x-custom-auth", "helicone-auth", "authentication", "x-portkey-virtual-key", "modal-key"),
        *("cf-access-client-secret", "x-authorization", "x-upstream-token", "x-user-key", "x-auth-key"),
    ],
)
def test_headers_of_gateways_count(name: str) -> None:
    assert sent(((name, VALUE),)) == {VALUE}


@pytest.mark.parametrize(
    "name", ["idempotency-key", "x-cache-key", "sec-websocket-key", "x-author", "x-request-id", "user-agent"]
)
def test_other_headers_do_not(name: str) -> None:
    assert sent(((name, VALUE),)) == set()


def test_a_url_in_a_parameter_has_parameters_of_its_own() -> None:
    back = quote(f"https://app.example.com/?token={VALUE.replace('+', 'x')}", safe="")
    assert sent(uri=f"https://api.example.com/v1?return_to={back}") == {VALUE.replace("+", "x")}


def test_variables_are_known_by_their_name() -> None:
    environment = {
        "MISTRAL_API_KEY": "a1b2c3d4e5f6g7h8",
        "GH_TOKEN": "b1b2c3d4e5f6g7h8",
        "DB_PASSWORD": "c1b2c3d4e5f6g7h8",
        "DATABASE_URL": "postgres://app:d1b2c3d4e5f6g7h8@db/x",
        "SOME_SECRET": "e1b2c3d4e5f6g7h8,f1b2c3d4e5f6g7h8",
        "PATH": "g1b2c3d4e5f6g7h8",
        "OPENAI_API_KEY": "ollama",
        "TOKENIZERS_PARALLELISM": "h1b2c3d4e5f6g7h8",
    }

    assert {one[0] for one in environment_values(environment) if "," not in one} == set("abcdef")


# --- in a cassette


def ask(url: str, key: str, prompt: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"}
    return httpx.post(f"{url}/v1", headers=headers, json={"prompt": prompt})


def refusal(text: str) -> dict[str, Answer]:
    return {"/v1": Answer.json({"error": text}, 401, {"x-request-id": text[-24:]})}


def test_the_key_that_was_sent_is_nowhere_in_the_cassette(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"

    with (
        serve(refusal(f"Invalid API key: {VALUE}")) as server,
        unspool.use_cassette(path, record_mode="once"),
    ):
        ask(server.url, VALUE, f"My key is {VALUE}")

    assert VALUE not in path.read_text()
    assert "Invalid API key: REDACTED" in path.read_text()


@pytest.mark.parametrize("then", ["set", "unset"])
@pytest.mark.parametrize("first", ["set", "unset"])
def test_matching_does_not_depend_on_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, then: str
) -> None:
    path, prompt = tmp_path / "a.yaml", f"Use {VALUE} for it."

    def environment(state: str) -> None:
        monkeypatch.delenv("ACME_API_KEY", raising=False)
        if state == "set":
            monkeypatch.setenv("ACME_API_KEY", VALUE)

    environment(first)
    with serve(refusal("no")) as server, unspool.use_cassette(path, record_mode="once"):
        ask(server.url, "other", prompt)
    assert (VALUE in path.read_text()) == (first == "unset")

    environment(then)
    with unspool.use_cassette(path, record_mode="none", allow_playback_repeats=True):
        assert ask(server.url, "other", prompt).status_code == 401
        assert ask(server.url, "other", prompt).status_code == 401


def test_a_miss_tells_no_credential(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve(refusal("no")) as server, unspool.use_cassette(path, record_mode="once"):
        ask(server.url, VALUE, "One thing")

    with (
        pytest.raises(unspool.UnrecordedRequestError) as raised,
        unspool.use_cassette(path, record_mode="none"),
    ):
        ask(server.url, VALUE, f"Another thing with {VALUE}")

    assert "Another thing" in str(raised.value)
    assert VALUE not in str(raised.value)


@pytest.mark.parametrize("before", range(0, 70, 3))
def test_a_miss_tells_no_part_of_a_credential(tmp_path: Path, before: int) -> None:
    path = tmp_path / "a.yaml"
    old = Interaction(Request("POST", URL, JSON, json.dumps({"prompt": "x" * 90}).encode()), Response(200))
    unspool.Cassette.of([old]).save(path)
    prompt = {"prompt": "x" * before + f"{VALUE} " + "x" * 90}
    with (
        pytest.raises(unspool.UnrecordedRequestError) as raised,
        unspool.use_cassette(path, record_mode="none"),
    ):
        httpx.post(URL, json=prompt, headers={"authorization": f"Bearer {VALUE}"})

    assert VALUE[:6] not in str(raised.value)


def test_a_miss_passes_no_control_character_on(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve(refusal("no")) as server, unspool.use_cassette(path, record_mode="once"):
        ask(server.url, VALUE, "One thing")

    with (
        pytest.raises(unspool.UnrecordedRequestError) as raised,
        unspool.use_cassette(path, record_mode="none"),
    ):
        ask(server.url, VALUE, "\x9b31m\x7f\x1b]0;title\x07")

    assert "came" in str(raised.value)
    assert set(str(raised.value)) & set("\x9b\x7f\x1b\x07") == set()


def test_a_text_that_was_clean_is_searched_again_for_a_value_that_is_known_since() -> None:
    body = b'{"said": "%b"}' % VALUE.encode()
    plain, known = Redactor(), KnownValues()
    knows = plain.knowing(known)
    request = Request("POST", "https://api.example.com/", (), body)

    assert plain.request(request) is request
    assert knows.request(request) is request
    known.add([VALUE])
    assert VALUE.encode() not in knows.request(request).body
    assert plain.request(request) is request
