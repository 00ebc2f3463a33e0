// The simulator's control API. Every call resolves to parsed JSON or throws an Error with words for the person.

import { NO_CONNECTION, refusal } from "./refusals.js";

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(method, path, body) {
  const options = { method, headers: {} };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError(0, NO_CONNECTION);
  }
  const text = await response.text();
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError(response.status, `Máy giả lập trả lời lạ (${response.status}).`);
  }
  if (!response.ok) throw new ApiError(response.status, refusal(response.status, data?.code));
  return data;
}

const query = (values) =>
  new URLSearchParams(Object.entries(values).filter(([, v]) => v !== undefined && v !== "")).toString();
const of = (person, what) => `/sim/people/${person}/${what}`;

function form(files, caption) {
  const data = new FormData();
  for (const file of files) data.append("file", file, file.name || "anh.png");
  if (caption) data.append("caption", caption);
  return data;
}

export const api = {
  bot: (person) => call("GET", `/sim/bot?${query({ person })}`),
  clock: () => call("GET", "/sim/clock"),
  posters: async () => {
    const data = await call("GET", "/sim/posters");
    return Array.isArray(data) ? data : data.posters;
  },
  person: (id) => call("GET", `/sim/people/${id}`),
  people: async (filter = {}) => (await call("GET", `/sim/people?${query({ limit: 60, ...filter })}`)).people,
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
  qr: (text) => `/sim/qr.svg?${query({ text })}`,
};
