// The page: which phones are open, in which order, and what the stream says to which of them.

import { api } from "./api.js";
import { avatar, el, iconButton, shortName } from "./dom.js";
import { Stream } from "./events.js";
import { toggleMenu } from "./menu.js";
import { NETWORKS, networkOf } from "./networks/index.js";
import { askPerson, peopleForm } from "./people.js";
import { Phone } from "./phone.js";
import { openPosters } from "./posters.js";
import { setNow } from "./time.js";
import { showClock, windItems } from "./winding.js";
import { OaPhone } from "./zalo/oaphone.js";
import { ZaloPhone } from "./zalo/phone.js";

const MOST_PHONES = 4;
const KINDS_OF_PHONE = { telegram: Phone, zalo_oa: OaPhone, zalo_bot: ZaloPhone };
const REMEMBERED = "loatre.people";
const stage = document.getElementById("stage");
const tabs = document.getElementById("tabs");
const welcome = document.getElementById("welcome");
const notice = document.getElementById("notice");
const link = document.getElementById("link");
const windButton = document.getElementById("wind");

const phones = [];
const shell = {
  accounts: Object.fromEntries(NETWORKS.map(({ key }) => [key, { name: "Loa Trẻ", commands: [], menu: [] }])),
  posters: [],
  scan: (phone) => showPosters(phone),
  close: (phone) => closePhone(phone),
  change: (phone) => changePhone(phone),
  unread: (phone, count) => countUnread(phone, count),
  wind: (seconds) => wind(seconds),
};
let active = null;
let noticeTimer = 0;

function say(words) {
  clearTimeout(noticeTimer);
  notice.textContent = words;
  notice.hidden = false;
  noticeTimer = setTimeout(() => {
    notice.hidden = true;
  }, 4000);
}

// --- which people are open: the address first, then what this browser remembers --------------------------------

function wantedIds() {
  const read = (text) => new URLSearchParams(text.replace(/^[#?]+/, "")).get("people");
  const text = read(location.search) ?? read(location.hash) ?? remembered();
  const ids = text.split(",").filter(networkOf);
  return [...new Set(ids)].slice(0, MOST_PHONES);
}

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED) ?? "";
  } catch {
    return "";
  }
}

function remember() {
  const ids = phones.map((phone) => phone.id).join(",");
  history.replaceState(null, "", ids ? `?people=${ids}` : location.pathname);
  try {
    localStorage.setItem(REMEMBERED, ids);
  } catch {
    // A browser that keeps nothing still has the address.
  }
}

// --- phones ----------------------------------------------------------------------------------------------------

const openIds = () => new Set(phones.map((phone) => phone.id));

function openPhone(person, place = phones.length) {
  const known = phones.find((phone) => phone.id === String(person.id));
  if (known) return activate(known);
  if (phones.length >= MOST_PHONES) return say(`Nhiều nhất ${MOST_PHONES} điện thoại một lúc. Đóng bớt một chiếc nhé.`);
  const phone = new KINDS_OF_PHONE[networkOf(person.id).key](person, shell);
  phone.unread = 0;
  phones.splice(place, 0, phone);
  stage.insertBefore(phone.node, stage.children[place] ?? null);
  phone.load();
  phone.readAccount();
  activate(phone);
  changed();
  return phone;
}

function closePhone(phone) {
  const place = phones.indexOf(phone);
  phones.splice(place, 1);
  phone.remove();
  if (active === phone) active = null;
  if (!active && phones.length) activate(phones[Math.min(place, phones.length - 1)]);
  changed();
}

async function changePhone(phone) {
  const person = await askPerson({ open: openIds, say, title: "Đổi người" });
  if (!person || openIds().has(String(person.id))) return;
  const place = phones.indexOf(phone);
  closePhone(phone);
  openPhone(person, place);
}

async function addPhone() {
  if (phones.length >= MOST_PHONES) return say(`Nhiều nhất ${MOST_PHONES} điện thoại một lúc. Đóng bớt một chiếc nhé.`);
  const person = await askPerson({ open: openIds, say, title: "Thêm điện thoại" });
  if (person) openPhone(person);
  return null;
}

function showPosters(phone) {
  openPosters({
    phones,
    chosen: phone ?? active,
    bot: shell.accounts.telegram,
    posters: shell.posters,
    say,
    scan: (target, poster) => {
      activate(target);
      target.scan(poster);
    },
  });
}

function activate(phone) {
  active = phone;
  phone.unread = 0;
  for (const other of phones) other.node.classList.toggle("is-active", other === phone);
  drawTabs();
}

function countUnread(phone, count) {
  if (phone === active && !document.hidden) return;
  phone.unread += count;
  drawTabs();
}

