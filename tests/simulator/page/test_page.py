"""What a person does on the chat page: starts, taps, writes, sends, blocks, scans."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DRAWN = "(which) => [...document.querySelectorAll(which)].every((image) => image.complete && image.naturalWidth > 0)"
PATIENCE = 200  # looks, 50 ms apart


def drawn(page: Page, which: str) -> None:
    """Until every picture is there. `wait_for_function` would look by eval, which the page's own policy forbids."""
    for _ in range(PATIENCE):
        if page.evaluate(DRAWN, which):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{which} was not drawn")


def png(colour: str) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(kept, "PNG")
    return kept.getvalue()


def phone_of(page: Page, person_id: int) -> Locator:
    return page.locator(f'.phone[data-person="{person_id}"]')


def write(phone: Locator, text: str) -> None:
    line = phone.get_by_label("Nhắn tin", exact=True)
    line.fill(text)
    line.press("Enter")


def bubble(phone: Locator, text: str) -> Locator:
    return phone.locator(".message", has_text=text)


def test_a_person_is_made_starts_and_reads_the_bot(show: Callable[..., Page], bot: Any) -> None:
    page = show()
    page.get_by_text("Cán bộ Đoàn").click()
    page.get_by_label("Tên", exact=True).fill("Bùi Thanh Tâm")
    page.get_by_role("button", name="Mở điện thoại").click()
    phone = page.locator(".phone")
    expect(phone).to_contain_text("Bùi Thanh Tâm")
    expect(phone).to_contain_text("Cán bộ Đoàn")
    phone.get_by_role("button", name="Bắt đầu").click()
    started = bot.next("message")
    assert started["text"] == "/start"
    chat_id = started["chat"]["id"]
    assert page.url.endswith(f"?people={chat_id}")
    bot.call("sendChatAction", chat_id=chat_id, action="typing")
    expect(phone.locator(".bot-status")).to_have_text("đang nhập…")
    expect(phone.locator(".typing")).to_be_visible()
    bot.say(chat_id, "Chào bạn Tâm.")
    expect(bubble(phone, "Chào bạn Tâm.")).to_be_visible()
    expect(phone.locator(".typing")).to_be_hidden()
    expect(phone.get_by_role("log")).to_have_attribute("aria-live", "polite")
    assert re.fullmatch(r"\d\d:\d\d", bubble(phone, "Chào bạn Tâm.").locator("time").inner_text())
    expect(phone.locator(".day")).to_have_text("Hôm nay")
    page.goto(bot.address)
    expect(bubble(page.locator(".phone"), "Chào bạn Tâm.")).to_be_visible()


def test_an_inline_button_reaches_the_bot_and_is_answered(show: Callable[..., Page], bot: Any) -> None:
    person = bot.person("Nông Văn Khoa")
    phone = phone_of(show(person), person)
    rows = [
        [{"text": "Đủ 16", "callback_data": "yes", "style": "success"}, {"text": "Chưa", "callback_data": "no"}],
        [{"text": "Cổng tỉnh", "url": "https://langson.example/"}, {"text": "Chép mã", "copy_text": {"text": "LS-1"}}],
        [{"text": str(number), "callback_data": f"n:{number}"} for number in range(8)],
    ]
    sent = bot.say(person, "Bạn đủ 16 chưa?", reply_markup={"inline_keyboard": rows})
    key = phone.get_by_role("button", name="Đủ 16")
    expect(key).to_have_attribute("data-style", "success")
    expect(phone.get_by_role("link", name="Cổng tỉnh")).to_have_attribute("href", "https://langson.example/")
    tops = {round(box["y"]) for n in range(8) if (box := phone.locator(".is-crowded .key").nth(n).bounding_box())}
    assert len(tops) == 1
    key.click()
    query = bot.next("callback_query")
    assert (query["data"], query["message"]["message_id"]) == ("yes", sent)
    expect(key).to_have_attribute("aria-busy", "true")
    bot.call("answerCallbackQuery", callback_query_id=query["id"], text="Mình ghi rồi nhé")
    expect(phone.locator(".toast")).to_have_text("Mình ghi rồi nhé")
    expect(key).not_to_have_attribute("aria-busy", "true")
    phone.get_by_role("button", name="Chưa").click()
    query = bot.next("callback_query")
    bot.call("answerCallbackQuery", callback_query_id=query["id"], text="Đọc kỹ nhé", show_alert=True)
    alert = phone.page.locator("dialog.alert")
    expect(alert).to_contain_text("Đọc kỹ nhé")
    alert.get_by_role("button").click()
    expect(alert).to_have_count(0)


