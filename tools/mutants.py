"""Breaks the snippets on purpose and says which share of the faults the tests catch.

`make mutants` runs mutmut, which knows what a caught fault is; here its results are summed up.
Some snippets only: `make mutants ARGS="snippets/rnn.py snippets/lstm.py"`.
What `init_*` draws is left out: another constant there is another choice, not a fault.
"""

import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEAST = 0.95


def mutmut(*arguments: str) -> str:
    """Run mutmut and return what it prints."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"mutmut stopped:\n{done.stdout[-2000:]}\n{done.stderr}")
    return done.stdout


def names_of(paths: list[str]) -> list[str]:
    """Say how mutmut calls the faults of these snippets; those of all, if there are none."""
    for path in paths:
        if not (ROOT / path).is_file() or Path(path).parent != Path("snippets"):
            sys.exit(f"expected snippets such as snippets/rnn.py, got {path}")
    return [f"snippets.{Path(path).stem}.*" for path in paths]


def main() -> None:
    """Run, sum up, show what was not caught."""
    chosen = names_of(sys.argv[1:])
    print("Trying faults:", "minutes" if chosen else "an hour", "...", flush=True)
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)  # a changed test would not be seen
    mutmut("run", *chosen)
    results = dict(line.split(": ") for line in mutmut("results", "--all", "1").splitlines())
    results = {name.strip(): kind for name, kind in results.items()}
    if chosen:
        results = {n: k for n, k in results.items() if any(fnmatch(n, it) for it in chosen)}
    faults = {name: kind for name, kind in results.items() if ".x_init_" not in name}
    missed = [name for name, kind in faults.items() if kind not in ("killed", "timeout")]
    for name in missed:
        print(f"\nnot caught: {name}")
        changes = mutmut("show", name).splitlines()[4:]
        print(*(line for line in changes if line[:1] in "+-"), sep="\n")
    if not faults:
        sys.exit("mutmut tried no fault: nothing is known about the tests.")
    share = 1 - len(missed) / len(faults)
    print(f"\n{share:.1%} of {len(faults)} faults caught")
    if share < LEAST:
        sys.exit(f"The tests must catch {LEAST:.0%}: let them notice what is listed above.")


if __name__ == "__main__":
    main()
