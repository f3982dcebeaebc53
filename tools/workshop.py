"""Student copies of the notebooks in _workshop.

Solutions, in code and in words, are taken out and outputs cleared; the rest stays as it is. A cell
that needs a name which only a solution binds says first which exercise to solve.
"""

import re
import symtable
import sys
import textwrap
import nbformat
from mdp.console import ROOT, notebooks

SOLUTION = re.compile(r"^[ \t]*### BEGIN SOLUTION.*?### END SOLUTION[^\n]*$", re.M | re.S)
WRITTEN = re.compile(
    r"^\*\*(Solutions?( \d+)?|What this means)\.\*\*.*?(?=^#|^\*\*\d|\Z)", re.M | re.S
)


NUMBERED = re.compile(r"^\*\*(\d+)\.\*\*", re.M)  # an exercise right before its solution
TURN = "# your turn"


def names_in(code):
    "The names that code binds at its top level, and those that it takes from there."
    try:
        scope = symtable.symtable(textwrap.dedent(code), "cell", "exec")
    except SyntaxError:  # a magic, or a part of a function
        return set(), set()
    bound, read = set(), set()
    for symbol in scope.get_symbols():
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
            bound.add(symbol.get_name())
    inner = [scope]
    while inner:
        table = inner.pop()
        inner += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (table is scope or symbol.is_global()):
                read.add(symbol.get_name())
    return bound, read


def asks_for(names, missing):
    "A line that stops with one sentence where names of unsolved exercises are not there."
    lines = []
    for name in sorted(names):
        why = f"solve {missing[name]} first: this cell needs its `{name}`"
        lines.append(f'assert "{name}" in globals(), "{why}"\n')
    return "".join(lines)


def without_solution(code, exercise, known, missing):
    """The code of a cell for students.

    exercise : which one the words before the cell give
    known : names that code outside of solutions has bound so far; those of the cell are added
    missing : name -> the exercise whose solution alone binds it; kept up to date
    """
    given = SOLUTION.sub(TURN, code)
    bound, read = names_in(given)
    known |= bound
    for solution in SOLUTION.findall(code):
        missing |= dict.fromkeys(names_in(solution)[0], exercise)
    for name in known & set(missing):
        del missing[name]
    before, turn, after = given.rpartition(f"{TURN}\n")
    return before + turn + asks_for(read & set(missing), missing) + after


def student(nb):
    "The notebook without solutions and outputs."
    known, missing, exercise = set(), {}, "the exercise above"
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.source = without_solution(cell.source, exercise, known, missing)
        else:
            numbers = NUMBERED.findall(cell.source)
            exercise = f"exercise {numbers[-1]}" if numbers else "the exercise above"
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
