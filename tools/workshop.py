"""Student copies of the notebooks in _workshop.

Solutions, in code and in words, are taken out and outputs cleared; the rest stays as it is.
"""

import re
import sys
import nbformat
from mdp.console import ROOT, notebooks

SOLUTION = re.compile(r"^[ \t]*### BEGIN SOLUTION.*?### END SOLUTION[^\n]*$", re.M | re.S)
WRITTEN = re.compile(
    r"^\*\*(Solutions?( \d+)?|What this means)\.\*\*.*?(?=^#|^\*\*\d|\Z)", re.M | re.S
)


def student(nb):
    "The notebook without solutions and outputs."
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.source = SOLUTION.sub("# your turn", cell.source)
        else:
            cell.source = WRITTEN.sub("", cell.source).rstrip()
    nb.cells = [cell for cell in nb.cells if cell.source]
    return nb


def main():
    for path in notebooks():
        out = ROOT / "_workshop" / path.relative_to(ROOT / "nbs")
        out.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(student(nbformat.read(path, as_version=4)), out)
    print("Open _workshop/index.ipynb")


if __name__ == "__main__":
    sys.exit(main())
