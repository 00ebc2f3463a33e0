"""Choosing a unit: every list fits a message, and the way back, on and out is always there."""

import html
import re
from dataclasses import replace
from typing import Any, cast

import pytest

from bot.channels.kit import numbered
from content.catalog import Catalog
from content.packs.loader import load_pack
from handlers import units
from handlers.buttons import MAX_BYTES, Press, read_payload
from handlers.matching import choices_of
from handlers.turn import Door, Turn, World, rows
from outreach.contacts.model import Known
from outreach.directory import UnitDirectory
from outreach.messaging import AccountId, Address, Button, ChannelName, Incoming, IncomingKind, Replies, Reply
from outreach.text import fold
from outreach.units import ELSEWHERE, UnitId
from tests.conftest import NOW
from tests.handlers.conftest import CAN, ON_EVERY_CHANNEL

pytestmark = ON_EVERY_CHANNEL  # only lists look different there; how a place is found is pure

ASKING = units.Asking(flow="join")


def visible(text: str) -> int:
    return len(html.unescape(re.sub(r"<[^>]+>", "", text)))


@pytest.fixture(scope="module", params=["langson", "quangninh"])
def world(request: pytest.FixtureRequest) -> World:
    pack = load_pack(request.param)
    codes = [pack.province.code, ELSEWHERE, *(row.code for row in pack.units)]
    ids = {code: UnitId(number) for number, code in enumerate(codes, 1)}
    directory = UnitDirectory({row.code: row for row in pack.units}, ids, pack.province.code)
    doors = [
        Door(channel=one, account_id=AccountId(1), name="", capabilities=CAN[one], link=str, rate=1.0) for one in CAN
    ]
    return World(pack=pack, catalog=Catalog(), units=directory, doors=tuple(doors))


def turn(world: World, text: str = "", *, network: ChannelName = ChannelName.TELEGRAM) -> Turn:
    """A turn that touches no database: choosing a unit is pure."""
    address = Address(account_id=AccountId(1), external_id="1")
    incoming = Incoming(update_id="1", address=address, channel=network, kind=IncomingKind.TEXT, sent_at=NOW, text=text)
    return Turn(incoming=incoming, known=Known(address=address), tx=cast("Any", None), now=NOW, world=world)


def typed(world: World, text: str, asking: units.Asking = ASKING) -> Reply:
    [reply] = units.read(turn(world, text), asking).messages
    return reply


def press(world: World, reply: Reply, label: str) -> UnitId | Replies:
    [payload] = [b.payload for row in reply.buttons for b in row if fold(b.label) == fold(label)]
    packed = read_payload(payload)
    assert packed
    return units.pressed(turn(world), packed, ASKING)


def labels(reply: Reply) -> list[str]:
    return [button.label for row in reply.buttons for button in row]


def test_every_name_of_the_province_leads_to_a_message_that_fits(world: World) -> None:
    names = {world.pack.province.name}
    for row in world.pack.old_units:
        names |= {row.old_district, row.old_commune}
        names |= {row.old_district.split(" ", 1)[1], row.old_commune.split(" ", 1)[1]}
    names |= {row.name for row in world.pack.units} | {row.label for row in world.pack.units}
    asked = 0
    for name in names:
        for spelling in (name, fold(name)):
            reply = typed(world, spelling)
            assert visible(reply.text) <= 350, (spelling, reply.text)
            assert "Nơi khác" in " ".join(labels(reply)) or "Xã, phường khác" in labels(reply)
            assert all(len(b.payload.encode()) <= MAX_BYTES for row in reply.buttons for b in row)
            asked += len(labels(reply)) > 3
    assert asked > 20, "many names lead to a list"


