"""What a person sees on the chat page: text that stays text, edits, a narrow screen, scrolling, a stream that comes back."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def phone_of(page: Page, person_id: int) -> Locator:
    return page.locator(f'.phone[data-person="{person_id}"]')


def write(phone: Locator, text: str) -> None:
    line = phone.get_by_label("Nhắn tin", exact=True)
    line.fill(text)
    line.press("Enter")


def bubble(phone: Locator, text: str) -> Locator:
    return phone.locator(".message", has_text=text)


def test_markup_in_a_message_stays_text(show: Callable[..., Page], bot: Any) -> None:
    person = bot.person("Lý Minh Anh")
    phone = phone_of(show(person), person)
    hostile = '<script>window.stolen=1</script><img src=x onerror="window.stolen=1"> <b>đậm</b> & &lt;'
    bot.say(person, hostile)
    expect(phone.locator(".message .text").last).to_contain_text(hostile)
    styled = '🎉🎉 <b>Giải nhất <i>tỉnh</i></b> ở <a href="https://a.example/b">đây</a>, <code>LS-1</code>, gõ /tin'
    bot.say(person, styled, parse_mode="HTML")
    text = phone.locator(".message .text").last
    expect(text.locator("strong")).to_have_text("Giải nhất tỉnh")
    expect(text.locator("strong em")).to_have_text("tỉnh")
    expect(text.locator("code")).to_have_text("LS-1")
    expect(text.locator("a")).to_have_attribute("href", "https://a.example/b")
    expect(text.locator("a")).to_have_attribute("rel", "noopener noreferrer")
    assert phone.locator(".message script, .message img, .message .text b").count() == 0
    assert phone.page.evaluate("window.stolen") is None
    text.get_by_role("button", name="/tin").click()
    assert bot.next("message")["text"] == "/tin"


def test_only_safe_links_and_crossing_entities(show: Callable[..., Page], bot: Any) -> None:
    page = show(bot.person("Lý Minh Anh"))
    markup, allowed = page.evaluate(
        """async () => {
            const { renderText, safeUrl } = await import("/static/js/entities.js");
            const box = document.createElement("div");
            box.append(...renderText("abcdef", [
                { type: "bold", offset: 0, length: 4 }, { type: "italic", offset: 2, length: 4 },
                { type: "text_link", offset: 0, length: 6, url: "javascript:alert(1)" }], {}));
            return [box.innerHTML, ["javascript:a", "data:x", "file:///a", "tg://x", "https://a.vn"].map((u) => !!safeUrl(u))];
        }"""
    )
    assert markup == "<span><strong>ab<em>cd</em></strong><em>ef</em></span>"
    assert allowed == [False, False, False, True, True]


def test_edits_and_deletions_are_shown(show: Callable[..., Page], bot: Any) -> None:
    person = bot.person("Triệu Thị Mây")
    phone = phone_of(show(person), person)
    sent = bot.say(person, "Đang gửi: 1/3")
    expect(bubble(phone, "Đang gửi: 1/3")).to_be_visible()
    bot.call("editMessageText", chat_id=person, message_id=sent, text="Đã gửi 3/3")
    expect(bubble(phone, "Đã gửi 3/3")).to_contain_text("đã sửa")
    expect(bubble(phone, "Đang gửi: 1/3")).to_have_count(0)
    bot.call("deleteMessage", chat_id=person, message_id=sent)
    expect(bubble(phone, "Tin này đã được gỡ")).to_be_visible()
    expect(bubble(phone, "Đã gửi 3/3")).to_have_count(0)
    line = phone.get_by_label("Nhắn tin", exact=True)
    write(phone, "xa bac son")
    bot.next("message")
    expect(bubble(phone, "xa bac son")).to_be_visible()
    line.press("ArrowUp")
    expect(line).to_have_value("xa bac son")
    write(phone, "xã Bắc Sơn")
    assert bot.next("edited_message")["text"] == "xã Bắc Sơn"
    expect(bubble(phone, "xã Bắc Sơn")).to_contain_text("đã sửa")


def test_a_narrow_screen_shows_one_phone_and_tabs(show: Callable[..., Page], bot: Any) -> None:
    first, second = bot.person("Lý Minh Anh"), bot.person("Cô Hạnh")
    bot.say(first, "Dài" + "ơ" * 300 + " https://langson.example/" + "a" * 200)
    page = show(first, second, width=390, height=844)
    expect(phone_of(page, first)).to_be_visible()
    expect(phone_of(page, second)).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("[...document.querySelectorAll('.scroller')].every((s) => s.scrollWidth <= s.clientWidth)")
    bot.say(second, "Chào cô")
    tab = page.get_by_role("tab", name="Hạnh")
    expect(tab.locator(".tab-unread")).to_have_text("1")
    tab.click()
    expect(bubble(phone_of(page, second), "Chào cô")).to_be_visible()
    expect(phone_of(page, first)).to_be_hidden()
    expect(tab.locator(".tab-unread")).to_have_count(0)


def test_names_on_a_narrow_screen_are_whole_or_sensible(show: Callable[..., Page], bot: Any) -> None:
    names = ["Cán bộ Tỉnh đoàn", "Cô Hạnh", "Nguyễn Hoàng Bảo Ngọc (lớp 11A)"]
    people = [bot.person(name, started=name != "Cô Hạnh") for name in names]
    bot.person("Người giới thiệu mang một cái tên rất dài, dài hơn cả một dòng")
    page = show(*people, width=390, height=844)
    tabs = page.get_by_role("tab")
    expect(tabs.locator(".tab-name")).to_have_text(["Cán bộ Tỉnh đoàn", "Cô Hạnh", "Bảo Ngọc"])
    cut = "(nodes) => nodes.filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.textContent)"
    assert tabs.locator(".tab-name").evaluate_all(cut) == []
    tabs.nth(2).click()
    expect(tabs.nth(2)).to_be_in_viewport(ratio=0.99)
    tabs.nth(1).click()
    expect(page.get_by_text("Cô Hạnh chưa nhắn cho Loa Trẻ")).to_be_visible()
    page.get_by_role("button", name="Thêm điện thoại").last.click()
    sheet = page.locator("dialog.sheet")
    expect(sheet.locator(".person-row")).to_have_count(4)
    assert sheet.locator(".people-list").evaluate("(list) => list.scrollWidth <= list.clientWidth")
    for mark in sheet.locator(".person-open").all():
        expect(mark).to_have_text("đang mở")
        expect(mark).to_be_in_viewport(ratio=0.99)


def test_new_messages_do_not_pull_the_reader_away(show: Callable[..., Page], bot: Any) -> None:
    person = bot.person("Nông Văn Khoa")
    bot.say(person, "Toàn văn kế hoạch. " + "chữ " * 1000)
    for number in range(12):
        bot.say(person, f"Dòng {number}\n\n.")
    phone = phone_of(show(person), person)
    scroller, at = phone.locator(".scroller"), "(s) => s.scrollTop"
    end = "(s) => s.scrollHeight - s.scrollTop - s.clientHeight"
    expect(bubble(phone, "Dòng 11")).to_be_in_viewport()
    # Nobody scrolls and taps within one frame of the screen.
    scroller.evaluate("(s) => (s.scrollTo(0, 0), new Promise((done) => setTimeout(done, 100)))")
    fold = bubble(phone, "Toàn văn").locator(".text")
    folded = fold.evaluate("(t) => t.clientHeight")
    phone.get_by_role("button", name="Xem thêm").click()
    assert fold.evaluate("(t) => t.clientHeight") > 2 * folded
    bot.say(person, "Tin mới nhất")
    down = phone.get_by_role("button", name="Xuống cuối, 1 tin mới")
    expect(down).to_be_visible()
    assert scroller.evaluate(at) == 0
    down.click()
    expect(bubble(phone, "Tin mới nhất")).to_be_in_viewport()
    bot.say(person, "Thêm một tin")
    expect(bubble(phone, "Thêm một tin")).to_be_in_viewport()
    assert scroller.evaluate(end) < 2


def test_the_stream_comes_back_after_a_refusal(show: Callable[..., Page], bot: Any) -> None:
    person = bot.person("Vi Thu Hà")
    refused: list[str] = []

    def refuse_twice(route: Route) -> None:
        if len(refused) == 2:
            route.continue_()
            return
        refused.append(route.request.url)
        # An answer that is no stream: the browser gives up by itself, the page must not.
        route.fulfill(status=204)

    phone = phone_of(show(person, before=lambda page: page.route("**/sim/events*", refuse_twice)), person)
    expect(phone.page.locator("#link")).to_have_text("Đã nối")
    assert phone.page.evaluate("performance.getEntriesByType('resource').length") > 0
    bot.say(person, "Mình vẫn ở đây")
    expect(bubble(phone, "Mình vẫn ở đây")).to_be_visible()
    assert len(refused) == 2
