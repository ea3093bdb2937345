"""A fresh clone sets itself up, or says in one sentence why it cannot."""

import hashlib
import io
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.faults import assert_none
from tests.guards.markdown import read_page
from tools import new_page, serve

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

ROOT = Path(__file__).parents[1]
LOCKS = ["requirements.txt", "requirements-dev.txt"]
MOST_WORDS = 700  # a few minutes
FORM = "NAME must be words in lower case or acronyms in capitals, with hyphens, as GRU-reset-after,"
NO_COPY = shutil.ignore_patterns(
    ".git", ".venv", ".cache", ".coverage*", "site", "mutants", "__pycache__"
)


def fresh(**environment):
    """Give what a fresh shell has: nothing that the make around this test hands down."""
    handed_down = ("MAKE", "MFLAGS", "PYTEST", "COV_", "PIP_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(handed_down)}
    return kept | environment


def run(command, folder, **environment):
    """Run a command as in a fresh shell."""
    return subprocess.run(
        command, cwd=folder, env=fresh(**environment), capture_output=True, text=True, check=False
    )


@pytest.fixture
def clone(tmp_path):
    """Lay out what `make site` needs to begin, in an empty folder."""
    (tmp_path / "tools").mkdir()
    for name in ("Makefile", *LOCKS, "tools/install.sh"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def pythons(clone, script):
    """Put stand-ins for every name of Python in front of the PATH, and return that PATH."""
    folder = clone / "bin"
    folder.mkdir()
    for name in ("python3.12", "python3.13", "python3.14", "python3", "python"):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def sentence(done):
    """Return the one line on stderr that is not make's own."""
    assert done.returncode
    (line,) = (line for line in done.stderr.splitlines() if not line.startswith("make: ***"))
    return line


def test_a_python_that_is_too_old_is_named(clone):
    path = pythons(clone, 'case "$2" in *python_version*) echo 3.11.2 ;; *) exit 1 ;; esac')
    said = sentence(run(["make", "site"], clone, PATH=path))
    assert said.startswith("Python 3.12 or newer is needed, but python3.12 is 3.11.2, ")


def test_no_python_that_runs_is_said(clone):
    said = sentence(run(["make", "site"], clone, PATH=pythons(clone, "exit 127")))
    assert said == "Python 3.12 or newer is needed, but no Python was found."


def test_a_python_without_venv_is_said(clone):
    path = pythons(clone, 'case "$2" in *ensurepip*) exit 1 ;; *) echo 3.13.0 ;; esac')
    said = sentence(run(["make", "site"], clone, PATH=path))
    assert said.startswith("python3.12 cannot make a virtual environment: install its venv module")


def real_pip(clone):
    """Put a Python in front that makes no environment of its own: that takes four seconds."""
    return pythons(
        clone,
        f"""[ "$2" != venv ] || exec sh -c 'mkdir -p .venv/bin && cp "$0" .venv/bin/python' "$0"
        exec {sys.executable} "$@"
        """,
    )


def test_no_network_is_said_and_leaves_nothing_half_done(clone):
    lock = f"numpy==0 --hash=sha256:{64 * '0'}\n"
    (clone / "requirements.txt").write_text(lock, encoding="utf-8")
    done = run(
        ["make", "site"],
        clone,
        PATH=real_pip(clone),
        PIP_CONFIG_FILE=os.devnull,
        PIP_INDEX_URL="http://127.0.0.1:9/",  # nobody answers there
        PIP_RETRIES="0",
        PIP_NO_CACHE_DIR="1",
    )
    done.stderr = done.stderr.split("once ...\n")[1]
    assert sentence(done) == (
        "The packages could not be fetched: is there a network? "
        "What pip said is in .venv/install.log."
    )
    assert "No matching distribution" in (clone / ".venv/install.log").read_text(encoding="utf-8")
    assert not (clone / ".venv/requirements.txt").exists()
    assert not os.path.lexists(clone / ".cache/install")


def test_a_package_that_cannot_be_built_is_said(clone):
    sources = {
        "pyproject.toml": '[build-system]\nrequires=[]\nbuild-backend="cc"\nbackend-path=["."]',
        "cc.py": "def build_wheel(*_):\n    raise FileNotFoundError('cc')",
        "PKG-INFO": "Metadata-Version: 2.1\nName: source\nVersion: 1",
    }
    archive = clone / "source-1.tar.gz"
    with tarfile.open(archive, "w:gz") as opened:
        for name, text in sources.items():
            member = tarfile.TarInfo(f"source-1/{name}")
            member.size = len(text)
            opened.addfile(member, io.BytesIO(text.encode()))
    lock = f"source==1 --hash=sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}\n"
    (clone / "requirements.txt").write_text(lock, encoding="utf-8")
    path = real_pip(clone)
    done = run(["make", "site"], clone, PATH=path, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(clone))
    done.stderr = done.stderr.split("once ...\n")[1]
    assert sentence(done) == (
        f"A package has no wheel for Python {platform.python_version()} here, and could not be "
        "built: that takes compilers for C and Rust, and Python's headers. "
        "What pip said is in .venv/install.log."
    )


BOTH = "-r requirements.txt -r requirements-dev.txt"


def installing(clone, wait="true"):
    """Put a Python in front that installs nothing, waits, and keeps a log of it."""
    return pythons(
        clone,
        f"""case "$2" in
          *python_version*) echo 3.12.0 ;;
          venv) echo began >>log; {wait}; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
          pip) all="$*"; echo "${{all##*--no-deps }}" >>log ;;
        esac
        """,
    )


def test_of_two_commands_one_installs_and_the_other_waits(clone):
    path = installing(clone, "while [ ! -e go ]; do sleep 0.02; done")
    both = [
        subprocess.Popen(["make", "venv"], cwd=clone, env=fresh(PATH=path), stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = {command.stderr.readline() for command in both}
    (clone / "go").touch()
    rest = [command.communicate()[1] for command in both]
    assert [command.returncode for command in both] == [0, 0]
    assert rest == [b"", b""]
    assert said == {
        b"Installing the packages of requirements.txt and requirements-dev.txt in .venv: "
        b"less than a minute, once ...\n",
        b"Another command is installing: waiting for it ...\n",
    }
    assert (clone / "log").read_text(encoding="utf-8") == f"began\n{BOTH}\n"
    assert not os.path.lexists(clone / ".cache/install")


def test_tests_and_checks_add_to_what_the_site_takes(clone):
    path = installing(clone)
    for goal in ("site", "venv", "site", "venv"):
        assert run(["make", goal], clone, PATH=path).returncode == 0
    log = clone / "log"
    assert log.read_text() == "began\n-r requirements.txt\n-r requirements-dev.txt\n"
    log.unlink()
    with (clone / "requirements-dev.txt").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    for goal in ("site", "venv", "site"):
        assert run(["make", goal], clone, PATH=path).returncode == 0
    assert log.read_text() == f"began\n{BOTH}\n"  # made again: nothing stays of the old ones


def test_what_a_killed_command_left_behind_keeps_nobody_waiting(clone):
    (clone / ".cache").mkdir()
    with subprocess.Popen("true") as gone:
        (clone / ".cache/install").symlink_to(str(gone.pid))
    done = run(["make", "venv"], clone, PATH=installing(clone))
    assert done.stderr == (
        "Installing the packages of requirements.txt and requirements-dev.txt in .venv: "
        "less than a minute, once ...\n"
    )
    assert done.returncode == 0
    assert not os.path.lexists(clone / ".cache/install")


def test_an_installation_that_is_stopped_keeps_nobody_waiting(clone, interrupt):
    # Python, not sleep: a shell loses the signal between making a process and starting sleep in it
    code = "import time; open('waits', 'w').close(); time.sleep(60)"
    path = installing(clone, f'exec "{sys.executable}" -c "{code}"')
    stopped = subprocess.Popen(
        ["make", "venv"],
        cwd=clone,
        env=fresh(PATH=path),
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    while not (clone / "waits").exists():
        assert stopped.poll() is None
        time.sleep(0.02)
    interrupt(stopped, os.killpg)
    stopped.communicate(timeout=20)
    assert stopped.returncode
    assert not os.path.lexists(clone / ".cache/install")


@pytest.fixture
def ignored():
    """Let SIGINT be ignored, as in the background of a script."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def test_control_c_of_a_test_reaches_what_it_starts_even_in_the_background(ignored, interrupt):
    code = "import signal; print(signal.getsignal(signal.SIGINT), flush=True); signal.pause()"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        assert "default_int_handler" in process.stdout.readline()
        interrupt(process)
        _, said = process.communicate(timeout=20)
    assert said.endswith("KeyboardInterrupt\n")


def test_what_is_installed_is_not_installed_again(clone):
    path = pythons(clone, "exit 127")
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").symlink_to(shutil.which("true"))
    shutil.copy(clone / "requirements.txt", clone / ".venv")
    assert run(["make", "site"], clone, PATH=path).returncode == 0
    with (clone / "requirements.txt").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    assert run(["make", "site"], clone, PATH=path).returncode


def test_a_port_in_use_is_said():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = sentence(run([sys.executable, "tools/serve.py"], ROOT, PORT=str(port)))
    assert said == f"Port {port} is in use: try another, as in make serve PORT={port + 1}."


SETTINGS = """
site_name: Book
strict: true
theme: {{name: null, custom_dir: theme}}
hooks: [{hook}]
markdown_extensions: [pymdownx.snippets: {{check_paths: false}}]
"""


def test_a_page_is_served_although_what_it_links_and_includes_is_missing(tmp_path):
    files = {
        "mkdocs.yml": SETTINGS.format(hook=ROOT / "overrides/hooks/missing.py"),
        "docs/index.md": '[later](gone.md)\n\n--8<-- "gone.svg"\n\nThe rest.\n',
        "theme/main.html": "{{ page.content }}",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, ROOT / "tools/serve.py"]
    environment = fresh(PORT=str(port), NO_MKDOCS_2_WARNING="1", PYTHONPATH=str(ROOT))
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        said = [server.stderr.readline()]
        while said[-1] and "Serving on" not in said[-1]:
            said.append(server.stderr.readline())
        try:
            shown = urlopen(f"http://127.0.0.1:{port}/").read().decode()
        finally:
            server.terminate()
    assert "The rest." in shown
    warnings = [line for line in said if line.startswith("WARNING")]
    assert "index.md includes gone.svg, which is not there" in warnings[0]
    assert "contains a link 'gone.md', but the target is not found" in warnings[1]


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", ""])
def test_a_port_that_is_none_is_said(port):
    said = sentence(run([sys.executable, "tools/serve.py"], ROOT, PORT=port))
    assert said == f"PORT must be a whole number from 1 to 65535, got {port!r}."


def test_a_page_that_is_not_there_cannot_be_served_alone():
    said = sentence(run([sys.executable, "tools/serve.py"], ROOT, PAGE="lstn"))
    assert said == "NAME must be the name of a page, as in make serve NAME=lstm, got 'lstn'."


@pytest.mark.parametrize(
    ("name", "page"),
    [("lstm", "lstm"), ("gru_gradient", "gru-gradient"), ("memory", "memory")],
)
def test_a_page_is_named_by_its_address_or_its_snippet(name, page):
    assert serve.find_page(name) == page


@pytest.mark.parametrize(("required", "status"), [("", 0), ("1", 1)])
def test_browser_tests_left_out_are_counted(tmp_path, required, status):
    conftest = (ROOT / "tests/conftest.py").read_text(encoding="utf-8")
    none = "def pytest_configure():\n    from tests import browser\n    browser.BROWSERS = ()\n"
    (tmp_path / "conftest.py").write_text(f"{conftest}\n\n{none}", encoding="utf-8")
    (tmp_path / "test_page.py").write_text("def test_page(page):\n    pass\n", encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    browser\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path]
    done = run(command, tmp_path, CHROMIUM="", REQUIRE_BROWSER=required, PYTHONPATH=str(ROOT))
    assert "\n1 browser tests left out: no Chromium found\n" in done.stdout
    assert done.returncode == status


def test_make_prints_what_each_command_does():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    explained = re.findall(r"^([a-z-]+):.*?## ", makefile, re.M)
    assert re.findall(r"^make ([a-z-]+) ", run(["make"], ROOT).stdout, re.M) == explained


def test_the_container_has_what_the_checks_install():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    checks = (ROOT / ".ci/run").read_text(encoding="utf-8")
    for package in ("chromium", "fonts-dejavu-core"):
        assert re.search(rf"\b{package}\b", checks)
        assert package in container["onCreateCommand"].split()
    python = (ROOT / ".python-version").read_text(encoding="utf-8").split()[0]
    assert f"python:{python}-" in container["image"]
    assert container["postCreateCommand"] == "make venv"


def test_what_a_first_contribution_needs_is_read_in_a_few_minutes():
    page = read_page(ROOT, "docs/contributing.md")
    if (count := len(page.text.split())) > MOST_WORDS:
        assert_none([f"{page.name}: expected at most {MOST_WORDS} words, got {count}"])


def test_a_page_laid_out_is_whole(tmp_path):
    copy = shutil.copytree(ROOT, tmp_path / "copy", ignore=NO_COPY)

    def succeed(*arguments):
        done = run([sys.executable, *arguments], copy)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    cell = succeed("tools/new_page.py", "GRU-after-tea", "--cell")
    plain = succeed("tools/new_page.py", "tea")
    experiment = succeed("tools/new_page.py", "tea-time", "--experiment")
    written = re.findall(r"^  (.+)", cell + plain + experiment, re.M)
    assert len(written) == 13
    assert all((copy / name).is_file() for name in written)
    code = [name for name in written if name.endswith(".py")]
    succeed("-m", "ruff", "check", *code)
    succeed("-m", "ruff", "format", "--check", *code)
    # in the files of all cells what names no cell runs too: there is nothing to register
    files = ["gru_after_tea", "tea", "tea_time", "cells", "parity", "parameter_count"]
    files = [f"tests/test_{name}.py" for name in files]
    passed = succeed("-m", "pytest", "-q", "-k", "tea or lost or what_is_counted", *files)
    assert int(re.search(r"(\d+) passed", passed)[1]) > 40  # all that cells share among them
    # built with those pages only that the new ones link to; a whole file links to the changes
    pages = {path for kind in ("*.md", "experiments/*.py") for path in copy.glob(f"docs/{kind}")}
    new = {copy / name for name in written} & pages
    links = {name for page in new for name in re.findall(r"([\w-]+\.md)[#)]", page.read_text())}
    for page in pages - new:
        if page.name not in links | {"changes.md"}:
            page.unlink()
    built = run([sys.executable, "-m", "mkdocs", "build", "--no-strict"], copy)
    assert built.returncode == 0, built.stderr
    assert re.findall("WARNING.*tea(?!cher).*", built.stderr) == []
    assert "<title>GRU after tea" in (copy / "site/gru-after-tea.html").read_text(encoding="utf-8")
    assert (copy / "site/experiments/tea_time.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Gru"], f"{FORM} got 'Gru'."),
        ([""], f"{FORM} got ''."),
        (["tea", "--section", "Tea"], "mkdocs.yml has no section 'Tea', but Start, "),
        (["RNN", "--cell"], "docs/rnn.md exists already; nothing was written."),
        (["rnn", "--experiment"], "docs/rnn.md exists already; nothing was written."),
        *(
            ([name], f"NAME must be one that Python and its packages leave free, got {name!r}.")
            for name in ("class", "copy", "numpy", "tools")
        ),
    ],
)
def test_a_page_that_cannot_be_laid_out_is_said(tmp_path, monkeypatch, arguments, said):
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=NO_COPY)
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/rnn.md").touch()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    monkeypatch.setattr(new_page, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["new_page.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        new_page.main()
    assert ended.value.code.startswith(said)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before
