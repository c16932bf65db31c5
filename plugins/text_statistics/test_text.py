"""The statistics and the config, in plain CPython (3.11 or later): `python3 -m unittest` in this folder.

With textstat (`pip install textstat`, 0.7.13) its numbers are compared where its definitions are ours.
"""

import unicodedata
import unittest

import options
import text

try:
    import textstat
except ImportError:
    textstat = None

END = text.sentence_end(text.SENTENCE_MARKS)


def statistics(given: str, end=END) -> text.Statistics:
    """The statistics of a text with a word."""
    found = text.statistics(given, end)
    assert found is not None
    return found


def words(given: str) -> int:
    return statistics(given).words


def sentences(given: str) -> int:
    return statistics(given).sentences


class ByHand(unittest.TestCase):
    def test_two_sentences(self) -> None:
        found = statistics("The cat sat on the mat. The dog ran!")
        # The, cat, sat, on, mat, dog, ran are distinct; nine words have 8 * 3 + 2 letters; two marks are no letters.
        self.assertEqual((found.characters, found.words, found.sentences), (28, 9, 2))
        self.assertAlmostEqual(found.mean_word_length, 26 / 9, places=14)
        self.assertAlmostEqual(found.type_token_ratio, 7 / 9, places=14)
        # 4.71 * 26 / 9 = 13.60666…; 0.5 * 9 / 2 = 2.25.
        self.assertAlmostEqual(found.automated_readability_index, 13.606666666666667 + 2.25 - 21.43, places=12)
        # L = 2600 / 9 and S = 200 / 9: 0.0588 L = 16.98666…; 0.296 S = 6.57777….
        self.assertAlmostEqual(found.coleman_liau_index, 16.986666666666667 - 6.577777777777778 - 15.8, places=12)

    def test_abstract_of_coleman_and_liau(self) -> None:
        """639 letters in 119 words and 5 sentences are of grade 14.5: the abstract of the paper itself."""
        self.assertAlmostEqual(text.coleman_liau_index(639 / 119, 119 / 5), 14.5, places=1)

    def test_one_word(self) -> None:
        found = statistics("a")
        self.assertEqual(found[:5], (1, 1, 1, 1.0, 1.0))
        self.assertAlmostEqual(found.automated_readability_index, 4.71 + 0.5 - 21.43, places=12)
        self.assertAlmostEqual(found.coleman_liau_index, 5.88 - 29.6 - 15.8, places=12)

    def test_nothing_without_a_word(self) -> None:
        for given in ("", " \n\t", "...", "!?", "--- ***", "😀 👍", "'", "_", "\u0301"):
            self.assertIsNone(text.statistics(given, END), repr(given))


class Words(unittest.TestCase):
    def test_what_belongs_to_a_word(self) -> None:
        for given, count in [
            ("don't", 1),
            ("don\u2019t", 1),
            ("'quoted'", 1),
            ("the dogs' bowls", 3),
            ("rock 'n' roll", 3),
            ("3.14", 1),
            ("1,234,567.8", 1),
            ("1, 2", 2),
            ("a.b", 2),
            ("e-mail", 2),
            ("snake_case", 2),
            ("user@example.org", 3),
            ("soft\u00adhyphen", 1),
            ("one\u00a0two\u2003three\nfour", 4),
            ("x²", 1),
            ("thumbs 👍🏽 up", 2),
        ]:
            self.assertEqual(words(given), count, given)

    def test_scripts(self) -> None:
        for given, count in [
            ("Straße über naïve", 3),
            ("Съешь ещё этих булок", 4),
            ("नमस्ते दुनिया", 2),
            ("مرحبا بالعالم", 2),
            ("می\u200cخواهم بروم", 2),
            ("שָׁלוֹם עוֹלָם", 2),
            ("한국어 문장", 2),
            ("今天天气很好,我们走吧", 2),
            ("สวัสดีชาวโลก", 1),
            ("𑀅𑀫𑁆𑀫 𑀅𑀧𑁆𑀧", 2),
        ]:
            self.assertEqual(words(given), count, given)

    def test_letters_are_neither_apostrophes_nor_points_nor_unseen(self) -> None:
        letters_of = {"don't": 4, "3.14": 3, "soft\u00adhyphen": 10, "می\u200cخواهم": 7, "नमस्ते": 6}
        for given, letters in letters_of.items():
            self.assertEqual(statistics(given).mean_word_length, letters, given)

    def test_types_have_no_case(self) -> None:
        self.assertEqual(statistics("The THE the tHe").type_token_ratio, 0.25)
        self.assertEqual(statistics("STRASSE Straße").type_token_ratio, 0.5)
        self.assertEqual(statistics("ΟΔΟΣ οδος οδοσ").type_token_ratio, 1 / 3)

    def test_how_it_was_typed_does_not_matter(self) -> None:
        composed = "C'est déjà l'été. Où vas-tu?"
        typed = unicodedata.normalize("NFD", composed).replace("'", "\u2019")
        self.assertNotEqual(typed, composed)
        self.assertEqual(statistics(typed), statistics(composed))


