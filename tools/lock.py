"""requirements.txt from pyproject.toml: pinned, hashed, for every platform and Python from 3.11, naming no host; torch apart (see setup.py). And environment.yml from it."""
import re, subprocess, sys, tempfile, tomllib
from pathlib import Path
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(Path(__file__).parent))
from setup import TORCH

HEAD = """# conda env create -f environment.yml && conda activate mdp
# Made from requirements.txt by `make lock`. conda brings Python and the numerical stack, pip the rest, all at the locked versions.
"""
FROM_CONDA = ("matplotlib", "numba", "numpy", "pandas", "scikit-learn", "scipy")

def locked(python="3.11"):
    "Package -> version in requirements.txt, for Linux and this Python."
    where = {"python_version": python, "python_full_version": python + ".0", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64",
             "implementation_name": "cpython", "platform_python_implementation": "CPython", "os_name": "posix"}
    lines = re.findall(r"^[a-zA-Z][^\\\n]*", (ROOT/"requirements.txt").read_text(), re.M)
    reqs = [Requirement(line.strip()) for line in lines]
    return {r.name: str(r.specifier).removeprefix("==") for r in reqs if r.marker is None or r.marker.evaluate(where)}

def environment():
    "The text of environment.yml."
    project = tomllib.loads((ROOT/"pyproject.toml").read_text())["project"]
    direct = [Requirement(d) for d in project["dependencies"] + project["optional-dependencies"]["dev"] if not d.startswith(("torch", "pip"))]
    have = locked()
    pin = lambda r, eq: f"{r.name}{'[' + ','.join(r.extras) + ']' if r.extras else ''}{eq}{have[r.name]}{' ; ' + str(r.marker) if r.marker else ''}"
    conda = [f"  - {pin(r, '=')}" for r in direct if r.name in FROM_CONDA]
    pip = [f"    - {pin(r, '==')}" for r in direct if r.name not in FROM_CONDA]
    return HEAD + "\n".join(["name: mdp", "channels: [conda-forge]", "dependencies:", "  - python=3.11", "  - make", "  - pip", *conda, "  - pip:", *pip, f"    - {TORCH}", "    - -e .", ""])

def main():
    with tempfile.TemporaryDirectory() as d:
        none = Path(d)/"override.txt"
        none.write_text("torch ; sys_platform == 'never'\n")
        subprocess.run([sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--extra", "dev", "--universal", "--python-version", "3.11", "--quiet",
                        "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header", "--override", str(none), "--no-emit-package", "torch",
                        "-o", "requirements.txt"], cwd=ROOT, check=True)
    (ROOT/"environment.yml").write_text(environment())

if __name__ == "__main__": main()
