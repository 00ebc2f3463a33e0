// Posters with their QR: scanning one opens the bot on the chosen phone, as a deep link does.

import { api } from "./api.js";
import { avatar, el, icon, iconButton } from "./dom.js";

const PAYLOAD = "[A-Za-z0-9_\\-]{1,64}";

const deepLink = (bot, payload) => `https://t.me/${bot.username}?start=${payload}`;

/** A title may itself begin with the word for a poster, which is then not said twice. */
export function scanLabel({ title }) {
  const named = /^(áp phích|poster)\s/iu.test(title.normalize());
  return named ? `Quét ${title[0].toLocaleLowerCase("vi")}${title.slice(1)}` : `Quét poster ${title}`;
}

function posterCard(poster, bot, scan) {
  return el(
    "li",
    { class: "poster" },
    el("img", {
      class: "poster-qr",
      src: api.qr(deepLink(bot, poster.payload)),
      alt: `Mã QR của ${poster.title}`,
      width: "120",
      height: "120",
      loading: "lazy",
    }),
    el(
      "div",
      { class: "poster-words" },
      el("strong", {}, poster.title),
      el("code", {}, poster.code ?? poster.payload),
      el(
        "button",
        { type: "button", class: "primary is-small", title: "Scan this poster", onclick: () => scan(poster) },
        icon("qr"),
        scanLabel(poster),
      ),
    ),
  );
}

/** phones: the open ones; scan(phone, poster) is what its camera does. */
export function openPosters({ phones, chosen, bot, posters, scan, say }) {
  let target = chosen ?? phones[0];
  const box = el("dialog", { class: "sheet is-wide", "aria-label": "Quét poster" });
  const pick = (poster) => {
    box.close();
    scan(target, poster);
  };
  const hint = el(
    "p",
    { class: "quiet", hidden: !target?.isZalo },
    "Trên Zalo, mã QR chỉ mở trang của tài khoản; điện thoại này nhắn mã ghi trên poster.",
  );
  const who = el(
    "fieldset",
    { class: "targets", hidden: phones.length < 2 },
    el("legend", {}, "Mở trên điện thoại của"),
    phones.map((phone) =>
      el(
        "label",
        { class: "target" },
        el("input", {
          type: "radio",
          name: "target",
          class: "sr-only",
          checked: phone === target,
          onchange: () => {
            target = phone;
            hint.hidden = !target.isZalo;
          },
        }),
        avatar(phone.person),
        phone.person.name,
      ),
    ),
  );
  const list = el(
    "ul",
    { class: "poster-list" },
    posters.map((poster) => posterCard(poster, bot, pick)),
  );
  const search = el("input", {
    type: "search",
    class: "text-input",
    hidden: posters.length < 7,
    placeholder: "Tìm xã, phường, trường",
    "aria-label": "Tìm poster",
    oninput: () => {
      const wanted = fold(search.value);
      [...list.children].forEach((item, i) => {
        item.hidden = !fold(posters[i].title).includes(wanted);
      });
    },
  });
  const code = el("input", {
    class: "text-input",
    pattern: PAYLOAD,
    required: true,
    maxlength: "64",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "src_…",
    "aria-label": "Mã trong liên kết",
    title: "A–Z, a–z, 0–9, _ and -, at most 64",
  });
  const own = el(
    "form",
    {
      class: "maker-line",
      onsubmit: (event) => {
        event.preventDefault();
        pick({ payload: code.value.trim() });
      },
    },
    code,
    el("button", { type: "submit", class: "primary", title: "Open the deep link" }, "Mở bằng mã"),
  );
  box.append(
    el(
      "header",
      { class: "sheet-head" },
      el("h2", {}, "Quét poster"),
      iconButton("close", "Đóng", "Close", () => box.close()),
    ),
    who,
    hint,
    search,
    posters.length ? list : el("p", { class: "quiet" }, "Chưa có poster nào. Có mã thì mở bằng ô dưới đây."),
    own,
  );
  box.addEventListener("click", (event) => event.target === box && box.close());
  box.addEventListener("close", () => box.remove());
  if (!target) return say("Mở một điện thoại trước đã.");
  document.body.append(box);
  return box.showModal();
}

/** Without diacritics and case, so that "bac son" finds "Bắc Sơn". */
function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase().trim();
}
