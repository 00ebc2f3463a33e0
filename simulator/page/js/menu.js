// A small menu beside a button: arrow keys, Escape, click elsewhere; focus goes back where it was.

import { el, icon } from "./dom.js";

let closeOpen = null;

export function closeMenu() {
  closeOpen?.();
}

function place(menu, anchor, host) {
  const box = host.getBoundingClientRect();
  const from = anchor.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const gap = 6;
  const left = Math.max(8, Math.min(from.left - box.left, box.width - size.width - 8));
  const below = from.bottom - box.top + gap;
  const above = from.top - box.top - size.height - gap;
  menu.style.left = `${left}px`;
  menu.style.top = `${below + size.height < box.height - 8 || above < 8 ? Math.min(below, Math.max(8, box.height - size.height - 8)) : above}px`;
}

/** items: {icon, text, note?, english?, danger?, run()} or null for a line between groups. host is positioned and holds the menu. */
export function openMenu(anchor, host, items, label) {
  closeMenu();
  const buttons = [];
  const menu = el("div", { class: "menu", role: "menu", "aria-label": label });
  for (const item of items) {
    if (!item) {
      menu.append(el("div", { class: "menu-line", role: "separator" }));
      continue;
    }
    const button = el(
      "button",
      {
        type: "button",
        role: "menuitem",
        class: `menu-item${item.danger ? " is-danger" : ""}`,
        title: item.english,
        tabindex: "-1",
        onclick: () => {
          closeMenu();
          item.run();
        },
      },
      item.icon && icon(item.icon),
      el("span", { class: "menu-text" }, item.text),
      item.note && el("span", { class: "menu-note" }, item.note),
    );
    buttons.push(button);
    menu.append(button);
  }
  const step = (delta) => {
    const at = buttons.indexOf(document.activeElement);
    buttons[(at + delta + buttons.length) % buttons.length]?.focus();
  };
  const keys = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Home: () => buttons[0]?.focus(),
    End: () => buttons.at(-1)?.focus(),
  };
  const onKey = (event) => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      closeMenu();
    } else if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  };
  const onOutside = (event) => {
    if (!menu.contains(event.target) && !anchor.contains(event.target)) closeMenu();
  };
  closeOpen = () => {
    closeOpen = null;
    const inside = menu.contains(document.activeElement);
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", onOutside, true);
    if (inside) anchor.focus({ preventScroll: true });
  };
  menu.addEventListener("keydown", onKey);
  document.addEventListener("pointerdown", onOutside, true);
  anchor.setAttribute("aria-haspopup", "menu");
  anchor.setAttribute("aria-expanded", "true");
  host.append(menu);
  place(menu, anchor, host);
  buttons[0]?.focus({ preventScroll: true });
}

/** Opens the menu, or closes it when this very button had opened it. */
export function toggleMenu(anchor, host, items, label) {
  if (anchor.getAttribute("aria-expanded") === "true") closeMenu();
  else openMenu(anchor, host, items, label);
}
