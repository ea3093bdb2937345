"""Code, figures and solutions that change places are noticed, and right ones pass.

Each fault is planted in a book of two pages, one at a time.
"""

import re

import pytest

from tests.guards import exercises, figures, places, values
from tests.planted import look, plant

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

SNIPPET = """\
# --8<-- [start:orders]
FIRST = "io"
# --8<-- [end:orders]


# --8<-- [start:step]
def _step(x):
    # --8<-- [start:step-body]
    y = 2 * x  # eq. 1
    return y + 1  # eq. 2
    # --8<-- [end:step-body]


def step(x):
    return _step(x)
# --8<-- [end:step]


# --8<-- [start:forward]
def forward(x):
    # --8<-- [start:forward-body]
    return [step(x_t) for x_t in x]
    # --8<-- [end:forward-body]
# --8<-- [end:forward]


# --8<-- [start:backward]
def backward(x):
    # --8<-- [start:backward-body]
    return 2 * x  # eq. 3
    # --8<-- [end:backward-body]
# --8<-- [end:backward]


# --8<-- [start:read]
def read(path):
    return path
# --8<-- [end:read]


# --8<-- [start:write]
def write(path):
    return path
# --8<-- [end:write]
"""
CELL = r"""# Cell

--8<-- "docs/figures/cell_cell.svg"

The orders are in `FIRST`:

```python
--8<-- "snippets/cell.py:orders"
```

## One step

$$
y = 2 x
\tag{1}
$$

$$
z = y + 1
\tag{2}
$$

--8<-- "docs/figures/wires.svg"

```python
--8<-- "snippets/cell.py:step-body"
```

Without an equation, `forward` goes through time:

```python
--8<-- "snippets/cell.py:forward-body"
```

??? example "The whole functions"
    ```python title="snippets/cell.py"
    --8<-- "snippets/cell.py:step"
    --8<-- "snippets/cell.py:forward"
    ```

## Its gradient

$$
u = 2 x
\tag{3}
$$

```python
--8<-- "snippets/cell.py:backward-body"
```

??? example "The whole function"
    ```python title="snippets/cell.py"
    --8<-- "snippets/cell.py:backward"
    ```

## Read

Files are read by `read`.

??? example "The whole function"
    ```python title="snippets/cell.py"
    --8<-- "snippets/cell.py:read"
    ```

## Write

??? example "The whole function"
    ```python title="snippets/cell.py"
    --8<-- "snippets/cell.py:write"
    ```

```pycon
>>> write("x")
```

## Exercises

??? question "Check yourself"
    **1.** Why is it cold?

    ??? success "Answer"
        Therefore it is cold.

    **2.** And if it is warm?

    ??? success "Answer"
        Then it is not warm.

1. *Warm-up.* How many weights
   are there?

    ??? success "Solution"
        *Warm-up.* Two.

2. *What for?* Why are there so many?

    ??? success "Solution"
        *What for?*

        ```pycon
        >>> 2
        2
        ```

3. *Open.* Nobody knows.

## The whole file

??? example "snippets/cell.py"
    ```python title="snippets/cell.py"
    --8<-- "snippets/cell.py"
    ```
"""
HOME = """# Home

One step, `step`, in two lines:

```python
--8<-- "snippets/cell.py:step-body"
```

--8<-- "docs/figures/wires.svg"

--8<-- "docs/figures/extra.svg"
"""
FIGURES = {
    "cell_cell": ["cell.md"],
    "wires": ["cell.md#one-step", "index.md"],
    "extra": ["index.md (2)"],
}


@pytest.fixture
def book(tmp_path):
    """Write the two pages, their snippet and their figures."""
    for folder in ("docs/figures", "snippets"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "snippets/cell.py").write_text(SNIPPET)
    (tmp_path / "docs/cell.md").write_text(CELL)
    (tmp_path / "docs/index.md").write_text(HOME)
    for stem, where in FIGURES.items():
        (tmp_path / f"docs/figures/{stem}.py").write_text(f"PLACES = {where}\n")
    return tmp_path


def exchange(path, one, other):
    """Let two texts of a file change places."""
    text = path.read_text()
    assert text.count(one) == text.count(other) == 1
    swapped = {one: other, other: one}
    path.write_text(re.sub("|".join(map(re.escape, swapped)), lambda m: swapped[m[0]], text))


def found(book):
    guards = places.check, figures.check_places, exercises.check
    return [fault for guard in guards for fault in guard(book)]


def test_what_stands_in_its_place_passes(book):
    assert found(book) == []


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (":step-body", ":forward-body", "cell.md:15: expected the first code below equation 1 to"),
        (":step-body", ":backward-body", "cell.md:45: expected the first code below equation 3"),
        (":orders", ":forward-body", "cell.md:7: expected the words right above to name `forward`"),
        (":orders", ":forward-body", "cell.md:31: expected the words right above to name `FIRST`"),
        (":forward-body", ":backward-body", "cell.md:31: expected the words right above to name"),
        (':forward"', ':backward"', "cell.md:31: expected the next box to show the whole of `forw"),
        (':step"', ':forward"', "cell.md:36: expected the sections in the order of snippets/cell"),
        (':read"', ':write"', "expected this box under a heading with code that names what it sho"),
        (":read", ":backward-body", "expected the first code below equation 3"),
        ("1}", "3}", "cell.md:15: expected the first code below equation 3 to have the line"),
        (
            "cell_cell.svg",
            "wires.svg",
            "cell.md:3: the figure wires stands at cell.md; docs",
        ),
        (
            "*Warm-up.* Two",
            "*What for?*\n\n",
            "to begin with the name of its exercise, `*Warm",
        ),
        ("*Warm-up.* How", "*What for?* Why", "to begin with the name of its exercise, `*Warm-up"),
    ],
)
def test_an_exchange_on_a_page_is_caught(book, one, other, message):
    exchange(book / "docs/cell.md", one, other)
    assert message in "\n".join(found(book))


