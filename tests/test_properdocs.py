"""`make properdocs` names what ProperDocs makes differently, and only that."""

import subprocess

import pytest

from tools import properdocs
from tools.properdocs import differences, install, main

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

PAGE = '<head>\n<meta name="generator" content="{builder}">\n</head>\n<h1>LSTM</h1>\n<p>Text.</p>\n'
SITEMAP = "<url>\n<lastmod>{day}</lastmod>\n</url>\n"


def write_site(folder, builder, day):
    """Write what a builder makes."""
    (folder / "experiments").mkdir(parents=True, exist_ok=True)
    (folder / "lstm.html").write_text(PAGE.format(builder=builder))
    (folder / "experiments/memory.html").write_text(PAGE.format(builder=builder))
    (folder / "sitemap.xml").write_text(SITEMAP.format(day=day))
    (folder / "sitemap.xml.gz").write_bytes(day.encode())


@pytest.fixture
def sites(tmp_path, monkeypatch):
    """Write what two builders make of the same pages."""
    monkeypatch.setattr(properdocs, "CACHE", tmp_path)
    write_site(tmp_path / "mkdocs", "mkdocs-1.6.1", "2026-11-30")
    write_site(tmp_path / "properdocs", "mkdocs-ProperDocs 1.6.7", "2026-12-01")
    return tmp_path / "mkdocs", tmp_path / "properdocs"


def test_the_name_of_the_builder_and_the_day_are_no_difference(sites):
    assert differences(*sites) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        (
            "lstm.html",
            "<h1>LSTM",
            "<h1>GRU",
            "lstm.html:4: differs\n  mkdocs: <h1>LSTM</h1>\n  properdocs: <h1>GRU</h1>",
        ),
        (
            "experiments/memory.html",
            "</p>\n",
            "</p>\n<p>",
            "experiments/memory.html:6: differs\n  mkdocs: \n  properdocs: <p>",
        ),
        (
            "sitemap.xml",
            "\n</url>\n",
            "",
            "sitemap.xml:3: differs\n  mkdocs: </url>\n  properdocs: (the end)",
        ),
    ],
)
def test_a_difference_is_named_by_page_and_line(sites, name, old, new, fault):
    path = sites[1] / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert differences(*sites) == [fault]


def test_a_page_that_only_one_makes_is_named(sites):
    (sites[0] / "lstm.html").unlink()
    (sites[1] / "experiments/memory.html").unlink()
    assert differences(*sites) == [
        "experiments/memory.html: only mkdocs makes it",
        "lstm.html: only properdocs makes it",
    ]


@pytest.fixture
def stand_in(sites, monkeypatch):
    """Build and install nothing: keep the commands, and give the status that they return."""
    commands, status = [], [0]

    def run(command, **_):
        commands.append([str(part) for part in command])
        (sites[0].parent / "venv").mkdir(exist_ok=True)
        return subprocess.CompletedProcess(command, status[0], "", "WARNING: no such page")

    monkeypatch.setattr(properdocs.subprocess, "run", run)
    return commands, status


def test_what_is_installed_is_pinned_by_hash_and_installed_once(stand_in, capsys):
    commands, _ = stand_in
    main()
    main()
    said = capsys.readouterr().out
    assert said.count("Installing ProperDocs") == 1
    assert said.endswith("\nProperDocs makes the same 2 pages as MkDocs.\n")
    (pip,) = (command for command in commands if "pip" in command)
    assert {"--require-hashes", "--no-deps"} < set(pip)
    assert [command[2] for command in commands if "build" in command] == [
        "mkdocs",
        "properdocs",
    ] * 2


def test_a_new_version_is_installed(stand_in, tmp_path, monkeypatch):
    lock = tmp_path / "lock.txt"
    monkeypatch.setattr(properdocs, "LOCKS", [lock])
    for text in ("properdocs==1", "properdocs==1", "properdocs==2"):
        lock.write_text(text)
        install()
    assert sum("pip" in command for command in stand_in[0]) == 2


def test_a_difference_and_a_failing_build_fail_the_command(stand_in, sites):
    (sites[1] / "lstm.html").write_text("")
    with pytest.raises(SystemExit, match=r"^1 difference"):
        main()
    stand_in[1][0] = 1
    with pytest.raises(SystemExit) as end:
        properdocs.build("python", "properdocs")
    assert end.value.code == "properdocs cannot build the site:\nWARNING: no such page"
