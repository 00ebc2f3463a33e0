// A photo large, with its neighbours in the album and a way to keep it.

import { el, iconButton } from "./dom.js";

export function openLightbox(album, index) {
  let at = index;
  const image = el("img", { class: "lightbox-image", alt: "" });
  const caption = el("p", { class: "lightbox-caption" });
  const count = el("span", { class: "lightbox-count", "aria-live": "polite" });
  const download = el("a", { class: "icon-button", "aria-label": "Tải ảnh về", title: "Download" });
  const step = (delta) => {
    at = (at + delta + album.length) % album.length;
    draw();
  };
  const box = el("dialog", { class: "lightbox", "aria-label": "Ảnh" });
  const close = () => box.close();
  const back = iconButton("left", "Ảnh trước", "Previous", () => step(-1), {
    class: "lightbox-step is-back",
    hidden: album.length < 2,
  });
  const forth = iconButton("right", "Ảnh sau", "Next", () => step(1), {
    class: "lightbox-step is-forth",
    hidden: album.length < 2,
  });
  const shut = iconButton("close", "Đóng", "Close", close);
  download.append(iconButton("download", "", "").firstChild);
  box.append(
    el("div", { class: "lightbox-bar" }, count, el("span", { class: "grow" }), download, shut),
    image,
    caption,
    back,
    forth,
  );

  function draw() {
    const { url, caption: words, id } = album[at];
    image.src = url;
    image.alt = words ? `Ảnh: ${words}` : "Ảnh";
    caption.textContent = words ?? "";
    count.textContent = album.length > 1 ? `${at + 1}/${album.length}` : "";
    download.href = url;
    download.download = `anh-${id}.jpg`;
  }

  box.addEventListener("keydown", (event) => {
    if (album.length < 2) return;
    if (event.key === "ArrowLeft") step(-1);
    else if (event.key === "ArrowRight") step(1);
  });
  box.addEventListener("click", (event) => event.target === box && close());
  box.addEventListener("close", () => box.remove());
  draw();
  document.body.append(box);
  box.showModal();
  shut.focus();
}