def test_code_above_its_equation_is_caught_though_a_box_shows_it_again(book):
    code = '```python\n--8<-- "snippets/cell.py:backward-body"\n```\n'
    gradient = "## Its gradient\n"
    above = CELL.replace(code, "").replace(gradient, f"{gradient}\nLook at `backward`:\n\n{code}")
    (book / "docs/cell.md").write_text(above)
    assert "docs/cell.md:45: expected this code below equation 3, not above it" in found(book)


def test_an_exchange_between_pages_is_caught(book):
    cell, home = book / "docs/cell.md", book / "docs/index.md"
    cell.write_text(CELL.replace(":forward-body", ":step-body"))
    home.write_text(HOME.replace(":step-body", ":forward-body"))
    assert [fault for fault in found(book) if fault.startswith("docs/index.md:5:")]


def test_figures_exchanged_below_one_heading_are_caught(book):
    exchange(book / "docs/index.md", "wires.svg", "extra.svg")
    assert "docs/index.md:9: the figure extra stands at index.md; docs/figures/extra.py says " in (
        "\n".join(found(book))
    )


def test_a_figure_of_a_page_stands_on_this_page(book):
    (book / "docs/cell.md").write_text(CELL.replace("cell_cell", "extra"))
    (book / "docs/index.md").write_text(HOME.replace("extra", "cell_cell"))
    (book / "docs/figures/cell_cell.py").write_text('PLACES = ["index.md (2)"]\n')
    (book / "docs/figures/extra.py").write_text('PLACES = ["cell.md"]\n')
    assert found(book) == [
        "docs/figures/cell_cell.py: expected the figure on docs/cell.md, the page of its name"
    ]


def test_a_figure_of_a_page_may_be_the_second_one_there(book):
    own, other = '--8<-- "docs/figures/cell_cell.svg"\n', '--8<-- "docs/figures/extra.svg"\n'
    (book / "docs/cell.md").write_text(CELL.replace(own, f"{other}\n{own}"))
    (book / "docs/index.md").write_text(HOME.replace(other, ""))
    (book / "docs/figures/cell_cell.py").write_text('PLACES = ["cell.md (2)"]\n')
    (book / "docs/figures/extra.py").write_text('PLACES = ["cell.md"]\n')
    assert found(book) == []


@pytest.mark.parametrize("places", ["", 'PLACES = ["cell.md", "index.md"]\n'])
def test_a_figure_says_where_it_stands(book, places):
    (book / "docs/figures/cell_cell.py").write_text(places)
    (fault,) = found(book)
    assert "move it back, or write PLACES = ['cell.md']" in fault


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "*Warm-up.* Two",
            "Two",
            "cell.md:94: expected the solution to begin with the name of its",
        ),
        ("*What for?* Why", "Why", "cell.md:98: expected a solution indented by 4 below its exer"),
        ("2. *What for?*", "2. *Warm-up.*", "an exercise of another name: the page has two `*Warm"),
        ("3. *Open.* Nobody knows.", '??? success "Solution"', "expected a solution indented by 4"),
    ],
)
def test_a_solution_without_its_exercise_is_caught(book, old, new, message):
    (book / "docs/cell.md").write_text(CELL.replace(old, new))
    assert message in "\n".join(found(book))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "Check yourself",
            "Questions",
            "cell.md:77: expected the exercises to begin with `??? quest",
        ),
        ("**2.** And", "And", "cell.md:77: expected the questions 1 and 2, perhaps 3, got ['1']"),
        ("**2.** And", "**3.** And", "expected the questions 1 and 2, perhaps 3, got ['1', '3']"),
        (
            '"Answer"\n        Therefore',
            '"Solution"\n        Therefore',
            "question 1 to have one box",
        ),
        ("        Then it is not warm.\n", "", "expected question 2 to have one box `Answer`"),
        ("not warm", "not cold", "expected each answer to have more words in common with its"),
    ],
)
def test_a_question_without_its_answer_is_caught(book, old, new, message):
    assert old in CELL
    (book / "docs/cell.md").write_text(CELL.replace(old, new))
    assert message in "\n".join(found(book))


TASK = """\
```pycon
>>> a = 1
```

1. *Two.* Make it two.

    <!-- start:
    b = a
    -->
    <!-- test:
    assert b == 2, "b should be 2"
    -->

    ??? success "Solution"
        *Two.* Add one:

        ```pycon
        >>> b = a + 1
        ```

```pycon
>>> a = 5
```
"""


def check_tasks(root):
    return exercises.check(root) + values.check_page(root, "docs/page.md")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("a = 1", "a = 1", ""),
        ("b = a\n", "b = 2\n", "page.md:7: expected the test to refuse the start"),
        ("b = a\n", "b = c\n", "page.md:7: expected the test to say what the start lacks, got "),
        (
            ', "b should be 2"',
            "",
            "page.md:7: expected the test to say what the start lacks, in wo",
        ),
        (
            "b = a + 1",
            "b = a + 2",
            "page.md:7: the test refuses the solution: AssertionError('b sh",
        ),
        (
            "-->\n    <!-- test",
            "-->\n\n    <!-- test",
            "page.md:7: expected `<!-- start:`, `-->`, `<!-- test",
        ),
    ],
)
def test_a_task_whose_test_does_not_tell_right_from_wrong_is_caught(tmp_path, old, new, message):
    said = look(tmp_path, check_tasks, plant({"docs/page.md": TASK}, "docs/page.md", old, new))
    assert (message in said) if message else (said == "")
