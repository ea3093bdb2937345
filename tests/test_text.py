"""Text becomes tokens, columns and embeddings as docs/text.md says."""

import io
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from snippets.text import (
    decode,
    embed,
    embed_backward,
    encode,
    encode_file,
    find_alphabet,
    hold_out,
    one_hot,
    pieces,
    read_text,
)
from tests.numeric import error, slope

SIZES = {"n_x": 5, "m": 2, "T": 13, "n_e": 9}
MIXED = "é ø,\n語 😀 z\n" * 3  # characters of 1, 2, 3 and 4 bytes


def exercise():
    """Run every function once at SIZES, for shape comments and equations."""
    n_x, m, T, n_e = SIZES.values()
    rng = np.random.default_rng(0)
    tokens = rng.integers(n_x, size=(T, m))
    one_hot(tokens, n_x)
    e = embed(rng.normal(size=(n_e, n_x)), tokens)
    embed_backward(np.ones((n_e, n_x)), tokens, e)
    encode(decode([0, 1], "ab"), find_alphabet(["ba"]))
    pieces(*hold_out(np.arange(100))[:1], 13, 2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.txt"
        path.write_text("abba", encoding="utf-8")
        encode_file(path, find_alphabet(read_text(path)))


@pytest.fixture
def write(tmp_path):
    def write(data):
        path = tmp_path / "input.txt"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


# The alphabet


def test_an_alphabet_has_each_character_once_in_order():
    assert find_alphabet(["hello ", "world"]) == " dehlorw"
    assert find_alphabet([MIXED]) == "".join(sorted(set(MIXED)))
    assert find_alphabet([]) == find_alphabet([""]) == ""


def test_there_and_back():
    alphabet = find_alphabet([MIXED])
    tokens = encode(MIXED, alphabet)
    assert tokens.tolist() == [alphabet.index(symbol) for symbol in MIXED]
    assert decode(tokens, alphabet) == MIXED
    assert len(encode("", alphabet)) == 0


@pytest.mark.parametrize("token", [-1, 3, np.int64(-1), np.uint8(255)])
def test_a_token_that_the_alphabet_has_not_is_refused(token):
    with pytest.raises(ValueError, match=f"^expected tokens from 0 to 2, got {token}$"):
        decode([0, token], "abc")


@pytest.mark.parametrize(
    ("size", "kind"), [(1, "u1"), (255, "u1"), (256, "u2"), (65535, "u2"), (65536, "u4")]
)
def test_tokens_have_the_smallest_type(size, kind):
    alphabet = "".join(map(chr, range(0x10000, 0x10000 + size)))
    tokens = encode(alphabet, alphabet)
    assert tokens.dtype == kind
    assert tokens[[0, -1]].tolist() == [0, size - 1]


@pytest.mark.parametrize("alphabet", ["b", "bd", "a\U0010ffff", "\0"])
@pytest.mark.parametrize("strange", ["c", "e", "\U0010fffe", "\x01"])
def test_a_character_before_between_or_past_those_of_the_alphabet_is_named(alphabet, strange):
    with pytest.raises(ValueError, match=f"got {strange!r}$".replace("\\", r"\\")):
        encode(alphabet + strange, alphabet)


@pytest.mark.parametrize("alphabet", ["", "aa", "hello world", "the first twenty only"])
def test_an_alphabet_that_is_none_is_refused(alphabet):
    match = (
        r"^expected an alphabet with each character once, as find_alphabet makes it, "
        rf"got one of {len(alphabet)}: {alphabet[:20]!r}$"
    )
    with pytest.raises(ValueError, match=match):
        encode("", alphabet)


@pytest.mark.parametrize("bad", [b"abc", ["a", "b"], None, 3])
def test_what_is_no_text_is_refused(bad):
    match = f"^expected a str, got {type(bad).__name__}$"
    for run in (
        lambda: encode(bad, "abc"),
        lambda: encode("abc", bad),
        lambda: find_alphabet([bad]),
    ):
        with pytest.raises(ValueError, match=match):
            run()


def test_short_texts_cost_no_table_of_all_characters():
    encode("hello", "ehlo")
    tracemalloc.start()
    encode("hello", "ehlo")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000  # Unicode has 1,114,112 code points


def test_a_character_that_is_not_in_the_alphabet_is_named():
    with pytest.raises(ValueError, match=r"^expected only .* of the alphabet, got '\\tXé'$"):
        encode("aéX\tXb", "abc")


# A file


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20])
def test_the_size_of_the_pieces_read_changes_nothing(size, write):
    path = write(MIXED)
    assert "".join(read_text(path, size)) == MIXED
    assert all(len(text) <= size for text in read_text(path, size))
    alphabet = find_alphabet(read_text(path, size))
    tokens = encode_file(path, alphabet, size)
    np.testing.assert_array_equal(tokens, encode(MIXED, alphabet))
    assert tokens.dtype == encode(MIXED, alphabet).dtype