def test_the_reply_keyboard_and_the_commands(show: Callable[..., Page], bot: Any) -> None:
    bot.call("setMyCommands", commands=[{"command": "decu", "description": "Đề cử một bạn"}])
    person = bot.person("Vi Thu Hà")
    phone = phone_of(show(person), person)
    markup = {"keyboard": [[{"text": "Tin mới"}, {"text": "Đề cử"}]], "is_persistent": True, "resize_keyboard": True}
    bot.say(person, "Bạn chọn nhé", reply_markup=markup)
    phone.get_by_role("button", name="Tin mới").click()
    assert bot.next("message")["text"] == "Tin mới"
    expect(bubble(phone, "Tin mới")).to_have_attribute("data-from", "person")
    toggle = phone.get_by_role("button", name="Bàn phím của trợ lý")
    toggle.click()
    expect(phone.get_by_role("button", name="Tin mới")).to_be_hidden()
    toggle.click()
    bot.say(person, "Thôi nhé", reply_markup={"remove_keyboard": True})
    expect(phone.get_by_role("button", name="Tin mới")).to_have_count(0)
    phone.get_by_role("button", name="Menu").click()
    phone.get_by_role("menuitem", name="Đề cử một bạn").click()
    assert bot.next("message")["text"] == "/decu"
    phone.get_by_label("Nhắn tin", exact=True).fill("/de")
    expect(phone.get_by_role("option")).to_contain_text("/decu")
    phone.get_by_label("Nhắn tin", exact=True).press("Enter")
    assert bot.next("message")["text"] == "/decu"


def test_new_commands_are_in_the_menu_at_once(show: Callable[..., Page], bot: Any) -> None:
    def offer(word: str, **scope: Any) -> None:
        commands = [{"command": word, "description": f"Việc {word}"}]
        bot.call("setMyCommands", commands=commands, scope=scope or {"type": "default"})

    def menu(phone: Locator, word: str) -> None:
        expect(phone.get_by_role("button", name="Menu")).to_be_visible()
        phone.get_by_role("button", name="Menu").click()
        expect(phone.get_by_role("menuitem")).to_contain_text([f"Việc {word}"])
        phone.page.keyboard.press("Escape")

    officer, other = bot.person("Nguyễn Thu Trang"), bot.person("Lý Minh Anh")
    page = show(officer, other)
    offer("tin")
    menu(phone_of(page, officer), "tin")
    menu(phone_of(page, other), "tin")
    with page.expect_response("**/sim/bot*"):
        offer("gui", type="chat", chat_id=officer)
    menu(phone_of(page, officer), "gui")
    menu(phone_of(page, other), "tin")
    with page.expect_response("**/sim/bot*"):
        bot.call("deleteMyCommands", scope={"type": "chat", "chat_id": officer})
    menu(phone_of(page, officer), "tin")


