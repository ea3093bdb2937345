"""Runs small tests under the conftest of this book, to see what such a run selects and says."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SETTINGS = """
[tool.pytest.ini_options]
addopts = "-q --tb=short -p no:cacheprovider"
markers = ["browser", "every_page", "untraced"]
[tool.coverage.run]
source = ["snippets"]
[tool.coverage.report]
fail_under = 100
skip_covered = true
"""


def run_tests(folder: Path, test: str, *options: str, more: str = "", **code: str):
    """Run a test file in a process of its own; return its status, and all that it prints.

    `more` is added to the conftest; other names are snippets with their code.
    """
    conftest = (ROOT / "tests/conftest.py").read_text(encoding="utf-8")
    files = {
        "pyproject.toml": SETTINGS,
        "tests/conftest.py": f"{conftest}\n\n{more}\n",
        "tests/test_a.py": test,
        "snippets/__init__.py": "",
        **{f"snippets/{name}.py": text for name, text in code.items()},
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    handed_down = ("PYTEST", "COV_", "CI", "REQUIRE_BROWSER")
    kept = {name: it for name, it in os.environ.items() if not name.startswith(handed_down)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        env=kept | {"PYTHONPATH": f"{folder}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
