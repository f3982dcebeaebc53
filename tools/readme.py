"""README.md from nbs/index.ipynb: its Markdown, and the Markdown that its cells show."""

import re
from pathlib import Path
import nbformat

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "nbs" / "images"  # the key figure of each case, written by `make prepare`


def readme():
    "The text that README.md must hold."
    parts = []
    for cell in nbformat.read(ROOT / "nbs" / "index.ipynb", as_version=4).cells:
        hidden = "#| echo: false" in cell.source or "#| hide" in cell.source
        if cell.cell_type == "markdown":
            parts.append(_from_root(cell.source))
        elif cell.cell_type == "code":
            if not hidden:
                parts.append(f"```python\n{cell.source}\n```")
            parts += [text for output in cell.outputs if (text := _shown(output, hidden))]
    end = "<!-- Made from nbs/index.ipynb by `make prepare`: edit the notebook. -->"
    return "\n\n".join([part.strip() for part in parts] + [end]) + "\n"


def _shown(output, hidden):
    "What one output of a cell adds to the page; '' where nothing."
    data = output.get("data", {})
    if "text/markdown" in data:
        return _from_root(data["text/markdown"])
    if "text/plain" in data and not hidden:
        return f"```\n{data['text/plain']}\n```"
    if output.output_type == "stream":
        return f"```\n{output.text.rstrip()}\n```"
    return ""


def _from_root(markdown):
    "Links of the notebook, as seen from the top of the checkout."
    return re.sub(r"\]\((?!https?:|#)", "](nbs/", markdown).replace("](nbs/../", "](")
