"""The suites in small: one sale on a real terminal, a few journals in, the command around them."""

import asyncio
import json
import shutil

import pytest

from tools.bench import intake, tap
from tools.bench.errors import BenchError
from tools.bench.figures import Figure, Report
from tools.bench.interpreter import Ratio
from tools.bench.suites import SUITES, named
from tools.bench.unit import Unit
from tools.vafa.main import main


def sell(directory, times):
    async def run():
        async with Unit(directory) as unit:
            return [await unit.sell() for _ in range(times)], unit.heap_free

    return asyncio.run(run())


def test_a_sale_takes_nine_exchanges_and_two_pages(tmp_path):
    traces, heap_free = sell(tmp_path, 2)
    trace = traces[-1]
    assert [exchange.name for exchange in trace.exchanges] == [
        "SelectApplication",
        "AuthenticateEV2First",
        "AdditionalFrame",
        "ReadData 03",
        "ReadRecords 04",
        "GetValue 02",
        "Debit 02",
        "WriteRecord 04",
        "CommitTransaction",
    ]
    assert trace.page_programs == 2
    assert trace.element[0x51] == 3  # diversification: subkey and two blocks
    assert trace.cpu_ms > 0
    assert heap_free > 0
    measured = tap.Measured(
        traces, [Ratio({"fannkuch": 20.0, "nqueens": 80.0})], [9], heap_free, [5.0]
    )
    figures = {figure.name: figure for figure in tap.report(measured).figures}
    assert figures["sale_exchanges"].value == 9
    assert figures["sale_interpreter_ms"].value == pytest.approx(200)
    assert figures["sale_interpreter_ms"].ratio == pytest.approx(40)
    assert figures["sale_model_ms_106"].value < figures["sale_model_ms_106_worst"].value
    assert figures["sale_model_ms_424"].value < figures["sale_model_ms_106"].value


def test_the_intake_takes_all_sales_and_the_floor_the_same_rows(tmp_path):
    workload = intake.prepare(tmp_path, 40)
    taken = tmp_path / "taken.db"
    shutil.copy(workload.club.database, taken)
    assert intake.take_in(workload, taken) > 0
    assert intake.bare(workload, taken, tmp_path / "floor.db") > 0
    assert workload.pages >= 80


def test_a_page_that_is_not_accepted_is_no_measurement(tmp_path):
    workload = intake.prepare(tmp_path, 10)
    workload.batches[0][3] = workload.batches[0][3][:-1] + b"\x00"
    with pytest.raises(BenchError, match="of 10 sales proven"):
        intake.take_in(workload, workload.club.database)


def test_suites_by_name():
    assert named("all") == list(SUITES.values())
    assert named("tap") == [tap.run]
    with pytest.raises(BenchError, match="no suite 'tip'; there are tap, intake, all"):
        named("tip")


def test_unknown_suite_on_the_command_line(capsys):
    assert main(["bench", "tip"]) == 1
    assert capsys.readouterr().err == "vafa: error: no suite 'tip'; there are tap, intake, all\n"


def test_json_is_the_last_line_and_progress_goes_to_standard_error(capsys, monkeypatch):
    def suite(progress):
        progress("working")
        return Report([Figure("speed", 5, "1/s", 10, 5)])

    monkeypatch.setitem(SUITES, "tap", suite)
    assert main(["bench", "tap", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == "working\n"
    assert json.loads(out.splitlines()[-1]) == {
        "speed": {"value": 5, "unit": "1/s", "floor": 10, "ratio": 0.5, "runs": 5}
    }
