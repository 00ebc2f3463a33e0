// One phone: a person's chat with the bot. A phone on Zalo (zalo/) differs in what is overridden there.

import { ask } from "./ask.js";
import { acceptDrops } from "./attachments.js";
import { Composer } from "./composer.js";
import { avatar, el, icon, iconButton, shortName } from "./dom.js";
import { safeUrl, startPayload } from "./entities.js";
import { settleKeys } from "./keyboard.js";
import { openLightbox } from "./lightbox.js";
import { networkOf } from "./networks/index.js";
import { KINDS } from "./people.js";
import { openMessageMenu, openPhoneMenu } from "./phonemenus.js";
import { scanLabel } from "./posters.js";
import { Timeline } from "./timeline.js";

const TYPING_MS = 6000;
const TOAST_MS = 3500;

export class Phone {
  /** shell: {accounts, posters, scan(phone), close(phone), change(phone), unread(phone, count), wind(seconds)}. */
  constructor(person, shell) {
    this.person = person;
    this.shell = shell;
    this.network = networkOf(person.id);
    this.account = shell.accounts[this.network.key];
    this.messages = new Map();
    this.typingTimer = 0;
    this.toastTimer = 0;
    this.loading = null;
    this.again = false;
    this.build();
  }

  get id() {
    return String(this.person.id);
  }

  get isZalo() {
    return false;
  }

  // --- how it looks --------------------------------------------------------------------------------------------

  build() {
    this.name = el("span", { class: "owner-name" });
    this.kind = el("span", { class: "owner-kind" });
    this.face = el("span", { class: "owner-face" });
    const owner = el(
      "header",
      { class: "owner" },
      this.face,
      el("span", { class: "owner-words" }, this.name, this.kind),
      iconButton("swap", "Đổi người", "Another person", () => this.shell.change(this)),
      iconButton("close", "Đóng điện thoại", "Close this phone", () => this.shell.close(this)),
    );
    this.accountName = el("strong", { class: "bot-name" });
    this.status = el("span", { class: "bot-status" });
    this.more = iconButton("dots", "Thêm", "More", () => this.openMenu(), { "aria-haspopup": "menu" });
    this.toEnd = el(
      "button",
      {
        type: "button",
        class: "to-end",
        hidden: true,
        title: "Newest messages",
        onclick: () => this.timeline.toEnd(true),
      },
      el("span", { class: "to-end-count" }),
      icon("down"),
    );
    this.empty = el("div", { class: "empty", hidden: true });
    this.toast = el("div", { class: "toast", role: "status", "aria-live": "polite", hidden: true });
    this.timeline = new Timeline(`Tin nhắn của ${this.person.name}`, this.messageActions(), (count, atEnd) =>
      this.drawToEnd(count, atEnd),
    );
    this.screen = el("div", { class: "screen" });
    this.composer = new Composer(this.screen, this.composerActions(), this.offers());
    this.screen.append(
      this.head(),
      el("div", { class: "wall" }, this.timeline.scroller, this.empty, this.toEnd, this.toast),
      this.composer.node,
      el("div", { class: "drop-hint", "aria-hidden": "true" }, icon("photo"), "Thả ảnh, tệp vào đây"),
    );
    this.node = el(
      "section",
      { class: "phone", data: { person: this.id, network: this.network.key }, id: `phone-${this.id}` },
      owner,
      this.screen,
    );
    acceptDrops(this.screen, (files) => this.canWrite() && this.composer.attachments.add(files));
    this.hideTyping();
    this.drawAccount();
    this.drawPerson();
  }

  head() {
    return el(
      "header",
      { class: "head" },
      el("span", { class: "bot-face", "aria-hidden": "true" }, icon("horn")),
      el("span", { class: "bot-words" }, this.accountName, this.status),
      iconButton("qr", "Quét poster", "Scan a poster", () => this.shell.scan(this)),
      this.more,
    );
  }

  statusWords() {
    return "trợ lý tự động";
  }

  openMenu() {
    openPhoneMenu(this);
  }

  drawAccount() {
    this.accountName.textContent = this.account.name;
  }

