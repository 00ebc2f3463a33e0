// Small helpers for building the page. Text always goes in as text nodes, never as markup.

import { networkOf } from "./networks/index.js";

const SVG = "http://www.w3.org/2000/svg";

/** el("button", {class: "send", onclick: f, "aria-label": "Gửi"}, "Gửi", icon("send")) */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An icon from the sprite in index.html; decorative unless the caller names its button. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function iconButton(name, label, english, onclick, extra = {}) {
  const { class: more = "", ...rest } = extra;
  return el(
    "button",
    { type: "button", class: `icon-button ${more}`.trim(), "aria-label": label, title: english, onclick, ...rest },
    icon(name),
  );
}

/** Up to two letters that stand for a person: Vietnamese given names come last. */
export function initials(name) {
  const words = name
    .replace(/\(.*?\)/g, "")
    .trim()
    .split(/\s+/)
    .filter(Boolean);
  if (!words.length) return "?";
  const last = [...words.at(-1)][0];
  return (words.length > 1 ? [...words.at(-2)][0] + last : last).toLocaleUpperCase("vi");
}

const LONGEST_WHOLE = 18;

/** A name for narrow places: whole where it is short ("Cô Hạnh", "Cán bộ Tỉnh đoàn"), else its last two words ("Bảo Ngọc"). */
export function shortName(name) {
  const plain = name.replace(/\(.*?\)/g, "").trim() || name;
  return [...plain].length <= LONGEST_WHOLE ? plain : plain.split(/\s+/).slice(-2).join(" ");
}

/** A person's face, with a small sign of the network in its corner. */
export function avatar(person) {
  return el(
    "span",
    {
      class: "avatar",
      data: { kind: person.kind || "young", network: networkOf(person.id)?.key ?? "" },
      "aria-hidden": "true",
    },
    initials(person.name),
  );
}

export function humanSize(bytes) {
  if (!Number.isFinite(bytes)) return "";
  const units = ["B", "KB", "MB", "GB"];
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < units.length - 1) {
    value /= 1024;
    step += 1;
  }
  return `${value.toLocaleString("vi-VN", { maximumFractionDigits: value < 10 && step ? 1 : 0 })} ${units[step]}`;
}
