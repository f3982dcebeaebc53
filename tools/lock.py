"""requirements.txt from pyproject.toml, and environment.yml from requirements.txt.

The lock is pinned and hashed, holds for every platform and Python from 3.11, and names no host.
torch stays outside it (setup.py says why).
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(Path(__file__).parent))
from setup import TORCH

HEAD = """# conda env create -f environment.yml && conda activate mdp
# Made from requirements.txt by `make lock`. conda brings Python and the numerical stack, pip the
# rest, all at the locked versions.
"""
FROM_CONDA = ("matplotlib", "numba", "numpy", "pandas", "scikit-learn", "scipy")
COMPILE = "uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --quiet"
OPTIONS = "--generate-hashes --no-emit-index-url --no-annotate --no-header --no-emit-package torch"


def locked(python="3.11"):
    "Package -> version in requirements.txt, for Linux and this Python."
    where = {
        "python_version": python,
        "python_full_version": python + ".0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
    }
    lines = re.findall(r"^[a-zA-Z][^\\\n]*", (ROOT / "requirements.txt").read_text(), re.M)
    requirements = [Requirement(line.strip()) for line in lines]
    return {
        requirement.name: str(requirement.specifier).removeprefix("==")
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate(where)
    }


def pinned(requirement, version, equals):
    "A requirement at one version, as conda (`=`) or pip (`==`) writes it."
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}{equals}{version}{marker}"


def environment():
    "The text of environment.yml."
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["dependencies"] + project["optional-dependencies"]["dev"]
    direct = [r for r in map(Requirement, declared) if r.name not in ("torch", "pip")]
    versions = locked()
    lines = ["name: mdp", "channels: [conda-forge]", "dependencies:"]
    lines += ["  - python=3.11", "  - make", "  - pip"]
    for requirement in direct:
        if requirement.name in FROM_CONDA:
            lines.append(f"  - {pinned(requirement, versions[requirement.name], '=')}")
    lines.append("  - pip:")
    for requirement in direct:
        if requirement.name not in FROM_CONDA:
            lines.append(f"    - {pinned(requirement, versions[requirement.name], '==')}")
    lines += [f"    - {TORCH}", "    - -e ."]
    return HEAD + "\n".join(lines) + "\n"


def main():
    with tempfile.TemporaryDirectory() as scratch:
        without_torch = Path(scratch) / "override.txt"
        without_torch.write_text("torch ; sys_platform == 'never'\n")
        command = [sys.executable, "-m", *COMPILE.split(), *OPTIONS.split()]
        command += ["--override", str(without_torch), "-o", "requirements.txt"]
        subprocess.run(command, cwd=ROOT, check=True)
    (ROOT / "environment.yml").write_text(environment())


if __name__ == "__main__":
    main()
