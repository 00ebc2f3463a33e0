// The writing line: text, attachments, the bot's commands, the reply keyboard, and what stands there instead when one cannot write.

import { Attachments } from "./attachments.js";
import { el, icon, iconButton } from "./dom.js";
import { replyKeyboard } from "./keyboard.js";
import { toggleMenu } from "./menu.js";

const TALLEST_PX = 160;
const PLACEHOLDER = "Nhắn tin…";
const ATTACH = {
  photo: { icon: "photo", text: "Ảnh", english: "Photos", run: (composer) => composer.attachments.choose(true) },
  file: { icon: "file", text: "Tệp", english: "File", run: (composer) => composer.attachments.choose(false) },
  forward: {
    icon: "forward",
    text: "Bài chuyển tiếp",
    english: "Forwarded post",
    run: (composer) => composer.setMode({ kind: "forward", from: "Cổng thông tin tỉnh" }),
  },
  sticker: { icon: "sticker", text: "Nhãn dán", english: "Sticker" },
  voice: { icon: "mic", text: "Lời nói", english: "Voice" },
  location: { icon: "pin", text: "Vị trí", english: "Location" },
  contact: { icon: "person", text: "Danh thiếp", english: "Contact" },
  unsupported: { icon: "shield", text: "Tin bot không đọc được", english: "Arrives as unsupported" },
};

export class Composer {
  /**
   * host: the phone's element for menus. actions: {send, photos, documents, edit, act, commands, refuse, unblock, start, lastOwn},
   * and leaveStaff where staff can write. offers: {limit, attach}, the names of ATTACH with null for a line between groups.
   */
  constructor(host, actions, offers) {
    this.host = host;
    this.actions = actions;
    this.offers = offers;
    this.mode = null;
    this.draft = ""; // what was being written when the edit of an older message began
    this.keyboardOpen = true;
    this.rows = null;
    this.attachments = new Attachments(() => this.refresh(), actions.refuse);
    this.build();
  }

  build() {
    this.input = el("textarea", {
      class: "input",
      rows: "1",
      placeholder: PLACEHOLDER,
      "aria-label": "Nhắn tin",
      maxlength: String(this.offers.limit),
      enterkeyhint: "send",
      autocomplete: "off",
      oninput: () => this.refresh(),
      onkeydown: (event) => this.key(event),
      onpaste: (event) => this.paste(event),
    });
    this.menuButton = el(
      "button",
      {
        type: "button",
        class: "menu-button",
        title: "The bot's commands",
        "aria-haspopup": "menu",
        onclick: () => this.openCommands(),
      },
      icon("menu"),
      el("span", {}, "Menu"),
    );
    this.attachButton = iconButton("attach", "Đính kèm", "Attach", () => this.openAttach(), {
      "aria-haspopup": "menu",
    });
    this.keysButton = iconButton("keyboard", "Bàn phím của trợ lý", "The bot's keyboard", () => this.toggleKeyboard());
    this.sendButton = iconButton("send", "Gửi", "Send (Enter)", () => this.send(), { class: "send" });
    this.hint = el("div", { class: "mode", hidden: true });
    this.staffHint = el(
      "div",
      { class: "mode is-staff", hidden: true },
      icon("headset"),
      el("span", { class: "mode-words" }, el("strong", {}, "Trả lời từ OA Manager")),
      iconButton("close", "Thôi viết từ OA Manager", "Write as the person again", () => this.actions.leaveStaff()),
    );
    this.suggest = el("div", { class: "suggest", hidden: true, role: "listbox", "aria-label": "Lệnh" });
    this.keys = el("div", { class: "keys", hidden: true });
    this.line = el(
      "div",
      { class: "line" },
      this.menuButton,
      el("div", { class: "field" }, this.input, this.keysButton, this.attachButton),
      this.sendButton,
      this.attachments.input,
    );
    this.instead = el("div", { class: "instead", hidden: true });
    this.node = el(
      "div",
      { class: "composer" },
      this.suggest,
      this.staffHint,
      this.hint,
      this.attachments.node,
      this.line,
      this.instead,
      this.keys,
    );
    this.drawKeyboard();
    this.refresh();
  }

