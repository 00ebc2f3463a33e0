// What a message of an Official Account has besides text, picture and file: who of the staff wrote it, an article, buttons, receipts.

import { el, icon } from "../dom.js";
import { articleCard } from "./article.js";
import { busily, row } from "./rows.js";

function staffLine() {
  return el("div", { class: "staff-line" }, icon("headset"), "Cán bộ trực, từ OA Manager");
}

function articleRows(message, actions) {
  const button = (words, english, run, more = "") =>
    el(
      "button",
      { type: "button", class: `row ${more}`, title: english, onclick: (e) => busily(e.currentTarget, run) },
      el("span", { class: "row-text" }, words),
    );
  return [
    button("Đọc bài", "Open the article", () => actions.open(message)),
    button("Quan tâm", "Follow the OA", () => actions.follow(), "follow-row"),
  ];
}

function rows(message, actions) {
  const found = (message.buttons ?? []).map((button) =>
    row(button, { ...actions, press: (which) => actions.press(which, message) }, "row"),
  );
  if (message.article) found.push(...articleRows(message, actions));
  return found.length ? el("div", { class: "rows", role: "group", "aria-label": "Nút dưới tin" }, found) : null;
}

/** What the OA is told of its message. Pressing it looks at everything, as a person does who opens the chat. */
function receipt({ seen, received }, actions) {
  if (seen) return el("span", { class: "receipt", title: "The OA was told" }, "đã xem");
  return el(
    "button",
    { type: "button", class: "receipt", title: "Mark all as seen", onclick: () => actions.seen() },
    el("span", {}, received ? "đã nhận" : "chưa nhận"),
    icon("eye"),
    el("span", { class: "sr-only" }, "đánh dấu đã xem"),
  );
}

/** {top, bottom, below} for renderMessage. actions: {press(button, message), call, sms, open(message), follow, seen}. */
export function adorn(message, last, actions) {
  return {
    top: message.staff ? staffLine() : message.article ? articleCard(message.article) : null,
    bottom: rows(message, actions),
    below: message.from === "bot" && last ? receipt(message, actions) : null,
  };
}
