"""The notebooks as a web site in _docs, which loads nothing from outside.

Markdown by nbconvert, formulas as MathML, an index of all public functions, the cards of the
shipped weights and tables, the benchmarks; pages by Zensical. Pages, links and the search work from
a file as from a server.
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
from mdp.core.report import FIGURE_MIME

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
    "weights": "Cards of the shipped models",
    "facts": "Cards of the shipped tables",
    "benchmarks": "Benchmarks",
}


def to_pages(markdown):
    "Links to notebooks, and to texts beside the folder of the notebooks, as links to their pages."
    markdown = re.sub(r"\]\(([^)#:]+)\.ipynb", r"](\1.md", markdown)
    return re.sub(r"\]\(((?:\.\./)*)\.\./(benchmarks/|mdp/|README\.ja)", r"](\1\2", markdown)


def headings(nb):
    "The heading that each cell of a notebook stands under, in words alone."
    heading, found = "", []
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"^#+ (.+)$", cell.source, re.M) or [heading])[-1]
        found.append(re.sub(r"[\[\]$`*\\]", "", heading))
    return found


def with_captions(outputs):
    "The outputs of a cell, the caption of a key figure as text below it."
    shown = []
    for output in outputs:
        shown.append(output)
        if about := output.get("data", {}).get(FIGURE_MIME):
            caption = {"text/markdown": f"*{about['caption']}*"}
            shown.append(nbformat.v4.new_output("display_data", caption))
    return shown


def to_markdown(path, docs):
    "One notebook -> one Markdown page with its pictures beside it."
    nb = without_widgets(
        nbformat.read(path, as_version=4), "*A widget: open the notebook in JupyterLab to use it.*"
    )
    nb.metadata["language_info"] = {"name": "python"}
    under = headings(nb)
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = to_pages(mathml(cell.source))
            cell.source = cell.source.replace(
                "<details><summary>日", "<details lang='ja'><summary>日"
            )
        elif "#| echo: false" in cell.source or "#| hide" in cell.source:
            cell.metadata["transient"] = {"remove_source": True}
        else:
            cell.source = re.sub(r"^#\|.*\n?", "", cell.source, flags=re.M)
            if not cell.source.strip():  # it held directives only
                cell.metadata["transient"] = {"remove_source": True}
        if cell.cell_type == "code":
            cell.outputs = with_captions(cell.outputs)
        for output in cell.get("outputs", []):
            if "text/markdown" in output.get("data", {}):
                output.data["text/markdown"] = to_pages(output.data["text/markdown"])
    stem = path.stem
    text, extra = MarkdownExporter().from_notebook_node(
        nb, resources={"output_files_dir": f"{stem}_files"}
    )
    text = re.sub(
        r"!\[\w+\](\([^)]*output_(\d+)_\d+\.\w+\))",
        lambda picture: f"![{under[int(picture[2])]}]{picture[1]}",
        text,
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
        parts += _explained(name, thing)
        if inspect.isclass(thing):
            parts += _methods(thing)
    return "\n\n".join(parts)


def _explained(name, thing):
    "Signature, text and examples of one function, method or class."
    parts = [f"``` {{ .python .signature }}\n{name}{_signature(thing)}\n```"]
    for block in re.split(r"\n{2,}", inspect.cleandoc(thing.__doc__ or "")):
        if block.startswith(">>>"):
            parts.append(f"```pycon\n{block}\n```")
        elif block:
            parts.append(_prose(block))
    return parts


def _prose(block):
    "A paragraph of a docstring as Markdown; its lines `name : what` become a list."
    block = re.sub(r"\n +", " ", block)
    if not re.match(r"[\w*, ]+ : ", block):
        block = block.replace("\n", " ")
    around_code = re.split(r"(`[^`]*`)", block)
    around_code[::2] = [re.sub(r"([*<\[])", r"\\\1", text) for text in around_code[::2]]
    return re.sub(r"^([\w\\*, ]+) : ", r"- **\1**: ", "".join(around_code), flags=re.M)


def _signature(thing):
    try:
        signature = re.sub(r"^\(self(, )?", "(", str(inspect.signature(thing)))
        return signature if len(signature) < 70 else signature.replace(") -> ", ")\n    -> ")
    except ValueError:  # built-in base classes have none
        return "(...)"


def _methods(owner):
    "The public methods that a class, or a private base of it, defines, each with its docstring."
    of_bases = {}
    for base in reversed(owner.__mro__):
        if base is owner or (base.__module__.startswith("mdp") and base.__name__.startswith("_")):
            of_bases |= vars(base)
    parts = []
    for name, method in of_bases.items():
        if name.startswith("_") or not inspect.isfunction(method):
            continue
        parts.append(f"### {owner.__name__}.{name}")
        parts += _explained(name, method)
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


# Wide tables, formulas, figures and code scroll by themselves, so that a page is no wider than a
# phone; at 1280 pixels a line of code of 100 characters is seen whole.
STYLE = """.md-grid { max-width: 68rem; }
.md-nav__link--active .md-ellipsis { color: var(--md-typeset-a-color); }
.md-typeset pre > code { font-size: 0.57rem; }
.md-typeset table:not([class]) :is(th, td) { min-width: 0; padding: 0.4em 0.8em; line-height: 1.4; }
.md-typeset table.dataframe {
  display: block; max-width: 100%; overflow-x: auto; border: 0; font-size: 0.65rem;
}
.md-typeset table.dataframe :is(td, th) {
  padding: 0.2em 0.7em; text-align: right; white-space: nowrap;
  border: 0; border-bottom: 0.05rem solid var(--md-default-fg-color--lightest);
}
.md-typeset math[display="block"] { max-width: 100%; overflow-x: auto; overflow-y: hidden; }
.md-typeset img { max-width: 100%; height: auto; }
.md-typeset .language-text pre > code {
  background: none; border-radius: 0;
  border-left: 0.15rem solid var(--md-default-fg-color--lightest);
}
.md-typeset .language-text .md-code__nav { display: none; }
.md-typeset .signature pre > code { white-space: pre-wrap; }
@media (max-width: 44.9em) {
  .md-typeset p:has(> img:only-child) { overflow-x: auto; }
  .md-typeset p > img:only-child { max-width: max(100%, 32rem); }
  .md-typeset table:not([class]) :is(th, td) { padding: 0.3em 0.5em; font-size: 0.6rem; }
  .md-typeset table.dataframe { font-size: 0.6rem; }
  .md-typeset table.dataframe th { white-space: normal; }
  .md-typeset .md-code__nav { display: none; }
}
"""
# A page opened from a file may not start a worker, which the search needs; a hidden frame does
# what the worker would do. The name of this file makes Zensical leave out the one it would fetch.
WORKER = """if (location.protocol === "file:") window.Worker = class {
  constructor(address) {
    this.frame = document.createElement("iframe")
    this.frame.hidden = true
    document.body.append(this.frame)
    this.inside = this.frame.contentWindow
    this.inside.postMessage = answer => {
      const data = structuredClone(answer)
      setTimeout(() => this.onmessage?.({ data }))
    }
    const script = this.inside.document.createElement("script")
    script.src = new URL(address, location)
    this.loaded = new Promise(done => { script.onload = done })
    this.inside.document.body.append(script)
  }
  async postMessage(message) {
    const data = structuredClone(message)
    await this.loaded
    this.inside.dispatchEvent(new MessageEvent("message", { data }))
  }
  terminate() { this.frame.remove() }
}
"""
SETTINGS = """[project]
site_name = "mdp"
site_description = "Materials informatics to read, run and build on"
nav = NAVIGATION
extra_css = ["site.css"]
[project.extra]
polyfills = ["iframe-worker.js"]
[project.plugins.offline]
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