  drawPerson() {
    const { person, network } = this;
    this.name.textContent = person.name;
    const kind = KINDS[person.kind]?.label ?? person.kind;
    this.kind.textContent = [kind, network.label].filter(Boolean).join(" · ");
    this.face.replaceChildren(avatar(person));
    this.node.setAttribute("aria-label", `Điện thoại của ${person.name}`);
    this.node.dataset.kind = person.kind ?? "";
    this.drawStatus();
  }

  /** For Composer.setStatus; `none`: no message was ever written here. */
  readiness(none) {
    const { blocked, deactivated } = this.person;
    return deactivated ? "gone" : blocked ? "blocked" : none ? "empty" : "ready";
  }

  drawStatus() {
    const none = this.loaded && !this.messages.size;
    this.composer.setStatus(this.readiness(none));
    this.empty.hidden = !none;
    if (none && !this.empty.childElementCount) this.drawEmpty();
  }

  canWrite() {
    return !this.person.blocked && !this.person.deactivated && this.messages.size > 0;
  }

  drawEmpty() {
    const { posters } = this.shell;
    this.empty.replaceChildren(
      el("span", { class: "empty-face", "aria-hidden": "true" }, icon("horn")),
      el("p", { class: "empty-title" }, `${shortName(this.person.name)} chưa nhắn cho ${this.account.name}`),
      el("p", {}, posters.length ? "Bấm Bắt đầu ở dưới, hoặc quét một poster:" : "Bấm Bắt đầu ở dưới để mở lời."),
      el(
        "div",
        { class: "empty-posters" },
        posters
          .slice(0, 3)
          .map((poster) =>
            el(
              "button",
              { type: "button", class: "chip", title: "Scan this poster", onclick: () => this.scan(poster) },
              icon("qr"),
              scanLabel(poster),
            ),
          ),
        posters.length > 3 &&
          el(
            "button",
            { type: "button", class: "chip is-quiet", onclick: () => this.shell.scan(this) },
            "Poster khác…",
          ),
      ),
    );
  }

  drawToEnd(count, atEnd) {
    this.toEnd.hidden = atEnd;
    this.toEnd.firstChild.textContent = count ? String(count) : "";
    this.toEnd.setAttribute("aria-label", count ? `Xuống cuối, ${count} tin mới` : "Xuống cuối");
  }

  say(words) {
    clearTimeout(this.toastTimer);
    this.toast.textContent = words;
    this.toast.hidden = false;
    this.toastTimer = setTimeout(() => {
      this.toast.hidden = true;
    }, TOAST_MS);
  }

  // --- what the person does ------------------------------------------------------------------------------------

  /** Runs a call; says what went wrong; true when the simulator took it. What it changed comes back as events. */
  async run(work) {
    try {
      await work();
      this.ownAct = true;
      this.load();
      return true;
    } catch (error) {
      this.say(error.message);
      return false;
    }
  }

  start(payload) {
    return this.run(() => this.network.start(this.id, payload));
  }

  /** What happens on this phone when its camera sees this poster. */
  scan(poster) {
    return this.start(poster.payload);
  }

  act(what) {
    return this.run(() => this.network.act(this.id, what));
  }

  /** What can be attached, and how long a text may be. */
  offers() {
    return { limit: 4096, attach: ["photo", "file", "forward", null, "sticker", "voice", "location", "contact"] };
  }

  composerActions() {
    const { network, id } = this;
    return {
      send: (body) => this.run(() => network.text(id, body)),
      photos: (files, caption) => this.run(() => network.photos(id, files, caption)),
      documents: (files, caption) => this.run(() => network.documents(id, files, caption)),
      edit: (message, text) => this.run(() => network.edit(id, message.message_id, text)),
      act: (what) => this.act(what),
      unblock: () => this.setBlocked(false),
      start: () => this.start(""),
      commands: () => this.account.commands ?? [],
      refuse: (words) => this.say(words),
      lastOwn: () => this.sorted().findLast((message) => message.from === "person" && message.text && !message.deleted),
    };
  }

