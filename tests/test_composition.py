"""Compositions under random and malformed input; pymatgen reads the same formulas beside it."""
import re
import numpy as np, pandas as pd, pytest
from hypothesis import assume, given, settings, strategies as st
from pymatgen.core import Composition
from mdp.core import BadInput
from mdp.data import load
from mdp.represent.composition import Compositions

SYMBOLS = list(load("elements").index)
NAMES = list(Compositions().get_feature_names_out())
KIND = np.array([n.split(":")[0] for n in NAMES])

amount = st.one_of(st.just(""), st.integers(1, 999).map(str), st.decimals("0.001", "99", places=3).filter(lambda d: d > 0).map(str))
group = st.tuples(st.sampled_from(SYMBOLS), st.sampled_from(["", " "]), amount).map("".join)
formula = st.recursive(st.lists(group, min_size=1, max_size=5).map("".join),
    lambda inner: st.tuples(inner, st.sampled_from(["()", "[]", "{}"]), inner, amount).map(lambda p: f"{p[0]}{p[1][0]}{p[2]}{p[1][1]}{p[3]}"), max_leaves=4)


def features(X): return np.asarray(Compositions().transform(X))


def close(a, b, scale, tolerance=1e-9):
    "Equal but for rounding; `scale` is the largest |x| that went into each number, and a variance goes with its square."
    floor = np.where(KIND == "var", scale**2, scale)
    return (np.abs(a - b) <= tolerance*np.abs(b) + 1e-13*floor).all()


def largest(row):
    "The largest |x| of each property, repeated for the five statistics."
    x = np.maximum(np.abs(row[KIND == "max"]), np.abs(row[KIND == "min"]))
    return np.tile(x, 5)


@settings(deadline=None, max_examples=300)
@given(st.lists(formula, min_size=1, max_size=8))
def test_strings_are_read_as_pymatgen_reads_them(formulas):
    ours, theirs = features(formulas), features([Composition(f) for f in formulas])
    n = np.array([Composition(f).num_atoms for f in formulas])
    for a, b, total in zip(ours, theirs, n): assert close(a, b, largest(b)*np.where(KIND == "sum", total, 1))


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from(SYMBOLS), st.integers(1, 500), min_size=1, max_size=8), st.randoms())
def test_the_order_of_the_elements_is_nothing(amounts, random):
    pairs = list(amounts.items())
    random.shuffle(pairs)
    a = features([dict(pairs), "".join(f"{e}{n}" for e, n in pairs), amounts])
    assert (a[0] == a[1]).all() and (a[0] == a[2]).all()
    table = pd.DataFrame([dict(pairs)])
    assert (features(table)[0] == a[0]).all()


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from(SYMBOLS), st.integers(1, 500), min_size=1, max_size=8), st.floats(1e-3, 1e3))
def test_size_matters_to_the_sum_only(amounts, factor):
    a, b = features([amounts, {e: n*factor for e, n in amounts.items()}])
    scale = largest(a)
    assert close(b, np.where(KIND == "sum", factor*a, a), scale*np.where(KIND == "sum", factor*sum(amounts.values()), 1))
    assert (a[KIND == "max"] == b[KIND == "max"]).all() and (a[KIND == "min"] == b[KIND == "min"]).all()


malformed = st.sampled_from(["", " ", "Xx", "Fe2Xx3", "D2O", "Fe3+", "O2-", "Fe-2O3", "Mg32(Al,Zn)49", "Ca(OH", "CaOH)2", "2Fe", "Fe1.2.3", "Fe0", "CuSO4·5H2O", "()", "Fe₂O₃", "fe", "\0", "Fe\0O",
    None, float("nan"), pd.NA, 3, {}, {"Fe": -1}, {"Fe": 0}, {"Fe": float("nan")}, {"Fe": "two"}, {"Fe3+": 1}, {"Zz": 1}, Composition({"Fe3+": 2, "O2-": 3}), Composition("D2O"), ["Fe"]])


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.booleans(), formula, malformed), min_size=1, max_size=12))
def test_every_bad_row_is_named(rows):
    values = [bad if wrong else good for wrong, good, bad in rows]
    expected = [f"row{i}" for i, (wrong, _, _) in enumerate(rows) if wrong]
    assume(expected)
    X = pd.Series(values, [f"row{i}" for i in range(len(rows))], dtype=object)
    with pytest.raises(BadInput) as e: Compositions().transform(X)
    assert [r[0] for r in e.value.rows] == expected and all(r[2] for r in e.value.rows) and e.value.of == len(rows)
    kept = Compositions(on_error="nan").transform(X)
    assert list(kept.index[kept.isna().all(axis=1)]) == expected
    good = [v for v, (wrong, _, _) in zip(values, rows) if not wrong]
    if good: assert (kept.dropna().to_numpy() == features(good)).all()


@settings(deadline=None, max_examples=500)
@given(st.text("HeOFeCu0129.()[]{}+-e, \0\n@*·", max_size=20))
def test_any_text_is_a_formula_or_a_bad_row(text):
    row = np.asarray(Compositions(on_error="nan").transform([text]))[0]
    try: c = Composition(text.replace("@", " "))
    except ValueError: c = None
    if np.isfinite(row).all(): assert c is not None and close(features([c])[0], row, largest(row)*max(c.num_atoms, 1))
    else: assert np.isnan(row).all() and (c is None or not c or not np.isfinite(c.num_atoms) or "-" in text or re.search(r"[(\[{][\s@]*[)\]}]", text))    # pymatgen lets a -0 and an empty bracket pass


def test_containers():
    texts = ["Fe2O3", "NaCl"]
    expected = features(texts)
    for X in (tuple(texts), np.array(texts), np.array(texts, object)[:, None], pd.Series(texts), pd.DataFrame({"formula": texts}), ["Fe2O3", {"Na": 1, "Cl": 1}], [Composition(t) for t in texts]):
        assert (features(X) == expected).all()
    assert features([]).shape == (0, 290) and Compositions().transform(pd.Series([], dtype=object)).shape == (0, 290)
    frame = Compositions().transform(pd.DataFrame({"formula": texts}, index=[7, 3]))
    assert list(frame.index) == [7, 3] and list(frame.columns) == NAMES


def test_threads_do_not_meddle():
    from concurrent.futures import ThreadPoolExecutor
    texts = [f"Al{i}Cu{j}" for i in range(1, 60) for j in range(1, 60)]
    expected = features(texts)
    with ThreadPoolExecutor(4) as pool: assert all((r == expected).all() for r in pool.map(features, [texts]*8))
