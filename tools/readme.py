"""README.md from nbs/index.ipynb: its Markdown, and the Markdown that its cells show."""
import re
from pathlib import Path
import nbformat

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT/"nbs"/"images"/"quasicrystals.png"

def readme():
    "The text that README.md must hold."
    parts = []
    for c in nbformat.read(ROOT/"nbs"/"index.ipynb", as_version=4).cells:
        hidden = "#| echo: false" in c.source or "#| hide" in c.source
        if c.cell_type == "markdown": parts.append(_from_root(c.source))
        elif c.cell_type == "code":
            if not hidden: parts.append(f"```python\n{c.source}\n```")
            for o in c.outputs:
                data = o.get("data", {})
                if "text/markdown" in data: parts.append(_from_root(data["text/markdown"]))
                elif "text/plain" in data and not hidden: parts.append(f"```\n{data['text/plain']}\n```")
                elif o.output_type == "stream": parts.append(f"```\n{o.text.rstrip()}\n```")
    return "\n\n".join(p.strip() for p in parts) + "\n\n<!-- Made from nbs/index.ipynb by `make prepare`: edit the notebook. -->\n"

def _from_root(markdown): return re.sub(r"\]\((?!https?:|#)", "](nbs/", markdown)
