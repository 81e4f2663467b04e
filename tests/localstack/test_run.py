"""What `run` makes of bad conditions: one clear line, a status, and no process left. Runs it for real."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RUN = HERE / "run"
# Far beyond what it takes on a busy machine: only what hangs takes as long.
DEADLINE_SECONDS = 900
QUICK_SECONDS = 300
# Stands for the artifact: deploying asks nothing of it, and these tests call no function.
ARTIFACT = "#!/bin/sh\nexit 1\n"
# Stands for cargo: everything is built.
CARGO = f"""#!/bin/sh
artifact() {{
  echo "{{\\"reason\\": \\"compiler-artifact\\", \\"target\\": {{\\"src_path\\": \\"{ROOT}/$1\\"}}," \\
    "\\"profile\\": {{\\"test\\": $2}}, \\"executable\\": \\"$3\\"}}"
}}
artifact infra/cli/src/main.rs false "$CARGO_TARGET_DIR/debug/scrip"
artifact tests/suite.rs true "$TMPDIR/suite"
"""
# Stands for the suite, which keeps what it is told of the stack, and runs until it is ended.
SUITE = """#!/bin/sh
cp "$SCRIP_STACK" "$TMPDIR/stack.json"
touch "$TMPDIR/suite-runs"
exec sleep 3600
"""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes() -> dict[int, str]:
    """Command lines and environments of all processes, as far as they may be read."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            text = (folder / "cmdline").read_bytes() + b"\0" + (folder / "environ").read_bytes()
            found[int(folder.name)] = text.decode(errors="replace")
    return found