def test_an_area_and_one_more_tap_reach_every_unit(world: World) -> None:
    first = typed(world, f"tỉnh {world.pack.province.name}")
    assert f"Đó là tên cả {world.pack.province.word.vi}." in first.text
    reached: set[str] = set()
    for area in world.pack.gazetteer.areas():
        shown = press(world, first, area.label)
        assert isinstance(shown, Replies)
        [listed] = shown.messages
        assert visible(listed.text) <= 350
        every = {row.label: world.units.id_of(row.code) for row in world.pack.units}
        in_list = [label for label in labels(listed) if label in every]
        assert 1 <= len(in_list) <= 9
        if len(area.choices) > 9:
            following = press(world, listed, "Xem tiếp")
            assert isinstance(following, Replies)
            [second] = following.messages
            in_list += [label for label in labels(second) if label in every]
            assert all(press(world, second, label) == every[label] for label in labels(second) if label in every)
        assert all(press(world, listed, label) == every[label] for label in labels(listed) if label in every)
        reached |= set(in_list)
        assert len(in_list) == len(area.choices)
    assert len(reached) == len(world.pack.units)


def test_each_choice_of_an_ambiguous_name_shows_why_it_is_offered(world: World) -> None:
    name = {"langson": "chi lang", "quangninh": "ha long"}[world.pack.code]
    reply = typed(world, name)
    lines = [line for line in reply.text.splitlines() if re.match(r"\d+\. ", line)]
    assert len(lines) == sum(1 for label in labels(reply) if label in {row.label for row in world.pack.units})
    assert "trước là cả" in reply.text
    if world.pack.code == "langson":
        assert any(line.startswith("2. Lương Văn Tri: Chi Lăng") for line in lines), "the old ward of that name"
    else:
        following = press(world, reply, "Xem tiếp")
        assert isinstance(following, Replies)
        again = press(world, following.messages[0], "Xem tiếp")
        assert isinstance(again, Replies)
        assert again.messages[0].buttons == reply.buttons, "the pages go round"


def test_a_list_is_told_once_and_counted_as_it_is_answered(world: World, network: ChannelName) -> None:
    """Where buttons are lines of the text they carry the old communes, and no second list stands above them."""
    pack, can = world.pack, CAN[network]
    names = [row.old_commune for row in pack.old_units] + [area.label for area in pack.gazetteer.areas()]
    asked = 0
    for name in dict.fromkeys(names):
        [reply] = units.read(turn(world, name, network=network), ASKING).messages
        listed = not can.buttons or 0 < can.max_buttons < len(labels(reply))
        told = re.findall(r"^(\d+)\. (.+)$", numbered(reply).text if listed else reply.text, re.MULTILINE)
        assert [int(number) for number, _ in told] == list(range(1, len(told) + 1)), reply.text
        choices = choices_of([reply])
        offered = [(world.units.rows.get(choices[number].rpartition(":")[2]), line) for number, line in told]
        assert all(row.name in line for row, line in offered if row and line != "Đúng")
        asked += len([line for row, line in offered if row and ": " in line]) > 1
    assert asked > 20


def test_what_is_added_to_a_label_need_not_be_typed() -> None:
    added = ("Xong, 1.003 người", "Xã, phường: 3")
    labels = ("Để nguyên (khuyên dùng)", "xã A (huyện B cũ)", "xã A (huyện C cũ)", "Sửa (1)", "Sửa", *added)
    typed = choices_of([Reply(text="", buttons=rows([[Button(label=label, payload=label)] for label in labels]))])
    assert typed["để nguyên"] == typed["de nguyen"] == labels[0]
    assert "xã a" not in typed, "there are two"
    assert typed["sửa"] == "Sửa"
    assert (typed["xong"], typed["xã, phường"]) == added


def test_the_number_that_is_said_is_the_number_that_is_listed(world: World) -> None:
    names = (
        {row.old_commune for row in world.pack.old_units} | {row.label for row in world.pack.units} | {"xã Chi Lăng"}
    )
    asked = 0
    for name in names:
        reply = typed(world, name)
        if said := re.search(r"Có (\d+) nơi tên|chia về (\d+) nơi", reply.text):
            shown = len([line for line in reply.text.splitlines() if re.match(r"\d+\. ", line)])
            assert int(said[1] or said[2]) == shown, reply.text
            asked += 1
    assert asked >= 2


