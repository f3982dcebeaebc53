"""Formulas and compositions under random and malformed input.

Pymatgen and a plain reader are the oracles.
"""

import re
import warnings
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings, strategies as st
from pymatgen.core import Composition, Element
from mdp.core.errors import BadInput
from mdp.data import load
from mdp.matter.formula import (
    SYMBOLS as ELEMENTS,
    amounts,
    element_system,
    read_column,
    read_formula,
    reduced_formula,
)
from mdp.represent.composition import Compositions

SYMBOLS = list(load("elements").index)
NAMES = list(Compositions().get_feature_names_out())
KIND = np.array([n.split(":")[0] for n in NAMES])

amount = st.one_of(
    st.just(""),
    st.integers(1, 999).map(str),
    st.decimals("0.001", "99", places=3).filter(lambda d: d > 0).map(str),
)
group = st.tuples(st.sampled_from(SYMBOLS), st.sampled_from(["", " "]), amount).map("".join)
formula = st.recursive(
    st.lists(group, min_size=1, max_size=5).map("".join),
    lambda inner: st.tuples(inner, st.sampled_from(["()", "[]", "{}"]), inner, amount).map(
        lambda p: f"{p[0]}{p[1][0]}{p[2]}{p[1][1]}{p[3]}"
    ),
    max_leaves=4,
)


def features(X):
    return np.asarray(Compositions().transform(X))


def close(a, b, scale, tolerance=1e-9):
    """Equal but for rounding.

    `scale` is the largest |x| that went into each number, and a variance goes with its square.
    """
    floor = np.where(KIND == "var", scale**2, scale)
    return (np.abs(a - b) <= tolerance * np.abs(b) + 1e-13 * floor).all()


def largest(row):
    "The largest |x| of each property, repeated for the five statistics."
    x = np.maximum(np.abs(row[KIND == "max"]), np.abs(row[KIND == "min"]))
    return np.tile(x, 5)


@settings(deadline=None, max_examples=300)
@given(st.lists(formula, min_size=1, max_size=8))
def test_strings_are_read_as_pymatgen_reads_them(formulas):
    ours, theirs = features(formulas), features([Composition(f) for f in formulas])
    n = np.array([Composition(f).num_atoms for f in formulas])
    for a, b, total in zip(ours, theirs, n):
        assert close(a, b, largest(b) * np.where(KIND == "sum", total, 1))


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(st.sampled_from(SYMBOLS), st.integers(1, 500), min_size=1, max_size=8),
    st.randoms(),
)
def test_the_order_of_the_elements_is_nothing(amounts, random):
    pairs = list(amounts.items())
    random.shuffle(pairs)
    a = features([dict(pairs), "".join(f"{e}{n}" for e, n in pairs), amounts])
    assert (a[0] == a[1]).all() and (a[0] == a[2]).all()
    table = pd.DataFrame([dict(pairs)])
    assert (features(table)[0] == a[0]).all()


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(st.sampled_from(SYMBOLS), st.integers(1, 500), min_size=1, max_size=8),
    st.floats(1e-3, 1e3),
)
def test_size_matters_to_the_sum_only(amounts, factor):
    a, b = features([amounts, {e: n * factor for e, n in amounts.items()}])
    scale = largest(a)
    assert close(
        b,
        np.where(KIND == "sum", factor * a, a),
        scale * np.where(KIND == "sum", factor * sum(amounts.values()), 1),
    )
    assert (a[KIND == "max"] == b[KIND == "max"]).all()
    assert (a[KIND == "min"] == b[KIND == "min"]).all()


