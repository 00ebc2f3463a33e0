// A phone on Zalo, as it is with a bot: words alone, no commands, nothing edited. With an Official Account there is more (oaphone.js).

import { el, icon, shortName } from "../dom.js";
import { toggleMenu } from "../menu.js";
import { Phone } from "../phone.js";
import { blockItem, holderItems } from "../phonemenus.js";

const LONGEST = 2000;

export class ZaloPhone extends Phone {
  get isZalo() {
    return true;
  }

  // --- how it looks --------------------------------------------------------------------------------------------

  head() {
    const head = super.head();
    const title = el("span", { class: "bot-title" });
    this.accountName.replaceWith(title);
    title.append(this.accountName, this.sign());
    return head;
  }

  /** What stands beside the account's name. */
  sign() {
    return el("span", { class: "bot-tag" }, "BOT");
  }

  statusWords() {
    return "bot, trả lời tự động";
  }

  openMenu() {
    toggleMenu(this.more, this.screen, this.menuItems(), "Thêm");
  }

  menuItems() {
    const scan = () => this.shell.scan(this);
    return [
      { icon: "qr", text: "Nhắn mã trên poster…", english: "Type a poster's code", run: scan },
      null,
      ...holderItems(this),
      blockItem(this),
    ];
  }

  readiness() {
    return this.person.blocked ? "blocked" : "ready";
  }

  canWrite() {
    return !this.person.blocked;
  }

  drawEmpty() {
    const { posters } = this.shell;
    this.empty.replaceChildren(
      el("span", { class: "empty-face", "aria-hidden": "true" }, icon("horn")),
      el("p", { class: "empty-title" }, `${shortName(this.person.name)} chưa nhắn cho ${this.account.name}`),
      el("p", {}, posters.length ? "Nhắn mã in trên poster:" : "Viết tin đầu tiên ở dưới."),
      el("div", { class: "empty-posters" }, this.chips(posters.slice(0, 3))),
    );
  }

  /** Ways to begin. */
  chips(posters) {
    return posters.map((poster) =>
      el(
        "button",
        { type: "button", class: "chip", title: "Send this poster's code", onclick: () => this.scan(poster) },
        icon("qr"),
        `${codeOf(poster)}: ${poster.title}`,
      ),
    );
  }

  // --- what the person does ------------------------------------------------------------------------------------

  /** A poster's QR opens the account and carries no payload, so that its typed code follows. */
  scan(poster) {
    return this.run(() => this.network.text(this.id, { text: codeOf(poster) }));
  }

  offers() {
    return { limit: LONGEST, attach: ["photo", "file", null, "sticker", "voice", "location", "unsupported"] };
  }

  composerActions() {
    return { ...super.composerActions(), commands: () => [], lastOwn: () => undefined };
  }

  messageActions() {
    return { ...super.messageActions(), command: undefined, username: "", call: (phone) => this.say(`Gọi ${phone}`) };
  }
}

/** The short code to type; a poster without one has only what stands in its link. */
function codeOf({ code, payload }) {
  return code ?? payload;
}
