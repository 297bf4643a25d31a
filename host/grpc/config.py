"""ConfigService: signed objects, by version."""

from firmware.core.errors import REQUEST_INVALID, VafaError
from host.cards import store
from host.cards.hotlist import Hotlist
from host.cards.terminals import Terminals
from host.gen.vafa.v1 import config_pb2, config_pb2_grpc
from host.grpc.identity import Context, named_caller
from host.worker import Worker


class ConfigServicer(config_pb2_grpc.ConfigServiceServicer):
    """Translates for `host.cards.terminals` and `host.cards.hotlist`."""

    def __init__(self, terminals: Terminals, hotlist: Hotlist, worker: Worker) -> None:
        self._terminals = terminals
        self._hotlist = hotlist
        self._worker = worker

    async def Pull(  # noqa: N802  # the contract's name
        self,
        request: config_pb2.PullRequest,
        context: Context,
    ) -> config_pb2.PullResponse:
        """Return an object that is newer than the caller's."""
        newest = await self._worker.run(self._newest, request, named_caller(context).name)
        content = newest.content if newest.version > request.have_version else b""
        return config_pb2.PullResponse(version=newest.version, object=content)

    def _newest(self, request: config_pb2.PullRequest, branch: str) -> store.StoredObject:
        if request.kind == config_pb2.OBJECT_KIND_CONFIG:
            return self._terminals.config(request.terminal_id, branch)
        if request.kind == config_pb2.OBJECT_KIND_HOTLIST:
            return self._hotlist.newest()
        raise VafaError(REQUEST_INVALID, f"object kind {request.kind}")