def test_photos_and_files_go_both_ways(show: Callable[..., Page], bot: Any) -> None:
    person = bot.person("Cô Hạnh")
    phone = phone_of(show(person), person)
    chosen: Any = [{"name": f"{c}.png", "mimeType": "image/png", "buffer": png(c)} for c in ("red", "blue")]
    phone.locator('input[type="file"]').set_input_files(chosen)
    expect(phone.locator(".tray-item")).to_have_count(2)
    write(phone, "Giấy khen của Khoa")
    first, second = bot.next("message"), bot.next("message")
    assert first["media_group_id"] == second["media_group_id"]
    assert first["caption"] == "Giấy khen của Khoa"
    album = bubble(phone, "Giấy khen của Khoa")
    expect(album.locator(".photo")).to_have_count(2)
    chosen = {"name": "qd.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 x"}
    phone.locator('input[type="file"]').set_input_files(chosen)
    phone.get_by_role("button", name="Gửi", exact=True).click()
    assert bot.next("message")["document"]["file_name"] == "qd.pdf"
    with phone.page.expect_download() as download:
        phone.locator(".file", has_text="qd.pdf").click()
    assert download.value.path().read_bytes() == b"%PDF-1.4 x"
    bot.upload("sendPhoto", chat_id=person, field="photo", name="a.png", content=png("green"))
    image = phone.locator('.message[data-from="bot"] .photo img')
    expect(image).to_be_visible()
    drawn(phone.page, ".photo img")
    album.locator(".photo").nth(1).click()
    box = phone.page.locator("dialog.lightbox")
    expect(box).to_contain_text("2/2")
    phone.page.keyboard.press("ArrowRight")
    expect(box).to_contain_text("1/2")
    phone.page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def test_nothing_is_lost_when_sending_fails(show: Callable[..., Page], bot: Any) -> None:
    person = bot.person("Cô Hạnh")
    page = show(person, refused="/sim/people/")
    phone = phone_of(page, person)
    line, tray = phone.get_by_label("Nhắn tin", exact=True), phone.locator(".tray-item")
    page.route("**/sim/people/**", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    chosen: Any = [
        {"name": "a.png", "mimeType": "image/png", "buffer": png("red")},
        {"name": "b.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 x"},
    ]
    phone.locator('input[type="file"]').set_input_files(chosen)
    write(phone, "Giấy khen của Khoa")
    expect(phone.locator(".toast")).to_contain_text("Mất kết nối")
    expect(tray).to_have_count(2)
    drawn(page, ".tray-item img")
    expect(line).to_have_value("Giấy khen của Khoa")
    page.unroute_all()
    page.route("**/document", lambda route: route.abort())
    line.press("Enter")
    assert bot.next("message")["caption"] == "Giấy khen của Khoa"
    expect(tray).to_have_count(1)
    expect(line).to_have_value("")
    page.unroute_all()
    phone.get_by_role("button", name="Gửi", exact=True).click()
    sent = bot.next("message")
    assert (sent["document"]["file_name"], "caption" in sent) == ("b.pdf", False)
    expect(tray).to_have_count(0)


def test_words_wait_with_what_they_answer_when_sending_fails(show: Callable[..., Page], bot: Any) -> None:
    person = bot.person("Cô Hạnh")
    bot.call("setMyCommands", commands=[{"command": "decu", "description": "Đề cử một bạn"}])
    asked = bot.say(person, "Bạn nghĩ sao?")
    page = show(person, refused="/text")
    phone = phone_of(page, person)
    line = phone.get_by_label("Nhắn tin", exact=True)
    page.route("**/text", lambda route: route.abort())
    target = bubble(phone, "Bạn nghĩ sao?")
    target.hover()
    target.get_by_role("button", name="Thêm").click()
    page.keyboard.press("Enter")
    write(phone, "Mình đồng ý")
    expect(phone.locator(".toast")).to_contain_text("Mất kết nối")
    expect(line).to_have_value("Mình đồng ý")
    page.unroute_all()
    line.press("Enter")
    assert bot.next("message")["reply_to_message"]["message_id"] == asked
    expect(line).to_have_value("")
    page.route("**/text", lambda route: route.abort())
    line.fill("/de")
    line.press("Enter")
    expect(line).to_have_value("/de")
    line.fill("Đang viết dở")
    own = bubble(phone, "Mình đồng ý")
    own.hover()
    own.get_by_role("button", name="Thêm").click()
    phone.get_by_role("menuitem", name="Sửa").click()
    expect(line).to_have_value("Mình đồng ý")
    line.press("Escape")
    expect(line).to_have_value("Đang viết dở")


def test_refusals_are_said_in_vietnamese(show: Callable[..., Page], bot: Any) -> None:
    person = bot.person("Cô Hạnh")
    phone = phone_of(show(person, refused="/sim/people/"), person)
    broken: Any = {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"}
    phone.locator('input[type="file"]').set_input_files(broken)
    write(phone, "Ảnh đây")
    expect(phone.locator(".toast")).to_contain_text("Không đọc được ảnh này.")
    bot.control("reset", {})
    write(phone, "Còn ai không")
    expect(phone.locator(".toast")).to_contain_text("Người này không còn ở đây.")


def test_files_can_be_dropped_on_a_phone(show: Callable[..., Page], bot: Any) -> None:
    person = bot.person("Cô Hạnh")
    phone = phone_of(show(person), person)
    expect(bubble(phone, "/start")).to_be_visible()
    carried = phone.page.evaluate_handle(
        """() => { const t = new DataTransfer(); t.items.add(new File(["chữ"], "ghi-chu.txt", { type: "text/plain" })); return t; }"""
    )
    phone.locator(".screen").dispatch_event("dragenter", {"dataTransfer": carried})
    expect(phone.locator(".drop-hint")).to_be_visible()
    phone.locator(".screen").dispatch_event("drop", {"dataTransfer": carried})
    expect(phone.locator(".drop-hint")).to_be_hidden()
    expect(phone.locator(".tray-item")).to_contain_text("ghi-chu.txt")
    phone.get_by_role("button", name="Gửi", exact=True).click()
    assert bot.next("message")["document"]["file_name"] == "ghi-chu.txt"


def test_blocking_and_coming_back(show: Callable[..., Page], bot: Any) -> None:
    person = bot.person("Lương Đức Huy")
    phone = phone_of(show(person), person)
    phone.get_by_role("button", name="Thêm", exact=True).first.click()
    phone.get_by_role("menuitem", name="Chặn").click()
    assert bot.next("my_chat_member")["new_chat_member"]["status"] == "kicked"
    expect(phone.get_by_label("Nhắn tin", exact=True)).to_be_hidden()
    phone.get_by_role("button", name="Bỏ chặn").click()
    assert bot.next("my_chat_member")["new_chat_member"]["status"] == "member"
    expect(phone.get_by_label("Nhắn tin", exact=True)).to_be_visible()


def test_a_poster_a_code_and_a_deep_link_open_the_bot(show: Callable[..., Page], bot: Any) -> None:
    bot.control(
        "posters",
        [
            {"title": "Áp phích xã Bắc Sơn", "payload": "src_bacson"},
            {"title": "xã Tân Thanh", "payload": "src_tanthanh"},
        ],
    )
    person, other = bot.person("Hoàng Gia Bảo", started=False), bot.person("Cô Hạnh")
    page = show(person, other)
    phone = phone_of(page, person)
    phone.get_by_role("button", name="Quét áp phích xã Bắc Sơn", exact=True).click()
    assert bot.next("message")["text"] == "/start src_bacson"
    expect(bubble(phone, "/start src_bacson")).to_be_visible()
    page.locator("#posters").click()
    sheet = page.locator("dialog.sheet")
    sheet.locator(".target", has_text="Cô Hạnh").click()
    drawn(page, ".poster-qr")
    sheet.get_by_role("button", name="Quét poster xã Tân Thanh").click()
    scanned = bot.next("message")
    assert (scanned["text"], scanned["chat"]["id"]) == ("/start src_tanthanh", other)
    phone.get_by_role("button", name="Quét poster", exact=True).click()
    sheet.get_by_label("Mã trong liên kết").fill("decu_2026")
    sheet.get_by_role("button", name="Mở bằng mã").click()
    assert bot.next("message")["text"] == "/start decu_2026"
    bot.say(person, "Mời: https://t.me/LoaTreBot?start=moi_abc")
    phone.get_by_role("link", name="https://t.me/LoaTreBot?start=moi_abc").click()
    assert bot.next("message")["text"] == "/start moi_abc"


def test_the_dialog_over_the_welcome_page_has_its_own_name(show: Callable[..., Page], bot: Any) -> None:
    page = show()
    page.locator("#add").click()
    sheet = page.locator("dialog.sheet")
    sheet.locator(".field-label", has_text="Tên").click()
    expect(sheet.locator(".maker-line input")).to_be_focused()
    sheet.get_by_label("Tên", exact=True).fill("Bùi Thanh Tâm")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids))
    sheet.get_by_role("button", name="Mở điện thoại").click()
    expect(page.locator(".phone")).to_contain_text("Bùi Thanh Tâm")


