"""Generated code is what protos/ says, and what can't be generated is refused."""

import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet

from tools.protogen import firmware
from tools.protogen.compile import ProtoError, python_files
from tools.protogen.current import ROOT, generate, stale


def test_the_generated_code_on_disk_is_current():
    assert stale(ROOT, generate(ROOT / "protos")) == [], "run `make proto`"


def test_a_changed_a_missing_and_a_left_over_file_are_stale(tmp_path):
    package = tmp_path / "host/gen"
    package.mkdir(parents=True)
    (package / "same.py").write_text("1")
    (package / "changed.py").write_text("1")
    (package / "old_pb2.pyi").write_text("1")
    fresh = {"host/gen/same.py": "1", "host/gen/changed.py": "2", "host/gen/new.py": "1"}
    assert stale(tmp_path, fresh) == [
        "host/gen/changed.py",
        "host/gen/new.py",
        "host/gen/old_pb2.pyi",
    ]


def test_a_broken_proto_is_reported(tmp_path, capfd):
    (tmp_path / "x.proto").write_text('syntax = "proto3"; message {')
    with pytest.raises(ProtoError):
        python_files(tmp_path)
    assert "x.proto" in capfd.readouterr().err


def test_a_folder_without_protos_is_reported(tmp_path):
    with pytest.raises(ProtoError, match=r"no \.proto files"):
        python_files(tmp_path)


def compiled(field_type, type_name=""):
    found = FileDescriptorSet()
    file = found.file.add(name="x.proto", package="vafa.v1")
    message = file.message_type.add(name="Tree")
    message.field.add(
        name="leaf",
        number=1,
        type=field_type,
        type_name=type_name,
        label=FieldDescriptorProto.LABEL_OPTIONAL,
    )
    return found


def test_the_table_of_a_small_message():
    text = firmware.tables(compiled(FieldDescriptorProto.TYPE_SINT64), ("Tree",))
    assert 'TREE = ((1, "leaf", 0x06, None),)\n' in text


def test_what_the_codec_cannot_carry_is_refused():
    with pytest.raises(firmware.UnsupportedProtoError, match="TYPE_DOUBLE"):
        firmware.tables(compiled(FieldDescriptorProto.TYPE_DOUBLE), ("Tree",))
    with pytest.raises(firmware.UnsupportedProtoError, match="contains itself"):
        firmware.tables(compiled(FieldDescriptorProto.TYPE_MESSAGE, ".vafa.v1.Tree"), ("Tree",))
    with pytest.raises(firmware.UnsupportedProtoError, match="no message"):
        firmware.tables(FileDescriptorSet(), ("Tree",))