function changed() {
  remember();
  stream.follow(phones.map((phone) => phone.id));
  stage.dataset.count = String(phones.length);
  stage.hidden = !phones.length;
  document.body.classList.toggle("has-phones", phones.length > 0);
  drawTabs();
  drawWelcome();
}

function drawTabs() {
  tabs.hidden = !phones.length;
  tabs.replaceChildren(
    el("img", { class: "logo", src: "/static/icon.svg", alt: "Loa Trẻ", width: 30, height: 30 }),
    el(
      "div",
      { class: "tab-list", role: "tablist", "aria-label": "Điện thoại" },
      phones.map((phone) =>
        el(
          "button",
          {
            type: "button",
            role: "tab",
            class: "tab",
            title: phone.person.name,
            "aria-selected": String(phone === active),
            "aria-controls": phone.node.id,
            tabindex: phone === active ? "0" : "-1",
            onclick: () => {
              activate(phone);
              focusTab();
            },
            onkeydown: moveTab,
          },
          avatar(phone.person),
          el("span", { class: "tab-name" }, shortName(phone.person.name)),
          phone.unread
            ? el("span", { class: "tab-unread", "aria-label": `${phone.unread} tin mới` }, String(phone.unread))
            : null,
        ),
      ),
    ),
    iconButton("plus", "Thêm điện thoại", "Add a phone", addPhone),
  );
  tabs.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function focusTab() {
  tabs.querySelector('[aria-selected="true"]')?.focus();
}

function moveTab(event) {
  const delta = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!delta) return;
  event.preventDefault();
  activate(phones[(phones.indexOf(active) + delta + phones.length) % phones.length]);
  focusTab();
}

function drawWelcome() {
  welcome.hidden = phones.length > 0;
  if (phones.length) return welcome.querySelector(".people-form")?.remove();
  if (!welcome.querySelector(".people-form"))
    welcome.append(peopleForm({ open: openIds, say, pick: (person) => openPhone(person) }).node);
  return null;
}

// --- the stream and the start ----------------------------------------------------------------------------------

const stream = new Stream({
  event: (kind, data) => {
    // What concerns every chat names no person.
    if (!data.person) for (const each of phones) each.receive(kind, data);
    const phone = phones.find((one) => one.id === String(data.person));
    phone?.receive(kind, data);
    if (kind === "person" && phone) drawTabs();
  },
  open: () => {
    readClock();
    for (const phone of phones) {
      phone.load();
      phone.readAccount();
    }
  },
  state: (state) => {
    link.dataset.state = state;
    document.body.dataset.link = state;
    link.lastChild.textContent = state === "on" ? "Đã nối" : "Đang nối lại…";
  },
});

async function readClock() {
  try {
    setNow((await api.clock()).now);
    showClock();
  } catch {
    // Days are then named by this computer's clock.
  }
}

/** Move the simulator's clock on: what its networks make of the time shows in every phone. */
async function wind(seconds) {
  try {
    setNow((await api.wind(seconds)).now);
    showClock();
  } catch (error) {
    say(error.message);
  }
  for (const phone of phones) phone.load();
}

async function readAccount(network) {
  try {
    shell.accounts[network.key] = await network.account();
  } catch (error) {
    say(error.message);
  }
}

async function begin() {
  try {
    const [posters] = await Promise.all([api.posters(), readClock(), ...NETWORKS.map(readAccount)]);
    shell.posters = posters;
  } catch (error) {
    say(error.message);
  }
  const ids = wantedIds();
  const found = await Promise.all(
    ids.map(async (id) => {
      try {
        return await networkOf(id).person(id);
      } catch {
        return null;
      }
    }),
  );
  for (const person of found.filter(Boolean)) openPhone(person);
  if (found.length && phones.length) activate(phones[0]);
  if (found.some((person) => !person)) say("Có người trong liên kết không còn ở đây.");
  changed();
  document.body.dataset.ready = "yes";
}

windButton.addEventListener("click", () => toggleMenu(windButton, document.body, windItems(wind), "Tua giờ"));
document.getElementById("add").addEventListener("click", addPhone);
document.getElementById("posters").addEventListener("click", () => showPosters(null));
document.addEventListener("keydown", (event) => {
  const number = event.altKey && !event.ctrlKey && /^Digit([1-4])$/.exec(event.code)?.[1];
  if (!number || !phones[number - 1]) return;
  event.preventDefault();
  activate(phones[number - 1]);
  active.composer.focus();
});
document.addEventListener("visibilitychange", () => !document.hidden && active && activate(active));
stage.addEventListener("focusin", (event) => {
  const phone = phones.find((one) => one.node.contains(event.target));
  if (phone && phone !== active) activate(phone);
});
window.addEventListener("pagehide", () => stream.close());
window.addEventListener("pageshow", (event) => event.persisted && stream.connect());
begin();
