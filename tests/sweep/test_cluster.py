"""Batches on a Dask cluster: each answered once, whatever happens to workers; nothing reachable from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from distributed import Client

from dxsim.errors import DxsimError, InputError
from dxsim.sweep.cluster import Answer, run_on_cluster

BATCHES = [tuple(range(first, first + 5)) for first in range(0, 150, 5)]
FACTOR = 7


def times(batch: tuple[int, ...], factor: int) -> tuple[list[int], int]:
    time.sleep(0.05)
    return [number * factor for number in batch], os.getpid()


def times_but_one(batch: tuple[int, ...], factor: int) -> tuple[list[int], int]:
    if batch[0] == 25:
        raise ValueError("no good")
    return times(batch, factor)


def once_deadly(batch: tuple[int, ...], marks: Path) -> tuple[list[int], int]:
    """Kill one worker in the middle of a batch."""
    if batch[0] == 15 and not (marks / "killed").exists():
        time.sleep(0.5)
        (marks / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return times(batch, FACTOR)


def always_deadly(batch: int, context: None) -> int:
    if batch == 3:
        time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGKILL)
    return batch


def pid_of(batch: int, context: bytes) -> tuple[int, int]:
    return os.getpid(), id(context)


def assert_complete(answers: list[Answer]) -> None:
    """Every batch has one answer, the one that it would have in this process."""
    assert [answer.error for answer in answers if answer.error] == []
    assert sorted(answer.batch for answer in answers) == BATCHES
    assert all(answer.result[0] == [number * FACTOR for number in answer.batch] for answer in answers)


def test_a_cluster_on_this_machine_answers_every_batch_once_and_nobody_outside_can_reach_it():
    answers, listening = [], set()
    for answer in run_on_cluster(BATCHES, times, FACTOR, workers=2):
        if not answers:
            listening = _listening(os.getpid()) | _listening(answer.result[1])
        answers.append(answer)
    assert_complete(answers)
    assert len({answer.result[1] for answer in answers} - {os.getpid()}) == 2
    assert listening == {"0100007F"}  # 127.0.0.1


def _listening(process: int) -> set[str]:
    """Return the addresses at which a process listens, as Linux has them."""
    inodes = set()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):
            inodes.add(str(descriptor.readlink()))
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes}


def test_killed_workers_lose_nothing(tmp_path):
    """One dies in the middle of a batch, another one whenever it is, perhaps with results that nobody has fetched."""
    answers = []
    for answer in run_on_cluster(BATCHES, once_deadly, tmp_path, workers=2):
        answers.append(answer)
        if len(answers) == 20:
            os.kill(answer.result[1], signal.SIGKILL)
    assert (tmp_path / "killed").exists()
    assert_complete(answers)
    assert len({answer.result[1] for answer in answers}) > 2


@pytest.mark.long
def test_a_batch_that_kills_every_worker_is_given_up_and_no_other():
    answers = {answer.batch: answer for answer in run_on_cluster(range(12), always_deadly, None, workers=2)}
    assert sorted(answers) == list(range(12))
    assert "4 workers were lost" in str(answers.pop(3).error)
    assert all(answer.result == batch for batch, answer in answers.items())


def test_an_interruption_keeps_what_is_finished_and_ends_the_workers():
    stop = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    answers: list[Answer] = []
    try:
        for answer in run_on_cluster(BATCHES, times, FACTOR, workers=2, should_stop=stop.is_set):
            answers.append(answer)
            if len(answers) == 5:
                for process in {answer.result[1] for answer in answers} | {os.getpid()}:
                    os.kill(process, signal.SIGINT)  # as a terminal sends it: to all processes
                interrupted = time.monotonic()
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - interrupted < 15
    assert 5 <= len(answers) < len(BATCHES)
    assert len({answer.batch for answer in answers}) == len(answers)
    for answer in answers:
        assert answer.result[0] == [number * FACTOR for number in answer.batch]
        assert not _is_alive(answer.result[1])


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


class Elsewhere:
    """A scheduler and two workers, started as somebody else would."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.scheduler = self._start("dask_scheduler", "--port", self.address.rpartition(":")[2])
        self.workers = [self._start("dask_worker", self.address, "--nthreads", "1", "--no-nanny") for _ in range(2)]
        for attempt in count():
            try:
                with Client(self.address, timeout=5) as client:
                    client.wait_for_workers(2, timeout=60)
                return
            except OSError:
                if attempt == 10:
                    raise

    def _start(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        place = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
        command = [sys.executable, "-m", f"distributed.cli.{program}", *words, *place]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}  # where this file is found
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    cluster = Elsewhere()
    yield cluster
    cluster.end()


def test_a_failing_batch_is_told_and_the_others_go_on(elsewhere):
    answers = list(run_on_cluster(BATCHES, times_but_one, FACTOR, address=elsewhere.address))
    failed = [answer for answer in answers if answer.error is not None]
    assert [answer.batch for answer in failed] == [BATCHES[5]]
    assert failed[0].result is None
    assert isinstance(failed[0].error, ValueError)
    assert str(failed[0].error) == "no good"
    assert sorted(answer.batch for answer in answers) == BATCHES


def test_few_batches_are_on_their_way_and_each_worker_has_the_context_once(elsewhere):
    taken, contexts, stop = [], set(), threading.Event()

    def endless() -> Iterator[int]:
        for number in count():
            taken.append(number)
            yield number

    answers = run_on_cluster(endless(), pid_of, b"x" * 100_000, address=elsewhere.address, should_stop=stop.is_set)
    for answered, answer in enumerate(answers, 1):
        contexts.add(answer.result)
        assert len(taken) - answered <= 6  # three for each thread
        if answered == 60:
            stop.set()
    assert 60 <= len(taken) <= 66
    assert len(contexts) == len({process for process, _ in contexts}) == 2


def test_two_sweeps_on_one_cluster_do_not_mix(elsewhere):
    one = run_on_cluster(BATCHES, times, FACTOR, address=elsewhere.address)
    other = run_on_cluster(BATCHES, times, 1, address=elsewhere.address)
    both = list(zip(one, other, strict=True))
    assert_complete([answer for answer, _ in both])
    assert all(answer.result[0] == list(answer.batch) for _, answer in both)


def test_workers_with_other_code_are_refused(elsewhere, monkeypatch):
    monkeypatch.setattr("dxsim.sweep.worker.code_identity", lambda: {"sources": "other"})
    with pytest.raises(InputError, match=r"can't take up the work: .*not the same there as here: sources"):
        list(run_on_cluster(BATCHES, times, FACTOR, address=elsewhere.address))


def test_a_scheduler_is_lost():
    cluster = Elsewhere()
    answers = run_on_cluster(BATCHES, times, FACTOR, address=cluster.address)
    try:
        for _ in range(5):
            assert next(answers).error is None
        cluster.scheduler.kill()
        with pytest.raises(DxsimError, match="its scheduler is lost; what was finished is kept"):
            list(answers)
    finally:
        cluster.end()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:18999", "nonsense", "foo://127.0.0.1:1"])
def test_an_address_that_does_not_answer(address):
    begin = time.monotonic()
    with pytest.raises(InputError, match="no scheduler answers there"):
        list(run_on_cluster(BATCHES, times, FACTOR, address=address))
    assert time.monotonic() - begin < 15


def test_distributed_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'dxsim\[cluster\]'"):
        list(run_on_cluster(BATCHES, times, FACTOR))
