"""Make .venv ready: the locked packages, torch, and this checkout.

Needs only python3 and pip; uses uv when pip can fetch it.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# outside the lock: its builds (CPU, CUDA, macOS) differ in hash and in what they need
TORCH = "torch==2.13.0"
UV_NAMES = {"index-url": "UV_DEFAULT_INDEX", "find-links": "UV_FIND_LINKS", "cert": "SSL_CERT_FILE"}
STEPS = (
    ("the locked packages", ["--no-deps", "--require-hashes", "-r", "requirements.txt"]),
    (TORCH, [TORCH]),
    ("this checkout", ["--no-deps", "--no-build-isolation", "-e", "."]),
)


def stop(what, advice):
    "End with what failed and what to do."
    again = "Then type the same make command again: what is done is kept."
    sys.exit("\nSet-up failed: %s\n%s\n%s" % (what, advice, again))


def succeeds(*command, **variables):
    "Does this command end well?"
    command = [str(part) for part in command]
    done = subprocess.run(command, cwd=str(ROOT), env=dict(os.environ, **variables))
    return done.returncode == 0


def pip_settings():
    "pip's own configuration, under the names that uv reads (uv does not look into pip's files)."
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True).stdout
    settings = {}
    for line in listed.splitlines():
        key, equals, value = line.partition("=")
        name = UV_NAMES.get(key.split(".")[-1])
        if name and equals and name not in os.environ:
            settings[name] = " ".join(value.strip("'\"").replace("\\n", " ").split())
    return settings


def make_environment():
    "An empty virtual environment in .venv, where there is none."
    if sys.version_info < (3, 11):
        stop(
            "Python %d.%d is too old" % sys.version_info[:2],
            "Install Python 3.11 or newer, and name it: make PYTHON=python3.12 run",
        )
    if not PYTHON.exists() and not succeeds(sys.executable, "-m", "venv", VENV):
        stop(
            "python3 -m venv did not work",
            "On Debian or Ubuntu: apt install python3-venv. "
            "Elsewhere: install Python from python.org or conda.",
        )


def main():
    make_environment()
    quiet = ["--quiet", "--disable-pip-version-check"]
    has_uv = succeeds(PYTHON, "-m", "pip", "install", *quiet, "uv")
    uv = [PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON, "--quiet"]
    pip = [PYTHON, "-m", "pip", "install", *quiet]
    for what, arguments in STEPS:
        print("installing " + what, flush=True)
        if has_uv and succeeds(*uv, *arguments, **pip_settings()):
            continue
        if has_uv:
            print("uv could not; trying pip", flush=True)
        if not succeeds(*pip, *arguments):
            stop(
                "%s could not be installed" % what,
                "The message above says why. Most often the package index cannot be reached: "
                "check the network, or `pip config list` if your site has an index of its own; "
                "and that the disk is not full.",
            )
    (VENV / ".ready").touch()


if __name__ == "__main__":
    main()
