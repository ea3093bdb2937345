"""A citation that does not say what its entry says is caught, and right ones pass."""

import pytest

from tests.guards import citations

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ENTRIES = """# References

- <span id="amodei-2016"></span>**Amodei, D., and others** (2016). Deep Speech 2. *ICML 2016*.
  [arXiv:1512.02595](https://arxiv.org/abs/1512.02595)
- <span id="britz-2017"></span>**Britz, D., Goldie, A., Luong, M.-T., and Le, Q.**
  (2017). Massive exploration. *EMNLP 2017*. [acl:D17-1151](https://aclanthology.org/D17-1151)
- <span id="elman-1990"></span>**Elman, J. L.** (1990). Finding structure in time. *Cognitive
  Science* 14(2), 179-211. [doi:10.1207/s1](https://doi.org/10.1207/s1)
- <span id="forcada"></span>**Forcada, M. L.** *Neural networks*. Online book.
- <span id="gers-2000"></span>**Gers, F. A., Schmidhuber, J., and Cummins, F.** (2000). Learning.
- <span id="gers-2000-timing"></span>**Gers, F. A., and Schmidhuber, J.** (2000). Recurrent nets.
- <span id="gers-1999"></span>**Gers, F. A., Schmidhuber, J., and Cummins, F.** (1999). Learning.
- <span id="le-2015"></span>**Le, Q. V., and Hinton, G. E.** (2015). A simple way.
  [arXiv:1504.00941](https://arxiv.org/abs/1504.00941)
- <span id="schaefer-2008"></span>**Schäfer, A. M., and Udluft, S.** (2008). Learning.
- <span id="koutnik-2014"></span>**Koutník, J., and van Merriënboer, B.** (2014). A clockwork RNN.
- <span id="vaswani-2020"></span>**Vaswani, A.** (2020). A title of 2019. *ACL 2020*.
  [acl:2020.acl-main.703](https://aclanthology.org/2020.acl-main.703)
"""
PAGE = """# Page

[Elman (1990)](references.md#elman-1990), or ([Elman,
1990](references.md#elman-1990)). [Amodei and others (2016)](references.md#amodei-2016).
[Gers and others, 1999](references.md#gers-1999), [2000](references.md#gers-2000). By [Gers and
Schmidhuber, 2000](references.md#gers-2000-timing), [Britz et al. (2017)](references.md#britz-2017),
[Forcada](references.md#forcada), and
[Gers, Schmidhuber and Cummins (2000)](references.md#gers-2000).

| year | by |
|---|---|
| 1990 | [Elman](references.md#elman-1990) |
| 2014 | [Koutník and van Merriënboer](references.md#koutnik-2014) |

Elman's network came in 1990. In the 1980s, after 2000 steps, he had no 2019 of these, nor `1850`.

It was asked for in 2018, [there](https://example.org/2018), and came in 1999.

Elman wrote a report in 1989. A book appeared in 1977.
<!-- year 1989: told in his paper -->
<!-- year 1977: our own copy -->
"""


@pytest.fixture
def book(tmp_path):
    (tmp_path / "docs/experiments").mkdir(parents=True)
    (tmp_path / "docs/references.md").write_text(ENTRIES)
    (tmp_path / "docs/page.md").write_text(PAGE.replace("had no 2019 of", "had none of"))
    return tmp_path


def test_right_citations_pass(book):
    years = "# %% [markdown]\n# From 1700 to 2008; [Elman (1990)](../references.md#elman-1990).\n"
    (book / "docs/experiments/data.py").write_text(years)
    assert citations.check(book) == []


