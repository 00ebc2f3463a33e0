// Inline keyboards under a message and the reply keyboard under the writing line.

import { el, icon } from "./dom.js";
import { safeUrl, startPayload } from "./entities.js";

const STYLES = new Set(["danger", "success", "primary"]);
const ANSWER_MS = 6000;

function inlineButton(button, actions) {
  const style = STYLES.has(button.style) ? button.style : undefined;
  const face = { class: "key", data: { style } };
  if (!style) delete face.data;
  const words = el("span", { class: "key-text" }, button.text);
  if (button.url) {
    const url = safeUrl(button.url);
    if (url) {
      const payload = startPayload(url, actions.username);
      if (payload !== null)
        return el(
          "button",
          { ...face, type: "button", title: "Start this bot here", onclick: () => actions.start(payload) },
          words,
        );
      return el(
        "a",
        { ...face, href: url.href, target: "_blank", rel: "noopener noreferrer", title: url.href },
        words,
        icon("open"),
      );
    }
  }
  if (button.copy_text) {
    const copy = typeof button.copy_text === "string" ? button.copy_text : button.copy_text.text;
    return el(
      "button",
      { ...face, type: "button", title: "Copy", onclick: () => actions.copy(copy) },
      words,
      icon("copy"),
    );
  }
  if (!button.data) return el("button", { ...face, type: "button", disabled: true }, words);
  const node = el("button", { ...face, type: "button" }, words);
  node.addEventListener("click", async () => {
    if (node.getAttribute("aria-busy") === "true") return;
    node.setAttribute("aria-busy", "true");
    const done = () => node.removeAttribute("aria-busy");
    setTimeout(done, ANSWER_MS);
    if (!(await actions.tap(button.data))) done();
  });
  return node;
}

/** rows of buttons; actions: {tap(data) -> accepted?, copy(text), start(payload), username}. */
export function inlineKeyboard(rows, actions) {
  return el(
    "div",
    { class: "inline-keyboard", role: "group", "aria-label": "Nút dưới tin" },
    rows.map((row) =>
      el(
        "div",
        { class: `key-row${row.length > 4 ? " is-crowded" : ""}` },
        row.map((button) => inlineButton(button, actions)),
      ),
    ),
  );
}

/** The bot answered the taps: no button waits any more. */
export function settleKeys(root) {
  for (const key of root.querySelectorAll('.key[aria-busy="true"]')) key.removeAttribute("aria-busy");
}

export function replyKeyboard(rows, send) {
  return el(
    "div",
    { class: "reply-keyboard", role: "group", "aria-label": "Bàn phím của trợ lý" },
    rows.map((row) =>
      el(
        "div",
        { class: "key-row" },
        row.map((cell) => {
          const text = typeof cell === "string" ? cell : cell.text;
          return el("button", { type: "button", class: "reply-key", onclick: () => send(text) }, text);
        }),
      ),
    ),
  );
}
