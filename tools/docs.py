"""The notebooks as a web site in _docs: Markdown by nbconvert, formulas as MathML, pages by Zensical; nothing is loaded from outside."""
import json, re, shutil, subprocess, sys, tempfile
from pathlib import Path
import nbformat
from nbconvert import MarkdownExporter
from mdp.console import ROOT, mathml, notebooks, title, without_widgets

WINGS = {"": "Ground", "represent": "Represent", "simulate": "Simulate", "learn": "Learn", "generate": "Generate", "cases": "Case studies"}

def to_markdown(path, docs):
    "One notebook -> one Markdown page with its pictures beside it."
    nb = without_widgets(nbformat.read(path, as_version=4), "*A widget: open the notebook in JupyterLab to use it.*")
    for c in nb.cells:
        if c.cell_type == "markdown": c.source = re.sub(r"\]\(([^)#:]+)\.ipynb", r"](\1.md", mathml(c.source))
        elif "#| echo: false" in c.source or "#| hide" in c.source: c.metadata["transient"] = {"remove_source": True}
        else: c.source = re.sub(r"^#\|.*\n?", "", c.source, flags=re.M)
    stem = path.stem
    text, extra = MarkdownExporter().from_notebook_node(nb, resources={"output_files_dir": f"{stem}_files"})
    page = (docs/path.relative_to(ROOT/"nbs")).with_suffix(".md")
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(re.sub(r"\]\(([^)#:]+)\.ipynb", r"](\1.md", text), encoding="utf-8")
    for f, data in extra["outputs"].items():
        (page.parent/f).parent.mkdir(parents=True, exist_ok=True)
        (page.parent/f).write_bytes(data)
    return page.relative_to(docs).as_posix()

def main():
    with tempfile.TemporaryDirectory() as d:
        docs, groups = Path(d)/"docs", {}
        for p in sorted(notebooks(), key=lambda p: p.stem != "index"):
            folder = p.relative_to(ROOT/"nbs").parent.as_posix().replace(".", "")
            groups.setdefault(folder, []).append({title(nbformat.read(p, as_version=4))[0]: to_markdown(p, docs)})
        shutil.copytree(ROOT/"nbs"/"images", docs/"images", dirs_exist_ok=True)
        nav = [{WINGS[f]: groups[f]} for f in WINGS if f in groups]
        inline = lambda x: "[" + ", ".join(map(inline, x)) + "]" if isinstance(x, list) else "{ " + ", ".join(f"{json.dumps(k)} = {inline(v)}" for k, v in x.items()) + " }" if isinstance(x, dict) else json.dumps(x)
        (Path(d)/"zensical.toml").write_text(f"""[project]
site_name = "mdp"
site_description = "Materials informatics to read, run and build on"
nav = {inline(nav)}
[project.theme]
font = false
features = ["navigation.sections", "navigation.footer", "navigation.top", "content.code.copy", "search.highlight"]
[[project.theme.palette]]
media = "(prefers-color-scheme: light)"
scheme = "default"
[[project.theme.palette]]
media = "(prefers-color-scheme: dark)"
scheme = "slate"
""")
        subprocess.run([Path(sys.executable).parent/"zensical", "build", "--clean"], cwd=d, check=True)
        out = ROOT/"_docs"
        shutil.rmtree(out, ignore_errors=True)
        shutil.move(Path(d)/"site", out)
    print("Open _docs/index.html")

if __name__ == "__main__": main()
