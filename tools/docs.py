"""The notebooks as a web site in _docs, which loads nothing from outside.

Markdown by nbconvert, formulas as MathML, pages by Zensical.
"""

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
    "": "Foundations",
    "matter": "Matter",
    "represent": "Represent",
    "simulate": "Simulate",
    "learn": "Learn",
    "generate": "Generate",
    "cases": "Case studies",
}


def to_markdown(path, docs):
    "One notebook -> one Markdown page with its pictures beside it."
    nb = without_widgets(
        nbformat.read(path, as_version=4), "*A widget: open the notebook in JupyterLab to use it.*"
    )
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = mathml(cell.source)
        elif "#| echo: false" in cell.source or "#| hide" in cell.source:
            cell.metadata["transient"] = {"remove_source": True}
        else:
            cell.source = re.sub(r"^#\|.*\n?", "", cell.source, flags=re.M)
    stem = path.stem
    text, extra = MarkdownExporter().from_notebook_node(
        nb, resources={"output_files_dir": f"{stem}_files"}
    )
    page = (docs / path.relative_to(ROOT / "nbs")).with_suffix(".md")
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(re.sub(r"\]\(([^)#:]+)\.ipynb", r"](\1.md", text), encoding="utf-8")
    for picture, data in extra["outputs"].items():
        (page.parent / picture).parent.mkdir(parents=True, exist_ok=True)
        (page.parent / picture).write_bytes(data)
    return page.relative_to(docs).as_posix()


def toml(value):
    "A list, a mapping or a scalar in one line of TOML."
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {toml(item)}" for key, item in value.items())
        return "{ " + ", ".join(pairs) + " }"
    return json.dumps(value)


SETTINGS = """[project]
site_name = "mdp"
site_description = "Materials informatics to read, run and build on"
nav = NAVIGATION
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
    shutil.copytree(ROOT / "nbs" / "images", docs / "images", dirs_exist_ok=True)
    return [{SECTIONS[folder]: groups[folder]} for folder in SECTIONS if folder in groups]


def main():
    with tempfile.TemporaryDirectory() as scratch:
        navigation = write_pages(Path(scratch) / "docs")
        settings = SETTINGS.replace("NAVIGATION", toml(navigation))
        (Path(scratch) / "zensical.toml").write_text(settings)
        zensical = Path(sys.executable).parent / "zensical"
        subprocess.run([zensical, "build", "--clean"], cwd=scratch, check=True)
        shutil.rmtree(ROOT / "_docs", ignore_errors=True)
        shutil.move(Path(scratch) / "site", ROOT / "_docs")
    print("Open _docs/index.html")


if __name__ == "__main__":
    main()
