// Calls of the simulator's control API. Each resolves to parsed JSON or throws an Error with words for the person.

import { NO_CONNECTION, refusal } from "./refusals.js";

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function call(method, path, body) {
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

export const query = (values) =>
  new URLSearchParams(Object.entries(values).filter(([, v]) => v !== undefined && v !== "")).toString();

/** Files with their words, which Telegram calls a caption and Zalo a text. */
export function form(files, words, name = "caption") {
  const data = new FormData();
  for (const file of files) data.append("file", file, file.name || "anh.png");
  if (words) data.append(name, words);
  return data;
}

/** What belongs to no network. */
export const api = {
  clock: () => call("GET", "/sim/clock"),
  wind: (seconds) => call("POST", "/sim/clock", { advance: seconds }),
  posters: async () => {
    const data = await call("GET", "/sim/posters");
    return Array.isArray(data) ? data : data.posters;
  },
  qr: (text) => `/sim/qr.svg?${query({ text })}`,
};
