"""The notebooks as a web site in _docs, which loads nothing from outside.

Markdown by nbconvert, formulas as MathML, an index of all public functions, pages by Zensical.
"""

import importlib
import inspect
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
import nbformat
from nbconvert import MarkdownExporter
from mdp.console import ROOT, mathml, notebooks, title, without_widgets

SECTIONS = {
    "": "Start",
    "guide": "Guide",
    "matter": "Matter",
    "represent": "Represent",
    "simulate": "Simulate",
    "learn": "Learn",
    "generate": "Generate",
    "cases": "Case studies",
    "core": "Core",
    "data": "Data",
    "api": "Reference",
}


def to_pages(markdown):
    "Links to notebooks as links to their pages."
    return re.sub(r"\]\(([^)#:]+)\.ipynb", r"](\1.md", markdown)


def without_outside(markdown, path):
    "The words alone of links that leave `nbs`: the site does not hold their files."

    def kept_or_words(link):
        inside = (path.parent / link[2]).resolve().is_relative_to(ROOT / "nbs")
        return link[0] if inside else link[1]

    return re.sub(r"(?<!!)\[([^]]+)\]\(([^)#:]+)\)", kept_or_words, markdown)


def to_markdown(path, docs):
    "One notebook -> one Markdown page with its pictures beside it."
    nb = without_widgets(
        nbformat.read(path, as_version=4), "*A widget: open the notebook in JupyterLab to use it.*"
    )
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = to_pages(mathml(without_outside(cell.source, path)))
        elif "#| echo: false" in cell.source or "#| hide" in cell.source:
            cell.metadata["transient"] = {"remove_source": True}
        else:
            cell.source = re.sub(r"^#\|.*\n?", "", cell.source, flags=re.M)
            if not cell.source.strip():  # it held directives only
                cell.metadata["transient"] = {"remove_source": True}
        for output in cell.get("outputs", []):
            if "text/markdown" in output.get("data", {}):
                output.data["text/markdown"] = to_pages(output.data["text/markdown"])
    stem = path.stem
    text, extra = MarkdownExporter().from_notebook_node(
        nb, resources={"output_files_dir": f"{stem}_files"}
    )
    page = (docs / path.relative_to(ROOT / "nbs")).with_suffix(".md")
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    for picture, data in extra["outputs"].items():
        (page.parent / picture).parent.mkdir(parents=True, exist_ok=True)
        (page.parent / picture).write_bytes(data)
    return page.relative_to(docs).as_posix()


def reference(module, notebook):
    "Markdown page of a module: signature and docstring of each public name, and its notebook."
    parts = [f"# {module.__name__}", f"Explained in [the notebook](../{notebook})."]
    for name in module.__all__:
        thing = getattr(module, name)
        if not (inspect.isclass(thing) or inspect.isroutine(thing)):
            continue
        parts.append(f"## {name}")
        parts.append(f"```python\n{name}{_signature(thing)}\n```")
        if thing.__doc__:
            parts.append(f"```text\n{inspect.cleandoc(thing.__doc__)}\n```")
        if inspect.isclass(thing):
            parts += _methods(thing)
    return "\n\n".join(parts)


def _signature(thing):
    try:
        return str(inspect.signature(thing))
    except ValueError:  # built-in base classes have none
        return "(...)"


def _methods(owner):
    "The public methods that a class defines itself, each with signature and docstring."
    parts = []
    for name, method in vars(owner).items():
        if name.startswith("_") or not inspect.isfunction(method):
            continue
        parts.append(f"### {owner.__name__}.{name}")
        parts.append(f"```python\n{name}{_signature(method)}\n```")
        if method.__doc__:
            parts.append(f"```text\n{inspect.cleandoc(method.__doc__)}\n```")
    return parts


