"""Files damaged at random, for tests that they are read or refused in words."""

from __future__ import annotations

import random

BITS = (b"", b",", b'"', b"\n", b"\r", b"\x00", b"\xff", b"1e999", b"nan", b"-1", b"\xef\xbb\xbf",
        b"../../x", "é\u2028".encode(), b"9" * 400, b"x" * 140_000, b"'", b"=1+1")  # fmt: skip


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one to four places cut, changed, doubled or filled in."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        start = rng.randrange(len(data) + 1)
        end = min(len(data), start + rng.choice((1, 1, 2, 8, 40)))
        kind = rng.choice(("cut", "flip", "fill", "double", "end"))
        if kind == "cut":
            data = data[:start] + data[end:]
        elif kind == "flip":
            data = data[:start] + rng.randbytes(end - start) + data[end:]
        elif kind == "fill":
            data = data[:start] + rng.choice(BITS) + data[end:]
        elif kind == "double":
            data = data[:end] + data[start:]
        else:
            data = data[:start]
    return data
