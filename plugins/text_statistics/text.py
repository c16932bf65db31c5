"""Length, vocabulary and readability of a text in any language. Nothing here knows of WIT, so that plain CPython can test it.

What is counted, after the text has been composed (Unicode's form NFC) and its typographic apostrophes made plain:

- A letter is a letter, a digit, or a combining mark of a word (such as a vowel sign of Hindi).
- A word is a run of letters. An apostrophe between letters, and a point or comma between digits, belong to the word
  ("don't", "3.14"); a hyphen and an underscore part words. Chinese, Japanese, Thai and other scripts that put no space
  between words are not cut up: what stands between two marks is one word there.
- A sentence is a stretch that holds a word, up to sentence marks or the end of the text. An ASCII mark ends none where a
  letter follows at once ("3.14", "example.org"). A mark after an abbreviation ("Mr. Smith") is not told from a sentence's.

The readability indices were fitted to English prose. In other languages they are numbers to watch, not school grades.
"""

import re
import sys
import unicodedata
from typing import Iterable, NamedTuple, Optional

# The marks that Unicode's property Sentence_Terminal lists, of the scripts in wide use.
SENTENCE_MARKS = (
    ".!?"
    "\u0589"  # Armenian
    "\u061f\u06d4"  # Arabic, Urdu
    "\u0964\u0965"  # Devanagari and other scripts of India
    "\u104b"  # Burmese
    "\u1362"  # Ethiopic
    "\u203c\u2047\u2048\u2049"  # doubled marks in one character
    "\u3002\uff61"  # Chinese and Japanese
    "\uff01\uff0e\uff1f"  # the ASCII marks in full width
)

# Unseen within words: where they may be hyphenated, and whether letters join (Persian, Hindi).
_UNSEEN = "\u00ad\u200c\u200d"
# What a word may hold beside letters.
_NO_LETTERS = "'.," + _UNSEEN

# A letter or a digit of any script.
_LETTER = r"[^\W_]"


def _character_class(characters: Iterable[str]) -> str:
    """Characters in ascending order as ranges for a class of a regular expression."""
    ranges: list[list[str]] = []
    for character in characters:
        if ranges and ord(ranges[-1][1]) + 1 == ord(character):
            ranges[-1][1] = character
        else:
            ranges.append([character, character])
    return "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in ranges)


def _word_pattern() -> re.Pattern[str]:
    """Matches a word. Quantifiers are possessive: no text makes it go back and try again."""
    every = map(chr, range(sys.maxunicode + 1))
    marks = _character_class(c for c in every if c in _UNSEEN or unicodedata.category(c).startswith("M"))
    # The class of marks is long, so that it is not tried on ASCII, where there are none.
    run = rf"{_LETTER}++(?:(?![\x00-\x7f])[{marks}]{_LETTER}*+)*+"
    return re.compile(rf"{run}(?:(?:'|(?<=\d)[.,](?=\d)){run})*+")


# Made when the module is loaded, which for a component is when it is built.
_WORD = _word_pattern()
_ANY_LETTER = re.compile(_LETTER)


class Statistics(NamedTuple):
    """What is said of a text with at least one word."""

    characters: int
    """Code points that are not white space."""
    words: int
    sentences: int
    mean_word_length: float
    """Letters of a word."""
    type_token_ratio: float
    """Distinct words, whatever their case, by words: in (0, 1]."""
    automated_readability_index: float
    coleman_liau_index: float


def sentence_end(marks: str) -> re.Pattern[str]:
    """Matches what ends a sentence: one of the marks, or a run of ASCII ones. No mark may be a letter or a digit."""
    every = f"[{re.escape(marks)}]"
    close = "".join(mark for mark in marks if mark.isascii() and not mark.isspace())
    if not close:
        return re.compile(every)
    close = f"[{re.escape(close)}]"
    # The mark itself stands first, since `re` searches fast for a class alone. A run is looked at from its beginning only:
    # else a long one before a letter would take the square of its length.
    return re.compile(rf"{every}(?:(?<!{close})|(?<!{close}{close}){close}*+(?!{_LETTER}))")


def automated_readability_index(word_length: float, sentence_length: float) -> float:
    """US school grade, of letters a word and words a sentence.

    R. J. Senter and E. A. Smith (1967), Automated Readability Index, report AMRL-TR-66-220.
    """
    return 4.71 * word_length + 0.5 * sentence_length - 21.43


def coleman_liau_index(word_length: float, sentence_length: float) -> float:
    """US school grade, of letters a word and words a sentence.

    M. Coleman and T. L. Liau (1975), A computer readability formula designed for machine scoring, Journal of Applied
    Psychology 60(2), 283-284: 0.0588 L - 0.296 S - 15.8 of L letters and S sentences in 100 words.
    """
    return 5.88 * word_length - 29.6 / sentence_length - 15.8


def statistics(text: str, end: re.Pattern[str]) -> Optional[Statistics]:
    """The statistics of a text whose sentences end where `end` matches; none without a word."""
    text = _normalised(text)
    words = _WORD.findall(text)
    if not words:
        return None
    sentences = _sentences(text, end)
    word_length = _letters(words) / len(words)
    sentence_length = len(words) / sentences
    return Statistics(
        characters=len("".join(text.split())),
        words=len(words),
        sentences=sentences,
        mean_word_length=word_length,
        type_token_ratio=len(set(map(str.casefold, words))) / len(words),
        automated_readability_index=automated_readability_index(word_length, sentence_length),
        coleman_liau_index=coleman_liau_index(word_length, sentence_length),
    )


def _normalised(text: str) -> str:
    """The text such that it does not matter how an accent or an apostrophe was typed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text).replace("\u2019", "'")


def _letters(words: list[str]) -> int:
    """Letters of all words together."""
    joined = "".join(words)
    return len(joined) - sum(map(joined.count, _NO_LETTERS))


def _sentences(text: str, end: re.Pattern[str]) -> int:
    """Stretches between sentence marks that hold a letter."""
    return sum(map(bool, map(_ANY_LETTER.search, end.split(text))))