  focus() {
    if (!this.line.hidden) this.input.focus({ preventScroll: true });
  }

  refresh() {
    const busy = Boolean(this.input.value.trim() || this.attachments.count);
    this.sendButton.disabled = !busy;
    this.node.classList.toggle("has-text", busy);
    this.menuButton.hidden = !this.actions.commands().length || this.input.value !== "";
    this.input.style.height = "auto";
    const tall = this.input.scrollHeight;
    // 0: this phone is behind another one at the moment, and one line is right.
    if (tall) this.input.style.height = `${Math.min(tall, TALLEST_PX)}px`;
    this.showSuggestions();
  }

  /** status: "ready", "empty" (never started), "blocked" or "gone". */
  setStatus(status) {
    const shown = {
      empty: ["Bắt đầu", "Start", () => this.actions.start(), "is-start", ""],
      blocked: ["Bỏ chặn", "Unblock", () => this.actions.unblock(), "is-start", ""],
      gone: [null, null, null, "", "Tài khoản này đã xóa."],
    }[status];
    this.line.hidden = Boolean(shown);
    this.instead.hidden = !shown;
    this.keys.classList.toggle("is-off", Boolean(shown));
    if (!shown) return this.instead.replaceChildren();
    const [label, english, run, look, words] = shown;
    this.instead.replaceChildren(
      ...[
        words && el("p", {}, words),
        label && el("button", { type: "button", class: look, title: english, onclick: run }, label),
      ].filter(Boolean),
    );
  }

  // --- writing -------------------------------------------------------------------------------------------------

  key(event) {
    if (event.isComposing) return;
    const options = this.suggest.hidden ? [] : [...this.suggest.children];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (options.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const next = (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length;
      options.forEach((option, i) => option.setAttribute("aria-selected", String(i === next)));
      options[next].scrollIntoView({ block: "nearest" });
    } else if (options.length && (event.key === "Tab" || event.key === "Enter") && at >= 0) {
      event.preventDefault();
      options[at].click();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && (this.mode || this.attachments.count)) {
      this.setMode(null);
    } else if (event.key === "ArrowUp" && !this.input.value && !this.mode) {
      const own = this.actions.lastOwn();
      if (own) {
        event.preventDefault();
        this.setMode({ kind: "edit", message: own });
      }
    }
  }

  paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.attachments.add(files);
  }

  async send() {
    const text = this.input.value.trim();
    const mode = this.mode;
    if (!text && !this.attachments.count) return;
    if (mode?.kind === "edit") {
      if (!text || !(await this.actions.edit(mode.message, text))) return;
      return this.setMode(null);
    }
    this.input.value = "";
    const taken = this.attachments.take();
    this.setMode(null);
    const left = await this.deliver(taken, text, mode);
    if (!left) return;
    // Nothing is lost: it stands before whatever was typed and attached meanwhile.
    if (mode && !this.mode) this.setMode(mode);
    const both = (later) => [left.text, later].filter(Boolean).join("\n");
    if (this.mode?.kind === "edit") this.draft = both(this.draft);
    else this.input.value = both(this.input.value);
    this.attachments.putBack(left.entries, taken.whole);
    this.refresh();
  }

  /** Sends it all; null when everything went, else what did not: {text, entries}. */
  async deliver({ photos, documents }, text, mode) {
    const files = (entries) => entries.map((entry) => entry.file);
    if (!photos.length && !documents.length) {
      const sent = await this.actions.send({
        text,
        reply_to: mode?.kind === "reply" ? mode.message.message_id : undefined,
        forward_from: mode?.kind === "forward" ? mode.from : undefined,
      });
      return sent ? null : { text, entries: [] };
    }
    if (photos.length) {
      if (!(await this.actions.photos(files(photos), text))) return { text, entries: [...photos, ...documents] };
      this.attachments.release(photos);
    }
    if (documents.length) {
      const caption = photos.length ? "" : text;
      if (!(await this.actions.documents(files(documents), caption))) return { text: caption, entries: documents };
      this.attachments.release(documents);
    }
    return null;
  }

