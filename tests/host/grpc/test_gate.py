"""Who may call what: roles from the contracts, certificates, deadlines; health and reflection."""

import asyncio
import datetime as dt

import grpc
import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from host.gen.vafa.v1 import (
    card_session_pb2,
    card_session_pb2_grpc,
    cards_pb2,
    cards_pb2_grpc,
    config_pb2,
    config_pb2_grpc,
    journal_pb2,
    journal_pb2_grpc,
    options_pb2,
)
from host.grpc import identity, interceptors
from host.grpc.interceptors import roles_of
from host.grpc.server import CONTRACTS
from tests.host.served import DEADLINE_S, World

_ROLES = roles_of(CONTRACTS)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("gate"))


async def _status(call) -> grpc.StatusCode:
    try:
        await call
    except grpc.aio.AioRpcError as problem:
        return problem.code()
    return grpc.StatusCode.OK


async def _list_cards(channel, **options):
    stub = cards_pb2_grpc.CardsServiceStub(channel)
    return await stub.ListCards(cards_pb2.ListCardsRequest(), **options)


def test_every_rpc_of_the_contracts_declares_a_role():
    assert _ROLES
    assert all(role != options_pb2.ROLE_UNSPECIFIED for role in _ROLES.values())


@pytest.mark.parametrize("method", sorted(_ROLES))
def test_every_rpc_refuses_every_other_role(world, method):
    names = {
        options_pb2.ROLE_GATEWAY: "gateway",
        options_pb2.ROLE_STATION: "station",
        options_pb2.ROLE_OPERATOR: "operator",
    }

    async def called_as(role: str) -> grpc.StatusCode:
        async with world.channel(role, "a") as channel:
            return await _status(channel.unary_unary(method)(b"", timeout=DEADLINE_S))

    async def main():
        async with world.serve():
            return {role: await called_as(name) for role, name in names.items()}

    statuses = asyncio.run(main())
    allowed = statuses.pop(_ROLES[method])
    assert allowed != grpc.StatusCode.PERMISSION_DENIED
    assert set(statuses.values()) == {grpc.StatusCode.PERMISSION_DENIED}


def test_a_refusal_carries_the_number_of_its_reason(world):
    async def main():
        async with world.serve(), world.channel("station", "a") as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await _list_cards(channel, timeout=DEADLINE_S)
            return dict(caught.value.trailing_metadata())["vafa-reason"], caught.value.details()

    reason, details = asyncio.run(main())
    assert reason == "434"
    assert "CALLER_FORBIDDEN" in details


def test_every_call_is_written_down_with_its_caller_also_when_refused(world):
    async def main():
        async with world.serve(), world.channel("station", "a") as channel:
            await _status(_list_cards(channel, timeout=DEADLINE_S))
        async with world.serve(), world.channel("operator", "night") as channel:
            await _list_cards(channel, timeout=DEADLINE_S)

    with structlog.testing.capture_logs() as lines:
        asyncio.run(main())
    calls = [line for line in lines if line["event"] == "call"]
    assert [(line["caller"], line["outcome"], line["reason"]) for line in calls] == [
        ("ROLE_STATION/a", "PERMISSION_DENIED", 434),
        ("ROLE_OPERATOR/night", "OK", 0),
    ]


def test_a_unary_call_without_deadline_is_refused(world):
    async def main():
        async with world.serve(), world.channel("operator", "night") as channel:
            assert await _status(_list_cards(channel)) == grpc.StatusCode.INVALID_ARGUMENT
            assert await _status(_list_cards(channel, timeout=DEADLINE_S)) == grpc.StatusCode.OK

    asyncio.run(main())


def test_an_unknown_method_is_refused(world):
    async def main():
        async with world.serve(), world.channel("operator", "night") as channel:
            call = channel.unary_unary("/vafa.v1.CardsService/Steal")(b"", timeout=DEADLINE_S)
            return await _status(call)

    assert asyncio.run(main()) == grpc.StatusCode.UNIMPLEMENTED


def test_a_caller_without_certificate_gets_no_connection(world):
    async def main():
        authority = world.files("operator", "night").authority
        async with world.serve():
            credentials = grpc.ssl_channel_credentials(authority)
            async with grpc.aio.secure_channel(world.target, credentials) as channel:
                return await _status(_list_cards(channel, timeout=DEADLINE_S))

    assert asyncio.run(main()) == grpc.StatusCode.UNAVAILABLE


def test_a_certificate_of_another_authority_gets_no_connection(world, tmp_path):
    foreign = World(tmp_path).files("operator", "night")

    async def main():
        authority = world.files("operator", "night").authority
        async with world.serve():
            credentials = grpc.ssl_channel_credentials(authority, foreign.key, foreign.certificate)
            async with grpc.aio.secure_channel(world.target, credentials) as channel:
                return await _status(_list_cards(channel, timeout=DEADLINE_S))

    assert asyncio.run(main()) == grpc.StatusCode.UNAVAILABLE


