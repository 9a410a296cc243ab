"""Texts that models rightly write though they repeat themselves, and those of models that have lost their way."""
# ruff: noqa: E501, RUF001 - texts as they are

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from itertools import permutations, product
from random import Random

NAMES = [
    "Ada",
    "Grace",
    "Linus",
    "Guido",
    "Barbara",
    "Edsger",
    "Donald",
    "Margaret",
    "Alan",
    "Radia",
    "Ken",
    "Dennis",
]
CITIES = ["Berlin", "Paris", "Rome", "Oslo", "Madrid", "Vienna", "Dublin", "Athens"]


def rows(write: Callable[[int], str], count: int, start: int = 1) -> str:
    return "".join(f"{write(n)}\n" for n in range(start, start + count))


def digest(n: int) -> str:
    return hashlib.sha256(str(n).encode()).hexdigest()


def pick(options: list[str], count: int, end: str = "\n", seed: int = 7) -> str:
    choose = Random(seed)
    return "".join(choose.choice(options) + end for _ in range(count))


def _hex_dump() -> str:
    data = bytes(n * n % 251 for n in range(4_000))
    return rows(lambda n: f"{16 * n:08x}  {data[16 * n : 16 * n + 16].hex(' ')}", 240, 0)


HONEST: dict[str, str] = {
    "rows to insert": rows(lambda n: f"INSERT INTO users (id, name) VALUES ({n}, 'user{n}');", 100),
    "rows to insert with mails": rows(
        lambda n: f"INSERT INTO users VALUES ({n}, 'User {n}', 'user{n}@example.com', true);", 150
    ),
    "values of one insert": rows(lambda n: f"  ({n}, 'Product {n}', {n * 10}, 'EUR'),", 200),
    "deletes": rows(lambda n: f"DELETE FROM sessions WHERE id = {n};", 200),
    "an enum of C": rows(lambda n: f"    ERROR_{n} = {n},", 200),
    "an enum of Python": rows(lambda n: f'    CODE_{n:03d} = "code-{n:03d}"', 256),
    "an enum in hexadecimal": rows(lambda n: f"    OP_{n:02X} = 0x{n:02X},", 256, 0),
    "constants": rows(lambda n: f"#define PIN_{n} (1 << {n})", 128),
    "hosts": rows(lambda n: f"192.168.1.{n} host-{n}.example.com", 254),
    "hosts of an inventory": rows(lambda n: f"web{n:02d} ansible_host=10.0.0.{n} ansible_user=deploy", 120),
    "records of DNS": rows(lambda n: f"node{n}  IN  A  10.1.2.{n}", 250),
    "JSON rows": rows(lambda n: f'{{"id": {n}, "name": "Item {n}", "active": true}}', 200),
    "a JSON array": json.dumps(
        [{"id": n, "label": f"Label {n}", "done": False} for n in range(150)], indent=1
    ),
    "JSON lines with hashes": rows(lambda n: json.dumps({"id": n, "sha": digest(n)[:12]}), 300),
    "a YAML list": rows(lambda n: f"- id: {n}\n  name: service-{n}\n  port: {8000 + n}", 120),
    "an INI file": rows(lambda n: f"[server{n}]\nhost = 10.0.0.{n}\nport = {9000 + n}\n", 100),
    "environment": rows(lambda n: f"export WORKER_{n}_URL=http://worker-{n}:8080", 120),
    "CSV": rows(lambda n: f"{n},Customer {n},{CITIES[n % 8]},open,EUR", 300),
    "CSV of constants": rows(lambda n: f"{n},0,0,0,0,0", 400),
    "TSV": rows(lambda n: f"{n}\tname {n}\t{n * n % 97}\tok", 300),
    "a table": rows(lambda n: f"| {n} | Item {n} | {n * 3} EUR | in stock |", 150),
    "a table of truth": "".join("| " + " | ".join(r) + " |\n" for r in product(["true", "false"], repeat=6)),
    "a table of few values": "| name | state |\n| --- | --- |\n" + pick(["| a | yes |", "| b | no |"], 400),
    "a table of words": pick(
        ["| the test | passed without errors |", "| the test | failed on Windows |"], 300
    ),
    "a form": "| Name | Date | Signature |\n" + "|      |      |      |\n" * 100,
    "a table of HTML": rows(lambda n: f"<tr><td>{n}</td><td>Name {n}</td><td>open</td></tr>", 200),
    "options of HTML": rows(lambda n: f'<option value="{n}">{n}</option>', 200),
    "years": rows(lambda n: f'<option value="{n}">{n}</option>', 125, 1900),
    "cards": '<div class="card"><h2>Title</h2><p>Lorem ipsum dolor sit amet.</p></div>\n' * 30,
    "rules of CSS": rows(lambda n: f".mt-{n} {{ margin-top: {n}px; }}", 200, 0),
    "a log": rows(lambda n: f"2024-05-01 12:{n // 60 % 60:02d}:{n % 60:02d} INFO worker heartbeat ok", 300),
    "a log of requests": rows(
        lambda n: (
            f'10.0.0.{n * n % 251} - - [01/May/2024:12:00:{n % 60:02d}] "GET / HTTP/1.1" 200 {n * 7 % 983}'
        ),
        300,
    ),
    "a log of a few messages": pick(
        ["[INFO] connection opened by the client", "[INFO] connection closed by the client"], 300
    ),
    "a log with ids": rows(
        lambda n: f"12:00:{n % 60:02d} DEBUG job {digest(n)[:8]} done in {n % 17} ms", 400
    ),
    "results of tests": rows(lambda n: f"tests/test_{NAMES[n % 12].lower()}.py::test_{n} PASSED", 200),
    "results of tests without names": pick(["PASSED", "FAILED", "SKIPPED"], 2_000),
    "a hex dump": _hex_dump(),
    "a hex dump of zeros": rows(lambda n: f"{16 * n:08x}: 0000 0000 0000 0000 0000 0000 0000 0000", 160, 0),
    "hashes": rows(lambda n: f"{digest(n)}  file-{n}.bin", 200),
    "UUIDs": rows(
        lambda n: f"{digest(n)[:8]}-{digest(n)[8:12]}-4{digest(n)[12:15]}-8000-{digest(n)[:12]}", 200
    ),
    "commits": rows(lambda n: f"{digest(n)[:7]} Fix the parser for case {n}", 120),
    "base64": pick(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123456789+/"), 8_000, ""),
    "a matrix of zeros": ("0 " * 28 + "\n") * 28,
    "an identity matrix": rows(lambda n: " ".join("1" if n == m else "0" for m in range(1, 41)), 40),
    "a picture": ("##########......##########\n" * 6 + "....######......######....\n" * 6) * 6,
    "a board": ("r n b q k b n r\n" + ". . . . . . . .\n" * 6 + "R N B Q K B N R\n\n") * 14,
    "a bar chart": rows(lambda n: f"{n:3d} {'#' * (n * n % 61)}", 150),
    "a numbered list": rows(lambda n: f"{n}. Item {n}", 200),
    "a list of tasks": rows(lambda n: f"- [ ] Task {n}: write the report for day {n}", 150),
    "a list of questions": rows(lambda n: f"Question {n}: what do you think of picture {n}?", 130),
    "a list of permutations": "".join(
        " ".join(p) + "\n" for p in permutations(["north", "south", "east", "west", "up"])
    ),
    "a table of multiplication": "".join(
        f"{a} x {b} = {a * b}\n" for a in range(1, 21) for b in range(1, 21)
    ),
    "squares": rows(lambda n: f"The square of {n} is {n * n}.", 250),
    "even numbers": rows(lambda n: f"{2 * n} is an even number.", 250),
    "numbers": ", ".join(map(str, range(1, 2_000))),
    "a countdown": rows(lambda n: f"{151 - n} seconds left on the clock", 150),
    "bottles of beer": "".join(
        f"{n} bottles of beer on the wall, {n} bottles of beer.\n"
        f"Take one down and pass it around, {n - 1} bottles of beer on the wall.\n\n"
        for n in range(99, 0, -1)
    ),
    "lyrics": "".join(
        f"{NAMES[n % 12]} went down to {CITIES[n * 5 % 8]} on the {n}th of May\n"
        + "And we all sing along, and the river runs on\n" * 2
        for n in range(60)
    ),
    "a litany": rows(lambda n: f"Saint {NAMES[n % 12]} of {CITIES[n * n % 8]}, pray for us.", 90),
    "a chorus": "We will be singing this song till the morning comes\n" * 14,
    "code": rows(lambda n: f"    if value == {n}:\n        return handler_{n}(value)", 120),
    "a switch": rows(lambda n: f"        case {n}: return kName{n};", 200),
    "tests in code": rows(lambda n: f"def test_case_{n}():\n    assert solve({n}) == {n * n % 89}\n", 120),
    "imports": rows(lambda n: f"from package.module{n} import Class{n}", 150),
    "assembly": pick(["    mov eax, ebx", "    add eax, 1", "    xor ecx, ecx", "    call next"], 600),
    "nested brackets": "[" * 500 + "]" * 500,
    "closing tags": "</div>\n" * 300,
    "a URL list": rows(lambda n: f"https://example.com/articles?page={n}", 200),
    "subtitles": rows(
        lambda n: (
            f"{n}\n00:{n // 20:02d}:{n * 3 % 60:02d},000 --> 00:{n // 20:02d}:{n * 3 % 60 + 2:02d},000\n"
            f"{NAMES[n % 12]} looks at {CITIES[n * n % 8]} for the {n}th time.\n"
        ),
        90,
    ),
    "notes": pick(["C4 q", "D4 q", "E4 h", "F4 e", "G4 e"], 1_500, " "),
    "DNA": pick(list("ACGT"), 6_000, ""),
    "moves": pick(["left", "right", "up", "down"], 2_500, ", "),
    "answers of a survey": pick(["yes", "no", "don't know"], 2_000),
    "Chinese rows": rows(lambda n: f"第{n}行：产品{n}，价格{n * 10}元", 200),
}
"""By what they are."""

WAIT = [
    "Wait, let me check the file once more before I answer.",
    "Actually, I should read the error message again first.",
    "Hmm, that does not look right to me at all.",
    "Let me think about this from the beginning again.",
    "I need to look at the logs before going on.",
]

LOST: dict[str, str] = {
    "a phrase": "I cannot do that. " * 400,
    "a paragraph": ("Let me see what the file says. " * 3 + "It says nothing of use, so I look again.\n")
    * 80,
    "a few sentences in changing order": pick(WAIT, 600, " "),
    "a few lines in changing order": pick(WAIT, 600),
    "two sentences in changing order": pick(WAIT[:2], 600, " "),
    "a few sentences and short ones": pick([*WAIT, "Okay.", "Hmm.", "Right."], 900, " "),
    "a few sentences in Chinese": pick(
        ["让我再检查一下这个文件的内容。", "等一下，我应该先看看错误信息。", "这看起来完全不对，我再想想。"],
        1_500,
        "",
    ),
    "steps": rows(lambda n: f"Step {n}: retry", 2_000),
    "attempts": "".join(f"Attempt {n} failed, so I try again. " for n in range(900)),
    "seconds": "".join(f"00:{n // 60:02d}:{n % 60:02d} still waiting\n" for n in range(2_400)),
    "a counter in hexadecimal": rows(lambda n: f"Reading block 0x{n:x} again", 900),
    "a counter in bare hexadecimal": rows(lambda n: f"Reading block {n:04x} again", 900),
    "random ids": rows(lambda n: f"Request {digest(n)[:8]} failed, so I send it once more.", 700),
    "random UUIDs": rows(
        lambda n: (
            f"I send {digest(n)[:8]}-{digest(n)[8:12]}-4{digest(n)[12:15]}-8000-{digest(n)[:12]} once more now."
        ),
        700,
    ),
    "rows without an end": rows(lambda n: f'{{"id": {n}, "status": "retry"}}', 2_000),
    "inserts without an end": rows(lambda n: f"INSERT INTO t (id) VALUES ({n});", 2_000),
    "white space": " \n" * 4_000,
    "rows of nothing": "| N/A | N/A | N/A |\n" * 400,
}
"""By what they are. Each goes on until it's found."""
