"""What the benchmarks share: environments for peers, timing, the machine in words, the report.

Import it before numpy: it sets the number of threads to one.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
import numpy as np
from mdp.core.store import atomic_write
from mdp.data.fetch import cache_dir

HERE = Path(__file__).parent


def peer(requirements, python="3.11"):
    """The Python of an environment that holds `requirements`.

    Made when it is missing, made again when they change.
    """
    env = (
        cache_dir()
        / "peers"
        / f"{requirements.stem}-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:8]}"
    )
    exe = env / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (env / "ready").exists():
        return exe
    shutil.rmtree(env, ignore_errors=True)
    print(f"making the environment of {requirements.stem} (once)", flush=True)
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        steps = [
            [uv, "venv", "-q", "--python", python, env],
            [uv, "pip", "install", "-q", "--python", exe, "-r", requirements],
        ]
    elif platform.python_version().startswith(python + "."):
        steps = [
            [sys.executable, "-m", "venv", env],
            [exe, "-m", "pip", "install", "-q", "-r", requirements],
        ]
    else:
        sys.exit(
            (
                f"{requirements.stem} needs Python {python}: install uv (pip install uv), "
                f"which can fetch it, or run this with Python {python}"
            )
        )
    for step in steps:
        subprocess.run(step, check=True)
    (env / "ready").touch()
    return exe


def run_peer(name, script, *arguments, home):
    """Run a script of this folder in the environment of a peer.

    name : of the peer; its requirements are in `name.txt`
    home : a folder that stands for the home folder, to which some peers write when imported
    """
    folder = str(home)
    own = {"HOME": folder, "USERPROFILE": folder, "MPLCONFIGDIR": folder, "MPLBACKEND": "agg"}
    command = [peer(HERE / f"{name}.txt"), HERE / script, *arguments]
    subprocess.run(command, check=True, env={**os.environ, **own})


def cpu(function, repeats):
    "Median CPU seconds of a call."
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return float(np.median(seconds))


def processor():
    "The name of the processor."
    file = Path("/proc/cpuinfo")
    if file.exists():
        for line in file.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.machine()


def machine():
    "The machine in words: processor, cores, system."
    return f"{processor()}, {os.cpu_count()} cores, {platform.system()}"


def write_report(name, lines):
    "Write `name.md` and print it."
    text = "\n".join(lines)
    with atomic_write(HERE / f"{name}.md") as path:
        path.write_text(text, encoding="utf-8")
    print(text)
