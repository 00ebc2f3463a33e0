// Rows to press: the buttons under a message of an Official Account, and the items of its menu.

import { el, icon } from "../dom.js";
import { safeUrl } from "../entities.js";

const SIGNS = { "oa.open.url": "open", "oa.open.phone": "call", "oa.open.sms": "chat" };

/** Runs the work while the button shows that it waits. */
export async function busily(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  await work();
  button.removeAttribute("aria-busy");
}

const target = ({ payload, url, phone, content }) => ({
  url: url ?? payload?.url ?? payload,
  phone: phone ?? payload?.phone_code,
  content: content ?? payload?.content,
});

function work(item, actions) {
  const { phone, content } = target(item);
  if (item.type === "oa.open.phone" && phone) return () => actions.call(phone);
  if (item.type === "oa.open.sms" && phone) return () => actions.sms(phone, content);
  if (/^oa\.query\.(show|hide)$/.test(item.type)) return () => actions.press(item);
  return null;
}

/** item: {title, type, payload | url | phone and content}. actions: {press(item), call(phone), sms(phone, content)}. */
export function row(item, actions, look) {
  const face = [el("span", { class: "row-text" }, item.title), SIGNS[item.type] && icon(SIGNS[item.type])];
  const url = item.type === "oa.open.url" ? safeUrl(target(item).url) : null;
  if (url)
    return el("a", { class: look, href: url.href, target: "_blank", rel: "noopener noreferrer", title: url.href }, face);
  const run = work(item, actions);
  return el(
    "button",
    {
      type: "button",
      class: look,
      disabled: !run,
      onclick: (event) => busily(event.currentTarget, run),
    },
    face,
  );
}
