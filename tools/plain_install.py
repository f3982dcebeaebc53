"""Install the package without the extra `dev` into a new environment; import every module there.

usage: .venv/bin/python tools/plain_install.py FOLDER
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from lock import locked
from setup import ROOT, TORCH, pip_settings

IMPORT_ALL = """
import importlib, pathlib, mdp
package = pathlib.Path(mdp.__file__).parent
assert "site-packages" in package.parts, package
paths = [path.relative_to(package.parent).with_suffix("") for path in package.rglob("*.py")]
paths = [path for path in paths if path.stem != "_modidx"]
names = sorted({".".join(path.parts).removesuffix(".__init__") for path in paths})
for name in names:
    importlib.import_module(name)
print(f"{len(names)} modules imported from an install without dev")
"""


def main(folder):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = Path(folder) / "bin" / "python"
    with tempfile.TemporaryDirectory() as scratch:
        pins = Path(scratch) / "constraints.txt"
        pins.write_text(
            "\n".join([*(f"{name}=={version}" for name, version in locked().items()), TORCH])
        )
        subprocess.run(
            [
                sys.executable,
                "-m",
                "uv",
                "pip",
                "install",
                "--quiet",
                "--python",
                python,
                "--constraint",
                pins,
                ROOT,
            ],
            check=True,
            env={**os.environ, **pip_settings()},
        )
    subprocess.run([python, "-c", IMPORT_ALL], check=True, cwd=folder)


if __name__ == "__main__":
    main(sys.argv[1])
