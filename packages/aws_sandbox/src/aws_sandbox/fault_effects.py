"""What a fault does to the calls that it strikes: the words of tests, and of the wire.

Each is a frozen model whose `kind` tells it on the wire of the control interface.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, model_validator
from pydantic.alias_generators import to_camel

LONGEST_SECONDS: Final = 300.0
"""No call is kept waiting for longer, so that a forgotten fault can't hold a run for ever."""

Seconds = Annotated[float, Field(ge=0, le=LONGEST_SECONDS)]


class _Effect(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


class BadRequest(_Effect):
    """The call is refused with status 400; `message` in place of the service's usual words."""

    kind: Literal["BadRequest"] = "BadRequest"
    message: str | None = None


class AccessDenied(_Effect):
    """The caller lacks the permission for the operation: status 403."""

    kind: Literal["AccessDenied"] = "AccessDenied"
    message: str | None = None


class ExpiredToken(_Effect):
    """The caller's temporary keys have expired, as the service says it.

    It strikes chosen calls. `SandboxClient.expire_keys` ends the keys themselves.
    """

    kind: Literal["ExpiredToken"] = "ExpiredToken"


class Throttling(_Effect):
    """Too many calls: status 429 with `Retry-After` in seconds; None leaves the header out.

    `code` is for GuardDuty, of which no page says which of the two it sends; the services with
    another protocol have words and a status of their own.
    """

    kind: Literal["Throttling"] = "Throttling"
    retry_after: int | None = Field(default=1, ge=0)
    code: Literal["ThrottlingException", "TooManyRequestsException"] = "ThrottlingException"


class InternalServerError(_Effect):
    """The service fails: status 500, nothing done."""

    kind: Literal["InternalServerError"] = "InternalServerError"
    message: str | None = None


class ConnectionClosed(_Effect):
    """The connection is closed without an answer, nothing done."""

    kind: Literal["ConnectionClosed"] = "ConnectionClosed"


class TimeOut(_Effect):
    """No answer for so many seconds and nothing done; then the connection is closed."""

    kind: Literal["TimeOut"] = "TimeOut"
    seconds: Seconds = 60.0


class AnswerLost(_Effect):
    """The work is done, and the connection is closed without an answer."""

    kind: Literal["AnswerLost"] = "AnswerLost"


class Unprocessed(_Effect):
    """Chosen accounts come back in UnprocessedAccounts with this reason; the others are done."""

    kind: Literal["Unprocessed"] = "Unprocessed"
    result: str


class RateLimit(_Effect):
    """More calls per second than this are throttled: for each caller and region, by real time.

    `burst` calls are let through at once before the limit is felt.
    """

    kind: Literal["RateLimit"] = "RateLimit"
    per_second: float = Field(gt=0)
    burst: int = Field(default=1, ge=1)


class BatchLimit(_Effect):
    """Calls that name more accounts than `size` are refused whole, in AWS's words."""

    kind: Literal["BatchLimit"] = "BatchLimit"
    size: int = Field(ge=0)


class Fixed(_Effect):
    """Every call takes so much longer."""

    kind: Literal["Fixed"] = "Fixed"
    seconds: Seconds


class Uniform(_Effect):
    """Calls take longer by anything between two times, each as likely."""

    kind: Literal["Uniform"] = "Uniform"
    shortest: Seconds = 0.0
    longest: Seconds

    @model_validator(mode="after")
    def _in_order(self) -> Uniform:
        if self.shortest > self.longest:
            raise ValueError(f"shortest {self.shortest} is longer than longest {self.longest}")
        return self


class Exponential(_Effect):
    """Calls take longer by `mean` seconds on average: most by less, few by much more."""

    kind: Literal["Exponential"] = "Exponential"
    mean: Seconds


Delay = Fixed | Uniform | Exponential
"""How much longer a call takes; the work is done all the same."""

Limit = RateLimit | BatchLimit
"""What the service lets nobody do."""

Refusal = BadRequest | AccessDenied | ExpiredToken | Throttling | InternalServerError
"""The call is answered with an error."""

Failure = Refusal | ConnectionClosed | TimeOut | AnswerLost
"""What a chosen call fails with."""

Effect = Annotated[Failure | Limit | Delay | Unprocessed, Discriminator("kind")]
