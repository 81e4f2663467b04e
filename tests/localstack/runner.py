"""Deploys, tests and takes everything away again: see `run`."""

import argparse
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import deployment
import reality
from botocore.exceptions import BotoCoreError, ClientError
from deployment import Account, Deployment
from emulator import Emulator, Failure, answers, uninterrupted

ROOT = Path(__file__).parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
DEFAULT_PORT, MAX_PORT, DEFAULT_REGION = "4566", 65_535, "us-east-1"
ANY_KEYS = ("test", "test")
INTERRUPTED = 130
# What the gate tries: every route once, every machine and queue, and what only a deployed stack can promise.
SELECTED = ["deployed::"]
# All scenarios. Tests of what happens at a time wait for it: these begin at once, beside those that keep the processors
# busy.
PARTS = [["workflows::", "deployed::"], ["--skip", "workflows::", "--skip", "deployed::"]]
TEST_THREADS = "32"
# How many requests the suite has under way: an emulator that is not ours may start a process for each.
REQUESTS_AT_ONCE, REQUESTS_AT_ONCE_ELSEWHERE = 64, 8
# All of the workspace is chosen, as `cargo test` does, so that nothing is compiled again with other features.
TESTS = ["test", "--locked", "--workspace", "--features", "scrip-tests/deployed"]
# The program itself is built for those of its tests that run it.
BUILD_TESTS = [*TESTS, "--test", "suite", "--test", "program", "--no-run", "--message-format=json-render-diagnostics"]
BUILD_ARTIFACT = ["build", "--locked", "--release", "-p", "scrip-bootstrap"]

Check = Callable[[], None]


@dataclass
class Built:
    """What is run: the program for this machine, the artifact, and the suite."""

    scrip: Path
    artifact: Path
    suite: Path


