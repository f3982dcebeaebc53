"""Student copies of the notebooks in _workshop: solutions taken out, outputs cleared, everything else as it stands."""
import re, sys
import nbformat
from mdp.console import ROOT, notebooks

SOLUTION = re.compile(r"^[ \t]*### BEGIN SOLUTION.*?### END SOLUTION[^\n]*$", re.M | re.S)

def student(nb):
    "The notebook without solutions and outputs."
    for c in nb.cells:
        if c.cell_type != "code": continue
        c.outputs = []
        c.source = SOLUTION.sub("# your turn", c.source)
    return nb

def main():
    for p in notebooks():
        out = ROOT/"_workshop"/p.relative_to(ROOT/"nbs")
        out.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(student(nbformat.read(p, as_version=4)), out)
    print("Open _workshop/index.ipynb")

if __name__ == "__main__": sys.exit(main())