def _certificate(world: World, uris: list[str]) -> tuple[bytes, bytes]:
    """A certificate of our own authority with these names."""
    authority = x509.load_pem_x509_certificate((world.home.tls / "ca.crt").read_bytes())
    authority_key = load_pem_private_key((world.home.tls / "ca.key").read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.UniformResourceIdentifier(uri) for uri in uris]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(authority.not_valid_before_utc)
        .not_valid_after(authority.not_valid_before_utc + dt.timedelta(days=100))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, certificate.public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    "uris",
    [
        ["vafa://host"],
        ["vafa://emperor/night"],
        ["vafa://operator/"],
        ["https://operator/night"],
        ["vafa://operator/night", "vafa://gateway/a"],
    ],
)
def test_a_certificate_without_one_known_name_is_nobody(world, uris):
    async def main():
        authority = world.files("operator", "night").authority
        async with world.serve():
            credentials = grpc.ssl_channel_credentials(authority, *_certificate(world, uris))
            async with grpc.aio.secure_channel(world.target, credentials) as channel:
                return await _status(_list_cards(channel, timeout=DEADLINE_S))

    assert asyncio.run(main()) == grpc.StatusCode.UNAUTHENTICATED


def test_a_request_beyond_the_size_limit_is_refused(world):
    async def main():
        async with world.serve(), world.channel("gateway", "a") as channel:
            stub = journal_pb2_grpc.JournalServiceStub(channel)
            pages = [bytes(256)] * 3000
            call = stub.Upload(journal_pb2.UploadRequest(pages=pages), timeout=DEADLINE_S)
            return await _status(call)

    assert asyncio.run(main()) == grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("role", ["gateway", "station", "operator"])
def test_every_known_caller_sees_health_and_the_services(world, role):
    async def main():
        async with world.serve(), world.channel(role, "a") as channel:
            health = await health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(), timeout=DEADLINE_S
            )
            stub = reflection_pb2_grpc.ServerReflectionStub(channel)
            wanted = [reflection_pb2.ServerReflectionRequest(list_services="")]
            call = stub.ServerReflectionInfo(iter(wanted), timeout=DEADLINE_S)
            names = set()
            async for answer in call:
                names |= {service.name for service in answer.list_services_response.service}
            return health.status, names

    status, names = asyncio.run(main())
    assert status == health_pb2.HealthCheckResponse.SERVING
    assert {"vafa.v1.JournalService", "vafa.v1.CardSessionService"} <= names


def test_a_station_opens_sessions_for_its_own_branch_only(world):
    async def main():
        async with world.serve(), world.channel("station", "a") as channel:
            stub = card_session_pb2_grpc.CardSessionServiceStub(channel)
            call = stub.Relay(timeout=DEADLINE_S)
            opening = card_session_pb2.RelayOpen(
                request_id=bytes(16), purpose=1, uid=bytes(7), branch="b"
            )
            request_type = card_session_pb2.RelayRequest
            await call.write(request_type(open=opening))
            return await _status(call.read())

    assert asyncio.run(main()) == grpc.StatusCode.PERMISSION_DENIED


def test_no_caller_may_hold_streams_without_end(world, monkeypatch):
    """A gateway that opens stream after stream is refused; others go on, and later it does too."""
    monkeypatch.setattr(interceptors, "MAX_CALLS", 3)

    def hotlist(channel):
        stub = config_pb2_grpc.ConfigServiceStub(channel)
        request = config_pb2.PullRequest(kind=config_pb2.OBJECT_KIND_HOTLIST)
        return _status(stub.Pull(request, timeout=DEADLINE_S))

    async def main():
        async with (
            world.serve(),
            world.channel("gateway", "a") as channel,
            world.channel("gateway", "b") as other,
        ):
            watch = health_pb2_grpc.HealthStub(channel).Watch
            streams = [watch(health_pb2.HealthCheckRequest()) for _ in range(3)]
            for stream in streams:
                await stream.read()
            held, beside = await hotlist(channel), await hotlist(other)
            streams[0].cancel()
            async with asyncio.timeout(DEADLINE_S):
                while await hotlist(channel) != grpc.StatusCode.OK:
                    pass
            return held, beside

    exhausted, fine = grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.OK
    assert asyncio.run(main()) == (exhausted, fine)


def test_a_caller_is_known_by_exactly_one_name():
    def caller(*names: bytes):
        return identity.caller_of({"x509_subject_alternative_name": list(names)})

    assert str(caller(b"localhost", b"vafa://gateway/a")) == "ROLE_GATEWAY/a"
    assert caller() is None
    assert caller(b"vafa://gateway/a", b"vafa://gateway/b") is None
    assert caller(b"vafa://Gateway/a") is None