def main() -> int:
    """Runs what the command line asks for; what goes wrong is told in one line."""
    parser = argparse.ArgumentParser(prog="tests/localstack/run")
    parser.add_argument("--all", action="store_true", help="run all scenarios, and not only those of the gate")
    parser.add_argument("--build", action="store_true", help="compile what is needed, and do no more")
    parser.add_argument("--keep", action="store_true", help="leave it up until Ctrl-C, for trying by hand")
    parser.add_argument("arguments", nargs="*", help="what the test binary is given, after --")
    options = parser.parse_args()
    # A shell that starts this in the background has SIGINT ignored.
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.default_int_handler)
    state = Path(tempfile.mkdtemp(prefix="scrip-localstack-"))
    parts = [options.arguments] if options.arguments else PARTS if options.all else [SELECTED]
    try:
        built = build()
        status = 0 if options.build else run(state, built, options.keep, parts)
    except (Failure, OSError, subprocess.CalledProcessError) as failure:
        print(f"tests/localstack: {failure}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print("tests/localstack: interrupted", file=sys.stderr)
        status = INTERRUPTED
    if status == 0 or not any(state.glob("*.log")):
        shutil.rmtree(state, ignore_errors=True)
    else:
        print(f"tests/localstack: logs are in {state}", file=sys.stderr)
    return status


def run(state: Path, built: Built, keep: bool, parts: list[list[str]]) -> int:
    """Starts, deploys and tests."""
    bound = max(requests_at_once() // len(parts), 1)
    scrip = built.scrip
    key = state / "issuer.key"
    new = subprocess.run([scrip, "device", "new", "--out", key], check=True, capture_output=True, text=True)
    with (
        place(scrip, state) as (account, check),
        deployed(account, built.artifact, json.loads(new.stdout), check) as stack,
    ):
        description = {
            "api": stack.api,
            "endpoint": account.endpoint,
            "region": account.region,
            "stack": stack.name,
            "issuer": deployment.ISSUER,
            "audience": deployment.AUDIENCE,
            "issuer_key": str(key),
            "requests_at_once": bound,
            "resources": stack.ids,
        }
        file = state / "stack.json"
        file.write_text(json.dumps(description, indent=2))
        environment = {"RUST_TEST_THREADS": TEST_THREADS} | os.environ | account.variables()
        environment |= {"SCRIP_STACK": str(file)}
        return wait(file, check) if keep else test(built.suite, environment, parts, check)


def build() -> Built:
    """Everything, so that nothing is compiled while anything runs."""
    output = subprocess.run(
        ["cargo", *BUILD_TESTS], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    # Another package has a test of the same name, so a program is known by its source.
    programs = {
        (Path(message["target"]["src_path"]), message["profile"]["test"]): Path(message["executable"])
        for message in messages
        if message["reason"] == "compiler-artifact" and message["executable"]
    }
    artifact = Path(os.environ.get("SCRIP_BOOTSTRAP") or TARGET / "release/bootstrap")
    if "SCRIP_BOOTSTRAP" not in os.environ:
        subprocess.run(["cargo", *BUILD_ARTIFACT], cwd=ROOT, check=True)
    elif not artifact.is_file():
        raise Failure(f"SCRIP_BOOTSTRAP names {artifact}, which is no file")
    scrip = programs[ROOT / "infra/cli/src/main.rs", False]
    return Built(scrip, artifact, programs[ROOT / "tests/suite.rs", True])


def requests_at_once() -> int:
    """How many requests the suite may have under way."""
    default = REQUESTS_AT_ONCE_ELSEWHERE if os.environ.get("SCRIP_AWS_ENDPOINT") else REQUESTS_AT_ONCE
    text = os.environ.get("SCRIP_REQUESTS_AT_ONCE") or str(default)
    if not (text.isdecimal() and int(text)):
        raise Failure(f"SCRIP_REQUESTS_AT_ONCE={text} is no number of requests")
    return int(text)


@contextmanager
def place(scrip: Path, state: Path) -> Iterator[tuple[Account, Check]]:
    """Where it is deployed to, and a check that it is still there."""
    endpoint = os.environ.get("SCRIP_AWS_ENDPOINT", "")
    region = os.environ.get("AWS_REGION") or DEFAULT_REGION
    if endpoint == "aws" or endpoint.startswith("aws:"):
        yield Account(None, endpoint.removeprefix("aws").lstrip(":") or region, None), lambda: None
    elif endpoint:
        if not answers(endpoint):
            raise Failure(f"nothing answers at SCRIP_AWS_ENDPOINT={endpoint}")
        yield Account(endpoint.rstrip("/"), region, ANY_KEYS), lambda: None
    else:
        port = os.environ.get("SCRIP_LOCALSTACK_PORT") or DEFAULT_PORT
        if not (port.isdecimal() and 0 < int(port) <= MAX_PORT):
            raise Failure(f"SCRIP_LOCALSTACK_PORT={port} is no port")
        emulator = Emulator(scrip, state, int(port))
        try:
            yield Account(emulator.endpoint, DEFAULT_REGION, ANY_KEYS), emulator.check
        finally:
            emulator.stop()


@contextmanager
def deployed(account: Account, artifact: Path, key: dict, check: Check) -> Iterator[Deployment]:
    """A stack of its own name, that is really there."""
    name = f"scrip-test-{secrets.token_hex(4)}"
    try:
        began = time.monotonic()
        stack = deployment.deploy(account, name, artifact, key)
        count = reality.check(stack)
        print(f"{name}: {count} resources are there, after {time.monotonic() - began:.0f} s", flush=True)
        yield stack
    except (BotoCoreError, ClientError) as error:
        check()
        raise Failure(f"{name} can't be deployed: {error}") from error
    finally:
        # What is in an emulator of ours ends with it.
        if os.environ.get("SCRIP_AWS_ENDPOINT"):
            try:
                deployment.remove(account, name)
            except (BotoCoreError, ClientError) as error:
                raise Failure(f"{name} can't be taken away whole: {error}") from error


def wait(file: Path, check: Check) -> int:
    """Leaves it up until it is interrupted."""
    print(f"{file.read_text()}\nSCRIP_STACK={file}\nCtrl-C takes it away.", flush=True)
    try:
        while True:
            check()
            time.sleep(0.2)
    except KeyboardInterrupt:
        return 0


def test(suite: Path, environment: dict[str, str], parts: list[list[str]], check: Check) -> int:
    """Runs the suite, and ends it if there is nothing any more that it could test."""
    counts = [[0, 0, 0] for _ in parts]
    children, readers = [], []
    try:
        for part, own in zip(parts, counts):
            with uninterrupted():
                child = subprocess.Popen(
                    [suite, *part],
                    cwd=ROOT / "tests",
                    env=environment,
                    stdout=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                )
                children.append(child)
            readers.append(threading.Thread(target=relay, args=(child.stdout, own)))
            readers[-1].start()
        while any(child.poll() is None for child in children):
            check()
            time.sleep(0.1)
    finally:
        for child in children:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
        for reader in readers:
            reader.join()
    passed, failed, skipped = (sum(each) for each in zip(*counts))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return next((child.returncode for child in children if child.returncode), 0 if passed else 1)


def relay(lines: Iterator[str], counts: list[int]) -> None:
    """Passes the output on, and adds up what it says."""
    for line in lines:
        print(line, end="", flush=True)
        if found := re.match(r"test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored", line):
            counts[:] = [count + int(more) for count, more in zip(counts, found.groups())]


if __name__ == "__main__":
    sys.exit(main())
