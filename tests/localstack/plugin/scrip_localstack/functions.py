"""Lambda without Docker: every execution environment is a process of its own with a Runtime API of its own."""

import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from localstack.services.lambda_.invocation import assignment
from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

READY, INIT_ERROR, ANSWER, EXIT = "ready", "init error", "answer", "exit"


class RuntimeApi(ThreadingHTTPServer):
    """What https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html describes, for one process."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Calls)
        self.jobs: queue.SimpleQueue = queue.SimpleQueue()
        self.events: queue.SimpleQueue = queue.SimpleQueue()
        threading.Thread(target=self.serve_forever, args=(5,), daemon=True).start()

    def end(self) -> None:
        """Frees the port without waiting for the threads."""
        self.jobs.put(None)
        threading.Thread(target=lambda: (self.shutdown(), self.server_close()), daemon=True).start()


class Calls(BaseHTTPRequestHandler):
    """The calls of the process."""

    protocol_version = "HTTP/1.1"
    # An answer goes out in one piece and at once; else its body waits for the acknowledgement of its head.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: RuntimeApi

    def do_GET(self) -> None:
        """The next invocation, once there is one."""
        self.server.events.put((READY, None))
        job = self.server.jobs.get()
        if job is None:
            self.close_connection = True
        else:
            self.answer(200, *job)

    def do_POST(self) -> None:
        """The answer to an invocation, or the error that it or the start ended in."""
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path.endswith("/init/error"):
            self.server.events.put((INIT_ERROR, body))
        else:
            self.server.events.put((ANSWER, (body, self.path.endswith("/error"))))
        self.answer(202, b"{}", {})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Writes the answer."""
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Says nothing."""


class ProcessExecutor(RuntimeExecutor):
    """One execution environment."""

    def start(self, env_vars: dict) -> None:
        """Starts the process and waits until it asks for work."""
        self.variables = env_vars
        code = str(self.function_version.config.code.get_unzipped_code_location())
        self.api = api = RuntimeApi()
        # A file and not a pipe: what was written before the answer is in it when the answer is.
        self.output, self.told = tempfile.TemporaryFile(), 0
        environment = {name: str(value) for name, value in env_vars.items()} | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
            "LAMBDA_TASK_ROOT": code,
            # The store is asked without the way through LocalStack, which would only pass the request on.
            "AWS_ENDPOINT_URL_DYNAMODB": os.environ["SCRIP_DYNAMODB_ENDPOINT"],
        }
        self.process = process = subprocess.Popen(
            [os.path.join(code, "bootstrap")],
            cwd=code,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=lambda: api.events.put((EXIT, process.wait())), daemon=True).start()
        kind, what = api.events.get()
        if kind != READY:
            body = what if kind == INIT_ERROR else error("Runtime.ExitError", f"exit status {what}")
            raise StatusErrorException("the function did not start", payload=body)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Has the process do the work, within the function's timeout."""
        request, seconds = payload["invoke-id"], self.function_version.config.timeout
        if self.process.poll() is not None:
            # After a crash or a timeout AWS, too, starts the process anew when it is needed.
            self.stop()
            self.start(self.variables)
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": payload["invoked-function-arn"],
            "Lambda-Runtime-Trace-Id": payload["trace-id"],
        }
        self.api.jobs.put((payload["payload"].encode(), headers))
        body, is_error = self.outcome(request, time.monotonic() + seconds, seconds)
        return InvocationResult(request, body, is_error=is_error, logs=self.get_logs())

    def outcome(self, request: str, deadline: float, seconds: int) -> tuple[bytes, bool]:
        """The answer, or what became of the process instead."""
        while True:
            try:
                kind, what = self.api.events.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                self.process.kill()
                self.process.wait()
                return (
                    error(
                        "Sandbox.Timedout",
                        f"RequestId: {request} Error: Task timed out after {seconds:.2f} seconds",
                    ),
                    True,
                )
            if kind == ANSWER:
                return what
            if kind == EXIT:
                return (
                    error(
                        "Runtime.ExitError",
                        f"RequestId: {request} Error: Runtime exited with error: exit status {what}",
                    ),
                    True,
                )

    def stop(self) -> None:
        """Ends the process."""
        self.process.kill()
        self.process.wait()
        self.api.end()

    def get_logs(self) -> str:
        """The whole lines that the process has written since this was last asked."""
        new = os.pread(self.output.fileno(), os.fstat(self.output.fileno()).st_size - self.told, self.told)
        new = new[: new.rfind(b"\n") + 1]
        self.told += len(new)
        return new.decode(errors="replace")

    def get_address(self) -> str:
        """Where the process is."""
        return "127.0.0.1"

    get_endpoint_from_executor = get_address

    def get_runtime_endpoint(self) -> str:
        """Nowhere: only LocalStack's own runtimes ask there."""
        return ""

    @classmethod
    def prepare_version(cls, function_version) -> None:
        """Unpacks the code."""
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version) -> None:
        """The code goes with LocalStack's files."""


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """What LAMBDA_RUNTIME_EXECUTOR=process names."""

    name = "process"

    def load(self, *_, **__) -> type[RuntimeExecutor]:
        """The executor."""
        return ProcessExecutor


def error(kind: str, message: str) -> bytes:
    """An error as Lambda tells it."""
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def mend() -> None:
    """Applies the patches."""
    # Logs go to the group of LoggingConfig, if there is one, and not always to /aws/lambda/NAME.
    own_group = ExecutionEnvironment.get_log_group_name

    def log_group(self) -> str:
        return self.function_version.config.logging_config.get("LogGroup") or own_group(self)

    ExecutionEnvironment.get_log_group_name = log_group

    # Looking for a free environment goes over a dictionary to which other invocations add at that moment.
    class Environments(dict):
        def values(self):
            return list(super().values())

    fresh = assignment.AssignmentService.__init__

    def init(self) -> None:
        fresh(self)
        self.environments.default_factory = Environments

    assignment.AssignmentService.__init__ = init