def test_stickers_forwards_and_replies_reach_the_bot(show: Callable[..., Page], bot: Any) -> None:
    person = bot.person("Triệu Thị Mây")
    asked = bot.say(person, "Bạn gửi gì cũng được")
    phone = phone_of(show(person), person)
    phone.get_by_role("button", name="Đính kèm").click()
    phone.get_by_role("menuitem", name="Nhãn dán").click()
    assert "sticker" in bot.next("message")
    expect(bubble(phone, "Nhãn dán")).to_be_visible()
    phone.get_by_role("button", name="Đính kèm").click()
    phone.get_by_role("menuitem", name="Bài chuyển tiếp").click()
    phone.get_by_label("Tên trang, kênh").fill("Đoàn xã Bắc Sơn")
    write(phone, "Tin từ cơ sở")
    assert bot.next("message")["forward_origin"]["sender_user_name"] == "Đoàn xã Bắc Sơn"
    expect(bubble(phone, "Tin từ cơ sở")).to_contain_text("Chuyển tiếp từ Đoàn xã Bắc Sơn")
    target = bubble(phone, "Bạn gửi gì cũng được")
    target.hover()
    target.get_by_role("button", name="Thêm").click()
    phone.page.keyboard.press("Enter")
    write(phone, "Mình trả lời đây")
    assert bot.next("message")["reply_to_message"]["message_id"] == asked
    expect(bubble(phone, "Mình trả lời đây").locator(".quoted")).to_contain_text("Bạn gửi gì cũng được")


