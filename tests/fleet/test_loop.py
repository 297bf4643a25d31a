"""Virtual time: it jumps, it keeps its order, and it says when nothing can happen any more."""

import asyncio

import pytest

from tools.fleet import loop
from tools.fleet.supply import Supply, SupplyLost, UnitTime


def test_time_jumps_to_the_next_timer():
    async def main():
        started = asyncio.get_running_loop().time()
        await asyncio.sleep(86_400 * 365)
        return asyncio.get_running_loop().time() - started

    assert loop.run(main()) == pytest.approx(86_400 * 365)


def test_timers_fire_in_the_order_of_their_times():
    async def main():
        order = []

        async def wait(seconds):
            await asyncio.sleep(seconds)
            order.append(seconds)

        await asyncio.gather(*(wait(seconds) for seconds in (3, 1, 2, 1.5)))
        return order

    assert loop.run(main()) == [1, 1.5, 2, 3]


def test_a_standstill_is_told():
    async def main():
        await asyncio.get_running_loop().create_future()

    with pytest.raises(loop.StandstillError):
        loop.run(main())


def test_a_wait_is_stretched_but_never_shortened():
    async def main():
        now = asyncio.get_running_loop().time
        time = UnitTime(Supply(), pace_s=100)
        ends = []

        async def wait(ms):
            await time.sleep_ms(ms)
            ends.append(now())

        waits = [asyncio.create_task(wait(ms)) for ms in (20, 5000)]
        await asyncio.sleep(1)
        time.stir()
        await asyncio.gather(*waits)
        await wait(20)
        return ends

    assert loop.run(main()) == pytest.approx([1, 5, 105])


def test_nothing_goes_on_after_the_cut():
    async def main():
        supply = Supply()
        time = UnitTime(supply, pace_s=0)
        waiting = asyncio.create_task(time.sleep_ms(50))
        await asyncio.sleep(0.01)
        supply.cut()
        await waiting

    with pytest.raises(SupplyLost):
        loop.run(main())