malformed = st.sampled_from(
    [
        "",
        " ",
        "Xx",
        "Fe2Xx3",
        "D2O",
        "Fe3+",
        "O2-",
        "Fe-2O3",
        "Mg32(Al,Zn)49",
        "Ca(OH",
        "CaOH)2",
        "2Fe",
        "Fe1.2.3",
        "Fe0",
        "CuSO4·5H2O",
        "()",
        "Fe₂O₃",
        "fe",
        "\0",
        "Fe\0O",
        None,
        float("nan"),
        pd.NA,
        3,
        {},
        {"Fe": -1},
        {"Fe": 0},
        {"Fe": float("nan")},
        {"Fe": "two"},
        {"Fe3+": 1},
        {"Zz": 1},
        Composition({"Fe3+": 2, "O2-": 3}),
        Composition("D2O"),
        ["Fe"],
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.booleans(), formula, malformed), min_size=1, max_size=12))
def test_every_bad_row_is_named(rows):
    values = [bad if wrong else good for wrong, good, bad in rows]
    expected = [f"row{i}" for i, (wrong, _, _) in enumerate(rows) if wrong]
    assume(expected)
    X = pd.Series(values, [f"row{i}" for i in range(len(rows))], dtype=object)
    with pytest.raises(BadInput) as e:
        Compositions().transform(X)
    assert [r[0] for r in e.value.rows] == expected
    assert all(r[2] for r in e.value.rows)
    assert e.value.of == len(rows)
    kept = Compositions(on_error="nan").transform(X)
    assert list(kept.index[kept.isna().all(axis=1)]) == expected
    good = [v for v, (wrong, _, _) in zip(values, rows) if not wrong]
    if good:
        assert (kept.dropna().to_numpy() == features(good)).all()


@settings(deadline=None, max_examples=500)
@given(st.text("HeOFeCu0129.()[]{}+-e, \0\n@*·", max_size=20))
def test_any_text_is_a_formula_or_a_bad_row(text):
    """What we read pymatgen reads alike.

    What only pymatgen reads is an empty bracket, a negative or tiny amount.
    """
    row = np.asarray(Compositions(on_error="nan").transform([text]))[0]
    try:
        theirs = Composition(text.replace("@", " "))
    except ValueError:
        theirs = None
    if np.isfinite(row).all():
        if (
            theirs and min(theirs.values()) >= 1e-6 * theirs.num_atoms
        ):  # it keeps 1e-8, we keep 1e-8 of the total
            assert close(features([theirs])[0], row, largest(row) * max(theirs.num_atoms, 1))
        else:
            assert "e-" in text or "." in text or theirs
    else:
        assert np.isnan(row).all()
        assert (
            not theirs
            or not np.isfinite(theirs.num_atoms)
            or "-" in text
            or re.search(r"[(\[{][\s@]*[)\]}]", text)
        )


def settled(formula):
    "Amounts by the plain reader, None where it refuses."
    try:
        return read_formula(formula)
    except ValueError:
        return None


@settings(deadline=None, max_examples=1000)
@given(
    st.lists(
        st.one_of(formula, st.text("HeOFeCuDAm0129.()[]{}+-e \0\n@·xé₂\udcff", max_size=20)),
        max_size=6,
    )
)
def test_the_fast_reader_and_the_plain_one_agree(formulas):
    read, failures = read_column(formulas)
    assert len(read) == len(formulas)
    for i, text in enumerate(formulas):
        plain = settled(text)
        assert (i in failures) == (plain is None), text
        fast = {ELEMENTS[z - 1]: n for z, n in zip(*read[i])}
        assert fast.keys() == (plain or {}).keys(), text
        assert all(abs(fast[s] - plain[s]) <= 1e-13 * plain[s] for s in fast), text


