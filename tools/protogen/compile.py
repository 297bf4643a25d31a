"""Runs protoc over protos/ and arranges what it writes as packages of this repository.

protoc knows the proto packages only, so its Python imports say `vafa.v1`; here they become
`host.gen.vafa.v1`, one subtree that no hand-written code lives in. Called by tools.protogen.
"""

import os
import re
import sys
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

PACKAGE = "host.gen"
_IMPORT = re.compile(r"^from vafa\.", re.MULTILINE)
_DOCSTRINGS = {
    "": "Code written by `make proto`. Never edited by hand; see tools/protogen.",
    "vafa": "Messages and services of the project, generated.",
    "vafa/v1": "Version 1 of the contracts, generated from protos/vafa/v1.",
}


class ProtoError(Exception):
    """protoc refused the files; its own words have gone to standard error."""


def _protoc(protos: Path, *options: str) -> None:
    sources = sorted(str(path) for path in protos.rglob("*.proto"))
    if not sources:
        raise ProtoError(f"no .proto files under {protos}")
    well_known = str(files("grpc_tools") / "_proto")
    # The plug-ins of mypy-protobuf are programs beside this interpreter.
    beside = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join((beside, os.environ.get("PATH", os.defpath)))
    arguments = ["protoc", f"-I{protos}", f"-I{well_known}", *options, *sources]
    if protoc.main(arguments) != 0:
        raise ProtoError(f"protoc refused the files under {protos}")


def python_files(protos: Path) -> dict[str, str]:
    """The messages, services and their type stubs: path below the package -> text."""
    with TemporaryDirectory() as scratch:
        _protoc(
            protos,
            f"--python_out={scratch}",
            f"--grpc_python_out={scratch}",
            f"--mypy_out=quiet,readable_stubs:{scratch}",
            f"--mypy_grpc_out=quiet,readable_stubs:{scratch}",
        )
        root = Path(scratch)
        found = {
            path.relative_to(root).as_posix(): _IMPORT.sub(f"from {PACKAGE}.vafa.", text)
            for path in sorted(root.rglob("*.py*"))
            for text in [path.read_text(encoding="utf-8")]
        }
    for folder, sentence in _DOCSTRINGS.items():
        found[f"{folder}/__init__.py".lstrip("/")] = f'"""{sentence}"""\n'
    return found


def descriptors(protos: Path) -> FileDescriptorSet:
    """What the files declare, imports included."""
    with TemporaryDirectory() as scratch:
        target = Path(scratch) / "protos.binpb"
        _protoc(protos, f"--descriptor_set_out={target}", "--include_imports")
        return FileDescriptorSet.FromString(target.read_bytes())