def test_a_million_characters_are_read_at_once_unless_another_size_is_given(write):
    path = write("a" * (2**20 + 1))
    assert [len(text) for text in read_text(path)] == [2**20, 1]


@pytest.mark.parametrize("size", [0, -1])
def test_pieces_without_a_character_are_refused(size, write):
    match = f"^expected size of at least 1, got {size}$"
    for run in (
        lambda path: list(read_text(path, size)),
        lambda path: encode_file(path, "a", size),
    ):
        with pytest.raises(ValueError, match=match):
            run(write("a"))


def test_a_character_may_straddle_what_python_reads_at_once(write):
    text = "a" + "é" * io.DEFAULT_BUFFER_SIZE  # two bytes each, from an odd place on
    assert "".join(read_text(write(text), 1000)) == text


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_ends_of_lines_become_one_character(size, write):
    path = write(b"\xef\xbb\xbfone\r\ntwo\rthree\n\r\n")  # and a mark of the byte order is dropped
    assert "".join(read_text(path, size)) == "one\ntwo\nthree\n\n"


@pytest.mark.parametrize("before", ["", "é", "long\r\n" * 5000, "é" * 10001])
@pytest.mark.parametrize(("bad", "at"), [(b"\xff", 0), (b"\xe9t", 0), (b"\xc3", 0), (b"a\x80", 1)])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_what_is_not_utf8_is_said_with_its_place(before, bad, at, mark, write):
    path = write(mark + before.encode() + bad)
    place = len(mark) + len(before.encode()) + at
    with pytest.raises(ValueError, match=f"^expected UTF-8 in {path}, .* at byte {place}$"):
        list(read_text(path, 1000))


def test_files_that_hold_no_text_are_refused(write, tmp_path):
    path = write("")
    with pytest.raises(ValueError, match=f"^expected a text in {path}, got an empty file$"):
        encode_file(path, "abc")
    with pytest.raises(FileNotFoundError):
        encode_file(tmp_path / "none.txt", "abc")
    with pytest.raises(ValueError, match=r"got 'd'$"):
        encode_file(write("abcd"), "abc")


