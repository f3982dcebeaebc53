"""Before a commit: export, run the notebooks in the workshop profile and save what they show, clean, write the picture and the README."""
import base64, os, subprocess, sys
from pathlib import Path
import nbformat
from nbdev.clean import clean_nb
from nbdev.export import nb_export
from mdp.console import ROOT, cases, execute, figure, notebooks, without_widgets

sys.path.insert(0, str(Path(__file__).parent))
from readme import PICTURE, readme

def clean(path):
    "Strip what nbdev strips, and widgets, whose ids change at each run."
    from fastcore.nbio import read_nb, write_nb
    nbformat.write(without_widgets(nbformat.read(path, as_version=4)), path)
    nb = read_nb(path)
    clean_nb(nb, allowed_cell_metadata_keys=["tags"])
    write_nb(nb, path)

def main(names):
    os.chdir(ROOT)
    os.environ.setdefault("OMP_NUM_THREADS", "1")      # as `make run`: threads of two programs on the same cores wait for each other
    subprocess.run([Path(sys.executable).parent/"nbdev-export"], check=True)
    index = ROOT/"nbs"/"index.ipynb"
    paths = [Path(n) for n in names] or [p for p in notebooks() if p != index]
    failed = []
    for p in [*paths, index]:
        nb, seconds, error = execute(p, "workshop", tell=lambda s: print(f"{p.stem:<24} {s}", flush=True))
        if error:
            failed.append(p)
            print(f"{p}: not saved:\n{error}", file=sys.stderr)
            continue
        nbformat.write(nb, p)
        clean(p)
        if (fig := figure(nb)) and p.resolve() == cases()[PICTURE.stem].resolve():
            PICTURE.parent.mkdir(exist_ok=True)
            PICTURE.write_bytes(base64.b64decode(fig[0]))
    Path("README.md").write_text(readme(), encoding="utf-8")
    return len(failed)

if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
