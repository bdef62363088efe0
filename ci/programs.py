"""What scripts here need to run programs: installed, started on free ports, waited for, and stopped."""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START = 30  # seconds that a program may take until it says where it listens


class Failed(Exception):
    """Something is not as it must be; the message says what."""


def cannot(message):
    """Ends the script, because this machine lacks something."""
    print(f"{Path(sys.argv[0]).name}: {message}", file=sys.stderr)
    sys.exit(2)


def built(name, profile, build):
    """A program of ours as cargo built it; `build` is the command that does."""
    path = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / profile / name
    if not path.exists():
        cannot(f"no program at {path}; build it with: {build}")
    return str(path)


def found(name, package):
    """A program of this machine's."""
    return shutil.which(name) or cannot(f"no '{name}' here; on Debian and Ubuntu: apt-get install {package}")


def clean(out, **more):
    """An environment with nothing of the machine's settings in it, which would change what is measured or tested."""
    return {"PATH": os.environ["PATH"], "HOME": str(out), "LANG": "C.UTF-8", **more}


# Installing: all that needs the network, so all that is retried.


def retried(command, **options):
    for attempt in (1, 2, 3):
        if subprocess.run(command, **options).returncode == 0:
            return
        print(f"attempt {attempt} of 3 failed: {' '.join(map(str, command))}", file=sys.stderr, flush=True)
        if attempt < 3:
            time.sleep(attempt * 10)
    cannot(f"could not install: {' '.join(map(str, command))}")


def once(stamp_file, stamp, what, install):
    """Installs, unless what is there was installed from the same."""
    if stamp_file.exists() and stamp_file.read_text() == stamp:
        return
    print(f"{what}: installing", flush=True)
    stamp_file.unlink(missing_ok=True)
    install()
    stamp_file.write_text(stamp)


def python_packages(folder, venv):
    """Makes a venv of the folder's requirements.txt, and gives its interpreter."""
    requirements = folder / "requirements.txt"

    def install():
        if subprocess.run([sys.executable, "-m", "venv", "--clear", venv]).returncode != 0:
            cannot("python3 cannot make a venv; on Debian and Ubuntu: apt-get install python3-venv")
        pip = [venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "5"]
        retried([*pip, "--timeout", "60", "-r", requirements])

    once(venv / "installed", sys.version + requirements.read_text(), folder.name, install)
    return str(venv / "bin/python")


def node_packages(folder, work):
    """Copies the folder to where its packages may be installed, installs them, and gives the copy."""
    npm = found("npm", "npm")
    lock = (folder / "package-lock.json").read_text()
    copy = work / folder.name
    copy.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if file.is_file():
            shutil.copy(file, copy)
    version = subprocess.run([found("node", "nodejs"), "--version"], capture_output=True, text=True).stdout

    def install():
        retried([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], cwd=copy)

    once(copy / "node_modules.installed", version + lock, folder.name, install)
    return copy


# Running.


class Program:
    """A running program whose output goes to a file, in a session of its own so that all it starts ends with it."""

    def __init__(self, command, log, env, cwd=None):
        self.command = command
        self.log = Path(log)
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, cwd=cwd, start_new_session=True
            )

    def said(self, pattern):
        """Waits until the program has written this, and gives the group in it."""
        deadline = time.monotonic() + START
        while True:
            ended = self.process.poll() is not None
            match = re.search(pattern, self.text())
            if match:
                return match[1]
            if ended or time.monotonic() > deadline:
                how = f"ended with status {self.process.returncode}" if ended else f"ran for {START} s"
                raise Failed(f"{' '.join(self.command)} {how} and did not say '{pattern}':\n{self.text()[-2000:]}")
            time.sleep(0.02)

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self):
        for sign, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 10)):
            try:
                os.killpg(self.process.pid, sign)
            except ProcessLookupError:
                pass
            try:
                self.process.wait(patience)
                return
            except subprocess.TimeoutExpired:
                continue

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def leave_nothing_behind():
    """Stops what runs also when the script is told to end, and becomes the parent of whatever loses its own."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def left_behind():
    """Ends what still runs although all that was started was stopped, and says what it was."""
    running = {}
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            return []
        running = children()
        time.sleep(0.05)
    for pid in running:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return sorted(running.values())


def children():
    """The children of this process that are no zombies: what each was called with."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(") ")[2].split()[:2]
            if int(parent) == os.getpid() and state != "Z":
                command = (stat.parent / "cmdline").read_text(errors="replace").replace("\0", " ")
                found[int(stat.parent.name)] = command.strip()
        except OSError:
            pass
    return found


def json_of(url, body=None, token=None):
    """The JSON that a URL answers, to a GET or, with a body, to a POST."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Failed(f"{url} answered {error.code}: {error.read(2000).decode(errors='replace')}") from error
