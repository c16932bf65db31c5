"""The plugin's config. Nothing here knows of WIT."""

import json

from text import SENTENCE_MARKS

MOST_MARKS = 64

SCHEMA = json.dumps(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "sentence_marks": {
                "type": "string",
                "minLength": 1,
                "maxLength": MOST_MARKS,
                "default": SENTENCE_MARKS,
                "description": "The characters that end a sentence; none is a letter or a digit. With a line feed among them "
                "each line ends one.",
            }
        },
        "additionalProperties": False,
    }
)


def sentence_marks(config: str) -> str:
    """The sentence marks of a config (JSON). A ValueError says what is wrong with it."""
    try:
        given = json.loads(config)
    except ValueError as error:
        raise ValueError(f"the config is not JSON: {error}")
    if not isinstance(given, dict):
        raise ValueError(f"the config must be a JSON object, not {config}")
    unknown = sorted(given.keys() - {"sentence_marks"})
    if unknown:
        raise ValueError(f"unknown key `{unknown[0]}`; the only key is sentence_marks")
    return _checked(given.get("sentence_marks", SENTENCE_MARKS))


def _checked(marks: object) -> str:
    """The marks, if they are some."""
    if not isinstance(marks, str) or not 1 <= len(marks) <= MOST_MARKS:
        raise ValueError(f"`sentence_marks` must be a text of 1 to {MOST_MARKS} characters, not {json.dumps(marks)}")
    letters = [mark for mark in marks if mark.isalnum()]
    if letters:
        raise ValueError(f"`sentence_marks` has the letter or digit `{letters[0]}`, which cannot end a sentence")
    return marks
