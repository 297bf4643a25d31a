"""JournalService: pages in, verdicts and acknowledgements out."""

from host.gen.vafa.v1 import journal_pb2, journal_pb2_grpc
from host.grpc.identity import Context, named_caller
from host.intake.service import Intake
from host.worker import Worker


class JournalServicer(journal_pb2_grpc.JournalServiceServicer):
    """Translates for `host.intake`."""

    def __init__(self, intake: Intake, worker: Worker) -> None:
        self._intake = intake
        self._worker = worker

    async def Upload(  # noqa: N802  # the contract's name
        self,
        request: journal_pb2.UploadRequest,
        context: Context,
    ) -> journal_pb2.UploadResponse:
        """Check and book pages of the caller's branch."""
        branch = named_caller(context).name
        receipt = await self._worker.run(self._intake.upload, list(request.pages), branch)
        return journal_pb2.UploadResponse(
            results=[
                journal_pb2.RecordResult(
                    terminal_id=result.terminal,
                    sequence=result.sequence,
                    verdict=journal_pb2.RecordVerdict.ValueType(result.verdict),
                    reason=result.reason,
                )
                for result in receipt.results
            ],
            acks=[
                journal_pb2.JournalAck(
                    terminal_id=ack.terminal, through_sequence=ack.through_sequence, mac=ack.mac
                )
                for ack in receipt.acks
            ],
        )
