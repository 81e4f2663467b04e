"""Prints the folder of the virtual environment that LocalStack runs in, which is made if it is not there whole."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).with_name("requirements.lock")
RETRIES = 2


def cache() -> Path:
    """Where things are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scrip"


def make(folder: Path) -> None:
    """Makes the environment. The lock holds every package, so that pip has nothing to choose."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True, text=True)
    pip = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", f"--retries={RETRIES}"]
    subprocess.run([*pip, "--no-deps", "-r", LOCK], check=True, capture_output=True, text=True)


def main() -> None:
    """Prints the folder, or one line that says what is in the way."""
    folder = cache() / f"localstack-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    complete = folder / "complete"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with open(f"{folder}.lock", "w") as lock:
            # Whoever comes second waits for the first, and finds the environment there.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not complete.exists():
                print("tests/localstack: installing LocalStack, once, about 500 MB", file=sys.stderr)
                make(folder)
                complete.touch()
    except (OSError, subprocess.CalledProcessError) as error:
        output = getattr(error, "stderr", None) or str(error)
        why = next((line for line in output.splitlines() if line.startswith("ERROR")), output.strip())
        sys.exit(f"tests/localstack: LocalStack can't be installed; is there a network? {why}")
    print(folder)


if __name__ == "__main__":
    main()
