"""`make proto`: writes all generated code, removes what is left over, says what changed."""

import sys
from pathlib import Path

from tools.protogen.compile import ProtoError
from tools.protogen.current import ROOT, generate, stale
from tools.protogen.firmware import UnsupportedProtoError


def main() -> int:
    """Exit code 1 when protos/ is not fit for it."""
    try:
        files = generate(ROOT / "protos")
    except (ProtoError, UnsupportedProtoError) as error:
        print(f"proto: {error}", file=sys.stderr)
        return 1
    for path in stale(ROOT, files):
        target: Path = ROOT / path
        text = files.get(path)
        if text is None:
            target.unlink()
            print(f"removed {path}")
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
