"""Names from a store made safe for LaTeX (HTML is escaped by the templates themselves)."""

from __future__ import annotations

import re
import unicodedata

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_\allowbreak{}",  # names may be long
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": "{-}",
    "\u2212": r"\ensuremath{-}",
    "\u2013": "--",
    "\u2014": "---",
    "\u2026": r"\dots{}",
    "\u00d7": r"\ensuremath{\times}",
    "\u00b1": r"\ensuremath{\pm}",
    "\u00b7": r"\ensuremath{\cdot}",
    "\u2264": r"\ensuremath{\leq}",
    "\u2265": r"\ensuremath{\geq}",
    "\u2190": r"\ensuremath{\leftarrow}",
    "\u2192": r"\ensuremath{\rightarrow}",
    "\u221a": r"\ensuremath{\surd}",
    "\u221e": r"\ensuremath{\infty}",
    "\u00b0": r"\ensuremath{^\circ}",
    "\u00b5": r"\ensuremath{\mu}",
    "\u202f": r"\,",
    "\u00a0": "~",
    "\u2019": "'",
    "\u2018": "`",
}
# Greek capitals that look Latin have no command of their own.
_LATIN_CAPITALS = {
    "Alpha": "A",
    "Beta": "B",
    "Epsilon": "E",
    "Zeta": "Z",
    "Eta": "H",
    "Iota": "I",
    "Kappa": "K",
    "Mu": "M",
    "Nu": "N",
    "Omicron": "O",
    "Rho": "P",
    "Tau": "T",
    "Chi": "X",
}
_GREEK = re.compile(r"GREEK (SMALL|CAPITAL) LETTER (FINAL SIGMA|\w+)$")


def latex(text: object) -> str:
    """Return ``text`` so that LaTeX prints it literally; a character it cannot print becomes ?."""
    return "".join(_character(one) for one in unicodedata.normalize("NFC", str(text)))


def folder_name(study: str) -> str:
    """Return a study's name as one path component that stays inside its parent."""
    kept = re.sub(r"[^\w.,=+@ -]", "_", study).strip()
    return kept if kept.strip(". ") else "study"


def command_name(*parts: str) -> str:
    """Return the parts as the letters of a LaTeX command: ``h_score`` becomes ``HScore``."""
    words = [word for part in parts for word in re.split(r"[^A-Za-z0-9]+", part) if word]
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return re.sub(r"\d", lambda digit: _DIGITS[int(digit.group())], joined)


_DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def _character(one: str) -> str:
    if one in _SPECIAL:
        return _SPECIAL[one]
    if one.isspace():
        return " "
    if one.isascii():
        return one if one.isprintable() else ""
    greek = _GREEK.match(unicodedata.name(one, ""))
    if greek:
        return _greek(greek.group(1), greek.group(2))
    return one if one in _PRINTABLE else _plain(one)


def _greek(case: str, name: str) -> str:
    name = {"LAMDA": "LAMBDA", "FINAL SIGMA": "VARSIGMA"}.get(name, name)
    if case == "CAPITAL":
        title = name.capitalize()
        return _LATIN_CAPITALS.get(title, rf"\ensuremath{{\{title}}}")
    return "o" if name == "OMICRON" else rf"\ensuremath{{\{name.lower()}}}"


def _plain(one: str) -> str:
    """Return the base letter of an accented one, or a question mark."""
    base = unicodedata.normalize("NFKD", one)[0]
    return _character(base) if base != one else "?"


_PRINTABLE = frozenset(
    chr(code) for code in range(0xC0, 0x180) if code not in (0xD7, 0xF7, 0x13F, 0x140, 0x149)
) - set("ĦħĸŦŧ")  # not in the T1 encoding
