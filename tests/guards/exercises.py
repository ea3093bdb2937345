"""Each solution begins with the name of its exercise, so that two of them cannot change places.

    2. *Half-life.* At which forget bias is half of a memory left after fifty steps?

        ??? success "Solution"
            *Half-life.* The gate has to be the fiftieth root of one half.

Had it the solution of *Warm-up*, or that one its own, the names would differ.

An exercise may ask for code. Two comments before its solution hold the start of an answer, and its
test: `<!-- start: ... -->` and `<!-- test: ... -->`, each with `-->` on a line of its own.

The exercises of a page begin with a box "Check yourself" of two or three questions, each with the
number that it has there, `**1.** Why ...?`, and with a box "Answer" below it. An answer has words
of its question: if they had more in another order, they may have changed places.
"""

import re
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

from tests.guards.links import stems
from tests.guards.markdown import Page, pages

EXERCISE = re.compile(r"(\d+)\. \*([^*]+)\*")
ITEM_ENDS = re.compile(r"\S")  # whatever begins a line is no part of an item any more
SOLUTION = re.compile(r'(\s*)\?{3}\+? success "Solution"')
NAME = re.compile(r"\*([^*]+)\*")
QUESTIONS = re.compile(r'\s*\?{3} question "Check yourself"\n((?: {4}.*\n|\n)+)')
QUESTION = re.compile(r"^ {4}\*\*(\d+)\.\*\* ", re.MULTILINE)
ANSWER = re.compile(r'^ {4}\?{3} success "Answer"\n(?= {8}\S)', re.MULTILINE)

OWN_WORDS = (
    "more words in common with its question than with others: have answers changed places? If not, "
    "let them take up words of their questions"
)


def check(root: Path) -> list[str]:
    """Exercises are numbered and have names; each solution begins with the name of its own."""
    return [
        f"{page.name}:{line}: {fault}"
        for page in pages(root)
        for find in (page_faults, question_faults, task_faults)
        for line, fault in find(page)
    ]


def page_faults(page: Page) -> Iterator[tuple[int, str]]:
    """Go through a page from exercise to exercise."""
    lines = page.text.split("\n")
    name, names = None, []
    for number, text in enumerate(lines, start=1):
        if exercise := EXERCISE.match(text):
            name = exercise[2]
        elif ITEM_ENDS.match(text):
            name = None
        if not (box := SOLUTION.fullmatch(text)):
            continue
        if name is None or len(box[1]) != 4:
            yield number, "expected a solution indented by 4 below its exercise, `1. *Name.* ...`"
            continue
        if name in names:
            yield number, f"expected an exercise of another name: the page has two `*{name}*`"
        names.append(name)
        begins = NAME.match(lines[number].strip()) if number < len(lines) else None
        if begins is None or begins[1] != name:
            yield (
                number + 1,
                f"expected the solution to begin with the name of its exercise, `*{name}*`, "
                f"got `{lines[number].strip()[:40] if number < len(lines) else 'the end'}`",
            )


def question_faults(page: Page) -> Iterator[tuple[int, str]]:
    """Look at the questions before the exercises; an experiment needs none."""
    heading = next((it for it in page.headings if it.title == "Exercises"), None)
    if heading is None or page.name.endswith(".py"):
        return
    rest = page.text.split("\n", heading.line)[-1]
    if (box := QUESTIONS.match(rest)) is None:
        yield heading.line, 'expected the exercises to begin with `??? question "Check yourself"`'
        return
    _, *parts = QUESTION.split(box[1])
    if parts[::2] not in (["1", "2"], ["1", "2", "3"]):
        yield heading.line, f"expected the questions 1 and 2, perhaps 3, got {parts[::2]}"
    for number, text in zip(parts[::2], parts[1::2], strict=True):
        if len(ANSWER.findall(text)) != 1:
            yield heading.line, f"expected question {number} to have one box `Answer` below it"
            return
    pairs = [tuple(map(stems, ANSWER.split(text))) for text in parts[1::2]]
    shared = [[len(question & answer) for _, answer in pairs] for question, _ in pairs]

    def words_shared(order: tuple[int, ...]) -> int:
        return sum(row[at] for row, at in zip(shared, order, strict=True))

    right, *others = permutations(range(len(pairs)))
    if words_shared(right) <= max(map(words_shared, others)):
        yield heading.line, f"expected each answer to have {OWN_WORDS}"


def task_faults(page: Page) -> Iterator[tuple[int, str]]:
    """Find comments that look like a task and are none."""
    known = {task.line for task in page.tasks if task.number}
    for number, text in enumerate(page.prose.split("\n"), start=1):
        if text.strip() == "<!-- start:" and number not in known:
            yield number, "expected `<!-- start:`, `-->`, `<!-- test:` and `-->` in an exercise"
