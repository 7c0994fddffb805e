"""The scanner's rule without network is written twice: in static/js/door/core.js, which runs at doors, and in
torture/device.py, which stands for it in the races. Both judge the same codes here; core.js runs in Node as it is,
with the browser's Ed25519 and with the one that is a script.
"""

import base64
import json
import random
import shutil
import subprocess
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from bookings.door import codes
from eventify.tests.debian import program
from torture.device import CONTEXT, HEAD, Device, hash_of

EVENT, OTHER = UUID(int=7, version=4), UUID(int=8, version=4)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
LUCK = random.Random(20261122)  # noqa: S311
JUDGE = """
import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
globalThis.crypto ??= webcrypto;
const { texts, list, dead, used, hasEd25519 } = JSON.parse(readFileSync(0, "utf8"));
const subtle = crypto.subtle;
const importKey = subtle.importKey.bind(subtle);
if (!hasEd25519) {
  subtle.importKey = async (form, raw, kind, ...more) => {
    if (kind === "Ed25519") throw new Error("unknown here");
    return importKey(form, raw, kind, ...more);
  };
}
const { tidy, read, decide } = await import("./door/core.js");
const said = [];
for (const text of texts) {
  const about = await read(tidy(text), list);
  const known = { isDead: dead.includes(about.hash), isUsed: used.includes(about.hash), isCancelled: false };
  said.push(decide(about, known));
}
console.log(JSON.stringify(said));
"""


def letters() -> str:
    return "".join(LUCK.choices(ALPHABET, k=26))


def signed(key: Ed25519PrivateKey, code: str, number: int = 1, event: UUID = EVENT) -> str:
    head = HEAD.pack(number, 42, event.bytes)
    return f"{code}.{base64.b32encode(head + key.sign(CONTEXT + head + code.encode())).decode()}"


class Alone(Device):
    """A device that has its event's list and no server."""

    def __init__(self, keys: dict, dead: set[str], used: set[str]):
        self.event, self.keys, self.dead, self.let_in = str(EVENT), keys, dead, used


def changed(text: str) -> str:
    """The code with one letter that is another one."""
    place = LUCK.randrange(len(text))
    return text[:place] + LUCK.choice(ALPHABET.replace(text[place], "")) + text[place + 1 :]


def spelled(text: str) -> list[str]:
    """The same code as people and scanners may give it, and what is none any more."""
    blanks = ["-", " ", "\t", "\u00a0", "\u2009", "\u3000", "\x1c", "\u0085"]
    broken = "".join(one + LUCK.choice(["", *blanks]) for one in text)
    return [text, text.lower(), broken, f"\n{text} ", text[:-1], f"{text}A", text.replace("A", "1"), f"\ufeff{text}"]


@pytest.fixture(scope="module")
def door():
    """(device, its list as JSON, texts)"""
    ours, second, foreign = (Ed25519PrivateKey.generate() for _key in range(3))
    keys = {1: ours.public_key(), 3: second.public_key()}
    good, used, dead, typed = letters(), letters(), letters(), letters()
    real = [signed(ours, good), signed(second, letters(), 3), signed(ours, used), signed(ours, dead), typed, used, dead]
    real += [signed(foreign, letters()), signed(ours, letters(), 2), signed(foreign, letters(), 1, OTHER)]
    texts = [one for code in real for one in spelled(code)] + [changed(real[0]) for _time in range(60)]
    texts += [
        "",
        " ",
        ".",
        "A" * 26 + ".",
        "A" * 500,
        " " * 390 + real[0],
        "Å" * 26,
        "ß" * 26,
        "🎫",
        "0" * 26,
        "٢" * 26,
    ]
    device = Alone(keys, {hash_of(dead)}, {hash_of(used)})
    raw = {number: base64.b64encode(key.public_bytes_raw()).decode() for number, key in keys.items()}
    listed = {"event": str(EVENT), "keys": [{"number": number, "public_key": key} for number, key in raw.items()]}
    return device, {"list": listed, "dead": [hash_of(dead)], "used": [hash_of(used)]}, texts


@pytest.fixture(scope="module")
def in_node(tmp_path_factory):
    """What core.js says: as many verdicts as texts."""
    folder, js = tmp_path_factory.mktemp("door"), settings.BASE_DIR / "static" / "js"
    for path in (js / "door" / "core.js", js / "vendor" / "noble-ed25519-3.2.0.js"):
        (folder / path.parent.name).mkdir()
        shutil.copy(path, folder / path.parent.name)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "judge.js").write_text(JUDGE)
    node = program("node", packages="nodejs")

    def judge(**about) -> list[str]:
        command = [node, folder / "judge.js"]
        done = subprocess.run(command, input=json.dumps(about), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return judge


@pytest.mark.parametrize("has_ed25519", [True, False])
def test_both_say_the_same(door, in_node, has_ed25519):
    device, about, texts = door
    ours, theirs = [device.judge(text) for text in texts], in_node(texts=texts, hasEd25519=has_ed25519, **about)
    assert [(text, a, b) for text, a, b in zip(texts, ours, theirs, strict=True) if a != b] == []
    assert set(ours) == {"admitted", "used", "cancelled", "unknown", "forged", "wrong_event"}, "each has to be there"
    assert ours.count("admitted") > 5 and ours.count("forged") > 40


def test_the_server_tidies_as_the_device(door):
    device, _about, texts = door
    assert [text for text in texts if codes.hashed(codes.letters(text)) != hash_of(text) and len(text) <= 400] == []


def test_control_another_rule_is_noticed(door, in_node, monkeypatch):
    device, about, texts = door
    monkeypatch.setattr(Device, "_why_not", lambda *_about: "")
    assert [device.judge(text) for text in texts] != in_node(texts=texts, hasEd25519=True, **about)
