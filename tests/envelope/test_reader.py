"""The frozen vectors of PC1, opened by the reader in Python."""

import json
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
import reader

HERE = Path(__file__).parent
VECTORS = json.loads((HERE / "vectors.json").read_text(encoding="utf-8"))
OPENING = VECTORS["messages"] + VECTORS["fields"]
ERRORS = {"unreadable": reader.Unreadable, "unknown_version": reader.UnknownVersion}


def by_id(vector):
    return vector["id"]


def test_there_are_enough_of_them():
    assert VECTORS["format"] == "PC1"
    assert len(OPENING) >= 100
    assert len({vector["id"] for vector in OPENING + VECTORS["rejected"]}) == len(OPENING + VECTORS["rejected"])


@pytest.mark.parametrize("vector", OPENING, ids=by_id)
def test_opens(vector):
    assert reader.open_vector(vector).hex() == vector["plaintext"]


@pytest.mark.parametrize("vector", OPENING, ids=by_id)
def test_derives_what_the_vector_says(vector):
    aad = reader.context_of(vector).aad()
    second = vector["secret"] if vector["kind"] == "message" else vector["sealed"][4:68]
    derived = reader.derive(bytes.fromhex(vector["key"]), bytes.fromhex(second), aad)
    assert aad.hex() == vector["aad"]
    assert derived.key.hex() == vector["derived_key"]
    assert derived.nonce_key.hex() == vector["nonce_key"]


@pytest.mark.parametrize("vector", VECTORS["rejected"], ids=by_id)
def test_refuses(vector):
    with pytest.raises(ERRORS[vector["error"]]):
        reader.open_vector(vector)


@pytest.mark.parametrize("vector", [VECTORS["messages"][26], VECTORS["fields"][26]], ids=by_id)
def test_refuses_every_flipped_bit_and_every_other_length(vector):
    sealed = bytes.fromhex(vector["sealed"])
    flipped = (sealed[:at] + bytes([sealed[at] ^ 1 << bit]) + sealed[at + 1 :] for at in range(len(sealed)) for bit in range(8))
    cut = (sealed[:length] for length in range(len(sealed)))
    longer = (sealed + bytes(more) for more in range(1, 65))
    for tampered in [*flipped, *cut, *longer]:
        with pytest.raises((reader.Unreadable, reader.UnknownVersion)):
            reader.open_vector({**vector, "sealed": tampered.hex()})


@pytest.mark.parametrize("vector", [VECTORS["messages"][26], VECTORS["fields"][26]], ids=by_id)
def test_refuses_every_other_place(vector):
    context = reader.context_of(vector)
    key, sealed = bytes.fromhex(vector["key"]), bytes.fromhex(vector["sealed"])
    for field in fields(context):
        value = getattr(context, field.name)
        moved = replace(context, **{field.name: value + 1 if isinstance(value, int) else value + "x"})
        with pytest.raises(reader.Unreadable):
            if vector["kind"] == "field":
                reader.open_field(key, moved, sealed)
            else:
                reader.open_message(key, bytes.fromhex(vector["secret"]), moved, sealed)


def command(request: str):
    return subprocess.run([sys.executable, HERE / "reader.py"], input=request.encode(), capture_output=True, check=False)


def test_the_command_opens_a_value():
    vector = VECTORS["messages"][26]
    done = command(json.dumps(vector))
    assert (done.returncode, done.stdout.hex()) == (0, vector["plaintext"])


@pytest.mark.parametrize(
    ("request_text", "code", "message"),
    [
        (json.dumps({**VECTORS["messages"][0], "key": "00" * 32}), 1, b"unreadable\n"),
        (json.dumps({**VECTORS["messages"][0], "sealed": "02"}), 1, b"unknown version 2\n"),
        (json.dumps({**VECTORS["messages"][0], "sealed": "0"}), 2, b"the request is not"),
        (json.dumps({"kind": "message"}), 2, b"the request is not"),
        ("[]", 2, b"the request is not"),
        ("", 2, b"the request is not"),
    ],
)
def test_the_command_says_why_it_does_not(request_text, code, message):
    done = command(request_text)
    assert (done.returncode, done.stdout) == (code, b"")
    assert done.stderr.startswith(message)