def test_memory_does_not_grow_with_the_file(write):
    def peak(length):
        path = write("so it is; " * (length // 10))
        tracemalloc.start()
        tokens = encode_file(path, find_alphabet(read_text(path, 10_000)), 10_000)
        cut = pieces(tokens, 50, 10)
        cut[-1].sum()
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(tokens) == length
        return held

    peak(10_000)  # the first time it imports
    assert peak(1_000_000) < 1.05 * peak(100_000)


def test_tokens_cannot_be_changed_and_leave_no_file(write, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    tokens = encode_file(write("abc"), "abc")
    assert not list((tmp_path / "temporary").iterdir())
    with pytest.raises(ValueError, match="read-only"):
        tokens[0] = 1


# Pieces


@pytest.mark.parametrize(("T", "m", "length"), [(1, 1, 2), (3, 2, 25), (4, 3, 24), (5, 1, 30)])
def test_pieces_are_the_text_again(T, m, length):
    tokens = np.arange(length)
    cut = pieces(tokens, T, m)
    count = (length - 1) // (T * m)
    assert cut.shape == (count, T + 1, m)
    np.testing.assert_array_equal(cut[1:, 0], cut[:-1, -1])  # a target, then an input
    for column in range(m):
        first = column * count * T
        inputs = cut[:, :-1, column].ravel()
        np.testing.assert_array_equal(inputs, tokens[first : first + count * T])
        np.testing.assert_array_equal(cut[:, 1:, column].ravel(), inputs + 1)
    assert np.shares_memory(cut, tokens)


def test_a_piece_more_needs_a_token_more():
    assert len(pieces(np.arange(12), 3, 2)) == 1
    assert len(pieces(np.arange(13), 3, 2)) == 2


@pytest.mark.parametrize(("T", "m", "length"), [(0, 1, 9), (1, 0, 9), (3, 2, 6), (3, 2, 0)])
def test_a_text_too_short_for_a_piece_is_refused(T, m, length):
    message = rf"more than T \* m tokens, got {T}, {m} and {length}$"
    with pytest.raises(ValueError, match=message):
        pieces(np.arange(length), T, m)


@pytest.mark.parametrize(("length", "kept"), [(0, 0), (19, 0), (20, 1), (100, 5), (119, 5)])
def test_the_last_twentieth_is_held_out(length, kept):
    seen, held_out = hold_out(np.arange(length))
    assert len(held_out) == kept
    np.testing.assert_array_equal([*seen, *held_out], np.arange(length))


def test_parts_of_a_text_are_views_of_it():
    tokens = np.arange(100)
    for part in hold_out(tokens):
        assert np.shares_memory(part, tokens)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (list(range(99)), "expected tokens to be a plain NumPy array, got list"),
        (range(99), "expected tokens to be a plain NumPy array, got range"),
        (
            np.ma.array(np.arange(99), mask=np.arange(99) > 90),
            "expected tokens to be a plain NumPy array, got MaskedArray",
        ),
        (np.zeros((99, 2), int), r"expected tokens \(characters,\), got \(99, 2\)"),
        (np.array(3), r"expected tokens \(characters,\), got \(\)"),
    ],
)
def test_what_is_no_row_of_tokens_is_refused(bad, message):
    runs = [lambda: pieces(bad, 3, 2), lambda: hold_out(bad)]
    if isinstance(bad, np.ndarray):
        runs.append(lambda: decode(bad, "abc"))
    for run in runs:
        with pytest.raises(ValueError, match=f"^{message}$"):
            run()


# Columns


def draw(dtype=np.float64):
    rng = np.random.default_rng(0)
    n_x, m, T, n_e = SIZES.values()
    E, de = rng.normal(size=(n_e, n_x)), rng.normal(size=(T, n_e, m))
    return E.astype(dtype), rng.integers(n_x, size=(T, m)), de.astype(dtype)


def test_one_hot_by_hand():
    x = one_hot(np.array([[2], [0]], np.uint8), 3)
    np.testing.assert_array_equal(x[:, :, 0], [[0, 0, 1], [1, 0, 0]])
    assert one_hot(np.zeros((0, 2), int), 3).shape == (0, 3, 2)
    assert one_hot(np.zeros((1, 2), int), 3).dtype == np.float64
    assert one_hot(np.zeros((1, 2), int), 3, dtype=np.float32).dtype == np.float32


def test_looking_up_is_a_product_with_a_one_hot_column():
    E, tokens, _ = draw()
    np.testing.assert_array_equal(embed(E, tokens), E @ one_hot(tokens, 5))


def test_the_gradient_is_the_slope_of_the_loss():
    E, tokens, de = draw()
    numeric = slope(lambda: (de * embed(E, tokens)).sum(), E)
    assert error(embed_backward(E, tokens, de), numeric) < 1e-9


def test_a_gradient_by_hand():
    de = np.array([[[1.0, 10.0]], [[100.0, 1000.0]]])
    dE = embed_backward(np.zeros((1, 3)), np.array([[2, 0], [2, 2]]), de)
    np.testing.assert_array_equal(dE, [[10, 0, 1101]])


def test_precision_stays_and_arguments_stay():
    E, tokens, de = draw(np.float32)
    for array in (E, tokens, de):
        array.flags.writeable = False
    e, dE = embed(E, tokens), embed_backward(E, tokens, de)
    assert e.dtype == dE.dtype == np.float32
    assert not np.shares_memory(e, E)
    assert embed(E, tokens[:0]).shape == (0, 9, 2)
    assert not embed_backward(E, tokens[:0], de[:0]).any()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_many_small_gradients_add_up_in_every_type(dtype):
    T = 5000  # a sum in half precision would stop at 2048
    dE = embed_backward(np.ones((1, 2), dtype), np.zeros((T, 1), int), np.ones((T, 1, 1), dtype))
    assert dE.dtype == dtype
    np.testing.assert_array_equal(dE, np.array([[T, 0]], dtype))
    third = np.full((T, 1, 1), 1 / 3, dtype)
    dE = embed_backward(np.ones((1, 1), dtype), np.zeros((T, 1), int), third)
    mean = float(dE[0, 0] / dtype(T))
    rounding = max(float(np.finfo(dtype).eps), T * 2.0**-52)
    assert mean == pytest.approx(float(third[0, 0, 0]), rel=rounding)


def test_long_doubles_are_not_summed_in_double_precision():
    if np.finfo(np.longdouble).eps > 2.0**-60:
        pytest.skip("a long double is no finer than a double here")
    fine = np.ones((1, 1, 1), np.longdouble) + np.longdouble(2) ** -60
    dE = embed_backward(np.ones((1, 1), np.longdouble), np.zeros((1, 1), int), fine)
    assert dE[0, 0] == fine[0, 0, 0]
    # each of the small ones alone is lost beside 1, their sum is not
    for of_E, of_de, small in [
        (np.longdouble, np.float64, 2.0**-60),
        (np.float64, np.longdouble, 2.0**-54),
    ]:
        E, de = np.ones((1, 1), of_E), np.full((4, 1, 1), small, of_de)
        de[0] = 1
        dE = embed_backward(E, np.zeros((4, 1), int), de)
        assert dE[0, 0] == of_E(np.longdouble(1) + 3 * np.longdouble(small)) > 1


@pytest.mark.parametrize("of_E", [np.float32, np.float64])
@pytest.mark.parametrize("of_de", [np.float16, np.float64])
def test_a_gradient_has_the_type_of_what_it_is_for(of_E, of_de):
    E, tokens, de = draw()
    dE = embed_backward(E.astype(of_E), tokens, de.astype(of_de))
    assert dE.dtype == of_E


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([[0]], r"tokens to be a plain NumPy array, got list"),
        (np.ma.array([[0]], mask=[[1]]), r"tokens to be a plain NumPy array, got MaskedArray"),
        (np.zeros((1, 1), int).view(np.matrix), r"tokens to be a plain NumPy array, got matrix"),
        (np.array([0]), r"tokens \(T, m\) of integers, got ndarray \(1,\) of int64"),
        (np.array([[0.0]]), r"tokens \(T, m\) of integers, got ndarray \(1, 1\) of float64"),
        (np.array([[0, 5]]), r"tokens from 0 to 4, got 0 to 5"),
        (np.array([[-1, 4]]), r"tokens from 0 to 4, got -1 to 4"),
    ],
)
def test_tokens_that_do_not_fit_are_named(bad, message):
    E, _, de = draw()
    for run in (one_hot, lambda it, _: embed(E, it), lambda it, _: embed_backward(E, it, de)):
        with pytest.raises(ValueError, match=f"^expected {message}$"):
            run(bad, 5)


