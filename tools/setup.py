"""Make .venv ready: the locked packages, torch, and this checkout. Needs only python3 and pip; uses uv when pip can fetch it."""
import os, subprocess, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT/".venv"
PYTHON = VENV/("Scripts/python.exe" if os.name == "nt" else "bin/python")
TORCH = "torch==2.13.0"   # outside the lock: its builds (CPU, CUDA, macOS) differ in hash and in what they need

def stop(what, advice):
    sys.exit("\nSet-up failed: %s\n%s\nThen type the same make command again: what is done is kept." % (what, advice))

def call(*cmd, **env):
    return subprocess.run([str(c) for c in cmd], cwd=ROOT, env={**os.environ, **env}).returncode == 0

def pip_settings():
    "pip's own configuration, under the names that uv reads (uv does not look into pip's files)."
    names = {"index-url": "UV_DEFAULT_INDEX", "find-links": "UV_FIND_LINKS", "cert": "SSL_CERT_FILE"}
    out = {}
    lines = subprocess.run([str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True).stdout.splitlines()
    for key, value in (l.split("=", 1) for l in lines if "=" in l):
        name = names.get(key.split(".")[-1])
        if name: out[name] = " ".join(value.strip("'\"").replace("\\n", " ").split())
    return {k: v for k, v in out.items() if k not in os.environ}

def main():
    if sys.version_info < (3, 11): stop("Python %d.%d is too old" % sys.version_info[:2], "Install Python 3.11 or newer, and name it: make PYTHON=python3.12 run")
    if not PYTHON.exists() and not call(sys.executable, "-m", "venv", VENV):
        stop("python3 -m venv did not work", "On Debian or Ubuntu: apt install python3-venv. Elsewhere: install Python from python.org or conda.")
    has_uv = call(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    uv = [PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON, "--quiet"]
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    steps = [("the locked packages", ["--no-deps", "--require-hashes", "-r", "requirements.txt"]),
             (TORCH, [TORCH]),
             ("this checkout", ["--no-deps", "--no-build-isolation", "-e", "."])]
    for what, args in steps:
        print("installing " + what, flush=True)
        if has_uv and call(*uv, *args, **pip_settings()): continue
        if has_uv: print("uv could not; trying pip", flush=True)
        if not call(*pip, *args):
            stop("%s could not be installed" % what, "The message above says why. Most often the package index cannot be reached: "
                 "check the network, or `pip config list` if your site has an index of its own; and that the disk is not full.")
    (VENV/".ready").touch()

if __name__ == "__main__": main()
