// Photos and files that wait above the writing line: chosen, dropped or pasted.

import { el, humanSize, iconButton } from "./dom.js";

const MOST = 10;
const PHOTO = /^image\/(jpeg|png|webp|gif|bmp)$/;

export class Attachments {
  /** onChange() after each change; refuse(words) says why something was not taken. */
  constructor(onChange, refuse) {
    this.onChange = onChange;
    this.refuse = refuse;
    this.files = [];
    this.asFiles = el("input", { type: "checkbox" });
    this.list = el("ul", { class: "tray-list" });
    this.whole = el("label", { class: "tray-whole", title: "Send uncompressed" }, this.asFiles, "Gửi nguyên tệp");
    this.node = el("div", { class: "tray", hidden: true }, this.list, this.whole);
    this.input = el("input", {
      type: "file",
      multiple: true,
      hidden: true,
      "aria-label": "Chọn ảnh hoặc tệp",
      onchange: () => {
        this.add(this.input.files);
        this.input.value = "";
      },
    });
  }

  get count() {
    return this.files.length;
  }

  choose(photosOnly) {
    this.input.accept = photosOnly ? "image/jpeg,image/png,image/webp" : "";
    this.input.click();
  }

  add(files) {
    const room = MOST - this.files.length;
    const wanted = [...files];
    if (wanted.length > room) this.refuse(`Một lần gửi nhiều nhất ${MOST} ảnh, tệp.`);
    for (const file of wanted.slice(0, room))
      this.files.push({ file, preview: PHOTO.test(file.type) ? URL.createObjectURL(file) : null });
    this.draw();
  }

  remove(entry) {
    this.release([entry]);
    this.files = this.files.filter((other) => other !== entry);
    this.draw();
  }

  /** Empties the tray: {photos, documents, whole}. What was sent goes to release(), what was not to putBack(). */
  take() {
    const whole = this.asFiles.checked;
    const photos = this.files.filter((entry) => entry.preview && !whole);
    const documents = this.files.filter((entry) => !entry.preview || whole);
    this.files = [];
    this.asFiles.checked = false;
    this.draw();
    return { photos, documents, whole };
  }

  release(entries) {
    for (const { preview } of entries) if (preview) URL.revokeObjectURL(preview);
  }

  putBack(entries, whole) {
    if (!entries.length) return;
    this.files = [...entries, ...this.files];
    this.asFiles.checked ||= whole;
    this.draw();
  }

  draw() {
    this.node.hidden = !this.files.length;
    this.whole.hidden = !this.files.some((entry) => entry.preview);
    this.list.replaceChildren(
      ...this.files.map((entry) => {
        const { file, preview } = entry;
        return el(
          "li",
          { class: "tray-item" },
          preview
            ? el("img", { src: preview, alt: file.name })
            : el(
                "span",
                { class: "tray-file" },
                el("span", { class: "tray-name" }, file.name),
                el("span", { class: "tray-size" }, humanSize(file.size)),
              ),
          iconButton("close", `Bỏ ${file.name}`, "Remove", () => this.remove(entry), { class: "tray-remove" }),
        );
      }),
    );
    this.onChange();
  }
}

/** Files dropped on `zone` go to take(files); the zone wears a class while they hover. */
export function acceptDrops(zone, take) {
  let depth = 0;
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  const settle = (change) => {
    depth = change;
    zone.classList.toggle("is-dropping", depth > 0);
  };
  zone.addEventListener("dragenter", (event) => {
    if (carries(event)) {
      event.preventDefault();
      settle(depth + 1);
    }
  });
  zone.addEventListener("dragover", (event) => {
    if (carries(event)) event.preventDefault();
  });
  zone.addEventListener("dragleave", (event) => {
    if (carries(event)) settle(Math.max(0, depth - 1));
  });
  zone.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    settle(0);
    take(event.dataTransfer.files);
  });
}