def test_phones_are_added_swapped_and_closed(show: Callable[..., Page], bot: Any) -> None:
    first, second, third = (bot.person(name) for name in ("Lý Minh Anh", "Cô Hạnh", "Hà Thị Lan"))
    page = show(first)
    page.locator("#add").click()
    sheet = page.locator("dialog.sheet")
    expect(sheet.get_by_role("button", name="Lý Minh Anh")).to_be_disabled()
    sheet.get_by_label("Tìm theo tên").fill("hạnh")
    expect(sheet.locator(".person-row")).to_have_count(1)
    sheet.get_by_role("button", name="Cô Hạnh").click()
    expect(phone_of(page, second)).to_be_visible()
    assert page.url.endswith(f"?people={first},{second}")
    phone_of(page, first).get_by_role("button", name="Đổi người").click()
    sheet.get_by_role("button", name="Hà Thị Lan").click()
    expect(phone_of(page, third)).to_be_visible()
    assert page.url.endswith(f"?people={third},{second}")
    bot.say(third, "Chào Lan")
    expect(bubble(phone_of(page, third), "Chào Lan")).to_be_visible()
    phone_of(page, second).get_by_role("button", name="Thêm", exact=True).first.click()
    phone_of(page, second).get_by_role("menuitem", name="Xóa tài khoản").click()
    page.locator("dialog.alert").get_by_role("button", name="Xóa").click()
    expect(phone_of(page, second)).to_contain_text("Tài khoản này đã xóa.")
    phone_of(page, second).get_by_role("button", name="Đóng điện thoại").click()
    expect(page.locator(".phone")).to_have_count(1)
    assert page.url.endswith(f"?people={third}")
