// The two menus of a phone: about one message, and about the whole chat.

import { ask } from "./ask.js";
import { openMenu, toggleMenu } from "./menu.js";
import { windItems } from "./winding.js";

// Where one phone fills the screen, its owner's line with these two buttons is not there.
const ONE_PHONE = window.matchMedia("(max-width: 760px)");

export function openMessageMenu(phone, message, anchor) {
  const { composer } = phone;
  const text = message.text || message.caption;
  const own = !phone.isZalo && message.from === "person" && message.text;
  const reply = () => composer.setMode({ kind: "reply", message });
  const edit = () => composer.setMode({ kind: "edit", message });
  const items = [
    { icon: "reply", text: "Trả lời", english: "Reply", run: reply },
    own && { icon: "edit", text: "Sửa", english: "Edit", run: edit },
    text && { icon: "copy", text: "Chép chữ", english: "Copy text", run: () => phone.copy(text) },
  ];
  openMenu(anchor, phone.screen, items.filter(Boolean), "Tin này");
}

/** What the page's own bar and the owner's line offer where there is room for them. */
export function holderItems(phone) {
  if (!ONE_PHONE.matches) return [];
  const { shell } = phone;
  return [
    { icon: "swap", text: "Đổi người", english: "Another person", run: () => shell.change(phone) },
    { icon: "close", text: "Đóng điện thoại này", english: "Close this phone", run: () => shell.close(phone) },
    ...windItems(shell.wind),
    null,
  ];
}

export function blockItem(phone) {
  if (phone.person.blocked)
    return { icon: "block", text: "Bỏ chặn", english: "Unblock", run: () => phone.setBlocked(false) };
  return {
    icon: "block",
    text: `Chặn ${phone.account.name}`,
    english: "Block the bot",
    danger: true,
    run: () => phone.setBlocked(true),
  };
}

export function openPhoneMenu(phone) {
  const { shell } = phone;
  const items = [
    { icon: "play", text: "Gửi /start", english: "Send /start", run: () => phone.start("") },
    { icon: "qr", text: "Quét poster…", english: "Scan a poster, or type a code", run: () => shell.scan(phone) },
    null,
    ...holderItems(phone),
    blockItem(phone),
    {
      icon: "trash",
      text: "Xóa tài khoản Telegram",
      english: "Deactivate the account",
      danger: true,
      run: () => deactivate(phone),
    },
  ];
  toggleMenu(phone.more, phone.screen, items, "Thêm");
}

async function deactivate(phone) {
  const sure = await ask(`Xóa tài khoản Telegram của ${phone.person.name}? Không lấy lại được.`, "Xóa", "Thôi");
  if (sure) phone.act("deactivate");
}
