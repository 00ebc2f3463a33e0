// What a person does on the pretend Telegram.

import { call, form, query } from "../api.js";

const of = (person, what) => `/sim/people/${person}/${what}`;

export const telegram = {
  key: "telegram",
  label: "Telegram",
  english: "Telegram bot",
  words: "Bot có nút bấm và lệnh",
  account: (person) => call("GET", `/sim/bot?${query({ person })}`),
  person: (id) => call("GET", `/sim/people/${id}`),
  people: async (filter) => (await call("GET", `/sim/people?${query(filter)}`)).people,
  /** Somebody new, who has not written to the bot yet. */
  create: (name, kind) => call("POST", "/sim/people", { name, kind, started: false }),
  chat: (person) => call("GET", of(person, "chat")),
  text: (person, body) => call("POST", of(person, "text"), body),
  start: (person, payload) => call("POST", of(person, "start"), payload ? { payload } : {}),
  tap: (person, messageId, data) => call("POST", of(person, "tap"), { message_id: messageId, data }),
  edit: (person, messageId, text) => call("POST", of(person, "edit"), { message_id: messageId, text }),
  photos: (person, files, caption) => call("POST", of(person, "photo"), form(files, caption)),
  documents: (person, files, caption) => call("POST", of(person, "document"), form(files, caption)),
  /** sticker, voice, location, contact, block, unblock, deactivate */
  act: (person, what) => call("POST", of(person, what), {}),
};
