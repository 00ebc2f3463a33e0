// Hours and days as people in Vietnam read them, by the simulator's clock (which tests may move).

const ZONE = "Asia/Ho_Chi_Minh";
const clockFormat = new Intl.DateTimeFormat("vi-VN", {
  timeZone: ZONE,
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const dayFormat = new Intl.DateTimeFormat("en-CA", {
  timeZone: ZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
});
const DAY_MS = 86_400_000;
let offset = 0;

/** Tell the page what time it is in the simulator. */
export function setNow(iso) {
  const told = Date.parse(iso);
  if (Number.isFinite(told)) offset = told - Date.now();
}

/** Now, in the simulator, in milliseconds. */
export const now = () => Date.now() + offset;

export const clock = (iso) => clockFormat.format(new Date(iso));

/** 2026-11-22, the day in Vietnam. */
export const dayKey = (iso) => dayFormat.format(new Date(iso));

/** 22/11, the day in Vietnam. */
export const shortDay = (at) => dayKey(at).split("-").reverse().slice(0, 2).join("/");

export function dayName(key) {
  if (key === dayFormat.format(now())) return "Hôm nay";
  if (key === dayFormat.format(now() - DAY_MS)) return "Hôm qua";
  return key.split("-").reverse().join("/");
}
