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
  const now = Date.parse(iso);
  if (Number.isFinite(now)) offset = now - Date.now();
}

export const clock = (iso) => clockFormat.format(new Date(iso));

/** 2026-11-22, the day in Vietnam. */
export const dayKey = (iso) => dayFormat.format(new Date(iso));

export function dayName(key) {
  const now = Date.now() + offset;
  if (key === dayFormat.format(now)) return "Hôm nay";
  if (key === dayFormat.format(now - DAY_MS)) return "Hôm qua";
  return key.split("-").reverse().join("/");
}