  /** null, {kind: "reply" | "edit", message} or {kind: "forward", from}. */
  setMode(mode) {
    const leaving = this.mode;
    this.mode = mode;
    this.hint.hidden = !mode;
    if (leaving?.kind === "edit" && mode?.kind !== "edit") this.input.value = this.draft;
    if (leaving?.kind !== "edit" && mode?.kind === "edit") this.draft = this.input.value;
    if (mode) {
      const [sign, title] = {
        reply: ["reply", "Trả lời"],
        edit: ["edit", "Sửa tin"],
        forward: ["forward", "Chuyển tiếp từ"],
      }[mode.kind];
      const body =
        mode.kind === "forward"
          ? el("input", {
              class: "mode-input",
              value: mode.from,
              "aria-label": "Tên trang, kênh",
              oninput: (event) => {
                mode.from = event.target.value;
              },
            })
          : el("span", { class: "mode-text" }, mode.message.text || mode.message.caption || "Ảnh, tệp");
      this.hint.replaceChildren(
        icon(sign),
        el("span", { class: "mode-words" }, el("strong", {}, title), body),
        iconButton("close", "Thôi", "Cancel", () => this.setMode(null)),
      );
      if (mode.kind === "edit") this.input.value = mode.message.text;
      this.focus();
    }
    this.refresh();
  }

  /** Staff answer in words alone, and only for as long as the switch is on. */
  setStaff(on) {
    this.setMode(null);
    this.staffHint.hidden = !on;
    this.attachButton.hidden = on;
    this.input.placeholder = on ? "Viết với tư cách cán bộ trực…" : PLACEHOLDER;
    this.node.classList.toggle("is-staff", on);
  }

  // --- commands and attachments --------------------------------------------------------------------------------

  showSuggestions() {
    const typed = /^\/([a-z0-9_]*)$/i.exec(this.input.value);
    const found = typed
      ? this.actions.commands().filter(({ command }) => command.startsWith(typed[1].toLowerCase()))
      : [];
    this.suggest.hidden = !found.length;
    this.suggest.replaceChildren(
      ...found.map(({ command, description }, i) =>
        el(
          "button",
          {
            type: "button",
            class: "suggestion",
            role: "option",
            tabindex: "-1",
            "aria-selected": String(i === 0),
            onclick: async () => {
              const typed = this.input.value;
              this.input.value = "";
              this.refresh();
              this.focus();
              if ((await this.actions.send({ text: `/${command}` })) || this.input.value) return;
              this.input.value = typed;
              this.refresh();
            },
          },
          el("span", { class: "suggestion-command" }, `/${command}`),
          el("span", { class: "suggestion-words" }, description),
        ),
      ),
    );
  }

  openCommands() {
    toggleMenu(
      this.menuButton,
      this.host,
      this.actions.commands().map(({ command, description }) => ({
        text: description,
        note: `/${command}`,
        run: () => this.actions.send({ text: `/${command}` }),
      })),
      "Lệnh của trợ lý",
    );
  }

  openAttach() {
    const item = (name) => {
      const { run = () => this.actions.act(name), ...face } = ATTACH[name];
      return { ...face, run: () => run(this) };
    };
    toggleMenu(
      this.attachButton,
      this.host,
      this.offers.attach.map((name) => name && item(name)),
      "Đính kèm",
    );
  }

  // --- the reply keyboard --------------------------------------------------------------------------------------

  setKeyboard(rows) {
    const key = JSON.stringify(rows);
    if (key === JSON.stringify(this.rows)) return;
    this.rows = rows;
    this.keyboardOpen = true;
    this.keys.replaceChildren(...(rows?.length ? [replyKeyboard(rows, (text) => this.actions.send({ text }))] : []));
    this.drawKeyboard();
  }

  toggleKeyboard() {
    this.keyboardOpen = !this.keyboardOpen;
    this.drawKeyboard();
  }

  drawKeyboard() {
    const has = Boolean(this.rows?.length);
    this.keysButton.hidden = !has;
    this.keysButton.setAttribute("aria-expanded", String(has && this.keyboardOpen));
    this.keys.hidden = !has || !this.keyboardOpen;
  }
}
