"""Numbers as a reader wants them: true minus signs, percent, powers of a thousand, no NaN."""

from __future__ import annotations

from collections.abc import Sequence

NOTHING = "–"
_MINUS = "\u2212"
_THIN = "\u202f"  # narrow no-break space


def decimal(value: float | None, digits: int = 2, signed: bool = False) -> str:
    """Return ``0.47``; a dash for None; a zero never carries a sign."""
    if value is None:
        return NOTHING
    if round(value, digits) == 0:
        value = 0.0
    sign = "+" if signed and value > 0 else ""
    return sign + f"{value:.{digits}f}".replace("-", _MINUS)


def percent(value: float | None, digits: int = 1, signed: bool = True) -> str:
    """Return a fraction as ``+3.1 %``."""
    return NOTHING if value is None else decimal(100 * value, digits, signed) + _THIN + "%"


def points(value: float | None, digits: int = 1, signed: bool = True) -> str:
    """Return a fraction in percent without the sign of percent, for cells of a table."""
    return NOTHING if value is None else decimal(100 * value, digits, signed)


def probability(value: float | None) -> str:
    """Return a p value with two significant digits, ``< 0.001`` below that."""
    if value is None:
        return NOTHING
    if value < 0.001:
        return f"<{_THIN}0.001"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def equation(value: float) -> str:
    """Return ``= 0.012`` or ``< 0.001``, to follow the letter p."""
    text = probability(value)
    return text if text.startswith("<") else f"=\u00a0{text}"


def large(value: float | None) -> str:
    """Return a count with a decimal prefix: ``2.28 G``."""
    if value is None:
        return NOTHING
    for size, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{_THIN}{prefix}"
    return f"{value:.3g}"


def duration(seconds: float | None) -> str:
    """Return ``42 s``, ``3 min 05 s`` or ``2 h 10 min``."""
    if seconds is None:
        return NOTHING
    if seconds < 60:
        return f"{seconds:.3g}{_THIN}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}{_THIN}min {rest:02d}{_THIN}s"
    return f"{minutes // 60}{_THIN}h {minutes % 60:02d}{_THIN}min"


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """Return ``[0.12, 0.71]``, or a dash where an end is missing."""
    if low is None or high is None:
        return NOTHING
    return f"[{decimal(low, digits)}, {decimal(high, digits)}]"


def listing(words: Sequence[str], most: int = 8) -> str:
    """Return ``a, b and c``; beyond ``most`` words the rest is counted."""
    if len(words) > most:
        return ", ".join(words[:most]) + f" and {len(words) - most} more"
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 seed``, ``3 seeds``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
