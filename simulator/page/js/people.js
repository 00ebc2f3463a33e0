// Who holds a phone: make somebody new, or pick somebody who is there.

import { avatar, el, icon, iconButton } from "./dom.js";
import { findPeople, NETWORKS, networkOf } from "./networks/index.js";

export const KINDS = {
  young: {
    label: "Bạn trẻ",
    english: "Young person",
    words: "Nhận tin, hỏi, giới thiệu bạn mình",
    icon: "spark",
    names: ["Lý Minh Anh", "Nông Văn Khoa", "Vi Thu Hà", "Hoàng Gia Bảo", "Triệu Thị Mây", "Lương Đức Huy"],
  },
  nominator: {
    label: "Người giới thiệu",
    english: "Nominator",
    words: "Thầy cô, anh chị Đoàn, người thân",
    icon: "star",
    names: ["Cô Hạnh", "Thầy Lâm", "Chị Dung", "Bác Thịnh", "Cô Ngọc"],
  },
  officer: {
    label: "Cán bộ Đoàn",
    english: "Youth Union officer",
    words: "Gửi tin, xem độ phủ, nhận đề cử",
    icon: "badge",
    names: ["Nguyễn Thu Trang", "Dương Quốc Tuấn", "Hà Thị Lan", "Đinh Văn Sơn"],
  },
};

const SEARCH_WAIT_MS = 200;
const MOST_FOUND = 40;
let forms = 0;

/** A name nobody on this page has yet. */
function suggest(kind, taken) {
  const free = KINDS[kind].names.filter((name) => !taken.has(name));
  return free[0] ?? `${KINDS[kind].names[0]} ${taken.size + 1}`;
}

function personRow(person, open, pick) {
  const isOpen = open.has(String(person.id));
  const state = person.deactivated ? "đã xóa tài khoản" : person.blocked ? "đã chặn" : "";
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", class: "person-row", disabled: isOpen, onclick: () => pick(person) },
      avatar(person),
      el(
        "span",
        { class: "person-words" },
        el("span", { class: "person-name" }, person.name),
        el(
          "span",
          { class: "person-kind" },
          [KINDS[person.kind]?.label ?? person.kind, networkOf(person.id).label, state].filter(Boolean).join(" · "),
        ),
      ),
      isOpen && el("span", { class: "person-open" }, "đang mở"),
    ),
  );
}

/** Which app is on the phone. pick(network) is told each choice. */
function networkChoice(chosen, pick) {
  const choices = NETWORKS.map((network) =>
    el(
      "label",
      { class: "network", data: { network: network.key }, title: network.english },
      el("input", {
        type: "radio",
        name: `network-${forms}`,
        class: "sr-only",
        checked: network === chosen,
        onchange: () => pick(network),
      }),
      el("strong", {}, network.label),
      el("span", { class: "network-words" }, network.words),
    ),
  );
  return el("fieldset", { class: "networks" }, el("legend", {}, "Ứng dụng"), choices);
}

/** The form to make or pick a person, for the welcome page and for the dialog. pick(person) opens the phone. */
export function peopleForm({ open, pick, say }) {
  const taken = new Set();
  let kind = "young";
  let network = NETWORKS[0];
  let touched = false;
  forms += 1; // the welcome page and the dialog may stand there together
  const nameId = `new-name-${forms}`;
  const name = el("input", {
    id: nameId,
    class: "text-input",
    autocomplete: "off",
    maxlength: "60",
    required: true,
    oninput: () => {
      touched = name.value.trim() !== "";
    },
  });
  const cards = Object.entries(KINDS).map(([key, { label, english, words, icon: sign }]) =>
    el(
      "label",
      { class: "kind-card", data: { kind: key }, title: english },
      el("input", {
        type: "radio",
        name: "kind",
        checked: key === kind,
        class: "sr-only",
        onchange: () => {
          kind = key;
          if (!touched) name.value = suggest(kind, taken);
        },
        value: key,
      }),
      el("span", { class: "kind-icon" }, icon(sign)),
      el("strong", {}, label),
      el("span", { class: "kind-words" }, words),
    ),
  );
  const option = el("input", { type: "checkbox" });
  const optionWords = el("span");
  const optionLine = el("label", { class: "option", hidden: true }, option, optionWords);
  const choose = (which) => {
    network = which;
    option.checked = false;
    optionLine.hidden = !which.option;
    optionLine.title = which.option?.english ?? "";
    optionWords.textContent = which.option?.words ?? "";
  };
  const submit = el("button", { type: "submit", class: "primary", title: "Open the phone" }, "Mở điện thoại");
  const maker = el(
    "form",
    {
      class: "maker",
      onsubmit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        try {
          pick(await network.create(name.value.trim(), kind, option.checked));
        } catch (error) {
          say(error.message);
        } finally {
          submit.disabled = false;
        }
      },
    },
    el("fieldset", { class: "kinds" }, el("legend", {}, "Ai cầm điện thoại này?"), cards),
    networkChoice(network, choose),
    el("label", { class: "field-label", for: nameId }, "Tên"),
    el("div", { class: "maker-line" }, name, submit),
    optionLine,
  );

  const list = el("ul", { class: "people-list" });
  const search = el("input", {
    type: "search",
    class: "text-input",
    placeholder: "Tìm theo tên",
    "aria-label": "Tìm theo tên",
    autocomplete: "off",
  });
  const known = el("section", { class: "known", hidden: true }, el("h3", {}, "Người đã có"), search, list);
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => fill(search.value.trim()), SEARCH_WAIT_MS);
  });

  async function fill(words) {
    try {
      const people = await findPeople(words, MOST_FOUND);
      if (!words) {
        for (const person of people) taken.add(person.name);
        known.hidden = !people.length;
        if (!touched) name.value = suggest(kind, taken);
      }
      list.replaceChildren(...people.map((person) => personRow(person, open(), pick)));
      if (!people.length) list.append(el("li", { class: "quiet" }, "Không thấy ai tên như vậy."));
    } catch (error) {
      say(error.message);
    }
  }

  name.value = suggest(kind, taken);
  fill("");
  return { node: el("div", { class: "people-form" }, maker, known), focus: () => name.select() };
}

/** The same form as a dialog; resolves to the person, or null when it was closed. */
export function askPerson({ open, say, title }) {
  return new Promise((resolve) => {
    let chosen = null;
    const box = el("dialog", { class: "sheet", "aria-label": title });
    const form = peopleForm({
      open,
      say,
      pick: (person) => {
        chosen = person;
        box.close();
      },
    });
    box.append(
      el(
        "header",
        { class: "sheet-head" },
        el("h2", {}, title),
        iconButton("close", "Đóng", "Close", () => box.close()),
      ),
      form.node,
    );
    box.addEventListener("click", (event) => event.target === box && box.close());
    box.addEventListener("close", () => {
      box.remove();
      resolve(chosen);
    });
    document.body.append(box);
    box.showModal();
    form.focus();
  });
}
