"""What takes a moment to measure is measured again, and gives what the record has.

A record can be changed and sealed again, with all that follows from the change. For the parts that
took less than half a second this test notices it. Both processors agree on them.
"""

import json

import pytest

from tests.experiments import needs
from tests.faults import assert_none
from tests.guards.records import difference
from tools.fetch import package_of
from tools.results import ALONE, Experiment, experiments, load_record

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

MOMENT = 0.5  # seconds


def cheap_parts(name):
    """Give what the record has of the parts that take a moment."""
    parts = load_record(name)["parts"]
    return {label: part for label, part in parts.items() if part["cpu_seconds"] < MOMENT}


def cases():
    """Give the experiments that have such parts, if there is the package that they need."""
    for name in filter(cheap_parts, experiments()):
        package = package_of(name)
        yield pytest.param(name, marks=[needs(package)] if package else [])


@pytest.mark.parametrize("name", [*cases()])
def test_the_record_has_what_is_measured_now(name):
    assert_none(differences(name, cheap_parts(name)))


def differences(name, parts):
    """Say which parts give something else today, stale and timed ones aside."""
    experiment = Experiment(name)
    for label, part in parts.items():
        if part["code"] == experiment.code.get(label) and label not in experiment.labels(ALONE):
            measured = experiment.measure(label)
            now = json.loads(json.dumps(measured, default=lambda value: value.tolist()))
            if (where := difference(now, part["measured"])) is not None:
                yield (
                    f"docs/experiments/results/{name}.json: {label}: today measured{where} is "
                    f"another: `make experiments NAME={name} FORCE=1` measures again"
                )


def test_a_value_that_is_not_what_was_measured_is_caught():
    parts = cheap_parts("sunspots")
    label, part = next(iter(parts.items()))
    part["measured"]["forecasts"][0][0] += 0.01
    (fault,) = differences("sunspots", parts)
    assert fault.startswith(
        f'docs/experiments/results/sunspots.json: {label}: today measured["forecasts"][0][0] is'
    )


def test_there_are_such_parts():
    assert sum(len(cheap_parts(name)) for name in experiments()) >= 30