@pytest.mark.parametrize(
    "text, words",
    [
        ("Ti-6Al-4V", "weight per cent of the others; in atomic per cent it is Ti86.2Al10.2V3.6"),
        ("Ti–6Al–4V", "Ti86.2Al10.2V3.6"),
        ("Fe-60Cr-50Ni", "write atomic amounts"),
        ("Cu-Zn", "Cu0.5Zn0.5"),
        ("Al63-Cu25-Fe12", "write Al63Cu25Fe12"),
        ("La2-xSrxCuO4", "variable amount 'x'"),
        ("YBa2Cu3O7-δ", "variable amount 'δ'"),
        ("(C2H4)n", "variable amount 'n'"),
        ("(" * 33 + "Fe" + ")" * 33, "nested deeper than 32"),
        ("CuSO4·5H2O", "write CuSO4(H2O)5"),
        ("2CaSO4·H2O", "write (CaSO4)2(H2O)"),
        ("CuSO4*5H2O", "write CuSO4(H2O)5"),
        ("Fe₂O₃", "write Fe2O3"),
        ("Fe2O3\xa0", "write Fe2O3"),
        ("Fe³⁺", "charge"),
        ("Fe3+", "charge"),
        ("SO4^2-", "charge"),
        ("[Fe(CN)6]4-", "charge"),
        ("fe2O3", "unexpected 'f'"),
        ("FE2O3", "as in Fe"),
        ("D2O", "isotope of hydrogen"),
        ("2H2O", "(H2O)2"),
        ("(La,Sr)2CuO4", "share a site"),
        ("CC=O", "SMILES"),
        ("YBa2Cu3O7-delta", "variable amount 'delta'"),
        ("Al(x)Ga(1-x)As", "variable amount 'x'"),
        ("La_{2-x}Sr_{x}CuO_4", "variable amount 'x'"),
        ("Fe$_2$O$_{3}$", "write Fe2O3"),
        ("Fe_2O_3", "write Fe2O3"),
        ("β-Ga2O3", "the name of a phase beside the formula; write Ga2O3"),
        ("h-BN", "write BN"),
        ("TiO2-rutile", "write TiO2"),
        ("TiO2 (rutile)", "write TiO2"),
        ("H2O(l)", "write H2O"),
        ("Fe0,95O", "decimal comma"),
        ("Fe-2O3", "a negative amount of Fe"),
        ("Ca(OH", "not closed"),
        ("CaOH)2", "not opened"),
        ("Ca()", "empty bracket"),
        ("", "empty"),
        (" \n", "empty"),
        ("Fe0", "sum to zero"),
        ("Fe1e999", "not finite"),
        (None, "missing"),
        (float("nan"), "missing"),
        (b"Fe", "bytes"),
        ({"Fe3+": 1}, "an ion"),
        ({"fe": 1}, "write Fe"),
        ({"Fe": "n.a."}, "no number: 'n.a.'"),
        ({"Fe": None}, "missing"),
    ],
)
def test_what_cannot_be_read_is_named(text, words):
    with pytest.raises(BadInput) as error:
        element_system(pd.Series(["NaCl", text], ["good", "bad"]))
    ((label, value, reason),) = error.value.rows
    assert label == "bad" and words in reason
    for ask in (reduced_formula, amounts, Compositions().transform):
        with pytest.raises(BadInput) as again:
            ask(pd.Series(["NaCl", text], ["good", "bad"]))
        assert again.value.rows == error.value.rows or text != text


@pytest.mark.parametrize("rest", [-2.8e-17, 5.6e-17, 0, -0.0])
def test_a_rest_of_rounding_is_nothing(rest):
    expected = features(["Al0.9Cu0.1"])
    pairs = {"Al": 0.9, "Cu": 0.1, "Os": rest}
    for row in (pairs, "".join(f"{s}{n}" for s, n in pairs.items())):
        assert (features([row]) == expected).all() and element_system([row])[0] == "Al-Cu"
    frame = pd.DataFrame([pairs])
    assert (features(frame) == expected).all() and list(amounts(frame)) == ["Al", "Cu"]
    big = Composition(
        {"Al": 0.9e9, "Cu": 0.1e9, "Os": max(rest, 0) * 1e9}
    )  # its own limit is absolute
    assert element_system([big])[0] == "Al-Cu"
    with pytest.raises(BadInput, match="a negative amount of Os"):
        features([{**pairs, "Os": -0.01}])


@pytest.mark.parametrize("bits", [np.float32, np.float16])
def test_a_rest_of_rounding_in_narrow_numbers_is_nothing(bits):
    a, b = np.array([0.9, 0.7, 0.6, 0.25], bits), np.array([0.1, 0.3, 0.4, 0.75], bits)
    frame = pd.DataFrame({"Al": a, "Cu": b, "Os": bits(1) - a - b})
    assert frame.Os.abs().max() > 1e-8
    assert set(element_system(frame)) == {"Al-Cu"}
    with pytest.raises(BadInput, match="a negative amount of Os"):
        amounts(frame.assign(Os=bits(-0.05)))
    doped = pd.DataFrame({"Si": [1.0], "B": [1e-7]})
    assert element_system(doped)[0] == "B-Si", "64-bit numbers may hold a trace"


def test_columns_may_be_elements_and_amounts_are_real():
    named = pd.DataFrame({Element("Fe"): [2], Element("O"): [3]})
    assert reduced_formula(named) == ["Fe2O3"]
    assert (Compositions().transform(named) == Compositions().transform(["Fe2O3"])).all(axis=None)
    with pytest.raises(BadInput, match="the amount of Fe is a complex number"):
        amounts(pd.DataFrame({"Fe": [1j, 2], "O": [1, 1]}))


