"""The rules. Each takes one file and yields (line, what is wrong); test_tidy.py applies them.

A rule that makes some code worse gets an exception here, by path, with the reason beside it.
"""

import ast
from collections.abc import Iterator

from tests.tidy.source import Source, dotted, named

Findings = Iterator[tuple[int, str]]

# --- layers ------------------------------------------------------------------------------

DOMAIN = (
    "host/cards/",
    "host/club/",
    "host/intake/",
    "host/ledger/",
    "host/messaging/",
    "host/reports/",
    "host/settlement/",
)
# What the domain never knows: transports, the programs around it, drivers, SQL dialects.
OUTSIDE_DOMAIN = (
    "grpc",
    "grpc_status",
    "host.branch",
    "host.grpc",
    "host.station",
    "host.web",
    "http",
    "nfc",
    "serial",
    "smartcard",
    "socket",
    "sqlalchemy.dialects",
    "sqlite3",
)
# Modules that only a board has: for the HAL and the drivers.
BOARD_MODULES = ("bluetooth", "dht", "machine", "neopixel", "network", "onewire", "rp2")
BOARD_PLACES = ("firmware/boards/", "firmware/terminal/drivers/", "firmware/terminal/hal/")
CORE_MODULES = ("binascii", "firmware.core", "hashlib", "micropython", "struct")
# MicroPython's adapters for what the core gets injected.
CORE_ADAPTERS = {"firmware/core/crypto_micropython.py": ("cryptolib",)}
# What the unix port and the board both have, beyond the core's modules.
TERMINAL_MODULES = (
    *CORE_MODULES,
    "array",
    "asyncio",
    "collections",
    "errno",
    "firmware",
    "gc",
    "io",
    "json",
    "os",
    "select",
    "sys",
    "time",
)
# Modules of the unix port: only the simulated HAL runs there alone.
UNIX_MODULES = ("cryptolib", "socket", "termios", "_thread")


def layers(source: Source) -> Findings:
    """Imports point inwards, and only the places that own hardware touch it."""
    for line, name in source.imports():
        forbidden = _forbidden(source, name)
        if forbidden:
            yield line, f"imports {name}: {forbidden}"


# (places, what they never import, why)
BORDERS = (
    (("host/",), ("tools", "tests"), "the host stands without tools and tests"),
    (
        ("host/",),
        ("firmware.terminal", "firmware.boards"),
        "host and terminal share firmware.core only",
    ),
    (DOMAIN, OUTSIDE_DOMAIN, "the domain knows no transport, program, driver or dialect"),
    (("tools/",), ("tests",), "tools stand without tests"),
    (("tools/models/",), ("firmware", "host"), "a model shares no code with what it checks"),
)


def _forbidden(source: Source, name: str) -> str:
    if source.within("firmware/"):
        return _forbidden_in_firmware(source, name)
    for places, never, why in BORDERS:
        if source.within(*places) and named(name, never):
            return why
    return ""


def _forbidden_in_firmware(source: Source, name: str) -> str:
    if named(name, ("host", "tools", "tests")):
        return "the firmware stands alone"
    if source.within("firmware/core/"):
        allowed = (*CORE_MODULES, *CORE_ADAPTERS.get(source.path, ()))
        return "" if named(name, allowed) else "the core is pure"
    if source.within(*BOARD_PLACES):
        return ""
    if named(name, BOARD_MODULES):
        return "only the HAL and the drivers touch the board"
    if named(name, (*TERMINAL_MODULES, *UNIX_MODULES)):
        return ""
    return "MicroPython lacks it, or the terminal has no use for it"


# --- randomness and time -----------------------------------------------------------------

# Each side has one module that draws random bytes; everything else gets them passed in.
RANDOM_PLACES = ("host/ports.py", "firmware/terminal/rng.py")
RANDOM_CALLS = ("os.urandom", "secrets", "random", "uuid.uuid4", "uuid.uuid1")
RANDOM_IMPORTS = ("os.urandom", "random", "secrets", "uuid.uuid4", "uuid.uuid1")

CLOCK_PLACES = ("host/ports.py", "firmware/terminal/hal/", "firmware/boards/")
CLOCK_CALLS = (
    "date.today",
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "time.ctime",
    "time.gmtime",
    "time.localtime",
    "time.time",
    "time.time_ns",
)


def randomness(source: Source) -> Findings:
    """Random bytes come from one module a side, so that a seed replays everything else."""
    if not source.within("host/", "firmware/") or source.within(*RANDOM_PLACES):
        return
    # A program's entry may choose what jitters its retries; nothing else follows from that.
    jitter = ("random",) if source.path.endswith("/__main__.py") else ()
    for line, name in source.imports():
        if named(name, RANDOM_IMPORTS) and not named(name, jitter):
            yield line, f"imports {name}: randomness is passed in"
    for line, name in source.calls():
        if named(name, jitter):
            continue
        # `.random` is the secure element's generator.
        if named(name, RANDOM_CALLS) or name.endswith(".random"):
            yield line, f"calls {name}: randomness is passed in"


