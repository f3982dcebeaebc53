"""What is kept reads the same as it was computed, whatever it holds; a bad file is not believed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from mdp.core.store import append_rows, kept, stored_keys

quick = settings(max_examples=100, deadline=None)
text = st.text(st.characters(codec="utf-8"), max_size=6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
)
COLUMNS = {
    "float64": st.floats(),
    "float32": st.floats(width=32),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint8": st.integers(0, 255),
    "bool": st.booleans(),
    "str": st.none() | text | st.sampled_from(["", "NaN", "nan", "a\r\nb", '"']),
    "Int64": st.none() | st.integers(-(2**63), 2**63 - 1),
    "object": json_values,
}


@st.composite
def frames(draw):
    rows = draw(st.integers(0, 5))
    frame = pd.DataFrame(index=pd.RangeIndex(rows))
    for name in draw(st.lists(text, unique=True, max_size=4)):
        kind = draw(st.sampled_from(sorted(COLUMNS)))
        values = draw(st.lists(COLUMNS[kind], min_size=rows, max_size=rows))
        frame[name] = pd.Series(values, frame.index, kind)
    if draw(st.booleans()):
        labels = draw(st.lists(text, min_size=rows, max_size=rows))
        frame.index = pd.Index(labels, dtype="str", name=draw(st.none() | text))
    frame.attrs = draw(st.dictionaries(text, json_values, max_size=2))
    return frame


def computed():
    raise AssertionError("it was kept already")


@quick
@given(frames())
def test_frames_read_back_the_same(tmp_path_factory, frame):
    folder = tmp_path_factory.mktemp("store")
    first = kept(folder, "a key", lambda: frame)
    second = kept(folder, "a key", computed)
    for read in (first, second):
        pd.testing.assert_frame_equal(read, frame, check_exact=True, check_flags=False)
        assert read.attrs == frame.attrs and [*read.dtypes] == [*frame.dtypes]


@quick
@given(json_values, json_values)
def test_values_read_back_the_same(tmp_path_factory, key, value):
    folder = tmp_path_factory.mktemp("store")
    assert kept(folder, key, lambda: value) == value
    assert kept(folder, key, computed) == value


def test_a_key_has_one_spelling(tmp_path):
    kept(tmp_path, {"a": 1, "b": [1.5, "x"]}, lambda: 1, "energy")
    assert kept(tmp_path, {"b": (1.5, "x"), "a": 1}, computed, "energy") == 1
    assert kept(tmp_path, {"a": 1, "b": [1.5, "y"]}, lambda: 2, "energy") == 2
    assert all(path.name.startswith("energy-") for path in tmp_path.iterdir())


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b"[]\n[]\n[]", b'"key"\nsum\n1'])
def test_a_bad_file_is_computed_again(tmp_path, damage):
    kept(tmp_path, "key", lambda: 1)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage)
    assert kept(tmp_path, "key", lambda: 2) == 2 == kept(tmp_path, "key", computed)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.warns(UserWarning, match="could not be written"):
        assert kept(tmp_path / "file" / "store", "key", lambda: {"a": (1, 2)}) == {"a": [1, 2]}


def test_a_failed_computation_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError):
        kept(tmp_path, "key", lambda: 1 / 0)
    assert not list(tmp_path.iterdir())


def test_a_growing_table_against_pandas(tmp_path):
    path = tmp_path / "runs.csv"
    text = 'a comma, a "quote" and\na second line'
    append_rows(path, pd.DataFrame({"name": [text], "kappa": [0.1 + 0.2]}, index=["not written"]))
    append_rows(path, [{"kappa": 2.5}, {"name": "NaN", "kappa": np.nan}])
    table = pd.read_csv(path, keep_default_na=False, na_values=[""])
    assert table.name.tolist()[::2] == [text, "NaN"] and table.name.isna()[1]
    assert table.kappa[0] == 0.1 + 0.2 and np.isnan(table.kappa[2])
    assert ("NaN",) in stored_keys(path, "name") and stored_keys(
        tmp_path / "none.csv", "x"
    ) == set()


def test_a_growing_table_refuses_another_column_and_stays_as_it_is(tmp_path):
    path = tmp_path / "runs.csv"
    append_rows(path, [{"seed": 0}])
    with pytest.raises(ValueError, match="no column kappa"):
        append_rows(path, [{"seed": 1, "kappa": 3.0}])
    with pytest.raises(ValueError, match="kappa"):
        stored_keys(path, "kappa")
    assert path.read_text() == "seed\n0\n"
