// A message's text with its entities, as DOM nodes. Offsets are UTF-16 units, which is how JavaScript counts.
// Nothing here ever parses markup: what the bot or a person wrote ends in text nodes.

import { el } from "./dom.js";

const SAFE = new Set(["http:", "https:", "tg:"]);
const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
};
// What a messenger finds by itself in plain text: addresses, commands at the start of a word, telephone numbers of this country.
const FOUND =
  /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}…»”])|((?<![^\s(])\/[a-z][a-z0-9_]{0,31}(?![\w/<>]))|((?<![\p{L}\d+.])(?:\+84[ .]?|0)\d{2,3}(?:[ .]?\d{3,4}){2,3}(?![\p{L}\d]))/giu;

/** The address when it is one that may be opened, else null. */
export function safeUrl(raw) {
  const text = String(raw ?? "").trim();
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`);
    return SAFE.has(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/** The payload of a deep link to this very bot ("" without one), or null for any other address. */
export function startPayload(url, username) {
  if (!username) return null;
  const own = username.toLowerCase();
  if (
    url.protocol === "tg:" &&
    /resolve/.test(url.href) &&
    (url.searchParams.get("domain") ?? "").toLowerCase() === own
  )
    return url.searchParams.get("start") ?? "";
  if (/^(www\.)?(t\.me|telegram\.me)$/.test(url.hostname) && url.pathname.slice(1).toLowerCase() === own)
    return url.searchParams.get("start") ?? "";
  return null;
}

/** actions: {start(payload), username}. */
export function link(raw, content, actions) {
  const url = safeUrl(raw);
  if (!url) return el("span", {}, content);
  const payload = startPayload(url, actions.username);
  if (payload !== null)
    return el(
      "a",
      {
        href: url.href,
        title: "Mở trong điện thoại này (opens on this phone)",
        onclick: (event) => {
          event.preventDefault();
          actions.start(payload);
        },
      },
      content,
    );
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, content);
}

function commandLink(text, actions) {
  return el(
    "button",
    { type: "button", class: "command-link", title: "Send this command", onclick: () => actions.command(text) },
    text,
  );
}

function phoneLink(text, actions) {
  return el(
    "button",
    { type: "button", class: "command-link", title: "Call", onclick: () => actions.call(text.replace(/[^\d+]/g, "")) },
    text,
  );
}

/** Commands and telephone numbers are links only where the network makes them so: actions.command, actions.call. */
function found([text, address, command], actions) {
  if (address) return link(address, address, actions);
  if (command) return actions.command ? commandLink(command, actions) : text;
  return actions.call ? phoneLink(text, actions) : text;
}

function plain(text, actions) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(FOUND)) {
    if (match.index > from) nodes.push(text.slice(from, match.index));
    nodes.push(found(match, actions));
    from = match.index + match[0].length;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

function spoiler(children) {
  const reveal = (event) => {
    const node = event.currentTarget;
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    if (!node.classList.contains("is-open")) event.preventDefault();
    node.classList.add("is-open");
    node.removeAttribute("role");
    node.removeAttribute("aria-label");
  };
  return el(
    "span",
    {
      class: "spoiler",
      tabindex: "0",
      role: "button",
      "aria-label": "Chữ ẩn, bấm để đọc",
      onclick: reveal,
      onkeydown: reveal,
    },
    el("span", {}, children),
  );
}

function expandableQuote(children) {
  const body = el("div", { class: "quote-body" }, children);
  const more = el(
    "button",
    { type: "button", class: "quote-more", "aria-expanded": "false", title: "Show the whole quote" },
    "Mở hết",
  );
  const quote = el("blockquote", { class: "is-folded" }, body, more);
  more.addEventListener("click", () => {
    const folded = quote.classList.toggle("is-folded");
    more.setAttribute("aria-expanded", String(!folded));
    more.textContent = folded ? "Mở hết" : "Thu gọn";
  });
  return quote;
}

function wrap(entity, text, children, actions) {
  switch (entity.type) {
    case "text_link":
      return link(entity.url, children, actions);
    case "url":
      return link(text, text, actions);
    case "bot_command":
      return commandLink(text, actions);
    case "spoiler":
      return spoiler(children);
    case "expandable_blockquote":
      return expandableQuote(children);
    case "pre":
      return el("pre", { data: { language: entity.language ?? "" } }, el("code", {}, text));
    case "mention":
    case "hashtag":
    case "cashtag":
    case "email":
    case "phone_number":
    case "text_mention":
      return el("span", { class: "tag" }, children);
    default:
      return el(TAGS[entity.type] ?? "span", {}, children);
  }
}

function span(text, from, to, entities, actions, linkable) {
  const nodes = [];
  const queue = [...entities];
  let at = from;
  while (queue.length) {
    const entity = queue.shift();
    const start = Math.max(entity.offset, at);
    const end = Math.min(entity.offset + entity.length, to);
    if (end <= start) continue;
    const plainText = text.slice(at, start);
    if (plainText) nodes.push(...(linkable ? plain(plainText, actions) : [plainText]));
    const inside = [];
    for (let i = 0; i < queue.length;) {
      const other = queue[i];
      const tail = other.offset + other.length;
      if (other.offset >= end) break;
      queue.splice(i, 1);
      inside.push({ ...other, length: Math.min(tail, end) - other.offset });
      // An entity that reaches past its neighbour's end goes on after it.
      if (tail > end) queue.splice(i++, 0, { ...other, offset: end, length: tail - end });
    }
    const within = linkable && !["text_link", "url", "code", "pre"].includes(entity.type);
    nodes.push(wrap(entity, text.slice(start, end), span(text, start, end, inside, actions, within), actions));
    // A block ends its line by itself.
    at = BLOCKS.has(entity.type) && end < to && text[end] === "\n" ? end + 1 : end;
  }
  const rest = text.slice(at, to);
  if (rest) nodes.push(...(linkable ? plain(rest, actions) : [rest]));
  return nodes;
}

/** text and entities (as the Bot API gives them) to an array of nodes and strings. */
export function renderText(text, entities, actions) {
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return span(text, 0, text.length, sorted, actions, true);
}

const EMOJI_ONLY =
  /^(?:\p{Extended_Pictographic}(?:\uFE0F|\p{EMod}|\u200D\p{Extended_Pictographic})*|\p{RI}\p{RI}|\s){1,9}$/u;

/** One to three emojis and nothing else are shown large. */
export function isEmojiOnly(text) {
  if (!text || text.length > 40 || !EMOJI_ONLY.test(text)) return false;
  return [...new Intl.Segmenter("vi").segment(text.replace(/\s/g, ""))].length <= 3;
}
