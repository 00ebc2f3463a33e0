// One item of the timeline: a bubble with its photos, file, text, time and inline keyboard.

import { el, humanSize, icon } from "./dom.js";
import { isEmojiOnly, renderText } from "./entities.js";
import { inlineKeyboard } from "./keyboard.js";
import { clock } from "./time.js";

const LONG_CHARS = 900;
const LONG_LINES = 18;

const WIDEST_PHOTO = 320;
const TALLEST_PHOTO = 340;
const NARROWEST = 200;

const isLong = (text) => text.length > LONG_CHARS || text.split("\n").length > LONG_LINES;

function meta(message) {
  return el(
    "span",
    { class: "meta" },
    message.silent && el("span", { class: "silent", title: "Sent without a sound" }, "im lặng"),
    message.edited && el("span", { class: "edited", title: "Edited" }, "đã sửa"),
    el("time", { datetime: message.date, title: message.date }, clock(message.date)),
    message.from === "person" && icon("check"),
  );
}

function photo(message, index, album, actions) {
  const { url, width, height } = message.photo;
  const image = el("img", {
    src: url,
    alt: message.caption ? `Ảnh: ${message.caption}` : "Ảnh",
    width,
    height,
    decoding: "async",
  });
  image.addEventListener("error", () => image.closest(".photo")?.classList.add("is-broken"));
  return el(
    "button",
    {
      type: "button",
      class: "photo",
      "aria-label": "Xem ảnh lớn",
      title: "Open the photo",
      onclick: () => actions.lightbox(album, index),
    },
    image,
  );
}

/** The width of a message with one photo, in pixels: the caption wraps under the photo, not beside it. */
function photoWidth({ width = WIDEST_PHOTO, height = WIDEST_PHOTO }) {
  return Math.max(NARROWEST, Math.round(Math.min(width, WIDEST_PHOTO, (TALLEST_PHOTO * width) / height))) + 8;
}

function photos(messages, actions) {
  const shown = messages.filter((message) => message.photo);
  if (!shown.length) return null;
  const album = shown.map(({ photo: { url }, caption, message_id: id }) => ({ url, caption, id }));
  return el(
    "div",
    { class: "photos", data: { count: Math.min(shown.length, 4) } },
    shown.map((message, index) => photo(message, index, album, actions)),
  );
}

function fileCard({ name, url, size }) {
  const extension = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toUpperCase() ?? "TỆP";
  return el(
    "a",
    { class: "file", href: url, download: name, title: "Download" },
    el("span", { class: "file-kind", "aria-hidden": "true" }, extension),
    el(
      "span",
      { class: "file-words" },
      el("span", { class: "file-name" }, name),
      el("span", { class: "file-size" }, [humanSize(size), "Tải về"].filter(Boolean).join(" · ")),
    ),
    icon("download"),
  );
}

const EXTRA = {
  sticker: ["sticker", "Nhãn dán"],
  voice: ["mic", "Lời nói"],
  location: ["pin", "Vị trí"],
  contact: ["person", "Danh thiếp"],
  unsupported: ["shield", "Tin bot không đọc được"],
};

function extra(message) {
  if (!message.other) return null;
  const [sign, words] = EXTRA[message.other] ?? ["file", message.other];
  return el("div", { class: "extra" }, icon(sign), words);
}

/** Text with its time at the end of the last line. Long text folds; the fold is remembered while the page is open. */
function words(message, text, entities, foot, actions, expanded) {
  const body = el("div", { class: "text", dir: "auto" }, renderText(text, entities, actions));
  if (!isLong(text)) {
    body.append(foot);
    return [body];
  }
  const id = message.message_id;
  const more = el("button", { type: "button", class: "more", title: "Show all or less" });
  const draw = () => {
    const open = expanded.has(id);
    body.classList.toggle("is-folded", !open);
    more.setAttribute("aria-expanded", String(open));
    more.textContent = open ? "Thu gọn" : "Xem thêm";
  };
  more.addEventListener("click", () => {
    if (!expanded.delete(id)) expanded.add(id);
    draw();
  });
  draw();
  return [body, el("div", { class: "more-line" }, more, foot)];
}

function quoted(message, actions) {
  const id = message.reply_to;
  if (!id) return null;
  const target = actions.find(id);
  const text = target ? target.text || target.caption || "Ảnh, tệp" : `Tin ${id}`;
  return el(
    "button",
    { type: "button", class: "quoted", title: "Go to this message", onclick: () => actions.jump(id) },
    el("span", { class: "quoted-who" }, target?.from === "person" ? "Bạn" : actions.botName),
    el("span", { class: "quoted-text" }, text),
  );
}

function forwarded(message) {
  const from = message.forward_sender_name;
  return from ? el("div", { class: "forwarded" }, icon("forward"), "Chuyển tiếp từ ", el("strong", {}, from)) : null;
}

function gone(message) {
  return el(
    "div",
    { class: "message is-deleted", data: { id: message.message_id, from: message.from } },
    el(
      "div",
      { class: "bubble" },
      icon("trash"),
      el("span", { class: "text" }, "Tin này đã được gỡ"),
      meta({ ...message, from: "" }),
    ),
  );
}

/**
 * actions: {tap, copy, start, username, botName, command?, call?, lightbox, menu, find, jump}, and where a network shows more,
 * adorn(message, last) -> {top, bottom, below}: nodes or null above and below the text, and under the bubble.
 */
export function renderMessage({ messages, first: begins, last }, actions, expanded) {
  const [first] = messages;
  if (first.deleted) return gone(first);
  const main = messages.find((message) => message.caption || message.text) ?? first;
  const text = main.text || main.caption || "";
  const inline = messages.at(-1).inline ?? [];
  const big = !main.caption && !first.photo && isEmojiOnly(text);
  const pictures = photos(messages, actions);
  const more = el(
    "button",
    {
      type: "button",
      class: "message-menu",
      "aria-label": "Thêm",
      title: "More",
      onclick: (event) => actions.menu(main, event.currentTarget),
    },
    icon("dots"),
  );
  const foot = meta(messages.findLast((message) => message.edited) ?? messages.at(-1));
  const { top, bottom, below } = actions.adorn?.(main, last) ?? {};
  const bubble = el(
    "div",
    { class: "bubble" },
    top,
    forwarded(first),
    quoted(first, actions),
    pictures,
    messages.filter((message) => message.document).map((message) => fileCard(message.document)),
    extra(first),
    text ? words(main, text, main.entities, foot, actions, expanded) : foot,
    bottom,
    more,
  );
  if (pictures && !text) bubble.classList.add("is-bare");
  const node = el(
    "div",
    {
      class: "message",
      data: {
        id: first.message_id,
        from: first.from,
        ...(begins ? { first: "" } : {}),
        ...(last ? { last: "" } : {}),
        ...(big ? { big: "" } : {}),
      },
    },
    bubble,
    below,
    inline.length ? inlineKeyboard(inline, { ...actions, tap: (data) => actions.tap(first, data) }) : null,
  );
  if (pictures && messages.length === 1) node.style.width = `${photoWidth(first.photo)}px`;
  return node;
}
