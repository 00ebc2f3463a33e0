"""300,000 people fit: what one person with one message costs in memory, measured in a process of its own."""

import subprocess
import sys

PEOPLE = 60_000
MOST_BYTES_EACH = 1_000
MEASURE = f"""
import resource
from pathlib import Path
from simulator.config import SimConfig
from simulator.methods.send import send_message
from simulator.params import Args
from simulator.world import create_world

def used():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

world = create_world(SimConfig(limits=False))
send_message(world, Args({{"chat_id": world.people.create("A").id, "text": "ầ" * 500}}))
before = used()
for person_id in world.people.create_many({PEOPLE}, prefix="Bạn"):
    send_message(world, Args({{"chat_id": person_id, "text": "ầ" * 500}}))
print((used() - before) // {PEOPLE}, world.journal.counts("ầ")["people"])
"""


def test_a_person_with_a_message_takes_less_than_a_kilobyte() -> None:
    ended = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, timeout=60, check=True)
    each, people = map(int, ended.stdout.split())
    assert people == PEOPLE + 1
    assert 100 < each < MOST_BYTES_EACH
