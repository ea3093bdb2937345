"""Guards: what keeps pages, code, figures and sources one.

A guard is a function from the root of a repository to a list of faults, each a sentence that names
file and line, what was expected, and what is there. tests/test_book.py asserts that they find
nothing here; tests/test_guards.py plants each fault in a small copy and sees it caught.
"""
