import asyncio

from bot.order import Line


async def test_places_are_reached_in_the_order_in_which_they_were_taken() -> None:
    line, reached = Line(), []
    places = [line.join() for _ in range(5)]

    async def stand(number: int) -> None:
        await places[number].reached()
        reached.append(number)
        await asyncio.sleep(0)
        places[number].leave()

    await asyncio.gather(*(stand(number) for number in (4, 2, 0, 3, 1)))
    assert reached == [0, 1, 2, 3, 4]
    assert not line.busy


async def test_who_leaves_early_lets_nobody_past_those_before() -> None:
    line = Line()
    first, second, third = line.join(), line.join(), line.join()
    second.leave()
    waiting = asyncio.create_task(third.reached())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    first.leave()
    await asyncio.wait_for(waiting, 1)
    third.leave()
    third.leave()
    assert not line.busy


async def test_a_cancelled_waiter_does_not_stop_the_line() -> None:
    line = Line()
    first, second, third = line.join(), line.join(), line.join()
    waiting = asyncio.create_task(second.reached())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    second.leave()
    first.leave()
    await asyncio.wait_for(third.reached(), 1)