class Run(unittest.TestCase):
    """Runs `run` in a folder of its own."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="scrip-test-run-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        self.write("bin/cargo", CARGO)
        self.write("suite", SUITE)
        self.write("bootstrap", ARTIFACT)
        self.environment = os.environ | {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "TMPDIR": str(self.folder),
            "CARGO_TARGET_DIR": os.environ.get("CARGO_TARGET_DIR") or str(ROOT / "target"),
            "SCRIP_BOOTSTRAP": str(self.folder / "bootstrap"),
            "SCRIP_LOCALSTACK_PORT": str(self.port),
            "SCRIP_AWS_ENDPOINT": "",
        }

    def write(self, name: str, text: str) -> None:
        """Writes a program."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)

    def start(self, *arguments: str) -> subprocess.Popen:
        """Starts it."""
        with open(self.folder / "output", "wb") as output:
            child = subprocess.Popen([RUN, *arguments], env=self.environment, stdout=output, stderr=output)
        self.addCleanup(self.end, child)
        return child

    def end(self, child: subprocess.Popen) -> None:
        """Has it end as a person would, so that a test that fails leaves nothing, either."""
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            child.wait(QUICK_SECONDS)

    def output(self) -> str:
        """What it has said so far."""
        return (self.folder / "output").read_text()

    def until(self, child: subprocess.Popen, what: str, ready):
        """What `ready` returns once it returns something."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (found := ready()):
            is_in_time = time.monotonic() < deadline and child.poll() is None
            self.assertTrue(is_in_time, f"{what}; it said:\n{self.output()}")
            time.sleep(0.05)
        return found

    def tables(self) -> list[str]:
        """The tables there are."""
        scope = "Credential=test/20260101/us-east-1/dynamodb/aws4_request"
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "DynamoDB_20120810.ListTables",
        }
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", b"{}", headers)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.load(answer)["TableNames"]

    def localstack(self) -> int | None:
        """The process, once it is there."""
        mark = f"GATEWAY_LISTEN=127.0.0.1:{self.port}\0"
        return next((id for id, text in processes().items() if mark in text), None)

    def left(self) -> dict[int, str]:
        """The processes that know this folder, but for the tests' own."""
        found = processes().items()
        return {id: text for id, text in found if str(self.folder) in text and id != os.getpid()}

    def fails(self, child: subprocess.Popen, *parts: str, seconds: int = DEADLINE_SECONDS) -> str:
        """It ends in time with a line of its own that has these parts, without a traceback, and leaves nothing."""
        status = child.wait(seconds)
        output = self.output()
        self.assertNotEqual(status, 0, output)
        self.assertNotIn("Traceback", output)
        lines = [line for line in output.splitlines() if line.startswith("tests/localstack: ")]
        self.assertTrue(any(all(part in line for part in parts) for line in lines), output)
        # What was killed is gone a moment later.
        deadline = time.monotonic() + seconds
        while (left := self.left()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(left, {})
        return output


class Conditions(Run):
    """What is wrong before anything is started."""

    def test_there_is_no_python(self) -> None:
        for name in ("bash", "dirname"):
            (self.bin / name).symlink_to(shutil.which(name))
        self.environment["PATH"] = str(self.bin)
        self.fails(self.start(), "Python 3.11 is needed")

    def test_the_python_is_another(self) -> None:
        for name in ("bash", "dirname"):
            (self.bin / name).symlink_to(shutil.which(name))
        for name in ("python3.11", "python3"):
            self.write(f"bin/{name}", "#!/bin/bash\nexit 1\n")
        self.environment["PATH"] = str(self.bin)
        self.fails(self.start(), "Python 3.11 is needed")

    def test_there_is_no_network_to_install_from(self) -> None:
        cache = self.folder / "cache"
        nowhere = f"http://127.0.0.1:{free_port()}/simple"
        self.environment |= {"XDG_CACHE_HOME": str(cache), "PIP_INDEX_URL": nowhere, "PIP_NO_CACHE_DIR": "1"}
        self.fails(self.start(), "LocalStack can't be installed", "ERROR")
        self.assertEqual(list(cache.glob("scrip/localstack-*/complete")), [])

    def test_the_port_is_in_use(self) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", self.port))
            other.listen()
            self.fails(self.start(), f"port {self.port} can't be used", "SCRIP_LOCALSTACK_PORT")

    def test_the_port_is_none(self) -> None:
        for port in ("seventy", "0", "65536"):
            self.environment["SCRIP_LOCALSTACK_PORT"] = port
            self.fails(self.start(), f"SCRIP_LOCALSTACK_PORT={port} is no port")

    def test_the_artifact_is_not_there(self) -> None:
        self.environment["SCRIP_BOOTSTRAP"] = "/nonexistent"
        self.fails(self.start(), "SCRIP_BOOTSTRAP names /nonexistent, which is no file")

    def test_the_bound_of_requests_is_none(self) -> None:
        for bound in ("many", "0", "-1"):
            self.environment |= {"SCRIP_REQUESTS_AT_ONCE": bound, "SCRIP_AWS_ENDPOINT": ""}
            self.fails(self.start(), f"SCRIP_REQUESTS_AT_ONCE={bound} is no number of requests")

    def test_the_endpoint_does_not_answer(self) -> None:
        self.environment["SCRIP_AWS_ENDPOINT"] = endpoint = f"http://127.0.0.1:{free_port()}"
        self.fails(self.start(), f"nothing answers at SCRIP_AWS_ENDPOINT={endpoint}")

    def test_the_endpoint_is_no_address(self) -> None:
        self.environment["SCRIP_AWS_ENDPOINT"] = "localstack"
        self.fails(self.start(), "nothing answers at SCRIP_AWS_ENDPOINT=localstack")

    def test_the_programs_can_not_be_built(self) -> None:
        self.write("bin/cargo", "#!/bin/sh\nexit 101\n")
        self.fails(self.start(), "cargo", "101")


class HalfInstalled(Run):
    """An environment whose installation broke off."""

    def test_it_is_made_anew(self) -> None:
        copy = self.folder / "copy"
        copy.mkdir()
        shutil.copy(HERE / "environment.py", copy)
        # Without packages, so that it is made within seconds.
        (copy / "requirements.lock").write_text("")
        command = [sys.executable, copy / "environment.py"]
        environment = self.environment | {"XDG_CACHE_HOME": str(self.folder / "cache")}
        make = lambda: subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        folder = Path(make().stdout.strip())
        python = folder / "bin/python"

        python.unlink()
        self.assertEqual(make().stderr, "", "a whole environment is left as it is")
        (folder / "complete").unlink()
        self.assertIn("installing", make().stderr)
        self.assertTrue(python.exists() and (folder / "complete").exists())


class Running(Run):
    """What happens to LocalStack, or to the run."""

    def test_localstack_dies_at_its_start(self) -> None:
        child = self.start()
        os.kill(self.until(child, "LocalStack was not started", self.localstack), signal.SIGKILL)
        output = self.fails(child, "LocalStack ended with status -9", seconds=QUICK_SECONDS)
        self.assertIn("tests/localstack: logs are in ", output)

    def test_localstack_dies_while_the_suite_runs(self) -> None:
        child = self.start()
        self.until(child, "the suite was not started", (self.folder / "suite-runs").exists)
        os.kill(self.localstack(), signal.SIGKILL)
        self.fails(child, "LocalStack ended with status -9", seconds=QUICK_SECONDS)

    def test_it_is_told_to_end(self) -> None:
        for sign in (signal.SIGINT, signal.SIGTERM):
            child = self.start()
            self.until(child, "LocalStack was not started", self.localstack)
            child.send_signal(sign)
            self.fails(child, "interrupted", seconds=QUICK_SECONDS)


class Kept(Run):
    """What is left standing on purpose."""

    def test_it_is_kept_until_it_is_told_to_end_and_others_leave_nothing_in_it(self) -> None:
        child = self.start("--keep")
        self.until(child, "it was not kept", lambda: "Ctrl-C takes it away" in self.output())
        tables = self.tables()
        template = (ROOT / "infra" / "tables.yaml").read_text()
        self.assertEqual(len(tables), template.count("Type: AWS::DynamoDB::Table\n"))

        self.environment["SCRIP_AWS_ENDPOINT"] = f"http://127.0.0.1:{self.port}"
        other = self.start()
        self.until(other, "the suite was not started", (self.folder / "suite-runs").exists)
        self.assertEqual(len(self.tables()), 2 * len(tables))
        told = json.loads((self.folder / "stack.json").read_text())
        # An emulator that is not ours may start a process for each request.
        self.assertEqual(told["requests_at_once"], 8)
        other.send_signal(signal.SIGINT)
        self.assertEqual(other.wait(QUICK_SECONDS), 130, self.output())
        self.assertEqual(self.tables(), tables)

        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(QUICK_SECONDS), 0, self.output())
        self.assertEqual(
            list(self.folder.glob("scrip-localstack-*")), [], "nothing is kept of what went well"
        )
        self.assertIsNone(self.localstack())


def each_class_in_a_process() -> int:
    """Runs two classes at a time, since most of them wait for LocalStack, which starts on one processor."""
    classes = [case.__name__ for case in (Kept, Running, HalfInstalled, Conditions)]
    left_out = {case.__name__ for case in Run.__subclasses__()} - set(classes)
    assert not left_out, left_out
    run = lambda name: subprocess.run([sys.executable, __file__, name]).returncode
    with ThreadPoolExecutor(max_workers=2) as pool:
        return max(pool.map(run, classes))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        unittest.main()
    sys.exit(each_class_in_a_process())