def test_a_table_with_a_word_in_it():
    frame = pd.DataFrame({"Fe": ["2", "n.a.", None], "O": ["3", "1", "2"]}, list("abc"))
    with pytest.raises(BadInput) as error:
        Compositions().transform(frame)
    assert error.value.rows[0] == (
        "b",
        {"Fe": "n.a.", "O": "1"},
        "the amount of Fe is no number: 'n.a.'",
    )
    assert [(label, reason) for label, _, reason in error.value.rows[1:]] == [
        ("c", "the amount of Fe is missing")
    ]
    kept = Compositions(on_error="nan").transform(frame)
    assert kept.isna().all(axis=1).tolist() == [False, True, True]
    assert (kept.loc["a"] == features(["Fe2O3"])[0]).all()
    numbers = pd.DataFrame({"Fe": [2, 1], "Am": [0, 1]}, list("xy"))
    assert np.isnan(Compositions(on_error="nan").transform(numbers)).all(axis=1).tolist() == [
        False,
        True,
    ]
    with pytest.raises(BadInput, match="no element 'Am' in the table"):
        Compositions().transform(numbers)


def test_one_column_named_by_an_element():
    assert (
        features(pd.DataFrame({"C": ["CO2", "CH4"]})) == features(["CO2", "CH4"])
    ).all()  # formulas
    assert (features(pd.DataFrame({"C": [1.0, 2.0]})) == features(["C", "C2"])).all()  # amounts


def test_a_long_formula_takes_linear_time():
    "600,000 elements: a reader of quadratic time would need minutes."
    assert element_system(["HO" * 300_000]) == ["H-O"]
    assert reduced_formula(["HO" * 300_000]) == ["H2O2"]


def test_one_material_one_formula():
    spellings = [
        "Fe2O3",
        "O3Fe2",
        "Fe4O6",
        "Fe40O60",
        "Fe0.4O0.6",
        {"Fe": 0.4, "O": 0.6},
        {"Fe": 1 / 3, "O": 1 / 2},
    ]
    assert set(reduced_formula(spellings, whole=True)) == {"Fe2O3"}
    assert reduced_formula(["Al63.5Cu24.5Fe12"], whole=True) == ["Al127Fe24Cu49"]
    third = "Fe0.3333333O0.6666667"
    assert reduced_formula([third], whole=True) == ["FeO2"] and reduced_formula([third]) == [third]
    tiny = {"Al": 6.29317e-9, "Cu": 2.50683e-9, "Fe": 1.2e-9}  # below pymatgen's own limit
    assert reduced_formula([tiny]) == ["Al0.629317Fe0.12Cu0.250683"]


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(st.sampled_from(SYMBOLS), st.integers(1, 30), min_size=1, max_size=5),
    st.integers(1, 9),
)
def test_reduced_formula_is_pymatgens(pairs, factor):
    text = "".join(f"{s}{n * factor}" for s, n in pairs.items())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert reduced_formula([text]) == [Composition(text).reduced_formula]


def test_containers():
    texts = ["Fe2O3", "NaCl"]
    expected = features(texts)
    for X in (
        tuple(texts),
        np.array(texts),
        np.array(texts, object)[:, None],
        pd.Series(texts),
        pd.DataFrame({"formula": texts}),
        ["Fe2O3", {"Na": 1, "Cl": 1}],
        [Composition(t) for t in texts],
    ):
        assert (features(X) == expected).all()
    assert features([]).shape == (0, 290)
    assert Compositions().transform(pd.Series([], dtype=object)).shape == (0, 290)
    frame = Compositions().transform(pd.DataFrame({"formula": texts}, index=[7, 3]))
    assert list(frame.index) == [7, 3] and list(frame.columns) == NAMES


def test_threads_do_not_meddle():
    from concurrent.futures import ThreadPoolExecutor

    texts = [f"Al{i}Cu{j}" for i in range(1, 60) for j in range(1, 60)]
    expected = features(texts)
    with ThreadPoolExecutor(4) as pool:
        assert all((r == expected).all() for r in pool.map(features, [texts] * 8))
