"""Gives the test of an experiment its code and its record; mutmut copies no tools to read them."""

import pytest


@pytest.fixture(scope="module")
def book(request):
    """Define what the experiment that a test is named after defines, without what it runs."""
    from tools.results import load  # here: mutmut copies no tools

    return load(request.path.stem.removeprefix("test_"))


@pytest.fixture(scope="module")
def record(request):
    """Give the committed record of the experiment that a test is named after."""
    from tools.results import load_record

    return load_record(request.path.stem.removeprefix("test_"))


@pytest.fixture(scope="module")
def full(request):
    """Give what that experiment measured at full size."""
    from tools.results import load_results

    return load_results(request.path.stem.removeprefix("test_"))


@pytest.fixture(scope="module")
def older(request):
    """Give the same with the leading parts measured as on an older processor."""
    from tools.results import load_results

    return load_results(request.path.stem.removeprefix("test_"), older=True)