class Sentences(unittest.TestCase):
    def test_marks(self) -> None:
        for given, count in [
            ("no mark", 1),
            ("One. Two. Three.", 3),
            ("One. Two. Three", 3),
            ("What?! No... Yes!!!", 3),
            ('He said "Stop." She went on.', 2),
            ("(One.) Two.", 2),
            ("It is 3.14, see example.org or a?b=c.", 1),
            ("Wait...what? Yes.", 2),
            ("... Well", 1),
            (". . . a", 1),
            # Not told apart: the module says so.
            ("Mr. Smith", 2),
            ("你好。再见！", 2),
            ("كيف حالك؟ بخير.", 2),
            ("यह एक है। वह दो है॥", 2),
            ("no ⁇really", 2),
        ]:
            self.assertEqual(sentences(given), count, given)

    def test_marks_of_the_config(self) -> None:
        lines = text.sentence_end(".\n")
        self.assertEqual(statistics("one\ntwo.\n.NET\n\nfour", lines).sentences, 4)
        self.assertEqual(statistics("one! two", lines).sentences, 1)
        self.assertEqual(statistics("eins· zwei·drei", text.sentence_end("·")).sentences, 3)
        # Characters that mean something in a regular expression.
        self.assertEqual(statistics("a ] b ^ c \\ d - e [ f", text.sentence_end("]^\\-[")).sentences, 6)


class Bounds(unittest.TestCase):
    def test_long_texts_take_no_square_of_their_length(self) -> None:
        many = 300_000
        for given in ("." * many + "a", "a" * many, "a'" * many, "3." * many, "a" + "\u0301" * many, "a. " * many):
            found = statistics(given)
            self.assertTrue(1 <= found.sentences <= found.words <= found.characters)
            self.assertTrue(0 < found.type_token_ratio <= 1)


class Config(unittest.TestCase):
    def test_marks(self) -> None:
        self.assertEqual(options.sentence_marks("{}"), text.SENTENCE_MARKS)
        self.assertEqual(options.sentence_marks('{"sentence_marks": ".\\n"}'), ".\n")

    def test_what_is_wrong(self) -> None:
        for config, reason in [
            ("nonsense", "the config is not JSON"),
            ("[]", "must be a JSON object, not []"),
            ('{"marks": "."}', "unknown key `marks`"),
            ('{"sentence_marks": ""}', "1 to 64 characters"),
            ('{"sentence_marks": 3}', "1 to 64 characters, not 3"),
            ('{"sentence_marks": null}', "1 to 64 characters, not null"),
            ('{"sentence_marks": "%s"}' % ("." * 65), "1 to 64 characters"),
            ('{"sentence_marks": ".x"}', "the letter or digit `x`"),
        ]:
            with self.assertRaises(ValueError) as raised:
                options.sentence_marks(config)
            self.assertIn(reason, str(raised.exception))


@unittest.skipUnless(textstat, "textstat is not installed")
class AgainstTextstat(unittest.TestCase):
    """Where they differ: textstat parts words at white space alone ("e-mail" and "a.b" are one), ends a sentence at each ".",
    "!" and "?" whatever follows, leaves out sentences of one or two words, counts punctuation as characters in the
    automated readability index, and has 0.058 for the paper's 0.0588 in the Coleman-Liau index.
    """

    PLAIN = "The quick brown fox jumps over the lazy dog while forty two 42 sleepy cats look on"
    MARKED = "It was a cold day in April. The clocks were striking thirteen, and nobody didn't look up! Why should they do so?"

    def test_counts(self) -> None:
        for given in (self.PLAIN, self.MARKED):
            found, letters = statistics(given), textstat.letter_count(given)
            self.assertEqual(found.characters, textstat.char_count(given))
            self.assertEqual(found.words, textstat.lexicon_count(given))
            self.assertEqual(found.sentences, textstat.sentence_count(given))
            self.assertAlmostEqual(found.mean_word_length, letters / found.words, places=12)

    def test_automated_readability_index_without_punctuation(self) -> None:
        found = statistics(self.PLAIN).automated_readability_index
        self.assertAlmostEqual(found, textstat.automated_readability_index(self.PLAIN), places=10)

    def test_coleman_liau_index_but_for_its_coefficient(self) -> None:
        for given in (self.PLAIN, self.MARKED):
            found = statistics(given)
            of_paper = textstat.coleman_liau_index(given) + (0.0588 - 0.058) * 100 * found.mean_word_length
            self.assertAlmostEqual(found.coleman_liau_index, of_paper, places=10)


if __name__ == "__main__":
    unittest.main()