def write_texts(folder, docs):
    "The Markdown files of a folder beside the notebooks as pages; returns their navigation."
    pages = []
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix not in (".md", ".txt"):
            continue
        page = docs / path.relative_to(ROOT)
        page.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        if folder == "mdp/facts":  # named after the cases: they would hide these in the search
            page.write_text(f"---\nsearch:\n  exclude: true\n---\n{text}", encoding="utf-8")
        else:
            page.write_text(text, encoding="utf-8")
        if path.suffix == ".md":
            heading = re.match("# (.+)", text)[1]
            short = heading if len(heading) < 50 else re.split("[:,]", heading)[0]
            pages.append({short: page.relative_to(docs).as_posix()})
    return pages


def write_japanese(docs):
    "The Japanese overview as a page; returns its name."
    text = to_pages((ROOT / "README.ja.md").read_text(encoding="utf-8"))
    text = text.replace("](nbs/", "](").replace("](README.md)", "](index.md)")
    text = re.sub(r"\[([^]]+)\]\(CITATION\.cff\)", r"\1", text)
    (docs / "README.ja.md").write_text(text, encoding="utf-8")
    return "README.ja.md"


def write_pages(docs):
    "All notebooks as Markdown pages in the folder `docs`; returns the navigation of the site."
    groups = {}
    for path in sorted(notebooks(), key=lambda path: path.stem != "index"):
        folder = path.relative_to(ROOT / "nbs").parent.as_posix().replace(".", "")
        heading = title(nbformat.read(path, as_version=4))[0]
        groups.setdefault(folder, []).append({heading: to_markdown(path, docs)})
    groups[""].append({"日本語": write_japanese(docs)})
    groups["api"] = write_reference(docs)
    for folder in ("mdp/weights", "mdp/facts", "benchmarks"):
        groups[Path(folder).name] = write_texts(folder, docs)
    shutil.copytree(ROOT / "nbs" / "images", docs / "images", dirs_exist_ok=True)
    (docs / "site.css").write_text(STYLE, encoding="utf-8")
    (docs / "iframe-worker.js").write_text(WORKER, encoding="utf-8")
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


def from_outside(site):
    "What the pages of a built site would load from a network."
    loaded = r'<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)="((?:https?:)?//[^"]+)'
    pages = [page.read_text(encoding="utf-8") for page in sorted(site.rglob("*.html"))]
    return sorted({address for page in pages for address in re.findall(loaded, page)})


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
    if addresses := from_outside(ROOT / "_docs"):
        sys.exit("the pages load from a network:\n" + "\n".join(addresses))
    print("Open _docs/index.html")


if __name__ == "__main__":
    main()
