// What a person does on the pretend Zalo: with an Official Account, or with a bot of the Bot Platform.

import { call, form, query } from "../api.js";

const NEAR = new Set(["127.0.0.1", "localhost", "[::1]", location.hostname]);

function hostOf(address) {
  try {
    return new URL(address, location.href).hostname;
  } catch {
    return "";
  }
}

/** Whether this address is on this machine: the page fetches nothing from anywhere else. */
export const isNear = (address) => NEAR.has(hostOf(address));

/** A picture that lies elsewhere is not fetched; it stands there as a link. */
function picture(address) {
  if (!address) return {};
  if (isNear(address)) return { photo: { url: address } };
  return { document: { name: `Ảnh ở ${hostOf(address)}`, url: address } };
}

/** A message in the page's own shape. Who answers from OA Manager stands on the account's side, under a name of their own. */
function message({ quote, image_url: image, file, ...rest }) {
  const { from } = rest;
  return {
    ...rest,
    from: from === "person" ? "person" : "bot",
    staff: from === "staff",
    text: rest.article ? "" : rest.text, // the title, which the card shows
    reply_to: quote,
    ...picture(image),
    ...(file ? { document: file } : {}),
  };
}

function calls(base) {
  const of = (person, what) => `${base}/people/${person}/${what}`;
  return {
    account: () => call("GET", base),
    person: (id) => call("GET", `${base}/people/${id}`),
    people: async (filter) => (await call("GET", `${base}/people?${query(filter)}`)).people,
    chat: async (person) => {
      const chat = await call("GET", of(person, "chat"));
      return { ...chat, messages: chat.messages.filter(({ hidden }) => !hidden).map(message) };
    },
    text: (person, { text, reply_to: quote }) => call("POST", of(person, "text"), { text, quote }),
    photos: (person, files, words) => call("POST", of(person, "image"), form(files, words, "text")),
    documents: (person, files, words) => call("POST", of(person, "file"), form(files, words, "text")),
    /** sticker, voice, location, block, unblock; follow, unfollow, chatnow, seen, withdraw on an OA; unsupported on a bot */
    act: (person, what) => call("POST", of(person, what), {}),
    press: (person, which) => call("POST", of(person, "press"), which),
    open: (person, messageId) => call("POST", of(person, "open"), { message_id: messageId }),
    /** A member of staff answers in the OA's own web chat. */
    admin: (person, text) => call("POST", of(person, "admin"), { text }),
  };
}

const oa = calls("/sim/zalo/oa");
const bot = calls("/sim/zalo/bot");

export const zaloOa = {
  ...oa,
  key: "zalo_oa",
  label: "Zalo OA",
  english: "Zalo Official Account",
  words: "Có nút, menu và nút Quan tâm",
  option: { name: "follows", words: "Đã quan tâm từ trước", english: "Follows the OA already" },
  create: (name, kind, chosen) => call("POST", "/sim/zalo/oa/people", { name, kind, follows: chosen }),
};

export const zaloBot = {
  ...bot,
  key: "zalo_bot",
  label: "Zalo Bot",
  english: "Zalo Bot Platform",
  words: "Không có nút, trả lời bằng số",
  option: {
    name: "protected",
    words: "Tài khoản trẻ em: bot không nhận được chữ",
    english: "Protected account: arrives as unsupported",
  },
  create: (name, kind, chosen) =>
    call("POST", "/sim/zalo/bot/people", { name, kind, started: false, protected: chosen }),
};
