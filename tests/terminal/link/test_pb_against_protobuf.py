"""The terminal's codec against Google's library, on every message the terminal speaks."""

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from firmware.terminal.link import messages, pb
from host.gen.vafa.v1 import config_pb2, journal_pb2, link_pb2

MODULES = (config_pb2, journal_pb2, link_pb2)
NAMES = sorted(name for name in dir(messages) if isinstance(getattr(messages, name), tuple))
_INTEGERS = {
    FieldDescriptor.TYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_ENUM: st.integers(0, 3),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=40),
    FieldDescriptor.TYPE_STRING: st.text(max_size=20),
}


def message_class(table_name):
    """The library's class of a table: `JOURNAL_ACK` -> JournalAck."""
    name = "".join(part.capitalize() for part in table_name.split("_"))
    return next(getattr(module, name) for module in MODULES if hasattr(module, name))


def filled(descriptor: Descriptor):
    """Messages of a type, with at most one member of each oneof."""

    def build(draw_fields):
        message = descriptor._concrete_class()
        for name, value in draw_fields.items():
            field = descriptor.fields_by_name[name]
            if field.is_repeated:
                getattr(message, name).extend(value)
            elif field.message_type:
                getattr(message, name).CopyFrom(value)
            else:
                setattr(message, name, value)
        return message

    def value_of(field):
        one = filled(field.message_type) if field.message_type else _INTEGERS[field.type]
        return st.lists(one, max_size=4) if field.is_repeated else one

    plain = {f.name: value_of(f) for f in descriptor.fields if f.containing_oneof is None}
    strategy = st.fixed_dictionaries({}, optional=plain)
    for oneof in descriptor.oneofs:
        member = st.one_of(
            st.just({}),
            *[value_of(f).map(lambda value, name=f.name: {name: value}) for f in oneof.fields],
        )
        strategy = st.builds(lambda left, right: {**left, **right}, strategy, member)
    return strategy.map(build)


def as_dictionary(message):
    """What decode() should return for the library's message."""
    values = {}
    for field in message.DESCRIPTOR.fields:
        if field.has_presence and not message.HasField(field.name):
            continue
        value = getattr(message, field.name)
        if field.is_repeated:
            value = [as_dictionary(item) if field.message_type else item for item in value]
        elif field.message_type:
            value = as_dictionary(value)
        values[field.name] = value
    return values


@pytest.mark.parametrize("name", NAMES)
def test_both_write_and_read_the_same_bytes(name):
    table = getattr(messages, name)

    @given(filled(message_class(name).DESCRIPTOR))
    def check(message):
        data = message.SerializeToString(deterministic=True)
        values = as_dictionary(message)
        assert pb.decode(table, data) == values
        assert pb.encode(table, values) == data

    check()


@pytest.mark.parametrize("name", ["TERMINAL_FRAME", "GATEWAY_FRAME", "SIGNED_OBJECT"])
def test_what_we_accept_the_library_reads_the_same_way(name):
    table = getattr(messages, name)
    library = message_class(name)
    valid = filled(library.DESCRIPTOR).map(lambda message: message.SerializeToString())

    @st.composite
    def damaged(draw):
        data = bytearray(draw(valid))
        for _ in range(draw(st.integers(1, 3))):
            at = draw(st.integers(0, len(data)))
            data[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
        return bytes(data)

    @given(st.one_of(damaged(), st.binary(max_size=64)))
    def check(data):
        try:
            values = pb.decode(table, data)
        except pb.PbError:
            return
        try:
            message = library.FromString(data)
        except DecodeError:
            pytest.fail("accepted what the library refuses")
        assert as_dictionary(message) == values

    check()
