"""Lists the numbered equations that the tests do not run, and says why not: `make equations`."""

from pathlib import Path

from tests.guards.markdown import pages
from tests.guards.running import formulas

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Print a line for each, and how many there are."""
    found = [(page, formula) for page in pages(ROOT) for formula in formulas(page)]
    for page, formula in found:
        if formula.not_run:
            print(f"{page.name}:{formula.line}: ({formula.numbers[0]}) {formula.not_run}")
    run = sum(not formula.not_run for _, formula in found)
    print(f"{run} of {len(found)} numbered equations are run")


if __name__ == "__main__":
    main()
