"""What the three tiny networks learn: the texts that they read and the answers that are right.

    quotes       RNN    is this character inside quotation marks?
    agreement    LSTM   is the subject of this sentence singular or plural?
    assignments  GRU    what is x?

A text is a sequence of symbols, characters or words. Each task names those that it tells apart; the
last name, ELSE, stands for all others. A network answers after every symbol, and `answer` computes
the right answers by a rule that shares nothing with a network.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

ELSE = "anything else"


class Task(NamedTuple):
    """What a tiny network reads, what it should answer, and what one of its units should show."""

    question: str
    inputs: list[str]  # the symbols that the network tells apart; the last one is ELSE
    answers: list[str]
    split: Callable[[str], list[str]]  # from a text to its symbols
    write: Callable[[np.random.Generator, int], list[int]]  # random symbols, so many, as numbers
    answer: Callable[[list[int]], list[int]]  # the right answer after each symbol
    sense: Callable[[list[int]], list[int]]  # where a telling unit is high (1) and low (-1)

    def encode(self, text: str) -> list[int]:
        """Return the number of each symbol of a text; capitals count as small letters."""
        known = {symbol: number for number, symbol in enumerate(self.inputs)}
        return [known.get(symbol.lower(), len(known) - 1) for symbol in self.split(text)]


# Quotes

QUOTE, LETTER = range(2)
OUTSIDE, OPENING, INSIDE, CLOSING = range(4)


def write_quotes(rng: np.random.Generator, length: int) -> list[int]:
    """Write a text in which 3 to 30 % of the characters are quotation marks."""
    return np.where(rng.random(length) < rng.uniform(0.03, 0.3), QUOTE, LETTER).tolist()


def answer_quotes(symbols: list[int]) -> list[int]:
    """Say of each character where it stands; every second mark closes a quotation."""
    inside, answers = False, []
    for symbol in symbols:
        if symbol == QUOTE:
            answers.append(CLOSING if inside else OPENING)
            inside = not inside
        else:
            answers.append(INSIDE if inside else OUTSIDE)
    return answers


def sense_quotes(symbols: list[int]) -> list[int]:
    """Expect a high value from the opening mark to the closing one."""
    return [-1 if answer == OUTSIDE else 1 for answer in answer_quotes(symbols)]


# Agreement

REGULAR = (
    "key cabinet hallway table door house window book letter novel author teacher friend dog cat "
    "bird tree"
)
SINGULAR = [*REGULAR.split(), "box", "city", "story", "child", "woman", "man", "mouse"]
PLURAL = [f"{noun}s" for noun in REGULAR.split()]
PLURAL += ["boxes", "cities", "stories", "children", "women", "men", "mice"]
NOUNS = len(SINGULAR)  # in each number; the singular ones come first
FULL_STOP, OTHER_WORD = 2 * NOUNS, 2 * NOUNS + 1
UNKNOWN, IS, ARE = range(3)


def split_words(text: str) -> list[str]:
    """Return the words of a text, and its full stops."""
    return text.replace(".", " .").split()


def write_noun_phrase(rng: np.random.Generator) -> list[int]:
    """Write words such as `the old keys` or `the house keys`, seldom with a dozen before a noun."""
    others = [OTHER_WORD] * (rng.geometric(rng.uniform(0.15, 0.9)) - 1)
    nouns = rng.integers(2 * NOUNS, size=2 if rng.random() < 0.15 else 1)
    return [*others, *nouns.tolist()]


def write_sentences(rng: np.random.Generator, length: int) -> list[int]:
    """Write sentences such as "The keys to the old cabinet in the hallway are here".

    On average two to three phrases stand between the subject and its verb, sometimes many more.
    """
    words = []
    while len(words) < length:
        words += write_noun_phrase(rng)
        for _ in range(rng.geometric(0.3) - 1):
            words += [OTHER_WORD, *write_noun_phrase(rng)]
        words += [OTHER_WORD] * rng.integers(1, 4) + [FULL_STOP]
    return words[:length]


def answer_sentences(symbols: list[int]) -> list[int]:
    """Say after each word which verb the sentence needs: its subject is the first noun.

    Of nouns in a row, as in `the house keys`, the subject is the last.
    """
    number, is_open, answers = UNKNOWN, True, []
    for symbol in symbols:
        if symbol == FULL_STOP:
            number, is_open = UNKNOWN, True
        elif symbol == OTHER_WORD:
            is_open = number == UNKNOWN
        elif is_open:
            number = IS if symbol < NOUNS else ARE
        answers.append(number)
    return answers


def sense_sentences(symbols: list[int]) -> list[int]:
    """Expect a high value while the subject is singular, a low one while it is plural."""
    return [{UNKNOWN: 0, IS: 1, ARE: -1}[answer] for answer in answer_sentences(symbols)]


# Assignments

X, EQUALS, OTHER_CHARACTER = 10, 11, 12  # the digits come first
NO_VALUE = 10


def write_assignments(rng: np.random.Generator, length: int) -> list[int]:
    """Write characters among which stand some `x=7`, some `y=3`, and parts of both."""
    often, symbols = rng.uniform(0.02, 0.25), []
    while len(symbols) < length:
        kind, digit = rng.random() - often, int(rng.integers(10))
        if kind < 0:
            symbols += [X if rng.random() < 0.6 else OTHER_CHARACTER, EQUALS, digit]
        elif kind < 0.25:
            symbols.append(digit)
        elif kind < 0.3:
            symbols.append(X if rng.random() < 0.6 else EQUALS)
        else:
            symbols.append(OTHER_CHARACTER)
    return symbols[:length]


def is_stored(symbols: list[int], t: int) -> bool:
    """Tell whether a digit follows `x=`."""
    return symbols[t] < X and t >= 2 and symbols[t - 2 : t] == [X, EQUALS]


def answer_assignments(symbols: list[int]) -> list[int]:
    """Say after each character what x is."""
    value, answers = NO_VALUE, []
    for t, symbol in enumerate(symbols):
        value = symbol if is_stored(symbols, t) else value
        answers.append(value)
    return answers


def sense_assignments(symbols: list[int]) -> list[int]:
    """Expect an open gate where a value is stored, and a closed one everywhere else."""
    return [1 if is_stored(symbols, t) else -1 for t in range(len(symbols))]


DIGITS = list("0123456789")
QUOTES = Task(
    question="Is this character inside quotation marks?",
    inputs=['"', ELSE],
    answers=["outside", "opening mark", "inside", "closing mark"],
    split=list,
    write=write_quotes,
    answer=answer_quotes,
    sense=sense_quotes,
)
AGREEMENT = Task(
    question="Which verb does the sentence need, is or are?",
    inputs=[*SINGULAR, *PLURAL, ".", ELSE],
    answers=["no subject yet", "is", "are"],
    split=split_words,
    write=write_sentences,
    answer=answer_sentences,
    sense=sense_sentences,
)
ASSIGNMENTS = Task(
    question="What is x?",
    inputs=[*DIGITS, "x", "=", ELSE],
    answers=[*DIGITS, "no value yet"],
    split=list,
    write=write_assignments,
    answer=answer_assignments,
    sense=sense_assignments,
)
