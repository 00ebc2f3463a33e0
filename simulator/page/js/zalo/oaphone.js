// A phone on Zalo with an Official Account: follow button, menu, rows of buttons, receipts, and staff who answer by hand.

import { ask } from "../ask.js";
import { el, icon, iconButton } from "../dom.js";
import { adorn } from "./adorn.js";
import { showArticle } from "./article.js";
import { menuBar } from "./menubar.js";
import { ZaloPhone } from "./phone.js";
import { windowOf } from "./window.js";

const LOOK_MS = 20_000;
const STATE_AGENCY = 4;

export class OaPhone extends ZaloPhone {
  // --- how it looks --------------------------------------------------------------------------------------------

  build() {
    super.build();
    this.screen.querySelector(".head").after(this.strip);
    this.stripTimer = setInterval(() => this.drawStrip(), LOOK_MS);
  }

  head() {
    const head = super.head();
    this.staffSwitch = iconButton("headset", "Viết từ OA Manager", "Write as staff", () => this.setStaff(!this.staff), {
      role: "switch",
      "aria-checked": "false",
    });
    head.querySelector(".icon-button").replaceWith(this.staffSwitch); // posters have their place in the menu
    this.window = el("span", { class: "window" });
    this.followButton = el("button", { type: "button", class: "follow", onclick: () => this.follow() });
    this.strip = el("div", { class: "strip" }, this.window, this.followButton);
    return head;
  }

  sign() {
    const named = { role: "img", "aria-label": "Đã xác thực", title: "Verified" };
    this.badge = el("span", { class: "verified", ...named }, icon("verified"));
    return this.badge;
  }

  statusWords() {
    return this.account.oa_type === STATE_AGENCY ? "OA cơ quan nhà nước" : "Official Account";
  }

  drawAccount() {
    super.drawAccount();
    this.badge.hidden = !this.account.verified;
    this.status.textContent = this.statusWords();
    const bar = menuBar(this.account.menu ?? [], this.rowActions());
    if (this.menuBar) this.menuBar.replaceWith(bar);
    else this.composer.node.append(bar);
    this.menuBar = bar;
  }

  drawStatus() {
    super.drawStatus();
    this.drawStrip();
  }

  drawStrip() {
    const { follows, last_interaction: interaction } = this.person;
    const { state, words } = windowOf(interaction);
    this.node.dataset.follows = follows ? "yes" : "no";
    this.window.dataset.window = state;
    this.window.replaceChildren(el("i", { "aria-hidden": "true" }), words);
    this.followButton.title = follows ? "Unfollow the OA" : "Follow the OA";
    this.followButton.replaceChildren(...(follows ? ["Bỏ quan tâm"] : [icon("plus"), "Quan tâm"]));
  }

  chips(posters) {
    const chatnow = el(
      "button",
      { type: "button", class: "chip", title: "The button on the OA's page", onclick: () => this.act("chatnow") },
      icon("chat"),
      "Bấm Nhắn tin trên trang OA",
    );
    return [...super.chips(posters), chatnow];
  }

  menuItems() {
    const [scan, ...rest] = super.menuItems();
    const own = (sign, text, english, run, danger) => ({ icon: sign, text, english, run, danger });
    return [
      scan,
      own("chat", "Bấm Nhắn tin trên trang OA", "The OA may write", () => this.act("chatnow")),
      own("eye", "Xem hết tin", "Mark all as seen", () => this.act("seen")),
      ...rest,
      own("trash", "Yêu cầu xóa dữ liệu", "user_withdraw", () => this.withdraw(), true),
    ];
  }

  // --- what the person does, and staff in the person's chat ------------------------------------------------------

  follow() {
    return this.act(this.person.follows ? "unfollow" : "follow");
  }

  async withdraw() {
    const words = `${this.person.name} yêu cầu ${this.account.name} xóa dữ liệu của mình?`;
    if (await ask(words, "Yêu cầu", "Thôi")) this.act("withdraw");
  }

  setStaff(on) {
    this.staff = on;
    this.staffSwitch.setAttribute("aria-checked", String(on));
    this.composer.setStaff(on);
    this.composer.focus();
  }

  offers() {
    return { ...super.offers(), attach: ["photo", "file", null, "sticker", "voice", "location"] };
  }

  composerActions() {
    const actions = super.composerActions();
    const asStaff = ({ text }) => this.run(() => this.network.admin(this.id, text));
    return {
      ...actions,
      send: (body) => (this.staff ? asStaff(body) : actions.send(body)),
      leaveStaff: () => this.setStaff(false),
    };
  }

  messageActions() {
    return { ...super.messageActions(), adorn: (message, last) => adorn(message, last, this.rowActions()) };
  }

  rowActions() {
    const button = ({ title, payload }, message) => (message ? { payload, message_id: message.message_id } : { title });
    return {
      press: (item, message) => this.run(() => this.network.press(this.id, button(item, message))),
      call: (phone) => this.say(`Gọi ${phone}`),
      sms: (phone, content) => this.say(content ? `Soạn SMS “${content}” gửi ${phone}` : `Soạn SMS gửi ${phone}`),
      open: (message) => this.open(message),
      follow: () => this.act("follow"),
      seen: () => this.act("seen"),
    };
  }

  open(message) {
    return this.run(async () => {
      const { article } = await this.network.open(this.id, message.message_id);
      showArticle(article, this.account.name);
    });
  }

  remove() {
    clearInterval(this.stripTimer);
    super.remove();
  }
}
