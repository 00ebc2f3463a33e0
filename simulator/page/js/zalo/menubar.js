// The menu of an Official Account under the writing line.

import { el } from "../dom.js";
import { row } from "./rows.js";

/** menu: items {title, type, payload}; actions: {press(item), call, sms}. */
export function menuBar(menu, actions) {
  const cells = menu.map((item) => row(item, actions, "menu-cell"));
  return el("nav", { class: "menu-bar", "aria-label": "Menu của OA", hidden: !cells.length }, cells);
}
