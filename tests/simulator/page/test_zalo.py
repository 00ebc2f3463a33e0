"""What a person does on a Zalo phone: with an Official Account, and with a bot that has no buttons."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOUR = 3600
BUTTONS: list[dict[str, Any]] = [
    {"title": "Đăng ký nhận tin", "type": "oa.query.show", "payload": "#dangky"},
    {"title": "Tắt tin", "type": "oa.query.hide", "payload": "#tat"},
    {"title": "Cổng tỉnh", "type": "oa.open.url", "payload": {"url": "https://langson.example/"}},
    {"title": "Gọi thường trực", "type": "oa.open.phone", "payload": {"phone_code": "84205000001"}},
    {"title": "Nhắn SMS", "type": "oa.open.sms", "payload": {"content": "DK", "phone_code": "84205000001"}},
]


def phone_of(page: Page, person_id: str) -> Locator:
    return page.locator(f'.phone[data-person="{person_id}"]')


def write(phone: Locator, text: str) -> None:
    line = phone.get_by_label("Nhắn tin", exact=True)
    line.fill(text)
    line.press("Enter")


def bubble(phone: Locator, text: str) -> Locator:
    return phone.locator(".message", has_text=text)


def with_buttons(text: str) -> dict[str, Any]:
    return {"text": text, "attachment": {"type": "template", "payload": {"buttons": BUTTONS}}}


def test_a_phone_on_zalo_is_made_and_writes(show: Callable[..., Page], oa: Any) -> None:
    page = show()
    page.locator(".network", has_text="Zalo OA").click()
    page.get_by_label("Tên", exact=True).fill("Bùi Thanh Tâm")
    page.get_by_role("button", name="Mở điện thoại").click()
    phone = page.locator('.phone[data-network="zalo_oa"]')
    expect(phone).to_contain_text("Bùi Thanh Tâm")
    expect(phone.locator(".head")).to_contain_text("Tuổi trẻ Lạng Sơn")
    expect(phone.get_by_role("img", name="Đã xác thực")).to_be_visible()
    expect(phone.locator(".window")).to_have_text("OA chưa nhắn được")
    write(phone, "BS01")
    written = oa.next("user_send_text")
    assert written["message"]["text"] == "BS01"
    user_id = written["sender"]["id"]
    assert page.url.endswith(f"?people={user_id}")
    expect(phone.locator(".window")).to_contain_text(re.compile("Miễn phí, còn 4[78] giờ"))
    oa.tell(user_id, {"text": "Chào bạn. Cần gì gọi 0205 000 001 nhé. Gõ /tin cũng được."})
    answer = bubble(phone, "Chào bạn.")
    expect(answer).to_contain_text("đã nhận")
    expect(answer.locator(".text button")).to_have_text("0205 000 001")
    page.goto(oa.address)
    expect(bubble(page.locator(".phone"), "Chào bạn.")).to_be_visible()


def test_following_and_leaving(show: Callable[..., Page], oa: Any) -> None:
    person = oa.person("Nông Văn Khoa")
    phone = phone_of(show(person), person)
    phone.get_by_role("button", name="Quan tâm", exact=True).click()
    assert oa.next("follow")["follower"]["id"] == person
    expect(phone.locator(".window")).to_contain_text("Miễn phí")
    phone.get_by_role("button", name="Bỏ quan tâm", exact=True).click()
    assert oa.next("unfollow")["follower"]["id"] == person
    expect(phone.get_by_role("button", name="Quan tâm", exact=True)).to_be_visible()


def test_buttons_stand_in_rows_and_do_what_they_say(show: Callable[..., Page], oa: Any) -> None:
    person = oa.person("Vi Thu Hà", follows=True)
    phone = phone_of(show(person), person)
    oa.tell(person, with_buttons("Bạn muốn gì?"))
    group = phone.get_by_role("group", name="Nút dưới tin")
    rows = group.locator(".row")
    expect(rows).to_have_text([button["title"] for button in BUTTONS])
    boxes = [box for row in rows.all() if (box := row.bounding_box())]
    assert len({(box["x"], box["width"]) for box in boxes}) == 1
    assert [box["y"] for box in boxes] == sorted({box["y"] for box in boxes})
    expect(group.get_by_role("link", name="Cổng tỉnh")).to_have_attribute("href", "https://langson.example/")
    group.get_by_role("button", name="Đăng ký nhận tin").click()
    assert oa.next("user_send_text")["message"]["text"] == "#dangky"
    expect(phone.locator('.message[data-from="person"]')).to_have_count(1)
    group.get_by_role("button", name="Tắt tin").click()
    assert oa.next("user_send_text")["message"]["text"] == "#tat"
    group.get_by_role("button", name="Gọi thường trực").click()
    expect(phone.locator(".toast")).to_have_text("Gọi 84205000001")
    group.get_by_role("button", name="Nhắn SMS").click()
    expect(phone.locator(".toast")).to_contain_text("Soạn SMS “DK” gửi 84205000001")
    expect(phone.locator('.message[data-from="person"]')).to_have_count(1)


def test_the_menu_of_the_oa_is_that_of_its_settings(show: Callable[..., Page], oa: Any) -> None:
    items = [{"title": "Đề cử một bạn", "type": "oa.query.show", "payload": "#decu"}]
    oa.control("zalo/oa/settings", {"menu": items})
    person = oa.person("Lý Minh Anh")
    phone = phone_of(show(person), person)
    menu = phone.get_by_role("navigation", name="Menu của OA")
    menu.get_by_role("button", name="Đề cử một bạn").click()
    assert oa.next("user_send_text")["message"]["text"] == "#decu"
    expect(bubble(phone, "#decu")).to_be_visible()


def test_staff_answer_from_the_oa_s_own_chat(show: Callable[..., Page], oa: Any) -> None:
    person = oa.person("Triệu Thị Mây", follows=True)
    phone = phone_of(show(person), person)
    write(phone, "Mấy giờ họp ạ?")
    switch = phone.get_by_role("switch", name="Viết từ OA Manager")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(phone.get_by_role("button", name="Đính kèm")).to_be_hidden()
    write(phone, "19 giờ em nhé")
    while "admin_id" not in (sent := oa.next("oa_send_text"))["sender"]:
        pass
    assert sent["message"]["text"] == "19 giờ em nhé"
    answer = bubble(phone, "19 giờ em nhé")
    expect(answer).to_have_attribute("data-from", "bot")
    expect(answer).to_contain_text("Cán bộ trực")
    phone.get_by_role("button", name="Thôi viết từ OA Manager").click()
    expect(switch).to_have_attribute("aria-checked", "false")
    write(phone, "Dạ vâng")
    oa.next("user_send_text")
    expect(bubble(phone, "Dạ vâng")).to_have_attribute("data-from", "person")


def test_the_clock_is_wound_on_and_the_window_closes(show: Callable[..., Page], oa: Any) -> None:
    person = oa.person("Hoàng Gia Bảo", follows=True)
    page = show(person)
    window = phone_of(page, person).locator(".window")
    expect(window).to_have_attribute("data-window", "free")
    wind = page.get_by_role("button", name="Tua giờ")
    wind.click()
    page.get_by_role("menuitem", name="Tua +48 giờ").click()
    expect(window).to_have_text("Có phí, còn 4 ngày")
    expect(wind).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(window).to_have_text("Quá 7 ngày, OA không nhắn được")
    write(phone_of(page, person), "Mình đây")
    expect(window).to_contain_text("Miễn phí")
    expect(phone_of(page, person).locator(".day")).to_have_text("Hôm nay")


def test_receipts_rise_from_received_to_seen(show: Callable[..., Page], oa: Any) -> None:
    person = oa.person("Lương Đức Huy", follows=True)
    page = show(person)
    phone = phone_of(page, person)
    oa.control("zalo/oa/settings", {"received": False})
    sent = [oa.tell(person, {"text": text}) for text in ("Tin một", "Tin hai")]
    receipt = phone.locator(".receipt")
    expect(receipt).to_have_count(1)
    expect(receipt).to_contain_text("chưa nhận")
    receipt.click()
    assert oa.next("user_seen_message")["message"]["msg_ids"] == sent
    expect(receipt).to_have_text("đã xem")


def test_pictures_files_and_what_else_goes_both_ways(show: Callable[..., Page], oa: Any) -> None:
    person = oa.person("Cô Hạnh", follows=True)
    phone = phone_of(show(person), person)
    kept = io.BytesIO()
    Image.new("RGB", (320, 240), "teal").save(kept, "PNG")
    chosen: Any = [
        {"name": "a.png", "mimeType": "image/png", "buffer": kept.getvalue()},
        {"name": "qd.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 x"},
    ]
    phone.locator('input[type="file"]').set_input_files(chosen)
    write(phone, "Giấy khen của Khoa")
    sent = oa.next("user_send_image")["message"]
    assert (sent["text"], sent["attachments"][0]["type"]) == ("Giấy khen của Khoa", "image")
    file = oa.next("user_send_file")["message"]["attachments"][0]["payload"]
    assert (file["name"], file["size"]) == ("qd.pdf", "10")
    expect(phone.locator(".photo img")).to_be_visible()
    with phone.page.expect_download() as download:
        phone.locator(".file", has_text="qd.pdf").click()
    assert download.value.path().read_bytes() == b"%PDF-1.4 x"
    phone.get_by_role("button", name="Đính kèm").click()
    phone.get_by_role("menuitem", name="Vị trí").click()
    oa.next("user_send_location")
    expect(bubble(phone, "Vị trí")).to_be_visible()
    element = {"media_type": "image", "url": "https://elsewhere.example/a.png"}
    media = {"template_type": "media", "elements": [element]}
    oa.tell(person, {"text": "Ảnh ngoài", "attachment": {"type": "template", "payload": media}})
    expect(bubble(phone, "Ảnh ngoài").locator(".file")).to_contain_text("Ảnh ở elsewhere.example")


def test_an_answer_quotes_what_it_answers(show: Callable[..., Page], oa: Any) -> None:
    person = oa.person("Hà Thị Lan", follows=True)
    phone = phone_of(show(person), person)
    asked = oa.tell(person, {"text": "Bạn ở xã nào?"})
    target = bubble(phone, "Bạn ở xã nào?")
    target.hover()
    target.get_by_role("button", name="Thêm").click()
    phone.page.keyboard.press("Enter")
    write(phone, "Xã Bắc Sơn")
    assert oa.next("user_send_text")["message"]["quote_msg_id"] == asked
    expect(bubble(phone, "Xã Bắc Sơn").locator(".quoted")).to_contain_text("Bạn ở xã nào?")


def test_an_article_comes_to_followers_and_is_opened(show: Callable[..., Page], oa: Any) -> None:
    person = oa.person("Đinh Văn Sơn", follows=True)
    oa.control("zalo/oa/settings", {"article_seconds": 0, "review_seconds": None})
    phone = phone_of(show(person), person)
    body = [{"type": "text", "content": "Nhắn 1 để nhận bản tóm tắt"}]
    article = {
        "type": "normal",
        "title": "Tháng Thanh niên",
        "author": "Tỉnh Đoàn",
        "description": "Kế hoạch",
        "body": body,
    }
    made = oa.post(
        "v2.0/article/create", {**article, "cover": {"cover_type": "photo", "photo_url": "https://e.example/c.png"}}
    )
    article_id = oa.post("v2.0/article/verify", {"token": made["token"]})["id"]
    media = {"template_type": "media", "elements": [{"media_type": "article", "attachment_id": article_id}]}
    message = {"attachment": {"type": "template", "payload": media}}
    sent = oa.post("v2.0/oa/message", {"recipient": {"target": {}}, "message": message})
    oa.control(f"zalo/oa/broadcasts/{sent['message_id']}/approve", {})
    card = bubble(phone, "Tháng Thanh niên")
    expect(card.get_by_role("button", name="Quan tâm")).to_be_hidden()
    card.get_by_role("button", name="Đọc bài").click()
    expect(phone.page.get_by_role("dialog", name="Bài viết")).to_contain_text("Nhắn 1 để nhận bản tóm tắt")
    phone.page.keyboard.press("Escape")
    expect(card).to_contain_text("đã xem")
    assert oa.control("zalo/oa/broadcasts")["broadcasts"][0]["opened"] == 1
    phone.get_by_role("button", name="Bỏ quan tâm", exact=True).click()
    card.get_by_role("button", name="Quan tâm").click()
    assert oa.next("follow")["follower"]["id"] == person


def test_blocking_the_wish_to_be_forgotten_and_the_message_button(show: Callable[..., Page], oa: Any) -> None:
    person = oa.person("Dương Quốc Tuấn")
    phone = phone_of(show(person), person)
    phone.get_by_role("button", name="Bấm Nhắn tin trên trang OA").click()
    assert oa.next("user_click_chatnow")["user_id"] == person
    phone.get_by_role("button", name="Thêm", exact=True).click()
    phone.get_by_role("menuitem", name="Yêu cầu xóa dữ liệu").click()
    phone.page.locator("dialog.alert").get_by_role("button", name="Yêu cầu").click()
    assert oa.next("user_withdraw")
    phone.get_by_role("button", name="Thêm", exact=True).click()
    phone.get_by_role("menuitem", name="Chặn").click()
    expect(phone.get_by_label("Nhắn tin", exact=True)).to_be_hidden()
    phone.get_by_role("button", name="Bỏ chặn").click()
    write(phone, "Mình quay lại")
    assert oa.next("user_send_text")["message"]["text"] == "Mình quay lại"


def test_a_poster_is_a_code_to_type(show: Callable[..., Page], oa: Any) -> None:
    oa.control("posters", [{"title": "xã Bắc Sơn", "payload": "BS01"}])
    person = oa.person("Lý Minh Anh")
    page = show(person)
    phone = phone_of(page, person)
    phone.get_by_role("button", name="BS01: xã Bắc Sơn").click()
    assert oa.next("user_send_text")["message"]["text"] == "BS01"
    page.locator("#posters").click()
    sheet = page.locator("dialog.sheet")
    expect(sheet).to_contain_text("nhắn mã ghi trên poster")
    sheet.get_by_role("button", name="Quét poster xã Bắc Sơn").click()
    assert oa.next("user_send_text")["message"]["text"] == "BS01"


def test_a_bot_on_zalo_has_no_buttons(show: Callable[..., Page], zalo_bot: Any) -> None:
    person = zalo_bot.person("Nguyễn Thu Trang")
    phone = phone_of(show(person), person)
    write(phone, "Chào")
    written = zalo_bot.next("message.text.received")
    assert (written["text"], written["chat"]["id"]) == ("Chào", person)
    assert zalo_bot.call("sendMessage", chat_id=person, text="1. Tin\n2. Đề cử. Gõ /tin")["ok"]
    answer = bubble(phone, "1. Tin")
    expect(answer).to_be_visible()
    expect(answer.locator("button:not(.message-menu), .receipt")).to_have_count(0)
    expect(phone.get_by_role("navigation")).to_have_count(0)
    expect(phone.get_by_role("switch")).to_have_count(0)
    expect(phone.get_by_role("button", name="Quan tâm")).to_have_count(0)
    phone.get_by_role("button", name="Đính kèm").click()
    phone.get_by_role("menuitem", name="Tin bot không đọc được").click()
    zalo_bot.next("message.unsupported.received")
    expect(bubble(phone, "Tin bot không đọc được")).to_be_visible()


def test_the_three_networks_stand_side_by_side(show: Callable[..., Page], bot: Any, oa: Any, zalo_bot: Any) -> None:
    people = [str(bot.person("Một Người")), oa.person("Hai Người"), zalo_bot.person("Ba Người")]
    page = show(*people)
    expect(page.locator(".phone")).to_have_count(3)
    expect(page.locator(".owner-kind")).to_have_text(["Bạn trẻ · Telegram", "Zalo OA", "Zalo Bot"])
    page.locator("#add").click()
    expect(page.locator("dialog.sheet .people-list .avatar")).to_have_count(3)
    marks = page.locator("dialog.sheet .people-list .avatar").evaluate_all(
        "(all) => all.map((one) => one.dataset.network)"
    )
    assert sorted(marks) == ["telegram", "zalo_bot", "zalo_oa"]


def test_a_narrow_zalo_phone_holds_everything(show: Callable[..., Page], oa: Any) -> None:
    person = oa.person("Nguyễn Hoàng Bảo Ngọc", follows=True)
    oa.tell(person, with_buttons("Dài" + "ơ" * 300 + " https://langson.example/" + "a" * 200))
    page = show(person, width=360, height=740)
    phone = phone_of(page, person)
    expect(phone.locator(".row")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate(
        "[...document.querySelectorAll('.scroller, .menu-bar')].every((s) => s.scrollWidth <= s.clientWidth)"
    )
    name = phone.locator(".bot-name")
    assert name.evaluate("(node) => node.scrollWidth <= node.clientWidth")
    phone.get_by_role("button", name="Thêm", exact=True).first.click()
    phone.get_by_role("menuitem", name="Tua +7 ngày").click()
    expect(phone.locator(".window")).to_have_text("Quá 7 ngày, OA không nhắn được")
