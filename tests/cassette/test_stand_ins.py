"""What stands in the place of a secret: as long, and of a kind that the application can go on with."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.cassette.stand_ins import Alphabet, cookies, is_stand_in, padded, same_length


def part(claims: object) -> bytes:
    return urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")


TOKEN = b".".join([part({"alg": "HS256"}), part({"sub": "alice@example.com", "exp": 5}), b"c2lnbmF0dXJl"])


@given(st.binary(min_size=1, max_size=60), st.sampled_from(Alphabet))
def test_it_is_as_long_as_the_secret(secret: bytes, alphabet: Alphabet) -> None:
    assert len(same_length(secret, alphabet)) == len(secret)


def test_a_prefix_may_stay() -> None:
    assert same_length(b"sk-1234567890", keep=3) == b"sk-REDACTED**"


def test_a_number_stays_a_number() -> None:
    assert json.loads(same_length(b"123456", Alphabet.NUMBER)) == 999999


def test_hexadecimal_digits_stay_some() -> None:
    assert bytes.fromhex(same_length(b"c0ffee", Alphabet.HEX).decode()) == b"\0\0\0"


def test_base64_stays_base64() -> None:
    assert len(b64decode(same_length(b64encode(b"a secret of length"), Alphabet.BASE64))) == 18


def test_a_token_keeps_its_header_and_its_times_alone() -> None:
    header, claims, signature = same_length(TOKEN).split(b".")
    assert header == TOKEN.split(b".")[0]
    assert json.loads(b64decode(claims + b"==", b"-_")) == {"exp": 5, "sub": "REDACTED"}
    assert signature == b"REDACTED____"


@pytest.mark.parametrize("secret", [TOKEN, b"sesame", b"sk-" + b"a1" * 20])
def test_it_is_known_as_one(secret: bytes) -> None:
    assert not is_stand_in(secret)
    assert is_stand_in(same_length(secret))


def test_one_of_few_bytes_is_the_beginning_of_the_word() -> None:
    assert padded(3) == b"RED"


def test_a_cookie_keeps_its_names_and_attributes() -> None:
    assert cookies("id=7; Path=/; Secure") == "id=REDACTED; Path=/; Secure"


def test_a_cookie_that_is_none_keeps_nothing() -> None:
    assert cookies("whatever") == "REDACTED"