  messageActions() {
    return {
      username: this.account.username,
      botName: this.account.name,
      tap: (message, data) => this.run(() => this.network.tap(this.id, message.message_id, data)),
      start: (payload) => this.start(payload),
      command: (text) => this.canWrite() && this.run(() => this.network.text(this.id, { text })),
      copy: (text) => this.copy(text),
      lightbox: openLightbox,
      find: (id) => this.messages.get(id),
      jump: (id) =>
        this.timeline.list
          .querySelector(`[data-id="${CSS.escape(id)}"]`)
          ?.scrollIntoView({ block: "center", behavior: "smooth" }),
      menu: (message, anchor) => openMessageMenu(this, message, anchor),
    };
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.say("Đã chép.");
    } catch {
      this.say(`Trình duyệt không cho chép: ${text}`);
    }
  }

  setBlocked(blocked) {
    return this.run(async () => {
      await this.network.act(this.id, blocked ? "block" : "unblock");
      this.person = { ...this.person, blocked };
      this.drawStatus();
      this.say(blocked ? `Đã chặn ${this.account.name}.` : "Đã bỏ chặn.");
    });
  }

  // --- what the server tells -----------------------------------------------------------------------------------

  /** Oldest first, as the server tells them. */
  sorted() {
    return [...this.messages.values()];
  }

  /** Reads the chat anew; calls that come while one is under way become one more reading after it. */
  async load() {
    if (this.loading) {
      this.again = true;
      return this.loading;
    }
    this.loading = this.read();
    await this.loading;
    this.loading = null;
    if (this.again) {
      this.again = false;
      return this.load();
    }
    return null;
  }

  async read() {
    let chat;
    try {
      chat = await this.network.chat(this.id);
    } catch (error) {
      if (this.node.isConnected) this.say(error.message);
      return;
    }
    const before = this.messages;
    this.person = { ...this.person, ...chat.person };
    this.messages = new Map(chat.messages.map((message) => [message.message_id, message]));
    const fresh = chat.messages.filter(
      (message) => message.from === "bot" && !message.deleted && !before.has(message.message_id),
    );
    const changed = chat.messages.some((message) => before.get(message.message_id)?.seq !== message.seq);
    const first = !this.loaded;
    this.loaded = true;
    this.timeline.show(this.sorted(), { fresh: first ? 0 : fresh.length, own: first || this.ownAct });
    this.ownAct = false;
    this.composer.setKeyboard(chat.reply_keyboard ?? null);
    if (chat.typing) this.showTyping();
    else if (fresh.length) this.hideTyping();
    if (changed) settleKeys(this.timeline.list);
    if (!first && fresh.length) this.shell.unread(this, fresh.length);
    this.drawStatus();
  }

  /** An event of the stream: message, edit, delete, typing, toast, person or commands. */
  receive(kind, data) {
    if (kind === "typing") this.showTyping();
    else if (kind === "toast") this.showToast(data);
    else if (kind === "commands") this.readAccount();
    else if (kind === "person") {
      const { person: id, seq, ...person } = data;
      this.person = { ...this.person, ...person };
      this.drawPerson();
      this.load();
    } else this.load();
  }

  showToast(toast) {
    settleKeys(this.timeline.list);
    const url = toast.url ? safeUrl(toast.url) : null;
    const payload = url && startPayload(url, this.account.username);
    if (url && payload !== null) this.start(payload);
    if (toast.text && toast.show_alert) ask(toast.text, "Được rồi");
    else if (toast.text) this.say(toast.text);
  }

  showTyping() {
    clearTimeout(this.typingTimer);
    this.status.textContent = "đang nhập…";
    this.status.classList.add("is-typing");
    this.timeline.setTyping(true);
    this.typingTimer = setTimeout(() => this.hideTyping(), TYPING_MS);
  }

  hideTyping() {
    clearTimeout(this.typingTimer);
    this.status.textContent = this.statusWords();
    this.status.classList.remove("is-typing");
    this.timeline.setTyping(false);
  }

  /** The account on the other side: its name, and the commands or the menu that this person sees. */
  async readAccount() {
    try {
      this.account = await this.network.account(this.id);
      this.drawAccount();
      this.composer.refresh();
    } catch {
      // It stays as it was; the stream says that the connection is gone.
    }
  }

  remove() {
    clearTimeout(this.typingTimer);
    clearTimeout(this.toastTimer);
    this.timeline.close();
    this.node.remove();
  }
}
