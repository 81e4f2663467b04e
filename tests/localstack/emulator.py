"""LocalStack and the engine of its tables, as processes of ours on the loopback interface."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PLUGIN = Path(__file__).with_name("plugin")
# The rest of a person's environment could configure LocalStack, too.
INHERITED = {
    name: os.environ[name] for name in ("HOME", "PATH", "PYTHONDONTWRITEBYTECODE") if name in os.environ
}
# It never takes as long: only what hangs does.
START_SECONDS = 300
# LocalStack's orderly end takes longer, and nothing of it is kept.
STOP_SECONDS = 2


class Failure(Exception):
    """What prevents the run, in one line."""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Puts an interruption off until what is inside is done: a process that is not known yet would not be ended."""
    came = []
    handlers = {
        sign: signal.signal(sign, lambda sign, _: came.append(sign)) for sign in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for sign, handler in handlers.items():
            signal.signal(sign, handler)
        for sign in came:
            signal.raise_signal(sign)


class Process:
    """A process with a group of its own, so that it ends with everything that it started."""

    def __init__(self, name: str, command: list, log: Path, environment: dict[str, str]):
        self.name, self.log = name, log
        with open(log, "wb") as output:
            self.child = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def check(self) -> None:
        """Fails if it has ended."""
        if (code := self.child.poll()) is not None:
            raise Failure(f"{self.name} ended with status {code}: {last_line(self.log)}")

    def until(self, ready) -> str:
        """What `ready` returns once it returns something."""
        deadline = time.monotonic() + START_SECONDS
        while not (answer := ready()):
            self.check()
            if time.monotonic() > deadline:
                raise Failure(f"{self.name} was not ready after {START_SECONDS} s: {last_line(self.log)}")
            time.sleep(0.05)
        return answer

    def stop(self) -> None:
        """Ends the group: kindly at first, and surely."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.child.pid, sign)
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(STOP_SECONDS)


class Emulator:
    """Both of them."""

    def __init__(self, scrip: Path, state: Path, port: int):
        self.endpoint = f"http://127.0.0.1:{port}"
        self.state = state
        self.processes: list[Process] = []
        try:
            self.start(scrip, port)
        except BaseException:
            self.stop()
            raise

    def start(self, scrip: Path, port: int) -> None:
        """Starts both, and waits until they answer."""
        # LocalStack goes on if it can't listen, and whatever listens there would be taken for it.
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise Failure(
                    f"port {port} can't be used ({error.strerror}); SCRIP_LOCALSTACK_PORT names another"
                )
        tables = self.run("the engine of the tables", [scrip, "dynamodb"], "dynamodb", INHERITED)
        address = tables.until(lambda: tables.log.read_text().strip())
        command = [sys.executable, "-m", "localstack.runtime.main"]
        localstack = self.run("LocalStack", command, "localstack", self.variables(port, address))
        localstack.until(lambda: answers(f"{self.endpoint}/_localstack/health"))

    def run(self, name: str, command: list, log: str, environment: dict[str, str]) -> Process:
        """Starts one."""
        with uninterrupted():
            self.processes.append(Process(name, command, self.state / f"{log}.log", environment))
        return self.processes[-1]

    def variables(self, port: int, tables: str) -> dict[str, str]:
        """How LocalStack is configured: https://docs.localstack.cloud/aws/capabilities/config/configuration/."""
        folder = self.state / "localstack"
        (folder / "tmp").mkdir(parents=True)
        return INHERITED | {
            "PYTHONPATH": str(PLUGIN),
            "SCRIP_DYNAMODB_ENDPOINT": tables,
            "PROVIDER_OVERRIDE_DYNAMODB": "v2",
            "PROVIDER_OVERRIDE_DYNAMODBSTREAMS": "v2",
            "LAMBDA_RUNTIME_EXECUTOR": "process",
            "GATEWAY_LISTEN": f"127.0.0.1:{port}",
            # Queue URLs are made of these two.
            "LOCALSTACK_HOST": f"127.0.0.1:{port}",
            "SQS_ENDPOINT_STRATEGY": "path",
            # Inside of another container it would take itself for its own image.
            "OVERRIDE_IN_DOCKER": "0",
            "FILESYSTEM_ROOT": str(folder),
            "TMPDIR": str(folder / "tmp"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            # Nothing is sent or fetched, and names are resolved by the system.
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DNS_ADDRESS": "0",
            # Its services call each other without HTTP in between, and look at streams more often than once a second.
            "IN_MEMORY_CLIENT": "1",
            "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.25",
        }

    def check(self) -> None:
        """Fails if one of them has ended."""
        for process in self.processes:
            process.check()

    def stop(self) -> None:
        """Ends them, the last one first, and is not interrupted in that."""
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, signal.SIG_IGN)
        while self.processes:
            self.processes.pop().stop()


def answers(url: str) -> bool:
    """Whether a request is answered."""
    # Whatever proxy there is knows nothing of this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False


def last_line(log: Path) -> str:
    """What was said last."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