def write_reference(docs):
    "One page a module in the folder `api`; returns their place in the navigation."
    pages = []
    for path in notebooks():
        cells = nbformat.read(path, as_version=4).cells
        exported = re.search(r"#\| default_exp (\S+)", "\n".join(cell.source for cell in cells))
        if not exported or path.stem.endswith("_init"):
            continue
        module = importlib.import_module(f"mdp.{exported[1]}")
        page = docs / "api" / f"{exported[1]}.md"
        page.parent.mkdir(exist_ok=True)
        notebook = path.relative_to(ROOT / "nbs").with_suffix(".md").as_posix()
        page.write_text(reference(module, notebook), encoding="utf-8")
        pages.append({exported[1]: f"api/{page.name}"})
    return sorted(pages, key=lambda entry: [*entry])


def toml(value):
    "A list, a mapping or a scalar in one line of TOML."
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {toml(item)}" for key, item in value.items())
        return "{ " + ", ".join(pairs) + " }"
    return json.dumps(value)


# wide tables and formulas scroll by themselves, so that a page is no wider than a phone
STYLE = """.md-typeset table.dataframe {
  display: block; max-width: 100%; overflow-x: auto; border: 0; font-size: 0.65rem;
}
.md-typeset table.dataframe td, .md-typeset table.dataframe th {
  padding: 0.2em 0.7em; text-align: right; white-space: nowrap;
}
.md-typeset math[display="block"] { max-width: 100%; overflow-x: auto; overflow-y: hidden; }
.md-typeset img { max-width: 100%; height: auto; }
"""
SETTINGS = """[project]
site_name = "mdp"
site_description = "Materials informatics to read, run and build on"
nav = NAVIGATION
extra_css = ["site.css"]
[project.theme]
font = false
features = [
    "navigation.sections", "navigation.footer", "navigation.top", "content.code.copy",
    "search.highlight",
]
[[project.theme.palette]]
media = "(prefers-color-scheme: light)"
scheme = "default"
[[project.theme.palette]]
media = "(prefers-color-scheme: dark)"
scheme = "slate"
"""


def write_pages(docs):
    "All notebooks as Markdown pages in the folder `docs`; returns the navigation of the site."
    groups = {}
    for path in sorted(notebooks(), key=lambda path: path.stem != "index"):
        folder = path.relative_to(ROOT / "nbs").parent.as_posix().replace(".", "")
        heading = title(nbformat.read(path, as_version=4))[0]
        groups.setdefault(folder, []).append({heading: to_markdown(path, docs)})
    groups["api"] = write_reference(docs)
    shutil.copytree(ROOT / "nbs" / "images", docs / "images", dirs_exist_ok=True)
    (docs / "site.css").write_text(STYLE, encoding="utf-8")
    return [{SECTIONS[folder]: groups[folder]} for folder in SECTIONS if folder in groups]


def broken_links(site):
    "The links of a built site that lead nowhere, as `page: link`."
    broken = []
    for page in sorted(site.rglob("*.html")):
        if page.name == "404.html":  # its links begin at the root of a server
            continue
        for link in re.findall(r'(?:href|src)="([^"#?]+)', page.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", link) or "{" in link:  # elsewhere; a template shown as code
                continue
            target = page.parent / link
            if not (target.is_file() or (target / "index.html").is_file()):
                broken.append(f"{page.relative_to(site)}: {link}")
    return broken


def main():
    with tempfile.TemporaryDirectory() as scratch:
        navigation = write_pages(Path(scratch) / "docs")
        settings = SETTINGS.replace("NAVIGATION", toml(navigation))
        (Path(scratch) / "zensical.toml").write_text(settings)
        zensical = Path(sys.executable).parent / "zensical"
        subprocess.run([zensical, "build", "--clean"], cwd=scratch, check=True)
        shutil.rmtree(ROOT / "_docs", ignore_errors=True)
        shutil.move(Path(scratch) / "site", ROOT / "_docs")
    if broken := broken_links(ROOT / "_docs"):
        sys.exit("links that lead nowhere:\n" + "\n".join(broken))
    print("Open _docs/index.html")


if __name__ == "__main__":
    main()
