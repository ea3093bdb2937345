"""Breaks the snippets on purpose and says which share of the faults the tests catch.

`make mutants` runs mutmut, which knows what a caught fault is; here its results are summed up.
What `init_*` draws is left out: another constant there is another choice, not a fault.
"""

import shutil
import subprocess
import sys
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


def main() -> None:
    """Run, sum up, show what was not caught."""
    print("Trying about a thousand faults: some minutes ...")
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)  # a changed test would not be seen
    mutmut("run")
    results = dict(line.split(": ") for line in mutmut("results", "--all", "1").splitlines())
    faults = {name.strip(): kind for name, kind in results.items() if ".x_init_" not in name}
    missed = [name for name, kind in faults.items() if kind not in ("killed", "timeout")]
    for name in missed:
        print(f"\nnot caught: {name}")
        changes = mutmut("show", name).splitlines()[4:]
        print(*(line for line in changes if line[:1] in "+-"), sep="\n")
    share = 1 - len(missed) / len(faults)
    print(f"\n{share:.1%} of {len(faults)} faults caught")
    sys.exit(share < LEAST)


if __name__ == "__main__":
    main()
