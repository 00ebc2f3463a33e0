// The list of messages: what is shown in which order (pure), and a keyed update of the DOM that keeps what did not change.

import { el } from "./dom.js";
import { dayKey, dayName } from "./time.js";
import { renderMessage } from "./message.js";

const SAME_TURN_MS = 5 * 60_000;
const NEAR_END_PX = 90;

const joins = (a, b) =>
  a &&
  b &&
  a.from === b.from &&
  a.staff === b.staff &&
  !a.deleted &&
  !b.deleted &&
  Date.parse(b.date) - Date.parse(a.date) < SAME_TURN_MS &&
  dayKey(a.date) === dayKey(b.date);

/** messages, oldest first -> items {key, kind: "day"|"message", messages, first, last}; an album is one item, first and last tell of a turn. */
export function arrange(messages) {
  const items = [];
  let day = "";
  for (const message of messages) {
    const key = dayKey(message.date);
    if (key !== day) items.push({ key: `day-${key}`, kind: "day", day: key });
    day = key;
    const before = items.at(-1);
    const group = message.media_group_id;
    if (group && !message.deleted && before?.kind === "message" && before.messages[0].media_group_id === group) {
      before.messages.push(message);
      continue;
    }
    items.push({ key: `m-${message.message_id}`, kind: "message", messages: [message], first: true, last: true });
  }
  for (let i = 1; i < items.length; i += 1)
    if (items[i].kind === "message" && items[i - 1].kind === "message") {
      const turns = !joins(items[i - 1].messages[0], items[i].messages[0]);
      items[i - 1].last = turns;
      items[i].first = turns;
    }
  return items;
}

export class Timeline {
  /** actions: see renderMessage; onUnseen(count) tells how many bot messages wait below the reader. */
  constructor(label, actions, onUnseen) {
    this.actions = actions;
    this.onUnseen = onUnseen;
    this.unseen = 0;
    this.stick = true;
    this.nodes = new Map();
    this.expanded = new Set();
    this.list = el("div", {
      class: "messages",
      role: "log",
      "aria-live": "polite",
      "aria-relevant": "additions text",
      "aria-label": label,
    });
    this.typing = el(
      "div",
      { class: "typing", hidden: true, role: "status" },
      el("span", { class: "sr-only" }, "Trợ lý đang nhập"),
      el("i"),
      el("i"),
      el("i"),
    );
    this.inner = el("div", { class: "timeline" }, this.list, this.typing);
    this.scroller = el(
      "div",
      { class: "scroller", tabindex: "0", role: "region", "aria-label": `${label}, cuộn để đọc` },
      this.inner,
    );
    this.scroller.addEventListener("scroll", () => this.noticeScroll(), { passive: true });
    this.size = "";
    this.observer = new ResizeObserver(() => this.stick && this.toEnd(false));
    this.observer.observe(this.inner);
    this.observer.observe(this.scroller);
  }

  noticeScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const size = `${scrollHeight}/${clientHeight}`;
    const moved = size === this.size;
    this.size = size;
    const atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    // A scroll that comes with a new size is the layout's doing, not the reader's.
    if (moved || atEnd) this.stick = atEnd;
    if (this.stick && this.unseen) this.setUnseen(0);
    else this.onUnseen(this.unseen, this.stick);
  }

  setUnseen(count) {
    this.unseen = count;
    this.onUnseen(count, this.stick);
  }

  toEnd(smooth) {
    this.stick = true;
    this.setUnseen(0);
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: smooth ? "smooth" : "instant" });
  }

  /** Show these messages; `fresh` counts bot messages that are new to the reader. */
  show(messages, { fresh = 0, own = false } = {}) {
    const items = arrange(messages);
    const kept = new Map();
    let place = this.list.firstChild;
    for (const item of items) {
      const node = this.node(item, kept);
      if (place && place.parentNode !== this.list) place = node; // it has just taken its older self's place
      if (node === place) place = place.nextSibling;
      else this.list.insertBefore(node, place);
    }
    while (place) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
    this.nodes = kept;
    if (own || this.stick) this.toEnd(false);
    else if (fresh) this.setUnseen(this.unseen + fresh);
  }

  node(item, kept) {
    const signature = JSON.stringify(item);
    const known = this.nodes.get(item.key);
    if (known?.signature === signature) {
      if (item.kind === "day") known.node.firstChild.textContent = dayName(item.day);
      kept.set(item.key, known);
      return known.node;
    }
    const node =
      item.kind === "day"
        ? el("div", { class: "day" }, el("span", {}, dayName(item.day)))
        : renderMessage(item, this.actions, this.expanded);
    if (known) this.replace(known, node, item);
    else node.classList.add("is-new");
    kept.set(item.key, { node, signature });
    return node;
  }

  replace(known, node, item) {
    const focused = known.node.contains(document.activeElement);
    known.node.replaceWith(node);
    if (item.messages?.some((message) => message.edited)) node.classList.add("is-changed");
    if (focused) (node.querySelector("button.key:not([disabled])") ?? this.scroller).focus({ preventScroll: true });
  }

  setTyping(on) {
    if (this.typing.hidden === !on) return;
    this.typing.hidden = !on;
    if (on && this.stick) this.toEnd(false);
  }

  close() {
    this.observer.disconnect();
  }
}
