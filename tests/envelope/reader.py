"""A reader of the envelope PC1, written from docs/envelope.md.

As a command it opens one value. The request is JSON on standard input, in the shape of a vector:

    {"kind": "message", "key": "<hex>", "secret": "<hex>", "context": {...}, "sealed": "<hex>"}

and the plaintext goes to standard output. Keys are read from there and not from arguments, which other users can see.
"""

import hmac
import json
import struct
import sys
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = 1
SUITE_MESSAGE = 1
SUITE_FIELD = 2


class Unreadable(Exception):
    """Not a value of this key and this place."""


class UnknownVersion(Exception):
    """The first byte names a version other than 1."""


@dataclass(frozen=True)
class MessageContext:
    """Where a message lives (as asked for), and what its item says."""

    practice: str
    conversation: str
    seq: int
    message: str
    sender: str
    kind: str
    created_at_ms: int

    def aad(self) -> bytes:
        return _lp(
            b"PC1/message",
            bytes([VERSION, SUITE_MESSAGE]),
            self.practice.encode(),
            self.conversation.encode(),
            struct.pack(">Q", self.seq),
            self.message.encode(),
            self.sender.encode(),
            self.kind.encode(),
            struct.pack(">q", self.created_at_ms),
        )


@dataclass(frozen=True)
class FieldContext:
    """Where a field lives, as asked for."""

    practice: str
    pk: str
    sk: str
    field: str

    def aad(self) -> bytes:
        return _lp(
            b"PC1/field",
            bytes([VERSION, SUITE_FIELD]),
            self.practice.encode(),
            self.pk.encode(),
            self.sk.encode(),
            self.field.encode(),
        )


@dataclass(frozen=True)
class Derived:
    key: bytes
    commitment: bytes
    nonce_key: bytes


def derive(key: bytes, second: bytes, aad: bytes) -> Derived:
    """Section "Derivation"."""
    if len(key) != 32 or len(second) != 32:
        raise Unreadable
    info = b"PC1" + sha256(aad).digest()
    okm = HKDF(SHA512(), 96, salt=b"PC1/hkdf-salt", info=info).derive(key + second)
    return Derived(okm[0:32], okm[32:64], okm[64:96])


def open_message(content_key: bytes, secret: bytes, context: MessageContext, sealed: bytes) -> bytes:
    """The plaintext of a message. Raises Unreadable or UnknownVersion."""
    body = _without_header(sealed, SUITE_MESSAGE)
    return _open(content_key, secret, context.aad(), body)


def open_field(key: bytes, context: FieldContext, sealed: bytes) -> bytes:
    """The plaintext of a field. Raises Unreadable or UnknownVersion."""
    body = _without_header(sealed, SUITE_FIELD)
    return _open(key, body[0:32], context.aad(), body[32:])


def open_vector(vector: dict) -> bytes:
    """Opens a vector, or anything of its shape."""
    key, sealed = bytes.fromhex(vector["key"]), bytes.fromhex(vector["sealed"])
    if vector["kind"] == "field":
        return open_field(key, context_of(vector), sealed)
    return open_message(key, bytes.fromhex(vector["secret"]), context_of(vector), sealed)


def context_of(vector: dict) -> MessageContext | FieldContext:
    context = vector["context"]
    if vector["kind"] == "field":
        return FieldContext(**context)
    numbers = {name: int(context[name]) for name in ("seq", "created_at_ms")}
    return MessageContext(**{**context, **numbers})


def _without_header(sealed: bytes, suite: int) -> bytes:
    if not sealed:
        raise Unreadable
    if sealed[0] != VERSION:
        raise UnknownVersion(sealed[0])
    if len(sealed) < 2 or sealed[1] != suite:
        raise Unreadable
    return sealed[2:]


def _open(key: bytes, second: bytes, aad: bytes, body: bytes) -> bytes:
    if len(second) != 32 or len(body) < 32 + 12 + 16:
        raise Unreadable
    commitment, nonce, ciphertext = body[0:32], body[32:44], body[44:]
    derived = derive(key, second, aad)
    if not hmac.compare_digest(derived.commitment, commitment):
        raise Unreadable
    try:
        plaintext = AESGCM(derived.key).decrypt(nonce, ciphertext, aad)
    except InvalidTag:
        raise Unreadable from None
    if not hmac.compare_digest(hmac.digest(derived.nonce_key, plaintext, "sha256")[0:12], nonce):
        raise Unreadable
    return plaintext


def _lp(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">Q", len(part)) + part for part in parts)


def main() -> int:
    try:
        request = json.load(sys.stdin)
        plaintext = open_vector(request)
    except (ValueError, KeyError, TypeError, AttributeError, struct.error):
        print("the request is not of the shape that the head of this file describes", file=sys.stderr)
        return 2
    except Unreadable:
        print("unreadable", file=sys.stderr)
        return 1
    except UnknownVersion as error:
        print(f"unknown version {error}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(plaintext)
    return 0


if __name__ == "__main__":
    sys.exit(main())
