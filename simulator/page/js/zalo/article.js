// An article that an Official Account sent to all who follow it: its card in the chat, and the article opened.

import { el, icon, iconButton } from "../dom.js";
import { isNear } from "../networks/zalo.js";

export function articleCard({ title, description, cover }) {
  return el(
    "div",
    { class: "article" },
    cover && isNear(cover)
      ? el("img", { class: "article-cover", src: cover, alt: "" })
      : el("span", { class: "article-cover", "aria-hidden": "true" }, icon("horn")),
    el("strong", { class: "article-title" }, title),
    description && el("p", { class: "article-words" }, description),
  );
}

/** article as it was made: title, author?, description, and a body of parts of which the texts are shown. */
export function showArticle({ title, author, description, body }, accountName) {
  const box = el("dialog", { class: "sheet", "aria-label": "Bài viết" });
  const texts = (Array.isArray(body) ? body : []).filter(({ type }) => type === "text");
  box.append(
    el(
      "header",
      { class: "sheet-head" },
      el("p", { class: "quiet" }, author || accountName),
      iconButton("close", "Đóng", "Close", () => box.close()),
    ),
    el("h2", {}, title),
    el("p", { class: "article-lead" }, description),
    ...texts.map(({ content }) => el("p", { class: "article-part" }, String(content))),
  );
  box.addEventListener("click", (event) => event.target === box && box.close());
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}
