"""Step Functions."""

import json
from datetime import datetime, timezone
from functools import cache

from jsonata.jsonata import Jsonata
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.intrinsic import jsonata as intrinsics
from localstack.services.stepfunctions.asl.component.state.state_wait.wait_function.timestamp import Timestamp
from localstack.services.stepfunctions.asl.jsonata import jsonata
from localstack.services.stepfunctions.asl.parse.asl_parser import AmazonStateLanguageParser
from localstack.services.stepfunctions.backend.execution import Execution


def mend() -> None:
    """Applies the patches."""

    # A Wait cuts the fraction of a second off its timestamp, so it ends too early, and takes UTC for local time.
    def wait(self, env) -> None:
        self.string.eval(env=env)
        text = env.stack.pop()
        if not isinstance(text, str) or not self._is_valid_timestamp_pattern(text):
            raise FailureEventException(self._create_failure_event(env, text))
        end = datetime.fromisoformat(text)
        while env.is_running() and (left := (end - datetime.now(timezone.utc)).total_seconds()) > 0:
            env.program_state_event.wait(min(left, 3600))

    Timestamp._eval_body = wait

    # Expressions are evaluated by a Java library that is not there; its port to Python is.
    def evaluate(expression: str):
        try:
            return json.loads(json.dumps(Jsonata(expression).evaluate(None)))
        except Exception as failure:
            raise jsonata.JSONataException("UNKNOWN", str(failure))

    jsonata._eval_jsonata = evaluate

    # These two answer with a sentence that says they are not supported; without a definition they are errors.
    for name in ("$uuid", "$hash"):
        intrinsics._DECLARATION_BY_VARIABLE_REFERENCE[name] = ""

    # Each execution parses its machine anew, which takes longer than all the rest of its start. What a machine was
    # made into stays as it is: all that changes is in the environment of the execution.
    AmazonStateLanguageParser.parse = staticmethod(cache(AmazonStateLanguageParser.parse))

    # Each change of an execution is told to EventBridge, through the whole server; nothing of ours listens there.
    Execution.publish_execution_status_change_event = lambda self: None
