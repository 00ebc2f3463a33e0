// A short modal question, or a note with one button.

import { el } from "./dom.js";

/** Resolves to true for `yes`, false for `no`, Escape or a closed box. */
export function ask(words, yes, no) {
  return new Promise((resolve) => {
    const box = el(
      "dialog",
      { class: "alert" },
      el("p", {}, words),
      el(
        "form",
        { method: "dialog" },
        no && el("button", { value: "no", class: "plain" }, no),
        el("button", { value: "yes", class: "primary" }, yes),
      ),
    );
    box.addEventListener("close", () => {
      box.remove();
      resolve(box.returnValue === "yes");
    });
    document.body.append(box);
    box.showModal();
  });
}
