"""Field tables of the terminal's messages, for the codec firmware/terminal/link/pb.py.

Takes the compiled protos and writes one small Python module: a tuple of fields a message and an
integer an enum value. Only what the terminal speaks is written: ROOTS and what they use. A
message the codec can't carry (recursive, floating, fixed-width, a map) is refused here, at build.
"""

from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
)

from firmware.terminal.link import pb

ROOTS = (
    "TerminalFrame",
    "GatewayFrame",
    "TerminalRequest",
    "HostReply",
    "SignedObject",
    "TerminalConfig",
)
_PACKAGE = ".vafa.v1."
_HEADER = '''\
"""Field tables of the messages a terminal speaks. Written by `make proto`; never edited.

One table a message: (number, name, kind, table of the nested message or None), by number. The
kinds and the codec are in pb.py beside this file; what a field means is in protos/vafa/v1.
"""

'''
_KINDS = {
    FieldDescriptorProto.TYPE_UINT32: pb.UINT32,
    FieldDescriptorProto.TYPE_UINT64: pb.UINT64,
    FieldDescriptorProto.TYPE_INT32: pb.INT32,
    FieldDescriptorProto.TYPE_INT64: pb.INT64,
    FieldDescriptorProto.TYPE_SINT32: pb.SINT32,
    FieldDescriptorProto.TYPE_SINT64: pb.SINT64,
    FieldDescriptorProto.TYPE_BOOL: pb.BOOL,
    FieldDescriptorProto.TYPE_ENUM: pb.ENUM,
    FieldDescriptorProto.TYPE_BYTES: pb.BYTES,
    FieldDescriptorProto.TYPE_STRING: pb.STRING,
    FieldDescriptorProto.TYPE_MESSAGE: pb.MESSAGE,
}


class UnsupportedProtoError(Exception):
    """A message uses something that the terminal's codec does not carry."""


def tables(compiled: FileDescriptorSet, roots: tuple[str, ...] = ROOTS) -> str:
    """The text of firmware/terminal/link/messages.py.

    Raises:
        UnsupportedProtoError: a root is missing, or a message can't be carried by the codec.
    """
    messages = {
        _PACKAGE + message.name: message for file in compiled.file for message in file.message_type
    }
    enums = {_PACKAGE + enum.name: enum for file in compiled.file for enum in file.enum_type}
    ordered: list[str] = []
    for root in roots:
        _visit(_PACKAGE + root, messages, ordered, ())
    used = sorted(
        {field.type_name for name in ordered for field in messages[name].field} & enums.keys()
    )
    parts = ["".join(_enum_lines(enums[name])) for name in used]
    parts += ["".join(_table_lines(messages[name])) for name in ordered]
    return _HEADER + "\n".join(parts)


def _visit(
    name: str, messages: dict[str, DescriptorProto], done: list[str], above: tuple[str, ...]
) -> None:
    """Appends a message after all that it contains."""
    if name in done:
        return
    if name in above:
        raise UnsupportedProtoError(f"{name} contains itself")
    if name not in messages:
        raise UnsupportedProtoError(f"no message {name}")
    for field in messages[name].field:
        if field.type == FieldDescriptorProto.TYPE_MESSAGE:
            _visit(field.type_name, messages, done, (*above, name))
    done.append(name)


def _enum_lines(enum: EnumDescriptorProto) -> Iterator[str]:
    for value in enum.value:
        yield f"{value.name} = {value.number}\n"


def _table_lines(message: DescriptorProto) -> Iterator[str]:
    rows = [
        f"({field.number}, {_quoted(field.name)}, {_kind(message, field)}, {_nested(field)}),"
        for field in sorted(message.field, key=lambda field: field.number)
    ]
    name = _constant(message.name)
    if len(rows) < 2:
        yield f"{name} = ({''.join(rows)})\n"
        return
    yield f"{name} = (\n"
    yield from (f"    {row}\n" for row in rows)
    yield ")\n"


def _kind(message: DescriptorProto, field: FieldDescriptorProto) -> str:
    kind = _KINDS.get(field.type)
    if kind is None:
        raise UnsupportedProtoError(
            f"{message.name}.{field.name}: type {field.Type.Name(field.type)} has no codec"
        )
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        kind |= pb.REPEATED
    elif field.HasField("oneof_index"):
        kind |= pb.PRESENCE | (field.oneof_index + 1) << pb.ONEOF_SHIFT
    elif kind == pb.MESSAGE:
        kind |= pb.PRESENCE
    return f"0x{kind:02X}"


def _nested(field: FieldDescriptorProto) -> str:
    if field.type != FieldDescriptorProto.TYPE_MESSAGE:
        return "None"
    return _constant(field.type_name.removeprefix(_PACKAGE))


def _constant(name: str) -> str:
    """`JournalPages` -> `JOURNAL_PAGES`."""
    return "".join(
        f"_{letter}" if letter.isupper() and index else letter.upper()
        for index, letter in enumerate(name)
    )


def _quoted(name: str) -> str:
    return f'"{name}"'
