"""Before a commit: export, run the notebooks in the workshop profile, save what they show, clean,
write the pictures of the cases and the README."""

import base64
import io
import os
import subprocess
import sys
from pathlib import Path
import nbformat
from nbdev.clean import clean_nb
from PIL import Image

HERE = Path(__file__).resolve().parent
# the library of this checkout, here and in the kernels, whichever one the environment has installed
sys.path[:0] = [str(HERE.parent), str(HERE)]
os.environ["PYTHONPATH"] = str(HERE.parent)
from mdp.console import ROOT, cases, execute, figure, notebooks, without_widgets
from readme import IMAGES, readme


MOST_BYTES = 390 * 1024  # of a notebook; a test refuses more than 400 KB


def clean(path):
    "Strip what nbdev strips, and widgets, whose ids change at each run; pictures take less room."
    from fastcore.nbio import read_nb, write_nb

    nb = without_widgets(nbformat.read(path, as_version=4))
    for colours in (128, 64, 32, 20):
        for output in (o for cell in nb.cells for o in cell.get("outputs", [])):
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = smaller(output.data["image/png"], colours)
        nbformat.write(nb, path)
        cleaned = read_nb(path)
        clean_nb(cleaned, allowed_cell_metadata_keys=["tags"])
        write_nb(cleaned, path)
        if path.stat().st_size < MOST_BYTES:
            break


def smaller(png, colours):
    "A picture (PNG in base64) in few colours, where that makes it smaller."
    raw, out = io.BytesIO(base64.b64decode(png)), io.BytesIO()
    image = Image.open(raw).convert("RGB")
    # the colours farthest apart first: the median cut would lose a thin line's to the white page
    few = image.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=3)
    few.putpalette([255 if value > 249 else value for value in few.getpalette()])  # a white page
    few.save(out, "png", optimize=True)
    packed = base64.b64encode(out.getvalue()).decode()
    return min(packed, png, key=len)


def save_pictures():
    "The key figure of each case, as its notebook has stored it."
    IMAGES.mkdir(exist_ok=True)
    for name, path in cases().items():
        if stored := figure(nbformat.read(path, as_version=4)):
            (IMAGES / f"{name}.png").write_bytes(base64.b64decode(stored[0]))


def main(names):
    os.chdir(ROOT)
    # as `make run`: threads of two programs on the same cores wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folders = ["nbs", "tests", "tools", "benchmarks"]
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", *folders], check=True)
    subprocess.run([Path(sys.executable).parent / "nbdev-export"], check=True)
    index = ROOT / "nbs" / "index.ipynb"
    paths = [ROOT / name for name in names] or notebooks()
    failed = []
    for path in [*(p for p in paths if p != index), index]:
        nb, _, error = execute(
            path, "workshop", tell=lambda text: print(f"{path.stem:<24} {text}", flush=True)
        )
        if error:
            failed.append(path)
            print(f"{path}: not saved:\n{error}", file=sys.stderr)
            continue
        nbformat.write(nb, path)
        clean(path)
    save_pictures()
    Path("README.md").write_text(readme(), encoding="utf-8")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