def test_arrays_that_do_not_fit_are_named():
    E, tokens, de = draw()
    for bad, came in [(E[0], r"\(5,\) of float64"), (E.astype(int), r"\(9, 5\) of int64")]:
        match = rf"^expected E \(n_e, n_x\) of floats, got ndarray {came}$"
        for run in (embed, lambda bad, tokens: embed_backward(bad, tokens, de)):
            with pytest.raises(ValueError, match=match):
                run(bad, tokens)
    for bad, came in [(de[1:], r"\(12, 9, 2\) of float64"), (de.astype(int), r".* of int64")]:
        match = rf"^expected de \(13, 9, 2\) of floats, got ndarray {came}$"
        with pytest.raises(ValueError, match=match):
            embed_backward(E, tokens, bad)


@pytest.mark.parametrize("subclass", [np.ma.MaskedArray, np.matrix])
def test_arrays_that_are_not_plain_are_named(subclass):
    E, tokens, de = draw()
    odd = np.ma.array(E) if subclass is np.ma.MaskedArray else E.view(np.matrix)
    match = rf"^expected E \(n_e, n_x\) of floats, got {subclass.__name__}, not ndarray$"
    for run in (embed, lambda bad, tokens: embed_backward(bad, tokens, de)):
        with pytest.raises(ValueError, match=match):
            run(odd, tokens)
    with pytest.raises(ValueError, match=r"^expected de \(.*\) .* got MaskedArray, not ndarray$"):
        embed_backward(E, tokens, np.ma.array(de))
    with pytest.raises(ValueError, match=r"^expected E \(.*\) .* got list, not ndarray$"):
        embed([[1.0]], tokens)