PAGE_FAULTS = [
    ("Elman (1990)](references.md#elman", "Elman (1991)](references.md#elman", "`[Elman (1991)]`"),
    ("[Elman (1990)", "[Ellman (1990)", "expected `[Elman (1990)](references.md#elman-1990)`, got"),
    ("(1990)](references.md#elman-1990)", "(1990)](references.md#forcada)", "expected `[Forcada]"),
    ("[Elman (1990)]", "[what he found]", "got `[what he found]`"),
    ("Elman,\n1990", "Elman,\n1989", "page.md:3: expected `[Elman (1990)]"),
    ("Amodei and others", "Amodei and Le", "got `[Amodei and Le (2016)]`"),
    ("[Gers and others, 1999]", "[Gers and Schmidhuber, 1999]", "expected `[Gers and others (1999"),
    ("[2000](references.md#gers-2000)", "[1999](references.md#gers-2000)", "got `[1999]`"),
    ("[2000](references.md#gers-2000)", "[2000](references.md#gers-2000-timing)", "names nobody"),
    ("Gers, Schmidhuber and Cummins", "Gers, Cummins and Schmidhuber", "got `[Gers, Cummins and"),
    ("Britz et al. (2017)", "Britz (2017)", "expected `[Britz and others (2017)]"),
    ("| 1990", "| 1991", "page.md:12: expected the year of `[Elman]`, 1990, beside it"),
    ("| 2014", "| 1990", "page.md:13: expected the year of `[Koutník and van Merriënboer]`, 2014"),
    ("network came in 1990", "network dates from 1989, or 1991", "cited on this page is from 1991"),
    (
        "network came in 1990",
        "network came in 2000",
        "no source by Elman in docs/references.md is from 2",
    ),
    ("and came in 1999", "and came in 1998", None),
    (
        "Elman's network came in 1990.",
        "It came in 1998.",
        "no source cited on this page is from 1998",
    ),
    ("<!-- year 1989", "<!-- year 1988", "page.md:19: no source by Elman"),
    ("<!-- year 1977", "<!-- year 1978", "gives a reason for 1978, a year that is not on this pa"),
    (
        "<!-- year 1977: our own copy -->",
        "<!-- year 1977: -->",
        "is from 1977, only from 1990, 1999",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), PAGE_FAULTS)
def test_a_citation_that_says_something_else_is_caught(book, old, new, message):
    text = (book / "docs/page.md").read_text()
    assert old in text
    (book / "docs/page.md").write_text(text.replace(old, new, 1))
    found = "\n".join(citations.check(book))
    assert message in found if message else found == ""


ENTRY_FAULTS = [
    (
        '"elman-1990"',
        '"elman-1991"',
        "references.md:7: `elman-1991`: expected the anchor `elman-19",
    ),
    ('"elman-1990"', '"jordan-1990"', "`jordan-1990`: expected the anchor `elman-1990`"),
    ("(1990). Finding", "(1991). Finding", "`elman-1990`: expected the anchor `elman-1991`"),
    ("EMNLP 2017", "EMNLP 2016", "`britz-2017`: expected the year 2017 in *EMNLP 2016*"),
    (
        "[acl:D17-1151](https://aclanthology.org/D17",
        "[acl:D16](https://aclanthology.org/D16",
        "2016",
    ),
    ("org/2020.acl", "org/2021.acl", "`vaswani-2020`: is from 2020, but its ACL number from 2021"),
    ("abs/1504.", "abs/1404.", "`le-2015`: is from 2015, but its arXiv number from 04/2014"),
    ("abs/1504.", "abs/1604.", "`le-2015`: is from 2015, but its arXiv number from 04/2016"),
    ("abs/1504.", "abs/1513.", "`le-2015`: is from 2015, but its arXiv number from 13/2015"),
    ("abs/1512.", "abs/1012.", "`amodei-2016`: is from 2016, but its arXiv number from 12/2010"),
    ('gers-1999"', 'gers-2000-more"', "expected the anchor `gers-1999`"),
]


@pytest.mark.parametrize(("old", "new", "message"), ENTRY_FAULTS)
def test_an_entry_that_contradicts_itself_is_caught(book, old, new, message):
    assert old in ENTRIES
    (book / "docs/references.md").write_text(ENTRIES.replace(old, new, 1))
    assert message in "\n".join(citations.check(book))


def test_two_entries_that_are_called_alike_are_caught(book):
    same = '- <span id="gers-2000-more"></span>**Gers, F. A., and others** (2000). Less.\n'
    (book / "docs/references.md").write_text(ENTRIES + same)
    (fault,) = citations.check(book)
    assert fault.endswith("is called Gers and others (2000) as `gers-2000` is: write (2000b)")


@pytest.mark.parametrize(
    ("cited", "message"),
    [
        ("Elman (1990)", ""),
        (
            "Elman (1991)",
            "snippets/new.py:3: cites Elman (1991), but the years of what Elman wrote",
        ),
        ("Gers et al. (1999), Le and Hinton (2015)", ""),
        ("Le and Hinton (2014)", "the years of what Le wrote are 2015"),
        ("Jordan (1986)", "are missing in docs/references.md"),
    ],
)
def test_a_docstring_cites_a_source_and_its_year(book, cited, message):
    (book / "snippets").mkdir()
    (book / "snippets/new.py").write_text(f'"""Do it.\n\nSource: {cited}.\n"""\n')
    found = "\n".join(citations.check(book))
    assert message in found if message else found == ""
