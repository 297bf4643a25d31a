"""The host's gRPC server: services, gate, TLS, health and reflection on one port.

Owns construction and limits. Database work runs in two worker threads, one for what branches
wait for and one for the back office, so the event loop never waits for a disk. Called by
`host.serve` and tests.
"""

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from firmware.core.errors import PORT_IN_USE, VafaError
from host.application import Application
from host.gen.vafa.v1 import (
    card_session_pb2,
    card_session_pb2_grpc,
    cards_pb2,
    cards_pb2_grpc,
    config_pb2,
    config_pb2_grpc,
    journal_pb2,
    journal_pb2_grpc,
    link_pb2,
    link_pb2_grpc,
    settlement_pb2,
    settlement_pb2_grpc,
)
from host.grpc.card_session import CardSessionServicer
from host.grpc.cards import CardsServicer
from host.grpc.config import ConfigServicer
from host.grpc.interceptors import MAX_CALLS, Gate, roles_of
from host.grpc.journal import JournalServicer
from host.grpc.link import TerminalLinkServicer
from host.grpc.settlement import SettlementServicer
from host.tls import TlsFiles
from host.worker import Worker

CONTRACTS = [
    card_session_pb2.DESCRIPTOR,
    cards_pb2.DESCRIPTOR,
    config_pb2.DESCRIPTOR,
    journal_pb2.DESCRIPTOR,
    link_pb2.DESCRIPTOR,
    settlement_pb2.DESCRIPTOR,
]
_MAX_REQUEST = 512 * 1024
"""An upload of 1,024 pages is half of it."""

_OPTIONS = (
    ("grpc.max_receive_message_length", _MAX_REQUEST),
    ("grpc.max_concurrent_streams", 2 * MAX_CALLS),
    # Two servers on one port would share its calls silently.
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
)


class HostServer:
    """One server; `port` is known after `start`."""

    def __init__(self, application: Application, files: TlsFiles, listen: str) -> None:
        self._files = files
        self._listen = listen
        self._worker = Worker("host-database")
        # A settlement takes its time in many small transactions; no upload waits for all of them.
        self._back_office = Worker("host-back-office")
        self._server = grpc.aio.server(interceptors=[Gate(roles_of(CONTRACTS))], options=_OPTIONS)
        self._health = health.aio.HealthServicer()
        self._add_services(application)
        self.port = 0

    async def start(self) -> None:
        """Serve; error 440 when the address can't be had."""
        try:
            self.port = self._server.add_secure_port(
                self._listen, self._files.server_credentials()
            )
        except RuntimeError:
            self._close_workers()
            raise VafaError(PORT_IN_USE, self._listen) from None
        await self._server.start()
        await self._health.set("", health_pb2.HealthCheckResponse.SERVING)

    async def wait(self) -> None:
        """Return when the server was stopped."""
        await self._server.wait_for_termination()

    async def stop(self, grace_s: int = 2) -> None:
        """Refuse new calls, let running ones end, then close."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)
        self._close_workers()

    def _close_workers(self) -> None:
        self._worker.close()
        self._back_office.close()

    def _add_services(self, application: Application) -> None:
        server, worker = self._server, self._worker
        journal_pb2_grpc.add_JournalServiceServicer_to_server(
            JournalServicer(application.intake, worker), server
        )
        config_pb2_grpc.add_ConfigServiceServicer_to_server(
            ConfigServicer(application.terminals, application.hotlist, worker), server
        )
        link_pb2_grpc.add_TerminalLinkServiceServicer_to_server(
            TerminalLinkServicer(application, worker), server
        )
        card_session_pb2_grpc.add_CardSessionServiceServicer_to_server(
            CardSessionServicer(application.desk, application.randomness.bytes, worker), server
        )
        cards_pb2_grpc.add_CardsServiceServicer_to_server(
            CardsServicer(application, self._back_office), server
        )
        settlement_pb2_grpc.add_SettlementServiceServicer_to_server(
            SettlementServicer(application, self._back_office), server
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = [
            service.full_name for file in CONTRACTS for service in file.services_by_name.values()
        ]
        reflection.enable_server_reflection(
            [*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server
        )