def test_a_name_in_full_is_confirmed_once_with_its_old_communes(world: World) -> None:
    row = world.pack.units[5]
    reply = typed(world, row.label)
    assert row.label in reply.text
    assert labels(reply) == ["Đúng", "Xã, phường khác"]
    assert press(world, reply, "Đúng") == world.units.id_of(row.code)
    another = press(world, reply, "Xã, phường khác")
    assert isinstance(another, Replies)
    assert len(labels(another.messages[0])) == len(world.pack.gazetteer.areas()) + 1


def test_the_provinces_bare_name_is_also_that_of_its_old_city(world: World) -> None:
    reply = typed(world, world.pack.province.name)
    if world.pack.code == "quangninh":  # no city of that name
        assert "Bạn ở xã, phường nào?" in reply.text
        return
    assert "cả tỉnh, cũng là thành phố Lạng Sơn cũ" in reply.text
    wards = {"phường Đông Kinh", "phường Lương Văn Tri", "phường Tam Thanh", "phường Kỳ Lừa"}
    assert wards < set(labels(reply))
    areas = press(world, reply, "Chọn theo khu vực (huyện cũ)")
    assert isinstance(areas, Replies)
    assert "Huyện Cao Lộc" in labels(areas.messages[0])


@pytest.mark.parametrize("voice", ["own", "other", "officer"])
def test_a_place_outside_is_told_the_way_out(world: World, voice: str) -> None:
    asking = units.Asking(flow="nom", voice=voice)
    assert "Nơi khác" in typed(world, "hà nội", asking).text
    assert "Nơi khác" not in typed(world, "hà nội", replace(asking, elsewhere=False)).text


@pytest.mark.parametrize("text", ["nơi khác", "NGOAI TINH", "tỉnh khác"])
def test_elsewhere_is_a_unit_of_its_own(world: World, text: str) -> None:
    reply = typed(world, text)
    assert "ngoài tỉnh" in reply.text
    assert press(world, reply, "Đúng") == world.units.id_of(ELSEWHERE)
    assert press(world, typed(world, "zzz"), "Nơi khác, ngoài tỉnh") == world.units.id_of(ELSEWHERE)


def test_a_conversation_may_do_without_elsewhere(world: World) -> None:
    asking = replace(ASKING, voice="officer", elsewhere=False)
    assert not [label for label in labels(typed(world, "zzz", asking)) if "Nơi khác" in label]
    made_up = Press(flow="join", step=units.STEP, arg=ELSEWHERE)
    assert isinstance(units.pressed(turn(world), made_up, asking), Replies)


@pytest.mark.parametrize(
    "arg", ["", "99999", "a99", "a-", "a0-77", "q7-ha long", "q0-", "q0-zzz", "qq", "00000x", "a²"]
)
def test_a_button_made_up_by_somebody_leads_to_a_question(world: World, arg: str) -> None:
    answer = units.pressed(turn(world), Press(flow="join", step=units.STEP, arg=arg), ASKING)
    assert isinstance(answer, Replies)
    assert labels(answer.messages[0])


@pytest.mark.parametrize("voice", ["own", "other", "officer"])
def test_every_voice_has_its_words(world: World, voice: str) -> None:
    asking = units.Asking(flow="nom", voice=voice)
    code = world.pack.units[0].code
    texts = [
        units.ask(turn(world), asking).messages[0].text,
        units.confirm(turn(world), asking, code=code).messages[0].text,
        typed(world, "nơi khác", asking).text,
    ]
    assert len(set(texts)) == 3
    assert voice == "own" or not any("Bạn ở" in text for text in texts)
