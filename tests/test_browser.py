"""JupyterLab as a person uses it: open a case, run all from an empty cache, move its widget, see
the
picture change. For the cases of `IN_LAB` this is also the test that they run from an empty cache.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections import namedtuple
from pathlib import Path
import nbformat
import pytest
from conftest import shows_a_result
from mdp.console import cases

ROOT = Path(__file__).resolve().parent.parent
CHROME = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
pytestmark = [
    pytest.mark.skipif(CHROME is None, reason="no Chromium or Chrome on this machine"),
    pytest.mark.xdist_group("browser"),
]
TOKEN = "workshop"
IN_LAB = (
    "quasicrystals",
    "polymer_thermal_conductivity",
    "lattice_thermal_conductivity",
    "microstructure_gan",
    "opv_rediscovery",
    "periodic_table",
    "next_experiment",
    "bayesian_retrosynthesis",
    "shotgun_transfer",
)
Lab = namedtuple("Lab", "address notebooks")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    "A JupyterLab server on a copy of the notebooks; yields its address and their folder."
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "nbs", home / "nbs", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    dirs = {f"JUPYTER_{k}_DIR": str(home / k.lower()) for k in ("CONFIG", "DATA", "RUNTIME")}
    log = open(home / "log", "w")
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--port={port}",
            f"--IdentityProvider.token={TOKEN}",
            "--expose-app-in-browser",
            "--notebook-dir",
            str(home / "nbs"),
        ],
        env={**os.environ, **dirs, "MDP_PROFILE": "fast", "MDP_QUIET": "1", "OMP_NUM_THREADS": "1"},
        stdout=log,
        stderr=log,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=2)
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail(f"JupyterLab did not start:\n{(home / 'log').read_text()[-3000:]}")
        yield Lab(address, home / "nbs")
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


def from_here(url):
    "Whether an address is of this machine, so that it is answered without a network."
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:"))


@pytest.fixture(scope="module")
def page(lab):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path=CHROME,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(60_000)
        page.faults, page.outside = [], []
        page.on("request", lambda asked: from_here(asked.url) or page.outside.append(asked.url))
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.faults.append(said.text))
        yield page
        browser.close()


RUN_ALL = """async () => {
    const panel = window.jupyterapp.shell.currentWidget
    await panel.context.ready
    await panel.sessionContext.ready
    await panel.sessionContext.session.kernel.info
    window.ran = window.jupyterapp.commands.execute("notebook:run-all-cells")
    window.ran.then(() => { window.finished = true })
}"""
END_OTHER_KERNELS = """path => {
    const sessions = window.jupyterapp.serviceManager.sessions
    const others = [...sessions.running()].filter(session => session.path != path)
    return Promise.all(others.map(session => sessions.shutdown(session.id)))
}"""


@pytest.fixture
def run(lab, page, empty_cache):
    "A function: open a case in JupyterLab and run every cell; fails if a cell does."

    def run_case(name):
        path = lab.notebooks / "cases" / cases()[name].name
        notebook = nbformat.read(path, 4)
        settings = f"import os\nos.environ.update({empty_cache!r})"
        notebook.cells.insert(0, nbformat.v4.new_code_cell(settings))
        nbformat.write(notebook, path)
        inside = f"cases/{path.name}"
        # a workspace of its own: JupyterLab would open the last notebook too
        page.goto(f"{lab.address}/lab/workspaces/{name}/tree/{inside}?token={TOKEN}")
        page.wait_for_function(
            "path => window.jupyterapp?.shell.currentWidget?.context?.path == path", arg=inside
        )
        page.evaluate(END_OTHER_KERNELS, inside)
        page.evaluate(RUN_ALL)
        page.wait_for_function("window.finished", timeout=900_000)
        page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        ran = nbformat.read(path, 4)
        outputs = [output for cell in ran.cells for output in cell.get("outputs", [])]
        errors = [output for output in outputs if output.output_type == "error"]
        assert not errors, errors
        shows_a_result(ran)

    return run_case


def show(page, selector):
    "Scroll the notebook (cells outside the window are not drawn) until the selector is there."
    n = page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets.length")
    for i in range(n - 1, -1, -1):
        if page.locator(selector).count():
            break
        # not awaited: the promise of a scroll is not always kept
        page.evaluate("i => void window.jupyterapp.shell.currentWidget.content.scrollToItem(i)", i)
        page.wait_for_timeout(100)
    target = page.locator(selector).first
    target.scroll_into_view_if_needed()
    return target


WATCH = """() => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
    window.statuses = []
    kernel.statusChanged.connect((_, status) => window.statuses.push(status))
}"""


def worked(page, act, changed, arg, timeout):
    """Act, wait until a condition holds and the kernel, which was busy meanwhile, is idle again;
    the browser must have met no error."""
    page.faults.clear()
    page.evaluate(WATCH)
    act()
    page.wait_for_function(changed, arg=arg, timeout=timeout)
    page.wait_for_function("window.statuses.at(-1) == 'idle'", timeout=timeout)
    assert "busy" in page.evaluate("window.statuses")
    assert not page.faults
    assert not page.outside, "a workshop may have no network"


def repaint(page, picture, act, timeout=10_000):
    "Seconds from an act to another picture."
    before, t0 = picture.get_attribute("src"), time.time()
    changed = "([e, old]) => e.src != old"
    worked(page, act, changed, [picture.element_handle(), before], timeout)
    return time.time() - t0


def test_ternary_widget(page, run):
    run("quasicrystals")
    box = show(page, ".mdp-ternary")
    picture, before = box.locator("img"), box.locator("img").get_attribute("src")
    menu = box.locator("select").nth(2)
    chosen = menu.input_value()
    other = next(
        v
        for v in menu.locator("option").all_text_contents()
        if v not in [box.locator("select").nth(i).input_value() for i in range(3)]
    )
    seconds = repaint(page, picture, lambda: menu.select_option(label=other))
    print(f"  {chosen} -> {other}: a new triangle after {seconds:.2f} s")
    assert picture.get_attribute("src") != before


def test_candidates_widget(page, run):
    run("polymer_thermal_conductivity")
    box = show(page, ".mdp-candidates")
    pictures, menu = box.locator("img"), box.locator("select")
    repaint(page, pictures.nth(0), lambda: menu.select_option(index=1), 60_000)

    def move():
        handle = box.locator(".noUi-handle-lower").first
        handle.focus()
        handle.press("ArrowLeft")

    repaint(page, pictures.nth(1), move, 60_000)


def test_crystal_of_other_elements(page, run):
    run("lattice_thermal_conductivity")
    box = show(page, ".mdp-crystal")
    picture, menus = box.locator("img"), box.locator("select")
    compute = box.locator("button", has_text="compute").click
    repaint(page, picture, compute, 120_000)
    menus.nth(0).select_option(label="rocksalt")
    menus.nth(1).select_option(label="Mg")
    menus.nth(2).select_option(label="O")
    repaint(page, picture, compute, 120_000)
    assert picture.evaluate("e => e.naturalWidth") > 100
    assert "computing" not in box.inner_text()


def test_film_sliders(page, run):
    run("microstructure_gan")
    box = show(page, ".mdp-film")
    picture = box.locator("img")
    handle = box.locator(".noUi-handle").first
    handle.focus()
    for _ in range(3):
        repaint(page, picture, lambda: handle.press("PageUp"))


def test_layout_is_coloured_by_a_property(page, run):
    run("periodic_table")
    box = show(page, ".mdp-periodic")
    picture, menu = box.locator("img"), box.locator("select")
    seen = {picture.get_attribute("src")}
    for name in ("first_ion_en", "boiling_point"):
        repaint(page, picture, lambda: menu.select_option(label=name))
        seen.add(picture.get_attribute("src"))
    assert len(seen) == 3


def test_walk_and_map(page, run):
    run("opv_rediscovery")
    box = show(page, ".mdp-walk")
    repaint(page, box.locator("img"), lambda: box.locator(".noUi-handle").first.press("PageDown"))
    point = show(page, ".mdp-map").locator(".p").last
    drawn = point.locator(".m")
    assert drawn.evaluate("e => getComputedStyle(e).visibility") == "hidden"
    point.locator("circle").hover()
    assert (
        drawn.evaluate("e => getComputedStyle(e).visibility") == "visible"
        and drawn.locator("image").count() == 1
    )


def test_campaign_game(page, run):
    run("next_experiment")
    box = show(page, ".mdp-campaign")
    picture, button = box.locator("img"), box.locator("button").first
    handle = box.locator(".noUi-handle").first
    handle.focus()
    repaint(page, picture, lambda: handle.press("PageUp"))
    repaint(page, picture, lambda: button.click())
    assert "of 8 samples" in box.inner_text()


BUTTONS = {
    "bayesian_retrosynthesis": ("find reactants", "CC(=O)Oc1ccccc1C(=O)O"),
    "shotgun_transfer": ("rank the sources", None),
}


@pytest.mark.parametrize("name", BUTTONS)
def test_button_shows_a_picture(page, run, name):
    label, molecule = BUTTONS[name]
    run(name)
    box = show(page, f".widget-vbox:has(button:text-is('{label}'))")
    if molecule:
        box.locator("input").first.fill(molecule)
    pictures = "box => [...box.querySelectorAll('img')].map(picture => picture.src).join()"
    arg = [box.element_handle(), box.evaluate(pictures)]
    act = box.locator("button", has_text=label).click
    worked(page, act, f"([box, before]) => ({pictures})(box) != before", arg, 120_000)
    assert box.locator("img").evaluate_all("all => all.some(one => one.naturalWidth > 100)")