def wall_clock(source: Source) -> Findings:
    """Nothing outside the clock ports reads the wall clock."""
    if source.within("tests/") or source.within(*CLOCK_PLACES):
        return
    for line, name in source.calls():
        if name in CLOCK_CALLS:
            yield line, f"calls {name}: the time is passed in"


# --- money -------------------------------------------------------------------------------

MONEY = (
    "firmware/core/",
    "firmware/terminal/journal/",
    "firmware/terminal/pay/",
    "firmware/terminal/tap/",
    "host/cards/",
    "host/club/",
    "host/intake/",
    "host/ledger/",
    "host/settlement/",
)


def money(source: Source) -> Findings:
    """Money and points are integers: no float, no true division, no rounding."""
    if not source.within(*MONEY):
        return
    for node in source.nodes(ast.Constant, ast.BinOp, ast.AugAssign, ast.Call):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"float {node.value}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node.lineno, "true division"
        elif isinstance(node, ast.Call) and dotted(node.func) in {"float", "round"}:
            yield node.lineno, f"calls {dotted(node.func)}"


# --- what MicroPython lacks ---------------------------------------------------------------

# Tried on the locked interpreter; the last part of a call's name.
MISSING_METHODS = (
    "bit_count",
    "bit_length",
    "cast",
    "fsync",
    "hexdigest",
    "removeprefix",
    "removesuffix",
    "translate",
    "zfill",
    "_replace",
)


def micropython(source: Source) -> Findings:
    """The firmware uses no construct that MicroPython lacks or answers differently in silence."""
    both = "/mp/" in source.path or source.path == "tests/mp_runner.py"
    if not source.within("firmware/") and not both:
        return
    for node in ast.walk(source.tree):
        problem = _missing_in_micropython(node)
        if problem:
            yield getattr(node, "lineno", 0), problem


def _missing_in_micropython(node: ast.AST) -> str:
    if isinstance(node, ast.List | ast.Tuple | ast.Set) and isinstance(node.ctx, ast.Load):
        if any(isinstance(item, ast.Starred) for item in node.elts):
            return "a starred item in a display"
    elif isinstance(node, ast.Dict) and None in node.keys:
        return "`**` in a dictionary display"
    elif isinstance(node, ast.Match):
        return "match"
    elif isinstance(node, ast.arguments) and node.posonlyargs:
        return "positional-only parameters"
    elif isinstance(node, ast.Call):
        return _missing_call(node)
    return ""


def _missing_call(node: ast.Call) -> str:
    name = dotted(node.func).rpartition(".")[2]
    if name in MISSING_METHODS and isinstance(node.func, ast.Attribute):
        return f".{name}() is missing"
    if name == "from_bytes" and (len(node.args) > 2 or node.keywords):
        return "int.from_bytes ignores `signed`"
    if name == "pow" and len(node.args) == 3 and isinstance(node.args[1], ast.UnaryOp):
        return "pow() with a negative exponent gives 0"
    if name == "zip" and node.keywords:
        return "zip(strict=) is missing"
    return ""


# --- sizes ---------------------------------------------------------------------------------

FILE_LINES = 300
TEST_FILE_LINES = 400
FUNCTION_LINES = 70
# A file may be longer where splitting it would hide more than it shows. Never raised in passing:
# a new or higher figure needs its reason here.
LONG_FILES: dict[str, int] = {
    # One table, in two languages, that is read by number.
    "firmware/core/errors.py": 1500,
    # One byte layout, with its reasons beside the fields.
    "firmware/core/record.py": 329,
    # The whole contract of the state model on one page, to be read from top to bottom.
    "tools/statespace/invariants.py": 342,
    # The ring of pages and the argument why no cut loses one.
    "firmware/terminal/journal/ring.py": 327,
}


def file_length(source: Source) -> Findings:
    """Files stay short; the exceptions only ever shrink."""
    lines = source.text.count("\n")
    usual = TEST_FILE_LINES if source.within("tests/") else FILE_LINES
    limit = LONG_FILES.get(source.path, usual)
    if lines > limit:
        yield lines, f"{lines} lines, more than {limit}"
    if source.path in LONG_FILES and lines <= usual:
        yield lines, "needs no exception any more: remove it from LONG_FILES"


def function_length(source: Source) -> Findings:
    """A function fits on a screen."""
    for node in source.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES:
            yield node.lineno, f"{node.name} has {lines} lines, more than {FUNCTION_LINES}"


def package_docstring(source: Source) -> Findings:
    """Every package says what belongs there."""
    if source.path.endswith("/__init__.py") and not ast.get_docstring(source.tree):
        yield 1, "a package without a docstring"


def shared_test_names(source: Source) -> Findings:
    """In a folder called mp, a file with tests has the name by which pytest finds it."""
    folder, _, name = source.path.rpartition("/")
    if not folder.endswith("/mp") or name.startswith("test_"):
        return
    for node in source.nodes(ast.FunctionDef):
        if node.name.startswith("test_"):
            yield node.lineno, "nothing runs this test: call the file test_…"


RULES = (
    layers,
    randomness,
    wall_clock,
    money,
    micropython,
    file_length,
    function_length,
    package_docstring,
    shared_test_names,
)
