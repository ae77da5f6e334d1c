"""Whether anything may be sent at this moment, and if not, why."""

from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied


class SendingGate:
    """Closed by the setting, for good when the trader's lock is lost, and while a job is broken."""

    def __init__(self, *, execution_enabled: bool) -> None:
        self._execution_enabled = execution_enabled
        self._fenced: str | None = None
        self._broken: dict[str, str] = {}

    def fence(self, reason: str) -> None:
        """Another trader may have taken over: nothing is sent any more by this process."""
        self._fenced = self._fenced or reason

    def report(self, job: str, problem: str | None) -> None:
        """`problem` is what an unexpected error said; None when the job runs again."""
        if problem is None:
            self._broken.pop(job, None)
        else:
            self._broken[job] = problem

    def alarms(self) -> tuple[str, ...]:
        """What a person must look at: sentences."""
        fenced = () if self._fenced is None else (self._fenced,)
        return fenced + tuple(f"{job} fails: {problem}" for job, problem in self._broken.items())

    def refusal(self) -> Denied | None:
        """Why an execution is denied before anything else is asked; None when it is not."""
        if not self._execution_enabled:
            return Denied(
                ReasonCode.EXECUTION_DISABLED,
                "execution is off; start jax-trader with EXECUTION_ENABLED=true to trade",
            )
        if self._fenced is not None:
            return Denied(ReasonCode.FENCED, self._fenced)
        if self._broken:
            return Denied(ReasonCode.EXECUTION_DISABLED, f"execution waits: {'; '.join(self.alarms())}")
        return None
